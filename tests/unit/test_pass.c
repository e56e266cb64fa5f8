/* Whole passes over a guest on the model of the kernel, with a state that is kept in files: what
 * becomes of baselines, holds and values that somebody else set. */
#include "test.h"

#include "unit/folder.h"
#include "unit/scene.h"

#include "base/file.h"
#include "reconcile/reconcile.h"

#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/wait.h>

static const struct cg_role VM = {.kind = CG_ROLE_VM};

struct world {
    struct model *model;
    struct kernel_fail *fail;
    struct host *host;
    struct model_guest guest;
    struct facts *facts;
    char *folder, *path;
    struct state_dir dir;
    struct desired desired;
    struct report report; /* of the last pass */
};

static char *copy(const char *text)
{
    char *made = strdup(text);

    assert_non_null(made);
    return made;
}

static void world_make(struct world *w, const struct model_options *options)
{
    *w = (struct world){
        .guest = {.name = "web1", .id = 2, .pid = 1000, .vcpus = 2, .memory = UINT64_C(100) << 20}};
    w->model = model_new(options);
    model_add_guest(w->model, &w->guest);
    w->fail = kernel_fail_new(model_kernel(w->model));
    assert_int_equal(host_open(&w->fail->kernel, NULL, &w->host, NULL), 0);
    w->facts = calloc(1, sizeof(*w->facts));
    assert_non_null(w->facts);
    strcpy(w->facts->uuid, "5b0e2c1a-0000-4000-8000-000000000001");
    w->facts->name = copy("web1");
    w->facts->driver = copy("qemu");
    w->facts->id = 2;
    w->facts->running = true;
    w->facts->vcpus_current = w->facts->vcpus_maximum = 2;
    w->facts->memory_maximum = w->facts->memory_current = UINT64_C(64) << 20;
    w->folder = folder_new();
    assert_true(asprintf(&w->path, "%s/state", w->folder) > 0);
    assert_int_equal(state_dir_open(w->path, true, &w->dir, NULL), 0);
}

static void world_release(struct world *w)
{
    report_release(&w->report);
    desired_release(&w->desired);
    state_dir_close(&w->dir);
    free(w->path);
    folder_remove(w->folder);
    facts_free(w->facts);
    host_free(w->host);
    kernel_fail_free(w->fail);
    model_free(w->model);
}
#define cleanup_world cleanup_with(world_release)

/* A policy asks for this. */
static void ask(struct world *w, struct cg_role role, const char *attribute, const char *text,
                unsigned flags)
{
    const struct cg_attr *attr;
    struct cell cell = {.role = role, .flags = flags, .origin = origin_new("p", "policy p")};

    assert_int_equal(attr_find(w->host->mounts, attribute, &attr), 0);
    cell.attr = attr;
    assert_int_equal(cg_value_parse(attr, text, &cell.value, NULL), 0);
    assert_int_equal(cells_set(&w->desired.cells, &cell), 0);
    cg_value_unref(cell.value);
    origin_unref(cell.origin);
}

static void ask_nothing(struct world *w)
{
    desired_release(&w->desired);
}

static int pass_in(struct world *w, enum reconcile_mode mode, unsigned lock_wait_ms)
{
    struct reconcile_context context = {
        .host = w->host, .state = &w->dir, .mode = mode, .lock_wait_ms = lock_wait_ms};
    cleanup_binding struct binding binding = {0};
    struct reconcile_request request = {
        .facts = w->facts, .desired = &w->desired, .binding = &binding};
    int r;

    report_release(&w->report);
    r = reconcile_guest(&context, &request, &w->report, NULL);
    reconcile_context_release(&context);
    return r;
}

static void apply(struct world *w)
{
    assert_int_equal(pass_in(w, RECONCILE_APPLY, 0), 0);
}

static void assert_file(struct world *w, const char *controller, const char *below,
                        const char *file, const char *text)
{
    cleanup_free char *path = model_guest_path(w->model, &w->guest, below);
    cleanup_free char *found = model_read(w->model, controller, path, file);

    assert_non_null(found);
    assert_string_equal(found, text);
}

static void somebody_writes(struct world *w, const char *controller, const char *below,
                            const char *file, const char *text)
{
    cleanup_free char *path = model_guest_path(w->model, &w->guest, below);

    assert_int_equal(model_write(w->model, controller, path, file, text), 0);
}

static void die(struct kernel_fail *fail, const struct kernel_event *event, void *data)
{
    if (event->write == *(const unsigned *)data)
        _exit(0);
}

