/* The planner against the kernel's rules: plans for thousands of random guests are carried out on
 * the model of the kernel, and undone from every write on. */
#include "test.h"

#include "unit/scene.h"

#include "cgroup/access.h"
#include "cgroup/guest_path.h"
#include "cgroup/set.h"
#include "reconcile/apply.h"
#include "reconcile/check.h"
#include "reconcile/observe.h"

#include <stdio.h>
#include <stdlib.h>

#define TREES  1500 /* of each version */
#define UNDONE 4    /* of the writes of one plan in TREES are refused in turn */

/* What one plan has: from the scene to the outcomes. */
struct trial {
    struct scene scene;
    struct binding binding;
    struct nodes nodes;
    struct guest_state state;
    struct cells targets, observed;
    struct refusals refusals;
    struct plan plan;
    struct outcome *outcomes;
    struct ancestors ancestors;
    struct buffer scratch;
    char *before; /* model_dump() */
};

static void observe(struct trial *t, const struct cells *wanted)
{
    struct cg_error *error = NULL;

    if (observe_cells(&t->nodes, wanted, &t->scratch, &t->observed, &t->refusals, &error) < 0)
        fail_msg("%s", cg_error_text(error));
    assert_int_equal(t->refusals.count, 0);
}

/* Takes the refused targets out; true when there were none. */
static bool drop_refused(struct trial *t)
{
    bool none = t->refusals.count == 0;

    for (size_t i = 0; i < t->refusals.count; i++) {
        const struct refusal *refusal = &t->refusals.refusals[i];
        struct cell *cell = cells_find(&t->targets, refusal->role, CELL_FILE, refusal->attr);

        if (cell)
            cells_remove(&t->targets, cell);
        else if (t->targets.count > 0) /* a needed one: one of the others needs it */
            cells_remove(&t->targets, &t->targets.cells[0]);
    }
    refusals_release(&t->refusals);
    return none;
}

/* As a pass does it: what cannot be had together or on this host now (CPUs that a slice above
 * lacks, limits below what is used) is refused before any write. */
static bool make_plan(struct trial *t)
{
    const struct check_input input = {.nodes = &t->nodes,
                                      .facts = t->scene.facts,
                                      .state = &t->state,
                                      .targets = &t->targets,
                                      .observed = &t->observed,
                                      .ancestors = &t->ancestors,
                                      .scratch = &t->scratch};
    struct cg_error *error = NULL;

    plan_release(&t->plan);
    assert_int_equal(plan_make(&t->targets, &t->observed, &t->state, t->scene.facts,
                               &t->scene.roles, &t->plan, &t->refusals),
                     0);
    if (check_plan(&input, &t->plan, &t->refusals, &error) < 0)
        fail_msg("%s", cg_error_text(error));
    return drop_refused(t);
}

/* The same seed leads to the same plan. */
static void trial_plan(struct trial *t, int version, uint64_t seed)
{
    struct cells needs = {0};
    struct cg_error *error = NULL;

    *t = (struct trial){0};
    scene_make(&t->scene, version, false, seed);
    scene_disturb(&t->scene, 40);
    scene_targets(&t->scene, 1 + (unsigned)scene_pick(&t->scene, 12), "random", &t->targets);
    if (binding_make(t->scene.host, t->scene.facts, &t->binding, &error) < 0)
        fail_msg("%s", cg_error_text(error));
    t->nodes = (struct nodes){.host = t->scene.host, .binding = &t->binding};
    state_start(&t->state, t->scene.facts->uuid, &t->binding);
    observe(t, &t->targets);
    assert_int_equal(plan_needs(&t->targets, &t->observed, &t->scene.roles, &needs), 0);
    observe(t, &needs);
    cells_release(&needs);
    while (!make_plan(t))
        ;
    t->outcomes = calloc(t->plan.count + 1, sizeof(*t->outcomes));
    assert_non_null(t->outcomes);
    kernel_fail_restart(t->scene.fail);
    t->before = model_dump(t->scene.model);
}

static void trial_release(struct trial *t)
{
    for (size_t i = 0; i < t->plan.count; i++)
        free(t->outcomes[i].error);
    free(t->outcomes);
    free(t->before);
    nodes_close(&t->nodes);
    binding_release(&t->binding);
    state_release(&t->state);
    cells_release(&t->targets);
    cells_release(&t->observed);
    refusals_release(&t->refusals);
    plan_release(&t->plan);
    ancestors_release(&t->ancestors);
    buffer_release(&t->scratch);
    scene_release(&t->scene);
}

static void apply(struct trial *t)
{
    struct cg_error *error = NULL;

    if (plan_apply(&t->nodes, &t->plan, t->outcomes, &error) < 0)
        fail_msg("%s", cg_error_text(error));
}

/* ---- what holds at every moment -------------------------------------------------------------- */

