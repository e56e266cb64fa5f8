/* The network controllers of v1; v2 leaves them to BPF programs. Sources:
 * Documentation/admin-guide/cgroup-v1/net_cls.rst, net_prio.rst; net/core/netclassid_cgroup.c,
 * netprio_cgroup.c. */
#include "cgroup/attr_tables.h"

const struct cg_attr attr_net_cls[] = {
    {ATTR("net_cls", 1, "net_cls.classid", CG_UINT), RANGE(0, UINT32_MAX)},
    {0},
};

const struct cg_attr attr_net_prio[] = {
    {ATTR("net_prio", 1, "net_prio.prioidx", CG_UINT), .flags = CG_ATTR_READ_ONLY},
    {ATTR("net_prio", 1, "net_prio.ifpriomap", CG_TABLE), RANGE(0, UINT32_MAX)},
    {0},
};
