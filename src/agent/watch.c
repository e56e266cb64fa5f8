#include "agent/watch.h"

#include "agent/inotify.h"
#include "cgroup/guest_path.h"
#include "reconcile/controllers.h"
#include "reconcile/nodes.h"
#include "reconcile/unit.h"

#include <fcntl.h>
#include <search.h>
#include <string.h>

#define DIRECTORY_EVENTS (IN_MODIFY | IN_CREATE | IN_DELETE | IN_ONLYDIR)
#define CHILDREN_EVENTS  (IN_CREATE | IN_DELETE | IN_ONLYDIR)
#define FILE_EVENTS      (IN_MODIFY | IN_DONT_FOLLOW)

struct watch {
    int wd; /* the first member: the key */
    bool needed;
    /* On CONTROLLERS_FILE: who takes a controller from a v2 node's children takes their files away,
     * with what stood in them and the watches on them, and no other event tells of that. */
    bool controllers;
    struct managed *guest;
    struct watch *next; /* of the same guest */
};

static int compare(const void *a, const void *b)
{
    int left = *(const int *)a, right = *(const int *)b;

    return left < right ? -1 : left > right;
}

static struct watch *find(const struct watches *watches, int wd)
{
    struct watch **found = tfind(&wd, &watches->by_wd, compare);

    return found ? *found : NULL;
}

int watches_open(struct watches *watches, const struct host *host, struct writers *writers,
                 struct cg_error **err)
{
    *watches = (struct watches){.queue = inotify_open(), .host = host, .writers = writers};
    return watches->queue < 0
               ? error_set(err, -watches->queue,
                           "changes of control groups cannot be watched: %s%s",
                           strerror(-watches->queue), inotify_way_out(watches->queue))
               : 0;
}

void watches_close(struct watches *watches)
{
    closep(&watches->queue);
    watches->queue = -1;
}

static int add(struct watches *watches, struct managed *guest, int wd, bool controllers)
{
    struct watch *watch = find(watches, wd);

    if (watch) {
        watch->needed = true;
        return 0;
    }
    watch = malloc(sizeof(*watch));
    if (!watch)
        return -ENOMEM;
    *watch = (struct watch){.wd = wd, .needed = true, .controllers = controllers, .guest = guest};
    if (!tsearch(watch, &watches->by_wd, compare)) {
        free(watch);
        return -ENOMEM;
    }
    watch->next = guest->watches;
    guest->watches = watch;
    return 1;
}

static void remove_watch(struct watches *watches, struct watch *watch)
{
    struct watch **at = &watch->guest->watches;

    while (*at != watch)
        at = &(*at)->next;
    *at = watch->next;
    tdelete(watch, &watches->by_wd, compare);
    free(watch);
}

/* 1, 0 or -errno. A file that this kernel has not is nothing to watch. */
static int watch_one(struct watches *watches, struct managed *guest, int dir, const char *file,
                     uint32_t mask)
{
    int wd = inotify_watch(watches->queue, dir, file, mask), r;
    bool controllers;

    if (wd == -ENOENT || wd == -ENODEV)
        return 0;
    if (wd < 0)
        return wd;
    controllers = file && strcmp(file, CONTROLLERS_FILE) == 0;
    r = add(watches, guest, wd, controllers);
    if (r < 0)
        inotify_rm_watch(watches->queue, wd);
    else if (!controllers)
        writers_mark(watches->writers, dir);
    return r;
}

/* Where a role's directory appears. Under systemd the weight stands in the scope, but the roles lie
 * below libvirt/ next to the other cells. */
static const struct cg_attr *beside_roles(const struct cg_attr *attr)
{
    if (!unit_property(attr))
        return attr;
    return attr->version == 2 ? attr_by_name("cpu.max", 2) : attr_by_name("cpu.cfs_quota_us", 1);
}

struct update {
    struct watches *watches;
    struct managed *guest;
    struct nodes nodes;
    int own;    /* the directory that watch_own() has dealt with last, for all roles' cells alike */
    int looked; /* the one that was looked into last */
};

/* Iothreads that were added while the guest runs. `dir` is watched already: one that is not here
 * yet will be heard of. */
static int find_iothreads(struct managed *guest, int dir)
{
    int fd = openat(dir, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC), r = 0;
    cleanup_closedir DIR *children = fd < 0 ? NULL : fdopendir(fd);
    const struct dirent *child;

    if (!children) {
        r = -errno;
        closep(&fd);
        return r;
    }
    while (r >= 0 && (child = readdir(children))) {
        struct cg_role role = role_from_name(child->d_name);

        if (child->d_type != DT_DIR || role.kind != CG_ROLE_IOTHREAD)
            continue;
        r = facts_add_iothread(guest->facts, role.index);
        guest->grown |= r > 0;
    }
    return r < 0 ? r : 0;
}

