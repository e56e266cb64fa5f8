/* Control groups made and removed through a tree, and who is in them; on folders made for it. */
#include "test.h"
#include "folder.h"
#include "tree_folder.h"

#include <stdio.h>

static void tasks_are_sorted_and_counted_once(void **state)
{
    cleanup_tree struct cg_tree *tree = NULL;
    cleanup_free pid_t *here = NULL, *below = NULL, *processes = NULL;
    size_t count = 0;

    make_v2(*state);
    folder_write(*state, "cg/a/cgroup.threads", "30\n4\n");
    folder_write(*state, "cg/a/cgroup.procs", "4\n");
    folder_write(*state, "cg/a/b/cgroup.threads", "100\n7\n4\n");
    tree = open_tree(*state, CG_GROUPED);
    assert_int_equal(cg_node_tasks(found(tree, "/a"), "cpu", true, false, &here, &count, NULL), 0);
    assert_int_equal(count, 2);
    assert_int_equal(here[0], 4);
    assert_int_equal(cg_node_tasks(found(tree, "/a"), NULL, true, true, &below, &count, NULL), 0);
    assert_int_equal(count, 4);
    assert_int_equal(below[0], 4);
    assert_int_equal(below[3], 100);
    assert_int_equal(cg_node_tasks(found(tree, "/a"), "", false, true, &processes, &count, NULL),
                     0);
    assert_int_equal(count, 1);
    assert_int_equal(cg_node_tasks(found(tree, "/a"), "io", false, true, &processes, &count, NULL),
                     -ENOENT);
}

static void a_child_is_made_in_every_hierarchy_of_its_parent(void **state)
{
    cleanup_tree struct cg_tree *tree = NULL;
    struct cg_node *node = NULL, *none = NULL;

    make_v1(*state);
    tree = open_tree(*state, CG_GROUPED);
    assert_int_equal(cg_node_create(cg_tree_root(tree), "new", &node, NULL), 0);
    assert_path(node, "/new");
    assert_true(cg_node_id(node, "cpu") && cg_node_id(node, "memory"));
    assert_ptr_equal(found(tree, "/new"), node);
    assert_int_equal(cg_node_create(cg_tree_root(tree), "new", &none, NULL), -EEXIST);
    assert_int_equal(cg_node_create(cg_tree_root(tree), "a/b", &none, NULL), -EINVAL);
    assert_int_equal(cg_node_create(cg_tree_root(tree), "..", &none, NULL), -EINVAL);
    assert_int_equal(cg_node_create(cg_tree_root(tree), "", &none, NULL), -EINVAL);
    assert_null(none);
    assert_int_equal(cg_tree_refresh(tree, NULL, NULL), 0);
    assert_ptr_equal(found(tree, "/new"), node);
}

static void a_child_that_fails_in_one_hierarchy_is_in_none(void **state)
{
    cleanup_tree struct cg_tree *tree = NULL;
    cleanup_error struct cg_error *error = NULL;
    struct cg_node *node = NULL;

    make_v1(*state);
    folder_make(*state, "cg/memory/new");
    tree = open_tree(*state, CG_GROUPED);
    assert_int_equal(cg_node_create(cg_tree_root(tree), "new", &node, &error), -EEXIST);
    assert_null(node);
    assert_non_null(strstr(cg_error_text(error), "/cg/memory"));
    assert_false(exists(*state, "cg/cpu/new"));
    assert_true(exists(*state, "cg/memory/new"));
}

static void on_v2_the_parents_controllers_are_enabled_for_a_child(void **state)
{
    cleanup_tree struct cg_tree *tree = NULL;
    cleanup_free char *enabled = NULL;
    struct cg_node *node = NULL;

    make_v2(*state);
    folder_write(*state, "cg/cgroup.subtree_control", "cpuset memory\n");
    tree = open_tree(*state, CG_GROUPED);
    assert_int_equal(cg_node_create(cg_tree_root(tree), "new", &node, NULL), 0);
    enabled = folder_read(*state, "cg/cgroup.subtree_control");
    /* A plain file keeps the write as it was: the one controller that was not enabled. */
    assert_memory_equal(enabled, "+cpu", 4);
}

static void a_node_is_removed_when_it_is_empty(void **state)
{
    cleanup_tree struct cg_tree *tree = NULL;
    cleanup_error struct cg_error *error = NULL;

    make_v1(*state);
    folder_make(*state, "cg/cpu/a/b");
    folder_make(*state, "cg/memory/a/b");
    tree = open_tree(*state, CG_GROUPED);
    assert_int_equal(cg_node_delete(found(tree, "/a"), &error), -ENOTEMPTY);
    assert_int_equal(cg_node_delete(cg_tree_root(tree), NULL), -EINVAL);
    assert_int_equal(cg_node_delete(found(tree, "/a/b"), NULL), 0);
    assert_null(cg_tree_find(tree, "/a/b"));
    assert_false(exists(*state, "cg/cpu/a/b"));
    assert_false(exists(*state, "cg/memory/a/b"));
    assert_int_equal(cg_node_delete(found(tree, "/a"), NULL), 0);
    assert_false(exists(*state, "cg/cpu/a"));
}

