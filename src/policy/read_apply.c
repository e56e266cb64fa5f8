/* The `apply` of a policy, from JSON to settings: roles, controllers, keys, and what two keys of
 * one role demand of each other. Values are read in read_value.c, converted for a host in
 * convert.c. */
#include "policy/read_value.h"

#include "cgroup/guest_path.h"

#include <string.h>

/* "vcpu0" and the like: the kind, and what stands behind its name. NULL: none of them. */
static const char *role_stem(const char *key, enum cg_role_kind *ret)
{
    static const struct {
        const char *stem;
        enum cg_role_kind kind;
    } stems[] = {{"vcpu", CG_ROLE_VCPU}, {"iothread", CG_ROLE_IOTHREAD}};

    for (size_t i = 0; i < ARRAY_SIZE(stems); i++) {
        size_t n = strlen(stems[i].stem);

        if (strncmp(key, stems[i].stem, n) == 0) {
            *ret = stems[i].kind;
            return key + n;
        }
    }
    return NULL;
}

static bool numbered_parse(struct parser *parser, const struct place *place, const char *tail,
                           struct policy_pattern *pattern)
{
    struct cg_role role;

    if (strcmp(tail, "*") == 0) {
        pattern->glob = true;
        return true;
    }
    if (strpbrk(tail, "*?[")) {
        parser_problem(parser, place, "is no role: the only globs are \"vcpu*\" and \"iothread*\"");
        return false;
    }
    role = role_from_name(place->key);
    if (role.kind == CG_ROLE_NONE) {
        parser_problem(parser, place,
                       "is no role: a number (without zeros in front) or * stands behind \"%s\"",
                       pattern->kind == CG_ROLE_VCPU ? "vcpu" : "iothread");
        return false;
    }
    if (role.kind == CG_ROLE_IOTHREAD && role.index == 0) {
        parser_problem(parser, place, "is no role: libvirt numbers iothreads from 1");
        return false;
    }
    pattern->index = role.index;
    return true;
}

static bool pattern_parse(struct parser *parser, const struct place *place,
                          struct policy_pattern *ret)
{
    static const char *const roles[] = {"vm",        "vcpu*",     "vcpuN", "emulator",
                                        "iothread*", "iothreadN", NULL};
    struct policy_pattern pattern = {0};
    const char *key = place->key, *tail = role_stem(key, &pattern.kind);

    if (strcmp(key, "vm") == 0) {
        pattern.kind = CG_ROLE_VM;
    } else if (strcmp(key, "emulator") == 0) {
        pattern.kind = CG_ROLE_EMULATOR;
    } else if (!tail) {
        parser_unknown_key(parser, place, nearest_word(key, roles), roles);
        return false;
    } else if (!numbered_parse(parser, place, tail, &pattern)) {
        return false;
    }
    *ret = pattern;
    return true;
}

static bool stands_here(struct parser *parser, const struct place *place, bool vm_only,
                        const struct policy_pattern *pattern)
{
    if (!vm_only || pattern->kind == CG_ROLE_VM)
        return true;
    parser_problem(parser, place, "stands on \"vm\" only: the guest has one for all of it");
    return false;
}

static void read_key(struct parser *parser, const struct place *place, const json_t *value,
                     struct role_reading *role)
{
    const char *controller = place->above->key, *key = place->key, *other;
    struct policy_key found;

    if (policy_key_find(controller, key, &found) < 0) {
        const char *keys[POLICY_KEYS_SIZE];

        policy_keys(controller, keys);
        parser_unknown_key(parser, place, nearest_word(key, keys), keys);
        return;
    }
    if (!stands_here(parser, place, policy_attributes[found.attribute].vm_only, &role->pattern))
        return;
    other = role->readings[found.attribute].key;
    if (!found.second && other) {
        parser_problem(parser, place, "is the same attribute as \"%s\" beside it: keep one", other);
        return;
    }
    read_value(parser, place, value, &found, role);
}

static void read_controller(struct parser *parser, const struct place *place, const json_t *value,
                            struct role_reading *role)
{
    const json_t *object;
    struct policy_key whole;
    const char *key, *dot;
    json_t *inner;

    if (policy_key_find_written(place->key, &whole) == 0) {
        dot = strchr(place->key, '.');
        parser_problem(parser, place, "is written in two steps: \"%.*s\": { \"%s\": ... }",
                       (int)(dot - place->key), place->key, dot + 1);
        return;
    }
    if (!word_in(place->key, policy_controllers)) {
        parser_unknown_key(parser, place, nearest_word(place->key, policy_controllers),
                           policy_controllers);
        return;
    }
    if (!stands_here(parser, place, strcmp(place->key, "memory") == 0, &role->pattern))
        return;
    object = parser_object(parser, place, value);
    json_object_foreach((json_t *)object, key, inner)
    {
        struct place in_key = {.above = place, .key = key};

        read_key(parser, &in_key, inner, role);
    }
}

static void keep_settings(struct parser *parser, struct role_reading *role, struct policy *policy)
{
    for (unsigned a = 0; a < POLICY_ATTRIBUTES; a++) {
        struct setting_reading *reading = &role->readings[a];
        struct policy_setting *slot;

        if (!reading->good) {
            policy_setting_release(&reading->setting);
            continue;
        }
        slot =
            parser_grow(parser, (void **)&policy->settings, &policy->setting_count, sizeof(*slot));
        if (slot)
            *slot = reading->setting;
        else
            policy_setting_release(&reading->setting);
    }
}

static void read_role(struct parser *parser, const struct place *place, const json_t *value,
                      struct policy *policy)
{
    struct role_reading role = {0};
    const json_t *object;
    const char *key;
    json_t *inner;

    if (!pattern_parse(parser, place, &role.pattern))
        return;
    for (unsigned a = 0; a < POLICY_ATTRIBUTES; a++) {
        role.readings[a].setting.attribute = a;
        role.readings[a].setting.pattern = role.pattern;
    }
    object = parser_object(parser, place, value);
    json_object_foreach((json_t *)object, key, inner)
    {
        struct place in_key = {.above = place, .key = key};

        read_controller(parser, &in_key, inner, &role);
    }
    finish_role(parser, place, &role);
    keep_settings(parser, &role, policy);
}

/* Globs first, so that whoever takes the last one that covers a role takes the exact name. */
static int setting_compare(const void *a, const void *b)
{
    const struct policy_setting *x = a, *y = b;

    if (x->pattern.glob != y->pattern.glob)
        return x->pattern.glob ? -1 : 1;
    if (x->pattern.kind != y->pattern.kind)
        return x->pattern.kind < y->pattern.kind ? -1 : 1;
    if (x->pattern.index != y->pattern.index)
        return x->pattern.index < y->pattern.index ? -1 : 1;
    return x->attribute < y->attribute ? -1 : x->attribute > y->attribute;
}

void read_apply(struct parser *parser, const struct place *place, const json_t *value,
                struct policy *policy)
{
    const json_t *object = parser_object(parser, place, value);
    const char *key;
    json_t *inner;

    json_object_foreach((json_t *)object, key, inner)
    {
        struct place in_key = {.above = place, .key = key};

        read_role(parser, &in_key, inner, policy);
    }
    if (policy->setting_count > 0)
        qsort(policy->settings, policy->setting_count, sizeof(policy->settings[0]),
              setting_compare);
}
