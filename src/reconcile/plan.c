#include "reconcile/plan.h"

#include "base/array.h"
#include "cgroup/guest_path.h"

#include <stdarg.h>
#include <string.h>

int roles_of(const struct facts *facts, struct role_list *ret)
{
    size_t n = 0, vcpus = facts_vcpus(facts);
    struct cg_role *roles = reallocarray(NULL, 2 + vcpus + facts->iothread_count, sizeof(*roles));

    if (!roles)
        return -ENOMEM;
    roles[n++] = (struct cg_role){.kind = CG_ROLE_VM};
    roles[n++] = (struct cg_role){.kind = CG_ROLE_EMULATOR};
    for (unsigned i = 0; i < vcpus; i++)
        roles[n++] = (struct cg_role){.kind = CG_ROLE_VCPU, .index = i};
    for (size_t i = 0; i < facts->iothread_count; i++)
        roles[n++] = (struct cg_role){.kind = CG_ROLE_IOTHREAD, .index = facts->iothreads[i]};
    *ret = (struct role_list){.roles = roles, .count = n};
    return 0;
}

static bool is_vm(struct cg_role role)
{
    return role.kind == CG_ROLE_VM;
}

static const struct cg_value *observed_value(const struct cells *observed, const struct cell *key)
{
    const struct cell *seen = cells_find(observed, key->role, key->target, key->attr);

    return seen ? seen->value : NULL;
}

static bool differs(const struct cells *observed, const struct cell *target)
{
    const struct cg_value *seen = observed_value(observed, target);

    return seen && !cg_value_equal(seen, target->value);
}

static int need(const struct cells *observed, struct cg_role role, const struct cg_attr *attr,
                const struct cell *by, struct cells *ret)
{
    const struct cell key = {.role = role, .attr = attr, .origin = by->origin};

    return cells_find(observed, role, CELL_FILE, attr) ? 0 : cells_set(ret, &key);
}

/* Sets and quotas are bound to those of the node above and of the nodes below. */
static bool is_hierarchical(const struct cg_attr *attr)
{
    return attr->kind == CG_SET || attr->constraint == ATTR_RATIO_OF_PARENT;
}

int plan_needs(const struct cells *targets, const struct cells *observed,
               const struct role_list *roles, struct cells *ret)
{
    for (size_t i = 0; i < targets->count; i++) {
        const struct cell *target = &targets->cells[i];
        const struct cg_attr *attr = target->attr;
        int r = 0;

        if (target->target != CELL_FILE || !cells_find(observed, target->role, CELL_FILE, attr))
            continue;
        /* v2 takes a role's set whatever the guest's own is, and grants something else. */
        if (attr->kind == CG_SET && attr->constraint == ATTR_FREE && !is_vm(target->role))
            r = need(observed, roles->roles[0], attr, target, ret);
        if (r < 0)
            return r;
        if (!differs(observed, target))
            continue;
        if (is_hierarchical(attr) && !is_vm(target->role))
            r = need(observed, roles->roles[0], attr, target, ret);
        if (is_vm(target->role) && is_hierarchical(attr) && attr->constraint != ATTR_FREE)
            for (size_t k = 1; r == 0 && k < roles->count; k++)
                r = need(observed, roles->roles[k], attr, target, ret);
        if (r == 0 && attr->constraint == ATTR_BELOW_SIBLING)
            r = need(observed, target->role, attr_by_name(attr->sibling, attr->version), target,
                     ret);
        if (r == 0 && plan_bounded_by(attr))
            r = need(observed, target->role, plan_bounded_by(attr), target, ret);
        if (r < 0)
            return r;
    }
    return 0;
}

int plan_refuse(struct planning *p, struct cell *target, const char *format, ...)
{
    cleanup_free char *text = NULL;
    va_list args;
    int r;

    va_start(args, format);
    if (vasprintf(&text, format, args) < 0)
        text = NULL;
    va_end(args);
    if (!text)
        return -ENOMEM;
    r = refusals_add(p->refusals, target->role, NULL, target->attr, target->origin, "%s", text);
    cells_remove(&p->targets, target);
    return r;
}

int plan_require(struct planning *p, struct cg_role role, const struct cg_attr *attr,
                 struct cg_value *value, const struct cell *needed_by)
{
    char name[ROLE_NAME_SIZE];
    cleanup_free char *text = NULL;
    struct cell cell = {.role = role, .attr = attr, .value = value, .flags = CELL_NEEDED};
    int r;

    if (asprintf(&text, "needed by %s %s", role_name(needed_by->role, name),
                 needed_by->attr->name) < 0)
        return -ENOMEM;
    cell.origin = origin_new("", text);
    r = cell.origin ? cells_set(&p->targets, &cell) : -ENOMEM;
    origin_unref(cell.origin);
    return r;
}

static enum change_reason reason_of(const struct cell *target, const struct guest_state *state)
{
    const struct record *record = state_find(state, target);

    if (target->flags & CELL_RETURN)
        return CHANGE_RETURN;
    if (record && record->written[0] && cg_value_equal(record->written[0], target->value))
        return CHANGE_HEAL;
    return target->flags & CELL_NEEDED ? CHANGE_NEED : CHANGE_POLICY;
}

static int plan_add(struct plan *plan, const struct cell *cell, struct cg_value *value,
                    struct cg_value *old, enum step_phase phase, enum change_reason reason)
{
    struct step *step;

    if (array_grow(&plan->steps, plan->count, &plan->size) < 0)
        return -ENOMEM;
    step = &plan->steps[plan->count++];
    *step = (struct step){.cell = *cell,
                          .old = cg_value_ref(old),
                          .phase = phase,
                          .reason = reason,
                          .on_the_way = value != cell->value};
    step->cell.value = cg_value_ref(value);
    step->cell.origin = cell->origin ? origin_ref(cell->origin) : NULL;
    return 0;
}

