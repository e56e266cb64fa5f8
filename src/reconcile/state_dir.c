/* Files of /run/vmpin. Everything is read and written below open directories, and replaced as a
 * whole, so that a crash at any moment leaves the old text or the new. */
#include "reconcile/state_dir.h"

#include "base/file.h"
#include "base/proc_stat.h"
#include "base/trust.h"

#include <fcntl.h>
#include <inttypes.h>
#include <poll.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>

#define STATE_LIMIT  (4u << 20)
#define POLICY_LIMIT (64u << 20)

#define AGENT_LOCK_WAIT_MS 2000

static int open_folder(int at, const char *name, bool make)
{
    int fd;

    if (make && mkdirat(at, name, 0755) < 0 && errno != EEXIST)
        return -errno;
    fd = openat(at, name, O_RDONLY | O_DIRECTORY | O_CLOEXEC | O_NOFOLLOW);
    return fd < 0 ? -errno : fd;
}

/* A folder where others could have put a baseline, a hold or policies. */
static int check_trust(const char *path, int fd, const char *name, struct cg_error **err)
{
    cleanup_error struct cg_error *why = NULL;
    struct stat status;

    if (fstat(fd, &status) == 0 && trust_check(&status, geteuid(), "the folder", &why) == 0)
        return 0;
    return error_set(err, EUCLEAN, "%s%s, where vmpin keeps its state: %s", path, name,
                     cg_error_text(why));
}

int state_dir_open(const char *path, bool make, struct state_dir *ret, struct cg_error **err)
{
    static const char *const names[] = {"", "/guests", "/holds"};
    struct state_dir dir = {.guests = -ENOENT, .holds = -ENOENT, .path = strdup(path)};
    int *const handles[] = {&dir.dir, &dir.guests, &dir.holds};

    if (!dir.path)
        return error_out_of_memory(err);
    dir.dir = open_folder(AT_FDCWD, path, make);
    if (dir.dir >= 0) {
        dir.guests = open_folder(dir.dir, "guests", make);
        dir.holds = open_folder(dir.dir, "holds", make);
    }
    for (size_t i = 0; i < ARRAY_SIZE(handles); i++) {
        int code = -*handles[i];

        if (code <= 0 && check_trust(path, *handles[i], names[i], err) < 0) {
            state_dir_close(&dir);
            return -EUCLEAN;
        }
        if (code <= 0)
            continue;
        if (make || code != ENOENT) {
            state_dir_close(&dir);
            return error_set(err, code, "%s, where vmpin keeps its state: %s%s", path,
                             strerror(code),
                             code == ENOTDIR ? " (nor may it be a link to one)" : "");
        }
        *handles[i] = -1;
    }
    *ret = dir;
    return 0;
}

void state_dir_close(struct state_dir *dir)
{
    closep(&dir->dir);
    closep(&dir->guests);
    closep(&dir->holds);
    free(dir->path);
    *dir = STATE_DIR_CLOSED;
}

static bool is_at(int fd, int dir, const char *name, int flags)
{
    struct stat open_one, named;

    return fstat(fd, &open_one) == 0 && fstatat(dir, name, &named, flags) == 0 &&
           open_one.st_ino == named.st_ino && open_one.st_dev == named.st_dev;
}

/* Is the open file still the one of that name? A guest that went took its lock file with it, and
 * somebody may have removed a folder. */
static bool still_there(int fd, int dir, const char *name)
{
    return is_at(fd, dir, name, AT_SYMLINK_NOFOLLOW);
}

bool state_dir_stands(const struct state_dir *dir)
{
    return still_there(dir->dir, AT_FDCWD, dir->path) &&
           still_there(dir->guests, dir->dir, "guests") &&
           still_there(dir->holds, dir->dir, "holds");
}

int state_dir_renew(struct state_dir *dir, struct cg_error **err)
{
    struct state_dir renewed;
    bool lost;
    int r = state_dir_open(dir->path, true, &renewed, err);

    if (r < 0)
        return r;
    lost = !still_there(dir->guests, renewed.dir, "guests");
    state_dir_close(dir);
    *dir = renewed;
    return lost;
}

