/* Preloaded, it makes one call of a program fail, libraries' own too: the $FAIL_AT-th of those that
 * $FAIL_WHAT names, or $FAIL_TIMES of them from there on.
 *
 *   memory       (the default) allocations, with ENOMEM
 *   descriptors  calls that make a descriptor, with EMFILE
 *   disk         changes of files below $FAIL_BELOW, with ENOSPC
 *
 * At the end it writes into the file $FAIL_COUNT how many such calls there were, and how many
 * allocations were never freed. Only for glibc, whose allocator can be called under other names,
 * and for programs of one thread. */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <dlfcn.h>

/* `symbol` is called through this function. Its name is another one: headers declare, redirect and
 * define theirs as they like. */
#define INSTEAD_OF(symbol, type, function, ...)                                                    \
    __attribute__((visibility("default"))) type function(__VA_ARGS__) __asm__(symbol);             \
    type function(__VA_ARGS__)
#define NEXT(function, symbol) ((__typeof__(&(function)))dlsym(RTLD_NEXT, symbol))

extern void *__libc_malloc(size_t size);
extern void *__libc_calloc(size_t count, size_t size);
extern void *__libc_realloc(void *old, size_t size);
extern void __libc_free(void *old);

static enum { UNKNOWN, MEMORY, DESCRIPTORS, DISK } what;
static long count, left, first, last;

static long number(const char *name, long otherwise)
{
    const char *text = getenv(name);

    return text ? strtol(text, NULL, 10) : otherwise;
}

static void learn(void)
{
    const char *word = getenv("FAIL_WHAT");

    what = !word || strcmp(word, "memory") == 0 ? MEMORY
           : strcmp(word, "disk") == 0          ? DISK
                                                : DESCRIPTORS;
    first = number("FAIL_AT", 0);
    last = first + number("FAIL_TIMES", 1) - 1;
}

static bool fails(int of, int code)
{
    if (what == UNKNOWN)
        learn();
    if ((int)what != of || ++count < first || first == 0 || count > last)
        return false;
    errno = code;
    return true;
}

/* ---- memory --------------------------------------------------------------------------------- */

INSTEAD_OF("malloc", void *, fail_malloc, size_t size)
{
    void *made = fails(MEMORY, ENOMEM) ? NULL : __libc_malloc(size);

    left += made != NULL;
    return made;
}

INSTEAD_OF("calloc", void *, fail_calloc, size_t times, size_t size)
{
    void *made = fails(MEMORY, ENOMEM) ? NULL : __libc_calloc(times, size);

    left += made != NULL;
    return made;
}

INSTEAD_OF("realloc", void *, fail_realloc, void *old, size_t size)
{
    void *made = fails(MEMORY, ENOMEM) ? NULL : __libc_realloc(old, size);

    left += made && !old;
    return made;
}

INSTEAD_OF("free", void, fail_free, void *old)
{
    left -= old != NULL;
    __libc_free(old);
}

/* ---- the disk ------------------------------------------------------------------------------- */

static bool below(int dir, const char *path)
{
    const char *folder = getenv("FAIL_BELOW");
    size_t length = folder ? strlen(folder) : 0;
    char link[64], text[4096];
    ssize_t n;

    if (length == 0 || (*path == '/' && strncmp(path, folder, length) != 0))
        return false;
    if (*path == '/')
        return true;
    snprintf(link, sizeof(link), "/proc/self/fd/%d", dir);
    n = readlink(dir == AT_FDCWD ? "/proc/self/cwd" : link, text, sizeof(text) - 1);
    return n >= (ssize_t)length && strncmp(text, folder, length) == 0;
}

static bool full(int dir, const char *path)
{
    if (what == UNKNOWN)
        learn();
    return what == DISK && below(dir, path) && fails(DISK, ENOSPC);
}

INSTEAD_OF("write", ssize_t, fail_write, int fd, const void *data, size_t size)
{
    return full(fd, "") ? -1 : NEXT(write, "write")(fd, data, size);
}

INSTEAD_OF("fsync", int, fail_fsync, int fd)
{
    return full(fd, "") ? -1 : NEXT(fsync, "fsync")(fd);
}

INSTEAD_OF("mkdirat", int, fail_mkdirat, int dir, const char *path, mode_t mode)
{
    return full(dir, path) ? -1 : NEXT(mkdirat, "mkdirat")(dir, path, mode);
}

INSTEAD_OF("renameat", int, fail_renameat, int dir, const char *path, int to, const char *name)
{
    return full(to, name) ? -1 : NEXT(renameat, "renameat")(dir, path, to, name);
}

INSTEAD_OF("linkat", int, fail_linkat, int dir, const char *path, int to, const char *name,
           int flags)
{
    return full(to, name) ? -1 : NEXT(linkat, "linkat")(dir, path, to, name, flags);
}

/* ---- descriptors ---------------------------------------------------------------------------- */

