/* What the kernel really grants: a node's effective set and each thread's own affinity. "The
 * kernel took the write" is not "the thread runs there" (sched_setaffinity(2) is remembered since
 * Linux 6.2 and intersects with the set). */
#ifndef RECONCILE_GRANT_H
#define RECONCILE_GRANT_H

#include "reconcile/nodes.h"
#include "reconcile/report.h"

struct thread_grant {
    pid_t tid;
    struct cg_set *allowed; /* Cpus_allowed_list */
};
struct role_grant {
    struct cg_set *effective;
    struct thread_grant *threads;
    size_t count;
};

/* Threads that end meanwhile are left out. Without a process (binding->pid 0) no threads are read.
 * -ENOENT: the role does not exist. */
int grant_read(struct nodes *nodes, struct cg_role role, struct buffer *scratch,
               struct role_grant *ret, struct cg_error **err);
void grant_release(struct role_grant *grant);
#define cleanup_grant cleanup_with(grant_release)

/* Is some thread kept by its own mask from CPUs that the node grants? */
bool grant_masked(const struct role_grant *grant);
/* Gives every thread of the role the affinity `cpus`; threads that end meanwhile do not count. */
int grant_set_masks(struct nodes *nodes, const struct role_grant *grant,
                    const struct cg_set *cpus, struct cg_error **err);
int grant_summary(const struct role_grant *grant, struct cg_role role, struct granted *ret);

#endif
