#include "reconcile/apply.h"

#include "cgroup/access.h"
#include "reconcile/move.h"

#include <string.h>

static bool is_transition(const struct step *step)
{
    return step->reason != CHANGE_HEAL;
}

static int write_step(struct nodes *nodes, const struct step *step, const struct cg_value *value,
                      const struct cg_value *now, struct cg_error **err)
{
    const struct cell *cell = &step->cell;
    int dir, r = nodes_open(nodes, cell->role, cell->attr, &dir, err);

    if (r < 0)
        return r;
    if (nodes->mover && mover_runs(nodes->mover) && strcmp(cell->attr->controller, "cpuset") == 0) {
        const struct move_write write = {.dir = dir, .attr = cell->attr, .value = value};

        return mover_write(nodes->mover, nodes->host, &write, err);
    }
    return attr_write(nodes->host->kernel, dir, cell->attr, value, now,
                      cell->role.kind == CG_ROLE_VM, err);
}

/* Did the write fail because the guest went away under it? Its own node tells: it is opened by
 * path and id, past what this pass has open already. */
static bool guest_is_gone(struct nodes *nodes, const struct step *step)
{
    struct nodes again = {.host = nodes->host, .binding = nodes->binding, .afresh = true};
    const struct cg_role vm = {.kind = CG_ROLE_VM};
    int dir;
    bool gone = nodes_open(&again, vm, step->cell.attr, &dir, NULL) == -ESTALE;

    nodes_close(&again);
    return gone;
}

/* Without memory for its text a failure counts all the same. */
static void note_failure(struct outcome *outcome, enum change_state state,
                         const struct cg_error *error)
{
    outcome->state = state;
    free(outcome->error);
    outcome->error = error ? strdup(cg_error_text(error)) : NULL;
    outcome->error_number = error ? cg_error_errno(error) : ENOMEM;
}

/* A v2 set that was empty cannot be emptied again while threads are in it (ENOSPC); the full set
 * grants the same. *why, of the write before, stays where there is no such set. */
static int undo_to_full_set(struct nodes *nodes, const struct step *step, struct cg_error **why)
{
    const struct cg_set *full =
        attr_moves_memory(step->cell.attr) ? nodes->host->nodes_online : nodes->host->cpus_online;
    struct cg_value *value = NULL;
    const struct cg_set *old;
    int r;

    if (cg_value_set(step->old, &old) < 0 || cg_set_count(old) > 0 || !full)
        return -ENOSPC;
    r = cg_value_from_set(step->cell.attr, full, &value, why);
    if (r == 0)
        r = write_step(nodes, step, value, NULL, why);
    cg_value_unref(value);
    return r;
}

/* 0, or -ESTALE. The step that failed is undone too: with two files (v1's quota) its first one may
 * be written. */
static int undo(struct nodes *nodes, const struct plan *plan, struct outcome *outcomes,
                size_t failed)
{
    for (size_t i = failed + 1; i-- > 0;) {
        const struct step *step = &plan->steps[i];
        cleanup_error struct cg_error *why = NULL;
        int r;

        if (!is_transition(step) || (i != failed && outcomes[i].state != CHANGE_DONE) ||
            (i == failed && !step->cell.attr->second))
            continue;
        r = write_step(nodes, step, step->old, NULL, &why);
        if (r == -ENOSPC)
            r = undo_to_full_set(nodes, step, &why);
        if (r < 0 && guest_is_gone(nodes, step))
            return -ESTALE;
        if (r < 0)
            note_failure(&outcomes[i], CHANGE_UNKNOWN, why);
        if (r == 0 && i != failed)
            outcomes[i].state = CHANGE_UNDONE;
    }
    return 0;
}

int plan_apply(struct nodes *nodes, const struct plan *plan, struct outcome *outcomes,
               struct cg_error **err)
{
    bool undone = false;

    for (size_t i = 0; i < plan->count; i++) {
        const struct step *step = &plan->steps[i];
        cleanup_error struct cg_error *why = NULL;

        if (undone && is_transition(step)) {
            outcomes[i].state = CHANGE_SKIPPED;
            continue;
        }
        if (step->cell.target == CELL_UNIT || (nodes->leave_mems && step_moves(step)))
            continue;
        if (write_step(nodes, step, step->cell.value, step->old, &why) == 0) {
            outcomes[i].state = CHANGE_DONE;
            continue;
        }
        if (guest_is_gone(nodes, step))
            return error_set(err, ESTALE, "the guest went away while it was being changed");
        note_failure(&outcomes[i], CHANGE_FAILED, why);
        if (!is_transition(step))
            continue;
        undone = true;
        if (undo(nodes, plan, outcomes, i) < 0)
            return error_set(err, ESTALE, "the guest went away while a change was taken back");
    }
    return 0;
}
