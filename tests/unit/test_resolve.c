#include "policy_world.h"

struct worlds {
    struct host *v1, *v2;
};

static int setup(void **state)
{
    static struct worlds worlds;

    worlds = (struct worlds){world_host(1), world_host(2)};
    *state = &worlds;
    return 0;
}

static int teardown(void **state)
{
    struct worlds *worlds = *state;

    host_free(worlds->v1);
    host_free(worlds->v2);
    return 0;
}

static struct desired resolve_for(const char *text, const struct facts *guest,
                                  const struct host *host)
{
    cleanup_policy_set struct policy_set *set = world_policies(text);
    struct desired desired;

    assert_int_equal(policy_resolve(set, guest, host, &desired), 0);
    return desired;
}

static struct desired resolve(const char *apply, const struct host *host)
{
    cleanup_policy_set struct policy_set *set = world_policy(apply);
    struct facts guest = world_guest();
    struct desired desired;

    assert_int_equal(policy_resolve(set, &guest, host, &desired), 0);
    return desired;
}

/* One line of the translation table: what is written on `vm`, and what each version gets for it:
 * "FILE=VALUE", or "!" and a piece of the refusal. */
struct translation {
    const char *written;
    const char *v1, *v2;
};

static void assert_translated(const struct translation *t, const struct host *host,
                              const char *expected)
{
    cleanup_free char *apply = NULL, *attribute = NULL;
    struct desired desired;
    const char *equals = strchr(expected, '=');

    assert_true(asprintf(&apply, "{\"vm\": {%s}}", t->written) > 0);
    desired = resolve(apply, host);
    if (expected[0] == '!') {
        if (desired.refusals.count != 1 || !strstr(desired.refusals.refusals[0].text, expected + 1))
            fail_msg("%s: %zu refusals: %s", t->written, desired.refusals.count,
                     desired.refusals.count ? desired.refusals.refusals[0].text : "");
    } else {
        cleanup_free char *value = NULL;

        attribute = strndup(expected, (size_t)(equals - expected));
        value = world_value(&desired, "vm", attribute);
        if (desired.refusals.count > 0 || !value || strcmp(value, equals + 1) != 0)
            fail_msg("%s: %s is %s, not %s (%s)", t->written, attribute, value, equals + 1,
                     desired.refusals.count ? desired.refusals.refusals[0].text : "");
    }
    desired_release(&desired);
}

