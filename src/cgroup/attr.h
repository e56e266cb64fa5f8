/* What an attribute is, inside libcgtree and vmpin: a row of a constant table. A kernel file that
 * is missing here is added as a row in the table of its controller (attr_cpu.c, attr_cpuset.c,
 * attr_memory.c), and nowhere else. */
#ifndef CGROUP_ATTR_H
#define CGROUP_ATTR_H

#include "cgroup/cgtree.h"
#include "cgroup/mounts.h"

/* What the kernel demands between this attribute of a node and its neighbours. */
enum attr_constraint {
    ATTR_FREE,
    ATTR_SUBSET_OF_PARENT, /* cpuset.c, validate_change(): v1 alone */
    ATTR_RATIO_OF_PARENT,  /* sched/core.c, tg_cfs_schedulable_down(): v1 alone */
    ATTR_BELOW_SIBLING,    /* memory.limit_in_bytes <= memory.memsw.limit_in_bytes: v1 alone */
};

struct cg_attr {
    const char *name;       /* the kernel's: "cpu.shares" */
    const char *controller; /* "cpu" */
    int version;            /* of the hierarchy that has it: 1 or 2 */
    enum cg_kind kind;
    unsigned flags; /* enum cg_attr_flags */
    enum attr_constraint constraint;
    uint64_t min, max;       /* what the kernel takes; CG_NO_LIMIT is beside the range */
    const char *files[3];    /* NULL-terminated; the first alone where name is the file */
    const char *counterpart; /* its name on the other version, or NULL */
    const char *sibling;     /* ATTR_BELOW_SIBLING: of which */
    const char *bounded;     /* the other way round: whose sibling this is, or NULL */
};

/* The face of `name` (v1's or v2's) on this host. -ENOENT: unknown name; -EOPNOTSUPP: this host's
 * hierarchy for the controller has no such file, or no hierarchy has the controller. */
int attr_find(const struct cg_mounts *mounts, const char *name, const struct cg_attr **ret);

/* Exactly that face, whatever the host. NULL: none. */
const struct cg_attr *attr_by_name(const char *name, int version);

/* The face that tells what the kernel grants of a set (cpuset.cpus, cpuset.mems). */
const struct cg_attr *attr_effective(const struct cg_attr *set);

/* Does writing it move the memory of the processes in the node (cpuset.mems)? */
bool attr_moves_memory(const struct cg_attr *attr);

const struct cg_attr *attr_next(const struct cg_attr *after);

#endif
