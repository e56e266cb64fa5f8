#include "agent/arrival.h"

#include "agent/inotify.h"
#include "base/array.h"
#include "cgroup/partition.h"
#include "guest/pid_file.h"

#include <string.h>

#define RUN_EVENTS       (IN_CREATE | IN_MODIFY | IN_DELETE | IN_MOVED_TO | IN_ONLYDIR)
#define PARTITION_EVENTS (IN_CREATE | IN_DELETE | IN_ONLYDIR)
#define NODE_EVENTS      (IN_CREATE | IN_MODIFY | IN_ONLYDIR)
#define RUN_FOLDER       "qemu" /* guests of other drivers are met when libvirt tells of them */

enum place_kind {
    PLACE_RUN,
    PLACE_ABOVE,     /* a component of a partition's path is waited for: `name` */
    PLACE_PARTITION, /* guests' nodes appear in it: `name` is its path */
    PLACE_NODE,      /* a new directory, of a guest that is not known yet */
};

struct arrival_watch {
    int wd;
    enum place_kind kind;
    char *name;
    bool old; /* needed no more, unless it is asked for anew */
};

/* Only the CPU sets are written before a guest has started. */
static const struct cg_hierarchy *hierarchy_of(const struct arrivals *arrivals)
{
    return mounts_find(arrivals->host->mounts, "cpuset");
}

static int watch(struct arrivals *arrivals, int dir, const char *file, uint32_t events,
                 enum place_kind kind, const char *name)
{
    int wd = inotify_watch(arrivals->queue, dir, file, events);
    char *copy;

    if (wd < 0)
        return wd;
    if (array_grow(&arrivals->list, arrivals->count, &arrivals->size) < 0)
        return -ENOMEM;
    copy = strdup(name);
    if (!copy)
        return -ENOMEM;
    arrivals->list[arrivals->count++] =
        (struct arrival_watch){.wd = wd, .kind = kind, .name = copy};
    return 0;
}

static void mark_old(struct arrivals *arrivals, bool nodes)
{
    for (size_t i = 0; i < arrivals->count; i++)
        arrivals->list[i].old |= (arrivals->list[i].kind == PLACE_NODE) == nodes;
}

/* One directory has one watch, however often it stands in the list: a partition may have been met
 * as a new directory, too. */
static bool is_needed(const struct arrivals *arrivals, int wd)
{
    for (size_t i = 0; i < arrivals->count; i++)
        if (arrivals->list[i].wd == wd && !arrivals->list[i].old)
            return true;
    return false;
}

static void drop_old(struct arrivals *arrivals)
{
    size_t kept = 0;

    for (size_t i = 0; i < arrivals->count; i++) {
        struct arrival_watch *at = &arrivals->list[i];

        if (!at->old) {
            arrivals->list[kept++] = *at;
            continue;
        }
        if (!is_needed(arrivals, at->wd))
            inotify_rm_watch(arrivals->queue, at->wd);
        free(at->name);
    }
    arrivals->count = kept;
}

/* A node was removed. Of a control group the kernel tells its parent's watch alone, and keeps the
 * watch on it. */
static void drop_node(struct arrivals *arrivals, const char *partition, const char *name)
{
    size_t length = strlen(partition);

    for (size_t i = arrivals->count; i-- > 0;) {
        struct arrival_watch *at = &arrivals->list[i];

        if (at->kind != PLACE_NODE || strncmp(at->name, partition, length) != 0 ||
            at->name[length] != '/' || strcmp(at->name + length + 1, name) != 0)
            continue;
        inotify_rm_watch(arrivals->queue, at->wd);
        free(at->name);
        *at = arrivals->list[--arrivals->count];
    }
}

/* Gone meanwhile, or not there yet: nothing to watch is no failure. */
static int mind_absence(int r)
{
    return r == -ENOENT || r == -ENODEV ? 0 : r;
}