static void values_are_translated_as_the_manual_says(void **state)
{
    static const struct translation table[] = {
        /* The kernel's own rounding: 100 is 1024, the nearest whole number else. */
        {"\"cpu\": {\"shares\": 1024}", "cpu.shares=1024", "cpu.weight=100"},
        {"\"cpu\": {\"shares\": 2048}", "cpu.shares=2048", "cpu.weight=200"},
        {"\"cpu\": {\"shares\": 1000}", "cpu.shares=1000", "cpu.weight=98"},
        {"\"cpu\": {\"shares\": 6}", "cpu.shares=6", "cpu.weight=1"},
        {"\"cpu\": {\"shares\": 5}", "cpu.shares=5", "!cpu.shares 5 is cpu.weight 0"},
        {"\"cpu\": {\"shares\": 2}", "cpu.shares=2", "!1 to 10000"},
        {"\"cpu\": {\"shares\": 102405}", "cpu.shares=102405", "cpu.weight=10000"},
        {"\"cpu\": {\"shares\": 102406}", "cpu.shares=102406", "!cpu.weight 10001"},
        {"\"cpu\": {\"shares\": 262144}", "cpu.shares=262144", "!cpu.weight 25600"},
        {"\"cpu\": {\"weight\": 100}", "cpu.shares=1024", "cpu.weight=100"},
        {"\"cpu\": {\"weight\": 1}", "cpu.shares=10", "cpu.weight=1"},
        {"\"cpu\": {\"weight\": 33}", "cpu.shares=338", "cpu.weight=33"},
        {"\"cpu\": {\"weight\": 10000}", "cpu.shares=102400", "cpu.weight=10000"},
        /* Quota and period are one. */
        {"\"cpu\": {\"cfs_quota_us\": 50000}", "cpu.cfs_quota_us=50000 100000",
         "cpu.max=50000 100000"},
        {"\"cpu\": {\"cfs_quota_us\": 50000, \"cfs_period_us\": 20000}",
         "cpu.cfs_quota_us=50000 20000", "cpu.max=50000 20000"},
        {"\"cpu\": {\"cfs_quota_us\": -1}", "cpu.cfs_quota_us=-1 100000", "cpu.max=max 100000"},
        {"\"cpu\": {\"max\": \"max\"}", "cpu.cfs_quota_us=-1 100000", "cpu.max=max 100000"},
        {"\"cpu\": {\"max\": \"max 20000\"}", "cpu.cfs_quota_us=-1 20000", "cpu.max=max 20000"},
        {"\"cpu\": {\"max\": \"25000 50000\"}", "cpu.cfs_quota_us=25000 50000",
         "cpu.max=25000 50000"},
        {"\"cpu\": {\"max\": 25000}", "cpu.cfs_quota_us=25000 100000", "cpu.max=25000 100000"},
        {"\"cpu\": {\"max_burst\": 7}", "!no counterpart of cpu.max_burst", "cpu.max.burst=7"},
        /* Lists: "all" is what is online. */
        {"\"cpuset\": {\"cpus\": \"0-3,^1\"}", "cpuset.cpus=0,2-3", "cpuset.cpus=0,2-3"},
        {"\"cpuset\": {\"cpus\": \"all\"}", "cpuset.cpus=0-6", "cpuset.cpus=0-6"},
        {"\"cpuset\": {\"cpus\": \"all,^0-1\"}", "cpuset.cpus=2-6", "cpuset.cpus=2-6"},
        {"\"cpuset\": {\"cpus\": \"all,^0-7\"}", "!nothing is left", "!nothing is left"},
        {"\"cpuset\": {\"cpus\": \"7\"}", "cpuset.cpus=7", "cpuset.cpus=7"},
        {"\"cpuset\": {\"cpus\": \"6-9\"}", "!CPUs 8-9 do not exist", "!which has 0-7"},
        {"\"cpuset\": {\"cpus\": \"8\"}", "!CPU 8 does not exist", "!CPU 8"},
        {"\"cpuset\": {\"mems\": \"all\"}", "cpuset.mems=0-1", "cpuset.mems=0-1"},
        {"\"cpuset\": {\"mems\": \"2\"}", "!memory node 2 does not exist", "!memory node 2"},
        /* Sizes: the guest has 8 GiB. */
        {"\"memory\": {\"limit_in_bytes\": \"10GiB\"}", "memory.limit_in_bytes=10737418240",
         "memory.max=10737418240"},
        {"\"memory\": {\"max\": 10737418240}", "memory.limit_in_bytes=10737418240",
         "memory.max=10737418240"},
        {"\"memory\": {\"max\": \"guest\"}", "memory.limit_in_bytes=8589934592",
         "memory.max=8589934592"},
        {"\"memory\": {\"max\": \"guest+1GiB\"}", "memory.limit_in_bytes=9663676416",
         "memory.max=9663676416"},
        {"\"memory\": {\"max\": \"guest*1.25\"}", "memory.limit_in_bytes=10737418240",
         "memory.max=10737418240"},
        {"\"memory\": {\"max\": \"max\"}", "memory.limit_in_bytes=-1", "memory.max=max"},
        {"\"memory\": {\"limit_in_bytes\": -1}", "memory.limit_in_bytes=-1", "memory.max=max"},
        {"\"memory\": {\"soft_limit_in_bytes\": \"1GiB\"}", "memory.soft_limit_in_bytes=1073741824",
         "!no counterpart of memory.soft_limit_in_bytes"},
        {"\"memory\": {\"high\": \"guest\"}", "!no counterpart of memory.high",
         "memory.high=8589934592"},
        {"\"memory\": {\"low\": \"max\"}", "!cgroup v1", "memory.low=max"},
        {"\"memory\": {\"min\": 4096}", "!cgroup v1", "memory.min=4096"},
        {"\"memory\": {\"max\": \"guest*999999\"}", "memory.limit_in_bytes=8589926002065408",
         "memory.max=8589926002065408"},
        {"\"memory\": {\"max\": \"guest+8388607TiB\"}", "memory.limit_in_bytes=9223370945933082624",
         "memory.max=9223370945933082624"},
        /* Swap: together on v1, alone on v2. */
        {"\"memory\": {\"max\": \"10GiB\", \"swap_max\": \"1GiB\"}",
         "memory.memsw.limit_in_bytes=11811160064", "memory.swap.max=1073741824"},
        {"\"memory\": {\"max\": \"10GiB\", \"swap_max\": 0}",
         "memory.memsw.limit_in_bytes=10737418240", "memory.swap.max=0"},
        {"\"memory\": {\"max\": \"guest*1.25\", \"memsw_limit_in_bytes\": \"guest+3GiB\"}",
         "memory.memsw.limit_in_bytes=11811160064", "memory.swap.max=1073741824"},
        {"\"memory\": {\"limit_in_bytes\": \"10GiB\", \"memsw_limit_in_bytes\": \"max\"}",
         "memory.memsw.limit_in_bytes=-1", "memory.swap.max=max"},
        {"\"memory\": {\"swap_max\": \"max\"}", "memory.memsw.limit_in_bytes=-1",
         "memory.swap.max=max"},
        {"\"memory\": {\"memsw_limit_in_bytes\": -1}", "memory.memsw.limit_in_bytes=-1",
         "memory.swap.max=max"},
        {"\"memory\": {\"swap_max\": \"1GiB\"}", "!needs the limit of memory",
         "memory.swap.max=1073741824"},
        {"\"memory\": {\"max\": \"max\", \"swap_max\": \"1GiB\"}", "!without a limit of memory",
         "memory.swap.max=1073741824"},
        {"\"memory\": {\"max\": \"guest+2GiB\", \"memsw_limit_in_bytes\": \"9GiB\"}",
         "!below the memory limit", "!below this policy's memory limit"},
        {"\"memory\": {\"max\": \"8388607TiB\", \"swap_max\": \"8388607TiB\"}",
         "!together are out of range", "memory.swap.max=9223370937343148032"},
    };
    const struct worlds *worlds = *state;

    for (size_t i = 0; i < ARRAY_SIZE(table); i++) {
        assert_translated(&table[i], worlds->v1, table[i].v1);
        assert_translated(&table[i], worlds->v2, table[i].v2);
    }
}

