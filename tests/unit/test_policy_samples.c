/* The samples that are installed as documentation: each does on a host what its description says.
 */
#include "policy_world.h"

#include "policy/policy_dir.h"

static struct policy_set *sample_load(const char *file)
{
    const char *top = getenv("top_srcdir");
    cleanup_free char *path = NULL;
    struct policy_set *set = NULL;
    struct policy_problems problems = {0};
    size_t files;

    assert_true(asprintf(&path, "%s/policies/%s", top ? top : ".", file) > 0);
    assert_int_equal(policy_check_path(path, false, &set, &problems, &files), 0);
    if (problems.count > 0)
        fail_msg("%s", policy_problem_text(&problems.problems[0]));
    assert_true(policy_set_count(set) > 0);
    return set;
}

static struct desired sample_resolve(const char *file, const struct facts *guest, int version)
{
    cleanup_policy_set struct policy_set *set = sample_load(file);
    struct host *host = world_host(version);
    struct policy_problems problems = {0};
    struct desired desired;

    assert_int_equal(policy_check_host(set, host, &problems), 0);
    assert_int_equal(problems.count, 0);
    assert_int_equal(policy_resolve(set, guest, host, &desired), 0);
    assert_int_equal(desired.refusals.count, 0);
    host_free(host);
    return desired;
}

static void fair_share_gives_every_guest_the_same(void **state)
{
    struct facts guest = world_guest();
    struct desired v1 = sample_resolve("10-fair-share.json", &guest, 1);
    struct desired v2 = sample_resolve("10-fair-share.json", &guest, 2);

    assert_value(&v1, "vm", "cpu.shares", "1024");
    assert_value(&v1, "emulator", "cpuset.cpus", "1-6");
    assert_value(&v2, "vm", "cpu.weight", "100");
    desired_release(&v1);
    desired_release(&v2);
}

static void tenant_classes_follow_the_metadata(void **state)
{
    static struct facts_metadata metadata[] = {
        {(char *)"https://example.org/inventory", (char *)"tenant/@class", NULL}};
    static const struct {
        const char *class, *weight, *quota;
    } classes[] = {{"gold", "400", NULL},
                   {"standard", "100", NULL},
                   {"trial-30-days", "25", "200000 100000"},
                   {"unknown", NULL, NULL}};

    for (size_t i = 0; i < ARRAY_SIZE(classes); i++) {
        struct facts guest = world_guest();
        struct desired desired;

        metadata[0].value = (char *)classes[i].class;
        guest.metadata = metadata;
        guest.metadata_count = 1;
        desired = sample_resolve("20-tenant-classes.json", &guest, 2);
        assert_value(&desired, "vm", "cpu.weight", classes[i].weight);
        assert_value(&desired, "vm", "cpu.max", classes[i].quota);
        desired_release(&desired);
    }
}

static void ci_guests_burst_where_the_kernel_can(void **state)
{
    struct facts guest = world_guest();
    struct desired v1, v2;

    guest.name = (char *)"ci-42";
    v1 = sample_resolve("30-ci-burst.json", &guest, 1);
    v2 = sample_resolve("30-ci-burst.json", &guest, 2);
    assert_value(&v1, "vcpu0", "cpu.cfs_quota_us", "50000 100000");
    assert_value(&v2, "vcpu0", "cpu.max", "50000 100000");
    assert_value(&v2, "vcpu3", "cpu.max.burst", "50000");
    assert_value(&v2, "vm", "cpu.weight", "25");
    desired_release(&v1);
    desired_release(&v2);
}

static void memory_has_headroom_on_both_versions(void **state)
{
    struct facts guest = world_guest();
    struct desired v1 = sample_resolve("40-memory-headroom.json", &guest, 1);
    struct desired v2 = sample_resolve("40-memory-headroom.json", &guest, 2);

    assert_value(&v1, "vm", "memory.limit_in_bytes", "10737418240");
    assert_value(&v1, "vm", "memory.memsw.limit_in_bytes", "11811160064");
    assert_value(&v2, "vm", "memory.max", "10737418240");
    assert_value(&v2, "vm", "memory.swap.max", "1073741824");
    desired_release(&v1);
    desired_release(&v2);
}

static void the_database_is_pinned_as_its_description_says(void **state)
{
    struct facts guest = world_guest();
    struct desired v1 = sample_resolve("50-database.json", &guest, 1);

    assert_value(&v1, "vm", "cpu.shares", "2048");
    assert_value(&v1, "vm", "memory.limit_in_bytes", "9663676416");
    assert_value(&v1, "vm", "cpuset.mems", "0");
    assert_value(&v1, "vcpu0", "cpuset.cpus", "2");
    assert_value(&v1, "vcpu1", "cpuset.cpus", "3");
    assert_value(&v1, "vcpu3", "cpuset.cpus", "4-5");
    assert_value(&v1, "vcpu0", "cpu.cfs_quota_us", "50000 100000");
    assert_value(&v1, "vcpu1", "cpu.cfs_quota_us", NULL);
    assert_value(&v1, "iothread2", "cpuset.cpus", "0-1");
    desired_release(&v1);
}

static void the_workstation_has_its_cpus(void **state)
{
    struct facts guest = world_guest();
    struct desired desired;

    guest.name = (char *)"win11";
    desired = sample_resolve("50-gpu-workstation.json", &guest, 2);
    assert_value(&desired, "vcpu0", "cpuset.cpus", "4");
    assert_value(&desired, "vcpu3", "cpuset.cpus", "7");
    assert_value(&desired, "emulator", "cpuset.cpus", "0-3");
    desired_release(&desired);
}

static void the_packet_forwarder_polls_on_isolated_cpus(void **state)
{
    struct facts guest = world_guest();
    struct desired desired;

    guest.title = (char *)"edge packet forwarder 3";
    desired = sample_resolve("50-telecom-isolated.json", &guest, 1);
    assert_value(&desired, "vcpu0", "cpuset.cpus", "1");
    assert_value(&desired, "vcpu3", "cpuset.cpus", "4");
    assert_value(&desired, "emulator", "cpuset.cpus", "0-1");
    assert_int_equal(desired.cells.cells[0].flags, CELL_ENFORCE_START);
    desired_release(&desired);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(fair_share_gives_every_guest_the_same),
        cmocka_unit_test(tenant_classes_follow_the_metadata),
        cmocka_unit_test(ci_guests_burst_where_the_kernel_can),
        cmocka_unit_test(memory_has_headroom_on_both_versions),
        cmocka_unit_test(the_database_is_pinned_as_its_description_says),
        cmocka_unit_test(the_workstation_has_its_cpus),
        cmocka_unit_test(the_packet_forwarder_polls_on_isolated_cpus),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
