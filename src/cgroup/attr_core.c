/* The files that are there whatever the controllers: in every hierarchy of v1, and in v2's. Some of
 * v2's are named after controllers (cpu.stat, the pressure files) and are there without them.
 * Sources: Documentation/admin-guide/cgroup-v1/cgroups.rst, cgroup-v2.rst ("Core Interface Files"
 * and, for pressure, Documentation/accounting/psi.rst); kernel/cgroup/cgroup.c, cgroup-v1.c. */
#include "cgroup/attr_tables.h"

#define V1(name_, kind_) ATTR(NULL, 1, name_, kind_)
#define V2(name_, kind_) ATTR("", 2, name_, kind_)
/* Writing one starts a watch that ends with its descriptor: no attribute's write. */
#define PRESSURE(name_) V2(name_, CG_PRESSURE), .flags = CG_ATTR_READ_ONLY

const struct cg_attr attr_core[] = {
    {V1("tasks", CG_TASKS), .counterpart = "cgroup.threads"},
    {V1("cgroup.procs", CG_TASKS), .counterpart = "cgroup.procs"},
    {V1("cgroup.clone_children", CG_FLAG), RANGE(0, 1)},
    {V1("notify_on_release", CG_FLAG), RANGE(0, 1)},
    {V1("release_agent", CG_TEXT), .flags = CG_ATTR_ONLY_ON_ROOT},
    {V1("cgroup.sane_behavior", CG_FLAG), .flags = CG_ATTR_READ_ONLY | CG_ATTR_ONLY_ON_ROOT},
    /* In memory's hierarchy alone, on kernels of today. What is written are descriptors
     * (memory.rst, "Memory thresholds"). */
    {V1("cgroup.event_control", CG_TEXT), .flags = CG_ATTR_WRITE_ONLY},

    {V2("cgroup.procs", CG_TASKS), .counterpart = "cgroup.procs"},
    {V2("cgroup.threads", CG_TASKS), .counterpart = "tasks"},
    {V2("cgroup.type", CG_WORD), .flags = CG_ATTR_NOT_ON_ROOT, WORDS("threaded")},
    {V2("cgroup.controllers", CG_NAMES), .flags = CG_ATTR_READ_ONLY},
    {V2("cgroup.subtree_control", CG_NAMES)},
    {V2("cgroup.events", CG_TABLE), .flags = CG_ATTR_READ_ONLY | CG_ATTR_NOT_ON_ROOT},
    {V2("cgroup.max.descendants", CG_LIMIT), RANGE(0, INT32_MAX - 1)},
    {V2("cgroup.max.depth", CG_LIMIT), RANGE(0, INT32_MAX - 1)},
    {V2("cgroup.stat", CG_TABLE), .flags = CG_ATTR_READ_ONLY},
    {V2("cgroup.stat.local", CG_TABLE), .flags = CG_ATTR_READ_ONLY | CG_ATTR_NOT_ON_ROOT},
    {V2("cgroup.freeze", CG_FLAG), RANGE(0, 1), .flags = CG_ATTR_NOT_ON_ROOT},
    {V2("cgroup.kill", CG_FLAG), RANGE(1, 1), .flags = CG_ATTR_WRITE_ONLY | CG_ATTR_NOT_ON_ROOT},
    {V2("cgroup.pressure", CG_FLAG), RANGE(0, 1)},
    {V2("cpu.stat", CG_TABLE), .flags = CG_ATTR_READ_ONLY, .counterpart = "cpu.stat"},
    {V2("cpu.stat.local", CG_TABLE), .flags = CG_ATTR_READ_ONLY, .counterpart = "cpu.stat.local"},
    {PRESSURE("cpu.pressure")},
    {PRESSURE("memory.pressure")},
    {PRESSURE("io.pressure")},
    {PRESSURE("irq.pressure")},
    {0},
};
