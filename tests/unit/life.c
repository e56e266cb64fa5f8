#include "test.h"

#include "unit/life.h"

#include "cgroup/access.h"
#include "cgroup/guest_path.h"
#include "cgroup/value.h"
#include "unit/folder.h"

#include <stdio.h>
#include <stdlib.h>

/* libvirt also sets the affinity of each thread that it pins. */
static void mask_threads(struct scene *s)
{
    for (unsigned i = 0; i < s->guest.vcpus; i++) {
        static const char *const lists[] = {"0-3", "2-5", "1,3,5,7", "0-7"};

        /* Refused where the node has none of these. */
        if (scene_pick(s, 3) == 0)
            model_set_affinity(s->model, s->guest.pid + 1 + (pid_t)i,
                               lists[scene_pick(s, ARRAY_SIZE(lists))]);
    }
}

static void open_state(struct life *life)
{
    life->folder = folder_new();
    assert_int_equal(state_dir_open(life->folder, true, &life->state, NULL), 0);
    life->before = model_dump(life->scene.model);
}

void life_begin_plain(struct life *life, int version, bool forgets)
{
    *life = (struct life){.seed = 0};
    scene_make_plain(&life->scene, version, forgets);
    open_state(life);
}

void life_desire(struct life *life, const char *role, const char *attribute, const char *value)
{
    const struct cg_role vm = {.kind = CG_ROLE_VM};

    scene_target(&life->scene, strcmp(role, "vm") == 0 ? vm : role_from_name(role), attribute,
                 value, "db1", &life->desired.cells);
}

void life_desire_nothing(struct life *life)
{
    cells_release(&life->desired.cells);
}

void life_begin(struct life *life, int version, uint64_t seed)
{
    struct scene *s = &life->scene;

    *life = (struct life){.seed = (unsigned long)seed};
    scene_make(s, version, seed % 5 == 4, seed);
    scene_disturb(s, 40);
    mask_threads(s);
    scene_targets(s, 2 + (unsigned)scene_pick(s, 8), "random", &life->desired.cells);
    scene_open_mems(s); /* else their return would be refused: the guest runs */
    open_state(life);
}

void life_end(struct life *life)
{
    unit_call_release(&life->call);
    report_release(&life->report);
    cg_error_free(life->error);
    binding_release(&life->binding);
    desired_release(&life->desired);
    state_dir_close(&life->state);
    folder_remove(life->folder);
    free(life->before);
    scene_release(&life->scene);
}

static struct reconcile_context context_of(struct life *life, enum reconcile_mode mode)
{
    return (struct reconcile_context){
        .host = life->scene.host,
        .state = &life->state,
        .mode = mode,
        .systemd = life->systemd,
        .answer_wait_ms = life->answer_wait_ms,
    };
}

static struct reconcile_request request_of(struct life *life, const struct desired *desired)
{
    return (struct reconcile_request){
        .facts = life->scene.facts,
        .desired = desired,
        .call = &life->call,
        .rested = life->rested,
        .ask_systemd = life->ask_systemd,
        .despite_hold = life->reverts,
        .binding = &life->binding,
    };
}

static int pass(struct life *life, const struct desired *desired, enum reconcile_mode mode)
{
    struct reconcile_context context = context_of(life, mode);
    const struct reconcile_request request = request_of(life, desired);
    int r;

    report_release(&life->report);
    life->report = (struct report){0};
    life->error = cg_error_free(life->error);
    kernel_fail_restart(life->scene.fail);
    r = reconcile_guest(&context, &request, &life->report, &life->error);
    reconcile_context_release(&context);
    life->rested = life->report.unrested;
    return r;
}

bool life_overlooked(struct life *life)
{
    struct reconcile_context context = context_of(life, RECONCILE_APPLY);
    const struct reconcile_request request = request_of(life, &life->desired);
    unsigned writes = life->scene.fail->writes;
    bool overlooked;

    assert_int_equal(reconcile_overlooked(&context, &request, &life->report, &overlooked, NULL), 0);
    reconcile_context_release(&context);
    assert_int_equal(life->scene.fail->writes, writes);
    return overlooked;
}

int life_pass(struct life *life, enum reconcile_mode mode)
{
    return pass(life, &life->desired, mode);
}

static void must(const struct life *life, int r, const char *when)
{
    if (r < 0)
        fail_msg("seed %lu, %s: %s", life->seed, when,
                 life->error ? cg_error_text(life->error) : strerror(-r));
}

void life_apply(struct life *life, const char *when)
{
    must(life, life_pass(life, RECONCILE_APPLY), when);
    if (life->rested)
        must(life, life_pass(life, RECONCILE_APPLY), when);
}

void life_return(struct life *life, const char *when)
{
    static const struct desired nothing = {0};

    must(life, pass(life, &nothing, RECONCILE_APPLY), when);
}

bool life_is_worth_a_try(struct life *life)
{
    assert_int_equal(life_pass(life, RECONCILE_PLAN), 0);
    assert_int_equal(life->scene.fail->writes, 0);
    return life->report.refusals.count == 0 && life_change(life, CHANGE_PLANNED);
}

const struct change *life_change(const struct life *life, enum change_state state)
{
    for (size_t i = 0; i < life->report.change_count; i++)
        if (life->report.changes[i].state == state)
            return &life->report.changes[i];
    return NULL;
}

char *life_left(struct life *life)
{
    cleanup_free char *now = model_dump(life->scene.model);

    return scene_changes(life->before, now);
}

