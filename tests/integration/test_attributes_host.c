/* Every attribute that this host's kernel has, in its own control groups of each hierarchy, which
 * are removed whatever happens: read by its typed accessor and compared with the raw file; where
 * that is safe, written, read back and restored. What was covered is printed, and what was not. */
#include "unit/test.h"
#include "unit/coverage.h"

#include "cgroup/value.h"

#include <dirent.h>
#include <fnmatch.h>
#include <signal.h>
#include <stdio.h>
#include <sys/wait.h>

enum care {
    SURE,   /* where the file is there, the kernel takes it */
    MAY_BE, /* deprecated or not configured: the kernel may say no, or take it and do nothing */
    OWN,    /* tried by a test of its own */
    NEVER,  /* not written: `text` says why */
};

/* A value that differs from a new group's and that an empty leaf may have. Names are patterns, "%s"
 * is a block device. In this order, since some need others; restored in the reverse one. */
static const struct trial {
    const char *name;
    unsigned version;
    enum care care;
    const char *text;
    const char *restore; /* where what was read does not undo it */
} trials[] = {
    {"tasks", 1, OWN, "", NULL},
    {"cgroup.procs", 1, OWN, "", NULL},
    {"cgroup.procs", 2, OWN, "", NULL},
    {"cgroup.threads", 2, OWN, "", NULL},
    {"cgroup.subtree_control", 2, OWN, "", NULL},
    {"cgroup.type", 2, OWN, "", NULL},
    {"devices.*", 1, OWN, "", NULL},
    {"cgroup.event_control", 1, NEVER, "it takes descriptors", NULL},
    {"release_agent", 1, NEVER, "it is the whole host's", NULL},
    {"cpuset.memory_pressure_enabled", 1, NEVER, "it is the whole host's", NULL},
    {"io.cost.*", 2, NEVER, "it is the whole host's", NULL},
    {"rdma.max", 1, NEVER, "it needs such a device", NULL},
    {"rdma.max", 2, NEVER, "it needs such a device", NULL},
    {"misc.max", 1, NEVER, "it needs such a device", NULL},
    {"misc.max", 2, NEVER, "it needs such a device", NULL},
    {"notify_on_release", 1, SURE, "1", NULL},
    {"cgroup.clone_children", 1, SURE, "1", NULL},
    {"cgroup.max.descendants", 2, SURE, "5", NULL},
    {"cgroup.max.depth", 2, SURE, "5", NULL},
    {"cgroup.freeze", 2, SURE, "1", NULL},
    {"cgroup.kill", 2, SURE, "1", NULL},
    {"cpu.shares", 1, SURE, "512", NULL},
    {"cpu.weight", 2, SURE, "50", NULL},
    {"cpu.weight.nice", 2, SURE, "5", NULL},
    {"cpu.cfs_quota_us", 1, SURE, "50000 200000", NULL},
    {"cpu.max", 2, SURE, "50000 200000", NULL},
    {"cpu.cfs_burst_us", 1, SURE, "10000", NULL},
    {"cpu.max.burst", 2, SURE, "10000", NULL},
    {"cpu.idle", 1, SURE, "1", NULL},
    {"cpu.idle", 2, SURE, "1", NULL},
    {"cpu.rt_period_us", 1, MAY_BE, "500000", NULL},
    {"cpu.rt_runtime_us", 1, MAY_BE, "1000", NULL},
    {"cpu.uclamp.max", 1, MAY_BE, "50.00", NULL},
    {"cpu.uclamp.max", 2, MAY_BE, "50.00", NULL},
    {"cpu.uclamp.min", 1, MAY_BE, "10.00", NULL},
    {"cpu.uclamp.min", 2, MAY_BE, "10.00", NULL},
    {"cpuacct.usage", 1, SURE, "0", NULL},
    {"cpuset.cpus", 1, SURE, "0", NULL},
    {"cpuset.mems", 1, SURE, "0", NULL},
    {"cpuset.cpus", 2, SURE, "0", NULL},
    {"cpuset.mems", 2, SURE, "0", NULL},
    {"cpuset.cpus.exclusive", 2, MAY_BE, "0", NULL},
    {"cpuset.cpus.partition", 2, SURE, "member", NULL},
    {"cpuset.cpu_exclusive", 1, MAY_BE, "1", NULL}, /* a sibling may share the CPU */
    {"cpuset.mem_exclusive", 1, MAY_BE, "1", NULL},
    {"cpuset.mem_hardwall", 1, SURE, "1", NULL},
    {"cpuset.memory_migrate", 1, SURE, "1", NULL},
    {"cpuset.memory_spread_page", 1, SURE, "1", NULL},
    {"cpuset.memory_spread_slab", 1, MAY_BE, "1", NULL},
    {"cpuset.sched_load_balance", 1, SURE, "0", NULL},
    {"cpuset.sched_relax_domain_level", 1, SURE, "1", NULL},
    {"memory.limit_in_bytes", 1, SURE, "900000001", NULL},
    {"memory.memsw.limit_in_bytes", 1, SURE, "1000000001", NULL},
    {"memory.soft_limit_in_bytes", 1, MAY_BE, "800000001", NULL},
    {"memory.kmem.limit_in_bytes", 1, MAY_BE, "700000001", NULL},
    {"memory.kmem.tcp.limit_in_bytes", 1, MAY_BE, "700000001", NULL},
    {"memory.swappiness", 1, SURE, "10", NULL},
    {"memory.oom_control", 1, SURE, "oom_kill_disable 1", NULL},
    {"memory.move_charge_at_immigrate", 1, MAY_BE, "1", NULL},
    {"memory.use_hierarchy", 1, MAY_BE, "1", NULL},
    {"memory.*max_usage_in_bytes", 1, SURE, "0", NULL},
    {"memory.*failcnt", 1, SURE, "0", NULL},
    {"memory.force_empty", 1, SURE, "0", NULL},
    {"memory.max", 2, SURE, "900000001", NULL},
    {"memory.high", 2, SURE, "800000001", NULL},
    {"memory.low", 2, SURE, "4097", NULL},
    {"memory.min", 2, SURE, "4097", NULL},
    {"memory.swap.max", 2, SURE, "900000001", NULL},
    {"memory.swap.high", 2, SURE, "800000001", NULL},
    {"memory.zswap.max", 2, SURE, "800000001", NULL},
    {"memory.zswap.writeback", 2, SURE, "0", NULL},
    {"memory.oom.group", 2, SURE, "1", NULL},
    {"memory.reclaim", 2, MAY_BE, "4096", NULL}, /* -EAGAIN: there was not as much */
    {"pids.max", 1, SURE, "100", NULL},
    {"pids.max", 2, SURE, "100", NULL},
    {"freezer.state", 1, SURE, "FROZEN", NULL},
    {"net_cls.classid", 1, SURE, "1048577", NULL},
    {"net_prio.ifpriomap", 1, SURE, "lo 5", NULL},
    {"hugetlb.*limit_in_bytes", 1, SURE, "34359738368", NULL},
    {"hugetlb.*usage_in_bytes", 1, SURE, "0", NULL},
    {"hugetlb.*failcnt", 1, SURE, "0", NULL},
    {"hugetlb.*.max", 2, SURE, "34359738368", NULL},
    {"blkio.throttle.*_device", 1, SURE, "%s 1048576", "%s 0"},
    {"blkio.bfq.weight", 1, SURE, "50", NULL},
    {"blkio.bfq.weight_device", 1, SURE, "default 60", NULL},
    {"blkio.weight", 1, SURE, "50", NULL},
    {"blkio.leaf_weight", 1, SURE, "50", NULL},
    {"blkio.prio.class", 1, SURE, "idle", NULL},
    {"blkio.reset_stats", 1, SURE, "1", NULL},
    {"io.weight", 2, SURE, "default 50", NULL},
    {"io.bfq.weight", 2, SURE, "default 50", NULL},
    {"io.max", 2, SURE, "%s rbps=1048576 wbps=max riops=max wiops=120",
     "%s rbps=max wbps=max riops=max wiops=max"},
    {"io.low", 2, MAY_BE, "%s rbps=1048576", "%s rbps=max"},
    {"io.latency", 2, MAY_BE, "%s target=100000", "%s target=0"},
    {"io.prio.class", 2, SURE, "idle", NULL},
    {"cgroup.pressure", 2, SURE, "0", NULL},
};

