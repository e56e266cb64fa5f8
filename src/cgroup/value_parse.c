/* Values from text and back. The text is the kernel's or a user's; either may be anything. */
#include "base/error.h"
#include "cgroup/text.h"
#include "cgroup/value.h"

#include <inttypes.h>
#include <limits.h>
#include <string.h>

#define DEFAULT_PERIOD_US 100000

/* A value that the attribute cannot take: what it was and what would do. */
static int refuse(const struct cg_attr *attr, int code, const char *text, const char *wanted,
                  struct cg_error **err)
{
    cleanup_free char *quoted = text_quote(text);

    if (!quoted)
        return error_out_of_memory(err);
    return error_set(err, code, "%s: %s is not %s", attr->name, quoted, wanted);
}

static int refuse_range(const struct cg_attr *attr, const char *text, struct cg_error **err)
{
    char wanted[80];

    if (attr->kind == CG_INT)
        snprintf(wanted, sizeof(wanted), "in the range %" PRId64 " to %" PRId64, (int64_t)attr->min,
                 (int64_t)attr->max);
    else
        snprintf(wanted, sizeof(wanted), "in the range %" PRIu64 " to %" PRIu64, attr->min,
                 attr->max);
    return refuse(attr, ERANGE, text, wanted, err);
}

/* Steps over a word that means no limit, in either version's spelling. */
static bool take_no_limit(const char **at)
{
    static const char *const words[] = {"max", "-1"};

    for (size_t i = 0; i < ARRAY_SIZE(words); i++) {
        size_t length = strlen(words[i]);

        if (strncmp(*at, words[i], length) == 0 &&
            (!(*at)[length] || text_is_space((*at)[length]))) {
            *at += length;
            return true;
        }
    }
    return false;
}

static const char *skip_space(const char *at)
{
    while (text_is_space(*at))
        at++;
    return at;
}

/* memparse(): K, M, G, T, P and E are powers of 1024. */
static int size_number(const char **at, uint64_t *ret)
{
    static const char suffixes[] = "KMGTPE";
    const char *found;
    uint64_t number;
    int r = text_number(at, &number);

    if (r < 0)
        return r;
    found = **at ? strchr(suffixes, **at >= 'a' && **at <= 'z' ? **at - 'a' + 'A' : **at) : NULL;
    if (found) {
        ++*at;
        if (__builtin_mul_overflow(number, UINT64_C(1) << 10 * (found - suffixes + 1), &number))
            return -ERANGE;
    }
    *ret = number;
    return 0;
}

/* The kernel counts a limit in pages, in a signed long: from there on it is none, and v1 shows
 * 9223372036854771712 where v2 says "max". */
static uint64_t limit_normal(const struct cg_attr *attr, uint64_t number)
{
    uint64_t page = (uint64_t)sysconf(_SC_PAGESIZE);

    if (attr->flags & CG_ATTR_PAGE_ROUNDED && number >= INT64_MAX / page * page)
        return CG_NO_LIMIT;
    return number;
}

static int size_parse(const struct cg_attr *attr, const char **at, uint64_t *ret)
{
    uint64_t number = CG_NO_LIMIT;
    int r = take_no_limit(at) ? 0 : size_number(at, &number);

    if (r == 0)
        *ret = limit_normal(attr, number);
    return r;
}

static int number_parse(const struct cg_attr *attr, const char *text, enum value_source source,
                        struct cg_value **ret, struct cg_error **err)
{
    bool size = attr->kind == CG_SIZE;
    const char *at = skip_space(text);
    struct cg_value *value;
    uint64_t number;
    int r = size ? size_parse(attr, &at, &number) : text_number(&at, &number);

    if (r == -ERANGE)
        return refuse_range(attr, text, err);
    if (r < 0 || *skip_space(at))
        return refuse(attr, EINVAL, text,
                      size ? "a number of bytes, or \"max\" for no limit" : "a number", err);
    if (source == VALUE_FROM_USER && !(size && number == CG_NO_LIMIT) &&
        (number < attr->min || number > attr->max))
        return refuse_range(attr, text, err);
    value = value_new(attr, 0);
    if (!value)
        return error_out_of_memory(err);
    value->number = number;
    *ret = value;
    return 0;
}

static int integer_parse(const struct cg_attr *attr, const char *text, enum value_source source,
                         struct cg_value **ret, struct cg_error **err)
{
    const char *at = skip_space(text);
    bool negative = *at == '-';
    struct cg_value *value;
    uint64_t number;
    int64_t integer;
    int r;

    at += negative;
    r = text_number(&at, &number);
    if (r == -ERANGE || (r == 0 && number > INT64_MAX))
        return refuse_range(attr, text, err);
    if (r < 0 || *skip_space(at))
        return refuse(attr, EINVAL, text, "a whole number", err);
    integer = negative ? -(int64_t)number : (int64_t)number;
    if (source == VALUE_FROM_USER && (integer < (int64_t)attr->min || integer > (int64_t)attr->max))
        return refuse_range(attr, text, err);
    value = value_new(attr, 0);
    if (!value)
        return error_out_of_memory(err);
    value->integer = integer;
    *ret = value;
    return 0;
}

