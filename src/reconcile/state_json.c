/* The text of a guest_state in /run/vmpin. Values are the kernel's own text, so that a person can
 * compare them with the files. A cell is an array:
 *
 *   ["vcpu0", "cpuset.cpus", "0-7", ["2"]]      role, attribute, baseline (null: not known), and
 *                                               what vmpin wrote, the newest first
 *   ["vcpu0", "cpuset.cpus", null, ["2"], "mask", "settled"]   words where they apply
 *
 * It is read in every pass: keys that are the same in each cell would be half of its price. */
#include "reconcile/state.h"

#include "cgroup/guest_path.h"
#include "guest/json_memory.h"
#include "reconcile/unit.h"

#include <inttypes.h>
#include <jansson.h>
#include <string.h>

#define STATE_VERSION 1

/* Places in a cell's array. */
enum { ROW_ROLE, ROW_ATTRIBUTE, ROW_BASELINE, ROW_WRITTEN, ROW_WORDS };

#define SETTLED "settled"

/* A cell without such a word is a file's. */
static const char *const target_words[] = {[CELL_UNIT] = "unit", [CELL_MASK] = "mask"};

static json_t *value_to_json(const struct cg_value *value)
{
    cleanup_free char *text = NULL;

    if (!value)
        return json_null();
    return cg_value_format(value, &text) < 0 ? NULL : json_string(text);
}

/* NULL when one of them is, or out of memory. json_pack() would leak what it is handed then. */
static json_t *append(json_t *array, json_t *value)
{
    if (json_array_append_new(array, value) == 0)
        return array;
    json_decref(array);
    return NULL;
}

static json_t *record_to_json(const struct record *record)
{
    const char *target = target_words[record->target];
    char role[ROLE_NAME_SIZE];
    json_t *written = json_array(), *row;

    for (size_t i = 0; i < RECORD_WRITTEN && record->written[i]; i++)
        written = append(written, value_to_json(record->written[i]));
    row = append(json_array(), json_string(role_name(record->role, role)));
    row = append(row, json_string(record->attr->name));
    row = append(row, value_to_json(record->baseline));
    row = append(row, written);
    if (target)
        row = append(row, json_string(target));
    if (record->settled)
        row = append(row, json_string(SETTLED));
    return row;
}

static json_t *mover_to_json(const struct guest_state *state)
{
    return state->mover > 0 ? json_pack("[i, I]", (int)state->mover, (json_int_t)state->mover_start)
                            : json_false();
}

/* A boolean is an older version's: whose move that was is not known, so it is taken as over. */
static int mover_from_json(json_t *moving, struct guest_state *state)
{
    json_int_t start = 0;
    int pid = 0;

    if (moving && !json_is_boolean(moving) && json_unpack(moving, "[i, I]", &pid, &start) < 0)
        return -EINVAL;
    state->mover = pid;
    state->mover_start = (uint64_t)start;
    return 0;
}

int state_format(const struct guest_state *state, char **ret_text)
{
    json_auto_t *root = NULL;
    json_t *cells;
    char *text;

    json_memory_watch();
    cells = json_array();
    for (size_t i = 0; cells && i < state->count; i++)
        if (json_array_append_new(cells, record_to_json(&state->records[i])) < 0) {
            json_decref(cells);
            return -ENOMEM;
        }
    root = json_pack("{s:i, s:s, s:i, s:I, s:I, s:b, s:o}", "version", STATE_VERSION, "uuid",
                     state->uuid, "pid", (int)state->pid, "start_time",
                     (json_int_t)state->start_time, "node", (json_int_t)state->node, "lost",
                     state->lost, "moving", mover_to_json(state));
    if (json_object_set_new(root, "cells", cells) < 0)
        return -ENOMEM;
    text = json_memory_text(root, 0);
    if (!text)
        return -ENOMEM;
    *ret_text = text;
    return 0;
}

