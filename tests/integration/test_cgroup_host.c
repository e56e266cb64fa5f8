/* libcgtree against this host's kernel, in control groups of its own, which are removed whatever
 * happens. Every attribute of the tables that the kernel has is read, and every one that can be
 * written is written and read back: a new row without a value to try here fails. */
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

/* A value that differs from a new group's and that a leaf with tasks may have; NULL: the kernel
 * decides whether it is still there at all. In this order, since some need others. */
static const struct {
    const char *name;
    int version;
    const char *text;
    bool may_be_refused; /* deprecated or not configured: the kernel may say no */
} trials[] = {
    {"cpu.shares", 1, "512", false},
    {"cpu.weight", 2, "50", false},
    {"cpu.weight.nice", 2, "5", false},
    {"cpu.cfs_quota_us", 1, "50000 200000", false},
    {"cpu.max", 2, "50000 200000", false},
    {"cpu.cfs_burst_us", 1, "10000", false},
    {"cpu.max.burst", 2, "10000", false},
    {"cpu.idle", 1, "1", false},
    {"cpu.idle", 2, "1", false},
    {"cpu.rt_period_us", 1, "500000", true},
    {"cpu.rt_runtime_us", 1, "0", true},
    {"cpu.uclamp.min", 1, "10.00", true},
    {"cpu.uclamp.max", 1, "50.00", true},
    {"cpu.uclamp.min", 2, "10.00", true},
    {"cpu.uclamp.max", 2, "50.00", true},
    {"cpuset.cpus", 1, "0", false},
    {"cpuset.mems", 1, "0", false},
    {"cpuset.cpus", 2, "0", false},
    {"cpuset.mems", 2, "0", false},
    {"cpuset.cpus.exclusive", 2, "0", true},
    {"cpuset.cpus.partition", 2, "member", false},
    {"cpuset.cpu_exclusive", 1, "1", true}, /* a sibling may share the CPU */
    {"cpuset.mem_exclusive", 1, "1", true},
    {"cpuset.mem_hardwall", 1, "1", false},
    {"cpuset.memory_migrate", 1, "1", false},
    {"cpuset.memory_pressure_enabled", 1, "1", true},
    {"cpuset.memory_spread_page", 1, "1", false},
    {"cpuset.memory_spread_slab", 1, "1", true},
    {"cpuset.sched_load_balance", 1, "0", false},
    {"cpuset.sched_relax_domain_level", 1, "1", false},
    {"memory.limit_in_bytes", 1, "900000001", false},
    {"memory.memsw.limit_in_bytes", 1, "1000000001", false},
    {"memory.soft_limit_in_bytes", 1, "800000001", true},
    {"memory.kmem.limit_in_bytes", 1, "700000001", true},
    {"memory.kmem.tcp.limit_in_bytes", 1, "700000001", true},
    {"memory.swappiness", 1, "10", false},
    {"memory.move_charge_at_immigrate", 1, "1", true},
    {"memory.use_hierarchy", 1, "1", true},
    {"memory.force_empty", 1, "0", false},
    {"memory.max", 2, "900000001", false},
    {"memory.high", 2, "800000001", false},
    {"memory.low", 2, "4097", false},
    {"memory.min", 2, "4097", false},
    {"memory.swap.max", 2, "900000001", false},
    {"memory.swap.high", 2, "800000001", false},
    {"memory.zswap.max", 2, "800000001", false},
    {"memory.zswap.writeback", 2, "0", false},
    {"memory.oom.group", 2, "1", false},
    {"memory.reclaim", 2, "4096", true}, /* -EAGAIN: there was not as much */
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

static void every_attribute_that_the_kernel_has_is_read(void **state)
{
    struct place *place = place_of(state);
    struct cg_node *nodes[] = {cg_tree_root(place->tree), place->top, place->leaf};
    size_t read = 0;

    for (size_t i = 0; i < ARRAY_SIZE(nodes); i++) {
        for (const struct cg_attr *attr = NULL; (attr = cg_attr_next(place->tree, NULL, attr));) {
            cleanup_error struct cg_error *error = NULL;
            cleanup_value struct cg_value *value = NULL;
            cleanup_free char *text = NULL;
            int r = cg_read(nodes[i], attr, &value, &error);

            if (r == -ENOENT || r == -EOPNOTSUPP || attr->flags & CG_ATTR_WRITE_ONLY)
                continue;
            if (r < 0)
                print_message("%s\n", cg_error_text(error));
            assert_int_equal(r, 0);
            assert_int_equal(cg_value_format(value, &text), 0);
            read++;
        }
    }
    assert_true(read > 20);
}

static void what_the_table_says_of_the_root_is_so(void **state)
{
    struct place *place = place_of(state);

    for (const struct cg_attr *attr = NULL; (attr = cg_attr_next(place->tree, NULL, attr));) {
        cleanup_value struct cg_value *value = NULL;

        if (attr->flags & CG_ATTR_NOT_ON_ROOT && !(attr->flags & CG_ATTR_WRITE_ONLY))
            assert_int_equal(cg_read(cg_tree_root(place->tree), attr, &value, NULL), -ENOENT);
    }
}

static void every_writable_attribute_has_a_trial(void **state)
{
    for (const struct cg_attr *attr = attr_next(NULL); attr; attr = attr_next(attr)) {
        bool found = attr->flags & CG_ATTR_READ_ONLY;

        for (size_t i = 0; i < ARRAY_SIZE(trials) && !found; i++)
            found = trials[i].version == attr->version && strcmp(trials[i].name, attr->name) == 0;
        if (!found)
            print_message("%s of v%d\n", attr->name, attr->version);
        assert_true(found);
    }
}

/* True where the attribute was read back as it was written. */
static bool try_one(struct cg_node *node, const struct cg_attr *attr, const char *text,
                    bool may_be_refused)
{
    cleanup_value struct cg_value *before = NULL, *value = NULL, *after = NULL;
    cleanup_error struct cg_error *error = NULL;
    bool write_only = attr->flags & CG_ATTR_WRITE_ONLY;
    int r;

    assert_int_equal(cg_value_parse(attr, text, &value, NULL), 0);
    if (!write_only && cg_read(node, attr, &before, &error) == -ENOENT)
        return false;
    r = cg_write(node, attr, value, &error);
    if (r == -ENOENT || (r < 0 && may_be_refused))
        return false;
    if (r < 0)
        print_message("%s\n", cg_error_text(error));
    assert_int_equal(r, 0);
    if (write_only)
        return true;
    assert_int_equal(cg_read(node, attr, &after, NULL), 0);
    if (may_be_refused && !cg_value_equal(after, value))
        return false; /* taken and ignored, as 6.18 does with memory.kmem.limit_in_bytes */
    if (!cg_value_equal(after, value))
        print_message("%s is not %s\n", attr->name, text);
    assert_true(cg_value_equal(after, value));
    return true;
}

static void what_is_written_is_read_back(void **state)
{
    struct place *place = place_of(state);
    size_t tried = 0;

    for (size_t i = 0; i < ARRAY_SIZE(trials); i++) {
        const struct cg_attr *attr = NULL;

        assert_non_null(attr_by_name(trials[i].name, trials[i].version));
        if (cg_attr_find(place->tree, trials[i].name, &attr, NULL) < 0 ||
            attr->version != trials[i].version)
            continue;
        tried += try_one(place->leaf, attr, trials[i].text, trials[i].may_be_refused);
        /* An idle group's weight cannot be set: back to where it was. */
        if (strcmp(attr->name, "cpu.idle") == 0)
            try_one(place->leaf, attr, "0", false);
    }
    assert_true(tried > 10);
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
    assert_true(try_one(place->top, attr, "50000 100000", false));
    for (size_t i = 0; i < ARRAY_SIZE(states); i++)
        for (size_t k = 0; k < ARRAY_SIZE(states); k++) {
            assert_true(try_one(place->leaf, attr, states[i], false));
            assert_true(try_one(place->leaf, attr, states[k], false));
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
    assert_true(try_one(place->leaf, attr, "40000 100000", false));
    for (size_t i = 0; i < ARRAY_SIZE(states); i++)
        for (size_t k = 0; k < ARRAY_SIZE(states); k++) {
            assert_true(try_one(place->top, attr, states[i], false));
            assert_true(try_one(place->top, attr, states[k], false));
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
        in_place(every_attribute_that_the_kernel_has_is_read),
        in_place(what_the_table_says_of_the_root_is_so),
        cmocka_unit_test(every_writable_attribute_has_a_trial),
        in_place(what_is_written_is_read_back),
        in_place(no_quota_change_of_a_leaf_is_refused_between_its_two_writes),
        in_place(a_parents_quota_changes_without_touching_its_childs),
        in_place(a_new_group_has_its_parents_cpus),
        in_place(a_group_with_a_process_shows_it_and_is_not_removed),
        in_place(a_group_made_anew_is_stale),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
