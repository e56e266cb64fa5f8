/* What an attribute is, inside libcgtree and vmpin: a row of a constant table. A kernel file that
 * is missing here is added as a row in the table of its controller (attr_*.c), and nowhere else. */
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

/* There are hundreds: small numbers stand together. */
struct cg_attr {
    const char *name;       /* the kernel's, and that of its file: "cpu.shares" */
    const char *controller; /* "cpu"; "": v2's own hierarchy; NULL: every hierarchy of v1 */
    enum cg_kind kind : 8;
    enum attr_constraint constraint : 8;
    unsigned version : 8;    /* of the hierarchy that has it: 1 or 2 */
    unsigned page_shift : 8; /* what sizes are rounded to, as a power of two; 0: the host's page */
    unsigned short flags;    /* enum cg_attr_flags */
    bool says_max; /* "max" is no limit: on v1 too, where others have -1, and in a table's cells */
    uint64_t min, max;  /* what the kernel takes; CG_NO_LIMIT is beside the range */
    const char *second; /* the name of the second file, where one setting is two (v1's quota) */
    const char *counterpart; /* its name on the other version, or NULL */
    const char *sibling;     /* ATTR_BELOW_SIBLING: of which */
    const char *bounded;     /* the other way round: whose sibling this is, or NULL */
    /* NULL-terminated. WORD: those that can be written. TABLE: the keys whose numbers alone are
     * written, without the key. COLUMNS: what the first column is called. */
    const char *const *words;
};

/* The face of `name` (v1's or v2's) on this host. -ENOENT: unknown name; -EOPNOTSUPP: this host's
 * hierarchy for the controller has no such file, or no hierarchy has the controller. */
int attr_find(const struct cg_mounts *mounts, const char *name, const struct cg_attr **ret);

/* Exactly that face, whatever the host. NULL: none. */
const struct cg_attr *attr_by_name(const char *name, int version);

/* The face that tells what the kernel grants of a set (cpuset.cpus, cpuset.mems). */
const struct cg_attr *attr_effective(const struct cg_attr *set);

/* Is it the CPUs that a node's threads may run on (cpuset.cpus)? */
bool attr_is_cpus(const struct cg_attr *attr);

/* Does writing it move the memory of the processes in the node (cpuset.mems)? */
bool attr_moves_memory(const struct cg_attr *attr);

const struct cg_attr *attr_next(const struct cg_attr *after);

/* Whether the attribute's file is one of that hierarchy's. */
bool attr_is_in(const struct cg_attr *attr, const struct cg_hierarchy *hierarchy);

/* As attr_find(), among those that `has` says are in `place`. */
int attr_choose(const char *name, bool (*has)(const void *place, const struct cg_attr *attr),
                const void *place, const struct cg_attr **ret);

#endif