int state_dir_refuse_policies(const struct state_dir *dir, const char *const *folders,
                              struct cg_error **err)
{
    for (; *folders; folders++)
        if (is_at(dir->dir, AT_FDCWD, *folders, 0) || is_at(dir->guests, AT_FDCWD, *folders, 0))
            return error_set(err, ENOTUNIQ,
                             "%s is where vmpin keeps its state: policies need a folder of their "
                             "own",
                             *folders);
    return 0;
}

static int lock_file(int dir, const char *name, unsigned wait_ms, int *ret)
{
    for (unsigned waited = 0;; waited += 10) {
        cleanup_close int fd = openat(dir, name, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600);

        if (fd < 0)
            return -errno;
        if (flock(fd, LOCK_EX | LOCK_NB) == 0 && still_there(fd, dir, name)) {
            *ret = steal_fd(&fd);
            return 0;
        }
        if (waited >= wait_ms)
            return -EBUSY;
        poll(NULL, 0, 10);
    }
}

/* A lock (flock) outlives an agent that was killed right after it had made a process: that has it
 * until it is another program. */
int state_dir_lock_agent(const struct state_dir *dir, int *lock, struct cg_error **err)
{
    bool kept = still_there(*lock, dir->dir, "agent.lock");
    cleanup_close int fd = -1;
    uint64_t start_time = 0;
    char text[64];
    int r = kept ? 0 : lock_file(dir->dir, "agent.lock", AGENT_LOCK_WAIT_MS, &fd);

    if (r == -EBUSY)
        return error_set(err, EBUSY, "another vmpin agent runs (it holds %s/agent.lock)",
                         dir->path);
    if (r == 0)
        r = proc_start_time(getpid(), &start_time);
    snprintf(text, sizeof(text), "%d %" PRIu64 "\n", (int)getpid(), start_time);
    if (r == 0)
        r = file_replace(dir->dir, "agent.pid", text, strlen(text), 0644);
    if (r < 0)
        return error_set(err, -r, "%s/agent.lock: %s", dir->path, strerror(-r));
    if (!kept) {
        closep(lock);
        *lock = steal_fd(&fd);
    }
    return 0;
}

bool state_dir_agent_runs(const struct state_dir *dir)
{
    cleanup_buffer struct buffer text = {0};
    uint64_t noted, now;
    int pid;

    return dir->dir >= 0 && file_read(dir->dir, "agent.pid", &text, 64) == 0 &&
           sscanf(text.data, "%d %" SCNu64, &pid, &noted) == 2 && proc_start_time(pid, &now) == 0 &&
           noted == now;
}

int state_dir_lock_guest(const struct state_dir *dir, const char *uuid, unsigned wait_ms,
                         int *ret_fd, struct cg_error **err)
{
    char name[UUID_SIZE + 8];
    int r;

    snprintf(name, sizeof(name), "%s.lock", uuid);
    r = lock_file(dir->guests, name, wait_ms, ret_fd);
    if (r == -EBUSY)
        return error_set(err, EBUSY, "another vmpin is at this guest now");
    return r < 0 ? error_set(err, -r, "%s/guests/%s: %s", dir->path, name, strerror(-r)) : 0;
}

static void set_aside(int folder, const char *name)
{
    char aside[UUID_SIZE + 32];

    snprintf(aside, sizeof(aside), "%s.damaged", name);
    unlinkat(folder, aside, 0);
    if (linkat(folder, name, folder, aside, 0) < 0)
        renameat(folder, name, folder, aside); /* a folder has one name only */
}

void state_dir_set_aside(const struct state_dir *dir, const char *uuid)
{
    char name[UUID_SIZE + 8];

    snprintf(name, sizeof(name), "%s.json", uuid);
    set_aside(dir->guests, name);
}

void state_dir_set_aside_policies(const struct state_dir *dir)
{
    set_aside(dir->dir, "policies.json");
}

/* The file itself is wrong, rather than this process unable to read it now (too many open files,
 * no permission). */
static bool is_damage(int r)
{
    return r == -EINVAL || r == -EFBIG || r == -EISDIR || r == -ELOOP || r == -EIO;
}

/* A file of vmpin's own: nothing that is waited for, as a FIFO, or that others could have written.
 * -ENOENT comes without a word. */
