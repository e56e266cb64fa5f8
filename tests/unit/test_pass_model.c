/* Single happenings in a guest's life, on the model of the kernel: what a pass does about them. */
#include "test.h"

#include "cgroup/set.h"
#include "unit/life.h"

#include <limits.h>
#include <stdio.h>
#include <stdlib.h>

static char *path_of(const struct life *life, const char *role)
{
    bool on_v2 = model_exists(life->scene.model, "cpuset", "machine.slice");
    const char *below = strcmp(role, "vm") != 0 ? role : on_v2 ? "libvirt" : "";

    return model_guest_path(life->scene.model, &life->scene.guest, below);
}

static void foreign(struct life *life, const char *controller, const char *role, const char *file,
                    const char *value)
{
    cleanup_free char *path = path_of(life, role);

    assert_int_equal(model_write(life->scene.model, controller, path, file, value), 0);
}

static void expect(struct life *life, const char *controller, const char *role, const char *file,
                   const char *value)
{
    cleanup_free char *path = path_of(life, role);
    cleanup_free char *found = model_read(life->scene.model, controller, path, file);

    assert_non_null(found);
    assert_string_equal(found, value);
}

static void expect_thread(const struct life *life, unsigned vcpu, const char *cpus)
{
    cleanup_free char *found =
        model_affinity(life->scene.model, life->scene.guest.pid + 1 + (pid_t)vcpu);

    assert_string_equal(found, cpus);
}

static void expect_status(const struct life *life, enum guest_status status)
{
    if (life->report.status != status)
        life_print(life);
    assert_string_equal(guest_status_name(life->report.status), guest_status_name(status));
}

static void expect_refused(const struct life *life, const char *attribute, const char *words)
{
    for (size_t i = 0; i < life->report.refusals.count; i++)
        if (strcmp(life->report.refusals.refusals[i].attribute, attribute) == 0 &&
            strstr(life->report.refusals.refusals[i].text, words))
            return;
    life_print(life);
    fail_msg("no refusal of %s says \"%s\"", attribute, words);
}

static unsigned masks_given(const struct life *life)
{
    unsigned given = 0;

    for (size_t i = 0; i < life->scene.fail->trace_count; i++)
        given += life->scene.fail->trace[i].operation == KERNEL_AFFINITY;
    return given;
}

/* ---- masks ----------------------------------------------------------------------------------- */

static void a_thread_that_its_own_mask_keeps_from_the_policys_cpus_gets_them(void **state)
{
    for (int version = 1; version <= 2; version++) {
        struct life life;

        life_begin_plain(&life, version, false);
        model_set_affinity(life.scene.model, life.scene.guest.pid + 1, "2-3");
        life_desire(&life, "vcpu0", "cpuset.cpus", "3-5");
        life_apply(&life, "");
        life_expect_in_force(&life, "");
        expect_thread(&life, 0, "3-5");
        assert_int_equal(masks_given(&life), 1);
        life_apply(&life, "");
        assert_int_equal(life.scene.fail->writes, 0);
        life_end(&life);
    }
}

static void a_kernel_that_forgets_masks_needs_none(void **state)
{
    struct life life;

    life_begin_plain(&life, 2, true);
    model_set_affinity(life.scene.model, life.scene.guest.pid + 1, "2-3");
    life_desire(&life, "vcpu0", "cpuset.cpus", "3-5");
    life_apply(&life, "");
    life_expect_in_force(&life, "");
    expect_thread(&life, 0, "3-5");
    assert_int_equal(masks_given(&life), 0);
    life_end(&life);
}

static void a_set_that_is_only_needed_leaves_the_threads_their_masks(void **state)
{
    struct life life;

    life_begin_plain(&life, 1, false);
    model_set_affinity(life.scene.model, life.scene.guest.pid + 2, "0-3");
    life_desire(&life, "vm", "cpuset.cpus", "2-5");
    life_apply(&life, "");
    life_expect_in_force(&life, "");
    expect(&life, "cpuset", "vcpu1", "cpuset.cpus", "2-5");
    expect_thread(&life, 1, "2-3");
    assert_int_equal(masks_given(&life), 0);
    life_end(&life);
}

/* ---- what is granted ------------------------------------------------------------------------- */

