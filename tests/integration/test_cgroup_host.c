/* libcgtree against this host's kernel, in control groups of its own, which are removed whatever
 * happens. Attributes by themselves are test_attributes_host.c's. */
#include "unit/test.h"

#include "base/file.h"
#include "cgroup/attr.h"
#include "cgroup/cgtree.h"
#include "cgroup/value.h"

#include <signal.h>
#include <sys/stat.h>
#include <sys/wait.h>

struct place {
    struct cg_tree *tree;
    struct cg_node *top, *leaf;
    char name[64];
};

static int clean_up(void **state)
{
    struct place *place = *state;

    if (place && place->top)
        (void)!cg_node_delete_empty_children(place->top, NULL);
    if (place && place->top)
        (void)!cg_node_delete(place->top, NULL);
    if (place)
        cg_tree_close(place->tree);
    free(place);
    *state = NULL;
    return 0;
}

static int set_up(void **state)
{
    struct place *place = calloc(1, sizeof(*place));
    const char *subtrees[] = {place ? place->name : NULL, NULL};
    struct cg_options options = {
        .size = sizeof(options), .flags = CG_GROUPED, .subtrees = subtrees};

    *state = place;
    if (!place)
        return -1;
    snprintf(place->name, sizeof(place->name), "vmpin-test-cgroup-%d", getpid());
    if (cg_tree_open(&options, &place->tree, NULL) < 0)
        return 0;
    if (cg_node_create(cg_tree_root(place->tree), place->name, &place->top, NULL) == 0)
        (void)!cg_node_create(place->top, "leaf", &place->leaf, NULL);
    return 0;
}

/* Without root, or where control groups are read-only, there is nothing to be tried. */
static struct place *place_of(void **state)
{
    struct place *place = *state;

    if (!place->leaf) {
        print_message("no control group can be made here\n");
        skip();
    }
    return place;
}

static void write_quota(struct cg_node *node, const struct cg_attr *attr, const char *text)
{
    cleanup_value struct cg_value *value = NULL, *after = NULL;
    cleanup_error struct cg_error *error = NULL;

    assert_int_equal(cg_value_parse(attr, text, &value, NULL), 0);
    if (cg_write(node, attr, value, &error) < 0)
        fail_msg("%s", cg_error_text(error));
    assert_int_equal(cg_read(node, attr, &after, NULL), 0);
    assert_true(cg_value_equal(after, value));
}

/* The real scheduler's rule, with a parent that has just the room: every change in either
 * direction, also from and to no limit. */
static void no_quota_change_of_a_leaf_is_refused_between_its_two_writes(void **state)
{
    static const char *const states[] = {"max 100000",     "50000 100000", "100000 200000",
                                         "10000 100000",   "5000 10000",   "400000 1000000",
                                         "500000 1000000", "1000 1000000"};
    struct place *place = place_of(state);
    const struct cg_attr *attr = NULL;

    if (cg_attr_find(place->tree, "cpu.max", &attr, NULL) < 0)
        skip();
    write_quota(place->top, attr, "50000 100000");
    for (size_t i = 0; i < ARRAY_SIZE(states); i++)
        for (size_t k = 0; k < ARRAY_SIZE(states); k++) {
            write_quota(place->leaf, attr, states[i]);
            write_quota(place->leaf, attr, states[k]);
        }
}

static void a_parents_quota_changes_without_touching_its_childs(void **state)
{
    static const char *const states[] = {"max 100000", "50000 100000", "100000 200000",
                                         "40000 100000", "30000 50000"};
    struct place *place = place_of(state);
    const struct cg_attr *attr = NULL;

    if (cg_attr_find(place->tree, "cpu.max", &attr, NULL) < 0)
        skip();
    write_quota(place->leaf, attr, "40000 100000");
    for (size_t i = 0; i < ARRAY_SIZE(states); i++)
        for (size_t k = 0; k < ARRAY_SIZE(states); k++) {
            write_quota(place->top, attr, states[i]);
            write_quota(place->top, attr, states[k]);
        }
}

static void a_new_group_has_its_parents_cpus(void **state)
{
    struct place *place = place_of(state);
    cleanup_value struct cg_value *root = NULL, *leaf = NULL;
    const struct cg_attr *attr = NULL;

    if (cg_attr_find(place->tree, "cpuset.cpus.effective", &attr, NULL) < 0)
        skip();
    assert_int_equal(cg_read(cg_tree_root(place->tree), attr, &root, NULL), 0);
    assert_int_equal(cg_read(place->leaf, attr, &leaf, NULL), 0);
    assert_true(cg_value_equal(root, leaf));
}

/* A process that waits to be killed, in the leaf's group of that hierarchy. */
static pid_t start_in(struct cg_node *leaf, const char *controller)
{
    cleanup_close int dir = -1;
    char pid[16];
    pid_t child = fork();

    if (child == 0) {
        pause();
        _exit(0);
    }
    assert_true(child > 0);
    snprintf(pid, sizeof(pid), "%d", child);
    if (cg_node_open(leaf, controller, &dir, NULL) < 0 ||
        file_write(dir, "cgroup.procs", pid, strlen(pid)) < 0) {
        kill(child, SIGKILL);
        waitpid(child, NULL, 0);
        return -1;
    }
    return child;
}

static void a_group_with_a_process_shows_it_and_is_not_removed(void **state)
{
    struct place *place = place_of(state);
    cleanup_free pid_t *tasks = NULL, *below = NULL;
    size_t count = 0, count_below = 0;
    pid_t child = start_in(place->leaf, "cpu");
    int read, read_below, removed;

    if (child < 0)
        skip();
    read = cg_node_tasks(place->leaf, "cpu", false, false, &tasks, &count, NULL);
    read_below = cg_node_tasks(place->top, "cpu", true, true, &below, &count_below, NULL);
    removed = cg_node_delete(place->leaf, NULL);
    kill(child, SIGKILL);
    waitpid(child, NULL, 0);
    assert_int_equal(removed, -EBUSY);
    assert_int_equal(read, 0);
    assert_int_equal(count, 1);
    assert_int_equal(tasks[0], child);
    assert_int_equal(read_below, 0);
    assert_int_equal(count_below, 1);
    assert_int_equal(below[0], child);
}

static void a_group_made_anew_is_stale(void **state)
{
    struct place *place = place_of(state);
    cleanup_free char *path = NULL;
    int fd = -1;

    assert_int_equal(cg_node_full_path(place->leaf, "cpu", &path), 0);
    assert_int_equal(rmdir(path), 0);
    assert_int_equal(cg_node_open(place->leaf, "cpu", &fd, NULL), -ENOENT);
    assert_int_equal(mkdir(path, 0755), 0);
    assert_int_equal(cg_node_open(place->leaf, "cpu", &fd, NULL), -ESTALE);
    assert_int_equal(cg_tree_refresh(place->tree, place->top, NULL), 0);
    place->leaf = cg_node_child(place->top);
    assert_int_equal(cg_node_open(place->leaf, "cpu", &fd, NULL), 0);
    close(fd);
}

#define in_place(test) cmocka_unit_test_setup_teardown(test, set_up, clean_up)

int main(void)
{
    const struct CMUnitTest tests[] = {
        in_place(no_quota_change_of_a_leaf_is_refused_between_its_two_writes),
        in_place(a_parents_quota_changes_without_touching_its_childs),
        in_place(a_new_group_has_its_parents_cpus),
        in_place(a_group_with_a_process_shows_it_and_is_not_removed),
        in_place(a_group_made_anew_is_stale),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
