/* Incarnations of guests: when one begins and ends, as far as libvirt tells. */
#include "agent/core_internal.h"

/* The incarnation that was known is over: nothing of what the core remembers of it holds. */
static void new_incarnation(struct core *core, struct managed *guest, uint64_t now)
{
    struct schedule *s = &guest->schedule;

    queue_remove(&core->queue, guest);
    fights_release(&s->fights);
    *s = (struct schedule){.generation = s->generation, .work = s->work & ~(unsigned)WORK_PASS};
    core_ask(core, guest, WORK_FORGET, now);
}

/* Is it another incarnation, as far as libvirt's own facts tell? The binding knows for sure. */
static bool other_incarnation(const struct facts *old, const struct facts *facts)
{
    if (!old)
        return !facts->running;
    return old->running && (!facts->running || old->id != facts->id);
}

/* Facts that say nothing new can still mean that something was written. */
static bool worth_a_look(enum message_event cause)
{
    return cause == EVENT_LIST || cause == EVENT_STARTED || cause == EVENT_TUNABLE ||
           cause == EVENT_DEVICE;
}

/* Of one that was met while libvirt started it before it answered anybody, a list tells that. */
static bool has_started(const struct managed *guest, const struct event *event)
{
    if (event->cause == EVENT_LIST)
        return guest->schedule.launching && event->facts->running;
    return event->cause == EVENT_STARTED && (event->facts->running || guest->schedule.launching);
}

int core_take_facts(struct core *core, const struct event *event, uint64_t now)
{
    struct managed *guest = event->guest;
    struct facts *old = guest->facts;
    bool news = !old || !facts_equal(old, event->facts), started;
    int r = queue_reserve(&core->queue, core->store->count);

    if (r < 0) {
        facts_free(event->facts);
        return r;
    }
    /* What is being launched is the new incarnation, whatever is still told of the old one. */
    if (!guest->schedule.launching && other_incarnation(old, event->facts))
        new_incarnation(core, guest, now);
    started = has_started(guest, event);
    if (event->facts->running)
        guest->schedule.launching = false;
    guest->facts = event->facts;
    facts_free(old);
    guest->schedule.generation = core->generation;
    guest->schedule.work &= ~(unsigned)WORK_REMOVE;
    if (started) {
        guest->schedule.starting = true;
        guest->schedule.started = now;
    }
    if (news) {
        core_ask(core, guest, WORK_RESOLVE, now);
        core_renew(core, guest, now);
    } else if (event->cause == EVENT_STARTED) {
        core_renew(core, guest, now);
    } else if (worth_a_look(event->cause)) {
        core_hint(core, guest, now);
    }
    return 0;
}

void core_launch(struct core *core, struct managed *guest, uint64_t now)
{
    if (guest_runs(guest) && !guest->schedule.launching)
        new_incarnation(core, guest, now); /* its end has not been told yet */
    guest->schedule.launching = true;
    guest->schedule.started = now;
    core_start_over(core, guest, now);
}

void core_launch_failed(struct core *core, struct managed *guest, uint64_t now)
{
    if (!guest->schedule.launching)
        return;
    guest->schedule.launching = false;
    core_ask(core, guest, guest->facts->persistent ? WORK_FORGET : WORK_REMOVE, now);
}

void core_synced(struct core *core, uint64_t now)
{
    struct managed *guest;

    core->helper_pause = 0;
    TAILQ_FOREACH(guest, &core->store->all, all) {
        if (guest->schedule.generation != core->generation)
            core_ask(core, guest, WORK_REMOVE, now);
    }
}

void core_end_launch(struct managed *guest, uint64_t now)
{
    struct schedule *s = &guest->schedule;

    if (s->launching && guest->facts && guest->facts->running && now >= launch_end(s))
        s->launching = false;
}
