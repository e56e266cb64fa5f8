/* Whole passes over a guest while the kernel refuses a write: each write in turn, each undo write
 * in turn; while each open in turn lacks a descriptor; a guest that goes away, and somebody else
 * who writes meanwhile. */
#include "test.h"

#include "unit/life.h"

#include <stdio.h>
#include <stdlib.h>

#define LIVES 40 /* of each version */

static const int codes[] = {EBUSY, EINVAL, ENOSPC, ENOENT, ENOMEM};

static unsigned lives(void)
{
    const char *wanted = getenv("VMPIN_TEST_LIVES"); /* fewer under valgrind */

    return wanted ? (unsigned)strtoul(wanted, NULL, 10) : LIVES;
}

/* How many writes a pass makes, and how many of these are files; 0: this life is not worth it. */
static unsigned count_writes(int version, uint64_t seed, unsigned *ret_files)
{
    struct life life;
    unsigned writes = 0;

    *ret_files = 0;
    life_begin(&life, version, seed);
    if (life_is_worth_a_try(&life)) {
        life_apply(&life, "the first pass");
        life_expect_in_force(&life, "first pass");
        life_expect_true_baseline(&life, "first pass");
        writes = life.scene.fail->writes;
        for (size_t i = 0; i < life.scene.fail->trace_count; i++)
            *ret_files += life.scene.fail->trace[i].operation == KERNEL_WRITE;
        life_apply(&life, "a second pass");
        life_expect_in_force(&life, "a second pass");
        assert_int_equal(life.scene.fail->writes, 0);
        life_return(&life, "the return");
        life_expect_returned(&life, "return");
    }
    life_end(&life);
    return writes;
}

/* The failed change names the file and what the kernel said; nothing counts as done. */
static void expect_told(const struct life *life, int code, const char *when)
{
    const struct change *failed = life_change(life, CHANGE_FAILED);

    if (!failed) /* one of two files may be written: unknown when that cannot be taken back */
        failed = life_change(life, CHANGE_UNKNOWN);
    if (life->report.status != GUEST_FAILED) {
        life_print(life);
        fail_msg("seed %lu, %s: the guest counts as %s", life->seed, when,
                 guest_status_name(life->report.status));
    }
    if (!failed || !failed->error || !strstr(failed->error, strerror(code)) ||
        (failed->cell.target == CELL_FILE && !strstr(failed->error, failed->cell.attr->controller)))
        fail_msg("seed %lu, %s: the report does not tell: %s", life->seed, when,
                 failed && failed->error ? failed->error : "no failed change");
}

static void expect_nothing_done(const struct life *life, const char *when)
{
    const struct change *done = life_change(life, CHANGE_DONE);

    if (done && done->cell.target == CELL_FILE)
        fail_msg("seed %lu, %s: a change of %s counts as done", life->seed, when,
                 done->cell.attr->name);
}

/* What a pass wrote and took back is not somebody else's doing. */
static void expect_nothing_overlooked(struct life *life, const char *when)
{
    if (life_overlooked(life)) {
        life_print(life);
        fail_msg("seed %lu, %s: the pass's own writes count as somebody else's", life->seed, when);
    }
}

/* Without the fault the next pass has everything in force, and the way back leads to what stood
 * there before. */
static void expect_recovery(struct life *life, const char *when)
{
    kernel_fail_never(life->scene.fail);
    life_expect_true_baseline(life, when);
    life_apply(life, when);
    life_expect_in_force(life, when);
    life_expect_true_baseline(life, when);
    life_return(life, when);
    life_expect_returned(life, when);
}

static void refuse_one(int version, uint64_t seed, unsigned at, bool file, int code)
{
    struct life life;
    cleanup_free char *when = NULL;

    assert_true(asprintf(&when, "write %u: %s", at, strerrorname_np(code)) > 0);
    life_begin(&life, version, seed);
    kernel_fail_at(life.scene.fail, at, code);
    life_apply(&life, when);
    expect_told(&life, code, when);
    expect_nothing_overlooked(&life, when);
    if (file) {
        expect_nothing_done(&life, when);
        assert_null(life_change(&life, CHANGE_UNKNOWN));
        life_expect_as_before(&life, when);
    }
    expect_recovery(&life, when);
    life_end(&life);
}

