/* The hierarchies of a host, from mountinfo as real hosts have it. */
#include "test.h"

#include "cgroup/mounts.h"

static struct cg_mounts *parsed(const char *mountinfo)
{
    struct cg_mounts *mounts = NULL;

    assert_int_equal(mounts_parse(mountinfo, &mounts, NULL), 0);
    return mounts;
}

static void assert_hierarchy(const struct cg_mounts *mounts, const char *controller, int version,
                             const char *mountpoint)
{
    const struct cg_hierarchy *hierarchy = mounts_find(mounts, controller);

    assert_non_null(hierarchy);
    assert_int_equal(hierarchy->version, version);
    assert_string_equal(hierarchy->mountpoint, mountpoint);
    assert_ptr_equal(&mounts->hierarchies[hierarchy->index], hierarchy);
    assert_int_equal(hierarchy->dir, -1);
}

static void a_hybrid_host_has_v1_controllers_and_an_empty_v2(void **state)
{
    cleanup_mounts struct cg_mounts *mounts = parsed(
        "22 27 0:21 / /proc rw,relatime - proc proc rw\n"
        "31 23 0:28 / /sys/fs/cgroup rw,relatime - tmpfs tmpfs rw,mode=755\n"
        "32 31 0:29 / /sys/fs/cgroup/cpu rw,relatime - cgroup cgroup rw,cpu\n"
        "34 31 0:31 / /sys/fs/cgroup/cpuset rw,relatime - cgroup cgroup rw,cpuset,clone_children\n"
        "40 31 0:37 / /sys/fs/cgroup/systemd rw,relatime - cgroup cgroup rw,xattr,name=systemd\n"
        "41 31 0:38 / /sys/fs/cgroup/unified rw,relatime - cgroup2 cgroup2 rw,nsdelegate\n");

    assert_int_equal(mounts->count, 4);
    assert_hierarchy(mounts, "cpu", 1, "/sys/fs/cgroup/cpu");
    assert_hierarchy(mounts, "cpuset", 1, "/sys/fs/cgroup/cpuset");
    assert_hierarchy(mounts, "name=systemd", 1, "/sys/fs/cgroup/systemd");
    assert_int_equal(mounts->hierarchies[3].version, 2);
    assert_string_equal(mounts->hierarchies[3].controllers, "");
    assert_null(mounts_find(mounts, "memory"));
    assert_null(mounts_find(mounts, "clone_children"));
    assert_null(mounts_find(mounts, "xattr"));
    assert_null(mounts_find(mounts, "rw"));
    assert_null(mounts_find(mounts, ""));
}

static void joined_controllers_are_found_by_each_name(void **state)
{
    cleanup_mounts struct cg_mounts *mounts =
        parsed("33 25 0:29 / /sys/fs/cgroup/cpu,cpuacct rw,nosuid shared:10 - cgroup cgroup "
               "rw,cpu,cpuacct\n");

    assert_hierarchy(mounts, "cpu", 1, "/sys/fs/cgroup/cpu,cpuacct");
    assert_hierarchy(mounts, "cpuacct", 1, "/sys/fs/cgroup/cpu,cpuacct");
    assert_null(mounts_find(mounts, "cpua"));
    assert_null(mounts_find(mounts, "cpu,cpuacct"));
}

static void optional_fields_are_stepped_over(void **state)
{
    cleanup_mounts struct cg_mounts *mounts =
        parsed("30 25 0:26 / /cg rw shared:9 master:1 unbindable - cgroup2 cgroup2 rw\n"
               "31 25 0:27 / /cg/cpu rw - cgroup  rw,cpu\n");

    assert_int_equal(mounts->count, 2);
    assert_hierarchy(mounts, "cpu", 1, "/cg/cpu");
}

static void a_mountpoint_is_unescaped(void **state)
{
    cleanup_mounts struct cg_mounts *mounts =
        parsed("30 25 0:26 / /a\\040b\\011c\\134d\\09 rw - cgroup cgroup rw,cpu\n");

    assert_hierarchy(mounts, "cpu", 1, "/a b\tc\\d\\09");
}

static void a_part_of_a_hierarchy_and_a_second_mount_are_left_out(void **state)
{
    cleanup_mounts struct cg_mounts *mounts =
        parsed("30 25 0:26 / /cg rw - cgroup2 cgroup2 rw\n"
               "31 25 0:26 / /again rw - cgroup2 cgroup2 rw\n"
               "32 25 0:27 /docker/1 /part rw - cgroup cgroup rw,cpu\n"
               "33 25 0:28 / /cpuset rw - cgroup cgroup rw,cpuset\n"
               "34 25 0:28 / /cpuset2 rw - cgroup cgroup rw,cpuset\n");

    assert_int_equal(mounts->count, 2);
    assert_string_equal(mounts->hierarchies[0].mountpoint, "/cg");
    assert_hierarchy(mounts, "cpuset", 1, "/cpuset");
    assert_null(mounts_find(mounts, "cpu"));
}

static void a_host_without_control_groups_has_none(void **state)
{
    cleanup_mounts struct cg_mounts *mounts = parsed("22 27 0:21 / /proc rw - proc proc rw\n");
    cleanup_mounts struct cg_mounts *none = parsed("");

    assert_int_equal(mounts->count, 0);
    assert_int_equal(none->count, 0);
}

static void a_line_that_is_none_is_refused_with_its_number(void **state)
{
    static const char *const lines[] = {
        "garbage",
        "22 27 0:21 / /proc rw,relatime proc proc rw",
        "22 27 0:21 / /proc rw - cgroup",
        "22 27 0:21 / /proc rw - cgroup cgroup",
        "22 27 0:21 / proc rw - cgroup cgroup rw",
        "x 27 0:21 / /proc rw - cgroup cgroup rw",
        "22 27 21 / /proc rw - cgroup cgroup rw",
        "22 27 0:21",
    };

    for (size_t i = 0; i < ARRAY_SIZE(lines); i++) {
        cleanup_error struct cg_error *error = NULL;
        cleanup_free char *text = NULL;
        struct cg_mounts *mounts = NULL;

        assert_true(asprintf(&text, "22 27 0:21 / /proc rw - proc proc rw\n%s\n", lines[i]) > 0);
        assert_int_equal(mounts_parse(text, &mounts, &error), -EINVAL);
        assert_null(mounts);
        assert_non_null(strstr(cg_error_text(error), "line 2"));
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_hybrid_host_has_v1_controllers_and_an_empty_v2),
        cmocka_unit_test(joined_controllers_are_found_by_each_name),
        cmocka_unit_test(optional_fields_are_stepped_over),
        cmocka_unit_test(a_mountpoint_is_unescaped),
        cmocka_unit_test(a_part_of_a_hierarchy_and_a_second_mount_are_left_out),
        cmocka_unit_test(a_host_without_control_groups_has_none),
        cmocka_unit_test(a_line_that_is_none_is_refused_with_its_number),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
