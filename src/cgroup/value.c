/* Values: made from numbers, sets and quotas, compared, taken apart. Text is value_parse.c's. */
#include "cgroup/value.h"

#include "base/error.h"

#include <inttypes.h>
#include <string.h>

#define PERIOD_MIN_US 1000
#define PERIOD_MAX_US 1000000

struct cg_value *value_new(const struct cg_attr *attr, size_t extra)
{
    struct cg_value *value = calloc(1, sizeof(*value) + extra);

    if (value) {
        value->references = 1;
        value->attr = attr;
    }
    return value;
}

static bool value_is_number(enum cg_kind kind)
{
    return kind == CG_UINT || kind == CG_FLAG || kind == CG_BITS || kind == CG_SIZE ||
           kind == CG_LIMIT || kind == CG_PERCENT;
}

bool value_has_rows(enum cg_kind kind)
{
    switch (kind) {
    case CG_TABLE:
    case CG_NESTED:
    case CG_LIST:
    case CG_TASKS:
    case CG_SPLIT:
    case CG_COLUMNS:
    case CG_PRESSURE:
    case CG_RATES:
    case CG_WEIGHTS:
    case CG_NAMES:
        return true;
    default:
        return false;
    }
}

bool value_is_lines(enum cg_kind kind)
{
    return kind == CG_DEVICES ||
           (value_has_rows(kind) && kind != CG_LIST && kind != CG_NAMES && kind != CG_COLUMNS);
}

const char *value_no_limit(const struct cg_attr *attr)
{
    return attr->version == 1 && !attr->says_max ? "-1" : "max";
}

bool value_takes_no_limit(const struct cg_attr *attr)
{
    return (attr->kind == CG_SIZE || attr->kind == CG_LIMIT) && !(attr->flags & CG_ATTR_RESET);
}

static int wrong_kind(const struct cg_attr *attr, struct cg_error **err)
{
    return error_set(err, EINVAL, "%s takes values of another kind", attr->name);
}

static int number_new(const struct cg_attr *attr, uint64_t number, struct cg_value **ret,
                      struct cg_error **err)
{
    struct cg_value *value = value_new(attr, 0);

    if (!value)
        return error_out_of_memory(err);
    value->number = number;
    *ret = value;
    return 0;
}

int cg_value_from_int(const struct cg_attr *attr, int64_t number, struct cg_value **ret,
                      struct cg_error **err)
{
    if (attr->kind != CG_INT)
        return wrong_kind(attr, err);
    if (number < (int64_t)attr->min || number > (int64_t)attr->max)
        return error_set(err, ERANGE, "%s: %" PRId64 " is out of range: %" PRId64 " to %" PRId64,
                         attr->name, number, (int64_t)attr->min, (int64_t)attr->max);
    return number_new(attr, (uint64_t)number, ret, err);
}

int cg_value_from_uint(const struct cg_attr *attr, uint64_t number, struct cg_value **ret,
                       struct cg_error **err)
{
    bool unlimited = number == CG_NO_LIMIT && value_takes_no_limit(attr);

    if (attr->kind == CG_INT && number <= INT64_MAX)
        return cg_value_from_int(attr, (int64_t)number, ret, err);
    if (!value_is_number(attr->kind) && attr->kind != CG_INT)
        return wrong_kind(attr, err);
    if (!unlimited && (number < attr->min || number > attr->max))
        return error_set(err, ERANGE, "%s: %" PRIu64 " is out of range: %" PRIu64 " to %" PRIu64,
                         attr->name, number, attr->min, attr->max);
    return number_new(attr, number, ret, err);
}

int cg_value_from_set(const struct cg_attr *attr, const struct cg_set *set, struct cg_value **ret,
                      struct cg_error **err)
{
    struct cg_value *value;

    if (attr->kind != CG_SET)
        return wrong_kind(attr, err);
    value = value_new(attr, 0);
    if (!value)
        return error_out_of_memory(err);
    /* A set is immutable; only its count of references changes here. */
    value->set = cg_set_ref((struct cg_set *)(uintptr_t)set);
    *ret = value;
    return 0;
}

int cg_value_from_quota(const struct cg_attr *attr, const struct cg_quota *quota,
                        struct cg_value **ret, struct cg_error **err)
{
    struct cg_value *value;

    if (attr->kind != CG_QUOTA)
        return wrong_kind(attr, err);
    if (quota->quota_us != CG_NO_LIMIT &&
        (quota->quota_us < attr->min || quota->quota_us > attr->max))
        return error_set(err, ERANGE,
                         "%s: a quota of %" PRIu64 " us is out of range: %" PRIu64 " to %" PRIu64
                         ", or %s",
                         attr->name, quota->quota_us, attr->min, attr->max, value_no_limit(attr));
    if (quota->period_us < PERIOD_MIN_US || quota->period_us > PERIOD_MAX_US)
        return error_set(err, ERANGE, "%s: a period of %" PRIu64 " us is out of range: %d to %d",
                         attr->name, quota->period_us, PERIOD_MIN_US, PERIOD_MAX_US);
    value = value_new(attr, 0);
    if (!value)
        return error_out_of_memory(err);
    value->number = quota->quota_us;
    value->period_us = (unsigned)quota->period_us;
    *ret = value;
    return 0;
}