static bool some_unknown_tells(const struct life *life, int code)
{
    for (size_t i = 0; i < life->report.change_count; i++) {
        const struct change *change = &life->report.changes[i];

        if (change->state == CHANGE_UNKNOWN && change->error &&
            strstr(change->error, strerror(code)))
            return true;
    }
    return false;
}

/* The write that failed tells why, and so does what could not be taken back; the kernel answered
 * `code` there. An empty v2 set comes back as the full one where the kernel says ENOSPC. */
static void expect_undo_told(const struct life *life, int code, const char *when)
{
    bool full_set_instead =
        code == ENOSPC && life_change(life, CHANGE_UNDONE) && !life_change(life, CHANGE_UNKNOWN);

    if (!full_set_instead && !some_unknown_tells(life, code)) {
        life_print(life);
        fail_msg("seed %lu, %s: the undo's refusal is not told", life->seed, when);
    }
    expect_told(life, life_change(life, CHANGE_FAILED) ? EIO : code, when);
}

/* Write `at` is refused, and the one `later` writes behind it, which undoes something. */
static bool refuse_undo(int version, uint64_t seed, unsigned at, unsigned later, int code)
{
    struct life life;
    cleanup_free char *when = NULL;
    bool reached;

    assert_true(
        asprintf(&when, "write %u: EIO, and %u: %s", at, at + later, strerrorname_np(code)) > 0);
    life_begin(&life, version, seed);
    kernel_fail_at(life.scene.fail, at, EIO);
    kernel_fail_at(life.scene.fail, at + later, code);
    life_apply(&life, when);
    reached = life.scene.fail->writes >= at + later;
    if (reached) {
        expect_undo_told(&life, code, when);
        expect_nothing_overlooked(&life, when);
        expect_nothing_done(&life, when);
        expect_recovery(&life, when);
    }
    life_end(&life);
    return reached;
}

static void refuse_all(int version)
{
    unsigned tried = 0;

    for (uint64_t seed = 0; seed < lives(); seed++) {
        unsigned files, writes = count_writes(version, seed, &files);

        tried += writes > 0;
        for (unsigned at = 1; at <= writes; at++)
            for (unsigned i = 0; i < ARRAY_SIZE(codes); i++)
                refuse_one(version, seed, at, at <= files, codes[i]);
    }
    assert_true(tried * 3 > lives());
}

/* How many undo writes were refused, with this error, when each write in turn had failed. */
static unsigned refuse_undos(int version, uint64_t seed, unsigned writes, int code)
{
    unsigned refused = 0;

    for (unsigned at = 1; at <= writes; at++)
        for (unsigned later = 1; refuse_undo(version, seed, at, later, code); later++)
            refused++;
    return refused;
}

static void refuse_all_undos(int version)
{
    unsigned refused[ARRAY_SIZE(codes)] = {0};

    for (uint64_t seed = 0; seed < lives(); seed++) {
        unsigned files;

        count_writes(version, seed, &files);
        for (unsigned i = 0; i < ARRAY_SIZE(codes); i++)
            refused[i] += refuse_undos(version, seed, files, codes[i]);
    }
    for (unsigned i = 0; i < ARRAY_SIZE(codes); i++)
        assert_true(refused[i] > 0);
}

static void a_refused_write_leaves_everything_as_it_was_on_v1(void **state)
{
    refuse_all(1);
}

static void a_refused_write_leaves_everything_as_it_was_on_v2(void **state)
{
    refuse_all(2);
}

static void a_refused_undo_is_told_and_mended_by_the_next_pass_on_v1(void **state)
{
    refuse_all_undos(1);
}

static void a_refused_undo_is_told_and_mended_by_the_next_pass_on_v2(void **state)
{
    refuse_all_undos(2);
}

/* ---- descriptors run out ----------------------------------------------------------------------
 */

