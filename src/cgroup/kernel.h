/* The kernel as a port: the few operations that vmpin needs of a host, so that everything above
 * runs unchanged on the real kernel, on one that fails at the n-th write and on a model that
 * enforces the cgroup rules. Directories are handles of the port, not necessarily descriptors. */
#ifndef CGROUP_KERNEL_H
#define CGROUP_KERNEL_H

#include "base/buffer.h"
#include "cgroup/cgtree.h"

#define KERNEL_FILE_LIMIT (4u << 20) /* a longer control group or proc file is an error */

/* As `dir` of open_dir(): `path` is where everything begins, named by the user, links and all. */
#define KERNEL_TOP (-1)

struct kernel {
    /* Opens the directory `path` below `dir`, following no link; *ret_id (may be NULL) is the
     * kernel's id of it. With KERNEL_TOP as `dir` the path is a folder's own. A handle
     * for close_dir(), or -errno. */
    int (*open_dir)(const struct kernel *k, int dir, const char *path, uint64_t *ret_id);
    void (*close_dir)(const struct kernel *k, int dir);
    /* The whole file ("cpu.shares", below proc "self/mountinfo") into `into`, its trailing newline
     * included. 0 or -errno. */
    int (*read)(const struct kernel *k, int dir, const char *file, struct buffer *into);
    /* The same of an attribute's file, which the kernel makes in one piece: nothing has to be read
     * to find its end. NULL: `read` does. */
    int (*read_piece)(const struct kernel *k, int dir, const char *file, struct buffer *into);
    /* One write of the whole text. 0 or -errno. */
    int (*write)(const struct kernel *k, int dir, const char *file, const char *text);
    /* A thread's own affinity (sched_setaffinity(2)). 0 or -errno. */
    int (*set_affinity)(const struct kernel *k, pid_t tid, const struct cg_set *cpus);
};

extern const struct kernel kernel_real; /* handles are descriptors */

#endif