/* To the kernel, past the function of the same name below. */
#define CALL(...) NEXT(syscall, "syscall")(__VA_ARGS__)

static int open_at(int dir, const char *path, int flags, mode_t mode)
{
    if (fails(DESCRIPTORS, EMFILE))
        return -1;
    if (flags & O_CREAT && faccessat(dir, path, F_OK, AT_SYMLINK_NOFOLLOW) < 0 && full(dir, path))
        return -1;
    return (int)CALL(SYS_openat, dir, path, flags, mode);
}

#define OPENAT(symbol, function)                                                                   \
    INSTEAD_OF(symbol, int, function, int dir, const char *path, int flags, ...)                   \
    {                                                                                              \
        va_list args;                                                                              \
        mode_t mode;                                                                               \
                                                                                                   \
        va_start(args, flags);                                                                     \
        mode = flags & O_CREAT ? va_arg(args, mode_t) : 0;                                         \
        va_end(args);                                                                              \
        return open_at(dir, path, flags, mode);                                                    \
    }
#define OPEN(symbol, function)                                                                     \
    INSTEAD_OF(symbol, int, function, const char *path, int flags, ...)                            \
    {                                                                                              \
        va_list args;                                                                              \
        mode_t mode;                                                                               \
                                                                                                   \
        va_start(args, flags);                                                                     \
        mode = flags & O_CREAT ? va_arg(args, mode_t) : 0;                                         \
        va_end(args);                                                                              \
        return open_at(AT_FDCWD, path, flags, mode);                                               \
    }

OPENAT("openat", fail_openat)
OPENAT("openat64", fail_openat64)
OPENAT("__openat_2", fail_openat_2)
OPENAT("__openat64_2", fail_openat64_2)
OPEN("open", fail_open)
OPEN("open64", fail_open64)
OPEN("__open_2", fail_open_2)
OPEN("__open64_2", fail_open64_2)

/* openat2() has no other name. */
INSTEAD_OF("syscall", long, fail_syscall, long call, long a, long b, long c, long d, long e, long f)
{
    if (call == SYS_openat2 && fails(DESCRIPTORS, EMFILE))
        return -1;
    return CALL(call, a, b, c, d, e, f);
}

INSTEAD_OF("fopen", FILE *, fail_fopen, const char *path, const char *mode)
{
    return fails(DESCRIPTORS, EMFILE) ? NULL : NEXT(fopen, "fopen")(path, mode);
}

INSTEAD_OF("fopen64", FILE *, fail_fopen64, const char *path, const char *mode)
{
    return fails(DESCRIPTORS, EMFILE) ? NULL : NEXT(fopen, "fopen64")(path, mode);
}

INSTEAD_OF("opendir", DIR *, fail_opendir, const char *path)
{
    return fails(DESCRIPTORS, EMFILE) ? NULL : NEXT(opendir, "opendir")(path);
}

INSTEAD_OF("socket", int, fail_socket, int family, int type, int protocol)
{
    return fails(DESCRIPTORS, EMFILE) ? -1 : (int)CALL(SYS_socket, family, type, protocol);
}

INSTEAD_OF("socketpair", int, fail_socketpair, int family, int type, int protocol, int ends[2])
{
    return fails(DESCRIPTORS, EMFILE) ? -1
                                      : (int)CALL(SYS_socketpair, family, type, protocol, ends);
}

INSTEAD_OF("pipe2", int, fail_pipe2, int ends[2], int flags)
{
    return fails(DESCRIPTORS, EMFILE) ? -1 : (int)CALL(SYS_pipe2, ends, flags);
}

INSTEAD_OF("epoll_create1", int, fail_epoll_create1, int flags)
{
    return fails(DESCRIPTORS, EMFILE) ? -1 : (int)CALL(SYS_epoll_create1, flags);
}

INSTEAD_OF("timerfd_create", int, fail_timerfd_create, int clock, int flags)
{
    return fails(DESCRIPTORS, EMFILE) ? -1 : (int)CALL(SYS_timerfd_create, clock, flags);
}

INSTEAD_OF("signalfd", int, fail_signalfd, int fd, const void *signals, int flags)
{
    if (fd < 0 && fails(DESCRIPTORS, EMFILE))
        return -1;
    return (int)CALL(SYS_signalfd4, fd, signals, 8, flags);
}

INSTEAD_OF("inotify_init1", int, fail_inotify_init1, int flags)
{
    return fails(DESCRIPTORS, EMFILE) ? -1 : (int)CALL(SYS_inotify_init1, flags);
}

__attribute__((destructor)) static void tell(void)
{
    const char *path = getenv("FAIL_COUNT");
    long all = count;
    int fd;

    first = 0;
    fd = path ? open_at(AT_FDCWD, path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0644) : -1;
    if (fd < 0)
        return;
    dprintf(fd, "%ld %ld\n", all, left);
    close(fd);
}