struct place {
    const struct cg_hierarchy *hierarchy;
    struct cg_tree *tree;
    struct cg_node *top, *leaf;
    pid_t child;
    struct cg_value *enabled; /* v2: the root's cgroup.subtree_control as it was */
};

static struct cg_mounts *mounts;
static char group[64], device[32];

static void child_end(struct place *place)
{
    if (place->child > 0) {
        kill(place->child, SIGKILL);
        waitpid(place->child, NULL, 0);
    }
    place->child = 0;
}

static struct cg_value *read_now(const struct cg_tree *tree, const struct cg_node *node,
                                 const char *name)
{
    const struct cg_attr *attr = NULL;
    struct cg_value *value = NULL;

    if (cg_attr_find(tree, name, &attr, NULL) == 0)
        (void)!cg_read(node, attr, &value, NULL);
    return value;
}

static bool has_key(const struct cg_value *value, const char *key)
{
    const char *found = NULL;

    for (size_t i = 0; cg_value_row(value, i, &found, NULL, NULL) == 0; i++)
        if (found && strcmp(found, key) == 0)
            return true;
    return false;
}

/* What making the groups has enabled in the root is disabled again. */
static void restore_root(struct place *place)
{
    struct cg_node *root = cg_tree_root(place->tree);
    cleanup_value struct cg_value *now = read_now(place->tree, root, "cgroup.subtree_control");
    const char *key = NULL;

    for (size_t i = 0; now && place->enabled && cg_value_row(now, i, &key, NULL, NULL) == 0; i++) {
        cleanup_value struct cg_value *value = NULL;
        cleanup_free char *text = NULL;

        if (has_key(place->enabled, key) || asprintf(&text, "-%s", key) < 0)
            continue;
        if (cg_value_parse(cg_value_attr(now), text, &value, NULL) == 0)
            (void)!cg_write(root, cg_value_attr(now), value, NULL);
    }
}

