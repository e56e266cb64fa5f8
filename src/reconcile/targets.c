#include "reconcile/targets.h"

#include "cgroup/guest_path.h"
#include "cgroup/set.h"

/* The desired cell of the attribute that systemd has on record too; NULL: none. */
static const struct cell *behind_unit(const struct desired *desired, const struct unit *unit)
{
    const struct cg_role vm = {.kind = CG_ROLE_VM};

    return unit->name ? cells_find(&desired->cells, vm, CELL_FILE, unit->attr) : NULL;
}

int targets_wanted(const struct desired *desired, const struct guest_state *state,
                   const struct unit *unit, struct cells *ret)
{
    cleanup_cells struct cells wanted = {0};
    const struct cell *behind = behind_unit(desired, unit);
    int r = cells_copy(&desired->cells, &wanted);

    if (r == 0 && behind) {
        struct cell cell = *behind;

        cell.target = CELL_UNIT;
        r = cells_set(&wanted, &cell);
    }
    for (size_t i = 0; r == 0 && i < state->count; i++) {
        const struct record *record = &state->records[i];
        const struct cell key = {
            .role = record->role, .target = record->target, .attr = record->attr};

        if (record->target != CELL_MASK && !cells_find(&wanted, key.role, key.target, key.attr))
            r = cells_set(&wanted, &key);
    }
    if (r < 0)
        return r;
    *ret = wanted;
    wanted = (struct cells){0};
    return 0;
}

static bool is_refused(const struct desired *desired, const struct record *record)
{
    for (size_t i = 0; i < desired->refusals.count; i++) {
        const struct refusal *refusal = &desired->refusals.refusals[i];

        if (refusal->attr == record->attr &&
            (refusal->role.kind == CG_ROLE_NONE || role_compare(refusal->role, record->role) == 0))
            return true;
    }
    return false;
}

/* `enforce: start` was carried out and has not been edited since: the operator's now. */
static bool is_settled(const struct cell *cell, const struct guest_state *state)
{
    const struct record *record = state_find(state, cell);

    return cell->flags & CELL_ENFORCE_START && record && record->settled && record->written[0] &&
           cg_value_equal(record->written[0], cell->value);
}

/* v1 refuses a CPU that is offline; v2 keeps it and grants it when it comes back. Without a value:
 * all of them are offline, and v2 would grant others. */
static int online_part(const struct cell *cell, const struct host *host, struct cell *ret,
                       bool *ret_degraded)
{
    const struct cg_set *wanted, *online = host->cpus_online;
    cleanup_set struct cg_set *part = NULL;
    int r;

    *ret = *cell;
    ret->value = cg_value_ref(cell->value);
    if (!attr_is_cpus(cell->attr) || !online || cg_value_set(cell->value, &wanted) < 0 ||
        cg_set_contains(online, wanted))
        return 0;
    *ret_degraded = true;
    r = cg_set_intersection(wanted, online, &part);
    if (r < 0)
        return r;
    if (cg_set_count(part) > 0 && cell->attr->constraint != ATTR_SUBSET_OF_PARENT)
        return 0;
    cg_value_unref(ret->value);
    ret->value = NULL;
    return cg_set_count(part) > 0 ? cg_value_from_set(cell->attr, part, &ret->value, NULL) : 0;
}

static int add_desired(const struct cell *cell, const struct guest_state *state,
                       const struct host *host, struct cells *targets, struct refusals *refusals,
                       bool *ret_degraded)
{
    struct cell target;
    int r;

    if (is_settled(cell, state))
        return 0;
    r = online_part(cell, host, &target, ret_degraded);
    if (r == 0 && !target.value)
        r = refusals_add(refusals, cell->role, NULL, cell->attr, cell->origin,
                         "all of its CPUs are offline: left as it is");
    else if (r == 0)
        r = cells_set(targets, &target);
    cg_value_unref(target.value);
    return r;
}

/* What a record's cell goes back to. *ret NULL: not known. */
static int baseline_of(const struct record *record, const struct facts *facts,
                       struct cg_value **ret)
{
    const struct cg_set *pin = facts_pin(facts, record->role);

    *ret = cg_value_ref(record->baseline);
    if (*ret || !attr_is_cpus(record->attr) || !pin)
        return 0;
    return cg_value_from_set(record->attr, pin, ret, NULL);
}

