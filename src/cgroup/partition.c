#include "cgroup/partition.h"

#include <ctype.h>
#include <stdbool.h>
#include <string.h>

static const char *component(const char **at, size_t *ret_length)
{
    const char *start = *at + strspn(*at, "/");

    *ret_length = strcspn(start, "/");
    *at = start + *ret_length;
    return *ret_length > 0 ? start : NULL;
}

/* libvirt's own top partitions bear no suffix, nor does a name that has one. */
static bool needs_suffix(const char *name, size_t length, bool first)
{
    static const char *const own[] = {"machine", "user", "system"};

    for (size_t i = 0; first && i < ARRAY_SIZE(own); i++)
        if (strlen(own[i]) == length && memcmp(own[i], name, length) == 0)
            return false;
    return !memchr(name, '.', length);
}

char *partition_directory(const char *partition)
{
    static const char suffix[] = ".partition";
    /* A component has at least a letter and a slash. */
    char *path = malloc(strlen(partition) * sizeof(suffix) + sizeof(suffix)), *to = path;
    const char *at = partition, *name;
    size_t length;

    if (!path)
        return NULL;
    while ((name = component(&at, &length))) {
        bool first = to == path;

        if (!first)
            *to++ = '/';
        to = mempcpy(to, name, length);
        if (needs_suffix(name, length, first))
            to = stpcpy(to, suffix);
    }
    *to = '\0';
    return path;
}

/* systemd.unit(5)'s escaping of one component. */
static char *escape(char *to, const char *name, size_t length)
{
    for (size_t i = 0; i < length; i++) {
        unsigned char c = (unsigned char)name[i];

        if (isalnum(c) || c == ':' || c == '_' || (c == '.' && i > 0))
            *to++ = (char)c;
        else
            to += sprintf(to, "\\x%02x", c);
    }
    return to;
}

/* A slice lies in the slice whose name is its own without the last part. */
char *partition_slice(const char *partition)
{
    size_t size = 4 * strlen(partition) + sizeof("/.slice"), parts = 0;
    cleanup_free char *unit = malloc(size);
    const char *at = partition, *name;
    char *path, *to, *end = unit;
    size_t length;

    for (const char *count = partition; component(&count, &length);)
        parts++;
    path = malloc(parts * size + 1);
    if (!unit || !path) {
        free(path);
        return NULL;
    }
    to = path;
    while ((name = component(&at, &length))) {
        if (end > unit) {
            *end++ = '-';
            *to++ = '/';
        }
        end = escape(end, name, length);
        to = stpcpy(mempcpy(to, unit, (size_t)(end - unit)), ".slice");
    }
    *to = '\0';
    return path;
}
