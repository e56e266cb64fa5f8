/* Which control group hierarchies a host has, and where: read from mountinfo, once. */
#ifndef CGROUP_MOUNTS_H
#define CGROUP_MOUNTS_H

#include "base/error.h"
#include "cgroup/kernel.h"

struct cg_hierarchy {
    unsigned index;    /* its place in cg_mounts */
    int version;       /* 1 or 2 */
    char *mountpoint;  /* as mounted: "/sys/fs/cgroup/cpuset" */
    char *controllers; /* comma separated: "cpu,cpuacct", "name=systemd"; v2: cgroup.controllers */
    int dir;           /* handle of the mount's root directory, -1 before mounts_open() */
};

struct cg_mounts {
    const struct kernel *kernel; /* whose handles `dir` are */
    size_t count;
    struct cg_hierarchy *hierarchies; /* in mountinfo's order */
};

/* Parses the text of /proc/PID/mountinfo (proc(5)). Mounts of a part of a hierarchy (the root field
 * not "/") and repeated mounts of one hierarchy are left out. Pure: no directory is opened, v2's
 * controllers stay "". -EINVAL with the line's number. No hierarchy at all is not an error. */
int mounts_parse(const char *mountinfo, struct cg_mounts **ret, struct cg_error **err);

/* Reads `proc/self/mountinfo` below the handle `root`, parses it, opens each hierarchy below `root`
 * and reads v2's controllers. -ENODEV: no hierarchy is mounted. */
int mounts_open(const struct kernel *kernel, int root, struct cg_mounts **ret,
                struct cg_error **err);

/* Whether that one controller is among the hierarchy's. */
bool hierarchy_has(const struct cg_hierarchy *hierarchy, const char *controller);

/* The hierarchy that has the controller; NULL: none. */
const struct cg_hierarchy *mounts_find(const struct cg_mounts *mounts, const char *controller);

struct cg_mounts *mounts_free(struct cg_mounts *mounts);
DEFINE_CLEANUP(struct cg_mounts *, mounts_free);
#define cleanup_mounts cleanup_with(mounts_freep)

#endif
