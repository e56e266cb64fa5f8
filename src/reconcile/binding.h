/* Which nodes are a guest's: exact by the pid in libvirt's pid file and that process's
 * /proc/PID/cgroup, else by the id in the path. Never by the likeness of a name. */
#ifndef RECONCILE_BINDING_H
#define RECONCILE_BINDING_H

#include "guest/facts.h"
#include "host/host.h"

/* The guest's own node in one hierarchy. */
struct place {
    const struct cg_hierarchy *hierarchy; /* borrowed from the host's mounts */
    char *path;                           /* below the hierarchy's root */
    uint64_t id;                          /* the kernel's; ESTALE when another one stands there */
    int dir;                              /* open for the pass that made the binding, else -1 */
    bool delegated;                       /* roles lie in PATH/libvirt/, not in PATH/ */
};

/* One incarnation of a guest. */
struct binding {
    pid_t pid;            /* 0: not known (test driver, recorded host) */
    uint64_t start_time;  /* of that process, clock ticks since boot; 0: not known */
    struct place *places; /* in the order of the host's hierarchies, however they were found */
    size_t count;
    const struct kernel *kernel; /* whose handles the places' are */
};

/* The pid in libvirt's pid file for the guest of that driver and name. -ENOENT: there is none. */
int binding_pid(const struct host *host, const struct facts *facts, pid_t *ret) must_check;

/* An id of -1: not known yet, the process alone tells.
 * -ENOENT: the guest has no node (it does not run, or not yet); -ESTALE: pid file and id disagree,
 * the guest is just starting or ending. */
int binding_make(const struct host *host, const struct facts *facts, struct binding *ret,
                 struct cg_error **err);
/* Does the process that was found then still run, and not another one under its pid? Where there is
 * none that is known, no; where it cannot be looked at now (too many open files), yes. */
bool binding_lives(const struct binding *binding, const struct host *host);
/* Was its process started as QEMU for that guest? libvirt hands it the UUID, which no other guest
 * has, whatever its name. Until it is QEMU it is still libvirt's: no. */
bool binding_is_for(const struct binding *binding, const struct host *host, const char *uuid);
/* Closes the places' directories: between passes nothing is open. */
void binding_close(struct binding *binding);
void binding_release(struct binding *binding);
#define cleanup_binding cleanup_with(binding_release)

/* NULL: the guest has no node in that controller's hierarchy. */
const struct place *binding_place(const struct binding *binding, const struct host *host,
                                  const char *controller);

#endif