static void a_node_with_processes_is_not_removed_anywhere(void **state)
{
    cleanup_tree struct cg_tree *tree = NULL;
    cleanup_error struct cg_error *error = NULL;

    make_v1(*state);
    folder_make(*state, "cg/cpu/a");
    folder_write(*state, "cg/memory/a/cgroup.procs", "1\n");
    tree = open_tree(*state, CG_GROUPED);
    assert_int_equal(cg_node_delete(found(tree, "/a"), &error), -EBUSY);
    assert_non_null(strstr(cg_error_text(error), "/cg/memory"));
    assert_true(exists(*state, "cg/cpu/a"));
}

static void a_node_made_anew_is_not_removed_for_the_old_one(void **state)
{
    cleanup_tree struct cg_tree *tree = NULL;

    make_v2(*state);
    folder_make(*state, "cg/a");
    tree = open_tree(*state, CG_GROUPED);
    move(*state, "cg/a", "aside");
    folder_make(*state, "cg/a");
    assert_int_equal(cg_node_delete(found(tree, "/a"), NULL), -ESTALE);
    assert_true(exists(*state, "cg/a"));
}

static void empty_children_are_removed_and_busy_ones_left(void **state)
{
    cleanup_tree struct cg_tree *tree = NULL;

    make_v2(*state);
    folder_make(*state, "cg/top/empty/deeper");
    folder_write(*state, "cg/top/busy/cgroup.procs", "1\n");
    folder_make(*state, "cg/top/busy/empty");
    tree = open_tree(*state, CG_GROUPED);
    assert_int_equal(cg_node_delete_empty_children(found(tree, "/top"), NULL), 0);
    assert_false(exists(*state, "cg/top/empty"));
    assert_false(exists(*state, "cg/top/busy/empty"));
    assert_true(exists(*state, "cg/top/busy"));
    assert_null(cg_tree_find(tree, "/top/empty"));
    assert_non_null(cg_tree_find(tree, "/top/busy"));
}

static void children_that_stay_leave_no_error(void **state)
{
    cleanup_tree struct cg_tree *tree = NULL;
    struct cg_error *error = NULL;

    make_v2(*state);
    folder_write(*state, "cg/top/busy/cgroup.procs", "1\n");
    tree = open_tree(*state, CG_GROUPED);
    assert_int_equal(cg_node_delete_empty_children(found(tree, "/top"), &error), 0);
    assert_null(error);
}

static void a_node_whose_parent_is_gone_is_gone_too(void **state)
{
    cleanup_tree struct cg_tree *tree = NULL;
    cleanup_error struct cg_error *error = NULL;

    make_v1(*state);
    folder_make(*state, "cg/cpu/a/b");
    folder_make(*state, "cg/memory/a/b");
    tree = open_tree(*state, CG_GROUPED);
    move(*state, "cg/cpu/a", "aside");
    assert_int_equal(cg_node_delete(found(tree, "/a/b"), &error), 0);
    assert_null(cg_tree_find(tree, "/a/b"));
    assert_false(exists(*state, "cg/memory/a/b"));
}

static void tasks_of_every_hierarchy_are_joined(void **state)
{
    cleanup_tree struct cg_tree *tree = NULL;
    cleanup_free pid_t *all = NULL, *memory = NULL;
    size_t count = 0;

    make_v1(*state);
    folder_write(*state, "cg/cpu/a/tasks", "9\n4\n");
    folder_write(*state, "cg/memory/a/tasks", "4\n5\n");
    folder_write(*state, "cg/memory/a/b/tasks", "6\n");
    tree = open_tree(*state, CG_GROUPED);
    assert_int_equal(cg_node_tasks(found(tree, "/a"), NULL, true, true, &all, &count, NULL), 0);
    assert_int_equal(count, 4);
    assert_int_equal(all[3], 9);
    assert_int_equal(cg_node_tasks(found(tree, "/a"), "memory", true, false, &memory, &count, NULL),
                     0);
    assert_int_equal(count, 2);
}

