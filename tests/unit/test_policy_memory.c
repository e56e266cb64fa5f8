/* Out of memory at each allocation in turn: the functions say so, nothing is lost or half made
 * (valgrind and ASan watch). The linker wraps the allocator for our own code; jansson's own lack of
 * memory looks like a wrong file, which keeps what is in force. */
#include "policy_world.h"

#include "policy/policy_dir.h"

void *__real_malloc(size_t size);
void *__real_calloc(size_t count, size_t size);
void *__real_realloc(void *old, size_t size);
void *__real_reallocarray(void *old, size_t count, size_t size);
char *__real_strdup(const char *text);
char *__real_strndup(const char *text, size_t length);
int __real_vasprintf(char **ret, const char *format, va_list args);
void *__wrap_malloc(size_t size);
void *__wrap_calloc(size_t count, size_t size);
void *__wrap_realloc(void *old, size_t size);
void *__wrap_reallocarray(void *old, size_t count, size_t size);
char *__wrap_strdup(const char *text);
char *__wrap_strndup(const char *text, size_t length);
int __wrap_vasprintf(char **ret, const char *format, va_list args);
int __wrap_asprintf(char **ret, const char *format, ...) printf_like(2, 3);

static long left = -1; /* allocations until one fails; below 0: none does */

static bool fails(void)
{
    return left >= 0 && left-- == 0;
}

void *__wrap_malloc(size_t size)
{
    return fails() ? NULL : __real_malloc(size);
}

void *__wrap_calloc(size_t count, size_t size)
{
    return fails() ? NULL : __real_calloc(count, size);
}

void *__wrap_realloc(void *old, size_t size)
{
    return fails() ? NULL : __real_realloc(old, size);
}

void *__wrap_reallocarray(void *old, size_t count, size_t size)
{
    return fails() ? NULL : __real_reallocarray(old, count, size);
}

char *__wrap_strdup(const char *text)
{
    return fails() ? NULL : __real_strdup(text);
}

char *__wrap_strndup(const char *text, size_t length)
{
    return fails() ? NULL : __real_strndup(text, length);
}

int __wrap_vasprintf(char **ret, const char *format, va_list args)
{
    return fails() ? -1 : __real_vasprintf(ret, format, args);
}

int __wrap_asprintf(char **ret, const char *format, ...)
{
    va_list args;
    int r;

    va_start(args, format);
    r = __wrap_vasprintf(ret, format, args);
    va_end(args);
    return r;
}

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
        left = at++;
        r = everything(host);
        if (left >= 0)
            break;
        left = -1;
        if (r != -ENOMEM)
            fail_msg("allocation %ld failed and the answer was %d", at - 1, r);
    } while (at < 100000);
    left = -1;
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