static void place_close(struct place *place)
{
    child_end(place);
    if (place->top) {
        (void)!cg_node_delete_empty_children(place->top, NULL);
        (void)!cg_node_delete(place->top, NULL);
    }
    if (place->tree)
        restore_root(place);
    cg_value_unref(place->enabled);
    cg_tree_close(place->tree);
    *place = (struct place){0};
}

static void place_open(struct place *place, const struct cg_hierarchy *hierarchy)
{
    cleanup_error struct cg_error *error = NULL;
    struct cg_node *root;

    place->hierarchy = hierarchy;
    place->tree = open_hierarchy(NULL, hierarchy, group);
    root = cg_tree_root(place->tree);
    if (hierarchy->version == 2)
        place->enabled = read_now(place->tree, root, "cgroup.subtree_control");
    if (cg_node_create(root, group, &place->top, &error) < 0 ||
        cg_node_create(place->top, "leaf", &place->leaf, &error) < 0)
        fail_msg("%s", cg_error_text(error));
}

/* A process that waits to be killed. */
static pid_t start_child(void)
{
    pid_t child = fork();

    if (child == 0) {
        pause();
        _exit(0);
    }
    assert_true(child > 0);
    return child;
}

static int clean_up(void **state)
{
    place_close(*state);
    return 0;
}

static int set_up(void **state)
{
    static struct place place;

    *state = &place;
    return 0;
}

/* Calls `look` with groups of its own in each hierarchy. A failure leaves them to clean_up(). */
static void in_each_hierarchy(struct place *place, void (*look)(struct place *place))
{
    if (geteuid() != 0) {
        print_message("no control group can be made here\n");
        skip();
    }
    for (size_t i = 0; i < mounts->count; i++) {
        place_open(place, &mounts->hierarchies[i]);
        look(place);
        place_close(place);
    }
}

static int write_text(const struct cg_node *node, const struct cg_attr *attr, const char *text,
                      struct cg_error **err)
{
    cleanup_value struct cg_value *value = NULL;
    int r = cg_value_parse(attr, text, &value, err);

    return r < 0 ? r : cg_write(node, attr, value, err);
}

/* Asserts that the hierarchy has the attribute and that the kernel takes the text. */
static void put(const struct place *place, const struct cg_node *node, const char *name,
                const char *text)
{
    cleanup_error struct cg_error *error = NULL;
    const struct cg_attr *attr = NULL;

    if (cg_attr_find(place->tree, name, &attr, &error) < 0 ||
        write_text(node, attr, text, &error) < 0)
        fail_msg("%s", cg_error_text(error));
}

static void assert_reads(const struct place *place, const struct cg_node *node, const char *name,
                         const char *expected)
{
    cleanup_value struct cg_value *value = read_now(place->tree, node, name);
    cleanup_free char *text = NULL;

    assert_non_null(value);
    assert_int_equal(cg_value_format(value, &text), 0);
    assert_string_equal(text, expected);
}