static void a_set_for_the_guest_as_a_whole_is_verified_for_each_of_its_roles(void **state)
{
    struct life life;

    life_begin_plain(&life, 2, false);
    life_desire(&life, "vm", "cpuset.cpus", "0-3");
    life_apply(&life, "");
    assert_int_equal(life.report.granted_count, 5); /* emulator, 3 vCPUs, iothread */
    for (size_t i = 0; i < life.report.granted_count; i++) {
        cleanup_free char *effective = NULL;

        assert_int_equal(cg_set_format(life.report.granted[i].effective, &effective), 0);
        assert_string_equal(effective, "0-3");
        assert_true(life.report.granted[i].count > 0);
    }
    life_end(&life);
}

/* Just before the pass looks at what vcpu1 is granted. */
static void widen_own_set(struct kernel_fail *fail, const struct kernel_event *event, void *data)
{
    if (event->operation == KERNEL_READ && strcmp(event->file, "cpuset.cpus.effective") == 0 &&
        strstr(event->path, "/vcpu1"))
        foreign(data, "cpuset", "vm", "cpuset.cpus", "0-7");
}

static void a_role_that_is_granted_more_than_the_guest_as_a_whole_is_told(void **state)
{
    struct life life;

    life_begin_plain(&life, 2, false);
    life_desire(&life, "vm", "cpuset.cpus", "0-3");
    life.scene.fail->hook = widen_own_set;
    life.scene.fail->hook_data = &life;
    life.scene.fail->hook_all = true;
    life_apply(&life, "");
    expect_status(&life, GUEST_FAILED);
    expect_refused(&life, "cpuset.cpus", "lets this role run outside");
    life.scene.fail->hook = NULL;
    life_end(&life);
}

/* ---- somebody else, between the write and the look at what came of it -------------------------
 */

/* Writes a value, as somebody else, just before the pass reads that file of vcpu0. */
struct other {
    struct life *life;
    const char *reads; /* the file */
    const char *controller, *role, *file, *value;
    unsigned after; /* this many writes of the pass */
    unsigned times;
};

/* Shares of 77, so many times, when the pass reads back what it has written. */
static struct other other_shares(unsigned times)
{
    return (struct other){.reads = "cpu.shares",
                          .controller = "cpu",
                          .role = "vcpu0",
                          .file = "cpu.shares",
                          .value = "77",
                          .after = 1,
                          .times = times};
}

static void write_between(struct kernel_fail *fail, const struct kernel_event *event, void *data)
{
    struct other *other = data;

    if (event->operation != KERNEL_READ || strcmp(event->file, other->reads) != 0 ||
        !strstr(event->path, "/vcpu0") || fail->writes < other->after || other->times == 0)
        return;
    other->times--;
    foreign(other->life, other->controller, other->role, other->file, other->value);
}

static void pass_beside(struct life *life, struct other *other, enum reconcile_mode mode)
{
    other->life = life;
    life->scene.fail->hook = write_between;
    life->scene.fail->hook_data = other;
    life->scene.fail->hook_all = true;
    assert_int_equal(life_pass(life, mode), 0);
    life->scene.fail->hook = NULL;
}

static unsigned changes_for(const struct life *life, enum change_reason reason)
{
    unsigned count = 0;

    for (size_t i = 0; i < life->report.change_count; i++)
        count += life->report.changes[i].reason == reason &&
                 life->report.changes[i].state == CHANGE_DONE;
    return count;
}

static void what_is_changed_before_it_is_read_back_is_drift_and_healed(void **state)
{
    struct other other = other_shares(1);
    struct life life;

    life_begin_plain(&life, 1, false);
    life_desire(&life, "vcpu0", "cpu.shares", "2048");
    pass_beside(&life, &other, RECONCILE_APPLY);
    life_expect_in_force(&life, "");
    assert_int_equal(life.report.change_count, 2); /* each write is told */
    assert_int_equal(changes_for(&life, CHANGE_POLICY), 1);
    assert_int_equal(changes_for(&life, CHANGE_HEAL), 1);
    assert_int_equal(life.scene.fail->writes, 2);
    life_return(&life, "");
    expect(&life, "cpu", "vcpu0", "cpu.shares", "77");
    life_end(&life);
}

static void what_is_to_be_set_once_is_set_though_it_is_changed_before_it_is_read_back(void **state)
{
    struct other other = other_shares(1);
    struct life life;

    life_begin_plain(&life, 1, false);
    life_desire(&life, "vcpu0", "cpu.shares", "2048");
    life.desired.cells.cells[0].flags |= CELL_ENFORCE_START;
    pass_beside(&life, &other, RECONCILE_APPLY);
    life_expect_in_force(&life, "");
    foreign(&life, "cpu", "vcpu0", "cpu.shares", "55");
    life_apply(&life, "");
    expect(&life, "cpu", "vcpu0", "cpu.shares", "55"); /* the operator's since then */
    life_end(&life);
}

