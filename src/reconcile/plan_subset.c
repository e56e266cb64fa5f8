/* A guest's own CPU or node set and those of its roles. A role's set must lie in the guest's own:
 * the v1 kernel refuses it otherwise, and v2's would silently grant the whole of the guest's set
 * where the two have nothing in common. */
#include "reconcile/plan.h"

#include "cgroup/guest_path.h"

#include <string.h>

struct sets {
    struct planning *p;
    const struct cg_attr *attr;
};

static struct cell *target_of(const struct sets *s, struct cg_role role)
{
    return cells_find(&s->p->targets, role, CELL_FILE, s->attr);
}

static const struct cg_set *set_of(const struct cell *cell)
{
    const struct cg_set *set;

    return cell && cell->value && cg_value_set(cell->value, &set) == 0 ? set : NULL;
}

static const struct cg_set *seen_set(const struct sets *s, struct cg_role role)
{
    return set_of(cells_find(s->p->observed, role, CELL_FILE, s->attr));
}

/* Asked for by a policy, rather than returning or needed. */
static bool is_asked(const struct cell *target)
{
    return target && !(target->flags & (CELL_RETURN | CELL_NEEDED));
}

static int require_set(const struct sets *s, struct cg_role role, struct cg_set *set,
                       const struct cell *by)
{
    struct cg_value *value = NULL;
    int r = cg_value_from_set(s->attr, set, &value, NULL);

    if (r == 0)
        r = plan_require(s->p, role, s->attr, value, by);
    cg_value_unref(value);
    return r;
}

static int refuse_outside(const struct sets *s, struct cell *child, const struct cell *own)
{
    cleanup_free char *asked = NULL, *has = NULL;

    if (cg_set_format(set_of(child), &asked) < 0 || cg_set_format(set_of(own), &has) < 0)
        return -ENOMEM;
    return plan_refuse(s->p, child,
                       "%s is outside the guest's own set, %s, on `vm` (%s): widen that one or "
                       "leave it out",
                       asked, has, own->origin ? own->origin->text : "in force");
}

/* The roles' sets under a set that a policy asks for on `vm`. */
static int fit_child(const struct sets *s, struct cg_role role, const struct cell *own)
{
    struct cell *child = target_of(s, role);
    const struct cg_set *all = set_of(own);
    const struct cg_set *set = child ? set_of(child) : seen_set(s, role);
    struct cg_set *part;
    int r;

    if (!set || cg_set_contains(all, set))
        return 0;
    if (is_asked(child))
        return refuse_outside(s, child, own);
    if (s->attr->constraint != ATTR_SUBSET_OF_PARENT)
        return 0;
    r = cg_set_intersection(all, set, &part);
    if (r < 0)
        return r;
    if (cg_set_count(part) == 0) {
        cg_set_unref(part);
        r = cg_set_union(all, all, &part);
        if (r < 0)
            return r;
    }
    r = require_set(s, role, part, own);
    cg_set_unref(part);
    return r;
}

/* The first of libvirt's pins that does not lie in `own`: true and its role. */
static bool pin_outside(const struct planning *p, const struct cg_set *own, struct cg_role *ret)
{
    for (size_t i = 1; i < p->roles->count; i++) {
        const struct cg_set *pin = facts_pin(p->facts, p->roles->roles[i]);

        if (pin && !cg_set_contains(own, pin)) {
            *ret = p->roles->roles[i];
            return true;
        }
    }
    return false;
}

