#include "base/file.h"

#include <fcntl.h>
#include <linux/openat2.h>
#include <stdbool.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>

#define REPLACE_TRIES 1000 /* each of which another process has lost to, or won */

/* What openat2 does in one call, one component at a time: for kernels before 5.6, and for tools
 * that do not know the call (valgrind). */
static int open_by_components(int dir, const char *path)
{
    cleanup_free char *copy = strdup(path);
    cleanup_close int at = -1;
    char *save = NULL;

    if (!copy)
        return -ENOMEM;
    at = openat(dir, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    for (char *name = strtok_r(copy, "/", &save); at >= 0 && name;
         name = strtok_r(NULL, "/", &save)) {
        int next;

        if (strcmp(name, "..") == 0)
            return -EXDEV;
        next = openat(at, name, O_RDONLY | O_DIRECTORY | O_CLOEXEC | O_NOFOLLOW);
        if (next < 0)
            return errno == ENOTDIR ? -ELOOP : -errno;
        close(at);
        at = next;
    }
    return at < 0 ? -errno : steal_fd(&at);
}

int directory_open_beneath(int dir, const char *path)
{
    struct open_how how = {
        .flags = O_RDONLY | O_DIRECTORY | O_CLOEXEC,
        .resolve = RESOLVE_BENEATH | RESOLVE_NO_SYMLINKS,
    };
    long fd;

    while (*path == '/')
        path++;
    fd = syscall(SYS_openat2, dir, *path ? path : ".", &how, sizeof(how));
    if (fd < 0 && errno == ENOSYS)
        return open_by_components(dir, path);
    return fd < 0 ? -errno : (int)fd;
}

/* A FIFO of that name is not waited for: it reads as empty, as a file without text. */
static int open_to_read(int dir, const char *path)
{
    int fd = openat(dir, path, O_RDONLY | O_NONBLOCK | O_CLOEXEC | O_NOFOLLOW);

    return fd < 0 ? -errno : fd;
}

int file_read(int dir, const char *path, struct buffer *buffer, size_t limit)
{
    cleanup_close int fd = open_to_read(dir, path);

    return fd < 0 ? fd : buffer_read(buffer, fd, limit);
}

int file_read_piece(int dir, const char *path, struct buffer *buffer, size_t limit)
{
    cleanup_close int fd = open_to_read(dir, path);

    return fd < 0 ? fd : buffer_read_piece(buffer, fd, limit);
}

int file_write(int dir, const char *path, const char *text, size_t length)
{
    cleanup_close int fd = openat(dir, path, O_WRONLY | O_CLOEXEC | O_NOFOLLOW);
    struct stat status;
    ssize_t n;

    if (fd < 0)
        return -errno;
    do
        n = write(fd, text, length);
    while (n < 0 && errno == EINTR);
    if (n < 0)
        return -errno;
    if ((size_t)n != length)
        return -EIO;
    /* A control group's file has no size, and cutting it would signal a change of its own; a plain
     * file that stands for one must not keep the tail of a longer text. */
    if (fstat(fd, &status) == 0 && status.st_size > n && ftruncate(fd, n) < 0)
        return -errno;
    return 0;
}

static int write_whole(int fd, const char *text, size_t length)
{
    while (length > 0) {
        ssize_t n = write(fd, text, length);

        if (n < 0 && errno == EINTR)
            continue;
        if (n < 0)
            return -errno;
        text += n;
        length -= (size_t)n;
    }
    return 0;
}

/* -EAGAIN: another process replaces the same file and has taken away, or put in place, what this
 * one had written aside. */
static int try_to_replace(int dir, const char *name, const char *aside, const char *text,
                          size_t length, mode_t mode, bool durable)
{
    cleanup_close int fd = -1;
    int r;

    if (unlinkat(dir, aside, 0) < 0 && errno != ENOENT)
        return -errno;
    fd = openat(dir, aside, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, mode);
    if (fd < 0)
        return errno == EEXIST ? -EAGAIN : -errno;
    r = write_whole(fd, text, length);
    if (r == 0 && durable && fsync(fd) < 0)
        r = -errno;
    if (r == 0 && renameat(dir, aside, dir, name) < 0)
        r = errno == ENOENT ? -EAGAIN : -errno;
    if (r < 0 && r != -EAGAIN)
        unlinkat(dir, aside, 0);
    return r;
}

/* The name aside is always the same, so that one that was killed leaves no more than one file. */
static int replace(int dir, const char *name, const char *text, size_t length, mode_t mode,
                   bool durable)
{
    cleanup_free char *aside = NULL;
    int r = -EAGAIN;

    if (asprintf(&aside, ".%s.new", name) < 0)
        return -ENOMEM;
    for (unsigned i = 0; i < REPLACE_TRIES && r == -EAGAIN; i++)
        r = try_to_replace(dir, name, aside, text, length, mode, durable);
    return r;
}

int file_replace(int dir, const char *name, const char *text, size_t length, mode_t mode)
{
    return replace(dir, name, text, length, mode, true);
}

int file_publish(int dir, const char *name, const char *text, size_t length, mode_t mode)
{
    return replace(dir, name, text, length, mode, false);
}
