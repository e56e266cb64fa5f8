#include "reconcile/early.h"

static int allows_pin(const struct cell *cell, const struct facts *facts, bool *ret)
{
    const struct cg_set *pin = facts_pin(facts, cell->role), *cpus;
    struct cg_set *both;
    int r;

    *ret = true;
    if (!pin)
        return 0;
    r = cg_value_set(cell->value, &cpus);
    if (r == 0)
        r = cg_set_intersection(cpus, pin, &both);
    if (r < 0)
        return r;
    *ret = cg_set_count(both) > 0;
    cg_set_unref(both);
    return 0;
}

static int may_be_early(const struct cell *cell, const struct facts *facts, bool *ret)
{
    *ret = cell->target == CELL_FILE && cell->role.kind != CG_ROLE_VM && attr_is_cpus(cell->attr);
    return *ret ? allows_pin(cell, facts, ret) : 0;
}

int early_desired(const struct desired *desired, const struct facts *facts, struct desired *ret)
{
    struct desired early = {0};
    int r = 0;

    for (size_t i = 0; r == 0 && i < desired->cells.count; i++) {
        struct cell cell = desired->cells.cells[i];
        bool may;

        cell.flags &= ~(unsigned)CELL_ENFORCE_START;
        r = may_be_early(&cell, facts, &may);
        if (r == 0 && may)
            r = cells_set(&early.cells, &cell);
    }
    if (r < 0) {
        desired_release(&early);
        return r;
    }
    *ret = early;
    return 0;
}
