/* vmpin killed at every moment of a pass: whatever it had done and saved by then, the next pass has
 * everything in force, and the way back leads to what stood there before vmpin ever ran. */
#include "test.h"

#include "unit/folder.h"
#include "unit/life.h"

#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#define LIVES 6 /* of each version */

static unsigned lives(void)
{
    const char *wanted = getenv("VMPIN_TEST_LIVES"); /* fewer under valgrind */

    return wanted ? (unsigned)strtoul(wanted, NULL, 10) : LIVES;
}

/* A process that is killed does nothing more: not to the kernel (the port is dead) and not to its
 * state (what was saved later is put back to how it was). */
struct death {
    struct life *life;
    unsigned at; /* before this operation */
    bool happened;
    char *state; /* NULL: no file */
};

static char *state_file(const struct life *life)
{
    char *name = NULL;

    assert_true(asprintf(&name, "guests/%s.json", life->scene.facts->uuid) > 0);
    return name;
}

static void die(struct kernel_fail *fail, const struct kernel_event *event, void *data)
{
    struct death *death = data;
    cleanup_free char *name = NULL;

    if (fail->operations != death->at)
        return;
    name = state_file(death->life);
    death->state = folder_read(death->life->folder, name);
    death->happened = true;
    fail->dead = true;
}

static void killed_pass(struct life *life, struct death *death, bool returning)
{
    struct kernel_fail *fail = life->scene.fail;
    cleanup_free char *name = state_file(life);
    const struct desired nothing = {0}, kept = life->desired;

    death->life = life;
    fail->hook = die;
    fail->hook_data = death;
    fail->hook_all = true;
    if (returning)
        life->desired = nothing;
    life_pass(life, RECONCILE_APPLY);
    life->desired = kept;
    fail->hook = NULL;
    fail->dead = false;
    binding_release(&life->binding);
    if (!death->happened)
        return;
    if (death->state) {
        folder_write(life->folder, name, death->state);
    } else {
        cleanup_free char *path = NULL;

        assert_true(asprintf(&path, "%s/%s", life->folder, name) > 0);
        unlink(path);
    }
    free(death->state);
}

enum then { APPLY_AGAIN, RETURN_AT_ONCE };

/* Killed in the pass that puts the policies in force. False: it was over before. */
static bool killed_while_applying(int version, uint64_t seed, unsigned at, enum then then)
{
    struct life life;
    struct death death = {.at = at};
    cleanup_free char *when = NULL;

    assert_true(asprintf(&when, "killed before operation %u", at) > 0);
    life_begin(&life, version, seed);
    killed_pass(&life, &death, false);
    if (then == APPLY_AGAIN) {
        life_apply(&life, when);
        life_expect_in_force(&life, when);
        life_expect_true_baseline(&life, when);
    }
    life_return(&life, when);
    life_expect_returned(&life, when);
    life_end(&life);
    return death.happened;
}

/* Killed in the pass that takes everything back. */
static bool killed_while_returning(int version, uint64_t seed, unsigned at, enum then then)
{
    struct life life;
    struct death death = {.at = at};
    cleanup_free char *when = NULL;

    assert_true(asprintf(&when, "killed before operation %u of the return", at) > 0);
    life_begin(&life, version, seed);
    life_apply(&life, when);
    killed_pass(&life, &death, true);
    if (then == APPLY_AGAIN) {
        life_apply(&life, when);
        life_expect_in_force(&life, when);
    }
    life_return(&life, when);
    life_expect_returned(&life, when);
    life_end(&life);
    return death.happened;
}

static bool is_worth_a_try(int version, uint64_t seed)
{
    struct life life;
    bool worth;

    life_begin(&life, version, seed);
    worth = life_is_worth_a_try(&life);
    life_end(&life);
    return worth;
}

typedef bool (*kill_fn)(int version, uint64_t seed, unsigned at, enum then then);

static void at_every_operation(int version, kill_fn killed)
{
    unsigned tried = 0;

    for (uint64_t seed = 0; tried < lives(); seed++) {
        if (!is_worth_a_try(version, seed))
            continue;
        tried++;
        for (unsigned at = 1; killed(version, seed, at, APPLY_AGAIN); at++)
            killed(version, seed, at, RETURN_AT_ONCE);
    }
}

static void killed_while_it_applies_it_is_as_if_it_had_not_been_on_v1(void **state)
{
    at_every_operation(1, killed_while_applying);
}

static void killed_while_it_applies_it_is_as_if_it_had_not_been_on_v2(void **state)
{
    at_every_operation(2, killed_while_applying);
}

static void killed_while_it_takes_back_it_is_as_if_it_had_not_been_on_v1(void **state)
{
    at_every_operation(1, killed_while_returning);
}

static void killed_while_it_takes_back_it_is_as_if_it_had_not_been_on_v2(void **state)
{
    at_every_operation(2, killed_while_returning);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(killed_while_it_applies_it_is_as_if_it_had_not_been_on_v1),
        cmocka_unit_test(killed_while_it_applies_it_is_as_if_it_had_not_been_on_v2),
        cmocka_unit_test(killed_while_it_takes_back_it_is_as_if_it_had_not_been_on_v1),
        cmocka_unit_test(killed_while_it_takes_back_it_is_as_if_it_had_not_been_on_v2),
    };

    setenv("TMPDIR", "/dev/shm", 0); /* every saved state is synced to its disk */
    return cmocka_run_group_tests(tests, NULL, NULL);
}
