/* Limits that bound each other: on v1 a role's share of a CPU (quota / period) may not exceed the
 * guest's own, nor memory.limit_in_bytes the limit on memory and swap. A user's own limit is
 * never raised for it: that would be a decision, not a need. */
#include "reconcile/plan.h"

#include "cgroup/guest_path.h"

/* What a cell will be: its target, else what was seen. */
static const struct cg_value *value_after(const struct planning *p, struct cg_role role,
                                          const struct cg_attr *attr)
{
    const struct cell *cell = cells_find(&p->targets, role, CELL_FILE, attr);

    if (!cell)
        cell = cells_find(p->observed, role, CELL_FILE, attr);
    return cell ? cell->value : NULL;
}

static bool exceeds(const struct cg_value *part, const struct cg_value *whole)
{
    struct cg_quota a, b;

    if (!part || !whole || cg_value_quota(part, &a) < 0 || cg_value_quota(whole, &b) < 0 ||
        b.quota_us == CG_NO_LIMIT || a.quota_us == CG_NO_LIMIT)
        return false; /* a role without a quota of its own is bounded by the guest's */
    return (unsigned __int128)a.quota_us * b.period_us >
           (unsigned __int128)b.quota_us * a.period_us;
}

static int plan_ratio(struct planning *p, const struct cg_attr *attr)
{
    const struct cg_role vm = p->roles->roles[0];

    for (size_t i = 1; i < p->roles->count; i++) {
        const struct cg_role role = p->roles->roles[i];
        struct cell *child = cells_find(&p->targets, role, CELL_FILE, attr);
        struct cell *own = cells_find(&p->targets, vm, CELL_FILE, attr);
        char name[ROLE_NAME_SIZE];
        int r = 0;

        if (!exceeds(value_after(p, role, attr), value_after(p, vm, attr)))
            continue;
        if (child)
            r = plan_refuse(p, child,
                            "more CPU time than the guest's own %s allows: the kernel refuses "
                            "that; raise the one on `vm` or lower this one",
                            attr->name);
        else if (own)
            r = plan_refuse(p, own,
                            "less CPU time than %s has by its own %s: the kernel refuses that; "
                            "lower that one too",
                            role_name(role, name), attr->name);
        if (r < 0)
            return r;
    }
    return 0;
}

const struct cg_attr *plan_bounded_by(const struct cg_attr *upper)
{
    return upper->bounded ? attr_by_name(upper->bounded, upper->version) : NULL;
}

static bool is_greater(const struct cg_value *a, const struct cg_value *b)
{
    uint64_t x, y;

    return a && b && cg_value_uint(a, &x) == 0 && cg_value_uint(b, &y) == 0 && x > y;
}

static int plan_sibling(struct planning *p, struct cg_role role, const struct cg_attr *lower)
{
    const struct cg_attr *upper = attr_by_name(lower->sibling, lower->version);
    struct cell *low = cells_find(&p->targets, role, CELL_FILE, lower);
    struct cell *up = cells_find(&p->targets, role, CELL_FILE, upper);
    struct cg_value *value = NULL;
    uint64_t bytes;
    int r;

    if (!is_greater(value_after(p, role, lower), value_after(p, role, upper)))
        return 0;
    if (up && !(up->flags & CELL_RETURN))
        return plan_refuse(p, up, "less than %s: the kernel refuses that", lower->name);
    if (!low || cg_value_uint(low->value, &bytes) < 0)
        return up ? plan_refuse(p, up, "less than the %s in force", lower->name) : 0;
    r = cg_value_from_uint(upper, bytes, &value, NULL);
    if (r == 0)
        r = plan_require(p, role, upper, value, low);
    cg_value_unref(value);
    return r;
}

int plan_limits(struct planning *p)
{
    const struct cg_attr *ratio = NULL, *lower = NULL;
    int r = 0;

    for (size_t i = 0; i < p->targets.count; i++) {
        const struct cg_attr *attr = p->targets.cells[i].attr;

        if (attr->constraint == ATTR_RATIO_OF_PARENT)
            ratio = attr;
        if (attr->constraint == ATTR_BELOW_SIBLING)
            lower = attr;
        if (plan_bounded_by(attr))
            lower = plan_bounded_by(attr);
    }
    if (ratio)
        r = plan_ratio(p, ratio);
    if (r == 0 && lower)
        r = plan_sibling(p, p->roles->roles[0], lower);
    return r;
}
