/* Which CPUs each memory node has. */
#ifndef HOST_TOPOLOGY_H
#define HOST_TOPOLOGY_H

#include "cgroup/kernel.h"

struct topology_node {
    struct cg_set *node; /* its number, the one member */
    struct cg_set *cpus;
};

struct topology {
    struct topology_node *nodes; /* those that have memory and CPUs */
    size_t count;
};

/* Reads it anew for the memory nodes `nodes` (a host that does not tell has an empty one). `before`
 * is what was read last, zeroed the first time: a CPU that went offline stays where it was.
 * -ENOMEM; -errno of a file that cannot be read or understood. */
int topology_read(const struct kernel *kernel, int sys, const struct cg_set *nodes,
                  const struct topology *before, struct topology *ret, struct cg_error **err);
void topology_release(struct topology *topology);

/* The memory nodes of these CPUs. -ENODATA: the host does not tell; -ENOMEM. */
int topology_nodes(const struct topology *topology, const struct cg_set *cpus, struct cg_set **ret);

#endif
