/* The host that vmpin looks at: where its files are, which hierarchies it has, which CPUs and
 * memory nodes exist. Handed in, so that a fixture, a recorded host and the real one run the same
 * code. */
#ifndef HOST_HOST_H
#define HOST_HOST_H

#include "cgroup/kernel.h"
#include "cgroup/mounts.h"
#include "host/topology.h"

struct host {
    const struct kernel *kernel;
    int root;        /* handles of the port; "/" on a real host */
    int proc;        /* ROOT/proc */
    int sys;         /* ROOT/sys */
    int libvirt_run; /* ROOT/run/libvirt, -1 where there is none */
    bool systemd;    /* it runs there, as sd_booted(3) tells it */
    struct cg_mounts *mounts;
    struct cg_set *cpus_present, *cpus_online; /* /sys/devices/system/cpu */
    struct cg_set *nodes_online;               /* /sys/devices/system/node; {0} where it is not */
    struct topology topology;                  /* of those nodes */
};

/* Opens the host below the folder `root` ("/" or NULL: this one). */
int host_open(const struct kernel *kernel, const char *root, struct host **ret,
              struct cg_error **err);
/* libvirt's run folder may not have been there yet. */
void host_find_libvirt(struct host *host);
/* Reads the CPU and node sets again (after a uevent). */
int host_refresh(struct host *host, struct cg_error **err);
/* Are the CPUs that are online still those that were read? */
bool host_is_current(const struct host *host);
struct host *host_free(struct host *host);
DEFINE_CLEANUP(struct host *, host_free);
#define cleanup_host cleanup_with(host_freep)

/* Free bytes on one memory node (its meminfo's MemFree); -errno where the host does not tell. */
int host_node_free(const struct host *host, unsigned node, uint64_t *ret);

#endif
