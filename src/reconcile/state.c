#include "reconcile/state.h"

#include "base/array.h"

#include <string.h>

/* Ids of different hierarchies may be alike, so this proves nothing by itself. */
static bool has_node(const struct binding *binding, uint64_t id)
{
    for (size_t i = 0; i < binding->count; i++)
        if (binding->places[i].id == id)
            return true;
    return false;
}

/* A process that is not known (yet) says nothing against it: then the node alone tells. */
bool state_is_of(const struct guest_state *state, const struct binding *binding)
{
    if (state->pid && binding->pid)
        return state->pid == binding->pid && state->start_time == binding->start_time &&
               has_node(binding, state->node);
    return binding->count > 0 && state->node == binding->places[0].id;
}

void state_start(struct guest_state *state, const char *uuid, const struct binding *binding)
{
    state_release(state);
    snprintf(state->uuid, sizeof(state->uuid), "%s", uuid);
    state->pid = binding->pid;
    state->start_time = binding->start_time;
    state->node = binding->count > 0 ? binding->places[0].id : 0;
}

static int compare(const struct record *record, const struct cell *key)
{
    const struct cell as_cell = {
        .role = record->role, .target = record->target, .attr = record->attr};

    return cell_compare(&as_cell, key);
}

/* Where the key's record is or would be. */
static size_t position(const struct guest_state *state, const struct cell *key)
{
    size_t low = 0, high = state->count;

    while (low < high) {
        size_t middle = low + (high - low) / 2;

        if (compare(&state->records[middle], key) < 0)
            low = middle + 1;
        else
            high = middle;
    }
    return low;
}

struct record *state_find(const struct guest_state *state, const struct cell *key)
{
    size_t at = position(state, key);

    return at < state->count && compare(&state->records[at], key) == 0 ? &state->records[at] : NULL;
}

int state_add(struct guest_state *state, const struct cell *key, struct record **ret)
{
    size_t at = position(state, key);

    if (at < state->count && compare(&state->records[at], key) == 0) {
        *ret = &state->records[at];
        return 0;
    }
    if (array_grow(&state->records, state->count, &state->size) < 0)
        return -ENOMEM;
    memmove(&state->records[at + 1], &state->records[at],
            (state->count - at) * sizeof(*state->records));
    state->records[at] =
        (struct record){.role = key->role, .target = key->target, .attr = key->attr};
    state->count++;
    *ret = &state->records[at];
    return 0;
}

static void record_clear(struct record *record)
{
    cg_value_unref(record->baseline);
    for (size_t i = 0; i < RECORD_WRITTEN; i++)
        cg_value_unref(record->written[i]);
}

void state_remove(struct guest_state *state, struct record *record)
{
    size_t at = (size_t)(record - state->records);

    record_clear(record);
    memmove(record, record + 1, (state->count - at - 1) * sizeof(*record));
    state->count--;
}

int state_start_lost(struct guest_state *state, const char *uuid, const struct binding *binding,
                     const struct cells *desired)
{
    state_start(state, uuid, binding);
    state->lost = true;
    for (size_t i = 0; i < desired->count; i++) {
        const struct cell *cell = &desired->cells[i];
        struct record *record;

        if (!(cell->flags & CELL_ENFORCE_START))
            continue;
        if (state_add(state, cell, &record) < 0)
            return -ENOMEM;
        record_write(record, cell->value);
        record->settled = true;
    }
    return 0;
}

static bool has_parts(const struct cg_value *value, const struct cg_quota *seen, bool *quota,
                      bool *period)
{
    struct cg_quota own;

    if (!value || cg_value_quota(value, &own) < 0)
        return false;
    *quota = *quota || own.quota_us == seen->quota_us;
    *period = *period || own.period_us == seen->period_us;
    return *quota && *period;
}

/* v1's quota is two files: when a write of both ended between them, one is the new and one the old,
 * and nobody else wrote that. */
static bool is_half_written(const struct record *record, const struct cg_value *value)
{
    struct cg_quota seen;
    bool quota = false, period = false, whole;

    if (!record->attr->second || cg_value_quota(value, &seen) < 0)
        return false;
    whole = has_parts(record->baseline, &seen, &quota, &period);
    for (size_t i = 0; !whole && i < RECORD_WRITTEN; i++)
        whole = has_parts(record->written[i], &seen, &quota, &period);
    return whole;
}

bool record_wrote(const struct record *record, const struct cg_value *value)
{
    for (size_t i = 0; i < RECORD_WRITTEN; i++)
        if (record->written[i] && cg_value_equal(record->written[i], value))
            return true;
    return false;
}

/* One of ours stands there: the others of an interrupted write cannot any more, and would push this
 * one out of the list when the next write is taken note of. */
static void record_stands(struct record *record, const struct cg_value *value)
{
    while (!record->written[0] || !cg_value_equal(record->written[0], value)) {
        cg_value_unref(record->written[0]);
        memmove(&record->written[0], &record->written[1],
                (RECORD_WRITTEN - 1) * sizeof(record->written[0]));
        record->written[RECORD_WRITTEN - 1] = NULL;
    }
    record_written(record);
}

bool record_observe(struct record *record, struct cg_value *value)
{
    if (record_wrote(record, value)) {
        record_stands(record, value);
        return false;
    }
    if (is_half_written(record, value) ||
        (record->baseline && cg_value_equal(record->baseline, value)))
        return false;
    cg_value_unref(record->baseline);
    record->baseline = cg_value_ref(value);
    return true;
}

void record_write(struct record *record, struct cg_value *value)
{
    if (record->written[0] && cg_value_equal(record->written[0], value))
        return;
    cg_value_unref(record->written[RECORD_WRITTEN - 1]);
    memmove(&record->written[1], &record->written[0],
            (RECORD_WRITTEN - 1) * sizeof(record->written[0]));
    record->written[0] = cg_value_ref(value);
}

void record_written(struct record *record)
{
    for (size_t i = 1; i < RECORD_WRITTEN; i++)
        record->written[i] = cg_value_unref(record->written[i]);
}

int state_copy(const struct guest_state *from, struct guest_state *ret)
{
    struct guest_state copy = *from;

    copy.size = from->count;
    copy.records = calloc(from->count ? from->count : 1, sizeof(*copy.records));
    if (!copy.records)
        return -ENOMEM;
    for (size_t i = 0; i < from->count; i++) {
        copy.records[i] = from->records[i];
        cg_value_ref(copy.records[i].baseline);
        for (size_t k = 0; k < RECORD_WRITTEN; k++)
            cg_value_ref(copy.records[i].written[k]);
    }
    *ret = copy;
    return 0;
}

void state_reset(struct guest_state *state, const struct guest_state *before,
                 const struct cell *key)
{
    struct record *record = state_find(state, key);
    const struct record *old = state_find(before, key);

    if (record && !old) {
        state_remove(state, record);
    } else if (record) {
        for (size_t i = 0; i < RECORD_WRITTEN; i++) {
            cg_value_unref(record->written[i]);
            record->written[i] = cg_value_ref(old->written[i]);
        }
    }
}

void state_release(struct guest_state *state)
{
    for (size_t i = 0; i < state->count; i++)
        record_clear(&state->records[i]);
    free(state->records);
    *state = (struct guest_state){0};
}