static void every_weight_survives_the_way_to_shares_and_back(void **state)
{
    const struct worlds *worlds = *state;

    for (unsigned weight = 1; weight <= 10000; weight += weight < 300 ? 1 : 97) {
        cleanup_free char *there = NULL, *shares = NULL, *back = NULL, *result = NULL;
        struct desired desired;

        assert_true(asprintf(&there, "{\"vm\": {\"cpu\": {\"weight\": %u}}}", weight) > 0);
        desired = resolve(there, worlds->v1);
        shares = world_value(&desired, "vm", "cpu.shares");
        desired_release(&desired);
        assert_true(asprintf(&back, "{\"vm\": {\"cpu\": {\"shares\": %s}}}", shares) > 0);
        desired = resolve(back, worlds->v2);
        result = world_value(&desired, "vm", "cpu.weight");
        desired_release(&desired);
        assert_int_equal(atoi(result), weight);
    }
}

static void a_size_beyond_the_range_for_this_guest_is_refused(void **state)
{
    const struct worlds *worlds = *state;
    struct facts guest = world_guest();
    struct desired desired;

    guest.memory_maximum = UINT64_MAX;
    desired =
        resolve_for("{\"match\": {}, \"apply\": {\"vm\": {\"memory\": {\"max\": \"guest*999999\","
                    " \"swap_max\": \"1GiB\"}}}}",
                    &guest, worlds->v1);
    assert_int_equal(desired.cells.count, 0);
    assert_non_null(strstr(world_refusal(&desired, "vm", "memory.max"), "out of range"));
    assert_non_null(strstr(world_refusal(&desired, "vm", "memory.swap_max"), "out of range"));
    desired_release(&desired);
}

static void a_guest_whose_memory_is_not_known_has_no_relative_size(void **state)
{
    const struct worlds *worlds = *state;
    struct facts guest = world_guest();
    struct desired desired;

    guest.memory_maximum = 0;
    desired =
        resolve_for("{\"match\": {}, \"apply\": {\"vm\": {\"memory\": {\"max\": \"guest+1GiB\"}}}}",
                    &guest, worlds->v2);
    assert_int_equal(desired.cells.count, 0);
    assert_non_null(strstr(world_refusal(&desired, "vm", "memory.max"), "not known"));
    desired_release(&desired);
}

static void the_later_policy_wins_attribute_by_attribute(void **state)
{
    const struct worlds *worlds = *state;
    struct facts guest = world_guest();
    struct desired desired = resolve_for(
        "[{\"name\": \"a\", \"match\": {}, \"apply\": {\"vcpu*\": {\"cpu\": {\"shares\": 512},"
        "  \"cpuset\": {\"cpus\": \"0-3\"}}}},"
        " {\"name\": \"b\", \"match\": {}, \"apply\": {\"vcpu*\": {\"cpu\": {\"weight\": 200}}}},"
        " {\"name\": \"c\", \"match\": {\"name\": \"other\"}, \"apply\": {\"vcpu*\": {\"cpu\": "
        "{\"shares\": 2}}}}]",
        &guest, worlds->v1);

    assert_value(&desired, "vcpu3", "cpu.shares", "2048");
    assert_value(&desired, "vcpu3", "cpuset.cpus", "0-3");
    assert_int_equal(desired.policy_count, 2);
    assert_string_equal(desired.policies[0], "a");
    assert_string_equal(desired.policies[1], "b");
    desired_release(&desired);
}

