/* The cpuacct controller of v1; v2 has cpu.stat. Times are nanoseconds, those of cpuacct.stat
 * USER_HZ. Sources: Documentation/admin-guide/cgroup-v1/cpuacct.rst; kernel/sched/cpuacct.c. */
#include "cgroup/attr_tables.h"

#define READ_ONLY(name_, kind_) ATTR("cpuacct", 1, name_, kind_), .flags = CG_ATTR_READ_ONLY

const struct cg_attr attr_cpuacct[] = {
    {ATTR("cpuacct", 1, "cpuacct.usage", CG_UINT), RESET},
    {READ_ONLY("cpuacct.usage_user", CG_UINT)},
    {READ_ONLY("cpuacct.usage_sys", CG_UINT)},
    {READ_ONLY("cpuacct.usage_percpu", CG_LIST)},
    {READ_ONLY("cpuacct.usage_percpu_user", CG_LIST)},
    {READ_ONLY("cpuacct.usage_percpu_sys", CG_LIST)},
    {READ_ONLY("cpuacct.usage_all", CG_COLUMNS), WORDS("cpu")},
    {READ_ONLY("cpuacct.stat", CG_TABLE)},
    {0},
};