/* As `virsh schedinfo` does, which writes the shares of every vCPU. */
static void write_every_vcpu(struct kernel_fail *fail, const struct kernel_event *event, void *data)
{
    struct life *life = data;

    if (event->operation != KERNEL_READ || strcmp(event->file, "cpu.shares") != 0 ||
        fail->writes != 2)
        return;
    foreign(life, "cpu", "vcpu0", "cpu.shares", "77");
    foreign(life, "cpu", "vcpu1", "cpu.shares", "77");
}

static bool some_change_notes(const struct life *life, const char *note)
{
    bool some = false;

    for (size_t i = 0; i < life->report.change_count; i++)
        some |= life->report.changes[i].note && strcmp(life->report.changes[i].note, note) == 0;
    return some;
}

static void a_return_that_somebody_overwrites_is_made_and_told_beside_what_is_healed(void **state)
{
    struct life life;

    life_begin_plain(&life, 1, false);
    life_desire(&life, "vcpu1", "cpu.shares", "512");
    life_apply(&life, "");
    life_desire_nothing(&life);
    life_desire(&life, "vcpu0", "cpu.shares", "2048");
    life.scene.fail->hook = write_every_vcpu;
    life.scene.fail->hook_data = &life;
    life.scene.fail->hook_all = true;
    life_apply(&life, "");
    life.scene.fail->hook = NULL;
    expect(&life, "cpu", "vcpu0", "cpu.shares", "2048");
    expect(&life, "cpu", "vcpu1", "cpu.shares", "77");
    assert_int_equal(changes_for(&life, CHANGE_HEAL), 1);
    assert_int_equal(changes_for(&life, CHANGE_RETURN), 1);
    assert_true(some_change_notes(&life, "77 stands there since"));
    expect_status(&life, GUEST_IN_SYNC);
    life_end(&life);
}

static void a_value_that_does_not_stay_is_written_twice_and_told(void **state)
{
    struct other other = other_shares(UINT_MAX);
    struct life life;

    life_begin_plain(&life, 1, false);
    life_desire(&life, "vcpu0", "cpu.shares", "2048");
    pass_beside(&life, &other, RECONCILE_APPLY);
    expect_status(&life, GUEST_FAILED);
    assert_int_equal(life.scene.fail->writes, 2);
    assert_non_null(life_change(&life, CHANGE_FAILED));
    assert_string_equal(life_change(&life, CHANGE_FAILED)->error, "written, but 77 stands there");
    life_end(&life);
}

static void
a_set_that_is_changed_before_the_look_at_what_is_granted_is_drift_and_healed(void **state)
{
    static const char *const roles[] = {"vcpu0", "vm"}; /* itself, and what it needs above */

    for (size_t i = 0; i < ARRAY_SIZE(roles); i++) {
        struct other other = {.reads = "cpuset.cpus.effective",
                              .controller = "cpuset",
                              .role = roles[i],
                              .file = "cpuset.cpus",
                              .value = "0-1",
                              .times = 1};
        struct life life;

        life_begin_plain(&life, 2, false);
        life_desire(&life, "vcpu0", "cpuset.cpus", "6");
        life_apply(&life, "");
        life_expect_in_force(&life, roles[i]);
        pass_beside(&life, &other, RECONCILE_APPLY);
        assert_int_equal(other.times, 0);
        life_expect_in_force(&life, roles[i]);
        assert_int_equal(life.scene.fail->writes, 1);
        expect_thread(&life, 0, "6");
        life_end(&life);
    }
}

static void a_look_alone_tells_what_was_changed_under_it_as_drift(void **state)
{
    struct other other = {.reads = "cpuset.cpus.effective",
                          .controller = "cpuset",
                          .role = "vcpu0",
                          .file = "cpuset.cpus",
                          .value = "0-1",
                          .times = 1};
    struct life life;

    life_begin_plain(&life, 2, false);
    life_desire(&life, "vcpu0", "cpuset.cpus", "6");
    life_apply(&life, "");
    pass_beside(&life, &other, RECONCILE_STATUS);
    expect_status(&life, GUEST_DRIFT);
    assert_int_equal(life.scene.fail->writes, 0);
    life_end(&life);
}

