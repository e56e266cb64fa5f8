/* The ordered writes that lead from the observed to the target cells. Pure: it reads no file, and
 * running it on a model of the kernel shows whether the order is right.
 *
 * The order is knowledge of the kernel's rules (struct cg_attr, constraint): a parent's set must
 * hold its children's at every moment, so the plan grows from the root down, sets, and shrinks
 * from the leaves up. mems come last: they move memory. */
#ifndef RECONCILE_PLAN_H
#define RECONCILE_PLAN_H

#include "reconcile/report.h"
#include "reconcile/state.h"

enum step_phase {
    STEP_GROW,
    STEP_SET,
    STEP_SHRINK,
};

struct step {
    struct cell cell;     /* `value` is what is written */
    struct cg_value *old; /* what stands there before this step, and what undoing it writes */
    enum step_phase phase;
    enum change_reason reason;
    bool on_the_way; /* the first half of a change: a later step of the same cell completes it */
};

/* Does it write memory nodes? These come last. */
bool step_moves(const struct step *step);

struct plan {
    struct step *steps;
    size_t count, size;
    struct cells targets; /* what will stand when it is done: needed cells too, refused ones not */
};

/* Which cells must be observed too before a plan can be made: the guest's own node above a set that
 * changes, the children below one that shrinks. Adds their keys to *ret (value NULL); none when
 * `observed` has them all. `roles` are those that the guest may have. */
struct role_list {
    struct cg_role *roles;
    size_t count;
};
int roles_of(const struct facts *facts, struct role_list *ret) must_check;
int plan_needs(const struct cells *targets, const struct cells *observed,
               const struct role_list *roles, struct cells *ret) must_check;

/* A target that cannot be reached together with the others, or against libvirt's pins, becomes a
 * refusal and has no step. Targets whose role was not observed have none either. */
int plan_make(const struct cells *targets, const struct cells *observed,
              const struct guest_state *state, const struct facts *facts,
              const struct role_list *roles, struct plan *ret,
              struct refusals *refusals) must_check;
void plan_release(struct plan *plan);
#define cleanup_plan cleanup_with(plan_release)

/* plan_make()'s parts, one a kernel rule (plan_subset.c, plan_limits.c): each may add targets
 * ("needed by ..."), take some out with a refusal, and leaves the rest. */
struct planning {
    struct cells targets; /* a working copy */
    const struct cells *observed;
    const struct guest_state *state;
    const struct facts *facts;
    const struct role_list *roles;
    struct refusals *refusals;
};
int plan_subsets(struct planning *p) must_check;
int plan_limits(struct planning *p) must_check;
/* The limit that this one must not be below (memory.memsw.limit_in_bytes: .limit_in_bytes); NULL:
 * none. */
const struct cg_attr *plan_bounded_by(const struct cg_attr *upper);
int plan_refuse(struct planning *p, struct cell *target, const char *format, ...)
    printf_like(3, 4) must_check;
int plan_require(struct planning *p, struct cg_role role, const struct cg_attr *attr,
                 struct cg_value *value, const struct cell *needed_by) must_check;

#endif
