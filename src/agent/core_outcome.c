/* What the end of a pass leads to: when the guest is looked at again, and what rests until then. */
#include "agent/core_internal.h"

/* How long until a pass that ended in a certain way is tried again: the first pause, doubled up to
 * the longest; `tries` 0: for ever. A hint waits as long, but for no more than `hint`: what failed
 * for good must not keep drift beside it. What is left for later was not tried and keeps nothing.
 */
static const struct patience {
    uint64_t first, most, hint;
    unsigned tries;
} patience[] = {
    [OUTCOME_DONE] = {0},
    [OUTCOME_LATER] = {2500 * CORE_MS, 60 * CORE_SECOND, 0, 0},
    [OUTCOME_FAILED] = {1 * CORE_SECOND, 60 * CORE_SECOND, 100 * CORE_MS, 0},
    [OUTCOME_BUSY] = {50 * CORE_MS, 1 * CORE_SECOND, 1 * CORE_SECOND, 0},
    [OUTCOME_ABSENT] = {20 * CORE_MS, 1 * CORE_SECOND, 1 * CORE_SECOND, 8},
    [OUTCOME_HELD] = {0},
};

/* The same for what systemd did not do. */
#define ASK_PAUSE      (1 * CORE_SECOND)
#define ASK_PAUSE_MOST (60 * CORE_SECOND)

/* Somebody else may want other values than the policies. */
static void healed(struct core *core, struct managed *guest, const struct cells *cells,
                   uint64_t now)
{
    struct fights *fights = &guest->schedule.fights;
    uint64_t due;

    for (size_t i = 0; cells && i < cells->count; i++)
        if (fights_heal(fights, &cells->cells[i], now) == 1)
            core_ask(core, guest, WORK_WARN, now);
    due = fights_due(fights, now);
    if (due != CORE_NEVER)
        core_ask(core, guest, WORK_PASS, later(due, guest->schedule.not_before));
}

/* systemd has answered: a look tells what came of it. Once it has done what it was asked and its
 * record is still another one, it may be asked again at once, for the question may be another one
 * by now; after that, and when it did not do it, later and later. Files do not wait for this. */
void core_answered(struct core *core, const struct event *event, uint64_t now)
{
    struct schedule *s = &event->guest->schedule;
    uint64_t pause = ASK_PAUSE;

    for (unsigned i = 0; i < s->answers && pause < ASK_PAUSE_MOST; i++)
        pause *= 2;
    s->ask_from = s->answers || event->refused ? now + earlier(pause, ASK_PAUSE_MOST) : now;
    s->answers++;
    core_hint(core, event->guest, now);
}

/* What libvirt opens while it plugs a vCPU in, it closes by itself: only a picture of mems that has
 * lasted is healed. Where somebody changes them again soon after each move, it must last longer and
 * longer, for memory that goes to and fro is a load on the whole host. */
static void take_picture(struct core *core, struct managed *guest, uint64_t unrested, uint64_t now)
{
    struct schedule *s = &guest->schedule;

    if (unrested && !s->unrested)
        s->rest = now - s->moved < CORE_RESTS * s->rest ? earlier(2 * s->rest, CORE_REST_MOST)
                                                        : CORE_REST;
    if (unrested != s->unrested)
        s->unrested_since = now;
    s->unrested = unrested;
    if (unrested && s->unrested_since + s->rest > now)
        core_ask(core, guest, WORK_PASS, s->unrested_since + s->rest);
}

uint64_t core_rested(const struct schedule *s, uint64_t now)
{
    return now - s->unrested_since >= s->rest ? s->unrested : 0;
}

/* The mover is free for the next guest. One that could not be moved is tried again as drift is. */
void core_moved(struct core *core, struct managed *done, bool refused, uint64_t now)
{
    struct managed *guest;

    if (done)
        done->schedule.moved = now;
    if (done && !refused)
        core_hint(core, done, now);
    else if (done && guest_runs(done))
        core_ask(core, done, WORK_PASS, now + CORE_REST);
    TAILQ_FOREACH(guest, &core->store->all, all) {
        if (guest->schedule.awaits_mover && guest_runs(guest)) {
            core_ask(core, guest, WORK_PASS, now);
            break;
        }
    }
}

bool core_gave_up(const struct managed *guest)
{
    const struct schedule *s = &guest->schedule;
    unsigned tries = s->outcome ? patience[s->outcome].tries : 0;

    return tries && s->retries == tries + 1 && !s->launching;
}

/* What libvirt still makes changes by itself, and each change is heard of; that the guest's process
 * was moved there may not be. */
static void passed_early(struct core *core, const struct event *event, uint64_t now)
{
    struct schedule *s = &event->guest->schedule;

    s->outcome = event->outcome;
    if (now < launch_end(s))
        core_ask(core, event->guest, WORK_PASS,
                 event->outcome == OUTCOME_DONE ? launch_end(s)
                                                : now + patience[event->outcome].first);
}

static void passed(struct core *core, const struct event *event, uint64_t now)
{
    struct schedule *s = &event->guest->schedule;
    const struct patience *p = &patience[event->outcome];
    uint64_t pause = p->first;

    s->awaits_mover = event->awaits_mover;
    if ((event->outcome == OUTCOME_DONE || event->outcome == OUTCOME_LATER) && !s->awaits_mover)
        s->starting = false;
    take_picture(core, event->guest, event->unrested, now);
    s->retries = event->outcome == s->outcome ? s->retries + 1 : 1;
    s->outcome = event->outcome;
    if (p->first && (!p->tries || s->retries <= p->tries)) {
        for (unsigned i = 1; i < s->retries && pause < p->most; i++)
            pause *= 2;
        pause = earlier(pause, p->most);
        if (p->hint)
            s->not_before = now + earlier(pause, p->hint);
        core_ask(core, event->guest, WORK_PASS, now + pause);
    }
    if (!event->settling)
        s->answers = 0;
    else if (!s->asked)
        core_ask(core, event->guest, WORK_PASS, later(now, s->ask_from));
    if (event->outcome == OUTCOME_HELD && event->until != CORE_NEVER)
        core_ask(core, event->guest, WORK_PASS, later(now, event->until));
    healed(core, event->guest, event->healed, now);
}

void core_passed(struct core *core, const struct event *event, uint64_t now)
{
    if (event->guest->schedule.launching)
        passed_early(core, event, now);
    else
        passed(core, event, now);
}
