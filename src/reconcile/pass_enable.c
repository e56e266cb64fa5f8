/* What a cell needs before its file is there: its controller, enabled for the nodes of the roles.
 * It has no baseline and is never taken back: others may have come to lean on it, and by itself it
 * grants and forbids nothing. */
#include "reconcile/controllers.h"
#include "reconcile/pass.h"

#include "cgroup/guest_path.h"

#include <string.h>

/* What is enabled, and one more. */
static int and_one(const struct cg_value *enabled, const char *controller, struct cg_value **ret)
{
    cleanup_free char *now = NULL, *text = NULL;
    int r = cg_value_format(enabled, &now);

    if (r < 0)
        return r;
    if (asprintf(&text, "%s%s%s", now, *now ? " " : "", controller) < 0) {
        text = NULL;
        return -ENOMEM;
    }
    return cg_value_parse(&controllers_attr, text, ret, NULL);
}

static struct origin *needed_by(struct cg_role role, const struct cg_attr *attr)
{
    char name[ROLE_NAME_SIZE];
    cleanup_free char *text = NULL;

    if (asprintf(&text, "needed by %s %s", role_name(role, name), attr->name) < 0) {
        text = NULL;
        return NULL;
    }
    return origin_new("", text);
}

static int report(struct pass *pass, struct cell *cell, struct cg_value *old,
                  const struct cg_error *error)
{
    enum change_state state = error ? CHANGE_FAILED : pass->writes ? CHANGE_DONE : CHANGE_PLANNED;

    int r = pass_report_change(pass, cell, old, CHANGE_NEED, state,
                               "the controller is enabled for good: reverting leaves it",
                               error ? cg_error_text(error) : NULL);

    if (r == 0)
        pass->report.changes[pass->report.change_count - 1].error_number = cg_error_errno(error);
    return r;
}

int pass_enable(struct pass *pass, struct cg_error **err)
{
    const struct cg_attr *attr = pass->nodes.lacks.attr;
    struct buffer *scratch = &pass->context->scratch;
    struct cell cell = {.role = {.kind = CG_ROLE_VM}, .attr = &controllers_attr};
    struct cg_value *old = NULL;
    cleanup_error struct cg_error *error = NULL;
    int r = controllers_read(&pass->nodes, attr->controller, scratch, &old, err);

    pass->nodes.lacks.attr = NULL;
    if (r < 0)
        return r;
    cell.origin = needed_by(pass->nodes.lacks.role, attr);
    r = cell.origin ? and_one(old, attr->controller, &cell.value) : -ENOMEM;
    if (r == 0 && pass->writes && controllers_enable(&pass->nodes, attr->controller, &error) == 0) {
        cg_value_unref(cell.value);
        cell.value = NULL;
        r = controllers_read(&pass->nodes, attr->controller, scratch, &cell.value, err);
    }
    if (r == 0)
        r = report(pass, &cell, old, error);
    origin_unref(cell.origin);
    cg_value_unref(cell.value);
    cg_value_unref(old);
    if (r < 0)
        return r == -ENOMEM ? error_out_of_memory(err) : r;
    return pass->writes && !error;
}
