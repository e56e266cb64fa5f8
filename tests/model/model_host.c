/* What is no control group: /proc, /sys/devices/system and plain files. */
#include "model/model_internal.h"

#include <string.h>

/* ---- plain files ---------------------------------------------------------------------------- */

static struct model_file **find_file(struct model *model, const char *path)
{
    struct model_file **at = &model->files;

    while (*at && strcmp((*at)->path, path) != 0)
        at = &(*at)->next;
    return at;
}

void model_set_file(struct model *model, const char *path, const char *text)
{
    struct model_file **at = find_file(model, path), *file = *at;

    if (!text) {
        if (!file)
            return;
        *at = file->next;
        free(file->path);
        free(file->text);
        free(file);
        return;
    }
    if (!file) {
        file = *at = model_alloc(sizeof(*file));
        file->path = model_format("%s", path);
    }
    free(file->text);
    file->text = model_format("%s", text);
}

/* ---- /sys ----------------------------------------------------------------------------------- */

static void set_list(struct model *model, const char *path, uint64_t set)
{
    cleanup_buffer struct buffer text = {0};

    model_put_list(&text, set);
    model_put(&text, "\n");
    model_set_file(model, path, text.data);
}

void model_host_cpus(struct model *model)
{
    set_list(model, "/sys/devices/system/cpu/online", model->online);
}

void model_host_init(struct model *model)
{
    static const char system[] = "/sys/devices/system";
    unsigned cpus = (unsigned)__builtin_popcountll(model->possible);
    unsigned nodes = (unsigned)__builtin_popcountll(model->mems), nth = 0;

    model_host_cpus(model);
    set_list(model, "/sys/devices/system/cpu/possible", model->possible);
    set_list(model, "/sys/devices/system/cpu/present", model->possible);
    set_list(model, "/sys/devices/system/node/online", model->mems);
    set_list(model, "/sys/devices/system/node/possible", model->mems);
    for (unsigned n = 0; n < 64; n++) {
        cleanup_free char *list = NULL, *meminfo = NULL, *text = NULL;
        uint64_t own = 0;
        unsigned cpu = 0;

        if (!(model->mems >> n & 1))
            continue;
        for (unsigned i = 0; i < 64; i++) /* the CPUs are dealt in equal runs */
            if (model->possible >> i & 1 && cpu++ * nodes / cpus == nth)
                own |= UINT64_C(1) << i;
        nth++;
        list = model_format("%s/node/node%u/cpulist", system, n);
        set_list(model, list, own);
        meminfo = model_format("%s/node/node%u/meminfo", system, n);
        text = model_format("Node %u MemTotal:       8388608 kB\n"
                            "Node %u MemFree:        4194304 kB\n"
                            "Node %u MemUsed:        4194304 kB\n",
                            n, n, n);
        model_set_file(model, meminfo, text);
    }
    model_set_file(model, "/run/libvirt/libvirtd.pid", "1\n");
}

/* ---- /proc ---------------------------------------------------------------------------------- */

static int read_mountinfo(const struct model *model, struct buffer *into)
{
    bool v1 = model->version == 1;

    model_put(into, "22 27 0:21 / /proc rw,relatime - proc proc rw\n"
                    "23 27 0:22 / /sys rw,relatime - sysfs sysfs rw\n"
                    "27 1 254:0 / / rw,relatime - ext4 /dev/vda rw\n");
    if (v1)
        model_put(into, "31 23 0:28 / /sys/fs/cgroup rw,relatime - tmpfs tmpfs rw,mode=755\n");
    for (unsigned i = 0; i < model->hierarchy_count; i++) {
        const struct model_hierarchy *h = &model->hierarchies[i];

        if (h->version == 2)
            model_put(into, "%u %u 0:%u / %s rw,relatime - cgroup2 cgroup2 rw,nsdelegate\n", 40 + i,
                      v1 ? 31 : 23, 40 + i, h->mountpoint);
        else
            model_put(into, "%u 31 0:%u / %s rw,relatime - cgroup cgroup rw,%s\n", 40 + i, 40 + i,
                      h->mountpoint, h->names);
    }
    return 0;
}

static int read_cgroup(const struct model *model, const struct model_thread *thread,
                       struct buffer *into)
{
    for (unsigned i = model->hierarchy_count; i-- > 0;) {
        const struct model_hierarchy *h = &model->hierarchies[i];
        cleanup_free char *path = model_node_path(thread->nodes[i]);

        model_put(into, "%u:%s:%s\n", h->version == 2 ? 0 : i + 1, h->names, path);
    }
    return 0;
}