static void inside_a_policy_the_exact_name_beats_the_glob_wherever_it_stands(void **state)
{
    const struct worlds *worlds = *state;
    struct desired before =
        resolve("{\"vcpu1\": {\"cpu\": {\"shares\": 100}},"
                " \"vcpu*\": {\"cpu\": {\"shares\": 200}, \"cpuset\": {\"cpus\": \"1\"}}}",
                worlds->v1);
    struct desired after =
        resolve("{\"vcpu*\": {\"cpu\": {\"shares\": 200}, \"cpuset\": {\"cpus\": \"1\"}},"
                " \"vcpu1\": {\"cpu\": {\"shares\": 100}}}",
                worlds->v1);

    assert_true(cells_equal(&before.cells, &after.cells));
    assert_value(&after, "vcpu0", "cpu.shares", "200");
    assert_value(&after, "vcpu1", "cpu.shares", "100");
    assert_value(&after, "vcpu1", "cpuset.cpus", "1");
    desired_release(&before);
    desired_release(&after);
}

static void a_later_glob_beats_an_earlier_exact_name(void **state)
{
    const struct worlds *worlds = *state;
    struct facts guest = world_guest();
    struct desired desired =
        resolve_for("[{\"match\": {}, \"apply\": {\"iothread1\": {\"cpu\": {\"shares\": 100}}}},"
                    " {\"match\": {}, \"apply\": {\"iothread*\": {\"cpu\": {\"shares\": 200}}}}]",
                    &guest, worlds->v1);

    assert_value(&desired, "iothread1", "cpu.shares", "200");
    assert_value(&desired, "iothread2", "cpu.shares", "200");
    desired_release(&desired);
}

static void globs_cover_vcpus_up_to_the_maximum_and_the_iothreads_there_are(void **state)
{
    const struct worlds *worlds = *state;
    struct facts guest = world_guest();
    struct desired desired;

    guest.vcpus_current = 1;
    desired = resolve_for("{\"match\": {}, \"apply\": {\"vcpu*\": {\"cpuset\": {\"cpus\": \"1\"}},"
                          " \"iothread*\": {\"cpuset\": {\"cpus\": \"2\"}},"
                          " \"emulator\": {\"cpuset\": {\"cpus\": \"0\"}}}}",
                          &guest, worlds->v2);
    assert_int_equal(desired.cells.count, 7);
    assert_value(&desired, "vcpu0", "cpuset.cpus", "1");
    assert_value(&desired, "vcpu3", "cpuset.cpus", "1");
    assert_value(&desired, "vcpu4", "cpuset.cpus", NULL);
    assert_value(&desired, "iothread1", "cpuset.cpus", "2");
    assert_value(&desired, "iothread2", "cpuset.cpus", "2");
    assert_value(&desired, "emulator", "cpuset.cpus", "0");
    assert_int_equal(desired.refusals.count, 0);
    desired_release(&desired);
}

static void an_array_gives_each_vcpu_its_element(void **state)
{
    const struct worlds *worlds = *state;
    struct desired desired =
        resolve("{\"vcpu*\": {\"cpuset\": {\"cpus\": [\"2\", \"3\", \"4-5\", \"all,^6\", \"1\"]}}}",
                worlds->v1);

    assert_value(&desired, "vcpu0", "cpuset.cpus", "2");
    assert_value(&desired, "vcpu1", "cpuset.cpus", "3");
    assert_value(&desired, "vcpu2", "cpuset.cpus", "4-5");
    assert_value(&desired, "vcpu3", "cpuset.cpus", "0-5");
    assert_int_equal(desired.refusals.count, 0);
    desired_release(&desired);
}

static void a_vcpu_without_an_element_fails_by_itself(void **state)
{
    const struct worlds *worlds = *state;
    struct facts guest = world_guest();
    struct desired desired = resolve_for(
        "[{\"match\": {}, \"apply\": {\"vcpu*\": {\"cpuset\": {\"cpus\": \"0-7\"}}}},"
        " {\"match\": {}, \"apply\": {\"vcpu*\": {\"cpuset\": {\"cpus\": [\"2\", \"3\"]}},"
        "  \"vcpu3\": {\"cpuset\": {\"cpus\": \"5\"}}}}]",
        &guest, worlds->v1);

    assert_value(&desired, "vcpu0", "cpuset.cpus", "2");
    assert_value(&desired, "vcpu1", "cpuset.cpus", "3");
    assert_value(&desired, "vcpu2", "cpuset.cpus", NULL);
    assert_value(&desired, "vcpu3", "cpuset.cpus", "5");
    assert_int_equal(desired.refusals.count, 1);
    assert_non_null(strstr(world_refusal(&desired, "vcpu2", "cpuset.cpus"), "only 2"));
    assert_string_equal(desired.refusals.refusals[0].attr->name, "cpuset.cpus");
    desired_release(&desired);
}

