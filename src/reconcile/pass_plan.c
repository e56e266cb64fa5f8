#include "reconcile/pass.h"

#include "cgroup/guest_path.h"
#include "reconcile/observe.h"
#include "reconcile/targets.h"

/* v1 takes a CPU that goes offline out of every set: not somebody's value, and so no baseline. Nor
 * is it one when the CPU is back and the set still lacks it: from now on it counts as written. */
static bool is_online_part(const struct record *record, const struct cg_value *seen,
                           const struct host *host)
{
    const struct cg_set *written, *value;
    struct cg_set *part;
    bool same;

    if (record->attr->constraint != ATTR_SUBSET_OF_PARENT || !host->cpus_online ||
        !attr_is_cpus(record->attr) || !record->written[0] || record->settled ||
        cg_value_set(record->written[0], &written) < 0 || cg_value_set(seen, &value) < 0 ||
        cg_set_intersection(written, host->cpus_online, &part) < 0)
        return false;
    same = cg_set_equal(part, value) && !cg_set_equal(part, written);
    cg_set_unref(part);
    return same;
}

/* systemd has still got an earlier value of vmpin's on record, and may get to the newer one, of
 * this program or of one that was killed, at any time: none of them is foreign. */
static bool may_still_be_answered(const struct record *record, const struct cg_value *seen)
{
    return record->target == CELL_UNIT && record_wrote(record, seen) &&
           !cg_value_equal(record->written[0], seen);
}

/* What stands in the files and vmpin did not write is the baseline from now on. */
static void note_foreign_values(struct pass *pass)
{
    for (size_t i = 0; i < pass->state.count; i++) {
        struct record *record = &pass->state.records[i];
        const struct cell *seen =
            record->target != CELL_MASK
                ? cells_find(&pass->observed, record->role, record->target, record->attr)
                : NULL;

        if (!seen || (attr_moves_memory(record->attr) && pass_is_moving(pass)) ||
            may_still_be_answered(record, seen->value))
            continue;
        if (is_online_part(record, seen->value, pass->context->host)) {
            record_write(record, seen->value);
            record_written(record);
            pass->state_changed = true;
        } else if (record_observe(record, seen->value)) {
            pass->state_changed = true;
        }
    }
}

/* What is known of a role's values goes with its node: one that comes back under that name, as an
 * iothread that is added again, is another one. */
static void forget_what_went(struct pass *pass)
{
    for (size_t i = pass->state.count; i-- > 0;) {
        struct record *record = &pass->state.records[i];
        int dir;

        if (record->role.kind == CG_ROLE_VM ||
            cells_find(&pass->observed, record->role, CELL_FILE, record->attr) ||
            nodes_open(&pass->nodes, record->role, record->attr, &dir, NULL) != -ENOENT)
            continue;
        state_remove(&pass->state, record);
        pass->state_changed = true;
    }
}

/* Of a guest whose state was lost, what stands as it is desired was set by vmpin, and what stood
 * there before is not known: to be told when it is to be given back. */
static int take_over_standing(struct pass *pass)
{
    const struct cells *desired = &pass->request->desired->cells;

    for (size_t i = 0; pass->state.lost && i < desired->count; i++) {
        const struct cell *cell = &desired->cells[i];
        const struct cell *seen = cells_find(&pass->observed, cell->role, CELL_FILE, cell->attr);
        struct record *record;

        if (!seen || !cg_value_equal(seen->value, cell->value) || state_find(&pass->state, cell))
            continue;
        if (state_add(&pass->state, cell, &record) < 0)
            return -ENOMEM;
        record_write(record, cell->value);
        pass->state_changed = true;
    }
    return 0;
}

static int observe(struct pass *pass, const struct cells *wanted, struct cg_error **err)
{
    size_t before = pass->report.refusals.count;
    int r;

    do {
        refusals_truncate(&pass->report.refusals, before);
        r = observe_cells(&pass->nodes, wanted, &pass->context->scratch, &pass->observed,
                          &pass->report.refusals, err);
        if (r == 0 && pass->nodes.lacks.attr)
            r = pass_enable(pass, err);
    } while (r > 0);
    return r;
}

/* What the planner would like to know too. Nobody asked for it, so a host that lacks it (a kernel
 * without swap accounting has no memory.memsw.*) refuses nothing. */
static int observe_needs(struct pass *pass, const struct cells *needs, struct cg_error **err)
{
    struct refusals unheard = {0};
    int r =
        observe_cells(&pass->nodes, needs, &pass->context->scratch, &pass->observed, &unheard, err);

    refusals_release(&unheard);
    return r;
}

static bool drifts(const struct pass *pass, const struct cell *target)
{
    const struct cell *seen =
        cells_find(&pass->observed, target->role, target->target, target->attr);
    const struct record *record = state_find(&pass->state, target);

    return seen && record && record->written[0] &&
           cg_value_equal(record->written[0], target->value) &&
           !cg_value_equal(seen->value, target->value);
}

/* What is new is put in force whoever fights over it. */
static void leave_resting(struct pass *pass)
{
    const struct cells *resting = pass->request->resting;

    for (size_t i = 0; resting && i < resting->count; i++) {
        const struct cell *key = &resting->cells[i];
        struct cell *target = cells_find(&pass->targets, key->role, key->target, key->attr);

        if (!target || !drifts(pass, target))
            continue;
        pass->rests = true;
        cells_remove(&pass->targets, target);
    }
}

