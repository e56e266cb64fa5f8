/* Memory nodes: when a pass writes them and when not (on the model of the kernel), and the process
 * that writes them (on plain files and a pipe in the place of one, whose writer is stuck until it
 * is read). */
#include "test.h"

#include "base/proc_stat.h"
#include "cgroup/set.h"
#include "reconcile/move.h"
#include "reconcile/resident.h"
#include "unit/folder.h"
#include "unit/life.h"

#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/file.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

/* ---- when ----------------------------------------------------------------------------------- */

static const char *const roles[] = {"vm", "emulator", "vcpu0", "vcpu1", "vcpu2", "iothread1"};

static char *path_of(const struct life *life, const char *role)
{
    return model_guest_path(life->scene.model, &life->scene.guest,
                            strcmp(role, "vm") == 0 ? "libvirt" : role);
}

static void foreign(struct life *life, const char *role, const char *value)
{
    cleanup_free char *path = path_of(life, role);

    assert_int_equal(model_write(life->scene.model, "cpuset", path, "cpuset.mems", value), 0);
}

static void expect(struct life *life, const char *role, const char *value)
{
    cleanup_free char *path = path_of(life, role);
    cleanup_free char *found = model_read(life->scene.model, "cpuset", path, "cpuset.mems");

    assert_string_equal(found, value);
}

/* A guest on v2 whose memory is on node 0, and a policy that asks for node 1. */
static void begin(struct life *life, unsigned flags)
{
    life_begin_plain(life, 2, false);
    for (size_t i = ARRAY_SIZE(roles); i-- > 0;)
        foreign(life, roles[i], "0");
    for (size_t i = 0; i < ARRAY_SIZE(roles); i++)
        life_desire(life, roles[i], "cpuset.mems", "1");
    for (size_t i = 0; i < life->desired.cells.count; i++)
        life->desired.cells.cells[i].flags = flags;
}

static void drop_migrate(struct life *life)
{
    for (size_t i = 0; i < life->desired.cells.count; i++)
        life->desired.cells.cells[i].flags = 0;
}

static void expect_refusal(struct life *life, const char *words)
{
    assert_int_equal(life_pass(life, RECONCILE_APPLY), 0);
    assert_true(life->report.refusals.count > 0);
    if (!strstr(life->report.refusals.refusals[0].text, words))
        fail_msg("%s", life->report.refusals.refusals[0].text);
    expect(life, "vm", "0");
    expect(life, "vcpu0", "0");
}

static void memory_that_must_not_move_is_left_where_it_is(void **state)
{
    struct life life;
    struct facts *facts;

    begin(&life, CELL_MIGRATE);
    facts = life.scene.facts;
    facts->host_devices = 1;
    expect_refusal(&life, "passed-through devices");
    facts->host_devices = 0;
    facts->locked_memory = true;
    expect_refusal(&life, "locked");
    facts->locked_memory = false;
    facts->numatune_mode = strdup("restrictive");
    expect_refusal(&life, "restrictive");
    free(facts->numatune_mode);
    facts->numatune_mode = NULL;
    model_set_file(life.scene.model, "/sys/devices/system/node/node1/meminfo",
                   "Node 1 MemFree: 4 kB\n");
    expect_refusal(&life, "could not be seen");
    drop_migrate(&life);
    expect_refusal(&life, "\"migrate\": true");
    life_end(&life);
}

static void memory_nodes_that_a_slice_forbids_are_refused_naming_its_unit(void **state)
{
    struct life life;

    begin(&life, CELL_MIGRATE);
    assert_int_equal(model_write(life.scene.model, "cpuset", "machine.slice", "cpuset.mems", "0"),
                     0);
    expect_refusal(&life, "unit machine.slice, whose AllowedMemoryNodes= would have to be 0-1");
    life_end(&life);
}

