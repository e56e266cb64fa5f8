/* Somebody else may write while a pass is under way. What then stands in a file is neither what the
 * pass saw there nor what it wrote, and looks as if the kernel had refused the value. Only a value
 * written once more tells which: so the pass begins anew, once, and takes what it finds for drift.
 * If it is the same again after that, it is told. */
#include "reconcile/pass.h"

#include "cgroup/access.h"

/* What v1 takes out of the sets when a CPU goes offline is nobody's write. */
bool pass_may_begin_anew(const struct pass *pass)
{
    for (size_t i = 0; i < pass->report.change_count; i++)
        if (change_has_failed(&pass->report.changes[i]))
            return false;
    return !pass->anew && host_is_current(pass->context->host);
}

/* What stands in the cell's file as far as the pass knows. */
static const struct cg_value *known_value(const struct pass *pass, const struct cell *seen)
{
    const struct change *change = pass_change_of(pass, seen->role, seen->attr);

    return change && change->state == CHANGE_DONE ? change->cell.value : seen->value;
}

/* A file that is gone is nobody's write. */
static bool has_changed(struct pass *pass, const struct cell *seen)
{
    const struct cg_value *known = known_value(pass, seen);
    struct cg_value *value;
    bool changed;
    int dir;

    if (!known || nodes_open(&pass->nodes, seen->role, seen->attr, &dir, NULL) < 0 ||
        attr_read(pass->context->host->kernel, dir, seen->attr, &pass->context->scratch, &value,
                  NULL) < 0)
        return false;
    changed = !cg_value_equal(value, known);
    cg_value_unref(value);
    return changed;
}

void pass_look_for_others(struct pass *pass, const struct cg_attr *attr)
{
    for (size_t i = 0; !pass->overtaken && i < pass->observed.count; i++) {
        const struct cell *seen = &pass->observed.cells[i];

        if (seen->target == CELL_FILE && seen->attr == attr)
            pass->overtaken = has_changed(pass, seen) && pass_may_begin_anew(pass);
    }
}

/* What was written was written, also the return to a baseline that did not last: nothing is on
 * record of it any more. All else will be found again. */
static void keep_writes(struct report *report)
{
    size_t kept = 0;

    for (size_t i = 0; i < report->change_count; i++) {
        struct change *change = &report->changes[i];

        if (change->state == CHANGE_DONE || change->state == CHANGE_MOVING ||
            change->state == CHANGE_FAILED)
            report->changes[kept++] = *change;
        else
            change_release(change);
    }
    report->change_count = kept;
}

int pass_begin_anew(struct pass *pass, struct cg_error **err)
{
    struct report *report = &pass->report;
    int r = pass->writes ? pass_save_state(pass, err) : 0;

    keep_writes(report);
    pass->first_change = report->change_count;
    refusals_truncate(&report->refusals, pass->request->desired->refusals.count);
    report_forget_granted(report);
    report->unrested = 0;
    report->awaits_mover = false;
    pass_forget_plan(pass);
    cells_release(&pass->observed);
    cells_release(&pass->targets);
    pass->degraded = pass->rests = pass->overtaken = false;
    pass->anew = true;
    return r;
}
