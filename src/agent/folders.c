#include "agent/folders.h"

#include "agent/inotify.h"
#include "base/array.h"

#include <limits.h>
#include <string.h>
#include <sys/stat.h>

#define CONTENT_EVENTS                                                                             \
    (IN_CREATE | IN_MODIFY | IN_CLOSE_WRITE | IN_ATTRIB | IN_DELETE | IN_MOVED_TO | IN_MOVED_FROM)
#define SELF_EVENTS (IN_DELETE_SELF | IN_MOVE_SELF)
#define NAME_EVENTS (IN_CREATE | IN_DELETE | IN_MOVED_TO | IN_MOVED_FROM)
#define FILE_EVENTS (NAME_EVENTS | IN_MODIFY | IN_CLOSE_WRITE | IN_ATTRIB)
#define HOLD_EVENTS (IN_CREATE | IN_CLOSE_WRITE | IN_DELETE | IN_MOVED_TO | IN_MOVED_FROM)
/* Of a folder that is open, as the state's are, nobody is told that it was removed itself. */
#define STATE_EVENTS (IN_DELETE | IN_MOVE_SELF)
#define GONE_EVENTS  (SELF_EVENTS | IN_IGNORED | IN_UNMOUNT)
#define LINKS_MOST   40 /* as the kernel's own limit, path_resolution(7) */
#define TRIES_MOST   10 /* of a path that changes while it is walked */

struct folder_watch {
    int wd;
    bool content; /* it is a policy folder itself */
    char *name;   /* else the entry of it that matters; NULL: none, only whether it stays */
};

static int remember(struct folders *folders, int wd, bool content, const char *name)
{
    char *copy = name ? strdup(name) : NULL;

    if (name && !copy)
        return -ENOMEM;
    if (array_grow(&folders->list, folders->count, &folders->size) < 0) {
        free(copy);
        return -ENOMEM;
    }
    folders->list[folders->count++] =
        (struct folder_watch){.wd = wd, .content = content, .name = copy};
    return 0;
}

static int watch(struct folders *folders, const char *path, uint32_t events, const char *name)
{
    int wd =
        inotify_add_watch(folders->queue, path, events | SELF_EVENTS | IN_MASK_ADD | IN_ONLYDIR);

    if (wd < 0)
        return errno == ENOTDIR ? -ENOENT : errno == EBADF ? -EMFILE : -errno;
    return remember(folders, wd, events == CONTENT_EVENTS, name);
}

/* A path on its way through links: `at` has none, `rest` is still to be walked. */
struct walk {
    char at[PATH_MAX];
    char rest[PATH_MAX];
    unsigned links;
};

static void leave(struct walk *walk)
{
    char *slash = strrchr(walk->at, '/');

    slash[slash == walk->at] = '\0';
}

/* Takes the first component off `rest`. False: there is none. */
static bool component_next(struct walk *walk, char ret[NAME_MAX + 1])
{
    const char *start = walk->rest + strspn(walk->rest, "/");
    size_t length = strcspn(start, "/");

    if (length == 0 || length > NAME_MAX)
        return false;
    memcpy(ret, start, length);
    ret[length] = '\0';
    memmove(walk->rest, start + length, strlen(start + length) + 1);
    return true;
}

/* -ELOOP, -ENAMETOOLONG; -EINVAL: it is no link any more. */
static int follow(struct walk *walk, const char *link)
{
    char target[PATH_MAX];
    ssize_t n = readlink(link, target, sizeof(target) - 1);
    size_t rest = strlen(walk->rest);

    if (n < 0)
        return -errno;
    if (++walk->links > LINKS_MOST)
        return -ELOOP;
    if ((size_t)n + 1 + rest >= sizeof(walk->rest))
        return -ENAMETOOLONG;
    memmove(walk->rest + n + 1, walk->rest, rest + 1);
    memcpy(walk->rest, target, (size_t)n);
    walk->rest[n] = '/';
    if (*target == '/')
        strcpy(walk->at, "/");
    return 0;
}

