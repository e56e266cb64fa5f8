/* One pass over one guest, from inside: what the stages hand on to each other. */
#ifndef RECONCILE_PASS_H
#define RECONCILE_PASS_H

#include "reconcile/apply.h"
#include "reconcile/grant.h"
#include "reconcile/reconcile.h"
#include "reconcile/unit.h"

/* What becomes of the plan's mems. */
enum pass_move {
    MOVE_NONE,  /* it has none, or nothing is written */
    MOVE_HERE,  /* written by this pass, which waits */
    MOVE_ASIDE, /* written by the mover */
    MOVE_RESTS, /* they changed too lately */
    MOVE_WAITS, /* the mover is at another guest */
};

struct pass {
    struct reconcile_context *context;
    const struct reconcile_request *request;
    struct nodes nodes;
    struct unit unit;
    struct role_list roles;
    struct guest_state state;
    bool state_changed;
    bool writes; /* the mode is APPLY and no hold forbids it */
    bool held;
    struct cells observed;
    struct cells targets;
    bool degraded;
    bool rests; /* something drifts and is left alone for now */
    struct plan plan;
    enum pass_move move;
    struct outcome *outcomes; /* one a step */
    struct report report;
    bool overtaken;      /* somebody else has written since this pass looked */
    bool anew;           /* so it has begun anew */
    size_t first_change; /* of those in the report, the first since then */
};

/* Observe, set targets, plan, check: fills observed, targets, plan and the report's refusals.
 * (pass_plan.c) */
int pass_plan(struct pass *pass, struct cg_error **err);

/* Enables the controller that pass->nodes.lacks, which a wanted cell needs. 1: it is, look again;
 * 0: it is not, as the report tells. (pass_enable.c) */
int pass_enable(struct pass *pass, struct cg_error **err);

void pass_forget_plan(struct pass *pass); /* and its outcomes */

/* Save the baseline, write, settle the state: fills outcomes. Without `writes` nothing happens.
 * (pass_write.c) */
int pass_write(struct pass *pass, struct cg_error **err);
int pass_save_state(struct pass *pass, struct cg_error **err);

/* Asks systemd for what the plan has of it. A pass that does not write only tells apart what
 * somebody who does has asked for already. (pass_unit.c) */
bool pass_may_ask(const struct pass *pass);
int pass_ask(struct pass *pass, struct cg_error **err);
void pass_look_at_asked(struct pass *pass);

/* The memory nodes (pass_move.c). While the guest's memory moves, no pass deals with them. */
bool pass_is_moving(const struct pass *pass);
int pass_leave_mems(struct pass *pass) must_check; /* -ENOMEM; `revert` is told of each */
void pass_await_move(const struct pass *pass);     /* for `revert`, up to move_wait_ms */
void pass_forget_move(struct pass *pass);          /* one on record that is over */
/* Before anything is written: who writes them, if anybody. */
int pass_choose_move(struct pass *pass, struct cg_error **err);
/* After the rest is written: starts the mover, or sees where the memory is. */
int pass_start_move(struct pass *pass, struct cg_error **err);
const char *pass_move_note(const struct pass *pass, const struct step *step); /* NULL: none */

/* The report's changes, from the plan and its outcomes. (pass_report.c) */
int pass_report_changes(struct pass *pass) must_check;
int pass_report_change(struct pass *pass, const struct cell *cell, struct cg_value *old,
                       enum change_reason reason, enum change_state state, const char *note,
                       const char *error) must_check;

/* The newest change of that file by this pass, or since it began anew; NULL: none. */
struct change *pass_change_of(const struct pass *pass, struct cg_role role,
                              const struct cg_attr *attr);

/* Once, and not after a write that failed. (pass_anew.c) */
bool pass_may_begin_anew(const struct pass *pass);
/* Has somebody else written that attribute since the pass saw or wrote it? Then it is overtaken. */
void pass_look_for_others(struct pass *pass, const struct cg_attr *attr);
int pass_begin_anew(struct pass *pass, struct cg_error **err) must_check;

/* Read back values, effective sets and threads; give threads that their own mask keeps from the
 * policy's CPUs that set as a mask. Ends early when the pass is overtaken. (pass_verify.c) */
int pass_verify(struct pass *pass, struct cg_error **err);

/* Gives the role's threads the target's CPUs as their own affinity, and looks again at what they
 * are granted. (pass_masks.c) */
int pass_widen_masks(struct pass *pass, const struct cell *target, struct granted *grant,
                     struct cg_error **err);
/* The masks that vmpin gave, and whose sets no policy asks for any more, go back to libvirt's pins.
 */
int pass_return_masks(struct pass *pass, struct cg_error **err);

#endif
