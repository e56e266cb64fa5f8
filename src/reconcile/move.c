#include "reconcile/move.h"

#include "base/child.h"
#include "cgroup/access.h"
#include "cgroup/value.h"
#include "reconcile/resident.h"

#include <fcntl.h>
#include <inttypes.h>
#include <poll.h>
#include <signal.h>
#include <string.h>
#include <sys/wait.h>

/* How long mover_write() waits for its value to be seen. The kernel takes a millisecond, or a few
 * tens where it must wait for all CPUs first (the rw-semaphore of Linux before 6.4). */
#define SEEN_STEP_MS 1
#define SEEN_STEPS   100
/* How long the kernel's counts of a control group's memory may be late (FLUSH_TIME in
 * mm/memcontrol.c), and which difference is none. */
#define LATE_MS      2500
#define LATE_STEP_MS 500
#define LATE_BYTES   (1u << 20)

void mover_init(struct mover *mover)
{
    *mover = (struct mover){.result = -1};
}

bool mover_runs(const struct mover *mover)
{
    return mover->pid > 0;
}

bool mover_moves(const struct mover *mover, const char *uuid)
{
    return mover_runs(mover) && strcmp(mover->uuid, uuid) == 0;
}

struct job {
    const struct host *host;
    const struct move_write *writes;
    size_t count;
    struct resident moved; /* to see where its pages are afterwards */
};

/* ---- in the child --------------------------------------------------------------------------- */

/* The last one writes what the guest's own node has in the end. Counts that may be late are given
 * the time to come. */
static uint64_t elsewhere(const struct job *job)
{
    cleanup_buffer struct buffer scratch = {0};
    const struct cg_set *nodes;
    uint64_t bytes;

    if (cg_value_set(job->writes[job->count - 1].value, &nodes) < 0)
        return RESIDENT_UNKNOWN;
    for (unsigned waited = 0;; waited += LATE_STEP_MS) {
        int r = resident_elsewhere(&job->moved, nodes, &scratch, &bytes);

        if (r < 0)
            return RESIDENT_UNKNOWN;
        if (r == 0 || bytes < LATE_BYTES || waited >= LATE_MS)
            return bytes;
        poll(NULL, 0, LATE_STEP_MS);
    }
}

/* Its exit status is the errno, its last words are the error or how much stayed elsewhere. */
static _Noreturn void child_run(const struct job *job, int report)
{
    const struct kernel *kernel = job->host->kernel;
    struct cg_error *error = NULL;
    int r = 0, said = 0;

    for (size_t i = 0; r == 0 && i < job->count; i++) {
        const struct move_write *write = &job->writes[i];

        r = attr_write(kernel, write->dir, write->attr, write->value, NULL, false, &error);
    }
    if (r == 0)
        said = dprintf(report, "%" PRIu64, elsewhere(job));
    else if (error)
        said = dprintf(report, "%s", cg_error_text(error));
    cg_error_free(error);
    _exit(said < 0 ? EIO : -r);
}

/* ---- in the parent -------------------------------------------------------------------------- */

/* *ret is the read end of a pipe that ends with the child. */
static pid_t start(const struct job *job, int *ret, struct cg_error **err)
{
    size_t kept = 0;
    int *keep;
    cleanup_close int in = -1, out = -1;
    int ends[2];
    pid_t pid;

    if (pipe2(ends, O_CLOEXEC) < 0)
        return error_set(err, errno, "a pipe to who writes mems cannot be made: %s",
                         strerror(errno));
    in = ends[0];
    out = ends[1];
    keep = calloc(job->count + 3, sizeof(*keep));
    if (!keep)
        return error_out_of_memory(err);
    for (size_t i = 0; i < job->count; i++)
        keep[kept++] = job->writes[i].dir;
    keep[kept++] = job->host->proc;
    if (job->moved.node >= 0)
        keep[kept++] = job->moved.node;
    keep[kept++] = out;
    pid = child_fork(keep, kept);
    free(keep); /* in the child too */
    if (pid < 0)
        return error_set(err, -pid, "a process that writes mems cannot be started: %s",
                         strerror(-pid));
    if (pid == 0)
        child_run(job, out);
    *ret = steal_fd(&in);
    return pid;
}