/* A guest's own set: what it has and shall have overlap, so it grows to both before its children
 * move, and shrinks behind them. An empty v2 set grants all. */
static int add_own_set(struct plan *plan, const struct cell *target, struct cg_value *old,
                       enum change_reason reason)
{
    const struct cg_set *from, *to;
    struct cg_value *both = NULL;
    struct cg_set *joined;
    int r;

    if (cg_value_set(old, &from) < 0 || cg_value_set(target->value, &to) < 0)
        return -EINVAL;
    if (cg_set_count(from) == 0 || cg_set_contains(from, to))
        return plan_add(plan, target, target->value, old, STEP_SHRINK, reason);
    if (cg_set_contains(to, from))
        return plan_add(plan, target, target->value, old, STEP_GROW, reason);
    r = cg_set_union(from, to, &joined);
    if (r < 0)
        return r;
    r = cg_value_from_set(target->attr, joined, &both, NULL);
    cg_set_unref(joined);
    if (r == 0)
        r = plan_add(plan, target, both, old, STEP_GROW, reason);
    if (r == 0)
        r = plan_add(plan, target, target->value, both, STEP_SHRINK, reason);
    cg_value_unref(both);
    return r;
}

static bool rises(const struct cg_value *from, const struct cg_value *to)
{
    struct cg_quota a, b;
    uint64_t x, y;

    if (cg_value_quota(from, &a) == 0 && cg_value_quota(to, &b) == 0) {
        if (a.quota_us == CG_NO_LIMIT || b.quota_us == CG_NO_LIMIT)
            return a.quota_us != CG_NO_LIMIT;
        return (unsigned __int128)b.quota_us * a.period_us >
               (unsigned __int128)a.quota_us * b.period_us;
    }
    return cg_value_uint(from, &x) == 0 && cg_value_uint(to, &y) == 0 && y > x;
}

/* systemd was asked for something else, and it may still come though its record is as wanted. */
static bool is_to_come(const struct cell *target, const struct guest_state *state)
{
    const struct record *record = target->target == CELL_UNIT ? state_find(state, target) : NULL;

    return record && record->written[0] && !cg_value_equal(record->written[0], target->value);
}

static int add_steps(struct plan *plan, const struct planning *p, const struct cell *target)
{
    const struct cell *seen = cells_find(p->observed, target->role, target->target, target->attr);
    enum change_reason reason = reason_of(target, p->state);
    enum step_phase phase = STEP_SET;

    if (!differs(p->observed, target) && !is_to_come(target, p->state))
        return 0;
    if (is_vm(target->role) && target->attr->kind == CG_SET)
        return add_own_set(plan, target, seen->value, reason);
    if ((is_vm(target->role) && target->attr->kind == CG_QUOTA) || plan_bounded_by(target->attr))
        phase = rises(seen->value, target->value) ? STEP_GROW : STEP_SHRINK;
    return plan_add(plan, target, target->value, seen->value, phase, reason);
}

bool step_moves(const struct step *step)
{
    return attr_moves_memory(step->cell.attr);
}

/* What systemd is asked for comes behind all that the kernel is, since it cannot be taken back at
 * once; mems before it, since they move memory; from the root down when growing, from the leaves up
 * when shrinking. */
static int step_compare(const void *a, const void *b)
{
    const struct step *x = a, *y = b;
    bool x_unit = x->cell.target == CELL_UNIT, y_unit = y->cell.target == CELL_UNIT;
    int roles = role_compare(x->cell.role, y->cell.role);

    if (x_unit != y_unit)
        return x_unit ? 1 : -1;
    if (step_moves(x) != step_moves(y))
        return step_moves(x) ? 1 : -1;
    if (x->phase != y->phase)
        return x->phase < y->phase ? -1 : 1;
    if (roles != 0)
        return x->phase == STEP_SHRINK ? -roles : roles;
    return strcmp(x->cell.attr->name, y->cell.attr->name);
}

/* A target whose role is not there waits for it. */
static int observed_targets(const struct cells *targets, const struct cells *observed,
                            struct cells *ret)
{
    for (size_t i = 0; i < targets->count; i++) {
        const struct cell *target = &targets->cells[i];
        int r = observed_value(observed, target) ? cells_set(ret, target) : 0;

        if (r < 0)
            return r;
    }
    return 0;
}

int plan_make(const struct cells *targets, const struct cells *observed,
              const struct guest_state *state, const struct facts *facts,
              const struct role_list *roles, struct plan *ret, struct refusals *refusals)
{
    cleanup_plan struct plan plan = {0};
    struct planning p = {
        .observed = observed, .state = state, .facts = facts, .roles = roles, .refusals = refusals};
    int r = observed_targets(targets, observed, &p.targets);

    if (r == 0)
        r = plan_subsets(&p);
    if (r == 0)
        r = plan_limits(&p);
    for (size_t i = 0; r == 0 && i < p.targets.count; i++)
        r = add_steps(&plan, &p, &p.targets.cells[i]);
    if (r < 0) {
        cells_release(&p.targets);
        return r;
    }
    plan.targets = p.targets;
    if (plan.count > 0)
        qsort(plan.steps, plan.count, sizeof(*plan.steps), step_compare);
    *ret = plan;
    plan = (struct plan){0};
    return 0;
}

void plan_release(struct plan *plan)
{
    for (size_t i = 0; i < plan->count; i++) {
        cg_value_unref(plan->steps[i].cell.value);
        origin_unref(plan->steps[i].cell.origin);
        cg_value_unref(plan->steps[i].old);
    }
    free(plan->steps);
    cells_release(&plan->targets);
    *plan = (struct plan){0};
}
