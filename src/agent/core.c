#include "agent/core_internal.h"

#include "base/jitter.h"
#include "host/uevent.h"

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

static void start_all_over(struct core *core, uint64_t now)
{
    struct managed *guest;

    TAILQ_FOREACH(guest, &core->store->all, all)
        core_start_over(core, guest, now);
}

static void hint_all(struct core *core, uint64_t now)
{
    struct managed *guest;

    TAILQ_FOREACH(guest, &core->store->all, all)
        core_hint(core, guest, now);
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

        if (attr_is_cpus(cell->attr) && cg_value_set(cell->value, &cpus) == 0 &&
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

static void unwatched(struct core *core, struct managed *guest, uint64_t now)
{
    guest->schedule.unwatched = true;
    core->sweep_due = earlier(core->sweep_due, now + CORE_SWEEP);
}

static int take_event(struct core *core, const struct event *event, uint64_t now)
{
    switch (event->type) {
    case CORE_FACTS:
        return core_take_facts(core, event, now);
    case CORE_LAUNCH:
        core_launch(core, event->guest, now);
        break;
    case CORE_LAUNCH_FAILED:
        core_launch_failed(core, event->guest, now);
        break;
    case CORE_GONE:
        core_ask(core, event->guest, WORK_REMOVE, now);
        break;
    case CORE_LISTING:
        core->generation++;
        break;
    case CORE_SYNCED:
        core_synced(core, now);
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
        core_start_over(core, event->guest, now);
        break;
    case CORE_HOLD:
        if (event->guest)
            core_start_over(core, event->guest, now);
        else
            start_all_over(core, now);
        break;
    case CORE_NODE:
        core_hint(core, event->guest, now);
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
        core_passed(core, event, now);
        break;
    case CORE_ANSWERED:
        core_answered(core, event, now);
        break;
    case CORE_MOVED:
        core_moved(core, event->guest, event->refused, now);
        break;
    }
    return 0;
}

int core_event(struct core *core, const struct event *event, uint64_t now)
{
    struct managed *guest = event->guest;
    int r = take_event(core, event, now);

    if (r < 0 || !guest || event->type == CORE_PASSED)
        return r;
    /* What leads to no pass is not waited for: another event may come an hour later. */
    if (!guest_runs(guest) || !(guest->schedule.work & WORK_PASS))
        guest->event_at = 0;
    else if (!guest->event_at)
        guest->event_at = now;
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

        if (!guest_runs(guest) || !(guest->schedule.unwatched || (core->folders_unwatched && held)))
            continue;
        core_hint(core, guest, now);
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
        core_ask(core, guest, WORK_RESOLVE, now);
        if (guest->schedule.cpu_changed)
            core_hint(core, guest, now);
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
    core_end_launch(guest, now);
    if (!guest_runs(guest))
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
            .rested = core_rested(s, now),
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