/* Where each of the guest's threads may be while the plan is carried out: on the CPUs that it has
 * before and after, and on those of its node's own sets; where one of these does not count, as v2
 * has it, on the guest's. Nowhere else. */
struct watch {
    struct trial *trial;
    struct cg_set *may[256];
    bool inherits[256];
    unsigned broken; /* before this write */
};

static struct cg_set *set_of(char *list)
{
    struct cg_set *set;

    assert_non_null(list);
    assert_int_equal(cg_set_parse(list, &set, NULL), 0);
    free(list);
    return set;
}

static void add_set(struct cg_set **to, struct cg_set *set)
{
    cleanup_set struct cg_set *old = *to, *more = set;

    if (old)
        assert_int_equal(cg_set_union(old, more, to), 0);
    else
        *to = cg_set_ref(more);
}

static struct cg_role role_at(const struct scene *s, unsigned index)
{
    if (index == 0)
        return (struct cg_role){.kind = CG_ROLE_EMULATOR};
    if (index <= s->guest.vcpus)
        return (struct cg_role){.kind = CG_ROLE_VCPU, .index = index - 1};
    return (struct cg_role){.kind = CG_ROLE_IOTHREAD, .index = index - s->guest.vcpus};
}

static pid_t thread_at(const struct scene *s, unsigned index)
{
    return index == 0                ? s->guest.pid
           : index <= s->guest.vcpus ? s->guest.pid + (pid_t)index
                                     : s->guest.pid + 100 + (pid_t)(index - s->guest.vcpus);
}

static unsigned thread_count(const struct scene *s)
{
    return 1 + s->guest.vcpus + s->guest.iothreads;
}

static struct cg_set *own_set(const struct scene *s, struct cg_role role)
{
    char name[ROLE_NAME_SIZE];
    bool delegated = role.kind == CG_ROLE_VM && model_exists(s->model, "cpuset", "machine.slice");
    const char *below = delegated ? "libvirt" : role_directory(role, name);
    cleanup_free char *path = model_guest_path(s->model, &s->guest, below);

    return set_of(model_read(s->model, "cpuset", path, "cpuset.cpus"));
}

static void watch_add(struct watch *watch, const struct scene *s)
{
    const struct cg_role vm = {.kind = CG_ROLE_VM};

    for (unsigned i = 0; i < thread_count(s); i++) {
        cleanup_set struct cg_set *own = own_set(s, role_at(s, i));

        cleanup_set struct cg_set *cpus = set_of(model_affinity(s->model, thread_at(s, i)));

        add_set(&watch->may[i], cg_set_ref(cpus));
        add_set(&watch->may[i], cg_set_ref(own));
        watch->inherits[i] = watch->inherits[i] || !cg_set_contains(own, cpus);
        if (watch->inherits[i])
            add_set(&watch->may[i], own_set(s, vm));
    }
}

/* From a first run of the same plan. */
static void watch_start(struct watch *watch, int version, uint64_t seed)
{
    struct trial first;

    trial_plan(&first, version, seed);
    watch_add(watch, &first.scene);
    apply(&first);
    watch_add(watch, &first.scene);
    trial_release(&first);
}

static void look(struct kernel_fail *fail, const struct kernel_event *event, void *data)
{
    struct watch *watch = data;
    const struct scene *s = &watch->trial->scene;

    for (unsigned i = 0; i < thread_count(s); i++) {
        cleanup_set struct cg_set *cpus = set_of(model_affinity(s->model, thread_at(s, i)));

        if (!watch->broken && !cg_set_contains(watch->may[i], cpus))
            watch->broken = event->write;
    }
}

static void watch_end(struct watch *watch)
{
    for (unsigned i = 0; i < ARRAY_SIZE(watch->may); i++)
        cg_set_unref(watch->may[i]);
}

/* ---- the checks ------------------------------------------------------------------------------ */

static void print_plan(const struct trial *t)
{
    for (size_t i = 0; i < t->plan.count; i++) {
        const struct step *step = &t->plan.steps[i];
        cleanup_free char *line = scene_line(&t->scene, &step->cell, 0), *old = NULL, *new = NULL;

        assert_int_equal(cg_value_format(step->old, &old), 0);
        assert_int_equal(cg_value_format(step->cell.value, &new), 0);
        print_message("# step %zu: %s: %s -> %s\n", i, line, old, new);
    }
}

static void expect_nothing_refused(struct trial *t, uint64_t seed)
{
    for (size_t i = 0; i < t->scene.fail->trace_count; i++) {
        const struct kernel_event *e = &t->scene.fail->trace[i];

        if (e->operation == KERNEL_WRITE && e->result < 0) {
            print_plan(t);
            fail_msg("seed %llu: %s/%s <- %s: %s", (unsigned long long)seed, e->path, e->file,
                     e->text, strerror(-e->result));
        }
    }
    for (size_t i = 0; i < t->plan.count; i++)
        if (t->outcomes[i].state != CHANGE_DONE)
            fail_msg("seed %llu: step %zu: %s", (unsigned long long)seed, i,
                     change_state_name(t->outcomes[i].state));
}

