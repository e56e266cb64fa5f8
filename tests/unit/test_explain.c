#include "policy_world.h"

#include "cgroup/guest_path.h"

/* What was told, one line each: "ROLE ATTRIBUTE POLICY PATTERN WRITTEN WON WHY". */
struct told {
    char text[4096];
};

static int note(const struct spoken *spoken, void *data)
{
    struct told *told = data;
    char role[ROLE_NAME_SIZE];
    size_t n = strlen(told->text);

    snprintf(told->text + n, sizeof(told->text) - n, "%s %s %s %s %s %s: %s\n",
             role_name(spoken->role, role), spoken->attribute, spoken->policy, spoken->pattern,
             spoken->written, spoken->won ? "won" : "lost", spoken->why);
    return 0;
}

static void assert_told(const char *text, const struct host *host, const char *expected)
{
    cleanup_policy_set struct policy_set *set = world_policies(text);
    struct facts guest = world_guest();
    struct told told = {0};

    guest.vcpus_maximum = 2;
    guest.iothread_count = 0;
    assert_int_equal(policy_explain(set, &guest, host, note, &told), 0);
    assert_string_equal(told.text, expected);
}

static void each_policy_that_spoke_is_told_and_the_last_one_won(void **state)
{
    struct host *host = world_host(2);

    assert_told(
        "[{\"name\": \"a\", \"match\": {}, \"apply\": {\"vcpu*\": {\"cpu\": {\"shares\": 512}},"
        "  \"vcpu1\": {\"cpu\": {\"shares\": 256}}}},"
        " {\"name\": \"b\", \"match\": {}, \"apply\": {\"vcpu0\": {\"cpu\": {\"weight\": 7}}}},"
        " {\"name\": \"c\", \"match\": {\"name\": \"x\"}, \"apply\": {\"vcpu0\": {\"cpu\": "
        "{\"weight\": 8}}}}]",
        host,
        "vcpu0 cpu.weight a vcpu* 512 lost: policy b comes later\n"
        "vcpu0 cpu.weight b vcpu0 7 won: the last policy that speaks\n"
        "vcpu1 cpu.weight a vcpu1 256 won: the only policy that speaks; its exact name beats "
        "its vcpu*\n");
    host_free(host);
}

static void a_winner_that_is_refused_says_why(void **state)
{
    struct host *host = world_host(1);

    assert_told(
        "[{\"name\": \"a\", \"match\": {}, \"apply\": {\"vcpu*\": {\"cpuset\": {\"cpus\": "
        "[\"1\"]}}}},"
        " {\"name\": \"b\", \"match\": {}, \"optional\": \"memory.high\","
        "  \"apply\": {\"vm\": {\"memory\": {\"high\": \"guest\", \"low\": \"guest\"}}}}]",
        host,
        "vm memory.high b vm \"guest\" won: the only policy that speaks; this host lacks the "
        "attribute, which \"optional\" allows\n"
        "vm memory.low b vm \"guest\" won: the only policy that speaks, but refused: cgroup "
        "v1, which this host has, has no counterpart of memory.low: where hosts may lack it, "
        "name it in \"optional\"\n"
        "vcpu0 cpuset.cpus a vcpu* [\"1\"] won: the only policy that speaks\n"
        "vcpu1 cpuset.cpus a vcpu* [\"1\"] won: the only policy that speaks, but refused: the "
        "array has no element for vcpu1, only 1: add it, or name the vCPU itself\n");
    host_free(host);
}

static void mems_is_told_once(void **state)
{
    struct host *host = world_host(1);

    assert_told(
        "{\"name\": \"a\", \"match\": {}, \"apply\": {\"vm\": {\"cpuset\": {\"mems\": \"0\"}}}}",
        host, "vm cpuset.mems a vm \"0\" won: the only policy that speaks\n");
    host_free(host);
}

static void what_resolve_sets_explain_says_has_won(void **state)
{
    struct host *host = world_host(1);

    assert_told("{\"name\": \"a\", \"match\": {}, \"apply\": {\"vcpu7\": {\"cpu\": "
                "{\"cfs_quota_us\": -1}}}}",
                host,
                "vcpu7 cpu.cfs_quota_us a vcpu7 -1 won: the only policy that speaks, but refused: "
                "the guest has no vcpu7: its maximum is 2 vCPUs\n");
    host_free(host);
}

static int stop(const struct spoken *spoken, void *data)
{
    ++*(int *)data;
    return -ECANCELED;
}

static void a_callback_can_stop_it(void **state)
{
    struct host *host = world_host(1);
    cleanup_policy_set struct policy_set *set =
        world_policy("{\"vcpu*\": {\"cpu\": {\"shares\": 512}}}");
    struct facts guest = world_guest();
    int calls = 0;

    assert_int_equal(policy_explain(set, &guest, host, stop, &calls), -ECANCELED);
    assert_int_equal(calls, 1);
    host_free(host);
}

static void check_host_finds_what_no_guest_could_have_here(void **state)
{
    struct host *v1 = world_host(1), *v2 = world_host(2);
    cleanup_policy_set struct policy_set *set = world_policies(
        "[{\"match\": {\"name\": \"no-such-guest\"}, \"optional\": [\"memory.low\"], \"apply\": {"
        "  \"vcpu*\": {\"cpuset\": {\"cpus\": [\"1\", \"9\", \"0-7\"]}},"
        "  \"vm\": {\"cpu\": {\"shares\": 2}, \"cpuset\": {\"mems\": \"3\"},"
        "   \"memory\": {\"high\": \"guest\", \"low\": 1, \"max\": \"guest+1GiB\", \"swap_max\": "
        "0}},"
        "  \"emulator\": {\"cpu\": {\"cfs_quota_us\": 5000}}}},"
        " {\"match\": {}, \"apply\": {\"vm\": {\"memory\": {\"swap_max\": 0}}}}]");
    struct policy_problems problems = {0};

    assert_int_equal(policy_check_host(set, v1, &problems), 0);
    assert_int_equal(problems.count, 4);
    assert_true(world_problem(&problems, "/0/apply/vcpu*/cpuset/cpus/1", "CPU 9"));
    assert_true(world_problem(&problems, "/0/apply/vm/cpuset/mems", "memory node 3"));
    assert_true(world_problem(&problems, "/0/apply/vm/memory/high", "no counterpart"));
    assert_true(world_problem(&problems, "/1/apply/vm/memory/swap_max", "needs the limit"));
    assert_string_equal(problems.problems[0].file, "/etc/test.json");
    policy_problems_release(&problems);

    assert_int_equal(policy_check_host(set, v2, &problems), 0);
    assert_int_equal(problems.count, 3);
    assert_true(world_problem(&problems, "/0/apply/vcpu*/cpuset/cpus/1", "CPU 9"));
    assert_true(world_problem(&problems, "/0/apply/vm/cpu/shares", "cpu.weight 0"));
    assert_true(world_problem(&problems, "/0/apply/vm/cpuset/mems", "memory node 3"));
    policy_problems_release(&problems);
    host_free(v1);
    host_free(v2);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(each_policy_that_spoke_is_told_and_the_last_one_won),
        cmocka_unit_test(a_winner_that_is_refused_says_why),
        cmocka_unit_test(mems_is_told_once),
        cmocka_unit_test(what_resolve_sets_explain_says_has_won),
        cmocka_unit_test(a_callback_can_stop_it),
        cmocka_unit_test(check_host_finds_what_no_guest_could_have_here),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
