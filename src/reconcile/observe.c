#include "reconcile/observe.h"

#include "base/error.h"
#include "cgroup/access.h"
#include "reconcile/controllers.h"
#include "reconcile/unit.h"

#include <string.h>

/* *ret stays NULL where the role does not exist. */
static int read_file(struct nodes *nodes, const struct cell *wanted, struct buffer *scratch,
                     struct cg_value **ret, struct cg_error **err)
{
    int dir, r = nodes_open(nodes, wanted->role, wanted->attr, &dir, err);

    if (r == -ENOENT && wanted->role.kind != CG_ROLE_VM)
        return 0;
    return r < 0 ? r : attr_read(nodes->host->kernel, dir, wanted->attr, scratch, ret, err);
}

/* *ret stays NULL where the guest is in no unit (any more). */
static int read_unit(struct nodes *nodes, struct buffer *scratch, struct cg_value **ret,
                     struct cg_error **err)
{
    const struct unit unit = unit_of(nodes->binding, nodes->host);

    return unit.name ? unit_read(nodes->host, &unit, scratch, ret, err) : 0;
}

/* libvirt takes the nodes of a guest, or of an iothread, away: in one that is open still no file is
 * left. 0: it stands; -ENOENT: the role went; -ESTALE: the guest did. */
static int check_stands(const struct nodes *nodes, const struct cell *wanted)
{
    cleanup_nodes struct nodes afresh = {
        .host = nodes->host, .binding = nodes->binding, .afresh = true};
    int dir;

    return nodes_open(&afresh, wanted->role, wanted->attr, &dir, NULL);
}

/* The file is not there, though the node is. */
static int observe_missing(struct nodes *nodes, const struct cell *wanted, struct buffer *scratch,
                           struct refusals *refusals, const struct cg_error *error)
{
    cleanup_free char *why = NULL;
    int r = controllers_missing(nodes, wanted->role, wanted->attr, scratch, &why);

    if (r < 0)
        return r;
    if (r > 0) {
        nodes->lacks.role = wanted->role;
        nodes->lacks.attr = wanted->attr;
        return 0;
    }
    return refusals_add(refusals, wanted->role, NULL, wanted->attr, wanted->origin, "%s",
                        why ? why : cg_error_text(error));
}

static int observe_cell(struct nodes *nodes, const struct cell *wanted, struct buffer *scratch,
                        struct cells *observed, struct refusals *refusals, struct cg_error **err)
{
    cleanup_error struct cg_error *why = NULL;
    struct cell seen = {.role = wanted->role, .target = wanted->target, .attr = wanted->attr};
    int r = wanted->target == CELL_UNIT ? read_unit(nodes, scratch, &seen.value, &why)
                                        : read_file(nodes, wanted, scratch, &seen.value, &why);

    /* A role that does not exist yet is no failure: its cell waits for it. */
    if (r == 0 && !seen.value)
        return 0;
    if (r == 0) {
        r = cells_set(observed, &seen);
        cg_value_unref(seen.value);
        return r;
    }
    if (r == -ENOENT) {
        int stands = check_stands(nodes, wanted);

        if (stands == 0)
            return observe_missing(nodes, wanted, scratch, refusals, why);
        if (stands == -ENOENT)
            return 0;
        if (error_is_want(stands))
            return error_set(err, -stands, "%s", strerror(-stands));
        r = stands;
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

        if (cell->target == CELL_MASK || cells_find(observed, cell->role, cell->target, cell->attr))
            continue;
        r = observe_cell(nodes, cell, scratch, observed, refusals, err);
        if (r < 0)
            return r == -ENOMEM ? error_out_of_memory(err) : r;
    }
    return 0;
}
