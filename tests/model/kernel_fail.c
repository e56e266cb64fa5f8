#include "model/kernel_fail.h"

#include "model/model_internal.h"

#include <string.h>

static struct kernel_fail *fail_of(const struct kernel *k)
{
    return (struct kernel_fail *)k;
}

static char *copy(const char *text)
{
    return text ? model_format("%s", text) : NULL;
}

/* ---- where handles lead --------------------------------------------------------------------- */

static const char *path_of(const struct kernel_fail *fail, int dir)
{
    return dir >= 0 && dir < fail->path_count && fail->paths[dir] ? fail->paths[dir] : "";
}

static char *path_below(const struct kernel_fail *fail, int dir, const char *path)
{
    const char *above = path_of(fail, dir);

    path += strspn(path, "/");
    return *path ? model_format("%s/%s", above, path) : model_format("%s", above);
}

static void path_keep(struct kernel_fail *fail, int dir, char *path)
{
    if (dir >= fail->path_count) {
        fail->paths = reallocarray(fail->paths, (size_t)dir + 1, sizeof(*fail->paths));
        if (!fail->paths)
            model_die("out of memory");
        while (fail->path_count <= dir)
            fail->paths[fail->path_count++] = NULL;
    }
    free(fail->paths[dir]);
    fail->paths[dir] = path;
}

/* ---- the trace ------------------------------------------------------------------------------ */

static void event_release(struct kernel_event *event)
{
    free(event->path);
    free(event->file);
    free(event->text);
}

static void keep(struct kernel_fail *fail, const struct kernel_event *event)
{
    struct kernel_event *kept;

    if (!fail->tracing)
        return;
    fail->trace = reallocarray(fail->trace, fail->trace_count + 1, sizeof(*fail->trace));
    if (!fail->trace)
        model_die("out of memory");
    kept = &fail->trace[fail->trace_count++];
    *kept = *event;
    kept->path = copy(event->path);
    kept->file = copy(event->file);
    kept->text = copy(event->text);
}

/* ---- the port ------------------------------------------------------------------------------- */

/* Something else than a write is about to happen. True with the result set when it is not to. */
static bool look_on(struct kernel_fail *fail, struct kernel_event *event)
{
    fail->operations++;
    if (fail->hook && fail->hook_all)
        fail->hook(fail, event, fail->hook_data);
    if (++fail->opens == fail->open_fails) {
        event->result = -EMFILE;
        event->faked = true;
    }
    if (fail->dead) {
        event->result = -EIO;
        event->faked = true;
    }
    return event->faked;
}

static int fail_open_dir(const struct kernel *k, int dir, const char *path, uint64_t *ret_id)
{
    struct kernel_fail *fail = fail_of(k);
    struct kernel_event event = {.operation = KERNEL_OPEN};
    cleanup_free char *full = path_below(fail, dir, path);

    event.path = full;
    if (!look_on(fail, &event))
        event.result = fail->below->open_dir(fail->below, dir, path, ret_id);
    keep(fail, &event);
    if (event.result >= 0)
        path_keep(fail, event.result, copy(full));
    return event.result;
}

static void fail_close_dir(const struct kernel *k, int dir)
{
    struct kernel_fail *fail = fail_of(k);

    path_keep(fail, dir, NULL);
    fail->below->close_dir(fail->below, dir);
}

static int fail_read(const struct kernel *k, int dir, const char *file, struct buffer *into)
{
    struct kernel_fail *fail = fail_of(k);
    struct kernel_event event = {
        .operation = KERNEL_READ, .path = (char *)path_of(fail, dir), .file = (char *)file};

    if (!look_on(fail, &event))
        event.result = fail->below->read(fail->below, dir, file, into);
    keep(fail, &event);
    return event.result;
}

/* Numbers the write, lets the hook step in; true with the result set when it is to be refused. */
static bool step_in(struct kernel_fail *fail, struct kernel_event *event)
{
    event->write = ++fail->writes;
    fail->operations++;
    if (fail->hook)
        fail->hook(fail, event, fail->hook_data);
    for (size_t i = 0; i < fail->failure_count; i++)
        if (fail->failures[i].write == event->write) {
            event->result = -fail->failures[i].code;
            event->faked = true;
        }
    if (fail->dead) {
        event->result = -EIO;
        event->faked = true;
    }
    return event->faked;
}

static int fail_write(const struct kernel *k, int dir, const char *file, const char *text)
{
    struct kernel_fail *fail = fail_of(k);
    struct kernel_event event = {.operation = KERNEL_WRITE,
                                 .path = (char *)path_of(fail, dir),
                                 .file = (char *)file,
                                 .text = (char *)text};

    if (!step_in(fail, &event))
        event.result = fail->below->write(fail->below, dir, file, text);
    keep(fail, &event);
    return event.result;
}

static int fail_set_affinity(const struct kernel *k, pid_t tid, const struct cg_set *cpus)
{
    struct kernel_fail *fail = fail_of(k);
    cleanup_free char *list = NULL;
    struct kernel_event event = {.operation = KERNEL_AFFINITY, .tid = tid};

    if (cg_set_format(cpus, &list) < 0)
        model_die("out of memory");
    event.text = list;
    if (!step_in(fail, &event))
        event.result = fail->below->set_affinity(fail->below, tid, cpus);
    keep(fail, &event);
    return event.result;
}

/* ---- the whole ------------------------------------------------------------------------------ */

struct kernel_fail *kernel_fail_new(const struct kernel *below)
{
    struct kernel_fail *fail = model_alloc(sizeof(*fail));

    fail->kernel = (struct kernel){.open_dir = fail_open_dir,
                                   .close_dir = fail_close_dir,
                                   .read = fail_read,
                                   .write = fail_write,
                                   .set_affinity = fail_set_affinity};
    fail->below = below;
    fail->tracing = true;
    return fail;
}

void kernel_fail_at(struct kernel_fail *fail, unsigned write, int code)
{
    fail->failures = reallocarray(fail->failures, fail->failure_count + 1, sizeof(*fail->failures));
    if (!fail->failures)
        model_die("out of memory");
    fail->failures[fail->failure_count++] = (struct kernel_failure){write, code};
}

void kernel_fail_never(struct kernel_fail *fail)
{
    fail->failure_count = 0;
    fail->open_fails = 0;
}

static void trace_clear(struct kernel_fail *fail)
{
    for (size_t i = 0; i < fail->trace_count; i++)
        event_release(&fail->trace[i]);
    fail->trace_count = 0;
}

void kernel_fail_restart(struct kernel_fail *fail)
{
    fail->writes = fail->operations = fail->opens = 0;
    trace_clear(fail);
}

char *kernel_fail_written(const struct kernel_fail *fail)
{
    struct buffer text = {0};

    model_put(&text, "%s", "");
    for (size_t i = 0; i < fail->trace_count; i++) {
        const struct kernel_event *e = &fail->trace[i];

        if (e->result < 0)
            continue;
        if (e->operation == KERNEL_WRITE)
            model_put(&text, "%s %s %s\n", e->path, e->file, e->text);
        else if (e->operation == KERNEL_AFFINITY)
            model_put(&text, "thread %d %s\n", (int)e->tid, e->text);
    }
    return text.data;
}

struct kernel_fail *kernel_fail_free(struct kernel_fail *fail)
{
    if (!fail)
        return NULL;
    trace_clear(fail);
    for (int i = 0; i < fail->path_count; i++)
        free(fail->paths[i]);
    free(fail->paths);
    free(fail->trace);
    free(fail->failures);
    free(fail);
    return NULL;
}
