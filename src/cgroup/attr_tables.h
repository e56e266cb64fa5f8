/* The controllers' tables. A new controller is a file with its table, a line here and one in
 * attr.c. */
#ifndef CGROUP_ATTR_TABLES_H
#define CGROUP_ATTR_TABLES_H

#include "cgroup/attr.h"

/* Rows end with one whose name is NULL. All rows of a table have one controller, but for
 * attr_core's: what each hierarchy has, whatever its controllers. */
extern const struct cg_attr attr_core[], attr_cpu[], attr_cpuacct[], attr_cpuset[], attr_memory[],
    attr_pids[], attr_io[], attr_blkio[], attr_devices[], attr_freezer[], attr_hugetlb[],
    attr_rdma[], attr_misc[], attr_net_cls[], attr_net_prio[];

#define ATTR_ANY UINT64_MAX /* no upper bound but the type's */

/* Beginnings of rows. */
#define ATTR(controller_, version_, name_, kind_)                                                  \
    .name = (name_), .controller = (controller_), .version = (version_), .kind = (kind_)
#define RANGE(min_, max_) .min = (uint64_t)(min_), .max = (uint64_t)(max_)
#define SIZES             RANGE(0, UINT64_MAX - 1)
/* A maximum or a count that takes a 0 as "start again". */
#define RESET RANGE(0, 0), .flags = CG_ATTR_RESET
#define WORDS(...)                                                                                 \
    .words = (const char *const[])                                                                 \
    {                                                                                              \
        __VA_ARGS__, NULL                                                                          \
    }

#endif
