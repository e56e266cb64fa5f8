/* Hosts and guests for the tests of policies, made without any file. Test code: what fails,
 * asserts. */
#ifndef TESTS_UNIT_POLICY_WORLD_H
#define TESTS_UNIT_POLICY_WORLD_H

#include "test.h"

#include "policy/policy_internal.h"
#include "policy/resolve.h"

/* A host with that version of cgroups, CPUs 0-7 of which 7 is offline, memory nodes 0 (CPUs 0-3)
 * and 1 (4-7). */
struct host *world_host(int version);
/* The same without one of the controllers. */
struct host *world_host_without(int version, const char *controller);

/* "db1": 4 of 4 vCPUs, iothreads 1 and 2, 8 GiB, running. Its strings and arrays are static. */
struct facts world_guest(void);
#define WORLD_MEMORY (8ull << 30)

/* The policies of a text, which must be right. `apply` and `match` are JSON. */
struct policy_set *world_policies(const char *text);
struct policy_set *world_policy(const char *apply);

/* The value of a cell as the kernel would get it, or NULL where there is no such cell; of the text
 * of a refusal. The test's to free(). */
char *world_value(const struct desired *desired, const char *role, const char *attribute);
const char *world_refusal(const struct desired *desired, const char *role, const char *attribute);
#define assert_value(desired, role, attribute, expected)                                           \
    do {                                                                                           \
        char *_value = world_value(desired, role, attribute);                                      \
        const char *_expected = expected;                                                          \
        if (_expected && _value)                                                                   \
            assert_string_equal(_value, _expected);                                                \
        else                                                                                       \
            assert_true(!_expected && !_value);                                                    \
        free(_value);                                                                              \
    } while (0)

/* Has a problem with that place and that piece of text? */
bool world_problem(const struct policy_problems *problems, const char *pointer, const char *text);

#endif