static int watch_node(struct arrivals *arrivals, const char *partition, const char *name)
{
    const struct cg_hierarchy *hierarchy = hierarchy_of(arrivals);
    const struct kernel *k = arrivals->host->kernel;
    cleanup_free char *path = NULL;
    int dir, r;

    if (asprintf(&path, "%s/%s", partition, name) < 0)
        return -ENOMEM;
    dir = k->open_dir(k, hierarchy->dir, path, NULL);
    if (dir < 0)
        return mind_absence(dir);
    r = watch(arrivals, dir, NULL, NODE_EVENTS, PLACE_NODE, path);
    k->close_dir(k, dir);
    return mind_absence(r);
}

/* Each directory on the way is watched for the next one to appear. */
static int watch_partition(struct arrivals *arrivals, const char *path)
{
    const struct cg_hierarchy *hierarchy = hierarchy_of(arrivals);
    const struct kernel *k = arrivals->host->kernel;
    size_t length = 0;

    for (;;) {
        const char *rest = path + length + (path[length] == '/');
        cleanup_free char *above = strndup(path, length);
        cleanup_free char *next = strndup(rest, strcspn(rest, "/"));
        int dir, r;

        if (!above || !next)
            return -ENOMEM;
        dir = k->open_dir(k, hierarchy->dir, above, NULL);
        if (dir < 0)
            return mind_absence(dir);
        r = *next ? watch(arrivals, dir, NULL, PARTITION_EVENTS, PLACE_ABOVE, next)
                  : watch(arrivals, dir, NULL, PARTITION_EVENTS, PLACE_PARTITION, path);
        k->close_dir(k, dir);
        if (r < 0 || !*next)
            return mind_absence(r);
        length = (size_t)(rest - path) + strlen(next);
    }
}

static int arm_partition(struct arrivals *arrivals, const char *partition)
{
    cleanup_free char *directory = partition_directory(partition);
    cleanup_free char *slice = partition_slice(partition);
    int r;

    if (!directory || !slice)
        return -ENOMEM;
    r = watch_partition(arrivals, directory);
    return r < 0 ? r : watch_partition(arrivals, slice);
}

/* The driver makes its folder when it first runs after boot: it is waited for before it is looked
 * for once more. */
static int watch_run(struct arrivals *arrivals, int run)
{
    int r = watch(arrivals, run, RUN_FOLDER, RUN_EVENTS, PLACE_RUN, RUN_FOLDER);

    if (r != -ENOENT)
        return r;
    r = watch(arrivals, run, NULL, PARTITION_EVENTS, PLACE_ABOVE, RUN_FOLDER);
    return r < 0 ? r : watch(arrivals, run, RUN_FOLDER, RUN_EVENTS, PLACE_RUN, RUN_FOLDER);
}

/* What is there still keeps its watch, and with it the events that are queued. */
int arrivals_arm(struct arrivals *arrivals)
{
    int run = arrivals->host->libvirt_run, r = 0;

    if (arrivals->queue < 0 || !hierarchy_of(arrivals))
        return 0;
    mark_old(arrivals, false);
    if (run >= 0)
        r = mind_absence(watch_run(arrivals, run));
    for (size_t i = 0; r == 0 && i < arrivals->partition_count; i++)
        r = arm_partition(arrivals, arrivals->partitions[i]);
    drop_old(arrivals);
    return r;
}

int arrivals_add(struct arrivals *arrivals, const char *partition)
{
    char **partitions;

    for (size_t i = 0; i < arrivals->partition_count; i++)
        if (strcmp(arrivals->partitions[i], partition) == 0)
            return 0;
    partitions =
        reallocarray(arrivals->partitions, arrivals->partition_count + 1, sizeof(*partitions));
    if (!partitions)
        return -ENOMEM;
    arrivals->partitions = partitions;
    partitions[arrivals->partition_count] = strdup(partition);
    if (!partitions[arrivals->partition_count])
        return -ENOMEM;
    arrivals->partition_count++;
    return arrivals_arm(arrivals);
}

