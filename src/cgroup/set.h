/* What the rest of libcgtree and vmpin needs beside cgtree.h to hold sets by scope. */
#ifndef CGROUP_SET_H
#define CGROUP_SET_H

#include "base/cleanup.h"
#include "cgroup/cgtree.h"

DEFINE_CLEANUP(struct cg_set *, cg_set_unref);
#define cleanup_set cleanup_with(cg_set_unrefp)

#endif
