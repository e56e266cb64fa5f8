/* The property of the guest's unit, behind the file that it stands for. Whatever systemd does about
 * it, the file's value is in force meanwhile, so a failure here takes nothing back. */
#include "reconcile/pass.h"

#include <string.h>

static int note_error(struct outcome *outcome, const char *error)
{
    free(outcome->error);
    outcome->error = error ? strdup(error) : NULL;
    return error && !outcome->error ? -ENOMEM : 0;
}

/* systemd said that it did it; its own record tells. */
static int check_done(struct pass *pass, const struct step *step, struct outcome *outcome,
                      struct cg_error **err)
{
    struct cg_value *value;
    int r = unit_read(pass->context->host, &pass->unit, &pass->context->scratch, &value, err);

    if (r < 0)
        return r;
    outcome->state = CHANGE_DONE;
    if (!cg_value_equal(value, step->cell.value)) {
        outcome->state = CHANGE_FAILED;
        r = note_error(outcome, "systemd agreed, but has another value on record");
    }
    cg_value_unref(value);
    return r;
}

bool pass_may_ask(const struct pass *pass)
{
    const struct unit_call *call = pass->request->call;

    return pass->context->systemd && call && !call->systemd && pass->request->ask_systemd;
}

static int ask(struct pass *pass, const struct step *step, struct outcome *outcome,
               struct cg_error **err)
{
    struct reconcile_context *context = pass->context;
    struct unit_call *call = pass->request->call;
    bool answered;

    outcome->state = CHANGE_SETTLING;
    if (!call || !context->systemd)
        return note_error(outcome, "systemd cannot be asked from here");
    if (pass_may_ask(pass))
        unit_ask(call, context->systemd, &pass->unit, step->cell.value);
    if (context->answer_wait_ms == 0)
        return note_error(outcome, call->error);
    answered = unit_wait(call, &context->answer_wait_ms);
    if (answered && !call->error)
        return check_done(pass, step, outcome, err);
    if (answered)
        outcome->state = CHANGE_FAILED;
    return note_error(outcome, answered ? call->error : "systemd has not answered yet");
}

int pass_ask(struct pass *pass, struct cg_error **err)
{
    for (size_t i = 0; i < pass->plan.count; i++) {
        const struct step *step = &pass->plan.steps[i];
        int r;

        if (step->cell.target != CELL_UNIT || pass->outcomes[i].state != CHANGE_PLANNED)
            continue;
        r = ask(pass, step, &pass->outcomes[i], err);
        if (r < 0)
            return r == -ENOMEM ? error_out_of_memory(err) : r;
    }
    return 0;
}

void pass_look_at_asked(struct pass *pass)
{
    for (size_t i = 0; i < pass->plan.count; i++) {
        const struct step *step = &pass->plan.steps[i];
        const struct record *record = state_find(&pass->state, &step->cell);

        if (step->cell.target == CELL_UNIT && record && record->written[0] &&
            cg_value_equal(record->written[0], step->cell.value))
            pass->outcomes[i].state = CHANGE_SETTLING;
    }
}