/* Of a v2 guest's own nodes; those in libvirt/ are there by what the scope above has enabled. */
static int watch_files(struct update *update, int dir, const struct cg_attr *attr)
{
    const struct cg_role vm = {.kind = CG_ROLE_VM};
    const char *file;
    int scope, r = 0;

    if (!unit_property(attr) &&
        nodes_open(&update->nodes, vm, attr_by_name("cpu.weight", 2), &scope, NULL) == 0 &&
        scope != dir)
        r = watch_one(update->watches, update->guest, scope, CONTROLLERS_FILE, FILE_EVENTS);
    for (unsigned i = 0; (file = cg_attr_file(attr, i)) && r >= 0; i++) {
        int one = watch_one(update->watches, update->guest, dir, file, FILE_EVENTS);

        r = one < 0 ? one : r | one;
    }
    return r;
}

/* The guest's own node of that hierarchy: for its cells and, where its roles have some, for new
 * roles. */
static int watch_own(struct update *update, const struct cell *cell, struct cg_error **err)
{
    const struct cg_role vm = {.kind = CG_ROLE_VM};
    bool role = cell->role.kind != CG_ROLE_VM, v1 = cell->attr->version == 1;
    int dir,
        r = nodes_open(&update->nodes, vm, role ? beside_roles(cell->attr) : cell->attr, &dir, err);

    if (r < 0)
        return r;
    if (!v1 && !role)
        return watch_files(update, dir, cell->attr);
    if (dir != update->own) {
        update->own = dir;
        r = watch_one(update->watches, update->guest, dir, NULL,
                      v1 ? DIRECTORY_EVENTS : CHILDREN_EVENTS);
        if (r >= 0 && !v1) {
            int one = watch_one(update->watches, update->guest, dir, CONTROLLERS_FILE, FILE_EVENTS);

            r = one < 0 ? one : r | one;
        }
    }
    if (r >= 0 && role && dir != update->looked) {
        int found = find_iothreads(update->guest, dir);

        update->looked = dir;
        r = found < 0 ? found : r;
    }
    return r;
}

static int watch_cell(struct update *update, const struct cell *cell, struct cg_error **err)
{
    int dir, role, own = watch_own(update, cell, err);

    if (own < 0 || cell->role.kind == CG_ROLE_VM)
        return own;
    role = nodes_open(&update->nodes, cell->role, cell->attr, &dir, err);
    if (role == 0)
        role = watch_one(update->watches, update->guest, dir, NULL, DIRECTORY_EVENTS);
    return role < 0 ? role : own | role;
}

/* A role that does not exist yet, a controller that the guest is not in, a guest that went
 * meanwhile: nothing to watch is no failure to watch. */
static bool nothing_there(int r)
{
    return r == -ENOENT || r == -EOPNOTSUPP || r == -ESTALE || r == -ENODEV;
}

static void remove_needless(struct watches *watches, struct managed *guest)
{
    for (struct watch *watch = guest->watches, *next; watch; watch = next) {
        next = watch->next;
        if (watch->needed)
            continue;
        inotify_rm_watch(watches->queue, watch->wd);
        remove_watch(watches, watch);
    }
}

static int update_all(struct update *update, struct cg_error **err)
{
    const struct cells *cells = &update->guest->desired.cells;
    const struct cell coming = {.role = {.kind = CG_ROLE_IOTHREAD},
                                .attr = update->guest->desired.iothreads};
    int result = 0;

    for (size_t i = 0; i < cells->count + (coming.attr != NULL); i++) {
        int r = i < cells->count ? watch_cell(update, &cells->cells[i], NULL)
                                 : watch_own(update, &coming, NULL);

        if (nothing_there(r))
            continue;
        if (r < 0 && result >= 0)
            result = error_set(err, -r, "changes of some control groups cannot be watched: %s%s",
                               strerror(-r), inotify_way_out(r));
        else if (r > 0 && result >= 0)
            result = 1;
    }
    return result;
}

int watches_update(struct watches *watches, struct managed *guest, struct cg_error **err)
{
    struct update update = {
        .watches = watches,
        .guest = guest,
        .nodes = {.host = watches->host, .binding = &guest->binding},
        .own = -1,
        .looked = -1,
    };
    int r;

    for (struct watch *watch = guest->watches; watch; watch = watch->next)
        watch->needed = false;
    r = update_all(&update, err);
    nodes_close(&update.nodes);
    remove_needless(watches, guest);
    guest->rewatch = r < 0;
    return r;
}

void watches_drop(struct watches *watches, struct managed *guest)
{
    for (struct watch *watch = guest->watches; watch; watch = watch->next)
        watch->needed = false;
    remove_needless(watches, guest);
}

struct reading {
    struct watches *watches;
    watches_fn fn;
    void *data;
};

static void take(const struct inotify_event *event, void *data)
{
    struct reading *reading = data;
    struct watch *watch = find(reading->watches, event->wd);
    struct managed *guest;

    if (event->mask & IN_Q_OVERFLOW) {
        reading->fn(NULL, reading->data);
        return;
    }
    if (!watch)
        return; /* it was dropped while this was queued */
    guest = watch->guest;
    if (event->mask & (IN_IGNORED | IN_ISDIR) || watch->controllers)
        guest->rewatch = true;
    reading->fn(guest, reading->data);
}

int watches_read(struct watches *watches, watches_fn fn, void *data)
{
    struct reading reading = {.watches = watches, .fn = fn, .data = data};

    return inotify_read(watches->queue, take, &reading);
}