static int read_own(int folder, const char *name, size_t limit, struct buffer *text,
                    struct cg_error **err)
{
    cleanup_close int fd = openat(folder, name, O_RDONLY | O_NONBLOCK | O_CLOEXEC | O_NOFOLLOW);
    struct stat status;
    int r;

    if (fd < 0 && errno == ENOENT)
        return -ENOENT;
    if (fd < 0 || fstat(fd, &status) < 0)
        return error_set(err, errno, "%s", strerror(errno));
    if (!S_ISREG(status.st_mode))
        return error_set(err, EINVAL, "it is not a file");
    if (trust_check(&status, geteuid(), "it", err) < 0)
        return -EINVAL;
    r = buffer_read(text, fd, limit);
    return r < 0 ? error_set(err, -r, "%s", strerror(-r)) : 0;
}

int state_dir_load(const struct state_dir *dir, const char *uuid, const struct cg_mounts *mounts,
                   struct guest_state *ret, struct cg_error **err)
{
    cleanup_buffer struct buffer text = {0};
    char name[UUID_SIZE + 8];
    int r;

    if (dir->guests < 0)
        return -ENOENT;
    snprintf(name, sizeof(name), "%s.json", uuid);
    r = read_own(dir->guests, name, STATE_LIMIT, &text, err);
    if (r == 0)
        r = state_parse(text.data, text.length, mounts, ret, err);
    if (r == 0 && strcmp(ret->uuid, uuid) != 0) {
        state_release(ret);
        r = error_set(err, EINVAL, "it is another guest's");
    }
    if (r == 0 || r == -ENOENT || r == -ENOMEM)
        return r;
    if (!is_damage(r))
        return error_prefix(err, r, "%s/guests/%s", dir->path, name);
    /* A guess at a baseline would be restored some day: better to know that it is lost. */
    error_prefix(err, -EUCLEAN, "%s/guests/%s is damaged (kept as %s.damaged)", dir->path, name,
                 name);
    *ret = (struct guest_state){.lost = true};
    snprintf(ret->uuid, sizeof(ret->uuid), "%s", uuid);
    return -EUCLEAN;
}

int state_dir_save(const struct state_dir *dir, const struct guest_state *state,
                   struct cg_error **err)
{
    cleanup_free char *text = NULL;
    char name[UUID_SIZE + 8];
    int r = state_format(state, &text);

    snprintf(name, sizeof(name), "%s.json", state->uuid);
    if (r == 0)
        /* It dies with the machine, as the control groups do, and a heal waits for it. */
        r = file_publish(dir->guests, name, text, strlen(text), 0644);
    return r < 0 ? error_set(err, -r, "the baseline could not be saved in %s/guests/%s: %s",
                             dir->path, name, strerror(-r))
                 : 0;
}

void state_dir_forget_state(const struct state_dir *dir, const char *uuid)
{
    char name[UUID_SIZE + 8];

    snprintf(name, sizeof(name), "%s.json", uuid);
    if (dir->guests >= 0)
        unlinkat(dir->guests, name, 0);
}

void state_dir_forget(const struct state_dir *dir, const char *uuid)
{
    char name[UUID_SIZE + 8];

    state_dir_forget_state(dir, uuid);
    if (dir->guests < 0)
        return;
    snprintf(name, sizeof(name), "%s.lock", uuid);
    unlinkat(dir->guests, name, 0);
}

int state_dir_save_policies(const struct state_dir *dir, const char *text, struct cg_error **err)
{
    int r = file_replace(dir->dir, "policies.json", text, strlen(text), 0644);

    return r < 0 ? error_set(err, -r, "%s/policies.json: %s", dir->path, strerror(-r)) : 0;
}

int state_dir_load_policies(const struct state_dir *dir, struct buffer *ret, struct cg_error **err)
{
    static const char name[] = "policies.json";
    int r = dir->dir < 0 ? -ENOENT : read_own(dir->dir, name, POLICY_LIMIT, ret, err);

    if (r == 0 || r == -ENOENT)
        return r;
    return error_prefix(err, is_damage(r) ? -EUCLEAN : r, "%s/%s", dir->path, name);
}