static void on_v2_controllers_are_enabled_from_the_root_down(void **state)
{
    cleanup_tree struct cg_tree *tree = NULL;
    cleanup_free char *top = NULL, *parent = NULL;
    struct cg_node *node = NULL;

    make_v2(*state);
    folder_write(*state, "cg/cgroup.subtree_control", "cpuset memory\n");
    folder_write(*state, "cg/a/cgroup.controllers", "cpu\n");
    folder_write(*state, "cg/a/cgroup.subtree_control", "\n");
    tree = open_tree(*state, CG_GROUPED);
    assert_int_equal(cg_node_create(found(tree, "/a"), "b", &node, NULL), 0);
    top = folder_read(*state, "cg/cgroup.subtree_control");
    parent = folder_read(*state, "cg/a/cgroup.subtree_control");
    assert_memory_equal(top, "+cpu", 4);
    assert_memory_equal(parent, "+cpu", 4);
}

static void a_parent_with_processes_enables_nothing_unless_it_is_threaded(void **state)
{
    static const char *const types[] = {"domain\n", "domain threaded\n", "threaded\n"};

    for (size_t i = 0; i < ARRAY_SIZE(types); i++) {
        cleanup_tree struct cg_tree *tree = NULL;
        cleanup_error struct cg_error *error = NULL;
        struct cg_node *node = NULL;
        int r;

        make_v2(*state);
        folder_write(*state, "cg/cgroup.subtree_control", "cpuset cpu memory\n");
        folder_write(*state, "cg/a/cgroup.controllers", "cpu\n");
        folder_write(*state, "cg/a/cgroup.subtree_control", "\n");
        folder_write(*state, "cg/a/cgroup.procs", "1\n");
        folder_write(*state, "cg/a/cgroup.type", types[i]);
        tree = open_tree(*state, CG_GROUPED);
        r = cg_node_create(found(tree, "/a"), i == 2 ? "c" : "b", &node, &error);
        assert_int_equal(r, i == 0 ? -EBUSY : 0);
        assert_int_equal(exists(*state, "cg/a/b"), i > 0);
        if (i == 0)
            assert_non_null(strstr(cg_error_text(error), "/a: cgroup.subtree_control"));
    }
}

static void of_chosen_controllers_those_alone_are_enabled(void **state)
{
    static const char *const chosen[] = {"cpu", NULL};
    cleanup_tree struct cg_tree *tree = NULL;
    cleanup_free char *enabled = NULL;
    struct cg_node *node = NULL;

    make_v2(*state);
    folder_write(*state, "cg/cgroup.subtree_control", "");
    tree = open_with(*state, (struct cg_options){.controllers = chosen});
    assert_int_equal(cg_node_create(cg_tree_root(tree), "new", &node, NULL), 0);
    enabled = folder_read(*state, "cg/cgroup.subtree_control");
    assert_string_equal(enabled, "+cpu");
}

static void a_grouped_tree_of_chosen_controllers_leaves_others_alone(void **state)
{
    static const char *const chosen[] = {"memory", "cpu", "cpu", NULL};
    cleanup_tree struct cg_tree *one = NULL, *both = NULL;
    struct cg_node *node = NULL;

    make_v1(*state);
    one = open_with(*state, (struct cg_options){.flags = CG_GROUPED, .controllers = chosen + 1});
    assert_int_equal(cg_node_create(cg_tree_root(one), "new", &node, NULL), 0);
    assert_true(exists(*state, "cg/cpu/new"));
    assert_false(exists(*state, "cg/memory/new"));
    assert_string_equal(cg_node_controllers(node, 0), "cpu");
    assert_null(cg_node_controllers(node, 1));
    both = open_with(*state, (struct cg_options){.flags = CG_GROUPED, .controllers = chosen});
    assert_string_equal(cg_node_controllers(cg_tree_root(both), 1), "cpu");
    assert_null(cg_node_controllers(cg_tree_root(both), 2));
    assert_string_equal(cg_node_controllers(found(both, "/new"), 0), "cpu");
}

static void controllers_of_two_hierarchies_are_no_single_tree(void **state)
{
    static const char *const chosen[] = {"memory", "cpu", NULL}, *const none[] = {NULL};
    struct cg_options options = {.size = sizeof(options), .root = *state, .controllers = chosen};
    cleanup_error struct cg_error *error = NULL;
    struct cg_tree *tree = NULL;

    make_v1(*state);
    assert_int_equal(cg_tree_open(&options, &tree, &error), -EINVAL);
    assert_non_null(strstr(cg_error_text(error), "CG_GROUPED"));
    options.controllers = none;
    assert_int_equal(cg_tree_open(&options, &tree, &error), -EINVAL);
}

