/* The freezer of v1; v2 has cgroup.freeze. Sources:
 * Documentation/admin-guide/cgroup-v1/freezer-subsystem.rst; kernel/cgroup/legacy_freezer.c. */
#include "cgroup/attr_tables.h"

#define READ_ONLY(name_)                                                                           \
    ATTR("freezer", 1, name_, CG_FLAG), .flags = CG_ATTR_READ_ONLY | CG_ATTR_NOT_ON_ROOT

const struct cg_attr attr_freezer[] = {
    {ATTR("freezer", 1, "freezer.state", CG_WORD), .flags = CG_ATTR_NOT_ON_ROOT,
     WORDS("FROZEN", "THAWED")},
    {READ_ONLY("freezer.self_freezing")},
    {READ_ONLY("freezer.parent_freezing")},
    {0},
};