/* libvirt's nodes have it; who takes it away means it, or does not know what it is for. */
static void on_v1_memory_that_would_stay_behind_is_refused_naming_the_file(void **state)
{
    struct life life;
    cleanup_free char *vcpu = NULL;

    life_begin_plain(&life, 1, false);
    for (size_t i = 0; i < ARRAY_SIZE(roles); i++)
        life_desire(&life, roles[i], "cpuset.mems", "1");
    for (size_t i = 0; i < life.desired.cells.count; i++)
        life.desired.cells.cells[i].flags = CELL_MIGRATE;
    vcpu = model_guest_path(life.scene.model, &life.scene.guest, "vcpu1");
    assert_int_equal(model_write(life.scene.model, "cpuset", vcpu, "cpuset.memory_migrate", "0"),
                     0);
    assert_int_equal(life_pass(&life, RECONCILE_APPLY), 0);
    assert_int_equal(life.report.refusals.count, 1);
    assert_int_equal(life.report.refusals.refusals[0].role.index, 1);
    assert_non_null(strstr(life.report.refusals.refusals[0].text, "memory_migrate is 0"));
    expect(&life, "vcpu0", "0-1");
    assert_int_equal(model_write(life.scene.model, "cpuset", vcpu, "cpuset.memory_migrate", "1"),
                     0);
    life_apply(&life, "");
    life_expect_in_force(&life, "");
    life_end(&life);
}

static void mems_that_somebody_opens_are_healed_only_when_that_has_lasted(void **state)
{
    struct life life;

    begin(&life, CELL_MIGRATE);
    life_apply(&life, "");
    life_expect_in_force(&life, "");
    foreign(&life, "emulator", "0-1");
    assert_int_equal(life_pass(&life, RECONCILE_APPLY), 0);
    expect(&life, "emulator", "0-1");
    assert_non_null(life_change(&life, CHANGE_PLANNED)->note);
    assert_true(life.report.unrested);
    foreign(&life, "emulator", "0");
    assert_int_equal(life_pass(&life, RECONCILE_APPLY), 0);
    expect(&life, "emulator", "0"); /* another picture */
    assert_int_equal(life_pass(&life, RECONCILE_APPLY), 0);
    life_expect_in_force(&life, "rested");
    life_end(&life);
}

static void a_policy_in_force_is_healed_without_migrate_and_whatever_room_there_is(void **state)
{
    struct life life;

    begin(&life, CELL_MIGRATE);
    life_apply(&life, "");
    drop_migrate(&life);
    model_set_file(life.scene.model, "/sys/devices/system/node/node1/meminfo",
                   "Node 1 MemFree: 4 kB\n");
    foreign(&life, "vm", "0-1");
    foreign(&life, "emulator", "0");
    life_apply(&life, "");
    life_expect_in_force(&life, "healed");
    life_end(&life);
}

/* As kill -9 leaves it: on record and half written. */
static void a_move_that_was_interrupted_is_completed(void **state)
{
    struct life life;

    begin(&life, CELL_MIGRATE);
    life_apply(&life, "");
    drop_migrate(&life);
    foreign(&life, "vm", "0-1");
    foreign(&life, "vcpu2", "0");
    foreign(&life, "iothread1", "0");
    life_apply(&life, "");
    life_expect_in_force(&life, "completed");
    life_end(&life);
}

/* Another process, on record as the one that moves the guest's memory; to be ended. */
static pid_t let_another_move(struct life *life)
{
    cleanup_state struct guest_state saved = {0};
    pid_t pid = fork();

    assert_true(pid >= 0);
    if (pid == 0) {
        prctl(PR_SET_PDEATHSIG, SIGKILL);
        for (;;)
            pause();
    }
    assert_int_equal(state_dir_load(&life->state, life->scene.facts->uuid, life->scene.host->mounts,
                                    &saved, NULL),
                     0);
    saved.mover = pid;
    assert_int_equal(proc_start_time(pid, &saved.mover_start), 0);
    assert_int_equal(state_dir_save(&life->state, &saved, NULL), 0);
    return pid;
}

static void end(pid_t pid)
{
    assert_int_equal(kill(pid, SIGKILL), 0);
    assert_int_equal(waitpid(pid, NULL, 0), pid);
}

/* As it is beside an agent, for `status` and a one-shot run. */
static void memory_that_another_process_moves_is_nobody_elses_to_move(void **state)
{
    struct life life;
    pid_t mover;

    begin(&life, CELL_MIGRATE);
    life_apply(&life, "");
    foreign(&life, "vcpu0", "0");
    mover = let_another_move(&life);
    life_apply(&life, "beside the mover");
    assert_int_equal(life.report.status, GUEST_SETTLING);
    expect(&life, "vcpu0", "0");
    end(mover);
    life_apply(&life, "after the mover");
    life_expect_in_force(&life, "after the mover");
    life_end(&life);
}