static int set_parse(const struct cg_attr *attr, const char *text, struct cg_value **ret,
                     struct cg_error **err)
{
    cleanup_set struct cg_set *set = NULL;
    int r = cg_set_parse(text, &set, err);

    if (r < 0)
        return error_prefix(err, r, "%s", attr->name);
    return cg_value_from_set(attr, set, ret, err);
}

/* "QUOTA" or "QUOTA PERIOD", in microseconds. */
static int quota_parse(const struct cg_attr *attr, const char *text, enum value_source source,
                       struct cg_value **ret, struct cg_error **err)
{
    struct cg_quota quota = {.quota_us = CG_NO_LIMIT, .period_us = DEFAULT_PERIOD_US};
    const char *at = skip_space(text);
    struct cg_value *value;
    bool unlimited = take_no_limit(&at);
    int r = unlimited ? 0 : text_number(&at, &quota.quota_us);

    if (r == 0 && !unlimited && quota.quota_us == CG_NO_LIMIT)
        r = -ERANGE; /* in digits it is a number, not the word */
    if (r == 0 && text_is_space(*at) && *skip_space(at)) {
        at = skip_space(at);
        r = text_number(&at, &quota.period_us);
        if (r == 0 && quota.period_us > UINT_MAX)
            r = -ERANGE;
    }
    if (r < 0 || *skip_space(at))
        return refuse(attr, r < 0 ? -r : EINVAL, text,
                      "\"QUOTA PERIOD\" in microseconds, the quota \"max\" for no limit", err);
    if (source == VALUE_FROM_USER)
        return cg_value_from_quota(attr, &quota, ret, err);
    value = value_new(attr, 0);
    if (!value)
        return error_out_of_memory(err);
    value->number = quota.quota_us;
    value->period_us = (unsigned)quota.period_us;
    *ret = value;
    return 0;
}

static int text_parse(const struct cg_attr *attr, const char *text, struct cg_value **ret,
                      struct cg_error **err)
{
    const char *start = skip_space(text);
    size_t length = strlen(start);
    struct cg_value *value;

    while (length > 0 && text_is_space(start[length - 1]))
        length--;
    value = value_new(attr, length + 1);
    if (!value)
        return error_out_of_memory(err);
    value->text = memcpy(value + 1, start, length);
    *ret = value;
    return 0;
}

int value_parse(const struct cg_attr *attr, const char *text, enum value_source source,
                struct cg_value **ret, struct cg_error **err)
{
    switch (attr->kind) {
    case CG_INT:
        return integer_parse(attr, text, source, ret, err);
    case CG_UINT:
    case CG_FLAG:
    case CG_BITS:
    case CG_SIZE:
        return number_parse(attr, text, source, ret, err);
    case CG_SET:
        return set_parse(attr, text, ret, err);
    case CG_QUOTA:
        return quota_parse(attr, text, source, ret, err);
    case CG_TABLE:
    case CG_NESTED:
    case CG_LIST:
        return value_table_parse(attr, text, ret, err);
    case CG_TEXT:
        break;
    }
    return text_parse(attr, text, ret, err);
}

int cg_value_parse(const struct cg_attr *attr, const char *text, struct cg_value **ret,
                   struct cg_error **err)
{
    return value_parse(attr, text, VALUE_FROM_USER, ret, err);
}

static int number_format(int version, uint64_t number, bool limit, char **ret)
{
    if (limit && number == CG_NO_LIMIT)
        return text_print(ret, "%s", value_no_limit(version));
    return text_print(ret, "%" PRIu64, number);
}

static int quota_format(const struct cg_value *value, char **ret)
{
    cleanup_free char *quota = NULL;
    int r = number_format(value->attr->version, value->number, true, &quota);

    if (r < 0)
        return r;
    return text_print(ret, "%s %" PRIu32, quota, value->period_us);
}

int cg_value_format(const struct cg_value *value, char **ret_text)
{
    const struct cg_attr *attr = value->attr;

    switch (attr->kind) {
    case CG_INT:
        return text_print(ret_text, "%" PRId64, value->integer);
    case CG_UINT:
    case CG_FLAG:
    case CG_BITS:
    case CG_SIZE:
        return number_format(attr->version, value->number, attr->kind == CG_SIZE, ret_text);
    case CG_SET:
        return cg_set_format(value->set, ret_text);
    case CG_QUOTA:
        return quota_format(value, ret_text);
    case CG_TABLE:
    case CG_NESTED:
    case CG_LIST:
        return value_table_format(value, ret_text);
    case CG_TEXT:
        break;
    }
    return text_print(ret_text, "%s", value->text);
}

int value_write_text(const struct cg_value *value, unsigned index, char **ret)
{
    const struct cg_attr *attr = value->attr;

    if (attr->kind != CG_QUOTA || !attr->files[1])
        return cg_value_format(value, ret);
    if (index == 0)
        return number_format(attr->version, value->number, true, ret);
    return number_format(attr->version, value->period_us, false, ret);
}
