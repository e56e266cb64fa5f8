/* What the kernel really grants: a node's effective set and each thread's own affinity. "The
 * kernel took the write" is not "the thread runs there" (sched_setaffinity(2) is remembered since
 * Linux 6.2 and intersects with the set). */
#ifndef RECONCILE_GRANT_H
#define RECONCILE_GRANT_H

#include "reconcile/nodes.h"
#include "reconcile/report.h"

/* What the role's node grants of the set `attr`. *ret NULL: it has no such file. -ENOENT: the role
 * does not exist. */
int grant_effective(struct nodes *nodes, struct cg_role role, const struct cg_attr *attr,
                    struct buffer *scratch, struct cg_set **ret, struct cg_error **err);

/* Threads that end meanwhile are left out. Without a process (binding->pid 0) no threads are read.
 * -ENOENT: the role does not exist. */
int grant_read(struct nodes *nodes, struct cg_role role, struct buffer *scratch,
               struct granted *ret, struct cg_error **err);

/* The thread of a role whose own node has none, if it is in that of the role `where`; else 0. */
int grant_stray(struct nodes *nodes, struct cg_role where, struct cg_role role,
                struct buffer *scratch, pid_t *ret, struct cg_error **err);

/* Is some thread kept by its own mask from CPUs that the node grants? */
bool grant_masked(const struct granted *grant);
/* Gives every thread of the role the affinity `cpus`; threads that end meanwhile do not count. */
int grant_set_masks(struct nodes *nodes, const struct granted *grant, const struct cg_set *cpus,
                    struct cg_error **err);
#endif
