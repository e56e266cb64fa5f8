/* Which changes below a guest's nodes wake the agent: real inotify on plain folders of the shape
 * that control groups have. */
#include "agent/watch.h"

#include <fcntl.h>
#include <ftw.h>
#include <poll.h>
#include <setjmp.h>
#include <stdarg.h>
#include <string.h>
#include <sys/stat.h>
#include <cmocka.h>

#define V1 "machine/qemu-1-a.libvirt-qemu"
#define V2 "machine.slice/machine-qemu.scope"

static const struct cg_role vm = {.kind = CG_ROLE_VM};
static const struct cg_role vcpu0 = {.kind = CG_ROLE_VCPU};
static const struct cg_role vcpu1 = {.kind = CG_ROLE_VCPU, .index = 1};

struct world {
    char top[64];
    struct cg_hierarchy hierarchy;
    struct cg_mounts mounts;
    struct host host;
    struct store store;
    struct managed *guest;
    struct watches watches;
    struct writers writers; /* none are traced */
    unsigned hints;
};

static int remove_one(const char *path, const struct stat *st, int type, struct FTW *where)
{
    return remove(path);
}

static void make(struct world *world, const char *path)
{
    assert_int_equal(mkdirat(world->hierarchy.dir, path, 0755), 0);
}

static void put(struct world *world, const char *path)
{
    int fd = openat(world->hierarchy.dir, path, O_WRONLY | O_CREAT | O_CLOEXEC, 0644);

    assert_true(fd >= 0);
    assert_int_equal(write(fd, "1", 1), 1);
    close(fd);
}

static void on_event(struct managed *guest, void *data)
{
    struct world *world = data;

    assert_ptr_equal(guest, world->guest);
    world->hints++;
}

/* Was the agent woken since the last call? */
static bool woken(struct world *world)
{
    struct pollfd fd = {.fd = world->watches.queue, .events = POLLIN};

    world->hints = 0;
    while (poll(&fd, 1, 10) > 0)
        assert_int_equal(watches_read(&world->watches, on_event, world), 1);
    return world->hints > 0;
}

static void want(struct world *world, struct cg_role role, const char *attribute)
{
    const struct cell cell = {.role = role,
                              .attr = attr_by_name(attribute, world->hierarchy.version)};

    assert_non_null(cell.attr);
    assert_int_equal(cells_set(&world->guest->desired.cells, &cell), 0);
}

static int update(struct world *world)
{
    return watches_update(&world->watches, world->guest, NULL);
}

static struct world *set_up(int version, const char *controllers, const char *path)
{
    struct world *world = calloc(1, sizeof(*world));
    struct stat st;

    assert_non_null(world);
    strcpy(world->top, "/tmp/vmpin-watch-XXXXXX");
    assert_non_null(mkdtemp(world->top));
    world->hierarchy = (struct cg_hierarchy){
        .version = version,
        .mountpoint = world->top,
        .controllers = (char *)controllers,
        .dir = open(world->top, O_RDONLY | O_DIRECTORY | O_CLOEXEC),
    };
    world->mounts =
        (struct cg_mounts){.kernel = &kernel_real, .count = 1, .hierarchies = &world->hierarchy};
    world->host = (struct host){.kernel = &kernel_real, .mounts = &world->mounts};
    store_init(&world->store);
    world->guest = store_add(&world->store, "00000000-0000-0000-0000-000000000001");
    assert_non_null(world->guest);
    make(world, version == 1 ? "machine" : "machine.slice");
    make(world, path);
    assert_int_equal(fstatat(world->hierarchy.dir, path, &st, 0), 0);
    world->guest->binding.places = calloc(1, sizeof(struct place));
    world->guest->binding.count = 1;
    assert_non_null(world->guest->binding.places);
    world->guest->binding.places[0] = (struct place){.dir = -1,
                                                     .hierarchy = &world->hierarchy,
                                                     .path = strdup(path),
                                                     .id = st.st_ino,
                                                     .delegated = version == 2};
    world->writers.queue = -1;
    assert_int_equal(watches_open(&world->watches, &world->host, &world->writers, NULL), 0);
    return world;
}

static int set_up_v1(void **state)
{
    struct world *world = set_up(1, "cpu,cpuset,memory", V1);

    *state = world;
    make(world, V1 "/vcpu0");
    make(world, V1 "/emulator");
    return 0;
}

static int set_up_v2(void **state)
{
    struct world *world = set_up(2, "cpu,cpuset,memory", V2);

    *state = world;
    put(world, V2 "/cpu.weight");
    put(world, V2 "/memory.events");
    make(world, V2 "/libvirt");
    put(world, V2 "/libvirt/memory.max");
    put(world, V2 "/libvirt/memory.events");
    make(world, V2 "/libvirt/vcpu0");
    return 0;
}

