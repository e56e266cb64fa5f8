/* Which attributes a tree has, and in which hierarchy they are read: on a hybrid host, where v1's
 * hierarchies and v2's stand side by side. */
#include "test.h"
#include "folder.h"

#include "cgroup/attr.h"
#include "cgroup/value.h"

DEFINE_CLEANUP(struct cg_tree *, cg_tree_close);
#define cleanup_tree cleanup_with(cg_tree_closep)

static int set_up(void **state)
{
    static const struct {
        const char *file, *text;
    } files[] = {
        {"proc/self/mountinfo", "30 31 0:28 / /cg/unified rw - cgroup2 cgroup2 rw\n"
                                "32 31 0:29 / /cg/cpu rw - cgroup cgroup rw,cpu\n"
                                "34 31 0:31 / /cg/memory rw - cgroup cgroup rw,memory\n"},
        {"cg/unified/cgroup.controllers", "hugetlb\n"},
        {"cg/unified/a/cgroup.procs", "7\n"},
        {"cg/unified/a/cpu.stat", "usage_usec 5\n"},
        {"cg/unified/a/hugetlb.2MB.max", "4194304\n"},
        {"cg/cpu/a/cpu.stat", "nr_periods 3\n"},
        {"cg/cpu/a/notify_on_release", "0\n"},
        {"cg/cpu/a/tasks", "1\n2\n"},
        {"cg/memory/a/notify_on_release", "1\n"},
        {"cg/memory/a/tasks", "3\n"},
    };
    char *folder = folder_new();

    for (size_t i = 0; i < ARRAY_SIZE(files); i++)
        folder_write(folder, files[i].file, files[i].text);
    *state = folder;
    return 0;
}

static int tear_down(void **state)
{
    folder_remove(*state);
    return 0;
}

static struct cg_tree *open_tree(const char *folder, unsigned flags, const char *controller)
{
    const char *const controllers[] = {controller, NULL};
    const struct cg_options options = {.size = sizeof(options),
                                       .flags = flags,
                                       .root = folder,
                                       .controllers = controller ? controllers : NULL};
    struct cg_tree *tree = NULL;

    assert_int_equal(cg_tree_open(&options, &tree, NULL), 0);
    return tree;
}

static void assert_reads(const struct cg_tree *tree, const char *name, const char *expected)
{
    cleanup_value struct cg_value *value = NULL;
    cleanup_free char *text = NULL;
    const struct cg_attr *attr = NULL;

    assert_int_equal(cg_attr_find(tree, name, &attr, NULL), 0);
    assert_int_equal(cg_read(cg_tree_find(tree, "/a"), attr, &value, NULL), 0);
    assert_int_equal(cg_value_format(value, &text), 0);
    assert_string_equal(text, expected);
}

static void a_name_of_both_versions_is_the_firsts_and_v2s_in_its_own_tree(void **state)
{
    cleanup_tree struct cg_tree *grouped = open_tree(*state, CG_GROUPED, NULL),
                                *unified = open_tree(*state, 0, "");

    assert_reads(grouped, "cpu.stat", "nr_periods 3");
    assert_reads(unified, "cpu.stat", "usage_usec 5");
    assert_reads(unified, "cgroup.procs", "7");
}

static void a_name_is_listed_once_and_v2s_own_by_their_hierarchy(void **state)
{
    cleanup_tree struct cg_tree *tree = open_tree(*state, CG_GROUPED, NULL);
    size_t stats = 0, own = 0;

    for (const struct cg_attr *a = NULL; (a = cg_attr_next(tree, NULL, a));)
        stats += strcmp(cg_attr_name(a), "cpu.stat") == 0;
    for (const struct cg_attr *a = NULL; (a = cg_attr_next(tree, "", a));)
        own += strcmp(cg_attr_name(a), "cpu.stat") == 0 && a->version == 2;
    assert_int_equal(stats, 1);
    assert_int_equal(own, 1);
}

static void a_controller_of_v2_is_found_beside_those_of_v1(void **state)
{
    cleanup_tree struct cg_tree *tree = open_tree(*state, CG_GROUPED, NULL);

    assert_reads(tree, "hugetlb.2MB.max", "4194304");
    assert_reads(tree, "hugetlb.2MB.limit_in_bytes", "4194304");
}

static void what_every_hierarchy_has_is_read_where_it_is_asked_for(void **state)
{
    cleanup_tree struct cg_tree *tree = open_tree(*state, CG_GROUPED, NULL),
                                *memory = open_tree(*state, 0, "memory");
    const struct cg_node *node = cg_tree_find(tree, "/a");
    cleanup_value struct cg_value *cpu = NULL, *other = NULL;
    const struct cg_attr *attr = NULL;
    uint64_t flag = 2;

    assert_int_equal(cg_attr_find(tree, "notify_on_release", &attr, NULL), 0);
    assert_null(cg_attr_controller(attr));
    assert_int_equal(cg_read_in(node, "cpu", attr, &cpu, NULL), 0);
    assert_int_equal(cg_value_uint(cpu, &flag), 0);
    assert_int_equal(flag, 0);
    assert_int_equal(cg_read_in(node, "memory", attr, &other, NULL), 0);
    assert_int_equal(cg_value_uint(other, &flag), 0);
    assert_int_equal(flag, 1);
    assert_reads(tree, "tasks", "1\n2");
    assert_reads(memory, "tasks", "3");
}

static void what_a_hierarchy_does_not_have_is_not_read_in_it(void **state)
{
    cleanup_tree struct cg_tree *tree = open_tree(*state, CG_GROUPED, NULL),
                                *memory = open_tree(*state, 0, "memory");
    const struct cg_node *node = cg_tree_find(tree, "/a");
    const struct cg_attr *attr = NULL;
    struct cg_value *value = NULL;

    assert_int_equal(cg_attr_find(memory, "cpu.shares", &attr, NULL), -EOPNOTSUPP);
    assert_int_equal(cg_attr_find(tree, "tasks", &attr, NULL), 0);
    assert_int_equal(cg_read_in(node, "", attr, &value, NULL), -EOPNOTSUPP);
    assert_int_equal(cg_read_in(node, "pids", attr, &value, NULL), -ENOENT);
    assert_null(value);
}

static void a_file_that_is_missing_is_no_empty_value(void **state)
{
    cleanup_tree struct cg_tree *tree = open_tree(*state, CG_GROUPED, NULL);
    cleanup_value struct cg_value *value = NULL;
    const struct cg_attr *attr = NULL;

    assert_int_equal(cg_attr_find(tree, "cgroup.clone_children", &attr, NULL), 0);
    assert_int_equal(cg_read(cg_tree_find(tree, "/a"), attr, &value, NULL), -ENOENT);
    assert_null(value);
}

#define in_folder(test) cmocka_unit_test_setup_teardown(test, set_up, tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        in_folder(a_name_of_both_versions_is_the_firsts_and_v2s_in_its_own_tree),
        in_folder(a_name_is_listed_once_and_v2s_own_by_their_hierarchy),
        in_folder(a_controller_of_v2_is_found_beside_those_of_v1),
        in_folder(what_every_hierarchy_has_is_read_where_it_is_asked_for),
        in_folder(what_a_hierarchy_does_not_have_is_not_read_in_it),
        in_folder(a_file_that_is_missing_is_no_empty_value),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
