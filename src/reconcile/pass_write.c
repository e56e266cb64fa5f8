/* The write half of a pass: baseline first, then the plan, then what became of it. A crash between
 * any two of these leaves a state that tells vmpin's values from others'. */
#include "reconcile/pass.h"

int pass_save_state(struct pass *pass, struct cg_error **err)
{
    int r;

    if (!pass->state_changed)
        return 0;
    if (pass->state.count == 0 && !pass->state.lost) {
        state_dir_forget_state(pass->context->state, pass->state.uuid);
        r = 0;
    } else {
        r = state_dir_save(pass->context->state, &pass->state, err);
    }
    if (r == 0)
        pass->state_changed = false;
    return r;
}

/* No saved baseline, no write. */
static int write_ahead(struct pass *pass, struct cg_error **err)
{
    for (size_t i = 0; i < pass->plan.count; i++) {
        const struct step *step = &pass->plan.steps[i];
        bool known = state_find(&pass->state, &step->cell);
        struct record *record;

        if (step->cell.target == CELL_UNIT && !pass_may_ask(pass))
            continue;
        if (state_add(&pass->state, &step->cell, &record) < 0)
            return error_out_of_memory(err);
        if (!known && !pass->state.lost)
            record->baseline = cg_value_ref(step->old);
        record_write(record, step->cell.value);
    }
    pass->state_changed = true;
    return pass_save_state(pass, err);
}

static bool is_unknown(const struct pass *pass, const struct cell *cell)
{
    for (size_t i = 0; i < pass->plan.count; i++)
        if (pass->outcomes[i].state == CHANGE_UNKNOWN &&
            cell_compare(&pass->plan.steps[i].cell, cell) == 0)
            return true;
    return false;
}

static void settle(struct pass *pass, const struct guest_state *before)
{
    for (size_t i = 0; i < pass->plan.count; i++) {
        const struct step *step = &pass->plan.steps[i];
        struct record *record = state_find(&pass->state, &step->cell);

        if (step->on_the_way || !record || is_unknown(pass, &step->cell) ||
            pass->outcomes[i].state == CHANGE_SETTLING || pass->outcomes[i].state == CHANGE_MOVING)
            continue;
        if (pass->outcomes[i].state != CHANGE_DONE) {
            if (step->reason != CHANGE_HEAL)
                state_reset(&pass->state, before, &step->cell);
        } else if (step->reason == CHANGE_RETURN) {
            state_remove(&pass->state, record);
        } else {
            record_written(record);
            record->settled = step->cell.flags & CELL_ENFORCE_START;
        }
    }
    pass->state_changed = true;
}

/* `enforce: start` asks for one moment of an incarnation: a value that stood there already was in
 * force then, and is the operator's from now on as one that was written is. */
static int settle_standing(struct pass *pass)
{
    for (size_t i = 0; i < pass->plan.targets.count; i++) {
        const struct cell *target = &pass->plan.targets.cells[i];
        const struct cell *seen =
            cells_find(&pass->observed, target->role, target->target, target->attr);
        struct record *record = state_find(&pass->state, target);

        if (!(target->flags & CELL_ENFORCE_START) || !seen ||
            !cg_value_equal(seen->value, target->value) || (record && record->settled))
            continue;
        if (!record) {
            if (state_add(&pass->state, target, &record) < 0)
                return -ENOMEM;
            if (!pass->state.lost)
                record->baseline = cg_value_ref(seen->value);
        }
        record_write(record, target->value);
        record_written(record);
        record->settled = true;
        pass->state_changed = true;
    }
    return 0;
}

static bool is_planned(const struct plan *plan, const struct cell *cell)
{
    for (size_t i = 0; i < plan->count; i++)
        if (cell_compare(&plan->steps[i].cell, cell) == 0)
            return true;
    return false;
}

/* Cells that are back at their baseline without a write (somebody put them there) are forgotten. */
static void forget_returned(struct pass *pass)
{
    for (size_t i = 0; i < pass->plan.targets.count; i++) {
        const struct cell *target = &pass->plan.targets.cells[i];
        const struct cell *seen =
            cells_find(&pass->observed, target->role, target->target, target->attr);
        struct record *record = state_find(&pass->state, target);

        if (target->flags & CELL_RETURN && record && seen && seen->value &&
            cg_value_equal(seen->value, target->value) && !is_planned(&pass->plan, target)) {
            state_remove(&pass->state, record);
            pass->state_changed = true;
        }
    }
}

void pass_forget_plan(struct pass *pass)
{
    for (size_t i = 0; pass->outcomes && i < pass->plan.count; i++)
        free(pass->outcomes[i].error);
    free(pass->outcomes);
    pass->outcomes = NULL;
    plan_release(&pass->plan);
}

int pass_write(struct pass *pass, struct cg_error **err)
{
    cleanup_state struct guest_state before = {0};
    int r;

    pass->outcomes = calloc(pass->plan.count ? pass->plan.count : 1, sizeof(*pass->outcomes));
    if (!pass->outcomes)
        return error_out_of_memory(err);
    if (!pass->writes) {
        pass_look_at_asked(pass);
        return 0;
    }
    forget_returned(pass);
    if (settle_standing(pass) < 0)
        return error_out_of_memory(err);
    if (pass->plan.count == 0)
        return pass_save_state(pass, err);
    if (state_copy(&pass->state, &before) < 0)
        return error_out_of_memory(err);
    r = pass_choose_move(pass, err);
    if (r == 0)
        r = write_ahead(pass, err);
    if (r == 0)
        r = plan_apply(&pass->nodes, &pass->plan, pass->outcomes, err);
    if (r == 0)
        r = pass_start_move(pass, err);
    if (r == 0)
        r = pass_ask(pass, err);
    if (r < 0)
        return r;
    settle(pass, &before);
    return pass_save_state(pass, err);
}
