/* A pass that fails writes and takes back, and the events of that must not call for the next try.
 * So its echo is thrown away, and with it the news of what somebody else did meanwhile. The files
 * tell that apart: what is to be changed now, though the pass found it right or had written it. */
#include "reconcile/reconcile.h"

/* The last word of the report on that cell; NULL: it had nothing to say. */
static const struct change *last_change(const struct report *report, const struct cell *cell)
{
    for (size_t i = report->change_count; i-- > 0;)
        if (cell_compare(&report->changes[i].cell, cell) == 0)
            return &report->changes[i];
    return NULL;
}

static bool is_news(const struct change *planned, const struct report *report)
{
    const struct change *known = last_change(report, &planned->cell);

    return planned->cell.target == CELL_FILE && planned->state == CHANGE_PLANNED &&
           !attr_moves_memory(planned->cell.attr) && (!known || change_was_written(known));
}

int reconcile_overlooked(struct reconcile_context *context, const struct reconcile_request *request,
                         const struct report *report, bool *ret, struct cg_error **err)
{
    const enum reconcile_mode mode = context->mode;
    cleanup_report struct report look = {0};
    int r;

    *ret = false;
    context->mode = RECONCILE_PLAN;
    r = reconcile_guest(context, request, &look, err);
    context->mode = mode;
    for (size_t i = 0; r == 0 && !*ret && i < look.change_count; i++)
        *ret = is_news(&look.changes[i], report);
    return r;
}