static void mems_that_a_move_keeps_from_being_given_back_are_told_and_given_back_later(void **state)
{
    struct life life;
    pid_t mover;

    life_begin_plain(&life, 2, false);
    life_desire(&life, "vcpu0", "cpuset.mems", "1");
    life.desired.cells.cells[0].flags = CELL_MIGRATE;
    life_apply(&life, "");
    mover = let_another_move(&life);
    life.reverts = true;
    life_return(&life, "during the move");
    assert_int_equal(life.report.status, GUEST_FAILED);
    assert_non_null(strstr(life.report.refusals.refusals[0].text, "not given back"));
    expect(&life, "vcpu0", "1");
    end(mover);
    life_return(&life, "after the move");
    life_expect_returned(&life, "after the move");
    life_end(&life);
}

/* ---- by whom -------------------------------------------------------------------------------- */

struct bench {
    char *folder;
    struct host *host;
    struct binding binding;
    struct nodes nodes;
    struct plan plan;
    struct mover mover;
};

static void add_step(struct bench *bench, struct cg_role role, const char *mems)
{
    struct step *step = &bench->plan.steps[bench->plan.count++];

    *step = (struct step){.cell = {.role = role, .attr = attr_by_name("cpuset.mems", 2)}};
    assert_int_equal(cg_value_parse(step->cell.attr, mems, &step->cell.value, NULL), 0);
}

static int set_up(void **state)
{
    struct bench *bench = calloc(1, sizeof(*bench));
    struct place *place = calloc(1, sizeof(*place));

    assert_true(bench && place);
    bench->folder = folder_new();
    folder_write(bench->folder, "proc/self/mountinfo",
                 "30 25 0:26 / /sys/fs/cgroup rw - cgroup2 cgroup2 rw\n");
    folder_write(bench->folder, "sys/fs/cgroup/cgroup.controllers", "cpuset\n");
    folder_write(bench->folder, "sys/fs/cgroup/g/cpuset.mems", "0\n");
    folder_write(bench->folder, "sys/fs/cgroup/g/vcpu0/cpuset.mems", "0\n");
    folder_write(bench->folder, "sys/devices/system/cpu/present", "0-1\n");
    folder_write(bench->folder, "sys/devices/system/cpu/online", "0-1\n");
    assert_int_equal(host_open(&kernel_real, bench->folder, &bench->host, NULL), 0);
    place->hierarchy = mounts_find(bench->host->mounts, "cpuset");
    place->path = strdup("g");
    place->dir = kernel_real.open_dir(&kernel_real, place->hierarchy->dir, "g", &place->id);
    bench->binding = (struct binding){.places = place, .count = 1, .kernel = &kernel_real};
    bench->nodes = (struct nodes){.host = bench->host, .binding = &bench->binding};
    bench->plan.steps = calloc(2, sizeof(*bench->plan.steps));
    add_step(bench, (struct cg_role){CG_ROLE_VCPU, 0}, "1");
    add_step(bench, (struct cg_role){CG_ROLE_VM, 0}, "0-1");
    mover_init(&bench->mover);
    *state = bench;
    return 0;
}

static int tear_down(void **state)
{
    struct bench *bench = *state;

    mover_release(&bench->mover);
    nodes_close(&bench->nodes);
    binding_close(&bench->binding);
    binding_release(&bench->binding);
    host_free(bench->host);
    plan_release(&bench->plan);
    folder_remove(bench->folder);
    free(bench);
    return 0;
}

static char *file_of(const struct bench *bench, const char *below)
{
    char *path = NULL;

    assert_true(asprintf(&path, "%s/sys/fs/cgroup/g/%scpuset.mems", bench->folder, below) > 0);
    return path;
}

static void assert_stands(const struct bench *bench, const char *name, const char *value)
{
    cleanup_free char *found = folder_read(bench->folder, name);

    assert_string_equal(found, value);
}

static void start(struct bench *bench)
{
    assert_int_equal(mover_start(&bench->mover, "u", &bench->nodes, &bench->plan, NULL), 0);
}

/* vcpu0's value goes into a pipe, whose writer is stuck in open(2) until somebody reads. */
static char *make_stuck(const struct bench *bench)
{
    char *path = file_of(bench, "vcpu0/");

    assert_int_equal(unlink(path), 0);
    assert_int_equal(mkfifo(path, 0600), 0);
    return path;
}

