#include "agent/inotify.h"

#include <limits.h>
#include <stdalign.h>

int inotify_open(void)
{
    int fd = inotify_init1(IN_NONBLOCK | IN_CLOEXEC);

    return fd < 0 ? -errno : fd;
}

int inotify_watch(int queue, int dir, const char *file, uint32_t mask)
{
    cleanup_free char *path = NULL;
    int wd;

    if (queue < 0)
        return -EMFILE; /* why inotify_open() has failed, as a rule */
    if (asprintf(&path, "/proc/self/fd/%d%s%s", dir, file ? "/" : "", file ? file : "") < 0)
        return -ENOMEM;
    wd = inotify_add_watch(queue, path, mask);
    return wd < 0 ? -errno : wd;
}

int inotify_read(int queue, inotify_fn fn, void *data)
{
    alignas(struct inotify_event) char buffer[8 * (sizeof(struct inotify_event) + NAME_MAX + 1)];
    ssize_t n = read(queue, buffer, sizeof(buffer));

    if (n < 0)
        return errno == EAGAIN || errno == EINTR ? 0 : -errno;
    for (const char *at = buffer; at < buffer + n;) {
        const struct inotify_event *event = (const struct inotify_event *)at;

        fn(event, data);
        at += sizeof(*event) + event->len;
    }
    return n > 0;
}

const char *inotify_way_out(int r)
{
    switch (r) {
    case -ENOSPC:
        return " (raise fs.inotify.max_user_watches)";
    case -EMFILE:
        return " (raise fs.inotify.max_user_instances and start the agent anew)";
    default:
        return "";
    }
}
