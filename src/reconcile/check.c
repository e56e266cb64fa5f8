#include "reconcile/check.h"

#include <string.h>

/* One refusal of mems for the guest, not one a node: of a step that moves memory, where one does.
 */
static const struct step *mems_step(const struct plan *plan)
{
    const struct step *found = NULL;

    for (size_t i = 0; i < plan->count; i++) {
        const struct step *step = &plan->steps[i];

        if (!step_moves(step) || step->on_the_way)
            continue;
        if (!found || mems_only_widen(found) ||
            (step->cell.role.kind == CG_ROLE_VM && !mems_only_widen(step)))
            found = step;
    }
    return found;
}

int check_plan(const struct check_input *input, const struct plan *plan, struct refusals *refusals,
               struct cg_error **err)
{
    const struct step *mems = mems_step(plan);

    for (size_t i = 0; i < plan->count; i++) {
        const struct step *step = &plan->steps[i];
        int r = 0;

        if (step->on_the_way)
            continue;
        if (step->cell.attr->kind == CG_SET)
            r = check_ancestors(input, step, refusals, err);
        if (r == 0 && step == mems)
            r = check_mems(input, step, refusals, err);
        if (r == 0 && strcmp(step->cell.attr->controller, "memory") == 0)
            r = check_memory_limit(input, step, refusals, err);
        if (r < 0)
            return r;
    }
    return 0;
}