static bool has_ended(const struct bench *bench, int ms)
{
    struct pollfd end = {.fd = bench->mover.result, .events = POLLIN};

    return poll(&end, 1, ms) > 0;
}

static void a_move_writes_all_of_the_plans_mems_and_its_end_is_told(void **state)
{
    struct bench *bench = *state;
    uint64_t elsewhere = 0;

    folder_write(bench->folder, "proc/7/numa_maps", "7f00 default N1=3 N2=2 kernelpagesize_kB=4\n");
    bench->binding.pid = 7;
    start(bench);
    assert_true(mover_moves(&bench->mover, "u"));
    assert_false(mover_moves(&bench->mover, "v"));
    assert_true(has_ended(bench, 60000));
    assert_int_equal(mover_end(&bench->mover, &elsewhere, NULL), 0);
    assert_false(mover_runs(&bench->mover));
    assert_int_equal(elsewhere, 2 * 4096);
    assert_stands(bench, "sys/fs/cgroup/g/vcpu0/cpuset.mems", "1");
    assert_stands(bench, "sys/fs/cgroup/g/cpuset.mems", "0-1");
}

static void a_move_does_not_tell_where_memory_is_that_it_cannot_see(void **state)
{
    struct bench *bench = *state;
    uint64_t elsewhere = 0;

    bench->binding.pid = 7; /* without a numa_maps */
    start(bench);
    assert_int_equal(mover_end(&bench->mover, &elsewhere, NULL), 0);
    assert_true(elsewhere == RESIDENT_UNKNOWN);
}

static void a_move_that_is_refused_says_why_and_writes_no_more(void **state)
{
    struct bench *bench = *state;
    uint64_t elsewhere = 0;
    cleanup_free char *path = file_of(bench, "vcpu0/");
    cleanup_error struct cg_error *error = NULL;

    assert_int_equal(unlink(path), 0);
    start(bench);
    assert_int_equal(mover_end(&bench->mover, &elsewhere, &error), -ENOENT);
    assert_non_null(strstr(cg_error_text(error), "cpuset.mems"));
    assert_stands(bench, "sys/fs/cgroup/g/cpuset.mems", "0\n");
}

static void who_starts_a_move_does_not_wait_for_it(void **state)
{
    struct bench *bench = *state;
    uint64_t elsewhere = 0;
    cleanup_free char *path = make_stuck(bench);
    cleanup_close int reader = -1;

    start(bench);
    assert_false(has_ended(bench, 50));
    reader = open(path, O_RDONLY);
    assert_int_equal(mover_end(&bench->mover, &elsewhere, NULL), 0);
    assert_stands(bench, "sys/fs/cgroup/g/cpuset.mems", "0-1");
}

static void a_move_that_is_stuck_holds_no_lock_of_its_parent(void **state)
{
    struct bench *bench = *state;
    cleanup_free char *path = make_stuck(bench), *lock = file_of(bench, "");
    int held = open(lock, O_RDONLY), again;

    assert_non_null(path);
    assert_int_equal(flock(held, LOCK_EX), 0);
    start(bench);
    close(held);
    again = open(lock, O_RDONLY);
    /* The child closes what it must not keep a moment after it began. */
    for (unsigned i = 0; flock(again, LOCK_EX | LOCK_NB) < 0; i++) {
        assert_true(i < 6000);
        assert_false(has_ended(bench, 10));
    }
    close(again);
    assert_false(has_ended(bench, 0));
}

static void a_move_that_is_stopped_writes_no_more(void **state)
{
    struct bench *bench = *state;
    uint64_t elsewhere = 0;
    cleanup_free char *path = make_stuck(bench);

    assert_non_null(path);
    start(bench);
    mover_stop(&bench->mover);
    assert_int_equal(mover_end(&bench->mover, &elsewhere, NULL), -EINTR);
    assert_stands(bench, "sys/fs/cgroup/g/cpuset.mems", "0\n");
}

static void a_writer_whose_write_has_returned_is_waited_for_without_another_move(void **state)
{
    struct mover mover;
    siginfo_t ended;
    pid_t writer = fork();

    if (writer == 0)
        _exit(0);
    mover_init(&mover);
    mover.writers = malloc(sizeof(*mover.writers));
    assert_non_null(mover.writers);
    mover.writers[mover.writer_count++] = writer;
    assert_int_equal(waitid(P_PID, (id_t)writer, &ended, WEXITED | WNOWAIT), 0);
    mover_reap(&mover);
    assert_int_equal(mover.writer_count, 0);
    assert_int_equal(waitpid(writer, NULL, 0), -1);
    mover_release(&mover);
}

