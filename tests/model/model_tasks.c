/* Processes, their threads, where they are, and the files that tell and change it. */
#include "model/model_internal.h"

#include <string.h>

struct model_thread *model_thread_find(const struct model *model, pid_t tid)
{
    for (struct model_thread *t = model->threads; t; t = t->next)
        if (t->tid == tid)
            return t;
    return NULL;
}

static struct model_thread *thread_must(const struct model *model, pid_t tid)
{
    struct model_thread *thread = model_thread_find(model, tid);

    if (!thread)
        model_die("there is no thread %d", (int)tid);
    return thread;
}

/* Sorted by number, as `tasks` shows them. */
static void insert(struct model *model, struct model_thread *thread)
{
    struct model_thread **at = &model->threads;

    if (model_thread_find(model, thread->tid))
        model_die("thread %d is there already", (int)thread->tid);
    while (*at && (*at)->tid < thread->tid)
        at = &(*at)->next;
    thread->next = *at;
    *at = thread;
}

void model_add_process(struct model *model, pid_t pid, const char *comm)
{
    struct model_thread *thread = model_alloc(sizeof(*thread));

    thread->pid = thread->tid = pid;
    thread->comm = model_format("%s", comm);
    thread->start_time = model->clock += 100;
    thread->mask = model->possible;
    for (unsigned i = 0; i < model->hierarchy_count; i++)
        thread->nodes[i] = model->hierarchies[i].root;
    insert(model, thread);
}

void model_add_thread(struct model *model, pid_t pid, pid_t tid, const char *comm)
{
    const struct model_thread *leader = thread_must(model, pid);
    struct model_thread *thread = model_alloc(sizeof(*thread));

    *thread = *leader;
    thread->tid = tid;
    thread->comm = model_format("%s", comm);
    thread->start_time = model->clock += 100;
    insert(model, thread);
}

static void end_threads(struct model *model, pid_t pid, pid_t tid)
{
    for (struct model_thread **at = &model->threads; *at;) {
        struct model_thread *thread = *at;

        if (thread->tid != tid && thread->pid != pid) {
            at = &thread->next;
            continue;
        }
        *at = thread->next;
        free(thread->comm);
        free(thread);
    }
}

void model_end_process(struct model *model, pid_t pid)
{
    end_threads(model, pid, pid);
}

void model_end_thread(struct model *model, pid_t tid)
{
    end_threads(model, -1, tid);
}

bool model_populated(const struct model *model, const struct model_node *node)
{
    for (const struct model_thread *t = model->threads; t; t = t->next)
        for (const struct model_node *n = t->nodes[node->hierarchy->index]; n; n = n->parent)
            if (n == node)
                return true;
    return false;
}

int model_thread_move(struct model *model, struct model_thread *thread, struct model_node *node,
                      bool attach)
{
    unsigned index = node->hierarchy->index;
    int r;

    if (thread->nodes[index] == node)
        return 0;
    attach = attach && node->hierarchy->controllers & MODEL_CPUSET;
    r = attach ? model_cpuset_may_attach(node) : 0;
    if (r < 0)
        return r;
    thread->nodes[index] = node;
    if (attach)
        model_cpuset_attach(model, thread);
    return 0;
}

/* One migration resets the masks of all threads in it when any of them changes its cpuset. */
static int move_process(struct model *model, pid_t pid, struct model_node *node)
{
    unsigned index = node->hierarchy->index;
    bool attach = false;
    int r = 0;

    for (const struct model_thread *t = model->threads; t; t = t->next)
        attach = attach || (t->pid == pid && !model_cpuset_same(t->nodes[index], node));
    for (struct model_thread *t = model->threads; t && r == 0; t = t->next)
        if (t->pid == pid)
            r = model_thread_move(model, t, node, attach);
    return r;
}

/* Into one node: the thread, or its whole process. */
static int move(struct model *model, struct model_thread *thread, struct model_node *node,
                bool process)
{
    const struct model_node *from = thread->nodes[node->hierarchy->index];
    int r = model_may_host(model, node);

    if (r < 0)
        return r;
    if (process)
        return move_process(model, thread->pid, node);
    if (node->hierarchy->version == 2 && model_domain(node) != model_domain(from))
        return -EOPNOTSUPP;
    return model_thread_move(model, thread, node, !model_cpuset_same(from, node));
}

static int write_number(struct model *model, struct model_node *node, const char *text,
                        bool process)
{
    cleanup_free char *stripped = model_strip(text);
    struct model_thread *thread;
    int64_t number;
    int r = model_parse_s64(stripped, &number);

    if (r < 0 || number < 0 || number > INT32_MAX)
        return -EINVAL;
    thread = model_thread_find(model, (pid_t)number);
    return thread ? move(model, thread, node, process) : -ESRCH;
}

int model_place(struct model *model, pid_t tid, const char *controller, const char *path)
{
    struct model_node *node = model_find(model_hierarchy(model, controller), path);
    struct model_thread *thread = model_thread_find(model, tid);

    if (!node)
        return -ENOENT;
    return thread ? move(model, thread, node, false) : -ESRCH;
}

int model_set_affinity(struct model *model, pid_t tid, const char *cpus)
{
    struct model_thread *thread = model_thread_find(model, tid);

    return thread ? model_thread_affinity(model, thread, model_list(cpus)) : -ESRCH;
}

char *model_affinity(const struct model *model, pid_t tid)
{
    const struct model_thread *thread = thread_must(model, tid);
    struct buffer list = {0};

    model_put(&list, "%s", "");
    model_put_list(&list, thread->mask);
    return list.data;
}

/* ---- files ---------------------------------------------------------------------------------- */

static int read_threads(struct model *model, struct model_node *node, struct buffer *into)
{
    for (const struct model_thread *t = model->threads; t; t = t->next)
        if (t->nodes[node->hierarchy->index] == node)
            model_put(into, "%d\n", (int)t->tid);
    return 0;
}

static bool has_process(const struct model *model, const struct model_node *node, pid_t pid)
{
    for (const struct model_thread *t = model->threads; t; t = t->next) {
        const struct model_node *at = t->nodes[node->hierarchy->index];

        if (t->pid == pid && (at == node || model_domain(at) == node))
            return true;
    }
    return false;
}

static int read_processes(struct model *model, struct model_node *node, struct buffer *into)
{
    if (node->threaded)
        return -EOPNOTSUPP;
    for (const struct model_thread *t = model->threads; t; t = t->next)
        if (t->tid == t->pid && has_process(model, node, t->pid))
            model_put(into, "%d\n", (int)t->pid);
    return 0;
}

static int write_thread(struct model *model, struct model_node *node, const char *text)
{
    return write_number(model, node, text, false);
}

static int write_process(struct model *model, struct model_node *node, const char *text)
{
    return write_number(model, node, text, true);
}

static int read_events(struct model *model, struct model_node *node, struct buffer *into)
{
    model_put(into, "populated %d\nfrozen 0\n", model_populated(model, node));
    return 0;
}

const struct model_attribute model_task_files[] = {
    {"tasks", 1, 0, false, read_threads, write_thread},
    {"cgroup.procs", 0, 0, false, read_processes, write_process},
    {"cgroup.threads", 2, 0, false, read_threads, write_thread},
    {"cgroup.events", 2, 0, true, read_events, NULL},
    {0},
};