/* An empty set is what a v2 node has that was never set, and what it cannot get back while threads
 * are in it (ENOSPC): the full set grants the same. */
static int restorable(const struct host *host, struct cg_value **value)
{
    const struct cg_attr *attr = cg_value_attr(*value);
    const struct cg_set *set,
        *full = attr_moves_memory(attr) ? host->nodes_online : host->cpus_online;
    struct cg_value *whole;
    int r;

    if (attr->kind != CG_SET || cg_value_set(*value, &set) < 0 || cg_set_count(set) > 0 || !full)
        return 0;
    r = cg_value_from_set(attr, full, &whole, NULL);
    if (r < 0)
        return r;
    cg_value_unref(*value);
    *value = whole;
    return 0;
}

/* Refused now, in force since before: that is kept as it is, drift healed. */
static int add_kept(const struct record *record, struct origin *origin, struct cells *targets)
{
    const struct cell target = {.role = record->role,
                                .target = record->target,
                                .attr = record->attr,
                                .value = record->written[0],
                                .origin = origin};

    return record->written[0] ? cells_set(targets, &target) : 0;
}

/* v1 takes no CPU that is offline. Without a value: none is left. */
static int leave_out_offline(struct cell *target, const struct host *host)
{
    struct cell whole = *target;
    bool degraded;
    int r;

    if (!target->value || target->attr->constraint != ATTR_SUBSET_OF_PARENT)
        return 0;
    r = online_part(&whole, host, target, &degraded);
    cg_value_unref(whole.value);
    return r;
}

static int add_return(const struct record *record, const struct facts *facts,
                      const struct host *host, const struct cells *observed, struct origin *origin,
                      struct cells *targets, struct refusals *refusals)
{
    const struct cell *seen = cells_find(observed, record->role, record->target, record->attr);
    struct cell target = {.role = record->role,
                          .target = record->target,
                          .attr = record->attr,
                          .flags = CELL_RETURN,
                          .origin = origin};
    int r = baseline_of(record, facts, &target.value);
    bool known = r == 0 && target.value;

    if (r == 0)
        r = leave_out_offline(&target, host);
    if (r == 0 && !target.value)
        return refusals_add(refusals, record->role, NULL, record->attr, origin,
                            known ? "all CPUs of its baseline are offline: left as it is"
                                  : "its baseline is not known and libvirt has no pin for it: "
                                    "left as it is; set the value you want by hand");
    /* What somebody else set is the baseline by now, so there is nothing to put back. */
    if (r == 0 && seen && seen->value && !cg_value_equal(seen->value, target.value))
        r = restorable(host, &target.value);
    if (r == 0)
        r = cells_set(targets, &target);
    cg_value_unref(target.value);
    return r;
}

int targets_make(const struct desired *desired, const struct guest_state *state,
                 const struct unit *unit, const struct facts *facts, const struct host *host,
                 const struct cells *observed, struct cells *ret, struct refusals *refusals,
                 bool *ret_degraded)
{
    const struct cell *behind = behind_unit(desired, unit);
    cleanup_cells struct cells targets = {0};
    struct origin *back = origin_new("", "back to the baseline");
    struct origin *kept = origin_new("", "in force before");
    bool degraded = false;
    int r = back && kept ? 0 : -ENOMEM;

    for (size_t i = 0; r == 0 && i < desired->cells.count; i++)
        r = add_desired(&desired->cells.cells[i], state, host, &targets, refusals, &degraded);
    if (r == 0 && behind) {
        struct cell cell = *behind;

        cell.target = CELL_UNIT;
        r = add_desired(&cell, state, host, &targets, refusals, &degraded);
    }
    for (size_t i = 0; r == 0 && i < state->count; i++) {
        const struct record *record = &state->records[i];

        if (record->target == CELL_MASK ||
            cells_find(&desired->cells, record->role, CELL_FILE, record->attr))
            continue;
        r = is_refused(desired, record)
                ? add_kept(record, kept, &targets)
                : add_return(record, facts, host, observed, back, &targets, refusals);
    }
    origin_unref(back);
    origin_unref(kept);
    if (r < 0)
        return r;
    *ret = targets;
    *ret_degraded = degraded;
    targets = (struct cells){0};
    return 0;
}
