/* A pass over each of the chosen guests, and what it says for the exit status: `reconcile`, `plan`,
 * `status` and `revert` are this with another mode. */
#ifndef CLI_SWEEP_H
#define CLI_SWEEP_H

#include "cli/session.h"
#include "reconcile/reconcile.h"

#include <signal.h>

struct sweep {
    struct report *reports; /* one a guest, in the session's order; fewer when interrupted */
    size_t count;
    char *warning; /* of all guests together (compete.h); NULL: none */
    sigset_t mask; /* of signals, as it was before */
    bool masked;
};

/* `policies` NULL: nothing is desired, everything returns to its baseline. Failures and refusals
 * are told and noted in the session; 0, or -errno when there is nothing to show. A SIGINT, SIGTERM
 * or SIGHUP ends the sweep between two guests, never within one, and is delivered by
 * sweep_release(), so that what was done is shown before. `sweep` is zeroed before, released after,
 * whatever comes.
 */
int sweep_run(struct session *session, enum reconcile_mode mode, const struct policy_set *policies,
              struct sweep *sweep);
void sweep_release(struct sweep *sweep);
#define cleanup_sweep cleanup_with(sweep_release)

/* The whole of `reconcile`, `plan` and `status`, up to showing it. */
int sweep_command(const struct options *options, enum reconcile_mode mode);

#endif