/* False: so many are not opened. Only what is in force counts as in sync; what cannot be looked at
 * is neither absent nor as it was. */
static bool lack_descriptor(int version, uint64_t seed, unsigned at)
{
    struct life life;
    cleanup_free char *when = NULL;
    bool reached;
    int r;

    assert_true(asprintf(&when, "open %u: EMFILE", at) > 0);
    life_begin(&life, version, seed);
    life.scene.fail->open_fails = at;
    r = life_pass(&life, RECONCILE_APPLY);
    reached = life.scene.fail->opens >= at;
    kernel_fail_never(life.scene.fail);
    if (r < 0 && r != -EMFILE)
        fail_msg("seed %lu, %s: the pass answered %d", life.seed, when, r);
    if (r == 0 && life.report.status == GUEST_IN_SYNC)
        life_expect_in_force(&life, when);
    expect_recovery(&life, when);
    life_end(&life);
    return reached;
}

static void lack_descriptors(int version)
{
    for (uint64_t seed = 0; seed < lives(); seed++) {
        unsigned files, at = 1;

        if (count_writes(version, seed, &files) == 0)
            continue;
        while (lack_descriptor(version, seed, at))
            at++;
        assert_true(at > 5);
    }
}

static void a_pass_that_lacks_a_descriptor_takes_nothing_for_absent_on_v1(void **state)
{
    lack_descriptors(1);
}

static void a_pass_that_lacks_a_descriptor_takes_nothing_for_absent_on_v2(void **state)
{
    lack_descriptors(2);
}

/* ---- the guest goes away --------------------------------------------------------------------- */

struct removal {
    struct life *life;
    unsigned at; /* before this write */
};

static void remove_guest(struct kernel_fail *fail, const struct kernel_event *event, void *data)
{
    const struct removal *removal = data;

    if (event->write == removal->at)
        model_remove_guest(removal->life->scene.model, &removal->life->scene.guest);
}

static void go_away(int version, uint64_t seed, unsigned at)
{
    struct life life;
    struct removal removal = {&life, at};
    int r;

    life_begin(&life, version, seed);
    life.scene.fail->hook = remove_guest;
    life.scene.fail->hook_data = &removal;
    r = life_pass(&life, RECONCILE_APPLY);
    if (r != -ESTALE)
        fail_msg("seed %lu: the guest went before write %u, and the pass answered %d", life.seed,
                 at, r);
    assert_non_null(life.error);
    assert_int_equal(life.binding.count, 0);
    assert_int_equal(life.scene.fail->writes, at); /* the one that met nothing was the last */
    life.scene.fail->hook = NULL;
    assert_int_equal(life_pass(&life, RECONCILE_APPLY), -ENOENT);
    life_end(&life);
}

static void a_guest_that_goes_away_ends_the_pass(void **state)
{
    for (int version = 1; version <= 2; version++)
        for (uint64_t seed = 0; seed < lives() / 2; seed++) {
            unsigned files;

            count_writes(version, seed, &files);
            for (unsigned at = 1; at <= files; at++)
                go_away(version, seed, at);
        }
}

/* ---- heals ----------------------------------------------------------------------------------- */