/* ---- limits ---------------------------------------------------------------------------------- */

static void a_limit_with_swap_below_the_limit_in_force_is_refused_before_any_write(void **state)
{
    struct life life;

    life_begin_plain(&life, 1, false);
    life_desire(&life, "vm", "memory.memsw.limit_in_bytes", "1073741824");
    life_desire(&life, "vcpu0", "cpu.shares", "77");
    life_apply(&life, "");
    expect_status(&life, GUEST_FAILED);
    expect_refused(&life, "memory.memsw.limit_in_bytes", "memory.limit_in_bytes");
    assert_int_equal(life.scene.fail->writes, 0);
    life_end(&life);
}

/* ---- what returns ---------------------------------------------------------------------------- */

static void v2_sets_that_lay_apart_before_lie_apart_again(void **state)
{
    struct life life;

    life_begin_plain(&life, 2, false);
    foreign(&life, "cpuset", "vm", "cpuset.cpus", "0-1");
    foreign(&life, "cpuset", "vcpu0", "cpuset.cpus", "4-5");
    life_desire(&life, "vcpu0", "cpuset.cpus", "6");
    life_apply(&life, "");
    life_expect_in_force(&life, "");
    expect(&life, "cpuset", "vm", "cpuset.cpus", "0-1,6");
    expect_thread(&life, 0, "6");
    life_return(&life, "");
    expect(&life, "cpuset", "vm", "cpuset.cpus", "0-1");
    expect(&life, "cpuset", "vcpu0", "cpuset.cpus", "4-5");
    expect_status(&life, GUEST_UNMANAGED);
    life_end(&life);
}

static void a_v2_guest_that_somebody_narrowed_is_widened_for_its_roles(void **state)
{
    struct life life;

    life_begin_plain(&life, 2, false);
    life_desire(&life, "vcpu0", "cpuset.cpus", "6");
    life_apply(&life, "");
    life_expect_in_force(&life, "");
    foreign(&life, "cpuset", "vm", "cpuset.cpus", "0-3");
    expect_thread(&life, 0,
                  "0-3"); /* nothing in common: the kernel grants the whole of the guest's */
    life_apply(&life, "");
    life_expect_in_force(&life, "narrowed");
    expect(&life, "cpuset", "vm", "cpuset.cpus", "0-3,6");
    expect_thread(&life, 0, "6");
    life_end(&life);
}

/* libvirt gives the emulator all nodes while it plugs a vCPU in. */
static void on_v1_a_guests_own_mems_leave_libvirt_room(void **state)
{
    static const char *const roles[] = {"vm", "emulator", "vcpu0", "vcpu1", "vcpu2", "iothread1"};
    struct life life;

    life_begin_plain(&life, 1, false);
    for (size_t i = 0; i < ARRAY_SIZE(roles); i++)
        life_desire(&life, roles[i], "cpuset.mems", "1");
    life_apply(&life, "");
    life_expect_in_force(&life, "");
    expect(&life, "cpuset", "vcpu1", "cpuset.mems", "1");
    foreign(&life, "cpuset", "emulator", "cpuset.mems", "0-1");
    life_apply(&life, "");
    expect(&life, "cpuset", "emulator", "cpuset.mems", "1");
    life_end(&life);
}

static void memory_that_must_not_move_back_holds_up_nothing_else(void **state)
{
    static const char *const roles[] = {"vm", "emulator", "vcpu0", "vcpu1", "vcpu2", "iothread1"};

    for (int version = 1; version <= 2; version++) {
        struct life life;

        life_begin_plain(&life, version, false);
        for (size_t i = ARRAY_SIZE(roles); i-- > 0;)
            foreign(&life, "cpuset", roles[i], "cpuset.mems", "0");
        for (size_t i = 0; i < ARRAY_SIZE(roles); i++)
            life_desire(&life, roles[i], "cpuset.mems", "1");
        life_desire(&life, "vcpu0", "cpu.shares", "2048");
        life_desire(&life, "vcpu1", "cpuset.cpus", "3");
        life_apply(&life, "");
        life_expect_in_force(&life, "");
        life_return(&life, "");
        expect_refused(&life, "cpuset.mems", "going back would move its memory");
        expect(&life, "cpuset", "vm", "cpuset.mems", version == 1 ? "0-1" : "1");
        expect(&life, "cpuset", "vcpu1", "cpuset.mems", "1");
        expect(&life, "cpuset", "vcpu1", "cpuset.cpus", version == 1 ? "0-7" : "0-7");
        expect(&life, "cpu", "vcpu0", version == 1 ? "cpu.shares" : "cpu.weight",
               version == 1 ? "1024" : "100");
        life_end(&life);
    }
}

