/* What is checked of a whole plan before any of it is written, and needs a look at the host: do
 * the ancestors allow the CPUs, has the guest room under its limit, may its memory move. */
#ifndef RECONCILE_CHECK_H
#define RECONCILE_CHECK_H

#include "reconcile/ancestors.h"
#include "reconcile/plan.h"

struct check_input {
    struct nodes *nodes;
    const struct facts *facts;
    const struct guest_state *state;
    const struct cells *targets, *observed;
    bool starting;
    struct ancestors *ancestors;
    struct buffer *scratch;
};

/* Adds a refusal for each step that must not be made; the caller takes these targets out and plans
 * again. -ESTALE: the guest is gone. */
int check_plan(const struct check_input *input, const struct plan *plan, struct refusals *refusals,
               struct cg_error **err);

/* Parts, by what they guard. */
int check_ancestors(const struct check_input *input, const struct step *step,
                    struct refusals *refusals, struct cg_error **err);
int check_memory_limit(const struct check_input *input, const struct step *step,
                       struct refusals *refusals, struct cg_error **err);
/* Has this incarnation got some of these mems from vmpin already? Then they were allowed, and what
 * differs is drift, a vCPU that was plugged in, or a move that was interrupted. */
bool mems_begun(const struct cells *targets, const struct guest_state *state);
/* More nodes move nothing. */
bool mems_only_widen(const struct step *step);
int check_mems(const struct check_input *input, const struct step *step, struct refusals *refusals,
               struct cg_error **err);

#endif
