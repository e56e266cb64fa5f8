/* Trees of this host's kernel: read while control groups come and go, made where they are missing,
 * held without descriptors. All below one control group of the test's own, which is removed. */
#include "unit/test.h"
#include "unit/folder.h"

#include "base/file.h"
#include "cgroup/cgtree.h"

#include <dirent.h>
#include <stdio.h>

DEFINE_CLEANUP(struct cg_tree *, cg_tree_close);
#define cleanup_tree cleanup_with(cg_tree_closep)

static char name[64], inner[96]; /* the test's control group, and one that stays in it */

static int open_ours(unsigned flags, const char *subtree, struct cg_tree **ret)
{
    static const char *const only[] = {"cpu", "cpuset", NULL};
    const char *subtrees[] = {subtree, NULL};
    struct cg_options options = {.size = sizeof(options),
                                 .flags = CG_GROUPED | flags,
                                 .controllers = only,
                                 .subtrees = subtrees};

    return cg_tree_open(&options, ret, NULL);
}

static int clean_up(void **state)
{
    cleanup_tree struct cg_tree *tree = NULL;
    struct cg_node *top = open_ours(0, name, &tree) == 0 ? cg_tree_find(tree, name) : NULL;

    if (top) {
        (void)!cg_node_delete_empty_children(top, NULL);
        (void)!cg_node_delete(top, NULL);
    }
    return 0;
}

static int set_up(void **state)
{
    snprintf(name, sizeof(name), "vmpin-test-tree-%d", getpid());
    snprintf(inner, sizeof(inner), "%s/stays/x", name);
    return 0;
}

/* The tree with the sub-tree that stays, made where it was missing. */
static struct cg_tree *make_ours(void)
{
    struct cg_tree *tree = NULL;

    if (open_ours(CG_CREATE, inner, &tree) < 0) {
        print_message("no control group can be made here\n");
        skip();
    }
    return tree;
}

static size_t count_nodes(const struct cg_tree *tree)
{
    size_t count = 0;

    for (struct cg_node *n = NULL; (n = cg_node_next(cg_tree_root(tree), n, false));)
        count++;
    return count;
}

static void sub_trees_that_are_missing_are_made_when_asked(void **state)
{
    cleanup_tree struct cg_tree *tree = NULL, *again = NULL;
    struct cg_node *node;

    assert_int_equal(open_ours(0, inner, &tree), 0);
    assert_null(cg_tree_find(tree, inner));
    tree = cg_tree_close(tree);
    tree = make_ours();
    node = cg_tree_find(tree, inner);
    assert_non_null(node);
    assert_true(cg_node_id(node, "cpu") && cg_node_id(node, "cpuset"));
    assert_int_equal(open_ours(CG_CREATE, inner, &again), 0);
    assert_int_equal(cg_node_id(cg_tree_find(again, inner), "cpu"), cg_node_id(node, "cpu"));
}

/* In the hierarchy that lacks it, and nowhere else. */
static void a_sub_tree_that_one_hierarchy_lacks_is_made_there(void **state)
{
    cleanup_tree struct cg_tree *tree = make_ours(), *again = NULL;
    struct cg_node *node = cg_tree_find(tree, inner);
    cleanup_free char *path = NULL;
    uint64_t id = cg_node_id(node, "cpuset");

    if (id == cg_node_id(node, "cpu"))
        skip(); /* v2: one hierarchy */
    assert_int_equal(cg_node_full_path(node, "cpu", &path), 0);
    assert_int_equal(rmdir(path), 0);
    assert_int_equal(open_ours(CG_CREATE, inner, &again), 0);
    node = cg_tree_find(again, inner);
    assert_true(cg_node_id(node, "cpu") != 0);
    assert_int_equal(cg_node_id(node, "cpuset"), id);
}

static void a_new_group_takes_a_process_at_once(void **state)
{
    cleanup_tree struct cg_tree *tree = make_ours();
    cleanup_close int dir = -1;
    char pid[16];
    pid_t child = fork();
    int r;

    if (child == 0) {
        pause();
        _exit(0);
    }
    assert_true(child > 0);
    snprintf(pid, sizeof(pid), "%d", child);
    r = cg_node_open(cg_tree_find(tree, inner), "cpuset", &dir, NULL);
    if (r == 0)
        r = file_write(dir, "cgroup.procs", pid, strlen(pid));
    folder_stop_changing(child);
    assert_int_equal(r, 0);
}

static void what_comes_and_goes_during_a_walk_is_whole_or_left_out(void **state)
{
    cleanup_tree struct cg_tree *tree = make_ours();
    cleanup_free char *directory = NULL;
    struct cg_node *top = cg_tree_find(tree, name);
    size_t stays = count_nodes(tree);
    bool good = true;
    pid_t child;
    int r = 0;

    assert_int_equal(cg_node_full_path(top, "cpu", &directory), 0);
    child = folder_start_changing(directory);
    for (unsigned i = 0; i < 100 && r == 0 && good; i++) {
        r = cg_tree_refresh(tree, i % 2 ? top : NULL, NULL);
        for (struct cg_node *n = NULL; (n = cg_node_next(cg_tree_root(tree), n, false));)
            good = good && cg_node_id(n, NULL);
        good = good && cg_tree_find(tree, inner) && cg_tree_find(tree, name) == top;
    }
    folder_stop_changing(child);
    assert_int_equal(r, 0);
    assert_true(good);
    assert_int_equal(cg_tree_refresh(tree, NULL, NULL), 0);
    assert_int_equal(cg_node_delete_empty_children(top, NULL), 0);
    assert_int_equal(count_nodes(tree), stays - 2); /* without inner */
}

static size_t count_descriptors(void)
{
    cleanup_closedir DIR *dir = opendir("/proc/self/fd");
    size_t count = 0;

    assert_non_null(dir);
    while (readdir(dir))
        count++;
    return count;
}

static void a_tree_holds_no_descriptor_for_a_node(void **state)
{
    cleanup_tree struct cg_tree *tree = make_ours();
    struct cg_node *parent = cg_tree_find(tree, inner), *child = NULL;
    size_t before = count_descriptors();

    for (unsigned i = 0; i < 50; i++) {
        char child_name[16];

        snprintf(child_name, sizeof(child_name), "n%u", i);
        assert_int_equal(cg_node_create(parent, child_name, &child, NULL), 0);
    }
    assert_int_equal(count_descriptors(), before);
    assert_int_equal(cg_tree_refresh(tree, NULL, NULL), 0);
    assert_int_equal(count_descriptors(), before);
}

#define in_place(test) cmocka_unit_test_setup_teardown(test, set_up, clean_up)

int main(void)
{
    const struct CMUnitTest tests[] = {
        in_place(sub_trees_that_are_missing_are_made_when_asked),
        in_place(a_sub_tree_that_one_hierarchy_lacks_is_made_there),
        in_place(a_new_group_takes_a_process_at_once),
        in_place(what_comes_and_goes_during_a_walk_is_whole_or_left_out),
        in_place(a_tree_holds_no_descriptor_for_a_node),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