/* A policy asks for these CPUs of the guest's own, and the program that does it is killed before
 * its n-th write. The model is in memory: what was written before is done again here. */
static void kill_in_pass(struct world *w, const char *cpus, unsigned n)
{
    pid_t killed;
    int status;

    ask(w, VM, "cpuset.cpus", cpus, 0);
    killed = fork();
    assert_true(killed >= 0);
    if (killed == 0) {
        kernel_fail_restart(w->fail);
        w->fail->hook = die;
        w->fail->hook_data = &n;
        pass_in(w, RECONCILE_APPLY, 0);
        _exit(1);
    }
    assert_int_equal(waitpid(killed, &status, 0), killed);
    assert_int_equal(status, 0);
    if (n > 1)
        somebody_writes(w, "cpuset", "", "cpuset.cpus", "0-3");
}

static void damage_state(struct world *w)
{
    char name[64];
    int fd;

    snprintf(name, sizeof(name), "%s.json", w->facts->uuid);
    fd = openat(w->dir.guests, name, O_WRONLY | O_TRUNC | O_CLOEXEC);
    assert_true(fd >= 0);
    assert_int_equal(write(fd, "{", 1), 1);
    close(fd);
}

static void a_look_at_a_damaged_state_does_not_make_vmpins_value_the_baseline(void **unused)
{
    cleanup_world struct world w;

    world_make(&w, NULL);
    ask(&w, VM, "cpu.shares", "2048", 0);
    apply(&w);
    damage_state(&w);
    assert_int_equal(pass_in(&w, RECONCILE_PLAN, 0), 0);
    assert_non_null(w.report.error);
    ask_nothing(&w);
    ask(&w, VM, "cpu.shares", "512", 0);
    apply(&w);
    assert_non_null(w.report.error);
    ask_nothing(&w);
    apply(&w); /* unknown: refused rather than 2048, which vmpin itself had written */
    assert_int_equal(w.report.status, GUEST_FAILED);
    assert_file(&w, "cpu", "", "cpu.shares", "512");
}

/* What stands between a hold and the lock: somebody else's pass. */
static void a_hold_that_was_set_while_the_lock_was_waited_for_is_kept(void **unused)
{
    cleanup_world struct world w;
    int ready[2], status, lock = -1;
    pid_t other;
    char byte;

    world_make(&w, NULL);
    ask(&w, VM, "cpu.shares", "2048", 0);
    assert_int_equal(pipe2(ready, O_CLOEXEC), 0);
    other = fork();
    assert_true(other >= 0);
    if (other == 0) {
        if (state_dir_lock_guest(&w.dir, w.facts->uuid, 0, &lock, NULL) < 0 ||
            write(ready[1], "", 1) != 1)
            _exit(1);
        usleep(100000);
        _exit(state_dir_hold(&w.dir, w.facts->uuid, 0, NULL) < 0);
    }
    assert_int_equal(read(ready[0], &byte, 1), 1);
    assert_int_equal(pass_in(&w, RECONCILE_APPLY, 5000), 0);
    assert_int_equal(waitpid(other, &status, 0), other);
    assert_int_equal(status, 0);
    close(ready[0]);
    close(ready[1]);
    assert_int_equal(w.report.status, GUEST_HELD);
    assert_file(&w, "cpu", "", "cpu.shares", "1024");
}

static void a_value_that_stood_there_at_the_start_is_the_operators_too(void **unused)
{
    cleanup_world struct world w;

    world_make(&w, NULL);
    ask(&w, VM, "cpu.shares", "1024", CELL_ENFORCE_START);
    apply(&w);
    assert_int_equal(w.report.change_count, 0);
    somebody_writes(&w, "cpu", "", "cpu.shares", "700");
    apply(&w);
    assert_file(&w, "cpu", "", "cpu.shares", "700");
    ask_nothing(&w);
    apply(&w);
    assert_file(&w, "cpu", "", "cpu.shares", "700");
}

static void a_host_without_swap_accounting_takes_a_memory_limit(void **unused)
{
    const struct model_options options = {.version = 1, .no_swap_files = true};
    cleanup_world struct world w;

    world_make(&w, &options);
    ask(&w, VM, "memory.limit_in_bytes", "1073741824", 0);
    apply(&w);
    assert_int_equal(w.report.refusals.count, 0);
    assert_int_equal(w.report.status, GUEST_IN_SYNC);
    assert_file(&w, "memory", "", "memory.limit_in_bytes", "1073741824");
}