static void what_somebody_else_wrote_meanwhile_is_what_returns(void **state)
{
    struct life life;

    life_begin_plain(&life, 1, false);
    life_desire(&life, "vcpu0", "cpu.shares", "2048");
    life_apply(&life, "");
    foreign(&life, "cpu", "vcpu0", "cpu.shares", "77");
    assert_int_equal(life_pass(&life, RECONCILE_PLAN), 0);
    expect_status(&life, GUEST_DRIFT);
    life_apply(&life, "");
    life_expect_in_force(&life, "");
    life_return(&life, "");
    expect(&life, "cpu", "vcpu0", "cpu.shares", "77");
    life_end(&life);
}

static void a_slice_that_is_narrowed_under_what_is_in_force_is_named(void **state)
{
    struct life life;

    life_begin_plain(&life, 2, false);
    life_desire(&life, "vm", "cpuset.cpus", "2-5");
    life_desire(&life, "vm", "cpuset.mems", "0-1");
    life_apply(&life, "");
    assert_int_equal(model_write(life.scene.model, "cpuset", "machine.slice", "cpuset.cpus", "0-3"),
                     0);
    assert_int_equal(model_write(life.scene.model, "cpuset", "machine.slice", "cpuset.mems", "0"),
                     0);
    life_apply(&life, "");
    expect_status(&life, GUEST_FAILED);
    expect_refused(&life, "cpuset.cpus", "grants 2-3: 4-5: /sys/fs/cgroup/machine.slice");
    expect_refused(&life, "cpuset.mems", "grants 0: 1: /sys/fs/cgroup/machine.slice");
    assert_int_equal(life.scene.fail->writes, 0);
    life_end(&life);
}

/* ---- CPUs and vCPUs that come and go ----------------------------------------------------------
 */

static void go_online(struct life *life, const char *cpus)
{
    model_set_online(life->scene.model, cpus);
    assert_int_equal(host_refresh(life->scene.host, NULL), 0);
}

static void v2_recovers_by_itself_when_a_cpu_returns(void **state)
{
    struct life life;

    life_begin_plain(&life, 2, false);
    life_desire(&life, "vcpu0", "cpuset.cpus", "2-3");
    life_apply(&life, "");
    go_online(&life, "0-2,4-7");
    life_apply(&life, "");
    expect_status(&life, GUEST_DEGRADED);
    assert_int_equal(life.scene.fail->writes, 0);
    expect_thread(&life, 0, "2");
    go_online(&life, "0-7");
    life_apply(&life, "");
    life_expect_in_force(&life, "online again");
    assert_int_equal(life.scene.fail->writes, 0);
    expect_thread(&life, 0, "2-3");
    life_end(&life);
}

/* The kernel took the CPU out of the guest's set and of the slice's above, which is not vmpin's. */
static void v1_needs_the_slice_mended_when_a_cpu_returns(void **state)
{
    struct life life;

    life_begin_plain(&life, 1, false);
    life_desire(&life, "vcpu0", "cpuset.cpus", "2-3");
    life_apply(&life, "");
    go_online(&life, "0-2,4-7");
    expect(&life, "cpuset", "vcpu0", "cpuset.cpus", "2");
    life_apply(&life, "");
    expect_status(&life, GUEST_DEGRADED);
    assert_int_equal(life.scene.fail->writes, 0);
    go_online(&life, "0-7");
    life_apply(&life, "");
    expect_status(&life, GUEST_FAILED);
    expect_refused(&life, "cpuset.cpus", "/sys/fs/cgroup/cpuset/machine does not have 3");
    expect_refused(&life, "cpuset.cpus",
                   ": for f in '/sys/fs/cgroup/cpuset/machine/cpuset.cpus'; do echo "
                   "\"$(cat \"$f\"),2-3\" > \"$f\"; done");
    assert_int_equal(model_write(life.scene.model, "cpuset", "machine", "cpuset.cpus", "0-7"), 0);
    life_apply(&life, "");
    life_expect_in_force(&life, "the slice mended");
    life_return(&life, "");
    expect(&life, "cpuset", "vcpu0", "cpuset.cpus", "0-7");
    life_end(&life);
}

