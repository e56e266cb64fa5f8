/* Where guests are met: real inotify on plain folders of the shape of libvirt's run folder and of
 * control groups. */
#include "agent/arrival.h"

#include <fcntl.h>
#include <ftw.h>
#include <poll.h>
#include <sys/stat.h>

#include "tests/unit/test.h"

struct world {
    char top[64];
    int dir;
    struct cg_hierarchy hierarchy;
    struct cg_mounts mounts;
    struct host host;
    struct arrivals arrivals;
    char said[256];
    unsigned nodes;
};

static int remove_one(const char *path, const struct stat *st, int type, struct FTW *where)
{
    return remove(path);
}

static void make(struct world *world, const char *path)
{
    assert_int_equal(mkdirat(world->dir, path, 0755), 0);
}

static void take_away(struct world *world, const char *path)
{
    assert_int_equal(unlinkat(world->dir, path, AT_REMOVEDIR), 0);
}

static void put(struct world *world, const char *path)
{
    int fd = openat(world->dir, path, O_WRONLY | O_CREAT | O_CLOEXEC, 0644);

    assert_true(fd >= 0);
    assert_int_equal(write(fd, "1", 1), 1);
    close(fd);
}

static void on_pid_file(const char *guest, bool removed, void *data)
{
    struct world *world = data;

    snprintf(world->said, sizeof(world->said), "%s%s", removed ? "-" : "+", guest);
}

static void on_status_file(const char *guest, void *data)
{
    struct world *world = data;

    snprintf(world->said, sizeof(world->said), "=%s", guest);
}

static void on_node(void *data)
{
    struct world *world = data;

    world->nodes++;
}

/* What was told since the last call: "+a" for a pid file, "=a" for a status file. */
static const char *told(struct world *world)
{
    const struct arrival_callbacks callbacks = {
        .pid_file = on_pid_file, .status_file = on_status_file, .node = on_node, .data = world};
    struct pollfd fd = {.fd = world->arrivals.queue, .events = POLLIN};

    world->said[0] = '\0';
    world->nodes = 0;
    while (poll(&fd, 1, 10) > 0)
        assert_int_equal(arrivals_read(&world->arrivals, &callbacks), 0);
    return world->said;
}

static bool node_seen(struct world *world)
{
    told(world);
    return world->nodes > 0;
}