static void a_full_guest_gets_more_memory(void **unused)
{
    cleanup_world struct world w;

    world_make(&w, NULL);
    ask(&w, VM, "memory.limit_in_bytes", "629145600", 0);
    apply(&w);
    w.guest.memory = 0;
    {
        cleanup_free char *path = model_guest_path(w.model, &w.guest, "");

        model_use_memory(w.model, path, UINT64_C(590) << 20);
    }
    ask(&w, VM, "memory.limit_in_bytes", "639631360", 0);
    apply(&w);
    assert_int_equal(w.report.refusals.count, 0);
    assert_file(&w, "memory", "", "memory.limit_in_bytes", "639631360");
}

/* Two kills while a set moves from one place to another, and another policy in between. */
static void a_set_on_the_way_is_no_baseline_after_two_kills(void **unused)
{
    cleanup_world struct world w;
    cleanup_state struct guest_state state = {0};
    struct cell key = {.role = VM};
    const struct record *record;
    cleanup_free char *text = NULL;

    world_make(&w, NULL);
    assert_int_equal(attr_find(w.host->mounts, "cpuset.cpus", &key.attr), 0);
    somebody_writes(&w, "cpuset", "vcpu0", "cpuset.cpus", "0");
    somebody_writes(&w, "cpuset", "vcpu1", "cpuset.cpus", "0");
    somebody_writes(&w, "cpuset", "emulator", "cpuset.cpus", "0");
    somebody_writes(&w, "cpuset", "", "cpuset.cpus", "0");
    ask(&w, VM, "cpuset.cpus", "0-1", 0);
    apply(&w);
    kill_in_pass(&w, "2-3", 2); /* grown to 0-3, not shrunk */
    kill_in_pass(&w, "4-5", 1); /* nothing written: 0-3 stands there still */
    ask(&w, VM, "cpuset.cpus", "6-7", 0);
    apply(&w);
    assert_int_equal(state_dir_load(&w.dir, w.facts->uuid, w.host->mounts, &state, NULL), 0);
    record = state_find(&state, &key);
    assert_non_null(record);
    assert_int_equal(cg_value_format(record->baseline, &text), 0);
    assert_string_equal(text, "0");
}

static void a_guest_without_a_pid_file_is_found_under_libvirts_name_for_it(void **unused)
{
    static const struct model_guest guest = {.name = "a.xyn", .id = 7, .pid = 2000, .vcpus = 1};
    cleanup_world struct world w; /* first: the binding's handles are the model's */
    cleanup_binding struct binding binding = {0};

    world_make(&w, NULL);
    model_add_guest(w.model, &guest);
    free(w.facts->name);
    w.facts->name = copy("-a..x y \xc3\xbcn\xc3\xaf_.-."); /* as libvirt 9.0 does with it */
    w.facts->id = 7;
    assert_int_equal(binding_make(w.host, w.facts, &binding, NULL), 0);
    assert_string_equal(binding.places[0].path, "machine/qemu-7-a.xyn.libvirt-qemu");
}

static void what_was_set_is_known_as_vmpins_without_the_pid_file_too(void **unused)
{
    cleanup_world struct world w;
    int run;

    world_make(&w, NULL);
    ask(&w, VM, "cpu.shares", "2048", 0);
    apply(&w);
    run = w.host->libvirt_run;
    w.host->libvirt_run = -1;
    ask_nothing(&w);
    apply(&w);
    w.host->libvirt_run = run;
    assert_file(&w, "cpu", "", "cpu.shares", "1024");
}

static void a_number_of_vcpus_that_no_guest_has_is_bounded(void **unused)
{
    struct facts facts = {.vcpus_maximum = UINT32_MAX};
    struct role_list roles;

    assert_int_equal(roles_of(&facts, &roles), 0);
    assert_true(roles.count > 1000 && roles.count < 100000);
    free(roles.roles);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_look_at_a_damaged_state_does_not_make_vmpins_value_the_baseline),
        cmocka_unit_test(a_hold_that_was_set_while_the_lock_was_waited_for_is_kept),
        cmocka_unit_test(a_value_that_stood_there_at_the_start_is_the_operators_too),
        cmocka_unit_test(a_host_without_swap_accounting_takes_a_memory_limit),
        cmocka_unit_test(a_full_guest_gets_more_memory),
        cmocka_unit_test(a_set_on_the_way_is_no_baseline_after_two_kills),
        cmocka_unit_test(a_guest_without_a_pid_file_is_found_under_libvirts_name_for_it),
        cmocka_unit_test(what_was_set_is_known_as_vmpins_without_the_pid_file_too),
        cmocka_unit_test(a_number_of_vcpus_that_no_guest_has_is_bounded),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