/* vmpin moves no thread, and the kernel gives none back to the set that it left. */
static void v1_tells_how_to_move_a_thread_back_into_a_set_that_was_empty(void **state)
{
    struct life life;
    cleanup_free char *vcpu = NULL, *told = NULL;

    life_begin_plain(&life, 1, false);
    vcpu = path_of(&life, "vcpu0");
    life_desire(&life, "vcpu0", "cpuset.cpus", "3");
    life_apply(&life, "");
    go_online(&life, "0-2,4-7");
    expect(&life, "cpuset", "vcpu0", "cpuset.cpus", "");
    life_apply(&life, "");
    expect_refused(&life, "cpuset.cpus", "all of its CPUs are offline");
    go_online(&life, "0-7");
    life_apply(&life, "");
    assert_int_equal(life.report.refusals.count, 2); /* the set's, and what it needs above */
    assert_int_equal(model_write(life.scene.model, "cpuset", "machine", "cpuset.cpus", "0-7"), 0);
    life_apply(&life, "");
    expect(&life, "cpuset", "vcpu0", "cpuset.cpus", "3");
    assert_true(asprintf(&told, "echo %d > '/sys/fs/cgroup/cpuset/%s/tasks'",
                         (int)life.scene.guest.pid + 1, vcpu) > 0);
    expect_refused(&life, "cpuset.cpus", told);
    life_end(&life);
}

static void the_status_tells_of_a_thread_that_somebody_moved_to_another_role(void **state)
{
    for (int version = 1; version <= 2; version++) {
        struct life life;
        cleanup_free char *vcpu = NULL, *emulator = NULL, *told = NULL;

        life_begin_plain(&life, version, false);
        vcpu = path_of(&life, "vcpu1");
        emulator = path_of(&life, "emulator");
        life_desire(&life, "vcpu1", "cpuset.cpus", "3");
        life_apply(&life, "");
        assert_int_equal(
            model_place(life.scene.model, life.scene.guest.pid + 2, "cpuset", emulator), 0);
        life_apply(&life, "a thread that is new is there, too, for a moment");
        expect_status(&life, GUEST_IN_SYNC);
        assert_int_equal(life_pass(&life, RECONCILE_STATUS), 0);
        expect_status(&life, GUEST_FAILED);
        assert_true(asprintf(&told, "emulator, and vmpin moves none back: echo %d > '%s%s/%s'",
                             (int)life.scene.guest.pid + 2,
                             version == 1 ? "/sys/fs/cgroup/cpuset/" : "/sys/fs/cgroup/", vcpu,
                             version == 1 ? "tasks" : "cgroup.threads") > 0);
        expect_refused(&life, "cpuset.cpus", told);
        life_end(&life);
    }
}

static void v1_returns_to_what_is_online_of_a_baseline(void **state)
{
    struct life life;

    life_begin_plain(&life, 1, false);
    life_desire(&life, "vcpu0", "cpuset.cpus", "2-3");
    life_apply(&life, "");
    go_online(&life, "0-2,4-7");
    life_return(&life, "");
    expect_status(&life, GUEST_UNMANAGED);
    expect(&life, "cpuset", "vcpu0", "cpuset.cpus", "0-2,4-7");
    life_end(&life);
}

static void take_offline(struct kernel_fail *fail, const struct kernel_event *event, void *data)
{
    struct life *life = data;

    if (event->operation == KERNEL_READ && strcmp(event->file, "cpuset.effective_cpus") == 0)
        model_set_online(life->scene.model, "0-2,4-7");
}

static void
what_v1_takes_out_of_a_set_before_the_host_is_known_to_have_changed_is_no_baseline(void **state)
{
    struct life life;

    life_begin_plain(&life, 1, false);
    life_desire(&life, "vcpu0", "cpuset.cpus", "2-3");
    life_apply(&life, "");
    life.scene.fail->hook = take_offline;
    life.scene.fail->hook_data = &life;
    life.scene.fail->hook_all = true;
    life_apply(&life, "");
    life.scene.fail->hook = NULL;
    expect(&life, "cpuset", "vcpu0", "cpuset.cpus", "2");
    assert_int_equal(life.scene.fail->writes, 0);
    go_online(&life, "0-2,4-7"); /* the uevent is read */
    life_apply(&life, "");
    go_online(&life, "0-7");
    assert_int_equal(model_write(life.scene.model, "cpuset", "machine", "cpuset.cpus", "0-7"), 0);
    life_return(&life, "");
    expect(&life, "cpuset", "vcpu0", "cpuset.cpus", "0-7");
    life_end(&life);
}

