/* The processes or threads of a node and of those below it. */
#include "base/error.h"
#include "cgroup/access.h"
#include "cgroup/node.h"

#include <string.h>

struct tasks {
    pid_t *list;
    size_t count;
};

static void tasks_release(struct tasks *tasks)
{
    free(tasks->list);
}

static int tasks_append(struct tasks *tasks, const pid_t *more, size_t count)
{
    pid_t *grown = reallocarray(tasks->list, tasks->count + count + 1, sizeof(pid_t));

    if (!grown)
        return -ENOMEM;
    if (count > 0)
        memcpy(grown + tasks->count, more, count * sizeof(pid_t));
    tasks->list = grown;
    tasks->count += count;
    return 0;
}

static int read_node(const struct cg_node *node, size_t hierarchy, bool threads,
                     struct buffer *scratch, struct tasks *tasks, struct cg_error **err)
{
    const struct kernel *k = node->tree->mounts->kernel;
    int version = node->tree->hierarchies[hierarchy]->version, r;
    cleanup_free pid_t *list = NULL;
    cleanup_close int fd = -1;
    size_t count = 0;

    r = node_open_at(node, hierarchy, &fd, err);
    if (r < 0)
        return r;
    r = threads ? threads_read(k, fd, version, scratch, &list, &count, err)
                : processes_read(k, fd, scratch, &list, &count, err);
    if (r < 0) {
        node_error_prefix(node, err);
        return r;
    }
    return tasks_append(tasks, list, count) < 0 ? error_out_of_memory(err) : 0;
}

static int by_number(const void *a, const void *b)
{
    pid_t left = *(const pid_t *)a, right = *(const pid_t *)b;

    return left < right ? -1 : left > right;
}

static void sort_once_each(struct tasks *tasks)
{
    size_t kept = 0;

    qsort(tasks->list, tasks->count, sizeof(pid_t), by_number);
    for (size_t i = 0; i < tasks->count; i++)
        if (i == 0 || tasks->list[i] != tasks->list[kept - 1])
            tasks->list[kept++] = tasks->list[i];
    tasks->count = kept;
}

/* Below a node, what vanished has no tasks any more, and a threaded group (v2) has no processes:
 * those are in the group above it. */
static bool is_nothing_below(int r, bool threads)
{
    return r == -ENOENT || r == -ESTALE || r == -ENODEV || (!threads && r == -EOPNOTSUPP);
}

static int read_below(const struct cg_node *top, size_t hierarchy, bool threads,
                      struct buffer *scratch, struct tasks *tasks, struct cg_error **err)
{
    for (const struct cg_node *at = top; (at = cg_node_next(top, at, false));) {
        cleanup_error struct cg_error *error = NULL;
        int r;

        if (!at->ids[hierarchy])
            continue;
        r = read_node(at, hierarchy, threads, scratch, tasks, &error);
        if (r < 0 && !is_nothing_below(r, threads)) {
            if (err) {
                cg_error_free(*err);
                *err = steal_pointer(&error);
            }
            return r;
        }
    }
    return 0;
}

int cg_node_tasks(const struct cg_node *node, const char *controller, bool threads, bool below,
                  pid_t **ret, size_t *ret_count, struct cg_error **err)
{
    int only = node_require(node, controller, err), r = 0;
    cleanup_with(tasks_release) struct tasks tasks = {0};
    cleanup_buffer struct buffer scratch = {0};

    if (only < 0)
        return only;
    for (size_t i = 0; i < node->tree->count; i++) {
        if (!node->ids[i] || (controller && (int)i != only))
            continue;
        r = read_node(node, i, threads, &scratch, &tasks, err);
        if (r == 0 && below)
            r = read_below(node, i, threads, &scratch, &tasks, err);
        if (r < 0)
            return r;
    }
    sort_once_each(&tasks);
    *ret = steal_pointer(&tasks.list);
    *ret_count = tasks.count;
    return 0;
}
