/* How the kernel reads what is written into its files, oddities and errors included: written
 * apart from libcgtree's own parsers, so that the one can be held against the other. */
#include "model/model_internal.h"

#include <ctype.h>
#include <string.h>

/* The digits at *at. Their count; a number beyond 64 bits sets *ret_wraps and wraps, as in
 * lib/kstrtox.c. */
static unsigned parse_digits(const char **at, unsigned base, uint64_t *ret, bool *ret_wraps)
{
    unsigned count = 0;
    uint64_t n = 0;

    *ret_wraps = false;
    for (;; count++, ++*at) {
        unsigned char c = (unsigned char)**at;
        unsigned digit = isdigit(c)    ? (unsigned)(c - '0')
                         : isxdigit(c) ? (unsigned)(tolower(c) - 'a' + 10)
                                       : base;

        if (digit >= base)
            break;
        if (n > (UINT64_MAX - digit) / base)
            *ret_wraps = true;
        n = n * base + digit;
    }
    *ret = n;
    return count;
}

/* 0x is hexadecimal, 0 octal. */
static unsigned parse_prefix(const char **at)
{
    const char *s = *at;

    if (s[0] != '0')
        return 10;
    if (tolower((unsigned char)s[1]) != 'x' || !isxdigit((unsigned char)s[2]))
        return 8;
    *at += 2;
    return 16;
}

static int parse_magnitude(const char *text, uint64_t *ret)
{
    unsigned base = parse_prefix(&text);
    uint64_t n;
    bool wraps;
    unsigned digits = parse_digits(&text, base, &n, &wraps);

    if (wraps)
        return -ERANGE;
    if (digits == 0)
        return -EINVAL;
    if (*text == '\n')
        text++;
    if (*text)
        return -EINVAL;
    *ret = n;
    return 0;
}

int model_parse_u64(const char *text, uint64_t *ret)
{
    return parse_magnitude(text + (*text == '+'), ret);
}

int model_parse_s64(const char *text, int64_t *ret)
{
    uint64_t n;
    bool negative = *text == '-';
    int r = negative ? parse_magnitude(text + 1, &n) : model_parse_u64(text, &n);

    if (r < 0)
        return r;
    if (n > (uint64_t)INT64_MAX + negative)
        return -ERANGE;
    *ret = negative ? (int64_t)-n : (int64_t)n;
    return 0;
}

bool model_parse_decimal(const char *text, uint64_t *ret)
{
    bool wraps;
    uint64_t n;

    while (isspace((unsigned char)*text))
        text++;
    if (parse_digits(&text, 10, &n, &wraps) == 0)
        return false;
    *ret = n;
    return true;
}

uint64_t model_parse_size(const char *text, const char **ret_end)
{
    static const char units[] = "kmgtpe";
    unsigned base = parse_prefix(&text);
    const char *unit;
    uint64_t n;
    bool wraps;

    parse_digits(&text, base, &n, &wraps);
    unit = *text ? strchr(units, tolower((unsigned char)*text)) : NULL;
    if (unit) {
        n <<= 10 * (unsigned)(unit - units + 1);
        text++;
    }
    *ret_end = text;
    return n;
}

/* "3", "N" (the last bit), at most 32 bits. */
static int parse_bit(const char **at, unsigned bits, unsigned *ret)
{
    uint64_t n;
    bool wraps;

    if (**at == 'N') {
        ++*at;
        *ret = bits - 1;
        return 0;
    }
    if (parse_digits(at, 10, &n, &wraps) == 0)
        return -EINVAL;
    if (wraps || n > UINT32_MAX)
        return -EOVERFLOW;
    *ret = (unsigned)n;
    return 0;
}

static bool ends_list(char c)
{
    return c == '\0' || c == '\n';
}

static bool ends_region(char c)
{
    return ends_list(c) || c == ',' || isspace((unsigned char)c);
}

struct region {
    unsigned first, last, used, group;
};

/* ":USED/GROUP" */
static int parse_pattern(const char **at, unsigned bits, struct region *region)
{
    int r;

    if (*(*at)++ != ':')
        return -EINVAL;
    r = parse_bit(at, bits, &region->used);
    if (r < 0)
        return r;
    if (*(*at)++ != '/')
        return -EINVAL;
    return parse_bit(at, bits, &region->group);
}

static int parse_region(const char **at, unsigned bits, struct region *region)
{
    int r = 0;

    if (strncasecmp(*at, "all", 3) == 0) {
        *at += 3;
        region->first = 0;
        region->last = bits - 1;
    } else {
        r = parse_bit(at, bits, &region->first);
        region->last = region->first;
        if (r == 0 && !ends_region(**at)) {
            if (*(*at)++ != '-')
                return -EINVAL;
            r = parse_bit(at, bits, &region->last);
        } else if (r == 0) {
            region->used = region->group = region->last + 1;
            return 0;
        }
    }
    if (r < 0)
        return r;
    if (!ends_region(**at))
        return parse_pattern(at, bits, region);
    region->used = region->group = region->last + 1;
    return 0;
}

int model_parse_list(const char *text, unsigned bits, uint64_t *ret)
{
    uint64_t set = 0;

    for (;;) {
        struct region region;
        int r;

        while (*text == ',' || isspace((unsigned char)*text))
            text++;
        if (ends_list(*text))
            break;
        r = parse_region(&text, bits, &region);
        if (r < 0)
            return r;
        if (region.first > region.last || region.group == 0 || region.used > region.group)
            return -EINVAL;
        if (region.last >= bits)
            return -ERANGE;
        for (unsigned n = region.first; n <= region.last; n++)
            if ((n - region.first) % region.group < region.used && n < 64)
                set |= UINT64_C(1) << n;
            else if (n >= 64 && (n - region.first) % region.group < region.used)
                return -EINVAL; /* beyond what a model can have: it does not exist */
        if (ends_list(*text))
            break;
    }
    *ret = set;
    return 0;
}

uint64_t model_list(const char *text)
{
    uint64_t set;

    if (model_parse_list(text, 64, &set) < 0)
        model_die("\"%s\" is no list of numbers up to 63", text);
    return set;
}

void model_put_list(struct buffer *into, uint64_t set)
{
    const char *separator = "";

    for (unsigned n = 0; n < 64; n++) {
        unsigned last = n;

        if (!(set >> n & 1))
            continue;
        while (last < 63 && set >> (last + 1) & 1)
            last++;
        model_put(into, "%s%u", separator, n);
        if (last > n)
            model_put(into, "-%u", last);
        separator = ",";
        n = last;
    }
}

char *model_strip(const char *text)
{
    size_t length;

    while (isspace((unsigned char)*text))
        text++;
    length = strlen(text);
    while (length > 0 && isspace((unsigned char)text[length - 1]))
        length--;
    return model_format("%.*s", (int)length, text);
}
