/* Ownership by scope: a variable marked with one of these is released when it goes out of
 * scope, so a function has one way out and no list of labels. `steal` hands a thing on. */
#ifndef BASE_CLEANUP_H
#define BASE_CLEANUP_H

#include <dirent.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#define must_check             __attribute__((warn_unused_result))
#define printf_like(at, first) __attribute__((format(printf, at, first)))
#define cleanup_with(function) __attribute__((__cleanup__(function)))

/* Defines `NAMEp`, which releases what a pointer variable points at, for use with cleanup_with().
 */
#define DEFINE_CLEANUP(type, name)                                                                 \
    static inline void name##p(type *p)                                                            \
    {                                                                                              \
        name(*p);                                                                                  \
    }                                                                                              \
    struct base_cleanup_semicolon_##name

static inline void freep(void *p)
{
    free(*(void **)p);
}

static inline void closep(int *fd)
{
    int saved = errno;

    if (*fd >= 0)
        close(*fd);
    errno = saved;
}

static inline void fclosep(FILE **file)
{
    if (*file)
        fclose(*file);
}

static inline void closedirp(DIR **dir)
{
    if (*dir)
        closedir(*dir);
}

#define cleanup_free     cleanup_with(freep)
#define cleanup_close    cleanup_with(closep)
#define cleanup_fclose   cleanup_with(fclosep)
#define cleanup_closedir cleanup_with(closedirp)

static inline int steal_fd(int *fd)
{
    int taken = *fd;

    *fd = -1;
    return taken;
}

#define steal_pointer(p)                                                                           \
    ({                                                                                             \
        __auto_type _stolen = *(p);                                                                \
        *(p) = NULL;                                                                               \
        _stolen;                                                                                   \
    })

#define ARRAY_SIZE(a) (sizeof(a) / sizeof((a)[0]))

#endif