static void an_element_with_a_missing_cpu_is_refused_for_its_vcpu_alone(void **state)
{
    const struct worlds *worlds = *state;
    struct desired desired =
        resolve("{\"vcpu*\": {\"cpuset\": {\"cpus\": [\"2\", \"12\", \"4\", \"5\"]}}}", worlds->v2);

    assert_int_equal(desired.cells.count, 3);
    assert_int_equal(desired.refusals.count, 1);
    assert_non_null(strstr(world_refusal(&desired, "vcpu1", "cpuset.cpus"), "CPU 12"));
    desired_release(&desired);
}

static void an_exact_name_that_the_guest_has_not_is_refused(void **state)
{
    const struct worlds *worlds = *state;
    struct desired desired =
        resolve("{\"vcpu4\": {\"cpu\": {\"shares\": 512}, \"cpuset\": {\"cpus\": \"1\"}},"
                " \"iothread3\": {\"cpu\": {\"shares\": 512}},"
                " \"vcpu3\": {\"cpu\": {\"shares\": 512}}}",
                worlds->v1);

    assert_int_equal(desired.cells.count, 1);
    assert_int_equal(desired.refusals.count, 3);
    assert_non_null(strstr(world_refusal(&desired, "vcpu4", "cpu.shares"), "maximum is 4"));
    assert_non_null(world_refusal(&desired, "vcpu4", "cpuset.cpus"));
    assert_non_null(strstr(world_refusal(&desired, "iothread3", "cpu.shares"), "iothread3"));
    desired_release(&desired);
}

static void a_refused_winner_is_not_replaced_by_who_it_beat(void **state)
{
    const struct worlds *worlds = *state;
    struct facts guest = world_guest();
    struct desired desired = resolve_for(
        "[{\"match\": {}, \"apply\": {\"emulator\": {\"cpuset\": {\"cpus\": \"0\"}}}},"
        " {\"match\": {}, \"apply\": {\"emulator\": {\"cpuset\": {\"cpus\": \"99\"}}}}]",
        &guest, worlds->v1);

    assert_int_equal(desired.cells.count, 0);
    assert_int_equal(desired.refusals.count, 1);
    desired_release(&desired);
}

static void mems_is_a_cell_of_every_node_and_one_refusal(void **state)
{
    const struct worlds *worlds = *state;
    struct desired good = resolve("{\"vm\": {\"cpuset\": {\"mems\": \"1\"}}}", worlds->v2);
    struct desired bad =
        resolve("{\"vm\": {\"cpuset\": {\"mems\": \"5\"}}, \"vcpu9\": {\"cpu\": {\"shares\": 9}}}",
                worlds->v2);

    assert_int_equal(good.cells.count, 1 + 1 + 4 + 2);
    assert_value(&good, "vm", "cpuset.mems", "1");
    assert_value(&good, "emulator", "cpuset.mems", "1");
    assert_value(&good, "vcpu3", "cpuset.mems", "1");
    assert_value(&good, "iothread2", "cpuset.mems", "1");
    assert_int_equal(bad.cells.count, 0);
    assert_int_equal(bad.refusals.count, 2);
    assert_int_equal(bad.refusals.refusals[0].role.kind, CG_ROLE_NONE);
    assert_string_equal(bad.refusals.refusals[0].attribute, "cpuset.mems");
    desired_release(&good);
    desired_release(&bad);
}

static void local_mems_are_the_nodes_of_the_vcpus_cpus(void **state)
{
    static const struct {
        const char *apply, *mems;
    } table[] = {
        {"\"vcpu*\": {\"cpuset\": {\"cpus\": \"4-5\"}}", "1"},
        {"\"vcpu*\": {\"cpuset\": {\"cpus\": [\"0\", \"1\", \"2\", \"3\"]}}", "0"},
        {"\"vcpu*\": {\"cpuset\": {\"cpus\": [\"0\", \"1\", \"2\", \"6\"]}}", "0-1"},
        {"\"vcpu*\": {\"cpuset\": {\"cpus\": \"0\"}}, \"vcpu3\": {\"cpuset\": {\"cpus\": \"7\"}}",
         "0-1"},
        /* The emulator is no vCPU. */
        {"\"vcpu*\": {\"cpuset\": {\"cpus\": \"7\"}}, \"emulator\": {\"cpuset\": {\"cpus\": "
         "\"0\"}}",
         "1"},
        /* A vCPU that gets nothing may run on all, or where the guest may. */
        {"\"vcpu0\": {\"cpuset\": {\"cpus\": \"0\"}}", "0-1"},
        {"\"vcpu*\": {\"cpu\": {\"shares\": 100}}", "0-1"},
        {"\"vcpu*\": {\"cpuset\": {\"cpus\": \"99\"}}", "0-1"},
    };
    const struct worlds *worlds = *state;

    for (size_t i = 0; i < ARRAY_SIZE(table); i++) {
        cleanup_free char *apply = NULL;
        struct desired desired;

        assert_true(asprintf(&apply, "{\"vm\": {\"cpuset\": {\"mems\": \"local\"}}, %s}",
                             table[i].apply) > 0);
        desired = resolve(apply, worlds->v2);
        assert_value(&desired, "vm", "cpuset.mems", table[i].mems);
        assert_value(&desired, "emulator", "cpuset.mems", table[i].mems);
        assert_value(&desired, "vcpu3", "cpuset.mems", table[i].mems);
        desired_release(&desired);
    }
}