static int set_up(void **state)
{
    struct world *world = calloc(1, sizeof(*world));

    assert_non_null(world);
    strcpy(world->top, "/tmp/vmpin-arrival-XXXXXX");
    assert_non_null(mkdtemp(world->top));
    world->dir = open(world->top, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    make(world, "groups");
    make(world, "run");
    make(world, "run/qemu");
    world->hierarchy = (struct cg_hierarchy){
        .version = 1,
        .mountpoint = world->top,
        .controllers = (char *)"cpuset",
        .dir = openat(world->dir, "groups", O_RDONLY | O_DIRECTORY | O_CLOEXEC),
    };
    world->mounts =
        (struct cg_mounts){.kernel = &kernel_real, .count = 1, .hierarchies = &world->hierarchy};
    world->host = (struct host){.kernel = &kernel_real, .mounts = &world->mounts};
    world->host.libvirt_run = openat(world->dir, "run", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    assert_int_equal(arrivals_open(&world->arrivals, &world->host, NULL), 0);
    *state = world;
    return 0;
}

static int tear_down(void **state)
{
    struct world *world = *state;

    arrivals_close(&world->arrivals);
    close(world->host.libvirt_run);
    close(world->hierarchy.dir);
    close(world->dir);
    nftw(world->top, remove_one, 16, FTW_DEPTH | FTW_PHYS);
    free(world);
    return 0;
}

static void a_pid_file_names_its_guest(void **state)
{
    struct world *world = *state;

    put(world, "run/qemu/web.1.pid");
    assert_string_equal(told(world), "+web.1");
    put(world, "run/qemu/web.1.xml");
    put(world, "run/qemu/.pid");
    assert_string_equal(told(world), "");
    assert_int_equal(unlinkat(world->dir, "run/qemu/web.1.pid", 0), 0);
    assert_string_equal(told(world), "-web.1");
    put(world, "run/qemu/R&amp;D.pid");
    assert_string_equal(told(world), "+R&D");
}

static void a_status_file_is_told_when_it_is_whole(void **state)
{
    struct world *world = *state;

    put(world, "run/qemu/web.1.xml.new");
    assert_string_equal(told(world), "");
    assert_int_equal(
        renameat(world->dir, "run/qemu/web.1.xml.new", world->dir, "run/qemu/web.1.xml"), 0);
    assert_string_equal(told(world), "=web.1");
    assert_int_equal(unlinkat(world->dir, "run/qemu/web.1.xml", 0), 0);
    assert_string_equal(told(world), "");
}

static void a_node_in_a_partition_is_watched_until_no_guest_starts(void **state)
{
    struct world *world = *state;

    make(world, "groups/machine");
    assert_true(node_seen(world));
    make(world, "groups/machine/qemu-1-a");
    assert_true(node_seen(world));
    put(world, "groups/machine/qemu-1-a/tasks");
    assert_true(node_seen(world));
    make(world, "groups/machine/qemu-1-a/vcpu0");
    assert_true(node_seen(world));
    arrivals_settle(&world->arrivals);
    put(world, "groups/machine/qemu-1-a/tasks");
    assert_false(node_seen(world));
    make(world, "groups/machine/qemu-2-b");
    assert_true(node_seen(world));
}

static void a_node_that_is_removed_is_watched_no_more(void **state)
{
    struct world *world = *state;
    size_t before;

    make(world, "groups/machine");
    assert_true(node_seen(world));
    before = world->arrivals.count;
    make(world, "groups/machine/qemu-1-a");
    make(world, "groups/machine/qemu-1-ab");
    assert_true(node_seen(world));
    assert_int_equal(world->arrivals.count, before + 2);
    take_away(world, "groups/machine/qemu-1-a");
    assert_false(node_seen(world));
    assert_int_equal(world->arrivals.count, before + 1);
    put(world, "groups/machine/qemu-1-ab/tasks");
    assert_true(node_seen(world));
}

static void other_directories_beside_the_partitions_are_none_of_them(void **state)
{
    struct world *world = *state;

    make(world, "groups/system.slice");
    assert_false(node_seen(world));
    make(world, "groups/system.slice/qemu-1-a");
    assert_false(node_seen(world));
}

static void a_partition_of_a_guests_own_is_waited_for_part_by_part(void **state)
{
    struct world *world = *state;

    make(world, "groups/rack.slice");
    assert_false(node_seen(world));
    assert_int_equal(arrivals_add(&world->arrivals, "/rack/one"), 0);
    make(world, "groups/rack.slice/other");
    assert_false(node_seen(world));
    make(world, "groups/rack.slice/rack-one.slice");
    assert_true(node_seen(world));
    make(world, "groups/rack.slice/rack-one.slice/machine-qemu.scope");
    assert_true(node_seen(world));
}

static void a_partition_that_was_met_as_a_new_node_stays_watched(void **state)
{
    struct world *world = *state;

    make(world, "groups/machine.slice");
    assert_int_equal(arrivals_add(&world->arrivals, "/machine/x"), 0);
    make(world, "groups/machine.slice/machine-x.slice");
    assert_true(node_seen(world));
    arrivals_settle(&world->arrivals);
    make(world, "groups/machine.slice/machine-x.slice/machine-qemu.scope");
    assert_true(node_seen(world));
}

static void what_happened_before_it_watches_anew_is_told(void **state)
{
    struct world *world = *state;

    make(world, "groups/machine");
    assert_true(node_seen(world));
    put(world, "run/qemu/a.pid");
    make(world, "groups/machine/qemu-1-a");
    assert_int_equal(arrivals_add(&world->arrivals, "/rack"), 0);
    assert_string_equal(told(world), "+a");
    assert_true(world->nodes > 0);
    put(world, "groups/machine/qemu-1-a/tasks");
    assert_true(node_seen(world));
}

static void a_partition_that_is_made_anew_is_watched_again(void **state)
{
    struct world *world = *state;

    make(world, "groups/machine");
    assert_true(node_seen(world));
    take_away(world, "groups/machine");
    assert_false(node_seen(world));
    make(world, "groups/machine");
    assert_true(node_seen(world));
    make(world, "groups/machine/qemu-1-a");
    assert_true(node_seen(world));
}

#define IN_A_WORLD(test) cmocka_unit_test_setup_teardown(test, set_up, tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        IN_A_WORLD(a_pid_file_names_its_guest),
        IN_A_WORLD(a_status_file_is_told_when_it_is_whole),
        IN_A_WORLD(a_node_in_a_partition_is_watched_until_no_guest_starts),
        IN_A_WORLD(a_node_that_is_removed_is_watched_no_more),
        IN_A_WORLD(other_directories_beside_the_partitions_are_none_of_them),
        IN_A_WORLD(a_partition_of_a_guests_own_is_waited_for_part_by_part),
        IN_A_WORLD(a_partition_that_was_met_as_a_new_node_stays_watched),
        IN_A_WORLD(what_happened_before_it_watches_anew_is_told),
        IN_A_WORLD(a_partition_that_is_made_anew_is_watched_again),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
