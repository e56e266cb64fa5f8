#include "agent/writers.h"

#include <fcntl.h>
#include <linux/capability.h>
#include <string.h>
#include <sys/fanotify.h>
#include <sys/pidfd.h>
#include <sys/stat.h>
#include <sys/syscall.h>

#define WRITES_SEEN 256
#define READS_MOST  64 /* of the queue: somebody who writes without end must not keep the loop */

/* Somebody's writes to one file. */
struct write {
    dev_t device;
    ino_t inode;
    uint64_t at; /* the last one; 0: a free place */
    struct writer writer;
};

/* The agent runs as root, and whoever has this capability may do nearly all that root may. */
static int give_up_capability(void)
{
    struct __user_cap_header_struct header = {.version = _LINUX_CAPABILITY_VERSION_3};
    struct __user_cap_data_struct data[_LINUX_CAPABILITY_U32S_3];

    if (syscall(SYS_capget, &header, data) < 0)
        return -errno;
    data[CAP_TO_INDEX(CAP_SYS_ADMIN)].effective &= ~CAP_TO_MASK(CAP_SYS_ADMIN);
    data[CAP_TO_INDEX(CAP_SYS_ADMIN)].permitted &= ~CAP_TO_MASK(CAP_SYS_ADMIN);
    data[CAP_TO_INDEX(CAP_SYS_ADMIN)].inheritable &= ~CAP_TO_MASK(CAP_SYS_ADMIN);
    return syscall(SYS_capset, &header, data) < 0 ? -errno : 0;
}

/* With descriptors of the files rather than their handles: control groups have handles since Linux
 * 6.6 only. Descriptors of the processes tell a writer from one that has got its pid since. */
int writers_open(struct writers *writers, struct cg_error **err)
{
    int queue = fanotify_init(FAN_CLASS_NOTIF | FAN_REPORT_PIDFD | FAN_UNLIMITED_MARKS |
                                  FAN_NONBLOCK | FAN_CLOEXEC,
                              O_RDONLY | O_NONBLOCK | O_CLOEXEC);
    int r = queue < 0 ? -errno : 0, given_up = give_up_capability();
    const char *hint = "";

    if (r < 0)
        hint = r == -EPERM    ? " (it takes CAP_SYS_ADMIN and fanotify_init)"
               : r == -EINVAL ? " (it takes Linux 5.19)"
                              : "";
    if (given_up < 0) {
        r = given_up;
        hint = " (CAP_SYS_ADMIN cannot be given up: capset)";
    }
    writers->seen = r < 0 ? NULL : calloc(WRITES_SEEN, sizeof(*writers->seen));
    if (r == 0 && !writers->seen)
        r = -ENOMEM;
    if (r < 0) {
        closep(&queue);
        return error_set(err, -r, "who writes to control groups cannot be traced: %s%s",
                         strerror(-r), hint);
    }
    writers->queue = queue;
    return 0;
}

void writers_close(struct writers *writers)
{
    closep(&writers->queue);
    free(writers->seen);
    *writers = (struct writers){.queue = -1};
}

/* A mark that can be evicted goes with its group; one that cannot keeps what is left of it for
 * ever. While the group is watched (watch.h) its mark is not evicted. */
void writers_mark(struct writers *writers, int dir)
{
    if (writers->queue < 0)
        return;
    if (fanotify_mark(writers->queue, FAN_MARK_ADD | FAN_MARK_ONLYDIR | FAN_MARK_EVICTABLE,
                      FAN_MODIFY | FAN_EVENT_ON_CHILD, dir, ".") < 0)
        writers->failed = -errno;
}

/* The name belongs to that process if it is not reaped by now: until then nobody gets its pid. */
static void read_name(struct writer *writer, int pidfd, const struct host *host)
{
    cleanup_buffer struct buffer text = {0};
    const char *end;
    char path[32];

    snprintf(path, sizeof(path), "%d/comm", (int)writer->pid);
    if (pidfd < 0 || host->kernel->read(host->kernel, host->proc, path, &text) < 0 || !text.data)
        return;
    if (pidfd_send_signal(pidfd, 0, NULL, 0) < 0 && errno == ESRCH)
        return;
    end = strrchr(text.data, '\n'); /* a name may have others */
    snprintf(writer->name, sizeof(writer->name), "%.*s", (int)(end ? end - text.data : 0),
             text.data);
}

