/* A port around another one, for the tests: it counts the writes (masks too), refuses those
 * (and the open) that it is told to, lets a test step in before any of them, and keeps a trace of
 * what was done. */
#ifndef MODEL_KERNEL_FAIL_H
#define MODEL_KERNEL_FAIL_H

#include "cgroup/kernel.h"

enum kernel_operation { KERNEL_OPEN, KERNEL_READ, KERNEL_WRITE, KERNEL_AFFINITY };

struct kernel_event {
    enum kernel_operation operation;
    char *path;     /* "/sys/fs/cgroup/cpu/machine/x"; KERNEL_AFFINITY: NULL */
    char *file;     /* READ and WRITE: "cpu.shares" */
    char *text;     /* WRITE: what; AFFINITY: the list; READ: NULL */
    pid_t tid;      /* AFFINITY */
    unsigned write; /* WRITE and AFFINITY: its number, from 1 */
    int result;     /* 0, a handle, or -errno; of WRITE and AFFINITY 0 or -errno */
    bool faked;     /* the result is kernel_fail's, nothing reached the port below */
};

struct kernel_fail;
/* Called before a write reaches anything, with `hook_all` before everything else too; `event` has
 * all but the result. What the hook does to the port below is not counted. */
typedef void (*kernel_hook)(struct kernel_fail *fail, const struct kernel_event *event, void *data);

struct kernel_fail {
    struct kernel kernel; /* first: the port */
    const struct kernel *below;
    unsigned writes; /* so far */
    kernel_hook hook;
    void *hook_data;
    bool hook_all;
    unsigned operations; /* so far, of all kinds */
    unsigned opens;      /* so far, of directories and of files to read, */
    unsigned open_fails; /* of which this one (from 1, 0: none) lacks a descriptor: -EMFILE */
    bool dead;           /* nothing reaches the port below any more: every operation answers -EIO */
    bool tracing;
    struct kernel_event *trace;
    size_t trace_count;
    struct kernel_failure {
        unsigned write;
        int code;
    } * failures;
    size_t failure_count;
    char **paths; /* of open handles, by handle */
    int path_count;
};

struct kernel_fail *kernel_fail_new(const struct kernel *below); /* borrowed */
struct kernel_fail *kernel_fail_free(struct kernel_fail *fail);  /* NULL */
DEFINE_CLEANUP(struct kernel_fail *, kernel_fail_free);
#define cleanup_kernel_fail cleanup_with(kernel_fail_freep)

/* The n-th write from the start (the first is 1) answers -code and does nothing. May be called
 * for several. */
void kernel_fail_at(struct kernel_fail *fail, unsigned write, int code);
void kernel_fail_never(struct kernel_fail *fail);   /* forgets these */
void kernel_fail_restart(struct kernel_fail *fail); /* counts from 0 again, with an empty trace */
/* The writes that reached the port below and were taken, a line each:
 * "/sys/fs/cgroup/cpu/machine/x cpu.shares 2048"; free(). */
char *kernel_fail_written(const struct kernel_fail *fail);

#endif
