/* One pass over one guest: bind, observe, plan, apply, verify, report. The agent, `reconcile`,
 * `plan`, `status` and `revert` all run this; they differ in `mode` alone.
 *
 * What is refused while resolving (a vCPU without an element, an attribute that the host lacks)
 * stops that cell alone. What the check of the whole plan refuses (an ancestor that forbids the
 * CPUs, a limit too tight) stops every transition of that guest: a change is made whole or not at
 * all. Heals go on. A held guest is looked at and not written to. PLAN and STATUS take no lock. */
#ifndef RECONCILE_RECONCILE_H
#define RECONCILE_RECONCILE_H

#include "policy/resolve.h"
#include "reconcile/check.h"
#include "reconcile/report.h"
#include "reconcile/state_dir.h"
#include "reconcile/unit.h"

enum reconcile_mode {
    RECONCILE_PLAN,   /* everything but the writes; needs no privilege */
    RECONCILE_STATUS, /* as PLAN, and reads what the kernel granted though nothing is pending */
    RECONCILE_APPLY,
};

struct reconcile_context {
    const struct host *host;
    const struct state_dir *state;
    enum reconcile_mode mode;
    struct mover *mover; /* writes mems for who must not wait (move.h); NULL: this pass does */
    /* Told before this pass writes mems, which takes as long as the memory's move; may be NULL. */
    void (*moves)(const struct facts *facts, const struct cg_value *mems);
    unsigned lock_wait_ms;   /* how long to wait for another writer of the same guest */
    unsigned move_wait_ms;   /* how long `revert` waits for a move of the guest's memory to end */
    struct systemd *systemd; /* who is asked for UNIT cells; NULL: nobody is */
    unsigned answer_wait_ms; /* left to wait for its answers: 0 in the agent, which never does */
    struct buffer scratch;   /* reused between passes; zero it first */
    /* What slices above the guests grant, read once for as long as the context lives: for a run
     * over many guests. The agent empties it (ancestors_release) before each pass. */
    struct ancestors ancestors;
};
void reconcile_context_release(struct reconcile_context *context);

struct reconcile_request {
    const struct facts *facts;
    const struct desired *desired; /* empty: everything returns to its baseline */
    bool starting;                 /* it has just been started: mems may be written */
    const struct cells *resting;   /* whose drift is left alone for now; NULL: none */
    bool early;                    /* libvirt still starts it: nothing is verified yet (early.h) */
    uint64_t rested;               /* the picture of mems (report.h) that has lasted; 0: none */
    bool despite_hold;             /* for `revert`, which holds the guest first */
    struct unit_call *call;        /* to systemd, of earlier passes too; NULL: it is not asked */
    bool ask_systemd;              /* it may be asked now: not so soon after it failed */
    /* In: the binding of the last pass (zeroed: none), checked by identity. Out: this pass's. */
    struct binding *binding;
};

/* 0 whatever became of the guest: *ret tells (the caller releases it). -ENOENT: the guest has no
 * nodes now; -ESTALE: it went away meanwhile; -EBUSY: another writer is at it; -ENOMEM. */
int reconcile_guest(struct reconcile_context *context, const struct reconcile_request *request,
                    struct report *ret, struct cg_error **err);

/* Did something else change while a pass over the guest failed, so that `report` does not know of
 * it? Looks once more as PLAN does. What that pass could not put in force does not count, and nor
 * do memory nodes, which have their own pace. -errno as reconcile_guest(). */
int reconcile_overlooked(struct reconcile_context *context, const struct reconcile_request *request,
                         const struct report *report, bool *ret, struct cg_error **err);

#endif