/* On a busy machine a writer may not be seen in its tenth of a second; when it has ended, another
 * one may write. */
static int write_at_last(struct bench *bench, const struct move_write *write, struct cg_error **err)
{
    int r = -ETIMEDOUT;

    for (unsigned i = 0; r == -ETIMEDOUT && i < 500; i++) {
        if (i > 0)
            poll(NULL, 0, 20);
        r = mover_write(&bench->mover, bench->host, write, err);
    }
    return r;
}

static void a_value_that_is_written_meanwhile_stands_or_is_refused(void **state)
{
    struct bench *bench = *state;
    const struct cell *cell = &bench->plan.steps[1].cell;
    struct move_write write = {
        .dir = bench->binding.places->dir, .attr = cell->attr, .value = cell->value};
    cleanup_free char *file = file_of(bench, "");
    cleanup_error struct cg_error *error = NULL;

    assert_int_equal(write_at_last(bench, &write, NULL), 0);
    assert_stands(bench, "sys/fs/cgroup/g/cpuset.mems", "0-1");
    assert_int_equal(unlink(file), 0);
    assert_int_equal(write_at_last(bench, &write, &error), -ENOENT);
    assert_non_null(strstr(cg_error_text(error), "cpuset.mems"));
}

static int write_never(const struct kernel *k, int dir, const char *file, const char *text)
{
    pause();
    return 0;
}

static double seconds(void)
{
    struct timespec now;

    clock_gettime(CLOCK_MONOTONIC, &now);
    return (double)now.tv_sec + (double)now.tv_nsec / 1e9;
}

static void who_comes_behind_a_writer_that_is_stuck_does_not_wait(void **state)
{
    struct bench *bench = *state;
    const struct cell *cell = &bench->plan.steps[1].cell;
    struct move_write write = {
        .dir = bench->binding.places->dir, .attr = cell->attr, .value = cell->value};
    struct kernel stuck = kernel_real;
    double began, first;

    stuck.write = write_never;
    bench->host->kernel = &stuck;
    began = seconds();
    assert_int_equal(mover_write(&bench->mover, bench->host, &write, NULL), -ETIMEDOUT);
    first = seconds() - began;
    for (unsigned i = 0; i < 20; i++)
        assert_int_equal(mover_write(&bench->mover, bench->host, &write, NULL), -ETIMEDOUT);
    assert_true(seconds() - began < 10 * first);
    bench->host->kernel = &kernel_real;
    end(bench->mover.writers[0]);
    assert_int_equal(write_at_last(bench, &write, NULL), 0);
    assert_stands(bench, "sys/fs/cgroup/g/cpuset.mems", "0-1");
}

static void assert_elsewhere(const struct bench *bench, const struct resident *guest, int result,
                             uint64_t wanted)
{
    cleanup_set struct cg_set *nodes = NULL;
    cleanup_buffer struct buffer scratch = {0};
    uint64_t bytes = 0;

    assert_int_equal(cg_set_parse("0", &nodes, NULL), 0);
    assert_int_equal(resident_elsewhere(guest, nodes, &scratch, &bytes), result);
    if (result >= 0)
        assert_int_equal(bytes, wanted);
}

static void memory_is_counted_where_it_is(void **state)
{
    const struct bench *bench = *state;
    struct resident guest = {.host = bench->host, .pid = 7, .node = -1};

    folder_write(bench->folder, "proc/7/numa_maps",
                 "55d0 default file=/a\\040N1=9 mapped=3 N0=1 N1=2 kernelpagesize_kB=4\n"
                 "7f00 default anon=9 dirty=9 N0=4 N1=5 kernelpagesize_kB=2048\n"
                 "7fff default stack\n");
    assert_elsewhere(bench, &guest, 0, (2 * 4 + 5 * 2048) * 1024);
    guest.pid = 8;
    assert_elsewhere(bench, &guest, -ENOENT, 0);
}

/* As to a root without CAP_SYS_PTRACE. */
static int read_but_numa_maps(const struct kernel *k, int dir, const char *file,
                              struct buffer *into)
{
    return strstr(file, "numa_maps") ? -EACCES : kernel_real.read(&kernel_real, dir, file, into);
}

