/* Every attribute on recorded hosts (tests/fixtures/attributes: v1, hybrid and v2, Debian 12 and
 * 13, a plain Linux 6.18), in the roots and in nested groups with odd names: read by its typed
 * accessor, compared with what was recorded, and written again as it was read. */
#include "test.h"
#include "coverage.h"
#include "folder.h"

#include "cgroup/value.h"

DEFINE_CLEANUP(struct cg_tree *, cg_tree_close);
#define cleanup_tree     cleanup_with(cg_tree_closep)
#define cleanup_coverage cleanup_with(coverage_release)

/* The last group's path, of names as record-host makes them. */
#define NAME_20 "xxxxxxxxxxxxxxxxxxxx"
#define ODD_PATH                                                                                   \
    "/vmpin-recorded.slice/with space/" NAME_20 NAME_20 NAME_20 NAME_20                            \
    "/machine-qemu\\x2d1\\x2dodd.scope/\xc3\xbcn\xc3\xaf-\xe6\x97\xa5\xe6\x9c\xac"

static const char *const recorded[] = {"v1-debian-12", "hybrid-linux-6.18", "hybrid-debian-12",
                                       "v2-debian-12", "v2-debian-13"};

static struct cg_mounts *mounts_of(const char *folder)
{
    struct cg_mounts *mounts = NULL;
    int root = kernel_real.open_dir(&kernel_real, KERNEL_TOP, folder, NULL);

    assert_true(root >= 0);
    assert_int_equal(mounts_open(&kernel_real, root, &mounts, NULL), 0);
    kernel_real.close_dir(&kernel_real, root);
    return mounts;
}

static void with_each_host(void (*look)(const char *folder, const char *name))
{
    for (size_t i = 0; i < ARRAY_SIZE(recorded); i++) {
        char *folder = folder_new();

        folder_unpack(folder, "attributes", recorded[i]);
        look(folder, recorded[i]);
        folder_remove(folder);
    }
}

static void read_all(const char *folder, const char *name)
{
    cleanup_mounts struct cg_mounts *mounts = mounts_of(folder);
    cleanup_coverage struct coverage coverage = {0};

    for (size_t i = 0; i < mounts->count; i++) {
        const struct cg_hierarchy *hierarchy = &mounts->hierarchies[i];
        cleanup_tree struct cg_tree *tree = open_hierarchy(folder, hierarchy, NULL);
        const struct cg_node *root = cg_tree_root(tree);

        for (const struct cg_node *node = root; node; node = cg_node_next(root, node, false))
            coverage_node(&coverage, node, hierarchy, true);
    }
    printf("# host %s\n", name);
    coverage_tell(&coverage, mounts);
    assert_int_equal(coverage.wrong.count, 0);
    assert_true(coverage.read.count > 50);
}

static void every_recorded_attribute_is_read_as_it_stands(void **state)
{
    with_each_host(read_all);
}

/* A plain file keeps one line of those that are written one by one, and no kernel takes back what
 * it says of a set that is to be started again, nor its names without + and -. */
static bool can_be_written(const struct cg_value *value)
{
    const struct cg_attr *attr = cg_value_attr(value);
    cleanup_free char *text = NULL;

    assert_int_equal(cg_value_format(value, &text), 0);
    return !(attr->flags & (CG_ATTR_READ_ONLY | CG_ATTR_WRITE_ONLY | CG_ATTR_RESET)) &&
           attr->kind != CG_NAMES && !strchr(text, '\n') && *text;
}

static size_t write_node(const struct cg_tree *tree, const struct cg_node *node)
{
    size_t written = 0;

    for (const struct cg_attr *attr = NULL; (attr = cg_attr_next(tree, NULL, attr));) {
        cleanup_value struct cg_value *value = NULL, *after = NULL;

        if (cg_read(node, attr, &value, NULL) < 0 || !can_be_written(value))
            continue;
        assert_int_equal(cg_write(node, attr, value, NULL), 0);
        assert_int_equal(cg_read(node, attr, &after, NULL), 0);
        assert_true(cg_value_equal(value, after));
        written++;
    }
    return written;
}

static void write_all(const char *folder, const char *name)
{
    cleanup_mounts struct cg_mounts *mounts = mounts_of(folder);
    size_t written = 0;

    for (size_t i = 0; i < mounts->count; i++) {
        cleanup_tree struct cg_tree *tree = open_hierarchy(folder, &mounts->hierarchies[i], NULL);
        const struct cg_node *root = cg_tree_root(tree);

        for (const struct cg_node *node = root; node; node = cg_node_next(root, node, false))
            written += write_node(tree, node);
    }
    printf("# host %s: %zu values written again\n", name, written);
    assert_true(written > 20);
}

static void every_value_that_can_be_written_is_the_same_when_it_was(void **state)
{
    with_each_host(write_all);
}

static void find_odd(const char *folder, const char *name)
{
    static const struct cg_options begin = {.size = sizeof(begin), .flags = CG_GROUPED};
    struct cg_options options = begin;
    cleanup_tree struct cg_tree *tree = NULL;
    cleanup_free char *path = NULL;
    const struct cg_node *node;

    options.root = folder;
    assert_int_equal(cg_tree_open(&options, &tree, NULL), 0);
    node = cg_tree_find(tree, ODD_PATH);
    assert_non_null(node);
    assert_int_equal(cg_node_path(node, &path), 0);
    assert_string_equal(path, ODD_PATH);
}

static void a_group_with_an_odd_name_is_found_below_others(void **state)
{
    with_each_host(find_odd);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_recorded_attribute_is_read_as_it_stands),
        cmocka_unit_test(every_value_that_can_be_written_is_the_same_when_it_was),
        cmocka_unit_test(a_group_with_an_odd_name_is_found_below_others),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
