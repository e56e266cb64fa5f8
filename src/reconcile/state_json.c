/* The text of a guest_state in /run/vmpin. Values are the kernel's own text, so that a person can
 * compare them with the files. */
#include "reconcile/state.h"

#include "cgroup/guest_path.h"

#include <inttypes.h>
#include <jansson.h>
#include <string.h>

#define STATE_VERSION 1

static const char *const target_names[] = {
    [CELL_FILE] = "file", [CELL_UNIT] = "unit", [CELL_MASK] = "mask"};

static json_t *value_to_json(const struct cg_value *value)
{
    cleanup_free char *text = NULL;

    if (!value)
        return json_null();
    return cg_value_format(value, &text) < 0 ? NULL : json_string(text);
}

static json_t *record_to_json(const struct record *record)
{
    char role[ROLE_NAME_SIZE];
    json_t *written = json_array();

    for (size_t i = 0; written && i < RECORD_WRITTEN && record->written[i]; i++)
        if (json_array_append_new(written, value_to_json(record->written[i])) < 0) {
            json_decref(written);
            return NULL;
        }
    return json_pack("{s:s, s:s*, s:s, s:o, s:o, s:o*}", "role", role_name(record->role, role),
                     "target", record->target == CELL_FILE ? NULL : target_names[record->target],
                     "attribute", record->attr->name, "baseline", value_to_json(record->baseline),
                     "written", written, "settled", record->settled ? json_true() : NULL);
}

int state_format(const struct guest_state *state, char **ret_text)
{
    json_auto_t *root = NULL;
    json_t *cells = json_array();
    char *text;

    for (size_t i = 0; cells && i < state->count; i++)
        if (json_array_append_new(cells, record_to_json(&state->records[i])) < 0) {
            json_decref(cells);
            return -ENOMEM;
        }
    root = json_pack("{s:i, s:s, s:i, s:I, s:I, s:b, s:o}", "version", STATE_VERSION, "uuid",
                     state->uuid, "pid", (int)state->pid, "start_time",
                     (json_int_t)state->start_time, "node", (json_int_t)state->node, "lost",
                     state->lost, "cells", cells);
    text = root ? json_dumps(root, JSON_INDENT(1)) : NULL;
    if (!text)
        return -ENOMEM;
    *ret_text = text;
    return 0;
}

static int damaged(struct cg_error **err, const char *what)
{
    return error_set(err, EINVAL, "%s", what);
}

static int value_from_json(const json_t *json, const struct cg_attr *attr, struct cg_value **ret,
                           struct cg_error **err)
{
    if (json_is_null(json)) {
        *ret = NULL;
        return 0;
    }
    if (!json_is_string(json))
        return damaged(err, "a value is neither text nor null");
    return cg_value_parse(attr, json_string_value(json), ret, err);
}

static int key_from_json(const json_t *json, const struct cg_mounts *mounts, struct cell *ret,
                         struct cg_error **err)
{
    const char *role = json_string_value(json_object_get(json, "role"));
    const json_t *given = json_object_get(json, "target");
    const char *target = given ? json_string_value(given) : target_names[CELL_FILE];
    const char *attribute = json_string_value(json_object_get(json, "attribute"));
    struct cell key = {0};
    size_t t = 0;

    if (!role || !target || !attribute)
        return damaged(err, "a cell lacks its role, target or attribute");
    key.role = strcmp(role, "vm") == 0 ? (struct cg_role){.kind = CG_ROLE_VM}
                                       : role_from_name(role);
    while (t < ARRAY_SIZE(target_names) && strcmp(target_names[t], target) != 0)
        t++;
    if (key.role.kind == CG_ROLE_NONE || t == ARRAY_SIZE(target_names))
        return damaged(err, "a cell has an unknown role or target");
    key.target = (enum cell_target)t;
    if (attr_find(mounts, attribute, &key.attr) < 0)
        return damaged(err, "a cell has an attribute that this host lacks");
    *ret = key;
    return 0;
}

static int record_from_json(const json_t *json, const struct cg_mounts *mounts,
                            struct guest_state *state, struct cg_error **err)
{
    const json_t *written = json_object_get(json, "written"), *value;
    struct record *record;
    struct cell key;
    size_t i;
    int r = key_from_json(json, mounts, &key, err);

    if (r < 0)
        return r;
    if (state_find(state, &key))
        return damaged(err, "a cell is there twice");
    r = state_add(state, &key, &record);
    if (r < 0)
        return error_out_of_memory(err);
    r = value_from_json(json_object_get(json, "baseline"), key.attr, &record->baseline, err);
    if (r < 0)
        return r;
    if (!json_is_array(written) || json_array_size(written) > RECORD_WRITTEN)
        return damaged(err, "a cell's `written` is not a short array");
    json_array_foreach(written, i, value)
    {
        r = value_from_json(value, key.attr, &record->written[i], err);
        if (r < 0)
            return r;
    }
    record->settled = json_is_true(json_object_get(json, "settled"));
    return 0;
}

int state_parse(const char *text, size_t length, const struct cg_mounts *mounts,
                struct guest_state *ret, struct cg_error **err)
{
    json_error_t where;
    json_auto_t *root = json_loadb(text, length, JSON_REJECT_DUPLICATES, &where);
    cleanup_state struct guest_state state = {0};
    json_t *cells, *cell;
    const char *uuid;
    int version, pid, lost;
    json_int_t start_time, node;
    size_t i;

    if (!root)
        return error_set(err, EINVAL, "line %d: %s", where.line, where.text);
    if (json_unpack(root, "{s:i, s:s, s:i, s:I, s:I, s:b, s:o}", "version", &version, "uuid",
                    &uuid, "pid", &pid, "start_time", &start_time, "node", &node, "lost", &lost,
                    "cells", &cells) < 0 ||
        version != STATE_VERSION || strlen(uuid) >= UUID_SIZE || !json_is_array(cells))
        return damaged(err, "not a state of version 1");
    snprintf(state.uuid, sizeof(state.uuid), "%s", uuid);
    state.pid = pid;
    state.start_time = (uint64_t)start_time;
    state.node = (uint64_t)node;
    state.lost = lost;
    json_array_foreach(cells, i, cell)
    {
        int r = record_from_json(cell, mounts, &state, err);

        if (r < 0)
            return r;
    }
    *ret = state;
    state = (struct guest_state){0};
    return 0;
}