static void expect_targets(struct trial *t, uint64_t seed)
{
    for (size_t i = 0; i < t->plan.targets.count; i++) {
        const struct cell *target = &t->plan.targets.cells[i];
        struct cg_value *value = NULL;
        cleanup_free char *line = scene_line(&t->scene, target, 0);
        int dir;

        assert_int_equal(nodes_open(&t->nodes, target->role, target->attr, &dir, NULL), 0);
        assert_int_equal(
            attr_read(t->scene.host->kernel, dir, target->attr, &t->scratch, &value, NULL), 0);
        if (!cg_value_equal(value, target->value))
            fail_msg("seed %llu: %s is not the target", (unsigned long long)seed, line);
        cg_value_unref(value);
    }
}

/* What changed is what the plan has steps for, and nothing else. */
static void expect_only_steps(struct trial *t, uint64_t seed)
{
    cleanup_free char *after = model_dump(t->scene.model);
    cleanup_free char *changes = scene_changes(t->before, after);
    char *at = changes, *line;

    if (!scene_is_within_guest(&t->scene, changes))
        fail_msg("seed %llu: outside of the guest:\n%s", (unsigned long long)seed, changes);
    while ((line = strsep(&at, "\n")) && *line) {
        bool planned = false;

        for (size_t i = 0; i < t->plan.count; i++)
            for (unsigned file = 0; cg_attr_file(t->plan.steps[i].cell.attr, file); file++) {
                cleanup_free char *known = scene_line(&t->scene, &t->plan.steps[i].cell, file);

                planned = planned ||
                          (strncmp(line, known, strlen(known)) == 0 && line[strlen(known)] == ' ');
            }
        if (!planned)
            fail_msg("seed %llu: no step for %s", (unsigned long long)seed, line);
    }
}

static unsigned expect_done(int version, uint64_t seed)
{
    struct trial t;
    struct watch watch = {.trial = &t};
    unsigned writes;

    watch_start(&watch, version, seed);
    trial_plan(&t, version, seed);
    t.scene.fail->hook = look;
    t.scene.fail->hook_data = &watch;
    apply(&t);
    expect_nothing_refused(&t, seed);
    expect_targets(&t, seed);
    expect_only_steps(&t, seed);
    if (watch.broken) {
        print_plan(&t);
        fail_msg("seed %llu: before write %u a thread may run where it may neither before nor "
                 "after",
                 (unsigned long long)seed, watch.broken);
    }
    writes = t.scene.fail->writes;
    trial_release(&t);
    watch_end(&watch);
    return writes;
}

static void expect_undone(int version, uint64_t seed, unsigned at)
{
    struct trial t;
    cleanup_free char *after = NULL, *left = NULL;

    trial_plan(&t, version, seed);
    kernel_fail_at(t.scene.fail, at, EINVAL);
    apply(&t);
    after = model_dump(t.scene.model);
    left = scene_changes(t.before, after);
    if (*left)
        fail_msg("seed %llu: after the refusal of write %u is left\n%s", (unsigned long long)seed,
                 at, left);
    for (size_t i = 0; i < t.plan.count; i++)
        if (t.outcomes[i].state == CHANGE_DONE || t.outcomes[i].state == CHANGE_UNKNOWN)
            fail_msg("seed %llu: refused write %u, but step %zu is %s", (unsigned long long)seed,
                     at, i, change_state_name(t.outcomes[i].state));
    trial_release(&t);
}

static unsigned trees(void)
{
    const char *wanted = getenv("VMPIN_TEST_TREES"); /* fewer under valgrind */

    return wanted ? (unsigned)strtoul(wanted, NULL, 10) : TREES;
}

static void try_all(int version, uint64_t first_seed)
{
    unsigned long written = 0;

    for (uint64_t seed = first_seed; seed < first_seed + trees(); seed++) {
        unsigned writes = expect_done(version, seed);

        written += writes;
        for (unsigned at = 1; at <= writes; at++)
            if (seed % UNDONE == 0 || at == 1 || at == writes)
                expect_undone(version, seed, at);
    }
    assert_true(written > trees()); /* else these scenes test nothing */
}

static void plans_break_no_rule_of_v1_and_can_be_undone_from_every_write(void **state)
{
    try_all(1, 0);
}

static void plans_break_no_rule_of_v2_and_can_be_undone_from_every_write(void **state)
{
    try_all(2, 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(plans_break_no_rule_of_v1_and_can_be_undone_from_every_write),
        cmocka_unit_test(plans_break_no_rule_of_v2_and_can_be_undone_from_every_write),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
