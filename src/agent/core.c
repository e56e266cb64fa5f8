#include "agent/core.h"

#include "base/jitter.h"
#include "host/uevent.h"

#include <string.h>

/* How long until a pass that ended in a certain way is tried again: the first pause, doubled up to
 * the longest; `tries` 0: for ever. A hint waits as long, but for no more than `hint`: what failed
 * for good must not keep drift beside it. What is left for later was not tried and keeps nothing. */
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

static uint64_t earlier(uint64_t a, uint64_t b)
{
    return a < b ? a : b;
}

static uint64_t later(uint64_t a, uint64_t b)
{
    return a > b ? a : b;
}

static bool runs(const struct managed *guest)
{
    return guest->facts && (guest->facts->running || guest->schedule.launching);
}

void core_init(struct core *core, struct store *store, uint64_t now)
{
    *core = (struct core){
        .store = store,
        .helper_due = now,
        .reload_due = now,
        .sweep_due = CORE_NEVER,
        .host_due = CORE_NEVER,
        .cpus_due = CORE_NEVER,
        .folders_since = CORE_NEVER,
    };
}

void core_release(struct core *core)
{
    queue_release(&core->queue);
}

static void ask(struct core *core, struct managed *guest, unsigned work, uint64_t due)
{
    guest->schedule.work |= work;
    queue_put(&core->queue, guest, due);
}

/* Something may have changed in its nodes: look, but not before it is due for a look. */
static void hint(struct core *core, struct managed *guest, uint64_t now)
{
    if (runs(guest))
        ask(core, guest, WORK_PASS, later(now, guest->schedule.not_before));
}

/* There are new facts: what failed may succeed now. A fight goes on, since who fights by libvirt's
 * means makes new facts with each blow. */
static void renew(struct core *core, struct managed *guest, uint64_t now)
{
    guest->schedule.not_before = 0;
    guest->schedule.retries = 0;
    guest->schedule.answers = 0;
    guest->schedule.ask_from = 0;
    hint(core, guest, now);
}

/* Something else is to be in force: nothing that was waited for counts any more. */
static void start_over(struct core *core, struct managed *guest, uint64_t now)
{
    fights_call_off(&guest->schedule.fights);
    renew(core, guest, now);
}

static void start_all_over(struct core *core, uint64_t now)
{
    struct managed *guest;

    TAILQ_FOREACH(guest, &core->store->all, all)
        start_over(core, guest, now);
}

static void hint_all(struct core *core, uint64_t now)
{
    struct managed *guest;

    TAILQ_FOREACH(guest, &core->store->all, all)
        hint(core, guest, now);
}

