/* The cpu controller; its statistics on v2 are attr_core.c's. Ranges: kernel/sched/sched.h
 * (MIN_SHARES, MAX_SHARES), kernel/sched/core.c (min_cfs_quota_period, max_cfs_quota_period,
 * max_cfs_runtime), kernel/sched/rt.c (sched_group_set_rt_period(), max_rt_runtime),
 * include/linux/cgroup.h (CGROUP_WEIGHT_MIN and MAX);
 * Documentation/scheduler/sched-bwc.rst, admin-guide/cgroup-v2.rst. */
#include "cgroup/attr_tables.h"

#define QUOTA_MIN_US 1000
#define QUOTA_MAX_US ((UINT64_C(1) << 44) - 1)
/* The kernel keeps both in nanoseconds. */
#define RT_PERIOD_MAX_US  (UINT64_MAX / 1000)
#define RT_RUNTIME_MAX_US (((UINT64_C(1) << 44) - 1) / 1000)

const struct cg_attr attr_cpu[] = {
    {ATTR("cpu", 1, "cpu.shares", CG_UINT), RANGE(2, 262144), .flags = CG_ATTR_CONVERTED,
     .counterpart = "cpu.weight"},
    {ATTR("cpu", 1, "cpu.cfs_quota_us", CG_QUOTA), RANGE(QUOTA_MIN_US, QUOTA_MAX_US),
     .second = "cpu.cfs_period_us", .constraint = ATTR_RATIO_OF_PARENT, .counterpart = "cpu.max"},
    {ATTR("cpu", 1, "cpu.cfs_burst_us", CG_UINT), RANGE(0, QUOTA_MAX_US)},
    {ATTR("cpu", 1, "cpu.idle", CG_FLAG), RANGE(0, 1), .counterpart = "cpu.idle"},
    {ATTR("cpu", 1, "cpu.rt_period_us", CG_UINT), RANGE(1, RT_PERIOD_MAX_US)},
    {ATTR("cpu", 1, "cpu.rt_runtime_us", CG_LIMIT), RANGE(0, RT_RUNTIME_MAX_US)},
    {ATTR("cpu", 1, "cpu.uclamp.min", CG_PERCENT), RANGE(0, 10000), .flags = CG_ATTR_NOT_ON_ROOT,
     .counterpart = "cpu.uclamp.min"},
    {ATTR("cpu", 1, "cpu.uclamp.max", CG_PERCENT), RANGE(0, 10000), .flags = CG_ATTR_NOT_ON_ROOT,
     .counterpart = "cpu.uclamp.max"},
    {ATTR("cpu", 1, "cpu.stat", CG_TABLE), .flags = CG_ATTR_READ_ONLY, .counterpart = "cpu.stat"},
    {ATTR("cpu", 1, "cpu.stat.local", CG_TABLE), .flags = CG_ATTR_READ_ONLY,
     .counterpart = "cpu.stat.local"},

    {ATTR("cpu", 2, "cpu.weight", CG_UINT), RANGE(1, 10000),
     .flags = CG_ATTR_NOT_ON_ROOT | CG_ATTR_CONVERTED, .counterpart = "cpu.shares"},
    {ATTR("cpu", 2, "cpu.weight.nice", CG_INT), RANGE(-20, 19), .flags = CG_ATTR_NOT_ON_ROOT},
    {ATTR("cpu", 2, "cpu.max", CG_QUOTA), RANGE(QUOTA_MIN_US, QUOTA_MAX_US),
     .flags = CG_ATTR_NOT_ON_ROOT, .counterpart = "cpu.cfs_quota_us"},
    {ATTR("cpu", 2, "cpu.max.burst", CG_UINT), RANGE(0, QUOTA_MAX_US),
     .flags = CG_ATTR_NOT_ON_ROOT},
    {ATTR("cpu", 2, "cpu.idle", CG_FLAG), RANGE(0, 1), .flags = CG_ATTR_NOT_ON_ROOT,
     .counterpart = "cpu.idle"},
    {ATTR("cpu", 2, "cpu.uclamp.min", CG_PERCENT), RANGE(0, 10000), .flags = CG_ATTR_NOT_ON_ROOT,
     .counterpart = "cpu.uclamp.min"},
    {ATTR("cpu", 2, "cpu.uclamp.max", CG_PERCENT), RANGE(0, 10000), .flags = CG_ATTR_NOT_ON_ROOT,
     .counterpart = "cpu.uclamp.max"},
    {0},
};
