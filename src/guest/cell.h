/* The unit of work: what one attribute of one role of a guest is, was or shall be. Desired,
 * observed, plan, baseline and undo are arrays of these, sorted by cell_compare(), so that a
 * difference is one loop. Plain data. */
#ifndef GUEST_CELL_H
#define GUEST_CELL_H

#include "cgroup/attr.h"

enum cell_target {
    CELL_FILE, /* a file in the role's node */
    CELL_UNIT, /* the property of the guest's systemd unit that stands behind that file */
    CELL_MASK, /* the affinity of the role's threads; attr is cpuset.cpus, value the set */
};

enum cell_flags {
    CELL_ENFORCE_START = 1, /* set once for an incarnation */
    CELL_MIGRATE = 2,       /* mems may move a running guest's memory */
    CELL_FORCE = 4,         /* a memory limit below the safe margin is meant */
    CELL_RETURN = 8,        /* no policy asks for it any more: back to the baseline */
    CELL_NEEDED = 16,       /* another cell needs it: see origin */
};

/* Who asked for a cell: counted, since cells outlive the policies they came from. */
struct origin {
    unsigned references;
    char *policy; /* its name; "" for baseline and "needed by" origins */
    char *text;   /* "policy db1 (/etc/vmpin/policies.d/db1.json)", "needed by vcpu0 ..." */
};
struct origin *origin_new(const char *policy, const char *text);
struct origin *origin_ref(struct origin *origin);
struct origin *origin_unref(struct origin *origin);

struct cell {
    struct cg_role role;
    enum cell_target target;
    unsigned flags;
    const struct cg_attr *attr; /* this host's face */
    struct cg_value *value;     /* native, a reference; NULL: not known */
    struct origin *origin;      /* a reference; NULL in observed cells */
};

/* The way in which its value gets there, for people: "file", "systemd", "thread mask". */
const char *cell_way(enum cell_target target);

/* By attribute's controller and name, then role, then target: neighbours in a node's tree stand
 * together, parents first. */
int cell_compare(const struct cell *a, const struct cell *b);

struct cells {
    struct cell *cells;
    size_t count;
    size_t size;
};
/* Adds a copy with references of its own, in its sorted place; one of the same key is replaced. */
int cells_set(struct cells *cells, const struct cell *cell) must_check;
/* One more at the end, also where it is there already: for a list of what happened, which is no
 * picture any more and is not searched. -ENOMEM */
int cells_append(struct cells *cells, const struct cell *cell) must_check;
struct cell *cells_find(const struct cells *cells, struct cg_role role, enum cell_target target,
                        const struct cg_attr *attr);
void cells_remove(struct cells *cells, struct cell *cell); /* one of the array's own */
int cells_copy(const struct cells *from, struct cells *ret) must_check;
/* Keys, flags, values and what the origins say. */
bool cells_equal(const struct cells *a, const struct cells *b);
void cells_release(struct cells *cells);
#define cleanup_cells cleanup_with(cells_release)

#endif