/* The incarnation that was known is over: nothing of what the core remembers of it holds. */
static void new_incarnation(struct core *core, struct managed *guest, uint64_t now)
{
    struct schedule *s = &guest->schedule;

    queue_remove(&core->queue, guest);
    fights_release(&s->fights);
    *s = (struct schedule){.generation = s->generation, .work = s->work & ~(unsigned)WORK_PASS};
    ask(core, guest, WORK_FORGET, now);
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

static int take_facts(struct core *core, const struct event *event, uint64_t now)
{
    struct managed *guest = event->guest;
    struct facts *old = guest->facts;
    bool news = !old || !facts_equal(old, event->facts);
    int r = queue_reserve(&core->queue, core->store->count);

    if (r < 0) {
        facts_free(event->facts);
        return r;
    }
    /* What is being launched is the new incarnation, whatever is still told of the old one. */
    if (!guest->schedule.launching && other_incarnation(old, event->facts))
        new_incarnation(core, guest, now);
    if (event->facts->running)
        guest->schedule.launching = false;
    guest->facts = event->facts;
    facts_free(old);
    guest->schedule.generation = core->generation;
    guest->schedule.work &= ~(unsigned)WORK_REMOVE;
    if (event->cause == EVENT_STARTED && runs(guest)) {
        guest->schedule.starting = true;
        guest->schedule.started = now;
    }
    if (news) {
        ask(core, guest, WORK_RESOLVE, now);
        renew(core, guest, now);
    } else if (event->cause == EVENT_STARTED) {
        renew(core, guest, now);
    } else if (worth_a_look(event->cause)) {
        hint(core, guest, now);
    }
    return 0;
}

static void launch(struct core *core, struct managed *guest, uint64_t now)
{
    if (runs(guest) && !guest->schedule.launching)
        new_incarnation(core, guest, now); /* its end has not been told yet */
    guest->schedule.launching = true;
    guest->schedule.started = now;
    start_over(core, guest, now);
}

static void launch_failed(struct core *core, struct managed *guest, uint64_t now)
{
    if (!guest->schedule.launching)
        return;
    guest->schedule.launching = false;
    ask(core, guest, guest->facts->persistent ? WORK_FORGET : WORK_REMOVE, now);
}

static void synced(struct core *core, uint64_t now)
{
    struct managed *guest;

    core->helper_pause = 0;
    TAILQ_FOREACH(guest, &core->store->all, all) {
        if (guest->schedule.generation != core->generation)
            ask(core, guest, WORK_REMOVE, now);
    }
}

static void helper_ended(struct core *core, const struct event *event, uint64_t now)
{
    if (event->refused && !core->as_root) {
        core->as_root = true;
        core->helper_due = now;
        return;
    }
    core->helper_pause =
        core->helper_pause ? earlier(2 * core->helper_pause, CORE_HELPER_MOST) : 100 * CORE_MS;
    core->helper_due = now + jitter(core->helper_pause, event->thrown);
}

static void folders_changed(struct core *core, uint64_t now)
{
    if (core->folders_since == CORE_NEVER)
        core->folders_since = now;
    if (core->reload_due == CORE_NEVER || core->reload_due > now)
        core->reload_due = earlier(now + CORE_QUIET, core->folders_since + CORE_QUIET_MOST);
}

static bool wants_cpu(const struct managed *guest, unsigned cpu)
{
    const struct cells *cells = &guest->desired.cells;

    for (size_t i = 0; i < cells->count; i++) {
        const struct cell *cell = &cells->cells[i];
        const struct cg_set *cpus;

        if (strcmp(cell->attr->name, "cpuset.cpus") == 0 && cg_value_set(cell->value, &cpus) == 0 &&
            (cpu == UEVENT_ANY_CPU || cg_set_has(cpus, cpu)))
            return true;
    }
    return false;
}

/* Which CPUs are online must be known at once: what v1 takes out of its sets is nobody's value. */
static void cpu_changed(struct core *core, unsigned cpu, uint64_t now)
{
    struct managed *guest;

    core->host_due = now;
    core->cpus_due = now + CORE_CPU_SETTLE;
    TAILQ_FOREACH(guest, &core->store->all, all)
        guest->schedule.cpu_changed |= wants_cpu(guest, cpu);
}

/* Somebody else may want other values than the policies. */
static void healed(struct core *core, struct managed *guest, const struct cells *cells,
                   uint64_t now)
{
    struct fights *fights = &guest->schedule.fights;
    uint64_t due;

    for (size_t i = 0; cells && i < cells->count; i++)
        if (fights_heal(fights, &cells->cells[i], now) == 1)
            ask(core, guest, WORK_WARN, now);
    due = fights_due(fights, now);
    if (due != CORE_NEVER)
        ask(core, guest, WORK_PASS, later(due, guest->schedule.not_before));
}

/* systemd has answered: a look tells what came of it. Once it has done what it was asked and its
 * record is still another one, it may be asked again at once, for the question may be another one
 * by now; after that, and when it did not do it, later and later. Files do not wait for this. */
static void answered(struct core *core, const struct event *event, uint64_t now)
{
    struct schedule *s = &event->guest->schedule;
    uint64_t pause = ASK_PAUSE;

    for (unsigned i = 0; i < s->answers && pause < ASK_PAUSE_MOST; i++)
        pause *= 2;
    s->ask_from = s->answers || event->refused ? now + earlier(pause, ASK_PAUSE_MOST) : now;
    s->answers++;
    hint(core, event->guest, now);
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
        ask(core, guest, WORK_PASS, s->unrested_since + s->rest);
}

static uint64_t rested(const struct schedule *s, uint64_t now)
{
    return now - s->unrested_since >= s->rest ? s->unrested : 0;
}

/* The mover is free for the next guest. One that could not be moved is tried again as drift is. */
static void moved(struct core *core, struct managed *done, bool refused, uint64_t now)
{
    struct managed *guest;

    if (done)
        done->schedule.moved = now;
    if (done && !refused)
        hint(core, done, now);
    else if (done && runs(done))
        ask(core, done, WORK_PASS, now + CORE_REST);
    TAILQ_FOREACH(guest, &core->store->all, all) {
        if (guest->schedule.awaits_mover && runs(guest)) {
            ask(core, guest, WORK_PASS, now);
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

static uint64_t launch_end(const struct schedule *s)
{
    return s->started + CORE_STARTING;
}

/* That a guest's pid file was made can be heard of after it was told to have started: what runs for
 * so long is not launched any more, though nobody says so. */
static void end_launch(struct managed *guest, uint64_t now)
{
    struct schedule *s = &guest->schedule;

    if (s->launching && guest->facts && guest->facts->running && now >= launch_end(s))
        s->launching = false;
}

/* What libvirt still makes changes by itself, and each change is heard of; that the guest's process
 * was moved there may not be. */
static void passed_early(struct core *core, const struct event *event, uint64_t now)
{
    struct schedule *s = &event->guest->schedule;

    s->outcome = event->outcome;
    if (now < launch_end(s))
        ask(core, event->guest, WORK_PASS,
            event->outcome == OUTCOME_DONE ? launch_end(s) : now + patience[event->outcome].first);
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
        ask(core, event->guest, WORK_PASS, now + pause);
    }
    if (!event->settling)
        s->answers = 0;
    else if (!s->asked)
        ask(core, event->guest, WORK_PASS, later(now, s->ask_from));
    if (event->outcome == OUTCOME_HELD && event->until != CORE_NEVER)
        ask(core, event->guest, WORK_PASS, later(now, event->until));
    healed(core, event->guest, event->healed, now);
}

static void unwatched(struct core *core, struct managed *guest, uint64_t now)
{
    guest->schedule.unwatched = true;
    core->sweep_due = earlier(core->sweep_due, now + CORE_SWEEP);
}

int core_event(struct core *core, const struct event *event, uint64_t now)
{
    switch (event->type) {
    case CORE_FACTS:
        return take_facts(core, event, now);
    case CORE_LAUNCH:
        launch(core, event->guest, now);
        break;
    case CORE_LAUNCH_FAILED:
        launch_failed(core, event->guest, now);
        break;
    case CORE_GONE:
        ask(core, event->guest, WORK_REMOVE, now);
        break;
    case CORE_LISTING:
        core->generation++;
        break;
    case CORE_SYNCED:
        synced(core, now);
        break;
    case CORE_HELPER_ENDED:
        helper_ended(core, event, now);
        break;
    case CORE_FOLDERS:
        folders_changed(core, now);
        break;
    case CORE_RELOAD:
        core->reload_due = now;
        start_all_over(core, now);
        break;
    case CORE_WANT:
        core->reload_due = earlier(core->reload_due, now + CORE_SWEEP);
        break;
    case CORE_DESIRED:
        start_over(core, event->guest, now);
        break;
    case CORE_HOLD:
        if (event->guest)
            start_over(core, event->guest, now);
        else
            start_all_over(core, now);
        break;
    case CORE_NODE:
        hint(core, event->guest, now);
        break;
    case CORE_OVERFLOW:
        hint_all(core, now);
        break;
    case CORE_CPU:
        cpu_changed(core, event->cpu, now);
        break;
    case CORE_WATCHED:
        event->guest->schedule.unwatched = false;
        break;
    case CORE_UNWATCHED:
        unwatched(core, event->guest, now);
        break;
    case CORE_FOLDERS_WATCHED:
        core->folders_unwatched = false;
        break;
    case CORE_FOLDERS_UNWATCHED:
        core->folders_unwatched = true;
        core->sweep_due = earlier(core->sweep_due, now + CORE_SWEEP);
        break;
    case CORE_PASSED:
        if (event->guest->schedule.launching)
            passed_early(core, event, now);
        else
            passed(core, event, now);
        break;
    case CORE_ANSWERED:
        answered(core, event, now);
        break;
    case CORE_MOVED:
        moved(core, event->guest, event->refused, now);
        break;
    }
    return 0;
}

static void sweep(struct core *core, uint64_t now)
{
    struct managed *guest;

    core->sweep_due = CORE_NEVER;
    if (core->folders_unwatched) {
        core->reload_due = now;
        core->sweep_due = now + CORE_SWEEP;
    }
    TAILQ_FOREACH(guest, &core->store->all, all) {
        bool held = guest->schedule.outcome == OUTCOME_HELD;

        if (!runs(guest) || !(guest->schedule.unwatched || (core->folders_unwatched && held)))
            continue;
        hint(core, guest, now);
        core->sweep_due = now + CORE_SWEEP;
    }
}

/* "all" in a policy is what is online, so that something else may be desired of any guest. */
static void look_at_cpus(struct core *core, uint64_t now)
{
    struct managed *guest;

    core->cpus_due = CORE_NEVER;
    core->host_due = now; /* the next one may be on its way out, without a uevent yet */
    TAILQ_FOREACH(guest, &core->store->all, all) {
        ask(core, guest, WORK_RESOLVE, now);
        if (guest->schedule.cpu_changed)
            hint(core, guest, now);
        guest->schedule.cpu_changed = false;
    }
}

/* Many passes of one guest within a second mean that somebody writes to it without end: look at
 * it less often, so that the others and the host are not kept from their work. */
static void pace(struct schedule *s, uint64_t now)
{
    if (!s->passes || now - s->second >= CORE_SECOND) {
        s->second = now;
        s->passes = 0;
    }
    if (++s->passes >= PACE_PASSES)
        s->not_before = later(s->not_before, now + PACE_PAUSE);
}

/* Takes the first of the guest's works that is due. */
static bool guest_next(struct core *core, struct managed *guest, uint64_t now, struct action *ret)
{
    static const struct {
        enum work work;
        enum action_type action;
    } order[] = {
        {WORK_WARN, ACTION_WARN},       {WORK_FORGET, ACTION_FORGET}, {WORK_REMOVE, ACTION_REMOVE},
        {WORK_RESOLVE, ACTION_RESOLVE}, {WORK_PASS, ACTION_PASS},
    };
    struct schedule *s = &guest->schedule;

    queue_remove(&core->queue, guest);
    end_launch(guest, now);
    if (!runs(guest))
        s->work &= ~(unsigned)WORK_PASS;
    for (size_t i = 0; i < ARRAY_SIZE(order); i++) {
        if (!(s->work & order[i].work))
            continue;
        if (order[i].work == WORK_PASS && s->not_before > now) {
            queue_put(&core->queue, guest, s->not_before);
            return false;
        }
        s->work &= ~(unsigned)order[i].work;
        if (order[i].work == WORK_PASS && !s->launching)
            pace(s, now);
        if (s->work && order[i].work != WORK_REMOVE)
            queue_put(&core->queue, guest, s->due);
        if (order[i].work == WORK_PASS)
            s->asked = s->ask_from <= now;
        *ret = (struct action){
            .type = order[i].action,
            .guest = guest,
            .launching = s->launching,
            .starting = s->starting && (s->awaits_mover || now - s->started <= CORE_STARTING),
            .rested = rested(s, now),
            .ask_systemd = s->ask_from <= now,
        };
        return true;
    }
    return false;
}

bool core_next(struct core *core, uint64_t now, struct action *ret)
{
    struct managed *guest;

    if (core->helper_due <= now) {
        core->helper_due = CORE_NEVER;
        *ret = (struct action){.type = ACTION_START_HELPER, .as_root = core->as_root};
        return true;
    }
    if (core->sweep_due <= now)
        sweep(core, now);
    if (core->reload_due <= now) {
        core->reload_due = CORE_NEVER;
        core->folders_since = CORE_NEVER;
        *ret = (struct action){.type = ACTION_RELOAD};
        return true;
    }
    if (core->cpus_due <= now)
        look_at_cpus(core, now);
    if (core->host_due <= now) {
        core->host_due = CORE_NEVER;
        *ret = (struct action){.type = ACTION_HOST};
        return true;
    }
    while ((guest = queue_first(&core->queue)) && guest->schedule.due <= now) {
        if (guest_next(core, guest, now, ret))
            return true;
    }
    return false;
}

uint64_t core_due(const struct core *core)
{
    const struct managed *guest = queue_first(&core->queue);
    uint64_t due = earlier(earlier(core->helper_due, core->reload_due),
                           earlier(core->sweep_due, earlier(core->host_due, core->cpus_due)));

    return guest ? earlier(due, guest->schedule.due) : due;
}