/* What is no folder: 1 when the walk goes on behind a link, 0 when it ends here, -errno. */
static int step_aside(struct folders *folders, struct walk *walk, const char *name,
                      const char *child)
{
    struct stat st;
    int r = watch(folders, walk->at, NAME_EVENTS, name);

    /* Watched first, looked at then: it may have appeared meanwhile. */
    if (r < 0)
        return r;
    if (lstat(child, &st) < 0)
        return errno == ENOENT || errno == EACCES ? 0 : -errno;
    if (S_ISDIR(st.st_mode))
        return -ENOENT;      /* again from the start */
    if (S_ISREG(st.st_mode)) /* not the null device, where the whole host writes */
        return watch(folders, walk->at, FILE_EVENTS, name);
    if (!S_ISLNK(st.st_mode))
        return 0;
    r = follow(walk, child);
    return r < 0 ? r : 1;
}

/* A folder that may not be read cannot be watched: that it may be again is told where its name
 * stands. 0 when the walk ends here, -errno. */
static int watch_rights(struct folders *folders, const struct walk *walk, const char *name,
                        const char *child)
{
    int r = watch(folders, walk->at, NAME_EVENTS | IN_ATTRIB, name);

    if (r < 0)
        return r;
    return watch(folders, child, 0, NULL) == 0 ? -ENOENT : 0; /* meanwhile: again from the start */
}

/* One component. As step_aside(). */
static int step(struct folders *folders, struct walk *walk, const char *name)
{
    cleanup_free char *child = NULL;
    struct stat st;
    int r;

    if (strcmp(name, ".") == 0)
        return 1;
    if (strcmp(name, "..") == 0) {
        leave(walk);
        return 1;
    }
    if (asprintf(&child, "%s/%s", strcmp(walk->at, "/") ? walk->at : "", name) < 0)
        return -ENOMEM;
    if (strlen(child) >= sizeof(walk->at))
        return -ENAMETOOLONG;
    if (lstat(child, &st) < 0 || !S_ISDIR(st.st_mode))
        return step_aside(folders, walk, name, child);
    r = watch(folders, child, 0, NULL);
    if (r < 0)
        return r == -EACCES ? watch_rights(folders, walk, name, child) : r;
    strcpy(walk->at, child);
    return 1;
}

/* 1 when there is a folder at the end of the path, *walk tells where; else 0 or -errno. */
static int watch_path(struct folders *folders, const char *path, struct walk *walk)
{
    char name[NAME_MAX + 1];

    *walk = (struct walk){.at = "/"};
    if (*path != '/' && !getcwd(walk->rest, sizeof(walk->rest)))
        return -errno;
    if (strlen(walk->rest) + 1 + strlen(path) >= sizeof(walk->rest))
        return -ENAMETOOLONG;
    strcat(strcat(walk->rest, "/"), path);
    while (component_next(walk, name)) {
        int r = step(folders, walk, name);

        if (r <= 0)
            return r;
    }
    return 1;
}

static bool is_policy_file(const char *name)
{
    size_t length = strlen(name);

    return length >= 5 && strcmp(name + length - 5, ".json") == 0;
}

/* Nothing more can be watched. Of other errors (no permission, a loop of links) the reading of the
 * folder tells; what they hide cannot be watched and need not be. */
static bool exhausted(int r)
{
    return r == -ENOMEM || r == -ENOSPC || r == -EMFILE;
}

/* A policy file may be a link: then what it leads to is to be watched too. */
static int watch_links(struct folders *folders, const char *folder)
{
    cleanup_closedir DIR *dir = opendir(folder);
    struct walk walk;
    int r = 0;

    for (struct dirent *entry; dir && !exhausted(r) && (entry = readdir(dir));) {
        cleanup_free char *path = NULL;

        if (entry->d_type != DT_LNK || !is_policy_file(entry->d_name))
            continue;
        if (asprintf(&path, "%s/%s", folder, entry->d_name) < 0)
            return -ENOMEM;
        r = watch_path(folders, path, &walk);
    }
    return exhausted(r) ? r : 0;
}

static int watch_folder(struct folders *folders, const char *path)
{
    struct walk walk;
    int r = watch_path(folders, path, &walk);

    if (r <= 0)
        return r;
    r = watch(folders, walk.at, CONTENT_EVENTS, NULL);
    return r < 0 ? r : watch_links(folders, walk.at);
}

