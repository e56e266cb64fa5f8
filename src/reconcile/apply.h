/* Carrying a plan out, write by write, and taking it back when it fails half-way. */
#ifndef RECONCILE_APPLY_H
#define RECONCILE_APPLY_H

#include "reconcile/nodes.h"
#include "reconcile/plan.h"

/* What became of the plan's step of the same index. */
struct outcome {
    enum change_state state;
    char *error;
    int error_number;
};

/* `outcomes` has plan->count elements, all CHANGE_PLANNED; those of UNIT cells, and of mems with
 * nodes->leave_mems, stay that, for systemd or the mover to be asked, unless they are skipped. When
 * a transition's write fails, the transitions before it are undone in reverse and those behind it
 * skipped; heals keep what succeeded. A failed undo is CHANGE_UNKNOWN. -ESTALE: the guest is gone,
 * nothing more was done; else 0: the outcomes tell. */
int plan_apply(struct nodes *nodes, const struct plan *plan, struct outcome *outcomes,
               struct cg_error **err);

#endif