static void local_mems_follow_the_last_policy_that_speaks_for_the_cpus(void **state)
{
    const struct worlds *worlds = *state;
    struct facts guest = world_guest();
    struct desired desired =
        resolve_for("[{\"match\": {}, \"apply\": {\"vm\": {\"cpuset\": {\"mems\": \"local\"}},"
                    "                           \"vcpu*\": {\"cpuset\": {\"cpus\": \"0-3\"}}}},"
                    " {\"match\": {}, \"apply\": {\"vcpu*\": {\"cpuset\": {\"cpus\": \"4-7\"}}}}]",
                    &guest, worlds->v1);

    assert_value(&desired, "vm", "cpuset.mems", "1");
    desired_release(&desired);
}

static void local_mems_of_a_vcpu_without_a_policy_follow_libvirts_pin(void **state)
{
    const struct worlds *worlds = *state;
    struct facts guest = world_guest();
    struct facts_pin pins[4] = {0};
    struct desired pinned, inside;

    for (unsigned i = 0; i < ARRAY_SIZE(pins); i++) {
        pins[i].index = i;
        assert_int_equal(cg_set_parse("2-5", &pins[i].cpus, NULL), 0);
    }
    guest.vcpu_pins = pins;
    guest.vcpu_pin_count = ARRAY_SIZE(pins);
    pinned = resolve_for("[{\"match\": {}, \"apply\": {\"vm\": {\"cpuset\": {\"mems\": \"local\"}},"
                         "  \"vcpu*\": {\"cpu\": {\"shares\": 9}}}}]",
                         &guest, worlds->v2);
    inside = resolve_for("[{\"match\": {}, \"apply\": {\"vm\": {\"cpuset\": {\"mems\": \"local\","
                         "  \"cpus\": \"4-7\"}}}}]",
                         &guest, worlds->v2);
    assert_value(&pinned, "vm", "cpuset.mems", "0-1");
    assert_value(&inside, "vm", "cpuset.mems", "1");
    desired_release(&pinned);
    desired_release(&inside);
    for (unsigned i = 0; i < ARRAY_SIZE(pins); i++)
        cg_set_unref(pins[i].cpus);
}

static void local_mems_are_refused_where_the_host_does_not_tell(void **state)
{
    cleanup_host struct host *host = world_host(2);
    struct desired desired;

    topology_release(&host->topology);
    desired = resolve("{\"vm\": {\"cpuset\": {\"mems\": \"local\"}}}", host);
    assert_int_equal(desired.cells.count, 0);
    assert_int_equal(desired.refusals.count, 1);
    assert_non_null(strstr(desired.refusals.refusals[0].text, "does not tell"));
    desired_release(&desired);
}

static void what_a_host_may_lack_is_skipped_without_a_word(void **state)
{
    const struct worlds *worlds = *state;
    struct facts guest = world_guest();
    const char *text =
        "{\"match\": {}, \"optional\": [\"memory.high\", \"memory.max\"],"
        " \"apply\": {\"vm\": {\"memory\": {\"high\": \"guest\", \"max\": \"guest+1GiB\"}}}}";
    struct desired v1 = resolve_for(text, &guest, worlds->v1);
    struct desired v2 = resolve_for(text, &guest, worlds->v2);

    assert_int_equal(v1.refusals.count, 0);
    assert_int_equal(v1.cells.count, 1);
    assert_int_equal(v2.cells.count, 2);
    desired_release(&v1);
    desired_release(&v2);
}

static void optional_does_not_excuse_a_value_that_the_host_has_no_room_for(void **state)
{
    const struct worlds *worlds = *state;
    struct facts guest = world_guest();
    struct desired desired = resolve_for("{\"match\": {}, \"optional\": [\"cpuset.cpus\"],"
                                         " \"apply\": {\"vm\": {\"cpuset\": {\"cpus\": \"64\"}}}}",
                                         &guest, worlds->v1);

    assert_int_equal(desired.refusals.count, 1);
    desired_release(&desired);
}

static void a_host_without_the_controller_says_so(void **state)
{
    struct host *host = world_host_without(1, "memory");
    struct desired desired = resolve("{\"vm\": {\"memory\": {\"max\": \"guest+1GiB\"}}}", host);

    assert_int_equal(desired.refusals.count, 1);
    assert_non_null(
        strstr(world_refusal(&desired, "vm", "memory.max"), "no memory controller mounted"));
    assert_null(desired.refusals.refusals[0].attr);
    desired_release(&desired);
    host_free(host);
}

