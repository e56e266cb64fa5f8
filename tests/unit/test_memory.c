/* Whole passes over a guest without memory: at each allocation in turn one fails, or all from there
 * on. Whatever becomes of the pass, the next one has everything in force, and the way back leads to
 * what stood there before vmpin ran. */
#include "test.h"

#include "unit/life.h"
#include "unit/memory.h"

#include <stdlib.h>

/* The model under the guest is the test's, and has all the memory that it wants. */
struct port {
    struct kernel kernel; /* first */
    const struct kernel *below;
};

static const struct kernel *below(const struct kernel *k)
{
    return ((const struct port *)k)->below;
}

static int port_open_dir(const struct kernel *k, int dir, const char *path, uint64_t *ret_id)
{
    int r;

    memory_spare(true);
    r = below(k)->open_dir(below(k), dir, path, ret_id);
    memory_spare(false);
    return r;
}

static void port_close_dir(const struct kernel *k, int dir)
{
    memory_spare(true);
    below(k)->close_dir(below(k), dir);
    memory_spare(false);
}

static int port_read(const struct kernel *k, int dir, const char *file, struct buffer *into)
{
    int r;

    memory_spare(true);
    r = below(k)->read(below(k), dir, file, into);
    memory_spare(false);
    return r;
}

static int port_write(const struct kernel *k, int dir, const char *file, const char *text)
{
    int r;

    memory_spare(true);
    r = below(k)->write(below(k), dir, file, text);
    memory_spare(false);
    return r;
}

static int port_set_affinity(const struct kernel *k, pid_t tid, const struct cg_set *cpus)
{
    int r;

    memory_spare(true);
    r = below(k)->set_affinity(below(k), tid, cpus);
    memory_spare(false);
    return r;
}

static void life_begin_here(struct life *life, int version, struct port *port)
{
    life_begin_plain(life, version, false);
    life_desire(life, "vm", "cpu.shares", "2048");
    life_desire(life, "vcpu0", "cpuset.cpus", "2");
    life_desire(life, "vcpu1", "cpu.cfs_quota_us", version == 1 ? "50000 100000" : "50000 100000");
    life_desire(life, "iothread1", "cpuset.cpus", "0-1");
    model_set_affinity(life->scene.model, life->scene.guest.pid + 1, "2-3");
    *port = (struct port){.below = life->scene.host->kernel,
                          .kernel = {.open_dir = port_open_dir,
                                     .close_dir = port_close_dir,
                                     .read = port_read,
                                     .write = port_write,
                                     .set_affinity = port_set_affinity}};
    life->scene.host->kernel = &port->kernel;
}

struct trial {
    int version;
    bool for_good;  /* every allocation from there on */
    bool returning; /* in the pass that takes everything back */
};

/* False: there are not so many allocations. */
static bool starve(const struct trial *trial, long at)
{
    struct life life;
    struct port port;
    const struct desired nothing = {0};
    struct desired desired;
    bool failed;
    int r;

    life_begin_here(&life, trial->version, &port);
    if (trial->returning)
        life_apply(&life, "with memory");
    desired = life.desired;
    if (trial->returning)
        life.desired = nothing;
    memory_fail(at, trial->for_good);
    r = life_pass(&life, RECONCILE_APPLY);
    failed = memory_failed();
    life.desired = desired;
    if (r != 0 && !(failed && r == -ENOMEM))
        fail_msg("allocation %ld failed and the pass answered %d", at, r);
    life.seed = (unsigned long)at;
    life_apply(&life, "with memory again");
    life_expect_in_force(&life, "with memory again");
    life_expect_true_baseline(&life, "with memory again");
    life_return(&life, "the return");
    life_expect_returned(&life, "the return");
    life_end(&life);
    return failed;
}

/* Valgrind tries every seventh. */
static long stride(void)
{
    return getenv("VMPIN_TEST_LIVES") ? 7 : 1;
}

static void starve_everywhere(int version, bool returning)
{
    for (int for_good = 0; for_good <= 1; for_good++) {
        const struct trial trial = {version, for_good, returning};
        long at = for_good;

        while (starve(&trial, at))
            at += stride();
        assert_true(at > 100);
    }
}

static void a_pass_without_memory_is_as_if_it_had_not_been_on_v1(void **state)
{
    starve_everywhere(1, false);
}

static void a_pass_without_memory_is_as_if_it_had_not_been_on_v2(void **state)
{
    starve_everywhere(2, false);
}

static void a_return_without_memory_is_made_by_the_next_pass_on_v1(void **state)
{
    starve_everywhere(1, true);
}

static void a_return_without_memory_is_made_by_the_next_pass_on_v2(void **state)
{
    starve_everywhere(2, true);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_pass_without_memory_is_as_if_it_had_not_been_on_v1),
        cmocka_unit_test(a_pass_without_memory_is_as_if_it_had_not_been_on_v2),
        cmocka_unit_test(a_return_without_memory_is_made_by_the_next_pass_on_v1),
        cmocka_unit_test(a_return_without_memory_is_made_by_the_next_pass_on_v2),
    };

    setenv("TMPDIR", "/dev/shm", 0); /* every saved state is synced to its disk */
    return cmocka_run_group_tests(tests, NULL, NULL);
}