/* A path can change under the walk; one that never holds still is left as far as it came. */
static int watch_folder_again(struct folders *folders, const char *path)
{
    int r = -ENOENT;

    for (unsigned i = 0; i < TRIES_MOST && (r == -ENOENT || r == -EINVAL); i++)
        r = watch_folder(folders, path);
    return exhausted(r) ? r : 0;
}

/* A directory has one watch in a queue: where a policy folder's path leads through the state folder
 * (/run/vmpin/policies.d), it is the state's as well, and stays. */
static void disarm(struct folders *folders)
{
    for (size_t i = 0; i < folders->count; i++) {
        int wd = folders->list[i].wd;

        if (wd != folders->state && wd != folders->holds)
            inotify_rm_watch(folders->queue, wd);
        free(folders->list[i].name);
    }
    folders->count = 0;
}

int folders_arm(struct folders *folders, struct cg_error **err)
{
    int r = 0;

    disarm(folders);
    for (const char *const *path = folders->paths; *path && r == 0; path++)
        r = watch_folder_again(folders, *path);
    if (r < 0)
        return error_set(err, -r, "the policy folders cannot be watched: %s%s", strerror(-r),
                         inotify_way_out(r));
    return 0;
}

/* A policy folder's path that led through the one before loses its watch, too: IN_IGNORED tells. */
static void watch_instead(const struct folders *folders, int *watch, int dir, uint32_t events)
{
    if (*watch >= 0)
        inotify_rm_watch(folders->queue, *watch);
    *watch = inotify_watch(folders->queue, dir, NULL, events | IN_MASK_ADD | IN_ONLYDIR);
}

void folders_watch_state(struct folders *folders, int state, int holds)
{
    watch_instead(folders, &folders->state, state, STATE_EVENTS);
    watch_instead(folders, &folders->holds, holds, HOLD_EVENTS);
}

int folders_open(struct folders *folders, const char *const *paths, struct cg_error **err)
{
    *folders = (struct folders){.queue = inotify_open(), .paths = paths, .state = -1, .holds = -1};
    return folders_arm(folders, err);
}

void folders_close(struct folders *folders)
{
    disarm(folders);
    free(folders->list);
    if (folders->queue >= 0)
        close(folders->queue);
    *folders = (struct folders){.queue = -1, .state = -1, .holds = -1};
}

struct reading {
    struct folders *folders;
    folders_hold_fn hold;
    void *data;
    bool changed;
};

static bool tells_of_loss(const struct inotify_event *event)
{
    return event->mask & IN_MOVE_SELF || (event->mask & IN_DELETE && event->mask & IN_ISDIR);
}

static void take_state(struct reading *reading, const struct inotify_event *event)
{
    const struct folders *folders = reading->folders;

    if (event->wd == folders->holds && event->len && *event->name != '.')
        reading->hold(event->name, reading->data);
    else if (event->wd == folders->state && tells_of_loss(event))
        reading->hold(NULL, reading->data);
}

static void take_paths(struct reading *reading, const struct inotify_event *event)
{
    for (size_t i = 0; i < reading->folders->count; i++) {
        const struct folder_watch *one = &reading->folders->list[i];

        if (one->wd != event->wd)
            continue;
        if (event->mask & GONE_EVENTS ||
            (one->name && event->len && strcmp(one->name, event->name) == 0) ||
            (one->content && (!event->len || is_policy_file(event->name))))
            reading->changed = true;
    }
}

static void take(const struct inotify_event *event, void *data)
{
    struct reading *reading = data;

    if (event->mask & IN_Q_OVERFLOW) {
        reading->changed = true;
        reading->hold(NULL, reading->data);
        return;
    }
    take_state(reading, event);
    take_paths(reading, event); /* one directory may be both */
}

int folders_read(struct folders *folders, folders_hold_fn hold, void *data, bool *ret_changed,
                 struct cg_error **err)
{
    struct reading reading = {.folders = folders, .hold = hold, .data = data};
    int r = inotify_read(folders->queue, take, &reading);

    if (r < 0)
        return error_set(err, -r, "changes of the policy folders cannot be read: %s", strerror(-r));
    *ret_changed = reading.changed;
    return 0;
}