static void flags_and_origin_travel_with_each_cell(void **state)
{
    const struct worlds *worlds = *state;
    struct facts guest = world_guest();
    struct desired desired = resolve_for(
        "[{\"name\": \"a\", \"match\": {}, \"enforce\": \"start\", \"migrate\": true,"
        "  \"apply\": {\"vm\": {\"cpu\": {\"shares\": 9}, \"cpuset\": {\"cpus\": \"0\"}}}},"
        " {\"name\": \"b\", \"match\": {}, \"force\": true,"
        "  \"apply\": {\"vm\": {\"cpu\": {\"shares\": 10}, \"cpuset\": {\"mems\": \"9\"}}}}]",
        &guest, worlds->v1);
    const struct cell *shares = &desired.cells.cells[0], *cpus = &desired.cells.cells[1];

    assert_int_equal(desired.cells.count, 2);
    assert_string_equal(shares->attr->name, "cpu.shares");
    assert_int_equal(shares->flags, CELL_FORCE);
    assert_string_equal(shares->origin->policy, "b");
    assert_string_equal(shares->origin->text, "policy b (/etc/test.json)");
    assert_int_equal(cpus->flags, CELL_ENFORCE_START | CELL_MIGRATE);
    assert_string_equal(cpus->origin->policy, "a");
    assert_string_equal(desired.refusals.refusals[0].origin->policy, "b");
    desired_release(&desired);
}

static void cells_outlive_the_policies_they_came_from(void **state)
{
    const struct worlds *worlds = *state;
    struct desired desired = resolve("{\"vcpu*\": {\"cpuset\": {\"cpus\": \"0-3\"}}}", worlds->v1);

    /* resolve() has released the set: valgrind and ASan watch. */
    assert_value(&desired, "vcpu0", "cpuset.cpus", "0-3");
    assert_string_equal(desired.cells.cells[0].origin->text, "policy test (/etc/test.json)");
    assert_ptr_equal(desired.cells.cells[0].value, desired.cells.cells[3].value);
    desired_release(&desired);
}

static void cells_are_sorted(void **state)
{
    const struct worlds *worlds = *state;
    struct desired desired = resolve(
        "{\"iothread*\": {\"cpuset\": {\"cpus\": \"0\"}, \"cpu\": {\"shares\": 2}},"
        " \"vm\": {\"memory\": {\"max\": \"max\"}, \"cpuset\": {\"mems\": \"0\", \"cpus\": \"0\"}},"
        " \"vcpu*\": {\"cpu\": {\"max\": \"max\", \"shares\": 3}}}",
        worlds->v1);

    assert_int_equal(desired.cells.count, 2 + 2 + 1 + 1 + 8 + 4 + 4);
    for (size_t i = 1; i < desired.cells.count; i++)
        assert_true(cell_compare(&desired.cells.cells[i - 1], &desired.cells.cells[i]) < 0);
    desired_release(&desired);
}

static void limits_of_two_policies_must_fit_each_other_on_v1(void **state)
{
    const struct worlds *worlds = *state;
    struct facts guest = world_guest();
    const char *text = "[{\"name\": \"a\", \"match\": {}, \"apply\": {\"vm\": {\"memory\":"
                       "  {\"max\": \"guest+1GiB\", \"swap_max\": \"1GiB\"}}}},"
                       " {\"name\": \"b\", \"match\": {}, \"apply\": {\"vm\": {\"memory\":"
                       "  {\"max\": \"guest+3GiB\"}}}}]";
    struct desired v1 = resolve_for(text, &guest, worlds->v1);
    struct desired v2 = resolve_for(text, &guest, worlds->v2);

    assert_value(&v1, "vm", "memory.limit_in_bytes", "11811160064");
    assert_value(&v1, "vm", "memory.memsw.limit_in_bytes", NULL);
    assert_non_null(strstr(world_refusal(&v1, "vm", "memory.swap_max"), "policy b"));
    assert_value(&v2, "vm", "memory.max", "11811160064");
    assert_value(&v2, "vm", "memory.swap.max", "1073741824");
    assert_int_equal(v2.refusals.count, 0);
    desired_release(&v1);
    desired_release(&v2);
}

static void a_burst_beyond_another_policys_quota_is_refused(void **state)
{
    const struct worlds *worlds = *state;
    struct facts guest = world_guest();
    struct desired desired = resolve_for(
        "[{\"match\": {}, \"apply\": {\"vcpu*\": {\"cpu\": {\"max\": 60000, \"max_burst\": "
        "60000}}}},"
        " {\"match\": {}, \"apply\": {\"vcpu1\": {\"cpu\": {\"max\": \"50000 100000\"}},"
        "  \"vcpu2\": {\"cpu\": {\"max\": \"max\"}}}}]",
        &guest, worlds->v2);

    assert_value(&desired, "vcpu0", "cpu.max.burst", "60000");
    assert_value(&desired, "vcpu1", "cpu.max.burst", NULL);
    assert_value(&desired, "vcpu1", "cpu.max", "50000 100000");
    assert_value(&desired, "vcpu2", "cpu.max.burst", "60000");
    assert_int_equal(desired.refusals.count, 1);
    desired_release(&desired);
}

