#include "reconcile/check.h"

#include "cgroup/access.h"

#include <string.h>

int check_plan(const struct check_input *input, const struct plan *plan, struct refusals *refusals,
               struct cg_error **err)
{
    for (size_t i = 0; i < plan->count; i++) {
        const struct step *step = &plan->steps[i];
        int r = 0;

        if (step->on_the_way)
            continue;
        if (step->cell.attr->kind == CG_SET)
            r = check_ancestors(input, step, refusals, err);
        if (r == 0 && step_moves(step))
            r = check_mems(input, step, refusals, err);
        if (r == 0 && strcmp(step->cell.attr->controller, "memory") == 0)
            r = check_memory_limit(input, step, refusals, err);
        if (r < 0)
            return r;
    }
    return 0;
}