static int tear_down(void **state)
{
    struct world *world = *state;

    watches_drop(&world->watches, world->guest);
    watches_close(&world->watches);
    store_release(&world->store);
    close(world->hierarchy.dir);
    nftw(world->top, remove_one, 16, FTW_DEPTH | FTW_PHYS);
    free(world);
    return 0;
}

static void a_write_to_a_managed_node_wakes(void **state)
{
    struct world *world = *state;

    want(world, vcpu0, "cpuset.cpus");
    assert_int_equal(update(world), 1);
    put(world, V1 "/vcpu0/cpuset.cpus");
    assert_true(woken(world));
    assert_false(woken(world));
}

static void a_write_to_a_node_that_nobody_manages_does_not(void **state)
{
    struct world *world = *state;

    want(world, vcpu0, "cpuset.cpus");
    assert_int_equal(update(world), 1);
    put(world, V1 "/emulator/cpuset.cpus");
    assert_false(woken(world));
}

static void watches_that_are_there_are_not_new(void **state)
{
    struct world *world = *state;

    want(world, vm, "cpu.shares");
    want(world, vcpu0, "cpuset.cpus");
    assert_int_equal(update(world), 1);
    assert_int_equal(update(world), 0);
    assert_false(world->guest->rewatch);
}

static void know_iothread(struct world *world, unsigned id)
{
    world->guest->facts = calloc(1, sizeof(*world->guest->facts));
    assert_non_null(world->guest->facts);
    assert_int_equal(facts_add_iothread(world->guest->facts, id), 1);
}

/* libvirt sends no event for it, so the facts are old. */
static void an_iothread_that_is_added_later_gets_into_the_facts(void **state)
{
    struct world *world = *state;
    bool v1 = world->hierarchy.version == 1;

    know_iothread(world, 7);
    want(world, vm, v1 ? "cpu.shares" : "cpu.weight");
    want(world, vcpu0, "cpuset.cpus");
    assert_int_equal(update(world), 1);
    assert_false(world->guest->grown);
    make(world, v1 ? V1 "/iothread3" : V2 "/libvirt/iothread3");
    assert_true(woken(world));
    assert_true(world->guest->rewatch);
    assert_int_equal(update(world), 0);
    assert_true(world->guest->grown);
    assert_int_equal(world->guest->facts->iothread_count, 2);
    assert_int_equal(world->guest->facts->iothreads[0], 3);
}

static void the_first_iothread_is_waited_for_where_a_policy_asks_for_iothreads(void **state)
{
    struct world *world = *state;
    int version = world->hierarchy.version;

    know_iothread(world, 7);
    world->guest->desired.iothreads = attr_by_name("cpuset.cpus", version);
    assert_int_equal(update(world), 1);
    make(world, version == 1 ? V1 "/iothread1" : V2 "/libvirt/iothread1");
    assert_true(woken(world));
    assert_int_equal(update(world), 0);
    assert_true(world->guest->grown);
}

static void a_role_that_appears_wakes_and_is_watched_then(void **state)
{
    struct world *world = *state;

    want(world, vcpu0, "cpuset.cpus");
    want(world, vcpu1, "cpuset.cpus");
    assert_int_equal(update(world), 1);
    make(world, V1 "/vcpu1");
    assert_true(woken(world));
    assert_true(world->guest->rewatch);
    assert_int_equal(update(world), 1);
    put(world, V1 "/vcpu1/cpuset.cpus");
    assert_true(woken(world));
}

static void a_role_that_goes_and_returns_is_watched_again(void **state)
{
    struct world *world = *state;

    want(world, vcpu0, "cpuset.cpus");
    assert_int_equal(update(world), 1);
    assert_int_equal(unlinkat(world->hierarchy.dir, V1 "/vcpu0", AT_REMOVEDIR), 0);
    assert_true(woken(world));
    make(world, V1 "/vcpu0");
    assert_true(woken(world));
    assert_int_equal(update(world), 1);
    put(world, V1 "/vcpu0/cpuset.cpus");
    assert_true(woken(world));
}

static void what_is_wanted_no_more_is_watched_no_more(void **state)
{
    struct world *world = *state;

    want(world, vcpu0, "cpuset.cpus");
    assert_int_equal(update(world), 1);
    cells_release(&world->guest->desired.cells);
    assert_int_equal(update(world), 0);
    put(world, V1 "/vcpu0/cpuset.cpus");
    assert_false(woken(world));
    assert_null(world->guest->watches);
}

