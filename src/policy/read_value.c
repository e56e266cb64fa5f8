/* The values in a policy, from JSON to plain numbers, sizes and lists, with every range that no
 * host can go beyond. What only this or that host refuses is for resolve. */
#include "policy/read_value.h"

#include "policy/policy_text.h"

#include "base/error.h"
#include "guest/json_memory.h"

#include <string.h>

/* A whole number from `min` to `max`; `beside` tells what else may stand there. */
static bool read_number(struct parser *parser, const struct place *place, const json_t *value,
                        uint64_t min, uint64_t max, const char *beside, uint64_t *ret)
{
    json_int_t number = json_integer_value(value);

    if (!json_is_integer(value)) {
        parser_problem(parser, place, "must be a whole number, not %s", json_kind(value));
        return false;
    }
    if (number < 0 || (uint64_t)number < min || (uint64_t)number > max) {
        parser_problem(parser, place, "%lld is out of range: %llu to %llu%s", (long long)number,
                       (unsigned long long)min, (unsigned long long)max, beside);
        return false;
    }
    *ret = (uint64_t)number;
    return true;
}

static bool read_weight(struct parser *parser, const struct place *place, const json_t *value,
                        const struct policy_key *key, struct policy_setting *setting)
{
    const char *kernel = policy_attributes[key->attribute].kernel[key->version - 1];
    const struct cg_attr *attr = attr_by_name(kernel, key->version);

    return attr && read_number(parser, place, value, attr->min, attr->max, "", &setting->number);
}

static bool read_quota(struct parser *parser, const struct place *place, const json_t *value,
                       const struct policy_key *key, struct cg_quota *ret)
{
    struct cg_quota quota = {.quota_us = CG_NO_LIMIT, .period_us = POLICY_PERIOD_DEFAULT};
    struct cg_error *err = NULL;

    if (key->version == 2 && json_is_string(value)) {
        if (quota_parse(json_string_value(value), &quota, &err) < 0 ||
            quota_check(&quota, &err) < 0) {
            parser_error(parser, place, err);
            return false;
        }
    } else if (key->version == 2 && !json_is_integer(value)) {
        parser_problem(parser, place, "must be a string (\"50000 100000\", \"max\"), not %s",
                       json_kind(value));
        return false;
    } else if (key->version == 2 || json_integer_value(value) != -1) {
        if (!read_number(parser, place, value, POLICY_QUOTA_MIN, POLICY_QUOTA_MAX,
                         key->version == 2 ? ", or \"max\" for no limit" : ", or -1 for no limit",
                         &quota.quota_us))
            return false;
    }
    *ret = quota;
    return true;
}

static bool read_size(struct parser *parser, const struct place *place, const json_t *value,
                      const struct policy_key *key, struct policy_size *ret)
{
    struct cg_error *err = NULL;

    if (json_is_string(value)) {
        if (policy_size_parse(json_string_value(value), ret, &err) == 0)
            return true;
        parser_error(parser, place, err);
        return false;
    }
    if (!json_is_integer(value)) {
        parser_problem(parser, place, "must be bytes or a string (\"8GiB\"), not %s",
                       json_kind(value));
        return false;
    }
    if (json_integer_value(value) == -1 && policy_attributes[key->attribute].minus_one) {
        *ret = (struct policy_size){.kind = POLICY_SIZE_NO_LIMIT};
        return true;
    }
    *ret = (struct policy_size){.kind = POLICY_SIZE_BYTES};
    return read_number(parser, place, value, 0, POLICY_SIZE_MAX, ", or \"max\"", &ret->number);
}

static void read_list(struct parser *parser, const struct place *place, const json_t *value,
                      void *data)
{
    struct policy_setting *setting = data;
    struct policy_list *slot;
    struct cg_error *err = NULL;
    const char *text = parser_string(parser, place, value);

    if (!text)
        return;
    slot = parser_grow(parser, (void **)&setting->lists, &setting->list_count, sizeof(*slot));
    if (slot && setting->attribute == POLICY_MEMS && strcmp(text, "local") == 0)
        slot->local = true;
    else if (slot && policy_list_parse(text, slot, &err) < 0)
        parser_error(parser, place, err);
}

static bool read_lists(struct parser *parser, const struct place *place, const json_t *value,
                       const struct policy_key *key, struct policy_setting *setting)
{
    bool vcpus = setting->pattern.kind == CG_ROLE_VCPU && setting->pattern.glob;
    size_t before = parser->reported;

    setting->per_vcpu = json_is_array(value);
    if (setting->per_vcpu && (key->attribute != POLICY_CPUS || !vcpus)) {
        parser_problem(parser, place,
                       "must be a string, not an array: only cpuset.cpus on \"vcpu*\" may have an "
                       "element a vCPU");
        return false;
    }
    parser_each(parser, place, value, "is empty: write one element a vCPU", read_list, setting);
    return parser->reported == before && !parser->no_memory;
}