static void what_is_asked_of_offline_cpus_alone_is_left_as_it_is(void **state)
{
    for (int version = 1; version <= 2; version++) {
        struct life life;

        life_begin_plain(&life, version, false);
        go_online(&life, "0-2,4-7");
        life_desire(&life, "vcpu0", "cpuset.cpus", "3");
        life_apply(&life, "");
        expect_status(&life, GUEST_FAILED);
        expect_refused(&life, "cpuset.cpus", "all of its CPUs are offline");
        assert_int_equal(life.scene.fail->writes, 0);
        life_end(&life);
    }
}

static void a_vcpu_that_is_plugged_in_later_gets_what_waits_for_it(void **state)
{
    for (int version = 1; version <= 2; version++) {
        struct life life;
        struct scene *s = &life.scene;
        cleanup_free char *path = NULL;

        life_begin_plain(&life, version, false);
        path = path_of(&life, "vcpu3");
        life_desire(&life, "vcpu3", "cpu.shares", "2048");
        life_apply(&life, "");
        expect_status(&life, GUEST_IN_SYNC);
        assert_int_equal(s->fail->writes, 0);
        if (version == 1)
            model_make(s->model, "cpu,cpuset", path);
        else
            assert_int_equal(model_mkdir(s->model, "cpuset", path, true), 0);
        life_apply(&life, "");
        life_expect_in_force(&life, "plugged in");
        assert_int_equal(s->fail->writes, 1);
        life_end(&life);
    }
}

static void unplug(struct life *life, const char *role, bool again)
{
    const char *controllers[] = {"cpu", "cpuset"};
    cleanup_free char *path = path_of(life, role);

    model_end_thread(life->scene.model, life->scene.guest.pid + 101);
    for (size_t i = 0; i < ARRAY_SIZE(controllers); i++)
        if (model_exists(life->scene.model, controllers[i], path))
            assert_int_equal(model_rmdir(life->scene.model, controllers[i], path), 0);
    if (again && model_exists(life->scene.model, "cpuset", "machine.slice"))
        assert_int_equal(model_mkdir(life->scene.model, "cpuset", path, true), 0);
    else if (again)
        model_make(life->scene.model, "cpu,cpuset", path);
}

static void what_is_to_be_set_once_is_set_anew_where_a_role_is_added_again(void **state)
{
    for (int version = 1; version <= 2; version++) {
        struct life life;

        life_begin_plain(&life, version, false);
        life_desire(&life, "iothread1", "cpu.shares", "2048");
        life.desired.cells.cells[0].flags |= CELL_ENFORCE_START;
        life_apply(&life, "");
        unplug(&life, "iothread1", false);
        life_apply(&life, "it is gone");
        unplug(&life, "iothread1", true);
        life_apply(&life, "it is back");
        life_expect_in_force(&life, "added again");
        life_end(&life);
    }
}

static void a_role_that_went_needs_no_way_back(void **state)
{
    cleanup_state struct guest_state lost = {0};
    struct life life;

    life_begin_plain(&life, 1, false);
    life_desire(&life, "iothread1", "cpu.shares", "2048");
    life_apply(&life, "");
    assert_int_equal(
        state_start_lost(&lost, life.scene.facts->uuid, &life.binding, &life.desired.cells), 0);
    assert_int_equal(state_dir_save(&life.state, &lost, NULL), 0);
    life_apply(&life, "whatever stood there before is not known any more");
    unplug(&life, "iothread1", false);
    life_return(&life, "");
    assert_int_equal(life.report.refusals.count, 0);
    life_end(&life);
}

/* Just before the pass reads the shares of iothread1, whose node it has opened. */
static void take_iothread_away(struct kernel_fail *fail, const struct kernel_event *event,
                               void *data)
{
    if (event->operation == KERNEL_READ && strcmp(event->file, "cpu.shares") == 0 &&
        strstr(event->path, "/iothread1"))
        unplug(data, "iothread1", false);
}

static void take_guest_away(struct kernel_fail *fail, const struct kernel_event *event, void *data)
{
    struct life *life = data;

    if (event->operation == KERNEL_READ && strcmp(event->file, "cpu.shares") == 0)
        model_remove_guest(life->scene.model, &life->scene.guest);
}