static void a_guest_that_is_to_be_ignored_has_nothing_desired(void **state)
{
    const struct worlds *worlds = *state;
    struct facts guest = world_guest();
    struct desired desired;

    guest.ignore = true;
    desired = resolve_for("{\"match\": {}, \"apply\": {\"vm\": {\"cpu\": {\"shares\": 1024}}}}",
                          &guest, worlds->v1);
    assert_int_equal(desired.cells.count, 0);
    assert_int_equal(desired.refusals.count, 0);
    assert_int_equal(desired.policy_count, 0);
    desired_release(&desired);
}

static void the_same_input_gives_equal_cells(void **state)
{
    const struct worlds *worlds = *state;
    const char *apply =
        "{\"vm\": {\"cpu\": {\"shares\": 100}, \"memory\": {\"max\": \"guest*1.5\"}},"
        " \"vcpu*\": {\"cpuset\": {\"cpus\": [\"1\", \"2\", \"3\", \"4\"]}}}";
    struct desired a = resolve(apply, worlds->v1), b = resolve(apply, worlds->v1);

    assert_true(cells_equal(&a.cells, &b.cells));
    desired_release(&a);
    desired_release(&b);
}

static void a_guest_with_absurdly_many_vcpus_does_not_take_all_memory(void **state)
{
    const struct worlds *worlds = *state;
    struct facts guest = world_guest();
    struct desired desired;

    guest.vcpus_maximum = UINT32_MAX;
    desired = resolve_for("{\"match\": {}, \"apply\": {\"vcpu*\": {\"cpu\": {\"shares\": 100}}}}",
                          &guest, worlds->v1);
    assert_int_equal(desired.cells.count, 16384);
    desired_release(&desired);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(values_are_translated_as_the_manual_says),
        cmocka_unit_test(every_weight_survives_the_way_to_shares_and_back),
        cmocka_unit_test(a_size_beyond_the_range_for_this_guest_is_refused),
        cmocka_unit_test(a_guest_whose_memory_is_not_known_has_no_relative_size),
        cmocka_unit_test(the_later_policy_wins_attribute_by_attribute),
        cmocka_unit_test(inside_a_policy_the_exact_name_beats_the_glob_wherever_it_stands),
        cmocka_unit_test(a_later_glob_beats_an_earlier_exact_name),
        cmocka_unit_test(globs_cover_vcpus_up_to_the_maximum_and_the_iothreads_there_are),
        cmocka_unit_test(an_array_gives_each_vcpu_its_element),
        cmocka_unit_test(a_vcpu_without_an_element_fails_by_itself),
        cmocka_unit_test(an_element_with_a_missing_cpu_is_refused_for_its_vcpu_alone),
        cmocka_unit_test(an_exact_name_that_the_guest_has_not_is_refused),
        cmocka_unit_test(a_refused_winner_is_not_replaced_by_who_it_beat),
        cmocka_unit_test(mems_is_a_cell_of_every_node_and_one_refusal),
        cmocka_unit_test(local_mems_are_the_nodes_of_the_vcpus_cpus),
        cmocka_unit_test(local_mems_follow_the_last_policy_that_speaks_for_the_cpus),
        cmocka_unit_test(local_mems_of_a_vcpu_without_a_policy_follow_libvirts_pin),
        cmocka_unit_test(local_mems_are_refused_where_the_host_does_not_tell),
        cmocka_unit_test(what_a_host_may_lack_is_skipped_without_a_word),
        cmocka_unit_test(optional_does_not_excuse_a_value_that_the_host_has_no_room_for),
        cmocka_unit_test(a_host_without_the_controller_says_so),
        cmocka_unit_test(flags_and_origin_travel_with_each_cell),
        cmocka_unit_test(cells_outlive_the_policies_they_came_from),
        cmocka_unit_test(cells_are_sorted),
        cmocka_unit_test(limits_of_two_policies_must_fit_each_other_on_v1),
        cmocka_unit_test(a_burst_beyond_another_policys_quota_is_refused),
        cmocka_unit_test(a_guest_that_is_to_be_ignored_has_nothing_desired),
        cmocka_unit_test(the_same_input_gives_equal_cells),
        cmocka_unit_test(a_guest_with_absurdly_many_vcpus_does_not_take_all_memory),
    };

    return cmocka_run_group_tests(tests, setup, teardown);
}