void read_value(struct parser *parser, const struct place *place, const json_t *value,
                const struct policy_key *key, struct role_reading *role)
{
    struct setting_reading *reading = &role->readings[key->attribute];
    struct policy_setting *setting = &reading->setting;

    if (key->second) {
        reading->second = place->key;
        if (read_number(parser, place, value, POLICY_PERIOD_MIN, POLICY_PERIOD_MAX, "",
                        &reading->period_us))
            reading->second_value = value;
        return;
    }
    reading->key = place->key;
    reading->value = value;
    setting->version = key->version;
    switch (policy_attributes[key->attribute].kind) {
    case POLICY_KIND_WEIGHT:
        reading->good = read_weight(parser, place, value, key, setting);
        break;
    case POLICY_KIND_QUOTA:
        reading->good = read_quota(parser, place, value, key, &setting->quota);
        break;
    case POLICY_KIND_TIME:
        reading->good =
            read_number(parser, place, value, 0, POLICY_QUOTA_MAX, "", &setting->number);
        break;
    case POLICY_KIND_LIST:
        reading->good = read_lists(parser, place, value, key, setting);
        break;
    case POLICY_KIND_SIZE:
        reading->good = read_size(parser, place, value, key, &setting->size);
        break;
    }
}

/* ---- what two keys demand of each other ----------------------------------------------------- */

static void pair_problem(struct parser *parser, const struct place *role, const char *controller,
                         const char *key, const char *text)
{
    struct place in_controller = {.above = role, .key = controller};
    struct place in_key = {.above = &in_controller, .key = key};

    parser_problem(parser, &in_key, "%s", text);
}

static void finish_quota(struct parser *parser, const struct place *place,
                         struct setting_reading *quota, struct setting_reading *burst)
{
    if (quota->second && !quota->key) {
        pair_problem(parser, place, "cpu", quota->second,
                     "needs \"cfs_quota_us\" beside it: a period alone limits nothing");
    } else if (quota->second && quota->setting.version == 2) {
        pair_problem(parser, place, "cpu", quota->second,
                     "is the same attribute as \"max\" beside it, which has the period as its "
                     "second number: keep one");
        quota->good = false;
    } else if (quota->second) {
        quota->setting.quota.period_us = quota->period_us;
        quota->good = quota->good && quota->second_value;
    }
    if (quota->good && burst->good && quota->setting.quota.quota_us != CG_NO_LIMIT &&
        burst->setting.number > quota->setting.quota.quota_us) {
        pair_problem(parser, place, "cpu", burst->key,
                     "is more than the quota beside it, which no kernel takes");
        burst->good = false;
    }
}

static bool size_below(const struct policy_size *a, const struct policy_size *b)
{
    if (a->kind != POLICY_SIZE_NO_LIMIT && b->kind == POLICY_SIZE_NO_LIMIT)
        return true;
    return a->kind == b->kind && a->number < b->number;
}

/* v1's limit of memory and swap together needs the limit of memory, on each version: the kernel
 * keeps it above that one, and v2's limit of swap is their difference. */
static void finish_swap(struct parser *parser, const struct place *place,
                        struct setting_reading *swap, const struct setting_reading *limit)
{
    const struct policy_setting *s = &swap->setting;

    if (!swap->good || s->version != 1 || s->size.kind == POLICY_SIZE_NO_LIMIT)
        return;
    if (!limit->key)
        pair_problem(parser, place, "memory", swap->key,
                     "needs \"limit_in_bytes\" (or \"max\") beside it: it limits memory and swap "
                     "together");
    else if (limit->good && size_below(&s->size, &limit->setting.size))
        pair_problem(parser, place, "memory", swap->key,
                     "is below the memory limit beside it, but limits memory and swap together");
    else
        return;
    swap->good = false;
}

static char *written_text(const struct setting_reading *reading)
{
    json_t *both;
    char *text;

    if (!reading->second_value)
        return json_memory_text(reading->value, JSON_COMPACT | JSON_ENCODE_ANY);
    both = json_object();
    if (!both || json_object_set(both, reading->key, (json_t *)reading->value) < 0 ||
        json_object_set(both, reading->second, (json_t *)reading->second_value) < 0) {
        json_decref(both);
        return NULL;
    }
    text = json_memory_text(both, JSON_COMPACT);
    json_decref(both);
    return text;
}

void finish_role(struct parser *parser, const struct place *place, struct role_reading *role)
{
    finish_quota(parser, place, &role->readings[POLICY_QUOTA], &role->readings[POLICY_BURST]);
    finish_swap(parser, place, &role->readings[POLICY_SWAP], &role->readings[POLICY_LIMIT]);
    for (unsigned a = 0; a < POLICY_ATTRIBUTES; a++) {
        struct setting_reading *reading = &role->readings[a];

        if (!reading->good)
            continue;
        reading->setting.written = written_text(reading);
        if (!reading->setting.written)
            parser->no_memory = true;
    }
}
