/* One pass over one guest: bind, observe, plan, apply, verify, report. The agent, `reconcile`,
 * `plan`, `status` and `revert` all run this; they differ in `mode` alone. */
#ifndef RECONCILE_RECONCILE_H
#define RECONCILE_RECONCILE_H

#include "policy/resolve.h"
#include "reconcile/report.h"
#include "reconcile/state_dir.h"

enum reconcile_mode {
    RECONCILE_PLAN,   /* everything but the writes; needs no privilege */
    RECONCILE_STATUS, /* as PLAN, and reads what the kernel granted though nothing is pending */
    RECONCILE_APPLY,
};

struct reconcile_context {
    const struct host *host;
    const struct state_dir *state;
    enum reconcile_mode mode;
    unsigned lock_wait_ms; /* how long to wait for another writer of the same guest */
    struct buffer scratch; /* reused between passes; zero it first */
};

struct reconcile_request {
    const struct facts *facts;
    const struct desired *desired; /* empty: everything returns to its baseline */
    bool starting;                 /* it has just been started: mems may be written */
    /* In: the binding of the last pass (zeroed: none), checked by identity. Out: this pass's. */
    struct binding *binding;
};

/* 0 whatever became of the guest: *ret tells (the caller releases it). -ENOENT: the guest has no
 * nodes now; -ESTALE: it went away meanwhile; -EBUSY: another writer is at it; -ENOMEM. */
int reconcile_guest(struct reconcile_context *context, const struct reconcile_request *request,
                    struct report *ret, struct cg_error **err);

#endif
