/* How much memory a guest's process has, and where. */
#ifndef RECONCILE_RESIDENT_H
#define RECONCILE_RESIDENT_H

#include "host/host.h"

#define RESIDENT_UNKNOWN UINT64_MAX /* where it could not be seen */

/* Bytes in all: cheap. -errno where the host does not tell. */
int resident_bytes(const struct host *host, pid_t pid, struct buffer *scratch, uint64_t *ret);
/* Bytes on other memory nodes than these, from numa_maps: the kernel looks at every page for that,
 * so it takes up to a second for each 100 GiB of small pages. -EACCES: another user's process, and
 * no CAP_SYS_PTRACE. */
int resident_elsewhere(const struct host *host, pid_t pid, const struct cg_set *nodes,
                       struct buffer *scratch, uint64_t *ret);

#endif
