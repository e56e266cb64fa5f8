/* Preloaded, it makes one allocation of a program fail, libraries' own too: the $FAIL_AT-th. How
 * many there were in all goes to the file $FAIL_COUNT at the end. Only for glibc, whose allocator
 * can be called under these names. */
#include <errno.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>

#define PRELOADED __attribute__((visibility("default")))

extern void *__libc_malloc(size_t size);
extern void *__libc_calloc(size_t count, size_t size);
extern void *__libc_realloc(void *old, size_t size);

static long count, fail_at = -1;

static bool fails(void)
{
    if (count++ == 0) {
        const char *at = getenv("FAIL_AT");

        fail_at = at ? strtol(at, NULL, 10) : 0;
    }
    if (count != fail_at)
        return false;
    errno = ENOMEM;
    return true;
}

PRELOADED void *malloc(size_t size)
{
    return fails() ? NULL : __libc_malloc(size);
}

PRELOADED void *calloc(size_t number, size_t size)
{
    return fails() ? NULL : __libc_calloc(number, size);
}

PRELOADED void *realloc(void *old, size_t size)
{
    return fails() ? NULL : __libc_realloc(old, size);
}

__attribute__((destructor)) static void tell(void)
{
    const char *path = getenv("FAIL_COUNT");
    FILE *file = path ? fopen(path, "w") : NULL;

    if (!file)
        return;
    fprintf(file, "%ld\n", count);
    fclose(file);
}
