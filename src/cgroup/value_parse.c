/* Values from text and back. The text is the kernel's or a user's; either may be anything. */
#include "base/error.h"
#include "cgroup/text.h"
#include "cgroup/value.h"

#include <inttypes.h>
#include <limits.h>
#include <string.h>

#define DEFAULT_PERIOD_US 100000
#define PERCENT_WHOLE     10000 /* hundredths */

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
    uint64_t page = value_page(attr);

    if (attr->flags & CG_ATTR_PAGE_ROUNDED && number >= INT64_MAX / page * page)
        return CG_NO_LIMIT;
    return number;
}

/* "max" is the whole. */
static int percent_parse(const char **at, uint64_t *ret)
{
    if (strncmp(*at, "max", 3) == 0) {
        *at += 3;
        *ret = PERCENT_WHOLE;
        return 0;
    }
    return text_hundredths(at, ret);
}

static int any_number(const struct cg_attr *attr, enum value_source source, const char **at,
                      uint64_t *ret)
{
    int r;

    if (attr->kind == CG_PERCENT)
        return percent_parse(at, ret);
    /* The kernel shows decimals alone; people write a class or bits as 0x10001. */
    if ((attr->kind == CG_UINT || attr->kind == CG_BITS) && source == VALUE_FROM_USER)
        return text_any_number(at, ret);
    if (attr->kind != CG_SIZE && attr->kind != CG_LIMIT)
        return text_number(at, ret);
    if (take_no_limit(at)) {
        *ret = CG_NO_LIMIT;
        return 0;
    }
    r = attr->kind == CG_SIZE ? size_number(at, ret) : text_number(at, ret);
    if (r == 0)
        *ret = limit_normal(attr, *ret);
    return r;
}

static const char *number_wanted(enum cg_kind kind)
{
    switch (kind) {
    case CG_SIZE:
        return "a number of bytes, or \"max\" for no limit";
    case CG_LIMIT:
        return "a number, or \"max\" for no limit";
    case CG_PERCENT:
        return "a percentage with two decimals at most, or \"max\" for the whole";
    default:
        return "a number";
    }
}

static int number_parse(const struct cg_attr *attr, const char *text, enum value_source source,
                        struct cg_value **ret, struct cg_error **err)
{
    const char *at = skip_space(text);
    struct cg_value *value;
    uint64_t number;
    int r = any_number(attr, source, &at, &number);