static int read_status(const struct model *model, const struct model_thread *thread,
                       struct buffer *into)
{
    model_put(into, "Name:\t%s\nState:\tS (sleeping)\nTgid:\t%d\nPid:\t%d\nThreads:\t1\n",
              thread->comm, (int)thread->pid, (int)thread->tid);
    model_put(into, "Cpus_allowed:\t%llx\nCpus_allowed_list:\t", (unsigned long long)thread->mask);
    model_put_list(into, thread->mask);
    model_put(into, "\nMems_allowed_list:\t");
    model_put_list(into, model->mems);
    model_put(into, "\n");
    return 0;
}

/* proc(5): the 22nd field is the start time. */
static int read_stat(const struct model_thread *thread, struct buffer *into)
{
    model_put(into,
              "%d (%s) S 1 %d %d 0 -1 4194560 0 0 0 0 0 0 0 0 20 0 1 0 %llu 1048576 256 "
              "18446744073709551615 0 0 0 0 0 0 0 0 0 0 0 0 17 0 0 0 0 0 0 0 0 0 0 0 0 0 0\n",
              (int)thread->tid, thread->comm, (int)thread->pid, (int)thread->pid,
              (unsigned long long)thread->start_time);
    return 0;
}

/* What the process has allocated counts in the node of its memory, or in the domain above it. */
static int read_statm(struct model *model, const struct model_thread *thread, struct buffer *into)
{
    const struct model_hierarchy *h = model_hierarchy(model, "memory");
    const struct model_node *node = thread->nodes[h->index];

    while (node->threaded)
        node = node->parent;
    model_put(into, "%llu %llu 0 0 0 0 0\n", (unsigned long long)node->memory.used,
              (unsigned long long)node->memory.used);
    return 0;
}

static int read_thread_file(struct model *model, const struct model_thread *thread,
                            const char *file, struct buffer *into)
{
    if (strcmp(file, "cgroup") == 0)
        return read_cgroup(model, thread, into);
    if (strcmp(file, "status") == 0)
        return read_status(model, thread, into);
    if (strcmp(file, "stat") == 0)
        return read_stat(thread, into);
    if (strcmp(file, "statm") == 0)
        return read_statm(model, thread, into);
    if (strcmp(file, "comm") == 0) {
        model_put(into, "%s\n", thread->comm);
        return 0;
    }
    return -ENOENT;
}

/* Splits "/proc/PID/FILE" and "/proc/PID/task/TID/FILE"; NULL: no such thread. *ret_file "" is the
 * directory. */
static const struct model_thread *proc_thread(const struct model *model, const char *path,
                                              const char **ret_file)
{
    const struct model_thread *process, *thread;
    int pid, tid, end = 0;

    if (sscanf(path, "/proc/%d%n", &pid, &end) != 1 || (path[end] && path[end] != '/'))
        return NULL;
    process = model_thread_find(model, pid); /* a thread's number works too, unlisted */
    if (!process)
        return NULL;
    path += end;
    *ret_file = path + (*path == '/');
    if (sscanf(path, "/task/%d%n", &tid, &end) != 1)
        return process;
    thread = model_thread_find(model, tid);
    if (!thread || thread->pid != process->pid)
        return NULL;
    path += end;
    *ret_file = path + (*path == '/');
    return thread;
}

int model_host_read(struct model *model, const char *path, struct buffer *into)
{
    const struct model_thread *thread;
    const struct model_file *file;
    const char *name;

    if (strcmp(path, "/proc/self/mountinfo") == 0)
        return read_mountinfo(model, into);
    thread = proc_thread(model, path, &name);
    if (thread)
        return read_thread_file(model, thread, name, into);
    file = *find_file(model, path);
    if (!file)
        return -ENOENT;
    model_put(into, "%s", file->text);
    return 0;
}

static bool is_above(const char *directory, const char *path)
{
    size_t length = strlen(directory);

    return strncmp(path, directory, length) == 0 && path[length] == '/';
}

bool model_host_has_directory(const struct model *model, const char *path)
{
    const char *rest;

    if (!*path || strcmp(path, "/proc") == 0 || strcmp(path, "/proc/self") == 0)
        return true;
    if (is_above("/proc", path))
        return proc_thread(model, path, &rest) && (!*rest || strcmp(rest, "task") == 0);
    for (const struct model_file *f = model->files; f; f = f->next)
        if (is_above(path, f->path))
            return true;
    for (unsigned i = 0; i < model->hierarchy_count; i++)
        if (is_above(path, model->hierarchies[i].mountpoint))
            return true;
    return false;
}
