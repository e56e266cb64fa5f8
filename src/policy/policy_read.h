/* Opening policy folders and files: what may be trusted, and reading without ever waiting. */
#ifndef POLICY_POLICY_READ_H
#define POLICY_POLICY_READ_H

#include "policy/policy_dir.h"

#include "base/buffer.h"

/* The descriptor, or -errno: -ENOENT where there is none. */
int policy_folder_open(const char *path, const struct policy_load *load, int *ret_fd,
                       struct cg_error **err);

/* The names of *.json in it that do not start with a dot, in byte order; free() each and the list.
 */
struct policy_names {
    char **names;
    size_t count, size;
};
int policy_folder_names(int folder, struct policy_names *ret);
void policy_names_release(struct policy_names *names);

/* The file's text into `into`. Links are followed one by one, each one's folder is held to the same
 * trust. 1: it is masked (a link to /dev/null); -ENOENT without an error: it has just gone. */
int policy_file_read(int folder, const char *name, const struct policy_load *load,
                     struct buffer *into, struct cg_error **err);

#endif
