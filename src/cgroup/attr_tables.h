/* The controllers' tables. A new controller is a file with its table, a line here and one in
 * attr.c. */
#ifndef CGROUP_ATTR_TABLES_H
#define CGROUP_ATTR_TABLES_H

#include "cgroup/attr.h"

/* Rows end with one whose name is NULL. */
extern const struct cg_attr attr_cpu[], attr_cpuset[], attr_memory[];

#define ATTR_ANY UINT64_MAX /* no upper bound but the type's */

/* Beginnings of rows: most attributes are one file of their own name. */
#define ATTR(controller_, version_, name_, kind_)                                                  \
    .name = (name_), .controller = (controller_), .version = (version_), .kind = (kind_),          \
    .files = {(name_)}
#define RANGE(min_, max_) .min = (uint64_t)(min_), .max = (uint64_t)(max_)

#endif