static void missing_sub_trees_are_made_in_every_hierarchy(void **state)
{
    static const char *const subtrees[] = {"/a//b/", "c", NULL};
    cleanup_tree struct cg_tree *seen = NULL, *made = NULL;

    make_v1(*state);
    folder_make(*state, "cg/cpu/a");
    seen = open_with(*state, (struct cg_options){.flags = CG_GROUPED, .subtrees = subtrees});
    assert_false(exists(*state, "cg/cpu/c"));
    made = open_with(*state,
                     (struct cg_options){.flags = CG_GROUPED | CG_CREATE, .subtrees = subtrees});
    assert_true(exists(*state, "cg/cpu/a/b") && exists(*state, "cg/memory/a/b"));
    assert_true(exists(*state, "cg/cpu/c") && exists(*state, "cg/memory/c"));
    assert_true(cg_node_id(found(made, "/a"), "memory") != 0);
    assert_path(found(made, "/a/b"), "/a/b");
}

static void sub_trees_are_not_made_for_guests(void **state)
{
    static const char *const subtrees[] = {"machine", NULL};
    struct cg_options options = {.size = sizeof(options), .root = *state, .flags = CG_CREATE};
    struct cg_tree *tree = NULL;

    make_v2(*state);
    assert_int_equal(cg_tree_open(&options, &tree, NULL), -EINVAL);
    options.flags |= CG_GUESTS;
    options.subtrees = subtrees;
    assert_int_equal(cg_tree_open(&options, &tree, NULL), -EINVAL);
}

/* A node is whole when it is in a hierarchy and its parent has it among its children. */
static bool is_whole(const struct cg_node *node)
{
    const struct cg_node *parent = cg_node_parent(node);

    if (!cg_node_id(node, NULL) || !*cg_node_name(node) != !parent)
        return false;
    for (const struct cg_node *child = parent ? cg_node_child(parent) : NULL; child;
         child = cg_node_sibling(child))
        if (child == node)
            return true;
    return !parent;
}

/* Reads until groups were seen to come and to go so often. */
static bool stays_whole(struct cg_tree *tree, struct cg_node *top)
{
    unsigned changes = 0;
    bool before = false;

    for (unsigned i = 0; changes < 100 && i < 1000000; i++) {
        bool now;

        if (cg_tree_refresh(tree, i % 2 ? top : NULL, NULL) < 0)
            return false;
        for (struct cg_node *n = NULL; (n = cg_node_next(cg_tree_root(tree), n, false));)
            if (!is_whole(n))
                return false;
        now = cg_node_sibling(cg_node_child(top));
        changes += now != before;
        before = now;
        if (cg_tree_find(tree, "/a") != top || !cg_tree_find(tree, "/a/stays/x"))
            return false;
    }
    return changes == 100;
}

static void what_comes_and_goes_during_a_walk_is_whole_or_left_out(void **state)
{
    cleanup_tree struct cg_tree *tree = NULL;
    cleanup_free char *changing = NULL;
    pid_t child;
    bool good;

    make_v1(*state);
    folder_make(*state, "cg/cpu/a/stays/x");
    folder_make(*state, "cg/memory/a/stays");
    tree = open_tree(*state, CG_GROUPED);
    assert_true(asprintf(&changing, "%s/cg/cpu/a", (char *)*state) > 0);
    child = folder_start_changing(changing);
    good = stays_whole(tree, found(tree, "/a"));
    folder_stop_changing(child);
    assert_true(good);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        in_folder(tasks_are_sorted_and_counted_once),
        in_folder(a_child_is_made_in_every_hierarchy_of_its_parent),
        in_folder(a_child_that_fails_in_one_hierarchy_is_in_none),
        in_folder(on_v2_the_parents_controllers_are_enabled_for_a_child),
        in_folder(a_node_is_removed_when_it_is_empty),
        in_folder(a_node_with_processes_is_not_removed_anywhere),
        in_folder(a_node_made_anew_is_not_removed_for_the_old_one),
        in_folder(empty_children_are_removed_and_busy_ones_left),
        in_folder(children_that_stay_leave_no_error),
        in_folder(a_node_whose_parent_is_gone_is_gone_too),
        in_folder(tasks_of_every_hierarchy_are_joined),
        in_folder(on_v2_controllers_are_enabled_from_the_root_down),
        in_folder(a_parent_with_processes_enables_nothing_unless_it_is_threaded),
        in_folder(of_chosen_controllers_those_alone_are_enabled),
        in_folder(a_grouped_tree_of_chosen_controllers_leaves_others_alone),
        in_folder(controllers_of_two_hierarchies_are_no_single_tree),
        in_folder(missing_sub_trees_are_made_in_every_hierarchy),
        in_folder(sub_trees_are_not_made_for_guests),
        in_folder(what_comes_and_goes_during_a_walk_is_whole_or_left_out),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
