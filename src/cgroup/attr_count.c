/* The controllers that count things, alike on both versions: pids, rdma, misc. Their "max" is no
 * limit on v1 too. Sources: Documentation/admin-guide/cgroup-v1/pids.rst, rdma.rst, misc.rst and
 * cgroup-v2.rst; kernel/cgroup/pids.c, rdma.c, misc.c. */
#include "cgroup/attr_tables.h"

#define BOTH(row_, name_, kind_, ...)                                                              \
    {ATTR(row_, 1, name_, kind_), .counterpart = (name_), .says_max = true, __VA_ARGS__},          \
    {                                                                                              \
        ATTR(row_, 2, name_, kind_), .counterpart = (name_), .says_max = true, __VA_ARGS__         \
    }
#define READ_ONLY          .flags = CG_ATTR_READ_ONLY
#define BELOW_ROOT         .flags = CG_ATTR_NOT_ON_ROOT
#define SHOWN_BELOW_ROOT   .flags = CG_ATTR_READ_ONLY | CG_ATTR_NOT_ON_ROOT
#define SHOWN_ONLY_ON_ROOT .flags = CG_ATTR_READ_ONLY | CG_ATTR_ONLY_ON_ROOT
#define PIDS_MAX           (4 << 20) /* PID_MAX_LIMIT of include/linux/threads.h, on 64 bits */

const struct cg_attr attr_pids[] = {
    BOTH("pids", "pids.max", CG_LIMIT, RANGE(0, PIDS_MAX), BELOW_ROOT),
    BOTH("pids", "pids.current", CG_UINT, SHOWN_BELOW_ROOT),
    BOTH("pids", "pids.peak", CG_UINT, SHOWN_BELOW_ROOT),
    BOTH("pids", "pids.events", CG_TABLE, SHOWN_BELOW_ROOT),
    BOTH("pids", "pids.events.local", CG_TABLE, SHOWN_BELOW_ROOT),
    {0},
};

const struct cg_attr attr_rdma[] = {
    BOTH("rdma", "rdma.max", CG_NESTED, BELOW_ROOT),
    BOTH("rdma", "rdma.current", CG_NESTED, SHOWN_BELOW_ROOT),
    {0},
};

const struct cg_attr attr_misc[] = {
    BOTH("misc", "misc.max", CG_TABLE, BELOW_ROOT),
    BOTH("misc", "misc.current", CG_TABLE, READ_ONLY),
    BOTH("misc", "misc.peak", CG_TABLE, READ_ONLY),
    BOTH("misc", "misc.capacity", CG_TABLE, SHOWN_ONLY_ON_ROOT),
    BOTH("misc", "misc.events", CG_TABLE, SHOWN_BELOW_ROOT),
    BOTH("misc", "misc.events.local", CG_TABLE, SHOWN_BELOW_ROOT),
    {0},
};
