#include "reconcile/observe.h"

#include "cgroup/access.h"

static int observe_cell(struct nodes *nodes, const struct cell *wanted, struct buffer *scratch,
                        struct cells *observed, struct refusals *refusals, struct cg_error **err)
{
    cleanup_error struct cg_error *why = NULL;
    struct cell seen = {.role = wanted->role, .target = CELL_FILE, .attr = wanted->attr};
    int dir, r = nodes_open(nodes, wanted->role, wanted->attr, &dir, &why);

    /* A role that does not exist yet is no failure: its cell waits for it. */
    if (r == -ENOENT && wanted->role.kind != CG_ROLE_VM)
        return 0;
    if (r == 0)
        r = attr_read(nodes->host->kernel, dir, wanted->attr, scratch, &seen.value, &why);
    if (r == 0) {
        r = cells_set(observed, &seen);
        cg_value_unref(seen.value);
        return r;
    }
    if (r == -ENOMEM)
        return r;
    if (r == -ESTALE || r == -ENODEV)
        return error_set(err, ESTALE, "%s", cg_error_text(why));
    return refusals_add(refusals, wanted->role, NULL, wanted->attr, wanted->origin, "%s",
                        cg_error_text(why));
}

int observe_cells(struct nodes *nodes, const struct cells *wanted, struct buffer *scratch,
                  struct cells *observed, struct refusals *refusals, struct cg_error **err)
{
    for (size_t i = 0; i < wanted->count; i++) {
        const struct cell *cell = &wanted->cells[i];
        int r;

        if (cell->target != CELL_FILE ||
            cells_find(observed, cell->role, CELL_FILE, cell->attr))
            continue;
        r = observe_cell(nodes, cell, scratch, observed, refusals, err);
        if (r < 0)
            return r == -ENOMEM ? error_out_of_memory(err) : r;
    }
    return 0;
}
