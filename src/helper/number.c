#include "helper/number.h"

#include <errno.h>
#include <string.h>
#include <strings.h>

int number_parse(const char *text, uint64_t maximum, uint64_t *ret)
{
    const char *at = text ? text : "", *digits;
    uint64_t number = 0;

    at += strspn(at, " \t\r\n");
    for (digits = at; *at >= '0' && *at <= '9'; at++)
        if (__builtin_mul_overflow(number, 10u, &number) ||
            __builtin_add_overflow(number, (unsigned)(*at - '0'), &number))
            return -ERANGE;
    if (at == digits || at[strspn(at, " \t\r\n")] != '\0')
        return -EINVAL;
    if (number > maximum)
        return -ERANGE;
    *ret = number;
    return 0;
}

uint64_t unit_bytes(const char *unit)
{
    static const char prefixes[] = "kmgtpe";
    const char *prefix;
    uint64_t base, bytes = 1;

    if (strcasecmp(unit, "b") == 0 || strcasecmp(unit, "bytes") == 0 ||
        strcasecmp(unit, "byte") == 0)
        return 1;
    if (unit[0] == '\0')
        return 1024;
    prefix = strchr(prefixes, unit[0] | 0x20);
    if (!prefix)
        return 0;
    if (unit[1] == '\0' || strcasecmp(unit + 1, "ib") == 0)
        base = 1024;
    else if (strcasecmp(unit + 1, "b") == 0)
        base = 1000;
    else
        return 0;
    for (const char *at = prefixes; at <= prefix; at++)
        bytes *= base;
    return bytes;
}