static void heal(int version, uint64_t seed, unsigned at)
{
    struct life life;
    const char *shares;
    char *path;

    life_begin(&life, version, seed);
    cells_release(&life.desired.cells);
    shares = version == 1 ? "cpu.shares" : "cpu.weight";
    for (unsigned i = 0; i < 4; i++)
        scene_target(&life.scene, life.scene.roles.roles[i % life.scene.roles.count], shares, "333",
                     "heal", &life.desired.cells);
    life_apply(&life, "before the drift");
    life_expect_in_force(&life, "before the drift");
    for (unsigned i = 0; i < 2; i++) {
        path = model_guest_path(life.scene.model, &life.scene.guest, i ? "vcpu0" : "emulator");
        assert_int_equal(model_write(life.scene.model, "cpu", path, shares, i ? "51" : "52"), 0);
        free(path);
    }
    kernel_fail_at(life.scene.fail, at, EBUSY);
    life_apply(&life, "the heal");
    assert_int_equal(life.report.status, GUEST_FAILED);
    assert_non_null(life_change(&life, CHANGE_DONE)); /* kept, not undone */
    assert_null(life_change(&life, CHANGE_UNDONE));
    assert_int_equal(life.scene.fail->writes, 2);
    expect_nothing_overlooked(&life, "the heal");
    kernel_fail_never(life.scene.fail);
    life_apply(&life, "after the heal that failed");
    life_expect_in_force(&life, "after the heal that failed");
    assert_int_equal(life.scene.fail->writes, 1);
    life_return(&life, "the return");
    for (unsigned i = 0; i < 2; i++) { /* what somebody else wrote is the baseline now */
        cleanup_free char *value = NULL;

        path = model_guest_path(life.scene.model, &life.scene.guest, i ? "vcpu0" : "emulator");
        value = model_read(life.scene.model, "cpu", path, shares);
        assert_string_equal(value, i ? "51" : "52");
        free(path);
    }
    life_end(&life);
}

static void a_refused_heal_keeps_the_others_and_is_tried_again(void **state)
{
    for (unsigned at = 1; at <= 2; at++) {
        heal(1, 7, at);
        heal(2, 7, at);
    }
}

static unsigned heals_that_fail(int version, uint64_t seed)
{
    unsigned failed = 0;
    bool reached = true;

    for (unsigned at = 1; reached; at++) {
        struct life life;

        life_begin(&life, version, seed);
        life_apply(&life, "before the drift");
        scene_disturb(&life.scene, 12);
        kernel_fail_at(life.scene.fail, at, EBUSY);
        life_apply(&life, "the heal");
        reached = life.scene.fail->writes >= at;
        if (reached && life.report.status == GUEST_FAILED) {
            expect_nothing_overlooked(&life, "the heal");
            failed++;
        }
        life_end(&life);
    }
    return failed;
}

static void no_heal_that_fails_is_taken_for_somebody_elses_doing(void **state)
{
    unsigned failed = 0;

    for (int version = 1; version <= 2; version++)
        for (uint64_t seed = 0; seed < lives(); seed++)
            failed += heals_that_fail(version, seed);
    assert_true(failed * 3 > lives());
}

/* Both what the pass had just healed and what it had found right. */
static void what_is_changed_after_a_heal_that_failed_is_not_overlooked(void **state)
{
    static const char *const roles[] = {"emulator", "vcpu0", "vcpu1"};

    for (size_t i = 0; i < ARRAY_SIZE(roles); i++) {
        struct life life;
        cleanup_free char *path = NULL, *healed = NULL;

        life_begin_plain(&life, 1, false);
        for (size_t j = 0; j < ARRAY_SIZE(roles); j++)
            life_desire(&life, roles[j], "cpu.shares", "333");
        life_apply(&life, "before the drift");
        for (size_t j = 0; j < 2; j++) {
            cleanup_free char *drifted =
                model_guest_path(life.scene.model, &life.scene.guest, roles[j]);

            assert_int_equal(model_write(life.scene.model, "cpu", drifted, "cpu.shares", "51"), 0);
        }
        kernel_fail_at(life.scene.fail, 2, EBUSY);
        life_apply(&life, "the heal");
        assert_non_null(life_change(&life, CHANGE_DONE));
        assert_non_null(life_change(&life, CHANGE_FAILED));
        assert_false(life_overlooked(&life));
        path = model_guest_path(life.scene.model, &life.scene.guest, roles[i]);
        healed = model_read(life.scene.model, "cpu", path, "cpu.shares");
        assert_int_equal(model_write(life.scene.model, "cpu", path, "cpu.shares", "52"), 0);
        /* What could not be healed waits for the next try, whatever stands there. */
        assert_int_equal(life_overlooked(&life), strcmp(healed, "333") == 0);
        life_end(&life);
    }
}

/* The pass does not begin anew after a failure, and reads another value back than it wrote. */
static void meddle_with_vcpu0(struct kernel_fail *fail, const struct kernel_event *event,
                              void *data)
{
    struct life *life = data;
    cleanup_free char *path = model_guest_path(life->scene.model, &life->scene.guest, "vcpu0");

    if (event->write == 2)
        assert_int_equal(model_write(life->scene.model, "cpu", path, "cpu.shares", "52"), 0);
}

