/* The cpuset controller. Sources: Documentation/admin-guide/cgroup-v1/cpusets.rst and
 * cgroup-v2.rst, "Cpuset"; kernel/cgroup/cpuset.c. */
#include "cgroup/attr_tables.h"

const struct cg_attr attr_cpuset[] = {
    {ATTR("cpuset", 1, "cpuset.cpus", CG_SET), .constraint = ATTR_SUBSET_OF_PARENT,
     .counterpart = "cpuset.cpus"},
    {ATTR("cpuset", 1, "cpuset.mems", CG_SET), .constraint = ATTR_SUBSET_OF_PARENT,
     .counterpart = "cpuset.mems"},
    {ATTR("cpuset", 1, "cpuset.effective_cpus", CG_SET), .flags = CG_ATTR_READ_ONLY,
     .counterpart = "cpuset.cpus.effective"},
    {ATTR("cpuset", 1, "cpuset.effective_mems", CG_SET), .flags = CG_ATTR_READ_ONLY,
     .counterpart = "cpuset.mems.effective"},
    {ATTR("cpuset", 1, "cpuset.cpu_exclusive", CG_FLAG), RANGE(0, 1)},
    {ATTR("cpuset", 1, "cpuset.mem_exclusive", CG_FLAG), RANGE(0, 1)},
    {ATTR("cpuset", 1, "cpuset.mem_hardwall", CG_FLAG), RANGE(0, 1)},
    {ATTR("cpuset", 1, "cpuset.memory_migrate", CG_FLAG), RANGE(0, 1)},
    {ATTR("cpuset", 1, "cpuset.memory_pressure", CG_UINT), .flags = CG_ATTR_READ_ONLY},
    /* On the root alone. */
    {ATTR("cpuset", 1, "cpuset.memory_pressure_enabled", CG_FLAG), RANGE(0, 1)},
    {ATTR("cpuset", 1, "cpuset.memory_spread_page", CG_FLAG), RANGE(0, 1)},
    {ATTR("cpuset", 1, "cpuset.memory_spread_slab", CG_FLAG), RANGE(0, 1)},
    {ATTR("cpuset", 1, "cpuset.sched_load_balance", CG_FLAG), RANGE(0, 1)},
    {ATTR("cpuset", 1, "cpuset.sched_relax_domain_level", CG_INT), RANGE(-1, INT32_MAX)},

    {ATTR("cpuset", 2, "cpuset.cpus", CG_SET), .flags = CG_ATTR_NOT_ON_ROOT,
     .counterpart = "cpuset.cpus"},
    {ATTR("cpuset", 2, "cpuset.mems", CG_SET), .flags = CG_ATTR_NOT_ON_ROOT,
     .counterpart = "cpuset.mems"},
    {ATTR("cpuset", 2, "cpuset.cpus.effective", CG_SET), .flags = CG_ATTR_READ_ONLY,
     .counterpart = "cpuset.effective_cpus"},
    {ATTR("cpuset", 2, "cpuset.mems.effective", CG_SET), .flags = CG_ATTR_READ_ONLY,
     .counterpart = "cpuset.effective_mems"},
    {ATTR("cpuset", 2, "cpuset.cpus.exclusive", CG_SET), .flags = CG_ATTR_NOT_ON_ROOT},
    {ATTR("cpuset", 2, "cpuset.cpus.exclusive.effective", CG_SET),
     .flags = CG_ATTR_READ_ONLY | CG_ATTR_NOT_ON_ROOT},
    {ATTR("cpuset", 2, "cpuset.cpus.isolated", CG_SET), .flags = CG_ATTR_READ_ONLY},
    {ATTR("cpuset", 2, "cpuset.cpus.partition", CG_TEXT), .flags = CG_ATTR_NOT_ON_ROOT},
    {0},
};