static struct coverage coverage;

static void read_place(struct place *place)
{
    char pid[16];

    place->child = start_child();
    snprintf(pid, sizeof(pid), "%d", place->child);
    put(place, place->leaf, "cgroup.procs", pid);
    coverage_node(&coverage, cg_tree_root(place->tree), place->hierarchy, false);
    coverage_node(&coverage, place->top, place->hierarchy, true);
    coverage_node(&coverage, place->leaf, place->hierarchy, true);
}

static void every_attribute_of_the_kernel_is_read_as_it_stands(void **state)
{
    in_each_hierarchy(*state, read_place);
    coverage_tell(&coverage, mounts);
    assert_int_equal(coverage.wrong.count, 0);
    assert_true(coverage.read.count > 20);
    coverage_release(&coverage);
}

static void look_at_root(struct place *place)
{
    for (const struct cg_attr *attr = NULL; (attr = cg_attr_next(place->tree, NULL, attr));) {
        cleanup_value struct cg_value *value = NULL;

        if (attr->flags & CG_ATTR_WRITE_ONLY)
            continue;
        if (attr->flags & CG_ATTR_NOT_ON_ROOT)
            assert_int_equal(cg_read(cg_tree_root(place->tree), attr, &value, NULL), -ENOENT);
        if (attr->flags & CG_ATTR_ONLY_ON_ROOT)
            assert_int_equal(cg_read(place->leaf, attr, &value, NULL), -ENOENT);
    }
}

static void what_the_tables_say_of_the_root_is_so(void **state)
{
    in_each_hierarchy(*state, look_at_root);
}

static const struct trial *trial_of(const struct cg_attr *attr)
{
    for (size_t i = 0; i < ARRAY_SIZE(trials); i++)
        if (trials[i].version == attr->version && fnmatch(trials[i].name, attr->name, 0) == 0)
            return &trials[i];
    return NULL;
}

static void every_writable_attribute_has_a_trial(void **state)
{
    for (const struct cg_attr *attr = attr_next(NULL); attr; attr = attr_next(attr))
        if (!(attr->flags & CG_ATTR_READ_ONLY) && !trial_of(attr))
            fail_msg("%s of v%d has none", attr->name, attr->version);
}

/* What is written a line at a time is there among others. */
static bool has_row(const struct cg_value *value, const struct cg_row *row)
{
    for (size_t i = 0; i < value->count; i++) {
        const struct cg_row *at = &value->rows[i];

        if (strcmp(at->key, row->key) == 0 && at->number == row->number &&
            (at->sub == row->sub || (at->sub && row->sub && strcmp(at->sub, row->sub) == 0)))
            return true;
    }
    return false;
}

static bool says(const struct cg_value *now, const struct cg_value *written)
{
    if (!value_has_rows(now->attr->kind))
        return cg_value_equal(now, written);
    for (size_t i = 0; i < written->count; i++)
        if (!has_row(now, &written->rows[i]))
            return false;
    return true;
}

static struct names written, refused, untried;

struct attempt {
    const struct cg_attr *attr;
    const struct trial *trial;
    struct cg_value *before; /* NULL: write-only */
    bool done;
};

static char *with_device(const char *text)
{
    const char *at = strstr(text, "%s");
    char *made = NULL;

    assert_true(asprintf(&made, "%.*s%s%s", at ? (int)(at - text) : 0, text, at ? device : "",
                         at ? at + 2 : text) > 0);
    return made;
}

static void attempt(const struct cg_node *leaf, struct attempt *attempt)
{
    cleanup_free char *text = with_device(attempt->trial->text);
    cleanup_value struct cg_value *value = NULL, *now = NULL;
    cleanup_error struct cg_error *error = NULL;
    const struct cg_attr *attr = attempt->attr;
    int r = cg_value_parse(attr, text, &value, &error);

    if (r < 0)
        fail_msg("%s", cg_error_text(error));
    r = cg_write(leaf, attr, value, &error);
    if (r == -ENOENT && !attempt->before)
        return; /* a command that this kernel does not have */
    if (r < 0 && attempt->trial->care == SURE)
        fail_msg("%s", cg_error_text(error));
    attempt->done = r == 0;
    if (r == 0 && attempt->before && !(attr->flags & CG_ATTR_RESET)) {
        assert_int_equal(cg_read(leaf, attr, &now, NULL), 0);
        attempt->done = says(now, value);
        if (!attempt->done && attempt->trial->care == SURE)
            fail_msg("%s is not %s", attr->name, text);
    }
    names_add(attempt->done ? &written : &refused, attr->name);
}

