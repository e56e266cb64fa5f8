/* What each cell shall be now: what the policies desire, and for what no policy desires any more,
 * the baseline. Pure. */
#ifndef RECONCILE_TARGETS_H
#define RECONCILE_TARGETS_H

#include "policy/resolve.h"
#include "reconcile/state.h"
#include "reconcile/unit.h"

/* The cells to observe for that: the desired ones and those on record. What is desired of the
 * attribute that `unit` has on record too is desired of both. */
int targets_wanted(const struct desired *desired, const struct guest_state *state,
                   const struct unit *unit, struct cells *ret) must_check;

/* `observed` is what was found under targets_wanted(); the records have taken note of it. Cells
 * that are refused (in desired->refusals) stay as they are in force. A baseline that is not known
 * comes from libvirt's pins, else it is a refusal. On v1, CPUs that are offline are left out of a
 * set (*ret_degraded); where all of them are, that is a refusal on v2 too. */
int targets_make(const struct desired *desired, const struct guest_state *state,
                 const struct unit *unit, const struct facts *facts, const struct host *host,
                 const struct cells *observed, struct cells *ret, struct refusals *refusals,
                 bool *ret_degraded) must_check;

#endif
