#include "reconcile/pass.h"

#include <string.h>

void reconcile_context_release(struct reconcile_context *context)
{
    buffer_release(&context->scratch);
    ancestors_release(&context->ancestors);
}

static void pass_release(struct pass *pass)
{
    nodes_close(&pass->nodes);
    free(pass->roles.roles);
    state_release(&pass->state);
    cells_release(&pass->observed);
    cells_release(&pass->targets);
    pass_forget_plan(pass);
    report_release(&pass->report);
}

static int refusals_copy(const struct refusals *from, struct refusals *to)
{
    for (size_t i = 0; i < from->count; i++) {
        const struct refusal *refusal = &from->refusals[i];
        int r = refusals_add(to, refusal->role, refusal->attribute, refusal->attr, refusal->origin,
                             "%s", refusal->text);

        if (r < 0)
            return r;
    }
    return 0;
}

static int report_start(const struct reconcile_request *request, struct report *report)
{
    const struct desired *desired = request->desired;

    memcpy(report->uuid, request->facts->uuid, sizeof(report->uuid));
    report->name = strdup(request->facts->name);
    report->policies = calloc(desired->policy_count + 1, sizeof(char *));
    if (!report->name || !report->policies)
        return -ENOMEM;
    for (size_t i = 0; i < desired->policy_count; i++) {
        report->policies[i] = strdup(desired->policies[i]);
        if (!report->policies[i])
            return -ENOMEM;
        report->policy_count++;
    }
    return refusals_copy(&desired->refusals, &report->refusals);
}

/* The state of this incarnation; one of an earlier life of the guest died with it. */
static int load_state(struct pass *pass, const struct binding *binding, struct cg_error **err)
{
    const char *uuid = pass->request->facts->uuid;
    cleanup_error struct cg_error *damage = NULL;
    int r = state_dir_load(pass->context->state, uuid, pass->context->host->mounts, &pass->state,
                           &damage);

    if (r == -ENOMEM)
        return error_out_of_memory(err);
    if (r == -EUCLEAN) {
        if (pass->writes)
            state_dir_set_aside(pass->context->state, uuid);
        state_start(&pass->state, uuid, binding);
        pass->state.lost = true;
        pass->state_changed = true;
        pass->report.error = strdup(cg_error_text(damage));
        return pass->report.error ? 0 : error_out_of_memory(err);
    }
    if (r < 0 && r != -ENOENT) {
        if (err)
            *err = steal_pointer(&damage);
        return r;
    }
    if (r < 0 || !state_is_of(&pass->state, binding))
        state_start(&pass->state, uuid, binding);
    return 0;
}

/* Who asks for the status wants to see where the guest runs all the same. */
static bool nothing_to_do(const struct pass *pass)
{
    const struct desired *desired = pass->request->desired;

    return pass->context->mode != RECONCILE_STATUS && desired->cells.count == 0 &&
           desired->refusals.count == 0 && pass->state.count == 0;
}

static enum guest_status status_of(const struct pass *pass)
{
    const struct report *report = &pass->report;
    bool planned = false, drift = false, settling = false;

    for (size_t i = 0; i < report->change_count; i++) {
        const struct change *change = &report->changes[i];

        if (change->state == CHANGE_PLANNED) {
            planned = true;
            drift |= change->reason == CHANGE_HEAL;
        } else if (change->state == CHANGE_SETTLING) {
            settling = true;
        } else if (change->state != CHANGE_DONE && change->state != CHANGE_MOVING) {
            return GUEST_FAILED;
        }
    }
    if (report->refusals.count > 0 || report->error)
        return GUEST_FAILED;
    if (pass->held)
        return GUEST_HELD;
    if (pass_is_moving(pass))
        return GUEST_SETTLING;
    if (planned)
        return drift ? GUEST_DRIFT : GUEST_PENDING;
    if (settling)
        return GUEST_SETTLING;
    if (pass->degraded)
        return GUEST_DEGRADED;
    return pass->request->desired->cells.count > 0 || pass->state.count > 0 ? GUEST_IN_SYNC
                                                                            : GUEST_UNMANAGED;
}

/* From what stands there to what was granted of it. */
static int carry_out(struct pass *pass, struct cg_error **err)
{
    int r = pass_plan(pass, err);

    if (r == 0)
        r = pass_write(pass, err);
    if (r == 0)
        r = pass_report_changes(pass);
    if (r == 0 && !pass->request->early)
        r = pass_verify(pass, err);
    return r;
}

static int run(struct pass *pass, struct cg_error **err)
{
    int r = load_state(pass, pass->request->binding, err);

    if (r < 0)
        return r;
    pass_await_move(pass);
    pass_forget_move(pass);
    if (nothing_to_do(pass))
        return pass->writes ? pass_save_state(pass, err) : 0;
    r = roles_of(pass->request->facts, &pass->roles);
    if (r == 0)
        r = carry_out(pass, err);
    if (r == 0 && pass->overtaken) {
        r = pass_begin_anew(pass, err);
        if (r == 0)
            r = carry_out(pass, err);
    }
    return r == -ENOMEM ? error_out_of_memory(err) : r;
}

/* The binding that was handed in, or a new one where there is none or another process runs. */
static int bind(const struct reconcile_context *context, const struct reconcile_request *request,
                struct cg_error **err)
{
    if (request->binding->count > 0)
        return 0;
    return binding_make(context->host, request->facts, request->binding, err);
}

static int look_for_hold(struct pass *pass, struct cg_error **err)
{
    const struct reconcile_request *request = pass->request;
    int r = request->despite_hold
                ? 0
                : state_dir_held(pass->context->state, request->facts->uuid, NULL, err);

    pass->held = r > 0;
    return r < 0 ? r : 0;
}

static int lock(struct pass *pass, int *ret_lock, struct cg_error **err)
{
    const struct reconcile_context *context = pass->context;
    int r = state_dir_lock_guest(context->state, pass->request->facts->uuid, context->lock_wait_ms,
                                 ret_lock, err);

    /* Who waited for the lock may have waited for somebody who held the guest. */
    if (r == 0)
        r = look_for_hold(pass, err);
    pass->writes = r == 0 && !pass->held;
    return r;
}

int reconcile_guest(struct reconcile_context *context, const struct reconcile_request *request,
                    struct report *ret, struct cg_error **err)
{
    struct pass pass = {.context = context, .request = request};
    cleanup_close int locked = -1;
    int r = report_start(request, &pass.report);

    r = r < 0 ? error_out_of_memory(err) : look_for_hold(&pass, err);
    if (r == 0 && context->mode == RECONCILE_APPLY && !pass.held)
        r = lock(&pass, &locked, err);
    if (r == 0)
        r = bind(context, request, err);
    if (r == 0) {
        pass.nodes.host = context->host;
        pass.nodes.binding = request->binding;
        pass.unit = unit_of(request->binding, context->host);
        pass.nodes.mover = context->mover;
        r = run(&pass, err);
        if (r == -ESTALE)
            binding_release(request->binding);
    }
    if (r == 0) {
        pass.report.status = status_of(&pass);
        *ret = pass.report;
        pass.report = (struct report){0};
    }
    pass_release(&pass);
    binding_close(request->binding);
    return r;
}
