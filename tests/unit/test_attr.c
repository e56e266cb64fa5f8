/* The tables: every row is whole, and each name finds the face that a host has. */
#include "test.h"

#include "cgroup/attr.h"

static const char v1_host[] = "32 31 0:29 / /sys/fs/cgroup/cpu rw - cgroup cgroup rw,cpu\n"
                              "34 31 0:31 / /sys/fs/cgroup/cpuset rw - cgroup cgroup rw,cpuset\n";

static struct cg_mounts *v1_mounts(void)
{
    struct cg_mounts *mounts = NULL;

    assert_int_equal(mounts_parse(v1_host, &mounts, NULL), 0);
    return mounts;
}

static struct cg_mounts *v2_mounts(void)
{
    struct cg_mounts *mounts = NULL;

    assert_int_equal(mounts_parse("32 31 0:29 / /cg rw - cgroup2 cgroup2 rw\n", &mounts, NULL), 0);
    free(mounts->hierarchies[0].controllers);
    mounts->hierarchies[0].controllers = strdup("cpuset,cpu,memory");
    return mounts;
}

static void assert_named_after_its_controller(const struct cg_attr *attr)
{
    size_t length = attr->controller ? strlen(attr->controller) : 0;

    if (length == 0) {
        assert_int_equal(attr->version, attr->controller ? 2 : 1);
        return;
    }
    assert_memory_equal(attr->name, attr->controller, length);
    assert_int_equal(attr->name[length], '.');
}

static void the_root_has_v1s_force_empty_though_it_takes_no_write(void **state)
{
    assert_int_equal(attr_by_name("memory.force_empty", 1)->flags, CG_ATTR_WRITE_ONLY);
}

static void every_row_is_whole(void **state)
{
    size_t rows = 0;

    for (const struct cg_attr *attr = attr_next(NULL); attr; attr = attr_next(attr), rows++) {
        bool may_have_words =
            attr->kind == CG_WORD || attr->kind == CG_TABLE || attr->kind == CG_COLUMNS;

        assert_true(attr->version == 1 || attr->version == 2);
        assert_true(attr->kind >= CG_INT && attr->kind <= CG_NAMES);
        assert_named_after_its_controller(attr);
        assert_ptr_equal(attr_by_name(attr->name, (int)attr->version), attr);
        if (attr->kind == CG_UINT && !(attr->flags & (CG_ATTR_READ_ONLY | CG_ATTR_RESET)))
            assert_true(attr->max > attr->min);
        if (attr->constraint != ATTR_FREE)
            assert_int_equal(attr->version, 1);
        if (attr->kind == CG_WORD || attr->kind == CG_COLUMNS)
            assert_non_null(attr->words);
        if (attr->words)
            assert_true(may_have_words);
    }
    assert_true(rows > 300);
}

static void a_counterpart_exists_and_points_back(void **state)
{
    for (const struct cg_attr *attr = attr_next(NULL); attr; attr = attr_next(attr)) {
        const struct cg_attr *other;

        if (!attr->counterpart)
            continue;
        other = attr_by_name(attr->counterpart, 3 - (int)attr->version);
        assert_non_null(other);
        assert_string_equal(other->counterpart, attr->name);
        assert_int_equal(other->kind, attr->kind);
    }
}

static void a_sibling_exists_and_points_back(void **state)
{
    for (const struct cg_attr *attr = attr_next(NULL); attr; attr = attr_next(attr)) {
        const struct cg_attr *other = NULL;

        assert_int_equal(attr->constraint == ATTR_BELOW_SIBLING, attr->sibling != NULL);
        if (attr->sibling) {
            other = attr_by_name(attr->sibling, (int)attr->version);
            assert_non_null(other);
            assert_string_equal(other->bounded, attr->name);
        } else if (attr->bounded) {
            other = attr_by_name(attr->bounded, (int)attr->version);
            assert_non_null(other);
            assert_string_equal(other->sibling, attr->name);
        }
    }
}

static void assert_face(const struct cg_mounts *mounts, const char *name, const char *expected,
                        int version)
{
    const struct cg_attr *attr = NULL;

    assert_int_equal(attr_find(mounts, name, &attr), 0);
    assert_string_equal(cg_attr_name(attr), expected);
    assert_int_equal(attr->version, version);
}

static void either_versions_name_finds_the_hosts_face(void **state)
{
    cleanup_mounts struct cg_mounts *v1 = v1_mounts(), *v2 = v2_mounts();

    assert_face(v1, "cpu.shares", "cpu.shares", 1);
    assert_face(v1, "cpu.weight", "cpu.shares", 1);
    assert_face(v1, "cpu.max", "cpu.cfs_quota_us", 1);
    assert_face(v1, "cpu.cfs_period_us", "cpu.cfs_quota_us", 1);
    assert_face(v1, "cpuset.cpus.effective", "cpuset.effective_cpus", 1);
    assert_face(v2, "cpu.shares", "cpu.weight", 2);
    assert_face(v2, "cpu.cfs_period_us", "cpu.max", 2);
    assert_face(v2, "cpuset.cpus", "cpuset.cpus", 2);
    assert_face(v2, "memory.limit_in_bytes", "memory.max", 2);
    assert_face(v2, "memory.memsw.limit_in_bytes", "memory.swap.max", 2);
}

static void a_name_that_no_kernel_has_is_unknown(void **state)
{
    cleanup_mounts struct cg_mounts *v1 = v1_mounts();
    const struct cg_attr *attr = NULL;

    assert_int_equal(attr_find(v1, "cpu.sharse", &attr), -ENOENT);
    assert_int_equal(attr_find(v1, "", &attr), -ENOENT);
    assert_null(attr);
}

static void what_this_host_lacks_is_not_supported(void **state)
{
    cleanup_mounts struct cg_mounts *v1 = v1_mounts(), *v2 = v2_mounts();
    const struct cg_attr *attr = NULL;

    assert_int_equal(attr_find(v1, "memory.high", &attr), -EOPNOTSUPP);
    assert_int_equal(attr_find(v1, "memory.limit_in_bytes", &attr), -EOPNOTSUPP);
    assert_int_equal(attr_find(v1, "cpu.max.burst", &attr), -EOPNOTSUPP);
    assert_int_equal(attr_find(v2, "memory.soft_limit_in_bytes", &attr), -EOPNOTSUPP);
    assert_null(attr);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_row_is_whole),
        cmocka_unit_test(the_root_has_v1s_force_empty_though_it_takes_no_write),
        cmocka_unit_test(a_counterpart_exists_and_points_back),
        cmocka_unit_test(a_sibling_exists_and_points_back),
        cmocka_unit_test(either_versions_name_finds_the_hosts_face),
        cmocka_unit_test(a_name_that_no_kernel_has_is_unknown),
        cmocka_unit_test(what_this_host_lacks_is_not_supported),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