static void what_is_changed_before_it_is_read_back_beside_a_failure_is_not_overlooked(void **state)
{
    static const char *const roles[] = {"vcpu0", "vcpu1"};
    struct life life;

    life_begin_plain(&life, 1, false);
    for (size_t i = 0; i < ARRAY_SIZE(roles); i++)
        life_desire(&life, roles[i], "cpu.shares", "333");
    life_apply(&life, "before the drift");
    for (size_t i = 0; i < ARRAY_SIZE(roles); i++) {
        cleanup_free char *path = model_guest_path(life.scene.model, &life.scene.guest, roles[i]);

        assert_int_equal(model_write(life.scene.model, "cpu", path, "cpu.shares", "51"), 0);
    }
    kernel_fail_at(life.scene.fail, 2, EBUSY);
    life.scene.fail->hook = meddle_with_vcpu0;
    life.scene.fail->hook_data = &life;
    life_apply(&life, "the heal");
    life.scene.fail->hook = NULL;
    assert_null(life_change(&life, CHANGE_DONE));
    assert_true(life_overlooked(&life));
    life_end(&life);
}

/* ---- somebody else writes meanwhile -----------------------------------------------------------
 */

struct meddler {
    struct life *life;
    unsigned from; /* writes */
};

static void meddle(struct kernel_fail *fail, const struct kernel_event *event, void *data)
{
    const struct meddler *meddler = data;

    if (event->write >= meddler->from && event->write < meddler->from + 2)
        scene_disturb(&meddler->life->scene, 2);
}

/* What the meddler leaves may be what the policies cannot be had with: that is told. */
static void passes_settle_whatever_others_write_meanwhile(void **state)
{
    for (int version = 1; version <= 2; version++)
        for (uint64_t seed = 0; seed < 4 * lives(); seed++) {
            struct life life;
            struct meddler meddler = {&life, 1 + (unsigned)seed % 5};
            unsigned passes = 0;

            life_begin(&life, version, seed);
            life.scene.fail->hook = meddle;
            life.scene.fail->hook_data = &meddler;
            life_apply(&life, "with a meddler");
            life.scene.fail->hook = NULL;
            do
                life_apply(&life, "after the meddler");
            while (life.scene.fail->writes > 0 && ++passes < 5);
            if (passes == 5)
                fail_msg("seed %lu: the fifth pass still writes", life.seed);
            if (life.report.refusals.count == 0)
                life_expect_in_force(&life, "after the meddler");
            life_end(&life);
        }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_refused_write_leaves_everything_as_it_was_on_v1),
        cmocka_unit_test(a_refused_write_leaves_everything_as_it_was_on_v2),
        cmocka_unit_test(a_refused_undo_is_told_and_mended_by_the_next_pass_on_v1),
        cmocka_unit_test(a_refused_undo_is_told_and_mended_by_the_next_pass_on_v2),
        cmocka_unit_test(a_pass_that_lacks_a_descriptor_takes_nothing_for_absent_on_v1),
        cmocka_unit_test(a_pass_that_lacks_a_descriptor_takes_nothing_for_absent_on_v2),
        cmocka_unit_test(a_guest_that_goes_away_ends_the_pass),
        cmocka_unit_test(a_refused_heal_keeps_the_others_and_is_tried_again),
        cmocka_unit_test(no_heal_that_fails_is_taken_for_somebody_elses_doing),
        cmocka_unit_test(what_is_changed_after_a_heal_that_failed_is_not_overlooked),
        cmocka_unit_test(what_is_changed_before_it_is_read_back_beside_a_failure_is_not_overlooked),
        cmocka_unit_test(passes_settle_whatever_others_write_meanwhile),
    };

    setenv("TMPDIR", "/dev/shm", 0); /* every saved state is synced to its disk */
    return cmocka_run_group_tests(tests, NULL, NULL);
}
