/* Errors of access.c: one sentence each, the errno kept as the code. */
#ifndef CGROUP_ACCESS_ERROR_H
#define CGROUP_ACCESS_ERROR_H

#include "cgroup/attr.h"

/* `code` is a positive errno. Both return -code. */
int access_read_error(const struct cg_attr *attr, const char *file, int code,
                      struct cg_error **err);
int access_write_error(const struct cg_attr *attr, const char *file, const char *text, int code,
                       struct cg_error **err);

#endif
