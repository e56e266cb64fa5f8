#include "model/model_internal.h"

#include <stdarg.h>

void model_die(const char *format, ...)
{
    va_list arguments;

    va_start(arguments, format);
    fputs("model: ", stderr);
    vfprintf(stderr, format, arguments);
    fputc('\n', stderr);
    va_end(arguments);
    abort();
}

void *model_alloc(size_t size)
{
    void *memory = calloc(1, size);

    if (!memory)
        model_die("out of memory");
    return memory;
}

char *model_format(const char *format, ...)
{
    va_list arguments;
    char *text;
    int n;

    va_start(arguments, format);
    n = vasprintf(&text, format, arguments);
    va_end(arguments);
    if (n < 0)
        model_die("out of memory");
    return text;
}

void model_put(struct buffer *into, const char *format, ...)
{
    va_list arguments;
    cleanup_free char *text = NULL;
    int n;

    va_start(arguments, format);
    n = vasprintf(&text, format, arguments);
    va_end(arguments);
    if (n < 0 || buffer_append(into, text, (size_t)n) < 0)
        model_die("out of memory");
}