static int damaged(struct cg_error **err, const char *what)
{
    if (json_memory_lacked())
        return error_out_of_memory(err);
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

/* The words behind a cell's values. */
static int words_from_json(const json_t *row, struct cell *key, bool *ret_settled,
                           struct cg_error **err)
{
    for (size_t i = ROW_WORDS; i < json_array_size(row); i++) {
        const char *word = json_string_value(json_array_get(row, i));
        size_t t = 0;

        while (word && t < ARRAY_SIZE(target_words) &&
               (!target_words[t] || strcmp(target_words[t], word) != 0))
            t++;
        if (word && t < ARRAY_SIZE(target_words))
            key->target = (enum cell_target)t;
        else if (word && strcmp(word, SETTLED) == 0)
            *ret_settled = true;
        else
            return damaged(err, "a cell has an unknown word");
    }
    return 0;
}

static int key_from_json(const json_t *row, const struct cg_mounts *mounts, struct cell *ret,
                         struct cg_error **err)
{
    const char *role = json_string_value(json_array_get(row, ROW_ROLE));
    const char *attribute = json_string_value(json_array_get(row, ROW_ATTRIBUTE));

    if (!role || !attribute)
        return damaged(err, "a cell lacks its role or attribute");
    ret->role =
        strcmp(role, "vm") == 0 ? (struct cg_role){.kind = CG_ROLE_VM} : role_from_name(role);
    if (ret->role.kind == CG_ROLE_NONE)
        return damaged(err, "a cell has an unknown role");
    if (attr_find(mounts, attribute, &ret->attr) < 0)
        return damaged(err, "a cell has an attribute that this host lacks");
    return 0;
}

static int record_from_json(const json_t *row, const struct cg_mounts *mounts,
                            struct guest_state *state, struct cg_error **err)
{
    const json_t *written = json_array_get(row, ROW_WRITTEN);
    struct cell key = {.target = CELL_FILE};
    struct record *record;
    bool settled = false;
    int r = key_from_json(row, mounts, &key, err);

    if (r == 0)
        r = words_from_json(row, &key, &settled, err);
    if (r < 0)
        return r;
    if ((key.target == CELL_UNIT && !unit_property(key.attr)) ||
        (key.target == CELL_MASK && !attr_is_cpus(key.attr)))
        return damaged(err, "a cell has a word that its attribute does not take");
    if (state_find(state, &key))
        return damaged(err, "a cell is there twice");
    if (!json_is_array(written) || json_array_size(written) > RECORD_WRITTEN)
        return damaged(err, "what was written to a cell is not a short array");
    if (state_add(state, &key, &record) < 0)
        return error_out_of_memory(err);
    record->settled = settled;
    r = value_from_json(json_array_get(row, ROW_BASELINE), key.attr, &record->baseline, err);
    for (size_t i = 0; r == 0 && i < json_array_size(written); i++)
        r = value_from_json(json_array_get(written, i), key.attr, &record->written[i], err);
    return r;
}

int state_parse(const char *text, size_t length, const struct cg_mounts *mounts,
                struct guest_state *ret, struct cg_error **err)
{
    json_error_t where;
    json_auto_t *root = NULL;
    cleanup_state struct guest_state state = {0};
    json_t *cells, *cell, *moving = NULL;
    const char *uuid;
    int version, pid, lost;
    json_int_t start_time, node;
    size_t i;

    json_memory_watch();
    root = json_loadb(text, length, JSON_REJECT_DUPLICATES, &where);
    if (!root && json_memory_lacked())
        return error_out_of_memory(err);
    if (!root)
        return error_set(err, EINVAL, "line %d: %s", where.line, where.text);
    if (json_unpack(root, "{s:i, s:s, s:i, s:I, s:I, s:b, s?o, s:o}", "version", &version, "uuid",
                    &uuid, "pid", &pid, "start_time", &start_time, "node", &node, "lost", &lost,
                    "moving", &moving, "cells", &cells) < 0 ||
        version != STATE_VERSION || strlen(uuid) >= UUID_SIZE || !json_is_array(cells) ||
        mover_from_json(moving, &state) < 0)
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
