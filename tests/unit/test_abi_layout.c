/* What a program that was built against cgtree.h has compiled into it: sizes, places and numbers.
 * A line here changes with the library's name (-version-info) only; new lines are added. */
#include "test.h"

#include "cgroup/cgtree.h"

#define AT(type, member, offset) _Static_assert(offsetof(type, member) == (offset), #member)
#define IS(name, value)          _Static_assert((name) == (value), #name)

#if __SIZEOF_POINTER__ == 8
AT(struct cg_options, size, 0);
AT(struct cg_options, flags, 8);
AT(struct cg_options, root, 16);
AT(struct cg_options, controllers, 24);
AT(struct cg_options, subtrees, 32);
AT(struct cg_guest_key, uuid, 0);
AT(struct cg_guest_key, id, 8);
AT(struct cg_guest_key, name, 16);
_Static_assert(sizeof(struct cg_guest_key) == 24, "an array of the caller's");
AT(struct cg_row, key, 0);
AT(struct cg_row, sub, 8);
AT(struct cg_row, number, 16);
_Static_assert(sizeof(struct cg_row) == 24, "an array of the caller's");
#endif
AT(struct cg_device_rule, type, 0);
AT(struct cg_device_rule, major, 4);
AT(struct cg_device_rule, minor, 8);
AT(struct cg_device_rule, access, 12);
_Static_assert(sizeof(struct cg_device_rule) == 16, "the caller's");
AT(struct cg_device_rate, major, 0);
AT(struct cg_device_rate, minor, 4);
AT(struct cg_device_rate, rate, 8);
_Static_assert(sizeof(struct cg_device_rate) == 16, "the caller's");
AT(struct cg_quota, quota_us, 0);
AT(struct cg_quota, period_us, 8);
_Static_assert(sizeof(struct cg_quota) == 16, "the caller's");
AT(struct cg_role, kind, 0);
AT(struct cg_role, index, 4);
_Static_assert(sizeof(struct cg_role) == 8, "returned by value");

IS(CG_INT, 1);
IS(CG_UINT, 2);
IS(CG_FLAG, 3);
IS(CG_BITS, 4);
IS(CG_SIZE, 5);
IS(CG_SET, 6);
IS(CG_TABLE, 7);
IS(CG_NESTED, 8);
IS(CG_LIST, 9);
IS(CG_QUOTA, 10);
IS(CG_TEXT, 11);
IS(CG_LIMIT, 12);
IS(CG_PERCENT, 13);
IS(CG_TASKS, 14);
IS(CG_SPLIT, 15);
IS(CG_COLUMNS, 16);
IS(CG_PRESSURE, 17);
IS(CG_DEVICES, 18);
IS(CG_RATES, 19);
IS(CG_WEIGHTS, 20);
IS(CG_WORD, 21);
IS(CG_NAMES, 22);
IS(CG_NO_LIMIT, UINT64_MAX);
IS(CG_ATTR_READ_ONLY, 1);
IS(CG_ATTR_WRITE_ONLY, 2);
IS(CG_ATTR_NOT_ON_ROOT, 4);
IS(CG_ATTR_PAGE_ROUNDED, 8);
IS(CG_ATTR_ONLY_ON_ROOT, 16);
IS(CG_ATTR_RESET, 32);
IS(CG_ATTR_CONVERTED, 64);
IS(CG_DEVICE_READ, 1);
IS(CG_DEVICE_WRITE, 2);
IS(CG_DEVICE_MKNOD, 4);
IS(CG_DEVICE_ANY, UINT32_MAX);
IS(CG_GROUPED, 1);
IS(CG_GUESTS, 2);
IS(CG_CREATE, 4);
IS(CG_ROOT, 1);
IS(CG_CONTROLLER_ROOT, 2);
IS(CG_SLICE, 3);
IS(CG_SCOPE, 4);
IS(CG_GROUP, 5);
IS(CG_ROLE_NONE, 0);
IS(CG_ROLE_VM, 1);
IS(CG_ROLE_EMULATOR, 2);
IS(CG_ROLE_VCPU, 3);
IS(CG_ROLE_IOTHREAD, 4);

/* Programs of before an option was added go on with the size that they know. */
static void options_of_the_first_size_are_taken(void **state)
{
    struct cg_options options = {.size = 40, .flags = ~0u};
    cleanup_error struct cg_error *error = NULL;
    struct cg_tree *tree = NULL;

    assert_int_equal(cg_tree_open(&options, &tree, &error), -EINVAL);
    assert_non_null(strstr(cg_error_text(error), "flag"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(options_of_the_first_size_are_taken)};

    return cmocka_run_group_tests(tests, NULL, NULL);
}