    if (r == -ERANGE)
        return refuse_range(attr, text, err);
    if (r < 0 || *skip_space(at))
        return refuse(attr, EINVAL, text, number_wanted(attr->kind), err);
    if (source == VALUE_FROM_USER && !(number == CG_NO_LIMIT && value_takes_no_limit(attr)) &&
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

static int set_parse(const struct cg_attr *attr, const char *text, enum value_source source,
                     struct cg_value **ret, struct cg_error **err)
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

static bool is_word_of(const struct cg_attr *attr, const char *text, size_t length)
{
    for (const char *const *word = attr->words; *word; word++)
        if (strlen(*word) == length && strncmp(*word, text, length) == 0)
            return true;
    return false;
}

static int refuse_word(const struct cg_attr *attr, const char *text, struct cg_error **err)
{
    char wanted[120] = "";

    for (const char *const *word = attr->words; *word; word++) {
        size_t length = strlen(wanted);

        snprintf(wanted + length, sizeof(wanted) - length, "%s%s", length ? " or " : "", *word);
    }
    return refuse(attr, EINVAL, text, wanted, err);
}

/* The kernel's own words may be more than it takes: FREEZING, "root invalid (...)". */
static int text_parse(const struct cg_attr *attr, const char *text, enum value_source source,
                      struct cg_value **ret, struct cg_error **err)
{
    const char *start = skip_space(text);
    size_t length = strlen(start);
    struct cg_value *value;

    while (length > 0 && text_is_space(start[length - 1]))
        length--;
    if (attr->kind == CG_WORD && source == VALUE_FROM_USER && !is_word_of(attr, start, length))
        return refuse_word(attr, text, err);
    value = value_new(attr, length + 1);
    if (!value)
        return error_out_of_memory(err);
    value->text = memcpy(value + 1, start, length);
    *ret = value;
    return 0;
}

static int limit_format(const struct cg_attr *attr, uint64_t number, char **ret)
{
    if (number == CG_NO_LIMIT)
        return text_print(ret, "%s", value_no_limit(attr));
    return text_print(ret, "%" PRIu64, number);
}

static int number_format(const struct cg_value *value, char **ret)
{
    uint64_t number = value->number;

    if (value->attr->kind == CG_PERCENT && number == PERCENT_WHOLE)
        return text_print(ret, "max");
    if (value->attr->kind == CG_PERCENT)
        return text_print(ret, "%" PRIu64 ".%02" PRIu64, number / 100, number % 100);
    if (value_takes_no_limit(value->attr))
        return limit_format(value->attr, number, ret);
    return text_print(ret, "%" PRIu64, number);
}

static int integer_format(const struct cg_value *value, char **ret)
{
    return text_print(ret, "%" PRId64, value->integer);
}

static int set_format(const struct cg_value *value, char **ret)
{
    return cg_set_format(value->set, ret);
}

static int quota_format(const struct cg_value *value, char **ret)
{
    cleanup_free char *quota = NULL;
    int r = limit_format(value->attr, value->number, &quota);

    if (r < 0)
        return r;
    return text_print(ret, "%s %" PRIu32, quota, value->period_us);
}

static int text_format(const struct cg_value *value, char **ret)
{
    return text_print(ret, "%s", value->text);
}

/* Each kind's grammar. */
static const struct grammar {
    int (*parse)(const struct cg_attr *attr, const char *text, enum value_source source,
                 struct cg_value **ret, struct cg_error **err);
    int (*format)(const struct cg_value *value, char **ret);
} grammars[] = {
    [CG_INT] = {integer_parse, integer_format},
    [CG_UINT] = {number_parse, number_format},
    [CG_FLAG] = {number_parse, number_format},
    [CG_BITS] = {number_parse, number_format},
    [CG_SIZE] = {number_parse, number_format},
    [CG_LIMIT] = {number_parse, number_format},
    [CG_PERCENT] = {number_parse, number_format},
    [CG_SET] = {set_parse, set_format},
    [CG_QUOTA] = {quota_parse, quota_format},
    [CG_TEXT] = {text_parse, text_format},
    [CG_WORD] = {text_parse, text_format},
    [CG_DEVICES] = {value_device_parse, value_device_format},
};

static const struct grammar table_grammar = {value_table_parse, value_table_format};

static const struct grammar *grammar_of(enum cg_kind kind)
{
    return value_has_rows(kind) ? &table_grammar : &grammars[kind];
}

int value_parse(const struct cg_attr *attr, const char *text, enum value_source source,
                struct cg_value **ret, struct cg_error **err)
{
    return grammar_of(attr->kind)->parse(attr, text, source, ret, err);
}

int cg_value_parse(const struct cg_attr *attr, const char *text, struct cg_value **ret,
                   struct cg_error **err)
{
    return value_parse(attr, text, VALUE_FROM_USER, ret, err);
}

int cg_value_format(const struct cg_value *value, char **ret_text)
{
    return grammar_of(value->attr->kind)->format(value, ret_text);
}

int value_write_text(const struct cg_value *value, unsigned index, char **ret)
{
    const struct cg_attr *attr = value->attr;

    if (attr->kind == CG_TABLE && attr->words)
        return value_table_written(value, ret);
    if (!attr->second)
        return cg_value_format(value, ret);
    if (index == 0)
        return limit_format(attr, value->number, ret);
    return text_print(ret, "%" PRIu32, value->period_us);
}
