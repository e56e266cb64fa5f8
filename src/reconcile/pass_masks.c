/* Threads' own affinity: what a pass gives them where it keeps them from the policy's CPUs, and
 * what it gives back. */
#include "reconcile/pass.h"

#include <string.h>

static int mask_cell(const struct cell *target, const struct cg_set *cpus, struct cell *ret)
{
    *ret = *target;
    ret->target = CELL_MASK;
    return cg_value_from_set(target->attr, cpus, &ret->value, NULL);
}

/* Gives the role's threads the mask, on record first. */
static int set_masks(struct pass *pass, const struct cell *mask, const struct granted *grant,
                     struct cg_error **err)
{
    const struct cg_set *cpus;
    struct record *record;
    int r = state_add(&pass->state, mask, &record);

    if (r < 0 || cg_value_set(mask->value, &cpus) < 0)
        return error_out_of_memory(err);
    record_write(record, mask->value);
    record_written(record); /* its baseline is libvirt's pin, whatever stands there */
    pass->state_changed = true;
    r = pass_save_state(pass, err);
    return r < 0 ? r : grant_set_masks(&pass->nodes, grant, cpus, err);
}

int pass_widen_masks(struct pass *pass, const struct cell *target, struct granted *grant,
                     struct cg_error **err)
{
    cleanup_error struct cg_error *why = NULL;
    const struct cg_set *cpus;
    enum change_state state = CHANGE_PLANNED;
    struct cell mask;
    int r = cg_value_set(target->value, &cpus) < 0 ? -EINVAL : mask_cell(target, cpus, &mask);

    if (r < 0)
        return r;
    if (pass->writes) {
        r = set_masks(pass, &mask, grant, &why);
        granted_release(grant);
        state = r < 0 ? CHANGE_FAILED : CHANGE_DONE;
        r = grant_read(&pass->nodes, target->role, &pass->context->scratch, grant, err);
        if (r == 0 && state == CHANGE_DONE && grant_masked(grant)) {
            state = CHANGE_FAILED;
            error_set(&why, EIO, "a thread still may not run on all of these CPUs");
        }
    }
    if (r == 0)
        r = pass_report_change(pass, &mask, NULL, CHANGE_POLICY, state,
                               "a thread's own affinity kept it from these CPUs",
                               why ? cg_error_text(why) : NULL);
    cg_value_unref(mask.value);
    return r;
}

/* The pin may have no CPU in common with the set that is there now (EINVAL). The kernel grants the
 * set alone then, as it does under a mask of all CPUs. */
static int put_masks_back(struct pass *pass, struct cg_role role, const struct cg_set *pin,
                          struct cg_error **err)
{
    const struct cg_set *all = pass->context->host->cpus_present;
    cleanup_error struct cg_error *why = NULL;
    struct granted grant = {0};
    int r = grant_read(&pass->nodes, role, &pass->context->scratch, &grant, err);

    if (r < 0)
        return r;
    r = grant_set_masks(&pass->nodes, &grant, pin, &why);
    if (r == -EINVAL && all)
        r = grant_set_masks(&pass->nodes, &grant, all, err);
    else if (r < 0)
        error_set(err, -r, "%s", why ? cg_error_text(why) : strerror(-r));
    granted_release(&grant);
    return r;
}

/* A mask that vmpin gave, and whose set no policy asks for any more, goes back to libvirt's pin. */
static int return_mask(struct pass *pass, struct record *record, struct cg_error **err)
{
    const struct host *host = pass->context->host;
    const struct cg_set *pin = facts_pin(pass->request->facts, record->role);
    const struct cell key = {.role = record->role, .target = CELL_MASK, .attr = record->attr};
    enum change_state state = pass->writes ? CHANGE_DONE : CHANGE_PLANNED;
    cleanup_error struct cg_error *why = NULL;
    struct cell mask;
    int r = 0;

    if (!pin)
        pin = host->cpus_present;
    if (!pin)
        return 0;
    if (pass->writes)
        r = put_masks_back(pass, record->role, pin, &why);
    if (r == -ESTALE)
        return error_set(err, ESTALE, "%s", cg_error_text(why));
    if (pass->writes && (r == 0 || r == -ENOENT)) {
        state_remove(&pass->state, state_find(&pass->state, &key));
        pass->state_changed = true;
    }
    if (r == -ENOENT) /* the role went, and its threads with it */
        return 0;
    if (r < 0)
        state = CHANGE_FAILED; /* it stays on record, and the next pass tries again */
    r = mask_cell(&key, pin, &mask);
    if (r == 0)
        r = pass_report_change(pass, &mask, NULL, CHANGE_RETURN, state, NULL,
                               why ? cg_error_text(why) : NULL);
    cg_value_unref(mask.value);
    return r;
}

int pass_return_masks(struct pass *pass, struct cg_error **err)
{
    for (size_t i = pass->state.count; i-- > 0;) {
        struct record *record = &pass->state.records[i];
        int r;

        if (record->target != CELL_MASK ||
            cells_find(&pass->request->desired->cells, record->role, CELL_FILE, record->attr))
            continue;
        r = return_mask(pass, record, err);
        if (r < 0)
            return r;
    }
    return pass->writes ? pass_save_state(pass, err) : 0;
}