static void restore(const struct cg_node *leaf, const struct attempt *attempt)
{
    cleanup_free char *text = attempt->trial->restore ? with_device(attempt->trial->restore) : NULL;
    cleanup_error struct cg_error *error = NULL;
    int r = text ? write_text(leaf, attempt->attr, text, &error)
                 : cg_write(leaf, attempt->attr, attempt->before, &error);

    if (r < 0)
        fail_msg("%s", cg_error_text(error));
}

static void assert_as_before(const struct cg_node *leaf, const struct attempt *attempt)
{
    cleanup_value struct cg_value *now = NULL;

    assert_int_equal(cg_read(leaf, attempt->attr, &now, NULL), 0);
    if (!cg_value_equal(now, attempt->before))
        fail_msg("%s is not as it was", attempt->attr->name);
}

/* The attributes that a new leaf has, in the order of the trials. */
static size_t attempts_of(const struct place *place, struct attempt *attempts)
{
    size_t count = 0;

    for (size_t i = 0; i < ARRAY_SIZE(trials); i++)
        for (const struct cg_attr *attr = NULL; (attr = cg_attr_next(place->tree, NULL, attr));) {
            struct attempt *next = &attempts[count];
            int r = 0;

            if (attr->flags & CG_ATTR_READ_ONLY || trial_of(attr) != &trials[i])
                continue;
            if (trials[i].care == NEVER || (strstr(trials[i].text, "%s") && !*device))
                names_add(&untried, attr->name);
            if (trials[i].care == NEVER || trials[i].care == OWN ||
                (strstr(trials[i].text, "%s") && !*device))
                continue;
            *next = (struct attempt){.attr = attr, .trial = &trials[i]};
            if (!(attr->flags & CG_ATTR_WRITE_ONLY))
                r = cg_read(place->leaf, attr, &next->before, NULL);
            count += r == 0;
        }
    return count;
}

static void write_place(struct place *place)
{
    static struct attempt attempts[500];
    size_t count = attempts_of(place, attempts);

    for (size_t i = 0; i < count; i++)
        attempt(place->leaf, &attempts[i]);
    for (size_t i = count; i-- > 0;)
        if (attempts[i].done && attempts[i].before && !(attempts[i].attr->flags & CG_ATTR_RESET))
            restore(place->leaf, &attempts[i]);
    for (size_t i = 0; i < count; i++) {
        if (attempts[i].before && !(attempts[i].attr->flags & CG_ATTR_RESET))
            assert_as_before(place->leaf, &attempts[i]);
        cg_value_unref(attempts[i].before);
    }
}

static void what_is_written_is_read_back_and_restored(void **state)
{
    in_each_hierarchy(*state, write_place);
    names_tell(&written, "written, read back and restored");
    names_tell(&refused, "refused or ignored by this kernel");
    names_tell(&untried, "not safe to write, or without a device to try it with");
    assert_true(written.count > 10);
    names_release(&written);
    names_release(&refused);
    names_release(&untried);
}

static void move_child(struct place *place)
{
    static const char *const files[] = {"tasks", "cgroup.procs"};
    char pid[16];

    place->child = start_child();
    snprintf(pid, sizeof(pid), "%d", place->child);
    for (size_t i = place->hierarchy->version == 1 ? 0 : 1; i < ARRAY_SIZE(files); i++) {
        put(place, place->leaf, files[i], pid);
        assert_reads(place, place->leaf, files[i], pid);
        put(place, cg_tree_root(place->tree), files[i], pid);
        assert_reads(place, place->leaf, files[i], "");
    }
}

static void a_process_is_moved_there_and_back(void **state)
{
    in_each_hierarchy(*state, move_child);
}

static void deny_devices(struct place *place)
{
    if (!hierarchy_has(place->hierarchy, "devices"))
        return;
    assert_reads(place, place->leaf, "devices.list", "a *:* rwm");
    put(place, place->leaf, "devices.deny", "a");
    assert_reads(place, place->leaf, "devices.list", "");
    put(place, place->leaf, "devices.allow", "c 1:3 rwm\nb *:* m");
    assert_reads(place, place->leaf, "devices.list", "c 1:3 rwm\nb *:* m");
    put(place, place->leaf, "devices.deny", "c 1:3 w");
    assert_reads(place, place->leaf, "devices.list", "c 1:3 rm\nb *:* m");
    put(place, place->leaf, "devices.allow", "a");
    assert_reads(place, place->leaf, "devices.list", "a *:* rwm");
}