static void what_goes_while_it_is_looked_at_is_gone_and_lacks_no_file(void **state)
{
    static const kernel_hook hooks[] = {take_iothread_away, take_guest_away};
    static const int results[] = {0, -ESTALE};

    for (size_t i = 0; i < ARRAY_SIZE(hooks); i++) {
        struct life life;

        life_begin_plain(&life, 1, false);
        life_desire(&life, "iothread1", "cpu.shares", "2048");
        life.scene.fail->hook = hooks[i];
        life.scene.fail->hook_data = &life;
        life.scene.fail->hook_all = true;
        assert_int_equal(life_pass(&life, RECONCILE_APPLY), results[i]);
        assert_int_equal(life.report.refusals.count, 0);
        life.scene.fail->hook = NULL;
        life_end(&life);
    }
}

/* ---- costs ----------------------------------------------------------------------------------- */

static void nothing_is_read_that_no_policy_names(void **state)
{
    struct life life;
    unsigned reads = 0;

    life_begin_plain(&life, 1, false);
    life_desire(&life, "vcpu0", "cpu.shares", "2048");
    life_apply(&life, "");
    life_apply(&life, "");
    for (size_t i = 0; i < life.scene.fail->trace_count; i++) {
        const struct kernel_event *e = &life.scene.fail->trace[i];

        if (e->operation != KERNEL_READ || strncmp(e->path, "/sys/fs/cgroup", 14) != 0)
            continue;
        assert_string_equal(e->file, "cpu.shares");
        reads++;
    }
    assert_int_equal(reads, 1);
    life_end(&life);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_thread_that_its_own_mask_keeps_from_the_policys_cpus_gets_them),
        cmocka_unit_test(a_kernel_that_forgets_masks_needs_none),
        cmocka_unit_test(a_set_that_is_only_needed_leaves_the_threads_their_masks),
        cmocka_unit_test(a_set_for_the_guest_as_a_whole_is_verified_for_each_of_its_roles),
        cmocka_unit_test(a_role_that_is_granted_more_than_the_guest_as_a_whole_is_told),
        cmocka_unit_test(what_is_changed_before_it_is_read_back_is_drift_and_healed),
        cmocka_unit_test(what_is_to_be_set_once_is_set_though_it_is_changed_before_it_is_read_back),
        cmocka_unit_test(a_return_that_somebody_overwrites_is_made_and_told_beside_what_is_healed),
        cmocka_unit_test(a_value_that_does_not_stay_is_written_twice_and_told),
        cmocka_unit_test(
            a_set_that_is_changed_before_the_look_at_what_is_granted_is_drift_and_healed),
        cmocka_unit_test(a_look_alone_tells_what_was_changed_under_it_as_drift),
        cmocka_unit_test(a_limit_with_swap_below_the_limit_in_force_is_refused_before_any_write),
        cmocka_unit_test(v2_sets_that_lay_apart_before_lie_apart_again),
        cmocka_unit_test(a_v2_guest_that_somebody_narrowed_is_widened_for_its_roles),
        cmocka_unit_test(on_v1_a_guests_own_mems_leave_libvirt_room),
        cmocka_unit_test(memory_that_must_not_move_back_holds_up_nothing_else),
        cmocka_unit_test(what_somebody_else_wrote_meanwhile_is_what_returns),
        cmocka_unit_test(v2_recovers_by_itself_when_a_cpu_returns),
        cmocka_unit_test(v1_needs_the_slice_mended_when_a_cpu_returns),
        cmocka_unit_test(a_slice_that_is_narrowed_under_what_is_in_force_is_named),
        cmocka_unit_test(v1_tells_how_to_move_a_thread_back_into_a_set_that_was_empty),
        cmocka_unit_test(the_status_tells_of_a_thread_that_somebody_moved_to_another_role),
        cmocka_unit_test(v1_returns_to_what_is_online_of_a_baseline),
        cmocka_unit_test(
            what_v1_takes_out_of_a_set_before_the_host_is_known_to_have_changed_is_no_baseline),
        cmocka_unit_test(what_is_asked_of_offline_cpus_alone_is_left_as_it_is),
        cmocka_unit_test(a_vcpu_that_is_plugged_in_later_gets_what_waits_for_it),
        cmocka_unit_test(what_is_to_be_set_once_is_set_anew_where_a_role_is_added_again),
        cmocka_unit_test(a_role_that_went_needs_no_way_back),
        cmocka_unit_test(what_goes_while_it_is_looked_at_is_gone_and_lacks_no_file),
        cmocka_unit_test(nothing_is_read_that_no_policy_names),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