void arrivals_settle(struct arrivals *arrivals)
{
    mark_old(arrivals, true);
    drop_old(arrivals);
}

int arrivals_open(struct arrivals *arrivals, const struct host *host, struct cg_error **err)
{
    int r;

    *arrivals = (struct arrivals){.queue = inotify_open(), .host = host};
    r = arrivals->queue < 0 ? arrivals->queue : arrivals_add(arrivals, PARTITION_DEFAULT);
    return r < 0 ? error_set(err, -r, "the places where guests appear cannot be watched: %s%s",
                             strerror(-r), inotify_way_out(r))
                 : 0;
}

void arrivals_close(struct arrivals *arrivals)
{
    mark_old(arrivals, false);
    arrivals_settle(arrivals);
    for (size_t i = 0; i < arrivals->partition_count; i++)
        free(arrivals->partitions[i]);
    free(arrivals->partitions);
    free(arrivals->list);
    closep(&arrivals->queue);
    *arrivals = (struct arrivals){.queue = -1};
}

struct reading {
    struct arrivals *arrivals;
    const struct arrival_callbacks *callbacks;
    bool moved; /* a directory on the way to a partition was made */
    bool node;
};

/* The guest's name, when the file is its status file; else NULL. */
static char *guest_of_status(const char *file)
{
    static const char suffix[] = ".xml";
    size_t length = strlen(file), tail = strlen(suffix);

    if (length <= tail || strcmp(file + length - tail, suffix) != 0)
        return NULL;
    return strndup(file, length - tail);
}

/* A status file is written aside and moved into place. */
static void take_file(const struct reading *reading, const struct inotify_event *event)
{
    const struct arrival_callbacks *callbacks = reading->callbacks;
    bool moved = event->mask & IN_MOVED_TO;
    const char *file = event->len ? event->name : "";
    cleanup_free char *guest = moved ? guest_of_status(file) : pid_file_guest(file);

    if (guest && moved)
        callbacks->status_file(guest, callbacks->data);
    else if (guest)
        callbacks->pid_file(guest, event->mask & IN_DELETE, callbacks->data);
}

/* A lost watch on a node costs time, not the guest: its pass is tried again after a pause. */
static void take_directory(struct reading *reading, const struct arrival_watch *at,
                           const struct inotify_event *event)
{
    if (!event->len || !(event->mask & IN_ISDIR))
        return;
    if (event->mask & IN_DELETE) {
        if (at->kind == PLACE_PARTITION)
            drop_node(reading->arrivals, at->name, event->name);
        return;
    }
    if (at->kind == PLACE_ABOVE) {
        reading->moved |= strcmp(event->name, at->name) == 0;
        return;
    }
    reading->node |= watch_node(reading->arrivals, at->name, event->name) >= 0;
}

static void take(const struct inotify_event *event, void *data)
{
    struct reading *reading = data;
    struct arrivals *arrivals = reading->arrivals;

    if (event->mask & IN_Q_OVERFLOW)
        reading->moved = reading->node = true;
    for (size_t i = 0; i < arrivals->count; i++) {
        const struct arrival_watch at = arrivals->list[i]; /* the list may move and change */

        if (at.wd != event->wd || event->mask & IN_IGNORED)
            continue;
        if (at.kind == PLACE_RUN)
            take_file(reading, event);
        else if (at.kind == PLACE_NODE)
            reading->node = true;
        else
            take_directory(reading, &at, event);
    }
}

int arrivals_read(struct arrivals *arrivals, const struct arrival_callbacks *callbacks)
{
    struct reading reading = {.arrivals = arrivals, .callbacks = callbacks};
    int r = inotify_read(arrivals->queue, take, &reading);

    if (r >= 0 && reading.moved)
        r = arrivals_arm(arrivals);
    if (reading.moved || reading.node)
        callbacks->node(callbacks->data);
    return r < 0 ? r : 0;
}
