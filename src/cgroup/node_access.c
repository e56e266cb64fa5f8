/* Attributes and tasks of a node: opened, used, closed. */
#include "base/error.h"
#include "cgroup/access.h"
#include "cgroup/node.h"
#include "cgroup/text.h"

#include <string.h>

static int open_for(const struct cg_node *node, const struct cg_attr *attr, int *ret_fd,
                    struct cg_error **err)
{
    int hierarchy = node_hierarchy(node, attr->controller);

    if (hierarchy >= 0 && node->tree->hierarchies[hierarchy]->version != attr->version)
        return error_set(err, EOPNOTSUPP, "%s is an attribute of cgroup v%d, this host has v%d",
                         attr->name, attr->version, node->tree->hierarchies[hierarchy]->version);
    return cg_node_open(node, attr->controller, ret_fd, err);
}

int cg_read(const struct cg_node *node, const struct cg_attr *attr, struct cg_value **ret,
            struct cg_error **err)
{
    cleanup_buffer struct buffer scratch = {0};
    cleanup_close int fd = -1;
    int r = open_for(node, attr, &fd, err);

    if (r < 0)
        return r;
    r = attr_read(node->tree->mounts->kernel, fd, attr, &scratch, ret, err);
    if (r < 0)
        node_error_prefix(node, err);
    return r;
}

int cg_write(const struct cg_node *node, const struct cg_attr *attr, const struct cg_value *value,
             struct cg_error **err)
{
    cleanup_close int fd = -1;
    int r = open_for(node, attr, &fd, err);

    if (r < 0)
        return r;
    r = attr_write(node->tree->mounts->kernel, fd, attr, value, NULL, node->child != NULL, err);
    if (r < 0)
        node_error_prefix(node, err);
    return r;
}

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

int cg_node_tasks(const struct cg_node *node, const char *controller, bool threads, bool below,
                  pid_t **ret, size_t *ret_count, struct cg_error **err)
{
    int hierarchy = node_require(node, controller, err), r;
    cleanup_with(tasks_release) struct tasks tasks = {0};
    cleanup_buffer struct buffer scratch = {0};

    if (hierarchy < 0)
        return hierarchy;
    r = read_node(node, (size_t)hierarchy, threads, &scratch, &tasks, err);
    if (r < 0)
        return r;
    for (const struct cg_node *at = node; below && (at = cg_node_next(node, at, false));) {
        cleanup_error struct cg_error *error = NULL;

        if (!at->ids[hierarchy])
            continue;
        r = read_node(at, (size_t)hierarchy, threads, &scratch, &tasks, &error);
        if (r < 0 && !is_nothing_below(r, threads)) {
            if (err) {
                cg_error_free(*err);
                *err = steal_pointer(&error);
            }
            return r;
        }
    }
    sort_once_each(&tasks);
    *ret = steal_pointer(&tasks.list);
    *ret_count = tasks.count;
    return 0;
}
