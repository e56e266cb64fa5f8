/* Reading and writing one attribute in an open directory, through the port. The only place that
 * knows that an attribute may be two files, and in which order these are written. */
#ifndef CGROUP_ACCESS_H
#define CGROUP_ACCESS_H

#include "cgroup/attr.h"

/* `scratch` is reused between calls. The error names the file and explains the kernel's refusal:
 * what it means and what to do. */
int attr_read(const struct kernel *k, int dir, const struct cg_attr *attr, struct buffer *scratch,
              struct cg_value **ret, struct cg_error **err);

/* `now` is the value in force, or NULL when it is not known. Where an attribute is two files (v1's
 * quota and period) the order is chosen so that the state between the two writes breaks no rule:
 * its ratio stays as low as it can for a leaf, as high as it can for a node with children
 * (`has_children`). -errno of the first write that failed. */
int attr_write(const struct kernel *k, int dir, const struct cg_attr *attr,
               const struct cg_value *value, const struct cg_value *now, bool has_children,
               struct cg_error **err);

/* The numbers in `tasks` or `cgroup.threads` of the directory, in the kernel's order; free(). */
int threads_read(const struct kernel *k, int dir, int version, struct buffer *scratch, pid_t **ret,
                 size_t *ret_count, struct cg_error **err);
/* The same of `cgroup.procs`. -EOPNOTSUPP in a threaded group (v2). */
int processes_read(const struct kernel *k, int dir, struct buffer *scratch, pid_t **ret,
                   size_t *ret_count, struct cg_error **err);

#endif