static void memory_that_the_process_does_not_show_is_counted_where_it_is_charged(void **state)
{
    const struct bench *bench = *state;
    struct kernel kernel = kernel_real;
    struct host host = *bench->host;
    struct resident guest = {
        .host = &host, .pid = 7, .node = bench->binding.places->dir, .version = 2};

    kernel.read = read_but_numa_maps;
    host.kernel = &kernel;
    folder_write(bench->folder, "proc/7/status", "Name:\tqemu\nHugetlbPages:\t       0 kB\n");
    folder_write(bench->folder, "sys/fs/cgroup/g/memory.numa_stat",
                 "anon N0=4096 N1=8192\nfile N0=1 N1=999\nfile_mapped N0=0 N1=4096\n"
                 "anon_thp N0=0 N1=999\n");
    assert_elsewhere(bench, &guest, 1, 8192 + 4096);
    folder_write(bench->folder, "sys/fs/cgroup/g/memory.numa_stat",
                 "total=9 N0=1 N1=8\nfile=4 N0=0 N1=4\nanon=3 N0=1 N1=2\nunevictable=2 N0=1 N1=1\n"
                 "hierarchical_anon=3 N0=1 N1=2\n");
    guest.version = 1;
    assert_elsewhere(bench, &guest, 1, (2 + 1) * (uint64_t)sysconf(_SC_PAGESIZE));
    /* Which the memory controller does not count. */
    folder_write(bench->folder, "proc/7/status", "Name:\tqemu\nHugetlbPages:\t    2048 kB\n");
    assert_elsewhere(bench, &guest, -EACCES, 0);
}

#define WITH_BENCH(test) cmocka_unit_test_setup_teardown(test, set_up, tear_down)

static void a_field_of_a_process_is_found_by_its_whole_name(void **state)
{
    char text[] = "Name:\tCpus:\nState:\tS (sleeping)\nnonvoluntary_ctxt_switches:\t7\n"
                  "voluntary_ctxt_switches:\t \t3\nEmpty:";

    assert_memory_equal(proc_status_field(text, "Name"), "Cpus:", 5);
    assert_memory_equal(proc_status_field(text, "State"), "S (", 3);
    assert_memory_equal(proc_status_field(text, "voluntary_ctxt_switches"), "3\n", 2);
    assert_string_equal(proc_status_field(text, "Empty"), "");
    assert_null(proc_status_field(text, "Cpus"));
    assert_null(proc_status_field(text, "Stat"));
    assert_null(proc_status_field(text, "tary_ctxt_switches"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_field_of_a_process_is_found_by_its_whole_name),
        cmocka_unit_test(memory_nodes_that_a_slice_forbids_are_refused_naming_its_unit),
        cmocka_unit_test(on_v1_memory_that_would_stay_behind_is_refused_naming_the_file),
        cmocka_unit_test(memory_that_must_not_move_is_left_where_it_is),
        cmocka_unit_test(mems_that_somebody_opens_are_healed_only_when_that_has_lasted),
        cmocka_unit_test(a_policy_in_force_is_healed_without_migrate_and_whatever_room_there_is),
        cmocka_unit_test(a_move_that_was_interrupted_is_completed),
        cmocka_unit_test(memory_that_another_process_moves_is_nobody_elses_to_move),
        cmocka_unit_test(
            mems_that_a_move_keeps_from_being_given_back_are_told_and_given_back_later),
        WITH_BENCH(a_move_writes_all_of_the_plans_mems_and_its_end_is_told),
        WITH_BENCH(a_move_does_not_tell_where_memory_is_that_it_cannot_see),
        WITH_BENCH(a_move_that_is_refused_says_why_and_writes_no_more),
        WITH_BENCH(who_starts_a_move_does_not_wait_for_it),
        WITH_BENCH(a_move_that_is_stuck_holds_no_lock_of_its_parent),
        WITH_BENCH(a_move_that_is_stopped_writes_no_more),
        cmocka_unit_test(a_writer_whose_write_has_returned_is_waited_for_without_another_move),
        WITH_BENCH(a_value_that_is_written_meanwhile_stands_or_is_refused),
        WITH_BENCH(who_comes_behind_a_writer_that_is_stuck_does_not_wait),
        WITH_BENCH(memory_is_counted_where_it_is),
        WITH_BENCH(memory_that_the_process_does_not_show_is_counted_where_it_is_charged),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