static void devices_are_denied_and_allowed_again(void **state)
{
    in_each_hierarchy(*state, deny_devices);
}

static void toggle_controllers(struct place *place)
{
    cleanup_value struct cg_value *controllers = NULL;
    const char *key = NULL;

    if (place->hierarchy->version == 1)
        return;
    controllers = read_now(place->tree, place->top, "cgroup.controllers");
    assert_non_null(controllers);
    for (size_t i = 0; cg_value_row(controllers, i, &key, NULL, NULL) == 0; i++) {
        cleanup_value struct cg_value *without = NULL, *with = NULL;
        char text[64];

        snprintf(text, sizeof(text), "-%s", key);
        put(place, place->top, "cgroup.subtree_control", text);
        without = read_now(place->tree, place->top, "cgroup.subtree_control");
        assert_false(has_key(without, key));
        *text = '+';
        put(place, place->top, "cgroup.subtree_control", text);
        with = read_now(place->tree, place->top, "cgroup.subtree_control");
        assert_true(has_key(with, key));
    }
}

static void each_controller_is_disabled_and_enabled_again(void **state)
{
    in_each_hierarchy(*state, toggle_controllers);
}

/* Not below a group that has other controllers enabled; the root may have both. */
static void make_threaded(struct place *place)
{
    if (place->hierarchy->version == 1)
        return;
    assert_int_equal(cg_node_delete(place->leaf, NULL), 0);
    place->leaf = NULL;
    assert_int_equal(cg_node_delete(place->top, NULL), 0);
    place->top = NULL;
    assert_int_equal(cg_node_create(cg_tree_root(place->tree), group, &place->top, NULL), 0);
    assert_reads(place, place->top, "cgroup.type", "domain");
    put(place, place->top, "cgroup.type", "threaded");
    assert_reads(place, place->top, "cgroup.type", "threaded");
}

static void a_group_becomes_threaded(void **state)
{
    in_each_hierarchy(*state, make_threaded);
}

static bool read_line(const char *disk, const char *file, char *into, size_t size)
{
    cleanup_free char *path = NULL;
    bool read = false;
    FILE *stream;

    assert_true(asprintf(&path, "/sys/block/%s/%s", disk, file) > 0);
    stream = fopen(path, "r");
    if (stream) {
        read = fgets(into, (int)size, stream) != NULL;
        fclose(stream);
    }
    into[strcspn(into, "\n")] = '\0';
    return read;
}

/* The first disk that has a size, as "MAJOR:MINOR"; "" where there is none. */
static void find_device(void)
{
    DIR *disks = opendir("/sys/block");
    const struct dirent *entry;

    while (disks && (entry = readdir(disks))) {
        char size[32] = "";

        if (entry->d_name[0] != '.' && read_line(entry->d_name, "size", size, sizeof(size)) &&
            strcmp(size, "0") != 0 && read_line(entry->d_name, "dev", device, sizeof(device)))
            break;
    }
    if (disks)
        closedir(disks);
}

#define with_clean_up(test) cmocka_unit_test_setup_teardown(test, set_up, clean_up)

int main(void)
{
    const struct CMUnitTest tests[] = {
        with_clean_up(every_attribute_of_the_kernel_is_read_as_it_stands),
        with_clean_up(what_the_tables_say_of_the_root_is_so),
        cmocka_unit_test(every_writable_attribute_has_a_trial),
        with_clean_up(what_is_written_is_read_back_and_restored),
        with_clean_up(a_process_is_moved_there_and_back),
        with_clean_up(devices_are_denied_and_allowed_again),
        with_clean_up(each_controller_is_disabled_and_enabled_again),
        with_clean_up(a_group_becomes_threaded),
    };
    int root = kernel_real.open_dir(&kernel_real, KERNEL_TOP, "/", NULL), failed;

    if (root < 0 || mounts_open(&kernel_real, root, &mounts, NULL) < 0) {
        printf("1..0 # SKIP no control groups here\n");
        return 0;
    }
    kernel_real.close_dir(&kernel_real, root);
    find_device();
    snprintf(group, sizeof(group), "vmpin-test-attributes-%d", getpid());
    failed = cmocka_run_group_tests(tests, NULL, NULL);
    mounts_free(mounts);
    return failed;
}