void life_print(const struct life *life)
{
    for (size_t i = 0; i < life->report.change_count; i++) {
        const struct change *change = &life->report.changes[i];
        cleanup_free char *line = scene_line(&life->scene, &change->cell, 0), *value = NULL;

        if (change->cell.value)
            assert_int_equal(cg_value_format(change->cell.value, &value), 0);
        print_message("# %s: %s %s %s%s: %s%s\n", change_reason_name(change->reason), line,
                      change->cell.target == CELL_MASK ? "(mask) " : "", value ? value : "?", "",
                      change_state_name(change->state), change->error ? change->error : "");
    }
    for (size_t i = 0; i < life->report.refusals.count; i++)
        print_message("# refused: %s: %s\n", life->report.refusals.refusals[i].attribute,
                      life->report.refusals.refusals[i].text);
}

/* A guest's own mems on v1 hold at least what is desired. */
static bool is_in_force(const struct cell *cell, const struct cg_value *value)
{
    const struct cg_set *desired, *found;

    if (cell->attr->version == 2 || !attr_moves_memory(cell->attr) || cell->role.kind != CG_ROLE_VM)
        return cg_value_equal(value, cell->value);
    return cg_value_set(cell->value, &desired) == 0 && cg_value_set(value, &found) == 0 &&
           cg_set_contains(found, desired);
}

static void expect_cell(struct life *life, struct nodes *nodes, const struct cell *cell,
                        const char *when)
{
    cleanup_buffer struct buffer scratch = {0};
    cleanup_free char *line = scene_line(&life->scene, cell, 0);
    struct cg_value *value = NULL;
    int dir, r = nodes_open(nodes, cell->role, cell->attr, &dir, NULL);

    if (r == -ENOENT) /* the role is not there */
        return;
    assert_int_equal(r, 0);
    assert_int_equal(attr_read(life->scene.host->kernel, dir, cell->attr, &scratch, &value, NULL),
                     0);
    if (!is_in_force(cell, value)) {
        life_print(life);
        fail_msg("seed %lu, %s: %s is not as desired", life->seed, when, line);
    }
    cg_value_unref(value);
}

void life_expect_in_force(struct life *life, const char *when)
{
    struct nodes nodes = {.host = life->scene.host, .binding = &life->binding};

    if (life->report.status != GUEST_IN_SYNC) {
        life_print(life);
        fail_msg("seed %lu, %s: the guest is %s, not in sync", life->seed, when,
                 guest_status_name(life->report.status));
    }
    for (size_t i = 0; i < life->desired.cells.count; i++)
        expect_cell(life, &nodes, &life->desired.cells.cells[i], when);
    nodes_close(&nodes);
}

void life_expect_as_before(struct life *life, const char *when)
{
    cleanup_free char *left = life_left(life);

    if (*left) {
        life_print(life);
        fail_msg("seed %lu, %s: this is not as before vmpin ran:\n%s", life->seed, when, left);
    }
}

void life_expect_returned(struct life *life, const char *when)
{
    life_expect_as_before(life, when);
    if (life->report.status != GUEST_UNMANAGED) {
        life_print(life);
        fail_msg("seed %lu, %s: the guest is %s, not unmanaged", life->seed, when,
                 guest_status_name(life->report.status));
    }
}

/* What the cell's files had before vmpin ran, from the lines of the dump. */
static struct cg_value *value_before(const struct life *life, const struct cell *key)
{
    cleanup_free char *text = strdup("");
    struct cg_value *value;

    for (unsigned file = 0; cg_attr_file(key->attr, file); file++) {
        cleanup_free char *line = scene_line(&life->scene, key, file), *start = NULL;
        char *joined;
        const char *at;

        assert_true(asprintf(&start, "%s ", line) > 0);
        at = strstr(life->before, start);
        assert_non_null(at);
        at += strlen(start);
        assert_true(
            asprintf(&joined, "%s%s%.*s", text, file ? " " : "", (int)strcspn(at, "\n"), at) >= 0);
        free(text);
        text = joined;
    }
    assert_int_equal(value_parse(key->attr, text, VALUE_FROM_KERNEL, &value, NULL), 0);
    return value;
}

/* v2 does not take an empty set back; undone, it is the full one. */
static bool was_empty(const struct life *life, const struct cg_value *before,
                      const struct cg_value *now)
{
    const struct host *host = life->scene.host;
    const struct cg_set *old, *new;
    bool mems = strcmp(cg_value_attr(now)->name, "cpuset.mems") == 0;

    return cg_value_set(before, &old) == 0 && cg_value_set(now, &new) == 0 &&
           cg_set_count(old) == 0 &&
           cg_set_equal(new, mems ? host->nodes_online : host->cpus_online);
}

void life_expect_true_baseline(struct life *life, const char *when)
{
    cleanup_state struct guest_state state = {0};
    int r = state_dir_load(&life->state, life->scene.facts->uuid, life->scene.host->mounts, &state,
                           NULL);

    if (r == -ENOENT)
        return;
    assert_int_equal(r, 0);
    for (size_t i = 0; i < state.count; i++) {
        const struct record *record = &state.records[i];
        const struct cell key = {.role = record->role, .attr = record->attr};
        cleanup_free char *line = scene_line(&life->scene, &key, 0);
        struct cg_value *before;

        if (record->target != CELL_FILE)
            continue;
        before = value_before(life, &key);
        if (!record->baseline || (!cg_value_equal(record->baseline, before) &&
                                  !was_empty(life, before, record->baseline)))
            fail_msg("seed %lu, %s: the baseline of %s is not the true one", life->seed, when,
                     line);
        cg_value_unref(before);
    }
}