int cg_value_from_rows(const struct cg_attr *attr, const struct cg_row *rows, size_t count,
                       struct cg_value **ret, struct cg_error **err)
{
    /* Only to be written as text, which tells whether it is what such a value is. */
    const struct cg_value draft = {
        .attr = attr, .rows = (struct cg_row *)(uintptr_t)rows, .count = (unsigned)count};
    cleanup_free char *text = NULL;

    if (!value_has_rows(attr->kind))
        return wrong_kind(attr, err);
    for (size_t i = 0; i < count; i++)
        if (!value_table_takes(attr, &rows[i]))
            return error_set(err, EINVAL, "%s, row %zu: not the keys of its lines", attr->name, i);
    if (value_table_format(&draft, &text) < 0)
        return error_out_of_memory(err);
    return cg_value_parse(attr, text, ret, err);
}

uint64_t value_page(const struct cg_attr *attr)
{
    return attr->page_shift ? UINT64_C(1) << attr->page_shift : (uint64_t)sysconf(_SC_PAGESIZE);
}

static bool size_equal(const struct cg_value *a, const struct cg_value *b)
{
    uint64_t page = 1;

    if (a->number == CG_NO_LIMIT || b->number == CG_NO_LIMIT)
        return a->number == b->number;
    if ((a->attr->flags | b->attr->flags) & CG_ATTR_PAGE_ROUNDED)
        page = value_page(a->attr);
    return a->number / page == b->number / page;
}

bool cg_value_equal(const struct cg_value *a, const struct cg_value *b)
{
    if (a == b)
        return true;
    if (a->attr->kind != b->attr->kind)
        return false;
    if (value_has_rows(a->attr->kind))
        return value_table_equal(a, b);
    switch (a->attr->kind) {
    case CG_SIZE:
        return size_equal(a, b);
    case CG_SET:
        return cg_set_equal(a->set, b->set);
    case CG_QUOTA:
        return a->number == b->number && a->period_us == b->period_us;
    case CG_DEVICES:
        return value_device_equal(a, b);
    case CG_TEXT:
    case CG_WORD:
        return strcmp(a->text, b->text) == 0;
    default:
        return a->number == b->number;
    }
}

int cg_value_uint(const struct cg_value *value, uint64_t *ret)
{
    if (!value_is_number(value->attr->kind))
        return -EINVAL;
    *ret = value->number;
    return 0;
}

int cg_value_int(const struct cg_value *value, int64_t *ret)
{
    if (value->attr->kind != CG_INT)
        return -EINVAL;
    *ret = value->integer;
    return 0;
}

int cg_value_set(const struct cg_value *value, const struct cg_set **ret)
{
    if (value->attr->kind != CG_SET)
        return -EINVAL;
    *ret = value->set;
    return 0;
}

int cg_value_quota(const struct cg_value *value, struct cg_quota *ret)
{
    if (value->attr->kind != CG_QUOTA)
        return -EINVAL;
    *ret = (struct cg_quota){.quota_us = value->number, .period_us = value->period_us};
    return 0;
}

const char *cg_value_text(const struct cg_value *value)
{
    return value->attr->kind == CG_TEXT || value->attr->kind == CG_WORD ? value->text : NULL;
}

size_t cg_value_rows(const struct cg_value *value)
{
    return value_has_rows(value->attr->kind) || value->attr->kind == CG_DEVICES ? value->count : 0;
}

int cg_value_row(const struct cg_value *value, size_t index, const char **ret_key,
                 const char **ret_sub, uint64_t *ret)
{
    const struct cg_row *row;

    if (!value_has_rows(value->attr->kind) || index >= value->count)
        return -EINVAL;
    row = &value->rows[index];
    if (ret_key)
        *ret_key = row->key;
    if (ret_sub)
        *ret_sub = row->sub;
    if (ret)
        *ret = row->number;
    return 0;
}

const struct cg_attr *cg_value_attr(const struct cg_value *value)
{
    return value->attr;
}

struct cg_value *cg_value_ref(struct cg_value *value)
{
    if (value)
        value->references++;
    return value;
}

struct cg_value *cg_value_unref(struct cg_value *value)
{
    if (!value || --value->references > 0)
        return NULL;
    if (value->attr->kind == CG_SET)
        cg_set_unref(value->set);
    free(value);
    return NULL;
}
