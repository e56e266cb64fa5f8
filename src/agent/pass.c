/* One pass over a guest that runs: made, told, counted, and judged for when the next one is. */
#include "agent/parts.h"

#include "agent/tell.h"

#include <string.h>

/* What stands in a file is fought over by writing; systemd is asked with pauses of its own. */
static bool is_healed(const struct change *change)
{
    return change->reason == CHANGE_HEAL && change->cell.target == CELL_FILE &&
           change_was_written(change);
}

/* One that was healed twice, since the pass began anew, is there twice. */
static int healed_cells(const struct report *report, struct cells *ret)
{
    for (size_t i = 0; i < report->change_count; i++) {
        const struct change *change = &report->changes[i];
        int r = is_healed(change) ? cells_append(ret, &change->cell) : 0;

        if (r < 0)
            return r;
    }
    return 0;
}

/* What a pass that went through left to do. */
static void judge(struct agent *agent, struct managed *guest, const struct report *report,
                  struct event *event)
{
    bool failed = false, planned = report->status == GUEST_HELD;
    unsigned long left = 0;

    for (size_t i = 0; i < report->change_count; i++) {
        const struct change *change = &report->changes[i];

        planned |= change->state == CHANGE_PLANNED || change->state == CHANGE_SKIPPED;
        failed |= change_has_failed(change);
        event->settling |= change->state == CHANGE_SETTLING;
    }
    event->unrested = report->unrested;
    event->awaits_mover = report->awaits_mover;
    event->outcome = OUTCOME_DONE;
    if (agent->context.mode != RECONCILE_APPLY)
        return;
    if (planned && state_dir_held(&agent->state, guest->uuid, &left, NULL) > 0) {
        event->outcome = OUTCOME_HELD;
        event->until = left ? agent_now() + left * CORE_SECOND : CORE_NEVER;
    } else if (failed) {
        event->outcome = OUTCOME_FAILED;
    } else if (planned || report->refusals.count > guest->desired.refusals.count) {
        event->outcome = OUTCOME_LATER;
    }
}

enum pass_outcome pass_outcome_of(int r)
{
    switch (r) {
    case -EBUSY:
        return OUTCOME_BUSY;
    case -ENOENT:
    case -ESTALE:
    case -ENODEV:
        return OUTCOME_ABSENT;
    default:
        return OUTCOME_FAILED;
    }
}

static void tell_pass(struct agent *agent, struct managed *guest, const struct report *report,
                      enum pass_outcome outcome)
{
    cleanup_free struct writer *writers = trace_report(agent, guest, report);

    tell_report(&agent->log, guest, report,
                !agent_writes(agent)      ? "would be made"
                : outcome == OUTCOME_HELD ? "held back"
                                          : "put off",
                writers);
}

/* Takes what a failed change and its undoing wrote for what it is, no call for the next try. Did
 * somebody else change something meanwhile? Of a pass that had no report (NULL) that is not known.
 */
static bool take_echo(struct agent *agent, const struct reconcile_request *request,
                      const struct report *report, struct managed *guest)
{
    bool overlooked = false;

    loop_take_nodes(agent, guest);
    if (report &&
        reconcile_overlooked(&agent->context, request, report, &overlooked, NULL) == -ESTALE)
        guest->rewatch = true;
    return overlooked;
}

/* Whatever it was before, it is not known to be so now. */
static void fail(struct agent *agent, struct managed *guest, const char *why)
{
    work_count(agent, guest, &(struct report){.status = GUEST_FAILED});
    tell_failure(&agent->log, guest, why);
}

void pass_make(struct agent *agent, const struct action *action)
{
    struct managed *guest = action->guest;
    cleanup_cells struct cells resting = {0}, healed = {0};
    const struct reconcile_request request = {.facts = guest->facts,
                                              .desired = &guest->desired,
                                              .resting = &resting,
                                              .starting = action->starting,
                                              .rested = action->rested,
                                              .call = &guest->call,
                                              .ask_systemd = action->ask_systemd,
                                              .binding = &guest->binding};
    struct event event = {.type = CORE_PASSED, .guest = guest, .healed = &healed};
    uint64_t began = agent_now();
    cleanup_error struct cg_error *error = NULL;
    cleanup_report struct report report = {0};
    bool overlooked = false;
    int r;

    keep_state(agent);
    r = keep_guest(agent, guest, &error);
    ancestors_release(&agent->context.ancestors);
    /* What was found while libvirt still made the nodes may be half of them. */
    if (action->starting)
        binding_release(&guest->binding);
    if (r == 0)
        r = fights_resting(&guest->schedule.fights, began, &resting);
    if (r == 0)
        r = reconcile_guest(&agent->context, &request, &report, &error);
    if (r == 0)
        r = healed_cells(&report, &healed);
    if (healed.count > 0)
        guest->healed_at = agent_now();
    metrics_file_passed(agent, guest, &report, r, began); /* new watches are events, too */
    if (r == 0) {
        judge(agent, guest, &report, &event);
        tell_pass(agent, guest, &report, event.outcome);
        if (resting.count == 0 && !report.unrested)
            guest->looked_at = began;
        work_count(agent, guest, &report);
        work_watch(agent, guest);
    } else {
        event.outcome = pass_outcome_of(r);
        if (r == -ESTALE)
            guest->rewatch = true;
    }
    /* However the pass ended: it may have started a move first. */
    moves_follow(agent, guest);
    if (event.outcome == OUTCOME_FAILED)
        overlooked = take_echo(agent, &request, r == 0 ? &report : NULL, guest);
    agent_tell(agent, &event);
    if (overlooked)
        agent_tell(agent, &(struct event){.type = CORE_NODE, .guest = guest});
    if (event.outcome == OUTCOME_FAILED && r < 0)
        fail(agent, guest, error ? cg_error_text(error) : strerror(-r));
    else if (core_gave_up(guest))
        fail(agent, guest,
             "it runs, but no control group of it was found; it is looked at again when "
             "something is heard of it");
}
