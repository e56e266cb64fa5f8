/* How much memory a guest's process has, and where. */
#ifndef RECONCILE_RESIDENT_H
#define RECONCILE_RESIDENT_H

#include "reconcile/nodes.h"

#define RESIDENT_UNKNOWN UINT64_MAX /* where it could not be seen */

/* A guest's process, and the node that its memory is charged to. */
struct resident {
    const struct host *host;
    pid_t pid;
    int node;    /* its directory; -1: none */
    int version; /* of its memory controller */
};

/* The directory is borrowed from the nodes. */
struct resident resident_of(struct nodes *nodes);

/* Bytes in all: cheap. -errno where the host does not tell. */
int resident_bytes(const struct host *host, pid_t pid, struct buffer *scratch, uint64_t *ret);
/* Bytes on other memory nodes than these. 0: as /proc/PID/numa_maps tells, for which the kernel
 * looks at every page, up to a second for each 100 GiB of small ones. 1: that is another user's
 * process, and there is no CAP_SYS_PTRACE; as the node's memory.numa_stat tells, which the kernel
 * may bring up to date 2 seconds late. -EACCES: nor does that, since it leaves out hugepages. */
int resident_elsewhere(const struct resident *guest, const struct cg_set *nodes,
                       struct buffer *scratch, uint64_t *ret);

#endif