static void a_guest_that_went_is_no_failure(void **state)
{
    struct world *world = *state;

    want(world, vcpu0, "cpuset.cpus");
    world->guest->binding.places[0].id++;
    assert_int_equal(update(world), 0);
    assert_null(world->guest->watches);
}

static void without_a_queue_nothing_can_be_watched(void **state)
{
    struct world *world = *state;

    want(world, vcpu0, "cpuset.cpus");
    watches_close(&world->watches);
    assert_true(update(world) < 0);
    assert_true(world->guest->rewatch);
}

static void on_v2_who_takes_a_controller_away_wakes_for_its_files_went_with_it(void **state)
{
    static const char *const above[] = {V2, V2 "/libvirt"};

    for (size_t i = 0; i < ARRAY_SIZE(above); i++) {
        struct world *world = *state;
        cleanup_free char *file = NULL;

        assert_true(asprintf(&file, "%s/cgroup.subtree_control", above[i]) > 0);
        put(world, file);
        cells_release(&world->guest->desired.cells);
        if (i == 0)
            want(world, vm, "memory.max");
        else
            want(world, vcpu0, "cpuset.cpus");
        assert_int_equal(update(world), 1);
        put(world, file);
        assert_true(woken(world));
        assert_true(world->guest->rewatch);
    }
}

static void on_v2_the_files_of_the_guests_own_nodes_wake_but_its_pressure_does_not(void **state)
{
    struct world *world = *state;

    want(world, vm, "cpu.weight");
    want(world, vm, "memory.max");
    assert_int_equal(update(world), 1);
    put(world, V2 "/libvirt/memory.events");
    put(world, V2 "/memory.events");
    assert_false(woken(world));
    put(world, V2 "/libvirt/memory.max");
    assert_true(woken(world));
    put(world, V2 "/cpu.weight");
    assert_true(woken(world));
}

static void on_v2_roles_are_watched_and_new_ones_are_seen(void **state)
{
    struct world *world = *state;

    want(world, vcpu0, "cpu.weight");
    want(world, vcpu1, "cpu.weight");
    assert_int_equal(update(world), 1);
    put(world, V2 "/libvirt/vcpu0/cpu.weight");
    assert_true(woken(world));
    put(world, V2 "/libvirt/memory.max");
    put(world, V2 "/cpu.weight");
    assert_false(woken(world));
    make(world, V2 "/libvirt/vcpu1");
    assert_true(woken(world));
    assert_int_equal(update(world), 1);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(a_write_to_a_managed_node_wakes, set_up_v1, tear_down),
        cmocka_unit_test_setup_teardown(a_write_to_a_node_that_nobody_manages_does_not, set_up_v1,
                                        tear_down),
        cmocka_unit_test_setup_teardown(watches_that_are_there_are_not_new, set_up_v1, tear_down),
        cmocka_unit_test_setup_teardown(a_role_that_appears_wakes_and_is_watched_then, set_up_v1,
                                        tear_down),
        cmocka_unit_test_setup_teardown(a_role_that_goes_and_returns_is_watched_again, set_up_v1,
                                        tear_down),
        cmocka_unit_test_setup_teardown(what_is_wanted_no_more_is_watched_no_more, set_up_v1,
                                        tear_down),
        cmocka_unit_test_setup_teardown(a_guest_that_went_is_no_failure, set_up_v1, tear_down),
        cmocka_unit_test_setup_teardown(without_a_queue_nothing_can_be_watched, set_up_v1,
                                        tear_down),
        cmocka_unit_test_setup_teardown(
            on_v2_who_takes_a_controller_away_wakes_for_its_files_went_with_it, set_up_v2,
            tear_down),
        cmocka_unit_test_setup_teardown(
            on_v2_the_files_of_the_guests_own_nodes_wake_but_its_pressure_does_not, set_up_v2,
            tear_down),
        cmocka_unit_test_setup_teardown(an_iothread_that_is_added_later_gets_into_the_facts,
                                        set_up_v1, tear_down),
        cmocka_unit_test_setup_teardown(an_iothread_that_is_added_later_gets_into_the_facts,
                                        set_up_v2, tear_down),
        cmocka_unit_test_setup_teardown(
            the_first_iothread_is_waited_for_where_a_policy_asks_for_iothreads, set_up_v1,
            tear_down),
        cmocka_unit_test_setup_teardown(
            the_first_iothread_is_waited_for_where_a_policy_asks_for_iothreads, set_up_v2,
            tear_down),
        cmocka_unit_test_setup_teardown(on_v2_roles_are_watched_and_new_ones_are_seen, set_up_v2,
                                        tear_down),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
