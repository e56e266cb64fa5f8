/* Do the slices above a guest allow the CPUs (or memory nodes)? v1 would refuse the write, v2
 * would take it and grant something else; either way the ancestor's owner has to be asked. */
#include "reconcile/check.h"

int check_ancestors(const struct check_input *input, const struct step *step,
                    struct refusals *refusals, struct cg_error **err)
{
    const struct cell *cell = &step->cell;
    const struct cg_set *asked;
    cleanup_free char *text = NULL;
    int r;

    if (cg_value_set(cell->value, &asked) < 0)
        return 0;
    /* v2 takes a baseline back as it had it, whatever it grants of it. */
    if (step->reason == CHANGE_RETURN && cell->attr->constraint != ATTR_SUBSET_OF_PARENT)
        return 0;
    r = ancestors_forbid(input->ancestors, input->nodes, cell->attr, asked, input->scratch, &text);
    if (r == 0 && text)
        r = refusals_add(refusals, cell->role, NULL, cell->attr, cell->origin, "%s", text);
    return r == -ENOMEM ? error_out_of_memory(err) : r;
}