/* One place for one writer of one file: only how many there are matters later. */
static struct write *place_of(struct writers *writers, const struct stat *file, pid_t pid)
{
    struct write *place;

    for (size_t i = 0; i < WRITES_SEEN; i++) {
        place = &writers->seen[i];
        if (place->at && place->inode == file->st_ino && place->device == file->st_dev &&
            place->writer.pid == pid)
            return place;
    }
    place = &writers->seen[writers->next];
    writers->next = (writers->next + 1) % WRITES_SEEN;
    if (place->at > writers->lost)
        writers->lost = place->at;
    *place = (struct write){.device = file->st_dev, .inode = file->st_ino, .writer.pid = pid};
    return place;
}

static int pidfd_of(const struct fanotify_event_metadata *event)
{
    const char *at = (const char *)event + event->metadata_len;
    struct fanotify_event_info_pidfd info;

    if (event->event_len < event->metadata_len + sizeof(info))
        return -1;
    memcpy(&info, at, sizeof(info));
    return info.hdr.info_type == FAN_EVENT_INFO_TYPE_PIDFD ? info.pidfd : -1;
}

static void take(struct writers *writers, const struct fanotify_event_metadata *event,
                 const struct host *host, uint64_t now)
{
    cleanup_close int file = event->fd, process = pidfd_of(event);
    struct write *place;
    struct stat st;

    if (event->mask & FAN_Q_OVERFLOW) {
        writers->lost = now;
        return;
    }
    if (event->pid == getpid())
        return;
    /* A writer of another pid namespace has none here. */
    if (event->pid == 0 || file < 0 || fstat(file, &st) < 0) {
        writers->lost = now;
        return;
    }
    place = place_of(writers, &st, event->pid);
    place->at = now;
    read_name(&place->writer, process, host);
}

/* 1: there may be more; 0: nothing was there, or -errno: something was, and is lost. */
static int read_some(struct writers *writers, const struct host *host, uint64_t now)
{
    _Alignas(struct fanotify_event_metadata) char buffer[2048];
    ssize_t length = read(writers->queue, buffer, sizeof(buffer));

    if (length < 0)
        return errno == EAGAIN ? 0 : -errno;
    if (length == 0)
        return 0;
    for (const struct fanotify_event_metadata *event = (const void *)buffer;
         FAN_EVENT_OK(event, length); event = FAN_EVENT_NEXT(event, length))
        take(writers, event, host, now);
    return 1;
}

void writers_read(struct writers *writers, const struct host *host, uint64_t now)
{
    int r = 1;

    if (writers->queue < 0)
        return;
    for (unsigned i = 0; i < READS_MOST && r != 0; i++) {
        r = read_some(writers, host, now);
        if (r < 0) /* a file that went meanwhile, or cannot be opened to be read */
            writers->lost = now;
    }
    if (r != 0)
        writers->lost = now;
}

void writers_doubt(struct writers *writers, uint64_t now)
{
    writers->lost = now;
}

struct writer writers_find(struct writers *writers, int dir, const char *file, uint64_t since)
{
    struct writer found = {0};
    struct stat st;
    bool certain = writers->queue >= 0 && (!writers->lost || writers->lost < since);

    if (writers->queue < 0 || fstatat(dir, file, &st, AT_SYMLINK_NOFOLLOW) < 0)
        return found;
    for (size_t i = 0; i < WRITES_SEEN; i++) {
        struct write *write = &writers->seen[i];

        if (!write->at || write->inode != st.st_ino || write->device != st.st_dev)
            continue;
        if (write->at >= since) {
            certain &= !found.pid;
            found = write->writer;
        }
        *write = (struct write){0};
    }
    return certain ? found : (struct writer){0};
}