static int plan_asked(const struct sets *s, struct cell *own)
{
    const struct cg_set *seen = seen_set(s, own->role);
    struct cell asked = *own; /* what it points to stays: the array itself may move */
    struct cg_role pinned;
    char name[ROLE_NAME_SIZE];
    int r = 0;

    if (s->attr->constraint == ATTR_SUBSET_OF_PARENT && attr_is_cpus(s->attr) && seen &&
        !cg_set_equal(set_of(own), seen) && pin_outside(s->p, set_of(own), &pinned))
        return plan_refuse(s->p, own,
                           "libvirt has a pin for %s outside of it on record, and its own next "
                           "write (at a start, a hotplug) would fail: change the pin (virsh "
                           "vcpupin, emulatorpin, iothreadpin) or widen the set",
                           role_name(pinned, name));
    for (size_t i = 1; r == 0 && i < s->p->roles->count; i++)
        r = fit_child(s, s->p->roles->roles[i], &asked);
    return r;
}

/* No policy asks for the guest's own set: it holds at least what its roles shall have. */
static int plan_unasked(const struct sets *s)
{
    const struct cg_role vm = s->p->roles->roles[0];
    const struct cell *own = target_of(s, vm), *by = NULL;
    const struct cg_set *seen = seen_set(s, vm), *base = own ? set_of(own) : seen;
    struct cg_set *needed = NULL;
    int r;

    /* Not read since nothing changes; or an empty v2 set, which grants whatever is above it. */
    if (!base || cg_set_count(base) == 0)
        return 0;
    r = cg_set_union(base, base, &needed);
    for (size_t i = 1; r == 0 && i < s->p->roles->count; i++) {
        const struct cell *child = target_of(s, s->p->roles->roles[i]);
        const struct cg_set *set = child ? set_of(child)
                                   : own ? seen_set(s, s->p->roles->roles[i])
                                         : NULL;
        struct cg_set *joined;

        if (!set || cg_set_contains(needed, set))
            continue;
        /* v2 had them side by side before, and takes them back so. */
        if (s->attr->constraint != ATTR_SUBSET_OF_PARENT && !is_asked(child))
            continue;
        if (child)
            by = child;
        r = cg_set_union(needed, set, &joined);
        if (r == 0) {
            cg_set_unref(needed);
            needed = joined;
        }
    }
    if (r == 0 && !cg_set_equal(needed, base))
        r = require_set(s, vm, needed, by ? by : own);
    cg_set_unref(needed);
    return r;
}

/* While libvirt plugs a vCPU in, it gives the emulator all memory nodes for a moment, which v1
 * refuses where the guest's own node lacks some. No thread is in that node, so there it only grows.
 */
static int keep_own_mems(const struct sets *s, struct cell *own)
{
    const struct cg_set *seen = seen_set(s, own->role);
    struct cell kept = *own;
    struct cg_set *both;
    int r;

    if (!seen)
        return 0;
    r = cg_set_union(seen, set_of(own), &both);
    if (r < 0)
        return r;
    kept.value = NULL;
    r = cg_value_from_set(s->attr, both, &kept.value, NULL);
    if (r == 0)
        r = cells_set(&s->p->targets, &kept);
    cg_value_unref(kept.value);
    cg_set_unref(both);
    return r;
}

static int plan_one(struct planning *p, const struct cg_attr *attr)
{
    const struct sets s = {.p = p, .attr = attr};
    struct cell *own = target_of(&s, p->roles->roles[0]);
    int r = 0;

    if (attr->version == 1 && attr_moves_memory(attr) && is_asked(own))
        r = keep_own_mems(&s, own);
    own = target_of(&s, p->roles->roles[0]);
    if (r < 0)
        return r;
    return is_asked(own) ? plan_asked(&s, own) : plan_unasked(&s);
}

int plan_subsets(struct planning *p)
{
    static const char *const names[] = {"cpuset.cpus", "cpuset.mems"};

    for (size_t i = 0; i < ARRAY_SIZE(names); i++)
        for (size_t k = 0; k < p->targets.count; k++) {
            const struct cg_attr *attr = p->targets.cells[k].attr;
            int r;

            if (strcmp(attr->name, names[i]) != 0)
                continue;
            r = plan_one(p, attr);
            if (r < 0)
                return r;
            break;
        }
    return 0;
}
