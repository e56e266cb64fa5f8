/* Out of memory at each allocation in turn: the functions say so, nothing is lost or half made
 * (valgrind and ASan watch). jansson's own lack of memory looks like a wrong file, which keeps what
 * is in force. */
#include "memory.h"
#include "policy_world.h"

#include "policy/policy_dir.h"

static const char good[] =
    "[{\"match\": {\"name\": [\"db*\", \"x\"], \"uuid\": \"6ba7b810-9dad-11d1-80b4-00c04fd430c8\","
    "  \"metadata\": {\"u\": {\"a/@b\": [\"c\"]}}, \"vcpus\": [\"1..4\"], \"not\": {\"title\": "
    "\"t\"}},"
    "  \"apply\": {}},"
    " {\"match\": {\"memory\": \">1GiB\"}, \"optional\": [\"memory.high\"], \"apply\": {"
    "  \"vm\": {\"cpu\": {\"cfs_quota_us\": 5000, \"cfs_period_us\": 10000},"
    "   \"cpuset\": {\"mems\": \"all\", \"cpus\": \"99\"}, \"memory\": {\"max\": \"guest+1GiB\", "
    "\"swap_max\": 0}},"
    "  \"vcpu*\": {\"cpuset\": {\"cpus\": [\"0-3,^1\", \"all,^0\"]}, \"cpu\": {\"shares\": 9}}}}]";
static const char bad[] = "[{\"match\": {\"nam\": 7}, \"match\": {}, \"apply\": {\"vm\": {\"cpu\": "
                          "{\"shares\": 1}}}}, 7]";

/* Everything once. -ENOMEM, or what is told when nothing failed. */
static int everything(const struct host *host)
{
    cleanup_policy_set struct policy_set *set = NULL, *again = NULL;
    struct policy_problems problems = {0}, told = {0};
    struct desired desired = {0};
    struct facts guest = world_guest();
    cleanup_free char *text = NULL;
    int r = policy_parse("bad.json", bad, strlen(bad), &set, &problems);

    if (r == -EINVAL)
        r = policy_parse("good.json", good, strlen(good), &set, &problems);
    if (r == 0)
        r = policy_resolve(set, &guest, host, &desired);
    if (r == 0)
        r = policy_check_host(set, host, &problems);
    if (r == 0)
        r = policy_set_save(set, &problems, &text);
    if (r == 0)
        r = policy_set_restore(text, strlen(text), &again, &told, NULL);
    desired_release(&desired);
    policy_problems_release(&problems);
    policy_problems_release(&told);
    return r;
}

static void every_allocation_that_fails_is_told_and_nothing_is_lost(void **state)
{
    struct host *host = world_host(2);
    long at = 0;
    int r;

    do {
        memory_fail(at++, false);
        r = everything(host);
        if (!memory_failed())
            break;
        if (r != -ENOMEM)
            fail_msg("allocation %ld failed and the answer was %d", at - 1, r);
    } while (at < 100000);
    assert_int_equal(r, 0);
    assert_true(at > 200);
    host_free(host);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_allocation_that_fails_is_told_and_nothing_is_lost),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
