/* What stands in the files now: the named cells only, nothing that no one asks for. */
#ifndef RECONCILE_OBSERVE_H
#define RECONCILE_OBSERVE_H

#include "reconcile/nodes.h"
#include "reconcile/report.h"

/* Reads the FILE and UNIT cells of `wanted` that are not in `observed` yet and adds them there. A
 * role that does not exist (yet) is left out; a file that cannot be read becomes a refusal with the
 * cell's origin; one whose controller can be enabled is left out and noted in nodes->lacks.
 * -ESTALE: the guest is gone; -ENOMEM. */
int observe_cells(struct nodes *nodes, const struct cells *wanted, struct buffer *scratch,
                  struct cells *observed, struct refusals *refusals, struct cg_error **err);

#endif