static int observe_and_target(struct pass *pass, struct cg_error **err)
{
    const struct reconcile_request *request = pass->request;
    cleanup_cells struct cells wanted = {0}, needs = {0};
    int r = targets_wanted(request->desired, &pass->state, &pass->unit, &wanted);

    if (r == 0)
        r = observe(pass, &wanted, err);
    if (r < 0)
        return r;
    forget_what_went(pass);
    note_foreign_values(pass);
    r = take_over_standing(pass);
    if (r < 0)
        return error_out_of_memory(err);
    r = targets_make(request->desired, &pass->state, &pass->unit, request->facts,
                     pass->context->host, &pass->observed, &pass->targets, &pass->report.refusals,
                     &pass->degraded);
    leave_resting(pass);
    if (r == 0 && pass_is_moving(pass))
        r = pass_leave_mems(pass);
    if (r == 0)
        r = plan_needs(&pass->targets, &pass->observed, &pass->roles, &needs);
    if (r == 0)
        r = observe_needs(pass, &needs, err);
    return r == -ENOMEM ? error_out_of_memory(err) : r;
}

static int make(struct pass *pass, struct refusals *refusals)
{
    plan_release(&pass->plan);
    return plan_make(&pass->targets, &pass->observed, &pass->state, pass->request->facts,
                     &pass->roles, &pass->plan, refusals);
}

static bool is_refused(const struct refusals *refusals, size_t from, const struct cell *cell)
{
    for (size_t i = from; i < refusals->count; i++)
        if (refusals->refusals[i].attr == cell->attr &&
            role_compare(refusals->refusals[i].role, cell->role) == 0)
            return true;
    return false;
}

/* What v1 left of a set all of whose CPUs went offline: nothing to keep. */
static bool is_empty_set(const struct cg_value *value)
{
    const struct cg_set *set;

    return cg_value_set(value, &set) == 0 && cg_set_count(set) == 0;
}

/* A change is made whole or not at all: what was in force stays (and is healed), the rest waits. */
static int keep_what_is_in_force(struct pass *pass, size_t first_refusal)
{
    const struct refusals *refusals = &pass->report.refusals;
    cleanup_cells struct cells kept = {0};

    for (size_t i = 0; i < pass->plan.count; i++) {
        const struct step *step = &pass->plan.steps[i];
        int r;

        if (step->reason == CHANGE_HEAL || step->on_the_way ||
            is_refused(refusals, first_refusal, &step->cell))
            continue;
        r = pass_report_change(pass, &step->cell, step->old, step->reason, CHANGE_SKIPPED, NULL,
                               "not made, since another part of this guest's change is refused");
        if (r < 0)
            return r;
    }
    for (size_t i = 0; i < pass->targets.count; i++) {
        struct cell target = pass->targets.cells[i];
        const struct record *record = state_find(&pass->state, &target);
        int r;

        if (!record || !record->written[0] || is_empty_set(record->written[0]))
            continue;
        if (is_refused(refusals, first_refusal, &target) &&
            cg_value_equal(target.value, record->written[0]))
            continue;
        target.value = record->written[0];
        target.flags &= ~(unsigned)CELL_RETURN;
        r = cells_set(&kept, &target);
        if (r < 0)
            return r;
    }
    cells_release(&pass->targets);
    pass->targets = kept;
    kept = (struct cells){0};
    return 0;
}

static bool is_mems_return(const struct cell *cell)
{
    return cell->flags & CELL_RETURN && attr_moves_memory(cell->attr);
}

/* Memory that must not move back stays where it is, for a return is no change that would be half
 * made without it; all else returns. False: something else is refused too. */
static bool drop_mems_returns(struct pass *pass, size_t first_refusal)
{
    for (size_t i = first_refusal; i < pass->report.refusals.count; i++) {
        const struct refusal *refusal = &pass->report.refusals.refusals[i];
        const struct cell *target =
            refusal->attr ? cells_find(&pass->targets, refusal->role, CELL_FILE, refusal->attr)
                          : NULL;

        if (!target || !is_mems_return(target))
            return false;
    }
    for (size_t i = pass->targets.count; i-- > 0;)
        if (is_mems_return(&pass->targets.cells[i]))
            cells_remove(&pass->targets, &pass->targets.cells[i]);
    return true;
}

int pass_plan(struct pass *pass, struct cg_error **err)
{
    struct check_input input = {
        .nodes = &pass->nodes,
        .facts = pass->request->facts,
        .state = &pass->state,
        .observed = &pass->observed,
        .starting = pass->request->starting,
        .ancestors = &pass->context->ancestors,
        .scratch = &pass->context->scratch,
    };
    struct refusals unheard = {0};
    size_t before;
    int r = observe_and_target(pass, err);

    if (r < 0)
        return r;
    before = pass->report.refusals.count;
    r = make(pass, &pass->report.refusals);
    input.targets = &pass->targets;
    if (r == 0)
        r = check_plan(&input, &pass->plan, &pass->report.refusals, err);
    if (r == 0 && pass->report.refusals.count > before) {
        if (!drop_mems_returns(pass, before))
            r = keep_what_is_in_force(pass, before);
        if (r == 0)
            r = make(pass, &unheard);
        refusals_release(&unheard);
    }
    return r == -ENOMEM ? error_out_of_memory(err) : r;
}
