/* The memory controller. Sources: Documentation/admin-guide/cgroup-v1/memory.rst and
 * cgroup-v2.rst, "Memory"; mm/memcontrol.c, mm/memcontrol-v1.c. The limits are kept in pages, so
 * they read back rounded down. */
#include "cgroup/attr_tables.h"

#define LIMIT(version_, name_) ATTR("memory", version_, name_, CG_SIZE), SIZES
#define USAGE(version_, name_) LIMIT(version_, name_), .flags = CG_ATTR_READ_ONLY
#define V2_LIMIT(name_)        LIMIT(2, name_), .flags = CG_ATTR_PAGE_ROUNDED | CG_ATTR_NOT_ON_ROOT
#define V2_USAGE(name_)        LIMIT(2, name_), .flags = CG_ATTR_READ_ONLY | CG_ATTR_NOT_ON_ROOT
#define AGAIN(name_, kind_)    ATTR("memory", 1, name_, kind_), RESET
#define READ_ONLY(version_, name_, kind_)                                                          \
    ATTR("memory", version_, name_, kind_), .flags = CG_ATTR_READ_ONLY
#define NOT_ON_ROOT_READ_ONLY(name_, kind_)                                                        \
    ATTR("memory", 2, name_, kind_), .flags = CG_ATTR_READ_ONLY | CG_ATTR_NOT_ON_ROOT

const struct cg_attr attr_memory[] = {
    {LIMIT(1, "memory.limit_in_bytes"), .flags = CG_ATTR_PAGE_ROUNDED,
     .constraint = ATTR_BELOW_SIBLING, .sibling = "memory.memsw.limit_in_bytes",
     .counterpart = "memory.max"},
    /* Memory and swap together; v2's is swap alone. */
    {LIMIT(1, "memory.memsw.limit_in_bytes"), .flags = CG_ATTR_PAGE_ROUNDED | CG_ATTR_CONVERTED,
     .bounded = "memory.limit_in_bytes", .counterpart = "memory.swap.max"},
    {LIMIT(1, "memory.soft_limit_in_bytes"), .flags = CG_ATTR_PAGE_ROUNDED},
    {LIMIT(1, "memory.kmem.limit_in_bytes"), .flags = CG_ATTR_PAGE_ROUNDED},
    {LIMIT(1, "memory.kmem.tcp.limit_in_bytes"), .flags = CG_ATTR_PAGE_ROUNDED},
    {USAGE(1, "memory.usage_in_bytes"), .counterpart = "memory.current"},
    /* v2's takes no write that lasts. */
    {AGAIN("memory.max_usage_in_bytes", CG_SIZE), .counterpart = "memory.peak"},
    {USAGE(1, "memory.memsw.usage_in_bytes")},
    {AGAIN("memory.memsw.max_usage_in_bytes", CG_SIZE)},
    {USAGE(1, "memory.kmem.usage_in_bytes")},
    {AGAIN("memory.kmem.max_usage_in_bytes", CG_SIZE)},
    {USAGE(1, "memory.kmem.tcp.usage_in_bytes")},
    {AGAIN("memory.kmem.tcp.max_usage_in_bytes", CG_SIZE)},
    {AGAIN("memory.failcnt", CG_UINT)},
    {AGAIN("memory.memsw.failcnt", CG_UINT)},
    {AGAIN("memory.kmem.failcnt", CG_UINT)},
    {AGAIN("memory.kmem.tcp.failcnt", CG_UINT)},
    {READ_ONLY(1, "memory.stat", CG_TABLE), .counterpart = "memory.stat"},
    {READ_ONLY(1, "memory.numa_stat", CG_NESTED), .counterpart = "memory.numa_stat"},
    {ATTR("memory", 1, "memory.oom_control", CG_TABLE), RANGE(0, 1), WORDS("oom_kill_disable")},
    {READ_ONLY(1, "memory.kmem.slabinfo", CG_TEXT)},
    /* Only to be named in cgroup.event_control. */
    {ATTR("memory", 1, "memory.pressure_level", CG_TEXT),
     .flags = CG_ATTR_READ_ONLY | CG_ATTR_WRITE_ONLY},
    {ATTR("memory", 1, "memory.swappiness", CG_UINT), RANGE(0, 200)},
    {ATTR("memory", 1, "memory.move_charge_at_immigrate", CG_BITS), RANGE(0, 3)},
    {ATTR("memory", 1, "memory.use_hierarchy", CG_FLAG), RANGE(0, 1)},
    {ATTR("memory", 1, "memory.force_empty", CG_UINT), RANGE(0, ATTR_ANY),
     .flags = CG_ATTR_WRITE_ONLY},

    {V2_LIMIT("memory.max"), .counterpart = "memory.limit_in_bytes"},
    {V2_LIMIT("memory.high")},
    {V2_LIMIT("memory.low")},
    {V2_LIMIT("memory.min")},
    {LIMIT(2, "memory.swap.max"),
     .flags = CG_ATTR_PAGE_ROUNDED | CG_ATTR_NOT_ON_ROOT | CG_ATTR_CONVERTED,
     .counterpart = "memory.memsw.limit_in_bytes"},
    {V2_LIMIT("memory.swap.high")},
    {V2_LIMIT("memory.zswap.max")},
    {V2_USAGE("memory.current"), .counterpart = "memory.usage_in_bytes"},
    {V2_USAGE("memory.peak"), .counterpart = "memory.max_usage_in_bytes"},
    {V2_USAGE("memory.swap.current")},
    {V2_USAGE("memory.swap.peak")},
    {V2_USAGE("memory.zswap.current")},
    {NOT_ON_ROOT_READ_ONLY("memory.events", CG_TABLE)},
    {NOT_ON_ROOT_READ_ONLY("memory.events.local", CG_TABLE)},
    {NOT_ON_ROOT_READ_ONLY("memory.swap.events", CG_TABLE)},
    {READ_ONLY(2, "memory.stat", CG_TABLE), .counterpart = "memory.stat"},
    {READ_ONLY(2, "memory.numa_stat", CG_NESTED), .counterpart = "memory.numa_stat"},
    {ATTR("memory", 2, "memory.oom.group", CG_FLAG), RANGE(0, 1), .flags = CG_ATTR_NOT_ON_ROOT},
    {ATTR("memory", 2, "memory.zswap.writeback", CG_FLAG), RANGE(0, 1)},
    {ATTR("memory", 2, "memory.reclaim", CG_TEXT), .flags = CG_ATTR_WRITE_ONLY},
    {0},
};
