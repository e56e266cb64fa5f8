#include "unit/memory.h"

#include "base/cleanup.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

void *__real_malloc(size_t size);
void *__real_calloc(size_t count, size_t size);
void *__real_realloc(void *old, size_t size);
void *__real_reallocarray(void *old, size_t count, size_t size);
char *__real_strdup(const char *text);
char *__real_strndup(const char *text, size_t length);
int __real_vasprintf(char **ret, const char *format, va_list args);
void *__wrap_malloc(size_t size);
void *__wrap_calloc(size_t count, size_t size);
void *__wrap_realloc(void *old, size_t size);
void *__wrap_reallocarray(void *old, size_t count, size_t size);
char *__wrap_strdup(const char *text);
char *__wrap_strndup(const char *text, size_t length);
int __wrap_vasprintf(char **ret, const char *format, va_list args);
int __wrap_asprintf(char **ret, const char *format, ...) printf_like(2, 3);

static struct memory {
    long left; /* allocations until one fails; below 0: none does */
    bool for_good, failed;
    unsigned spared; /* depth */
} memory = {.left = -1};

static bool fails(void)
{
    if (memory.spared || memory.left < 0)
        return false;
    if (memory.left > 0) {
        memory.left--;
        return false;
    }
    if (!memory.for_good)
        memory.left = -1;
    memory.failed = true;
    return true;
}

void memory_fail(long after, bool for_good)
{
    memory = (struct memory){.left = after, .for_good = for_good};
}

bool memory_failed(void)
{
    bool failed = memory.failed;

    memory = (struct memory){.left = -1};
    return failed;
}

void memory_spare(bool spare)
{
    if (spare)
        memory.spared++;
    else
        memory.spared--;
}

void *__wrap_malloc(size_t size)
{
    return fails() ? NULL : __real_malloc(size);
}

void *__wrap_calloc(size_t count, size_t size)
{
    return fails() ? NULL : __real_calloc(count, size);
}

void *__wrap_realloc(void *old, size_t size)
{
    return fails() ? NULL : __real_realloc(old, size);
}

void *__wrap_reallocarray(void *old, size_t count, size_t size)
{
    return fails() ? NULL : __real_reallocarray(old, count, size);
}

char *__wrap_strdup(const char *text)
{
    return fails() ? NULL : __real_strdup(text);
}

char *__wrap_strndup(const char *text, size_t length)
{
    return fails() ? NULL : __real_strndup(text, length);
}

int __wrap_vasprintf(char **ret, const char *format, va_list args)
{
    return fails() ? -1 : __real_vasprintf(ret, format, args);
}

int __wrap_asprintf(char **ret, const char *format, ...)
{
    va_list args;
    int r;

    va_start(args, format);
    r = __wrap_vasprintf(ret, format, args);
    va_end(args);
    return r;
}
