/* The memory nodes of a guest in one pass: whether they are written now, by whom, or why not yet.
 */
#include "reconcile/pass.h"

#include "base/proc_stat.h"
#include "reconcile/move.h"
#include "reconcile/resident.h"

#include <poll.h>
#include <string.h>

#define MOVE_STEP_MS 10

static bool lives(const struct guest_state *state)
{
    uint64_t start;

    return state->mover > 0 && proc_start_time(state->mover, &start) == 0 &&
           start == state->mover_start;
}

bool pass_is_moving(const struct pass *pass)
{
    const struct mover *mover = pass->context->mover;

    if (mover)
        return mover_moves(mover, pass->request->facts->uuid);
    return lives(&pass->state);
}

/* The hold stops it: it ends with the write that is under way. */
void pass_await_move(const struct pass *pass)
{
    if (!pass->writes || !pass->request->despite_hold)
        return;
    for (unsigned left = pass->context->move_wait_ms / MOVE_STEP_MS;
         left > 0 && pass_is_moving(pass); left--)
        poll(NULL, 0, MOVE_STEP_MS);
}

void pass_forget_move(struct pass *pass)
{
    if (!pass->writes || pass->state.mover == 0 || pass_is_moving(pass))
        return;
    pass->state.mover = 0;
    pass->state_changed = true;
}

/* While its memory moves, what stands in the files is half of it: nobody's drift, and no plan's
 * beginning. */
int pass_leave_mems(struct pass *pass)
{
    bool told = pass->writes && pass->request->despite_hold;

    for (size_t i = pass->targets.count; i-- > 0;) {
        struct cell *target = &pass->targets.cells[i];

        if (!attr_moves_memory(target->attr))
            continue;
        if (told &&
            refusals_add(&pass->report.refusals, target->role, NULL, target->attr, target->origin,
                         "not given back, since the guest's memory still moves (process "
                         "%d): revert again when that has ended",
                         (int)pass->state.mover) < 0)
            return -ENOMEM;
        cells_remove(&pass->targets, target);
    }
    return 0;
}

static uint64_t hash(uint64_t seed, const void *data, size_t length)
{
    const unsigned char *bytes = data;

    for (size_t i = 0; i < length; i++)
        seed = (seed ^ bytes[i]) * UINT64_C(0x100000001b3); /* FNV-1a */
    return seed;
}

/* What stands in all of the guest's mems, told from what stood there before. Never 0. */
static int picture(const struct pass *pass, uint64_t *ret)
{
    uint64_t seen = UINT64_C(0xcbf29ce484222325);

    for (size_t i = 0; i < pass->observed.count; i++) {
        const struct cell *cell = &pass->observed.cells[i];
        cleanup_free char *text = NULL;

        if (!attr_moves_memory(cell->attr) || !cell->value)
            continue;
        if (cg_value_format(cell->value, &text) < 0)
            return -ENOMEM;
        seen = hash(seen, &cell->role.kind, sizeof(cell->role.kind));
        seen = hash(seen, &cell->role.index, sizeof(cell->role.index));
        seen = hash(seen, text, strlen(text) + 1);
    }
    *ret = seen ? seen : 1;
    return 0;
}

static const struct step *first_move(const struct plan *plan)
{
    for (size_t i = 0; i < plan->count; i++)
        if (step_moves(&plan->steps[i]))
            return &plan->steps[i];
    return NULL;
}

/* libvirt opens mems on purpose while it plugs a vCPU in, and closes them again. */
static int must_rest(struct pass *pass, bool *ret)
{
    uint64_t seen = 0;
    int r;

    *ret = false;
    if (pass->request->starting || !mems_begun(&pass->plan.targets, &pass->state))
        return 0;
    r = picture(pass, &seen);
    *ret = seen != pass->request->rested;
    if (*ret)
        pass->report.unrested = seen;
    return r;
}

int pass_choose_move(struct pass *pass, struct cg_error **err)
{
    const struct mover *mover = pass->context->mover;
    const struct step *first = first_move(&pass->plan);
    bool rest;

    pass->move = MOVE_NONE;
    if (!first || !pass->writes)
        return 0;
    if (must_rest(pass, &rest) < 0)
        return error_out_of_memory(err);
    pass->move = rest                ? MOVE_RESTS
                 : !mover            ? MOVE_HERE
                 : mover_runs(mover) ? MOVE_WAITS
                                     : MOVE_ASIDE;
    pass->report.awaits_mover = pass->move == MOVE_WAITS;
    pass->nodes.leave_mems = pass->move != MOVE_HERE;
    if (pass->move == MOVE_HERE && pass->context->moves)
        pass->context->moves(pass->request->facts, first->cell.value);
    return 0;
}

const char *pass_move_note(const struct pass *pass, const struct step *step)
{
    if (!step_moves(step))
        return NULL;
    if (pass->move == MOVE_RESTS)
        return "waits until nothing has changed there for 2 seconds";
    return pass->move == MOVE_WAITS ? "waits until another guest's memory has moved" : NULL;
}

/* "The kernel took the write" is not "the memory is there". A host that does not tell is believed.
 */
static void see_memory(struct pass *pass)
{
    const struct step *last = NULL;
    const struct cg_set *nodes;
    struct resident guest;

    for (size_t i = 0; i < pass->plan.count; i++)
        if (step_moves(&pass->plan.steps[i])) {
            if (pass->outcomes[i].state != CHANGE_DONE)
                return;
            last = &pass->plan.steps[i];
        }
    if (!last || cg_value_set(last->cell.value, &nodes) < 0)
        return;
    guest = resident_of(&pass->nodes);
    resident_elsewhere(&guest, nodes, &pass->context->scratch, &pass->report.memory_elsewhere);
}

int pass_start_move(struct pass *pass, struct cg_error **err)
{
    cleanup_error struct cg_error *why = NULL;
    int r;

    if (pass->move == MOVE_HERE)
        see_memory(pass);
    if (pass->move != MOVE_ASIDE)
        return 0;
    for (size_t i = 0; i < pass->plan.count; i++)
        if (step_moves(&pass->plan.steps[i]) && pass->outcomes[i].state == CHANGE_SKIPPED)
            return 0;
    r = mover_start(pass->context->mover, pass->request->facts->uuid, &pass->nodes, &pass->plan,
                    &why);
    /* One that has ended already is no move. */
    if (r == 0 && proc_start_time(pass->context->mover->pid, &pass->state.mover_start) == 0)
        pass->state.mover = pass->context->mover->pid;
    if (r == -ENOMEM || r == -ESTALE)
        return error_set(err, -r, "%s", cg_error_text(why));
    for (size_t i = 0; i < pass->plan.count; i++) {
        struct outcome *outcome = &pass->outcomes[i];

        if (!step_moves(&pass->plan.steps[i]))
            continue;
        outcome->state = r < 0 ? CHANGE_FAILED : CHANGE_MOVING;
        if (r < 0 && !(outcome->error = strdup(cg_error_text(why))))
            return error_out_of_memory(err);
    }
    return 0;
}