/* Its end is there: what it said and its status. */
static int finish(pid_t pid, int result, uint64_t *ret_elsewhere, struct cg_error **err)
{
    char text[1024];
    size_t length = 0;
    ssize_t n;
    int status;

    while (length < sizeof(text) - 1 &&
           (n = read(result, text + length, sizeof(text) - 1 - length)) > 0)
        length += (size_t)n;
    text[length] = '\0';
    if (waitpid(pid, &status, 0) < 0)
        return error_set(err, errno, "no word of who wrote mems: %s", strerror(errno));
    if (WIFEXITED(status) && WEXITSTATUS(status) == 0) {
        *ret_elsewhere = strtoull(text, NULL, 10);
        return 0;
    }
    if (!WIFEXITED(status))
        return error_set(err, EINTR, "the process that wrote was killed");
    return error_set(err, WEXITSTATUS(status), "%s",
                     length > 0 ? text : strerror(WEXITSTATUS(status)));
}

void mover_reap(struct mover *mover)
{
    for (size_t i = mover->writer_count; i-- > 0;) {
        if (waitpid(mover->writers[i], NULL, WNOHANG) == 0)
            continue;
        if (mover->writers[i] == mover->late)
            mover->late = 0;
        mover->writers[i] = mover->writers[--mover->writer_count];
    }
}

int mover_start(struct mover *mover, const char *uuid, struct nodes *nodes, const struct plan *plan,
                struct cg_error **err)
{
    cleanup_free struct move_write *writes = calloc(plan->count, sizeof(*writes));
    struct job job = {.host = nodes->host, .writes = writes, .moved = resident_of(nodes)};

    if (!writes)
        return error_out_of_memory(err);
    for (size_t i = 0; i < plan->count; i++) {
        const struct cell *cell = &plan->steps[i].cell;
        int r;

        if (!step_moves(&plan->steps[i]))
            continue;
        writes[job.count] = (struct move_write){.attr = cell->attr, .value = cell->value};
        r = nodes_open(nodes, cell->role, cell->attr, &writes[job.count++].dir, err);
        if (r < 0)
            return r;
    }
    mover_reap(mover);
    mover->pid = start(&job, &mover->result, err);
    if (mover->pid < 0) {
        int r = mover->pid;

        mover->pid = 0;
        return r;
    }
    snprintf(mover->uuid, sizeof(mover->uuid), "%s", uuid);
    return 0;
}

int mover_end(struct mover *mover, uint64_t *ret_elsewhere, struct cg_error **err)
{
    int r = finish(mover->pid, mover->result, ret_elsewhere, err);

    closep(&mover->result);
    mover->result = -1;
    mover->pid = 0;
    mover_reap(mover);
    return r;
}

void mover_stop(struct mover *mover)
{
    if (mover_runs(mover))
        kill(mover->pid, SIGKILL);
}

void mover_release(struct mover *mover)
{
    mover_stop(mover);
    closep(&mover->result);
    free(mover->writers);
}

static int keep_writer(struct mover *mover, pid_t pid)
{
    pid_t *grown = reallocarray(mover->writers, mover->writer_count + 1, sizeof(*grown));

    if (!grown)
        return -ENOMEM;
    mover->writers = grown;
    grown[mover->writer_count++] = pid;
    return 0;
}

static int refuse_late(const struct move_write *write, struct cg_error **err)
{
    return error_set(err, ETIMEDOUT, "%s: the kernel has not taken it while memory moves",
                     write->attr->name);
}

/* 1: the value stands, the writer is stuck behind the move; 0: the writer has ended. */
static int wait_until_seen(const struct kernel *kernel, const struct move_write *write, int result,
                           struct cg_error **err)
{
    cleanup_buffer struct buffer scratch = {0};
    struct pollfd end = {.fd = result, .events = POLLIN};

    for (unsigned i = 0; i < SEEN_STEPS; i++) {
        cleanup_value struct cg_value *now = NULL;
        int r;

        if (poll(&end, 1, SEEN_STEP_MS) > 0)
            return 0;
        r = attr_read(kernel, write->dir, write->attr, &scratch, &now, err);
        if (r < 0)
            return r;
        if (cg_value_equal(now, write->value))
            return 1;
    }
    return refuse_late(write, err);
}

int mover_write(struct mover *mover, const struct host *host, const struct move_write *write,
                struct cg_error **err)
{
    const struct job job = {
        .host = host, .writes = write, .count = 1, .moved = {.host = host, .node = -1}};
    cleanup_close int result = -1;
    uint64_t nothing;
    pid_t pid;
    int r;

    mover_reap(mover);
    if (mover->late)
        return refuse_late(write, err);
    pid = start(&job, &result, err);
    if (pid < 0)
        return pid;
    r = wait_until_seen(host->kernel, write, result, err);
    if (r == 0)
        return finish(pid, result, &nothing, err);
    if (keep_writer(mover, pid) < 0)
        return error_out_of_memory(err);
    if (r == -ETIMEDOUT)
        mover->late = pid;
    return r < 0 ? r : 0;
}
