/* Values as JSON. */
#include "cgtree/command.h"

#include <string.h>

static json_t *number_json(uint64_t number)
{
    if (number == CG_NO_LIMIT)
        return json_string("max");
    return number > INT64_MAX ? json_real((double)number) : json_integer((json_int_t)number);
}

static json_t *percent_json(uint64_t hundredths)
{
    return json_real((double)hundredths / 100);
}

/* As cgtree.h says of these kinds. */
static bool is_percentage(enum cg_kind kind, const char *sub)
{
    if (!sub)
        return false;
    return kind == CG_PRESSURE ? strncmp(sub, "avg", strlen("avg")) == 0
                               : kind == CG_NESTED && strcmp(sub, "cost.vrate") == 0;
}

static json_t *cell_json(enum cg_kind kind, const char *sub, uint64_t number)
{
    if (kind == CG_WEIGHTS && number == 0)
        return json_string("default");
    if (is_percentage(kind, sub))
        return percent_json(number);
    return number_json(number);
}

static json_t *list_json(const struct cg_value *value)
{
    json_t *list = json_array();

    for (size_t i = 0; i < cg_value_rows(value); i++) {
        const char *key = NULL;
        uint64_t number = 0;

        cg_value_row(value, i, &key, NULL, &number);
        json_array_append_new(list, key ? json_text(key) : number_json(number));
    }
    return list;
}

static json_t *table_json(const struct cg_value *value)
{
    enum cg_kind kind = cg_attr_kind(cg_value_attr(value));
    json_t *table = json_object();

    for (size_t i = 0; i < cg_value_rows(value); i++) {
        const char *key = NULL;
        uint64_t number = 0;

        cg_value_row(value, i, &key, NULL, &number);
        json_object_set_new(table, key, cell_json(kind, NULL, number));
    }
    return table;
}

/* A number that stands behind the key itself has the empty name: v1's numa_stat begins its lines
 * with KEY=VALUE, and the sum of blkio's counters is of no device. */
static json_t *nested_json(const struct cg_value *value)
{
    enum cg_kind kind = cg_attr_kind(cg_value_attr(value));
    json_t *top = json_object();

    for (size_t i = 0; i < cg_value_rows(value); i++) {
        const char *key = NULL, *sub = NULL;
        uint64_t number = 0;
        json_t *inner;

        cg_value_row(value, i, &key, &sub, &number);
        inner = json_object_get(top, key);
        if (!inner) {
            inner = json_object();
            json_object_set_new(top, key, inner);
        }
        json_object_set_new(inner, sub ? sub : "", cell_json(kind, sub, number));
    }
    return top;
}

static json_t *device_number_json(unsigned number)
{
    return number == CG_DEVICE_ANY ? json_string("*") : json_integer(number);
}

static json_t *rules_json(const struct cg_value *value)
{
    json_t *list = json_array();

    for (size_t i = 0; i < cg_value_rows(value); i++) {
        struct cg_device_rule rule;
        char access[4] = "", *to = access;

        if (cg_value_device_rule(value, i, &rule) < 0)
            break;
        if (rule.access & CG_DEVICE_READ)
            *to++ = 'r';
        if (rule.access & CG_DEVICE_WRITE)
            *to++ = 'w';
        if (rule.access & CG_DEVICE_MKNOD)
            *to++ = 'm';
        *to = '\0';
        json_array_append_new(list, json_pack("{ss#, so, so, ss}", "type", &rule.type, 1, "major",
                                              device_number_json(rule.major), "minor",
                                              device_number_json(rule.minor), "access", access));
    }
    return list;
}

static json_t *number_or_text_json(const struct cg_value *value)
{
    cleanup_free char *text = NULL;
    struct cg_quota quota;
    uint64_t number;
    int64_t integer;

    if (cg_value_uint(value, &number) == 0)
        return number_json(number);
    if (cg_value_int(value, &integer) == 0)
        return json_integer(integer);
    if (cg_value_quota(value, &quota) == 0)
        return json_pack("{so, so}", "quota_us", number_json(quota.quota_us), "period_us",
                         number_json(quota.period_us));
    if (cg_value_format(value, &text) < 0)
        lack_memory();
    return json_text(text);
}

json_t *value_json(const struct cg_value *value)
{
    uint64_t number;

    switch (cg_attr_kind(cg_value_attr(value))) {
    case CG_TABLE:
    case CG_RATES:
    case CG_WEIGHTS:
        return table_json(value);
    case CG_NESTED:
    case CG_PRESSURE:
    case CG_SPLIT:
    case CG_COLUMNS:
        return nested_json(value);
    case CG_LIST:
    case CG_TASKS:
    case CG_NAMES:
        return list_json(value);
    case CG_DEVICES:
        return rules_json(value);
    case CG_PERCENT:
        return cg_value_uint(value, &number) < 0 ? NULL : percent_json(number);
    default:
        return number_or_text_json(value);
    }
}
