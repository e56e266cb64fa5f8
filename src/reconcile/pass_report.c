#include "reconcile/pass.h"

#include "base/array.h"
#include "cgroup/guest_path.h"

#include <string.h>

int pass_report_change(struct pass *pass, const struct cell *cell, struct cg_value *old,
                       enum change_reason reason, enum change_state state, const char *note,
                       const char *error)
{
    struct report *report = &pass->report;
    struct change change = {.cell = *cell, .reason = reason, .state = state};

    if (array_grow(&report->changes, report->change_count, &report->change_size) < 0)
        return -ENOMEM;
    if (note && !(change.note = strdup(note)))
        return -ENOMEM;
    if (error && !(change.error = strdup(error))) {
        free(change.note);
        return -ENOMEM;
    }
    change.cell.value = cell->value ? cg_value_ref(cell->value) : NULL;
    change.cell.origin = cell->origin ? origin_ref(cell->origin) : NULL;
    change.old = old ? cg_value_ref(old) : NULL;
    report->changes[report->change_count++] = change;
    return 0;
}

struct change *pass_change_of(const struct pass *pass, struct cg_role role,
                              const struct cg_attr *attr)
{
    for (size_t i = pass->report.change_count; i-- > pass->first_change;) {
        struct change *change = &pass->report.changes[i];

        if (change->cell.target == CELL_FILE && change->cell.attr == attr &&
            role_compare(change->cell.role, role) == 0)
            return change;
    }
    return NULL;
}

/* The first half of a change in two steps, if step `index` is the second. */
static const struct step *first_half(const struct pass *pass, size_t index, size_t *ret)
{
    for (size_t i = 0; i < index; i++)
        if (pass->plan.steps[i].on_the_way &&
            cell_compare(&pass->plan.steps[i].cell, &pass->plan.steps[index].cell) == 0) {
            *ret = i;
            return &pass->plan.steps[i];
        }
    return NULL;
}

static const char *note_on(const struct pass *pass, const struct step *step)
{
    const struct record *record = state_find(&pass->state, &step->cell);
    const struct cg_set *set;

    if (step->reason == CHANGE_RETURN && record && record->baseline &&
        cg_value_set(record->baseline, &set) == 0 && cg_set_count(set) == 0)
        return "it was empty, which the kernel does not take back while threads are in it; the "
               "full set grants the same";
    if (step->cell.target == CELL_UNIT && !pass->writes && record)
        return "in force, but systemd, which was asked to have it on record, has not got it yet";
    return pass_move_note(pass, step);
}

int pass_report_changes(struct pass *pass)
{
    for (size_t i = 0; i < pass->plan.count; i++) {
        const struct step *step = &pass->plan.steps[i], *first;
        const struct outcome *outcome = &pass->outcomes[i];
        struct cg_value *old = step->old;
        size_t at;
        int r;

        if (step->on_the_way)
            continue;
        first = first_half(pass, i, &at);
        if (first)
            old = first->old;
        if (first && outcome->state != CHANGE_DONE && pass->outcomes[at].error)
            outcome = &pass->outcomes[at];
        r = pass_report_change(pass, &step->cell, old, step->reason, outcome->state,
                               note_on(pass, step), outcome->error);
        if (r < 0)
            return r;
        pass->report.changes[pass->report.change_count - 1].error_number = outcome->error_number;
    }
    return 0;
}
