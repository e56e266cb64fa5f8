/* The agent's decisions as tables: what happened when, and what the agent is to do then. Time is a
 * number here; between two steps it runs on as the loop would, and whatever falls due is noted
 * with its time in milliseconds ("@250 pass a"). */
#include "agent/core.h"

#include "host/uevent.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <cmocka.h>

enum step_type {
    START = 100, /* the agent starts */
    WAIT,        /* nothing happens */
    NEWS,        /* facts with another title come: CORE_FACTS that changes something */
    WANTED,      /* a policy asks for `wanted` of the guest's vcpu0 */
    OUTCOMES,    /* from now on passes end like `outcome`, `healed` and `until_ms` say */
};

struct step {
    uint64_t at_ms;
    int type; /* enum event_type or enum step_type */
    const char *guest;
    const char *expect; /* the actions up to and at this time; NULL: none */
    int id;             /* CORE_FACTS: of the running guest; -1: it does not run */
    bool transient;     /* CORE_FACTS */
    enum message_event cause;
    enum pass_outcome outcome;
    unsigned healed; /* so many times in one pass */
    bool refused, settling;
    uint64_t until_ms;  /* a hold's end; 0: none */
    unsigned cpu;       /* CORE_CPU */
    const char *wanted; /* WANTED: the guest's CPUs, of a policy */
    uint64_t unrested;  /* the picture of mems that a pass sees until it may heal it */
    bool awaits_mover;
    uint64_t takes_ms;    /* how long a pass takes */
    unsigned char thrown; /* CORE_HELPER_ENDED */
};

/* The clock of the tests starts here, so that no time is 0. */
#define EPOCH (UINT64_C(1000) * CORE_SECOND)

struct world {
    struct store store;
    struct core core;
    struct step outcome;
    uint64_t now;
    unsigned titles;
    char said[4096];
};

static struct managed *guest_of(struct world *world, const char *name)
{
    char uuid[UUID_SIZE];
    struct managed *guest;

    snprintf(uuid, sizeof(uuid), "00000000-0000-0000-0000-0000000000%02x", (unsigned char)*name);
    guest = store_add(&world->store, uuid);
    assert_non_null(guest);
    return guest;
}

static struct facts *facts_of(const struct managed *guest, const char *name, int id, unsigned title)
{
    struct facts *facts = calloc(1, sizeof(*facts));

    assert_non_null(facts);
    memcpy(facts->uuid, guest->uuid, UUID_SIZE);
    facts->name = strdup(name);
    facts->driver = strdup("qemu");
    facts->id = id;
    facts->running = id >= 0;
    if (title)
        assert_true(asprintf(&facts->title, "%u", title) > 0);
    return facts;
}

static void say(struct world *world, bool timed, const char *what, const char *guest,
                const char *more)
{
    size_t length = strlen(world->said);
    char at[32] = "";

    if (timed)
        snprintf(at, sizeof(at), "@%llu ", (unsigned long long)((world->now - EPOCH) / CORE_MS));
    snprintf(world->said + length, sizeof(world->said) - length, "%s%s%s%s%s%s", length ? ", " : "",
             at, what, guest ? " " : "", guest ? guest : "", more);
}

/* Does the one value that is fought over in these tables rest? */
static bool rests(const struct world *world, const struct managed *guest)
{
    cleanup_cells struct cells resting = {0};

    assert_int_equal(fights_resting(&guest->schedule.fights, world->now, &resting), 0);
    return resting.count > 0;
}

static void heal(struct cells *ret)
{
    const struct cell cell = {.role = {.kind = CG_ROLE_VCPU},
                              .attr = attr_by_name("cpuset.cpus", 1)};

    assert_int_equal(cells_append(ret, &cell), 0);
}

static void pass_ended(struct world *world, struct managed *guest, uint64_t rested)
{
    cleanup_cells struct cells healed = {0};
    struct event event = {
        .type = CORE_PASSED,
        .guest = guest,
        .outcome = world->outcome.outcome,
        .healed = &healed,
        .settling = world->outcome.settling,
        .unrested = world->outcome.unrested == rested ? 0 : world->outcome.unrested,
        .awaits_mover = world->outcome.awaits_mover,
        .until = world->outcome.until_ms ? EPOCH + world->outcome.until_ms * CORE_MS : CORE_NEVER,
    };

    world->now += world->outcome.takes_ms * CORE_MS;
    for (unsigned i = 0; i < world->outcome.healed && !rests(world, guest); i++)
        heal(&healed);
    if (!event.unrested)
        world->outcome.unrested = 0;
    assert_int_equal(core_event(&world->core, &event, world->now), 0);
}

static void drain(struct world *world, bool timed)
{
    static const char *const names[] = {
        [ACTION_START_HELPER] = "start helper",
        [ACTION_RELOAD] = "reload",
        [ACTION_HOST] = "read host",
        [ACTION_WARN] = "warn",
        [ACTION_FORGET] = "forget",
        [ACTION_REMOVE] = "remove",
        [ACTION_RESOLVE] = "resolve",
        [ACTION_PASS] = "pass",
    };
    struct action action;

    for (unsigned turns = 0; core_next(&world->core, world->now, &action); turns++) {
        assert_true(turns < 100); /* it must come to rest */
        say(world, timed, names[action.type], action.guest ? managed_name(action.guest) : NULL,
            action.type == ACTION_PASS && rests(world, action.guest) ? " resting"
            : action.type == ACTION_PASS && action.launching         ? " early"
            : action.type == ACTION_PASS && !action.ask_systemd      ? " (systemd not asked)"
            : action.type == ACTION_PASS && action.starting          ? " starting"
            : action.type == ACTION_PASS && action.rested            ? " rested"
            : action.type == ACTION_START_HELPER && action.as_root   ? " as root"
                                                                     : "");
        if (action.type == ACTION_PASS)
            pass_ended(world, action.guest, action.rested);
        if (action.type == ACTION_WARN)
            assert_non_null(fights_news(&action.guest->schedule.fights));
        if (action.type == ACTION_REMOVE)
            store_remove(&world->store, action.guest);
    }
}

static void run_until(struct world *world, uint64_t until)
{
    uint64_t due;

    while ((due = core_due(&world->core)) < until) {
        assert_true(due > world->now); /* no hot loop */
        world->now = due;
        drain(world, true);
    }
    world->now = until;
}

static void happen(struct world *world, const struct step *step)
{
    struct event event = {.type = (enum event_type)step->type,
                          .cause = step->cause,
                          .cpu = step->cpu,
                          .refused = step->refused,
                          .thrown = step->thrown};

    if (step->guest)
        event.guest = guest_of(world, step->guest);
    if (step->type == CORE_FACTS || step->type == NEWS) {
        world->titles += step->type == NEWS;
        event.type = CORE_FACTS;
        event.facts = facts_of(event.guest, step->guest, step->id, world->titles);
        event.facts->persistent = !step->transient;
    }
    assert_int_equal(core_event(&world->core, &event, world->now), 0);
}

static void want(struct world *world, const struct step *step)
{
    const struct cg_attr *attr = attr_by_name("cpuset.cpus", 2);
    struct cell cell = {.role = {.kind = CG_ROLE_VCPU}, .attr = attr};
    struct cg_set *cpus;

    assert_int_equal(cg_set_parse(step->wanted, &cpus, NULL), 0);
    assert_int_equal(cg_value_from_set(attr, cpus, &cell.value, NULL), 0);
    assert_int_equal(cells_set(&guest_of(world, step->guest)->desired.cells, &cell), 0);
    cg_value_unref(cell.value);
    cg_set_unref(cpus);
}

static void play(const struct step *steps, size_t count)
{
    struct world world = {.now = EPOCH, .outcome = {.outcome = OUTCOME_DONE}};

    store_init(&world.store);
    core_init(&world.core, &world.store, world.now);
    for (size_t i = 0; i < count; i++) {
        const struct step *step = &steps[i];

        world.said[0] = '\0';
        run_until(&world, EPOCH + step->at_ms * CORE_MS);
        if (step->type == OUTCOMES)
            world.outcome = *step;
        else if (step->type == WANTED)
            want(&world, step);
        else if (step->type < START || step->type == NEWS)
            happen(&world, step);
        drain(&world, false);
        if (strcmp(world.said, step->expect ? step->expect : ""))
            fail_msg("step %zu at %llu ms:\n  expected \"%s\"\n  but got  \"%s\"", i,
                     (unsigned long long)step->at_ms, step->expect ? step->expect : "", world.said);
    }
    core_release(&world.core);
    store_release(&world.store);
}

#define PLAY(...)                                                                                  \
    do {                                                                                           \
        static const struct step steps[] = {__VA_ARGS__};                                          \
        play(steps, ARRAY_SIZE(steps));                                                            \
    } while (0)

/* Most tables begin with an agent at rest, and one with a guest that runs. */
#define AT_REST                                                                                    \
    {                                                                                              \
        0, START, .expect = "start helper, reload"                                                 \
    }
#define FACTS(at, name, number, why, ...)                                                          \
    {                                                                                              \
        at, CORE_FACTS, name, .id = number, .cause = why, .expect = __VA_ARGS__                    \
    }
#define A_RUNS AT_REST, FACTS(1, "a", 1, EVENT_LIST, "resolve a, pass a")
#define EVENT(at, type, name, ...)                                                                 \
    {                                                                                              \
        at, type, name, .expect = __VA_ARGS__                                                      \
    }
#define QUIET(at)                                                                                  \
    {                                                                                              \
        at, WAIT, .expect = ""                                                                     \
    }

/* Takes what is due until nothing is, as the loop and metrics_file.c do. */
static void take_all(struct world *world, struct managed *guest)
{
    struct action action;

    while (core_next(&world->core, world->now, &action)) {
        if (action.type != ACTION_PASS)
            continue;
        pass_ended(world, guest, 0);
        guest->event_at = 0;
    }
}

static void an_event_is_waited_for_from_the_first_that_leads_to_a_pass(void **state)
{
    const struct step runs = {0, CORE_FACTS, "a", .id = 1, .cause = EVENT_STARTED},
                      ends = {0, CORE_FACTS, "a", .id = -1},
                      hint = {.type = CORE_NODE, .guest = "a"},
                      nothing_new = {0, CORE_FACTS, "a", .id = 1, .cause = EVENT_METADATA};
    struct world world = {.now = EPOCH, .outcome = {.outcome = OUTCOME_DONE}};
    struct managed *guest;
    uint64_t first;

    store_init(&world.store);
    core_init(&world.core, &world.store, world.now);
    guest = guest_of(&world, "a");
    happen(&world, &runs);
    assert_true(guest->event_at == world.now);
    take_all(&world, guest);
    happen(&world, &nothing_new);
    assert_true(guest->event_at == 0);
    first = world.now += CORE_SECOND;
    happen(&world, &hint);
    world.now += CORE_SECOND;
    happen(&world, &hint);
    assert_true(guest->event_at == first);
    happen(&world, &ends); /* and starts again an hour later */
    assert_true(guest->event_at == 0);
    take_all(&world, guest);
    world.now += 3600 * CORE_SECOND;
    happen(&world, &runs);
    assert_true(guest->event_at == world.now);
    core_release(&world.core);
    store_release(&world.store);
}

static void at_start_it_starts_the_helper_and_loads_the_policies(void **state)
{
    PLAY(AT_REST, QUIET(100000));
}

static void a_guest_that_starts_is_resolved_and_passed_as_starting(void **state)
{
    PLAY(AT_REST, FACTS(5, "a", 1, EVENT_STARTED, "resolve a, pass a starting"), QUIET(60000));
}

static void a_guest_that_ran_before_is_not_starting(void **state)
{
    PLAY(A_RUNS, QUIET(60000));
}

static void a_guest_that_is_only_defined_gets_its_desired_cells_but_no_pass(void **state)
{
    PLAY(AT_REST, FACTS(5, "a", -1, EVENT_LIST, "forget a, resolve a"),
         EVENT(6, CORE_NODE, "a", ""), EVENT(7, CORE_DESIRED, "a", ""), QUIET(60000));
}

static void a_defined_guest_that_starts_is_passed_with_its_new_facts(void **state)
{
    PLAY(AT_REST, FACTS(5, "a", -1, EVENT_LIST, "forget a, resolve a"),
         FACTS(50, "a", 3, EVENT_OTHER, "resolve a, pass a"),
         FACTS(60, "a", 3, EVENT_STARTED, "pass a starting"), QUIET(60000));
}

#define A_IS_DEFINED AT_REST, FACTS(5, "a", -1, EVENT_LIST, "forget a, resolve a")

static void a_defined_guest_is_passed_early_from_its_process_on_until_it_has_started(void **state)
{
    PLAY(A_IS_DEFINED, EVENT(10, CORE_LAUNCH, "a", "pass a early"),
         EVENT(12, CORE_NODE, "a", "pass a early"), EVENT(13, CORE_NODE, "a", "pass a early"),
         FACTS(50, "a", 3, EVENT_STARTED, "resolve a, pass a starting"),
         EVENT(60, CORE_NODE, "a", "pass a"), QUIET(60000));
}

static void what_libvirt_still_makes_is_looked_at_at_each_change(void **state)
{
    struct step steps[40] = {A_IS_DEFINED, {10, OUTCOMES, .outcome = OUTCOME_FAILED}};
    size_t count = 3;

    for (unsigned at = 10; at < 10 + 2 * PACE_PASSES - 5; at++)
        steps[count++] =
            (struct step)EVENT(at, at == 10 ? CORE_LAUNCH : CORE_NODE, "a", "pass a early");
    play(steps, count);
}

static void control_groups_that_are_not_found_yet_are_looked_for_again(void **state)
{
    PLAY(A_IS_DEFINED, {10, OUTCOMES, .outcome = OUTCOME_ABSENT},
         EVENT(10, CORE_LAUNCH, "a", "pass a early"), EVENT(11, CORE_NODE, "a", "pass a early"),
         {40, WAIT, .expect = "@31 pass a early"}, {40, OUTCOMES, .outcome = OUTCOME_DONE},
         {60000, WAIT, .expect = "@51 pass a early, @10010 pass a early"});
}

static void a_launch_that_is_heard_of_after_the_start_is_over_ten_seconds_later(void **state)
{
    PLAY(A_IS_DEFINED, FACTS(10, "a", 3, EVENT_STARTED, "resolve a, pass a starting"),
         EVENT(11, CORE_LAUNCH, "a", "forget a, pass a early"),
         EVENT(12, CORE_NODE, "a", "pass a early"), {20000, WAIT, .expect = "@10011 pass a"},
         EVENT(20000, CORE_NODE, "a", "pass a"), QUIET(60000));
}

static void a_launch_that_fails_is_forgotten(void **state)
{
    PLAY(A_IS_DEFINED, EVENT(10, CORE_LAUNCH, "a", "pass a early"),
         EVENT(20, CORE_LAUNCH_FAILED, "a", "forget a"), EVENT(30, CORE_NODE, "a", ""),
         QUIET(60000));
}

#define A_HINT                                                                                     \
    AT_REST,                                                                                       \
    {                                                                                              \
        5, CORE_FACTS, "a", "forget a, resolve a", .id = -1, .cause = EVENT_LAUNCHING,             \
                                                   .transient = true                               \
    }

static void a_transient_guest_is_passed_early_on_a_hint_until_libvirt_tells(void **state)
{
    PLAY(A_HINT, EVENT(5, CORE_LAUNCH, "a", "pass a early"),
         EVENT(12, CORE_NODE, "a", "pass a early"),
         FACTS(50, "a", 3, EVENT_STARTED, "resolve a, pass a starting"),
         EVENT(60, CORE_NODE, "a", "pass a"), QUIET(60000));
}

static void a_guest_that_started_before_libvirt_told_of_any_is_starting(void **state)
{
    PLAY(A_HINT, EVENT(5, CORE_LAUNCH, "a", "pass a early"), EVENT(40, CORE_LISTING, NULL, ""),
         FACTS(40, "a", 3, EVENT_LIST, "resolve a, pass a starting"),
         EVENT(41, CORE_SYNCED, NULL, ""), EVENT(60, CORE_NODE, "a", "pass a"), QUIET(60000));
}

static void a_transient_guest_whose_launch_fails_is_gone(void **state)
{
    PLAY(A_HINT, EVENT(5, CORE_LAUNCH, "a", "pass a early"),
         EVENT(20, CORE_LAUNCH_FAILED, "a", "remove a"), QUIET(60000));
}

static void a_guest_that_has_started_does_not_fail_to_launch(void **state)
{
    PLAY(A_RUNS, EVENT(10, CORE_LAUNCH_FAILED, "a", ""), EVENT(20, CORE_NODE, "a", "pass a"));
}

static void a_launch_before_the_old_end_was_told_is_a_new_incarnation(void **state)
{
    PLAY(A_RUNS, EVENT(10, CORE_LAUNCH, "a", "forget a, pass a early"),
         FACTS(20, "a", -1, EVENT_STOPPED, "resolve a, pass a early"),
         FACTS(30, "a", 2, EVENT_STARTED, "resolve a, pass a starting"), QUIET(60000));
}

static void equal_facts_cause_no_recompute(void **state)
{
    PLAY(A_RUNS, FACTS(10, "a", 1, EVENT_METADATA, ""), FACTS(20, "a", 1, EVENT_OTHER, ""),
         FACTS(30, "a", 1, EVENT_TUNABLE, "pass a"), FACTS(40, "a", 1, EVENT_DEVICE, "pass a"),
         FACTS(50, "a", 1, EVENT_LIST, "pass a"), QUIET(60000));
}

static void changed_facts_are_resolved_then_passed(void **state)
{
    PLAY(A_RUNS, {10, NEWS, "a", .id = 1, .cause = EVENT_METADATA, .expect = "resolve a, pass a"},
         QUIET(60000));
}

static void a_guest_that_stops_is_forgotten_and_passed_no_more(void **state)
{
    PLAY(A_RUNS, FACTS(10, "a", -1, EVENT_STOPPED, "forget a, resolve a"),
         EVENT(11, CORE_NODE, "a", ""), QUIET(60000));
}

static void a_restart_that_nobody_told_of_is_seen_by_the_id(void **state)
{
    PLAY(A_RUNS, FACTS(10, "a", 2, EVENT_LIST, "forget a, resolve a, pass a"), QUIET(60000));
}

static void a_guest_that_is_gone_is_removed(void **state)
{
    PLAY(A_RUNS, EVENT(10, CORE_GONE, "a", "remove a"), QUIET(60000));
}

static void a_guest_that_a_new_list_does_not_tell_of_is_removed_when_it_is_complete(void **state)
{
    PLAY(A_RUNS, FACTS(2, "b", 2, EVENT_LIST, "resolve b, pass b"), EVENT(3, CORE_SYNCED, NULL, ""),
         EVENT(1000, CORE_LISTING, NULL, ""), FACTS(1001, "b", 2, EVENT_LIST, "pass b"),
         EVENT(1002, CORE_SYNCED, NULL, "remove a"), QUIET(60000));
}

static void a_list_that_breaks_off_removes_nothing(void **state)
{
    PLAY(A_RUNS, FACTS(2, "b", 2, EVENT_LIST, "resolve b, pass b"),
         EVENT(1000, CORE_LISTING, NULL, ""), FACTS(1001, "b", 2, EVENT_LIST, "pass b"),
         EVENT(1002, CORE_LISTING, NULL, ""), EVENT(1003, CORE_NODE, "a", "pass a"),
         FACTS(1004, "a", 1, EVENT_LIST, "pass a"), FACTS(1005, "b", 2, EVENT_LIST, "pass b"),
         EVENT(1006, CORE_SYNCED, NULL, ""), QUIET(60000));
}

static void without_libvirt_guests_are_still_healed(void **state)
{
    PLAY(A_RUNS, EVENT(10, CORE_HELPER_ENDED, NULL, ""), EVENT(11, CORE_NODE, "a", "pass a"),
         {200, WAIT, .expect = "@110 start helper"}, EVENT(201, CORE_NODE, "a", "pass a"));
}

static void the_helper_starts_again_after_growing_pauses_up_to_five_seconds(void **state)
{
    PLAY(AT_REST, EVENT(0, CORE_HELPER_ENDED, NULL, ""),
         EVENT(1000, CORE_HELPER_ENDED, NULL, "@100 start helper"),
         EVENT(2000, CORE_HELPER_ENDED, NULL, "@1200 start helper"),
         EVENT(3000, CORE_HELPER_ENDED, NULL, "@2400 start helper"),
         EVENT(10000, CORE_HELPER_ENDED, NULL, "@3800 start helper"),
         EVENT(20000, CORE_HELPER_ENDED, NULL, "@11600 start helper"),
         EVENT(30000, CORE_HELPER_ENDED, NULL, "@23200 start helper"),
         EVENT(40000, CORE_HELPER_ENDED, NULL, "@35000 start helper"),
         {46000, WAIT, .expect = "@45000 start helper"});
}

static void the_pause_before_the_helpers_start_is_shortened_by_chance(void **state)
{
    PLAY(AT_REST, {0, CORE_HELPER_ENDED, .thrown = 255, .expect = ""},
         {1000, CORE_HELPER_ENDED, .thrown = 128, .expect = "@75 start helper"},
         {2000, WAIT, .expect = "@1175 start helper"});
}

static void a_complete_list_ends_the_helpers_growing_pauses(void **state)
{
    PLAY(AT_REST, EVENT(0, CORE_HELPER_ENDED, NULL, ""),
         EVENT(1000, CORE_HELPER_ENDED, NULL, "@100 start helper"),
         EVENT(2000, CORE_SYNCED, NULL, "@1200 start helper"),
         EVENT(3000, CORE_HELPER_ENDED, NULL, ""), {4000, WAIT, .expect = "@3100 start helper"});
}

static void a_refused_helper_starts_again_as_root_at_once_and_only_once(void **state)
{
    PLAY(AT_REST, {10, CORE_HELPER_ENDED, .refused = true, .expect = "start helper as root"},
         {20, CORE_HELPER_ENDED, .refused = true, .expect = ""},
         {500, WAIT, .expect = "@120 start helper as root"});
}

static void many_changes_in_the_folders_are_one_reload_after_quiet(void **state)
{
    PLAY(AT_REST, EVENT(1000, CORE_FOLDERS, NULL, ""), EVENT(1050, CORE_FOLDERS, NULL, ""),
         EVENT(1150, CORE_FOLDERS, NULL, ""), {2000, WAIT, .expect = "@1350 reload"},
         EVENT(3000, CORE_FOLDERS, NULL, ""), {4000, WAIT, .expect = "@3200 reload"}, QUIET(60000));
}

static void a_folder_that_is_never_quiet_is_read_all_the_same(void **state)
{
    struct step steps[52] = {AT_REST};
    size_t count = 1;

    for (unsigned at = 1000; at < 6000; at += 100)
        steps[count++] = (struct step)EVENT(at, CORE_FOLDERS, NULL, "");
    steps[count++] = (struct step)EVENT(10000, WAIT, NULL, "@6000 reload");
    play(steps, count);
}

static void systemds_answer_is_looked_at_at_once(void **state)
{
    PLAY(A_RUNS, {5, OUTCOMES, .outcome = OUTCOME_DONE, .settling = true},
         EVENT(6, CORE_NODE, "a", "pass a"), QUIET(60000),
         {60001, OUTCOMES, .outcome = OUTCOME_DONE}, EVENT(60002, CORE_ANSWERED, "a", "pass a"),
         QUIET(200000));
}

static void systemd_that_does_not_do_it_is_asked_after_growing_pauses(void **state)
{
    PLAY(A_RUNS, {5, OUTCOMES, .outcome = OUTCOME_DONE, .settling = true},
         {1000, CORE_ANSWERED, "a", "pass a (systemd not asked)", .refused = true},
         {2001, CORE_ANSWERED, "a", "@2000 pass a, pass a (systemd not asked)", .refused = true},
         {5000, CORE_ANSWERED, "a", "@4001 pass a, pass a (systemd not asked)", .refused = true},
         {10000, OUTCOMES, .outcome = OUTCOME_DONE, .expect = "@9000 pass a"},
         EVENT(10001, CORE_ANSWERED, "a", "pass a (systemd not asked)"), QUIET(200000));
}

static void systemds_pauses_grow_up_to_a_minute(void **state)
{
    struct step steps[12] = {AT_REST,
                             FACTS(1, "a", 1, EVENT_LIST, "resolve a, pass a"),
                             {5, OUTCOMES, .outcome = OUTCOME_DONE, .settling = true}};
    static const char expected[] = "@%llu pass a, pass a (systemd not asked)";
    char texts[12][64];
    uint64_t at = 1000, pause = 1000;

    steps[3] = (struct step){at, CORE_ANSWERED, "a", "pass a (systemd not asked)", .refused = true};
    for (size_t i = 4; i < ARRAY_SIZE(steps); i++) {
        snprintf(texts[i], sizeof(texts[i]), expected, (unsigned long long)(at + pause));
        at += pause + 1;
        pause = pause * 2 < 60000 ? pause * 2 : 60000;
        steps[i] = (struct step){at, CORE_ANSWERED, "a", texts[i], .refused = true};
    }
    play(steps, ARRAY_SIZE(steps));
}

static void files_are_healed_while_systemd_is_waited_for(void **state)
{
    PLAY(A_RUNS, {5, OUTCOMES, .outcome = OUTCOME_DONE, .settling = true},
         {1000, CORE_ANSWERED, "a", "pass a (systemd not asked)", .refused = true},
         EVENT(1100, CORE_NODE, "a", "pass a (systemd not asked)"),
         {1200, OUTCOMES, .outcome = OUTCOME_DONE}, {3000, WAIT, .expect = "@2000 pass a"});
}

static void systemd_is_asked_by_the_next_pass_when_it_may_be_before_this_one_has_ended(void **state)
{
    PLAY(A_RUNS, {5, OUTCOMES, .outcome = OUTCOME_DONE, .settling = true, .takes_ms = 100},
         {1000, CORE_ANSWERED, "a", "pass a (systemd not asked)", .refused = true},
         EVENT(1950, CORE_NODE, "a", "pass a (systemd not asked), pass a"), QUIET(60000));
}

static void a_record_that_another_one_keeps_changing_is_set_again_after_growing_pauses(void **state)
{
    PLAY(A_RUNS, {5, OUTCOMES, .outcome = OUTCOME_DONE, .settling = true},
         EVENT(1000, CORE_ANSWERED, "a", "pass a"),
         EVENT(1001, CORE_ANSWERED, "a", "pass a (systemd not asked)"),
         EVENT(4000, CORE_ANSWERED, "a", "@3001 pass a, pass a (systemd not asked)"));
}

static void something_else_desired_is_asked_of_systemd_at_once(void **state)
{
    PLAY(A_RUNS, {5, OUTCOMES, .outcome = OUTCOME_DONE, .settling = true},
         {1000, CORE_ANSWERED, "a", "pass a (systemd not asked)", .refused = true},
         EVENT(1100, CORE_DESIRED, "a", "pass a"));
}

static void policies_that_were_not_read_for_want_of_memory_are_read_again(void **state)
{
    PLAY(AT_REST, EVENT(1000, CORE_WANT, NULL, ""), EVENT(2000, CORE_WANT, NULL, ""),
         {60000, WAIT, .expect = "@6000 reload"});
}

static void the_operators_reload_is_at_once_and_looks_at_every_guest(void **state)
{
    PLAY(A_RUNS, FACTS(2, "b", 2, EVENT_LIST, "resolve b, pass b"),
         EVENT(10, CORE_RELOAD, NULL, "reload, pass a, pass b"), QUIET(60000));
}

static void a_change_of_mems_is_healed_when_it_has_lasted_two_seconds(void **state)
{
    PLAY(A_RUNS, {10, OUTCOMES, .outcome = OUTCOME_DONE, .unrested = 7},
         EVENT(1000, CORE_NODE, "a", "pass a"), EVENT(1500, CORE_NODE, "a", "pass a"),
         {3100, WAIT, .expect = "@3000 pass a rested"}, QUIET(60000));
}

static void mems_that_change_again_rest_anew(void **state)
{
    PLAY(A_RUNS, {10, OUTCOMES, .outcome = OUTCOME_DONE, .unrested = 7},
         EVENT(1000, CORE_NODE, "a", "pass a"),
         {2000, OUTCOMES, .outcome = OUTCOME_DONE, .unrested = 8},
         EVENT(2000, CORE_NODE, "a", "pass a"), {4100, WAIT, .expect = "@4000 pass a rested"},
         QUIET(60000));
}

static void mems_that_somebody_puts_back_in_time_need_no_heal(void **state)
{
    PLAY(A_RUNS, {10, OUTCOMES, .outcome = OUTCOME_DONE, .unrested = 7},
         EVENT(1000, CORE_NODE, "a", "pass a"), {1500, OUTCOMES, .outcome = OUTCOME_DONE},
         EVENT(1500, CORE_NODE, "a", "pass a"), QUIET(60000));
}

static void mems_that_change_soon_after_each_move_rest_longer_and_longer(void **state)
{
    PLAY(A_RUNS, EVENT(1000, CORE_MOVED, "a", "pass a"),
         {2000, OUTCOMES, .outcome = OUTCOME_DONE, .unrested = 7},
         EVENT(2000, CORE_NODE, "a", "pass a"), {4100, WAIT, .expect = "@4000 pass a rested"},
         EVENT(5000, CORE_MOVED, "a", "pass a"),
         {6000, OUTCOMES, .outcome = OUTCOME_DONE, .unrested = 7},
         EVENT(6000, CORE_NODE, "a", "pass a"), {10100, WAIT, .expect = "@10000 pass a rested"},
         EVENT(11000, CORE_MOVED, "a", "pass a"),
         {90000, OUTCOMES, .outcome = OUTCOME_DONE, .unrested = 7},
         EVENT(90000, CORE_NODE, "a", "pass a"), {92100, WAIT, .expect = "@92000 pass a rested"});
}

static void when_memory_has_moved_one_guest_that_waits_is_next(void **state)
{
    PLAY(A_RUNS, {2, OUTCOMES, .outcome = OUTCOME_DONE, .awaits_mover = true},
         FACTS(3, "b", 2, EVENT_LIST, "resolve b, pass b"),
         FACTS(4, "c", 3, EVENT_LIST, "resolve c, pass c"), {5, OUTCOMES, .outcome = OUTCOME_DONE},
         EVENT(50000, CORE_MOVED, "a", "pass a, pass b"),
         EVENT(60000, CORE_MOVED, "b", "pass b, pass c"), EVENT(70000, CORE_MOVED, "c", "pass c"),
         QUIET(80000));
}

static void a_guest_that_waits_for_the_mover_is_starting_all_the_while(void **state)
{
    PLAY(AT_REST, {4, OUTCOMES, .outcome = OUTCOME_DONE, .awaits_mover = true},
         FACTS(5, "a", 1, EVENT_STARTED, "resolve a, pass a starting"),
         {6, OUTCOMES, .outcome = OUTCOME_DONE}, EVENT(50000, CORE_MOVED, NULL, "pass a starting"),
         EVENT(50001, CORE_NODE, "a", "pass a"), QUIET(60000));
}

static void memory_that_could_not_move_is_tried_again_after_two_seconds(void **state)
{
    PLAY(A_RUNS, {1000, CORE_MOVED, "a", .refused = true, .expect = ""},
         {3500, WAIT, .expect = "@3000 pass a"}, QUIET(60000));
}

static void a_guest_is_in_the_queue_once(void **state)
{
    PLAY(A_RUNS, {10, OUTCOMES, .outcome = OUTCOME_FAILED}, EVENT(10, CORE_NODE, "a", "pass a"),
         EVENT(11, CORE_NODE, "a", ""), EVENT(12, CORE_NODE, "a", ""),
         {12, OUTCOMES, .outcome = OUTCOME_DONE}, {60000, WAIT, .expect = "@110 pass a"});
}

static void hints_of_different_guests_are_served_in_their_order(void **state)
{
    PLAY(AT_REST, FACTS(1, "b", 1, EVENT_LIST, "resolve b, pass b"),
         FACTS(2, "a", 2, EVENT_LIST, "resolve a, pass a"),
         FACTS(3, "c", 3, EVENT_LIST, "resolve c, pass c"),
         EVENT(10, CORE_OVERFLOW, NULL, "pass b, pass a, pass c"), QUIET(60000));
}

static void a_failed_guest_is_tried_again_after_growing_pauses_up_to_a_minute(void **state)
{
    PLAY(AT_REST, {0, OUTCOMES, .outcome = OUTCOME_FAILED},
         FACTS(0, "a", 1, EVENT_LIST, "resolve a, pass a"),
         {20000, WAIT, .expect = "@1000 pass a, @3000 pass a, @7000 pass a, @15000 pass a"},
         {200000, WAIT, .expect = "@31000 pass a, @63000 pass a, @123000 pass a, @183000 pass a"},
         {200000, OUTCOMES, .outcome = OUTCOME_DONE}, {500000, WAIT, .expect = "@243000 pass a"});
}

static void drift_beside_what_fails_for_good_is_looked_at_soon(void **state)
{
    PLAY(AT_REST, {0, OUTCOMES, .outcome = OUTCOME_FAILED},
         FACTS(0, "a", 1, EVENT_LIST, "resolve a, pass a"), EVENT(1, CORE_NODE, "a", ""),
         {20000, CORE_NODE, "a",
          .expect = "@100 pass a, @2100 pass a, @6100 pass a, @14100 pass a, pass a"},
         EVENT(20001, CORE_NODE, "a", ""), {30000, WAIT, .expect = "@20100 pass a"});
}

static void two_heals_in_one_pass_count_as_two(void **state)
{
    PLAY(A_RUNS, {10, OUTCOMES, .outcome = OUTCOME_DONE, .healed = 2},
         EVENT(1000, CORE_NODE, "a", "pass a"), EVENT(1001, CORE_NODE, "a", "pass a"),
         EVENT(1002, CORE_NODE, "a", "pass a, warn a, pass a resting"));
}

static void the_facts_that_a_fight_makes_do_not_hurry_it(void **state)
{
    PLAY(A_RUNS, {10, OUTCOMES, .outcome = OUTCOME_DONE, .healed = 1},
         EVENT(1000, CORE_NODE, "a", "pass a"), EVENT(1001, CORE_NODE, "a", "pass a"),
         EVENT(1002, CORE_NODE, "a", "pass a"), EVENT(1003, CORE_NODE, "a", "pass a"),
         EVENT(1004, CORE_NODE, "a", "pass a, warn a, pass a resting"),
         {1005, NEWS, "a", .id = 1, .cause = EVENT_TUNABLE, .expect = "resolve a, pass a resting"},
         {2500, WAIT, .expect = "@2004 pass a"},
         {2500, NEWS, "a", .id = 1, .cause = EVENT_TUNABLE, .expect = "resolve a, pass a resting"},
         EVENT(2600, CORE_DESIRED, "a", "pass a"));
}

static void news_for_a_failed_guest_are_tried_at_once(void **state)
{
    PLAY(AT_REST, {0, OUTCOMES, .outcome = OUTCOME_FAILED},
         FACTS(0, "a", 1, EVENT_LIST, "resolve a, pass a"), EVENT(500, CORE_DESIRED, "a", "pass a"),
         {2000, WAIT, .expect = "@1500 pass a"}, EVENT(2000, CORE_HOLD, NULL, "pass a"),
         {2500, NEWS, "a", .id = 1, .cause = EVENT_METADATA, .expect = "resolve a, pass a"},
         {4000, WAIT, .expect = "@3500 pass a"});
}

static void a_busy_guest_is_tried_again_soon(void **state)
{
    PLAY(AT_REST, {0, OUTCOMES, .outcome = OUTCOME_BUSY},
         FACTS(0, "a", 1, EVENT_STARTED, "resolve a, pass a starting"),
         {200, WAIT, .expect = "@50 pass a starting, @150 pass a starting"},
         {200, OUTCOMES, .outcome = OUTCOME_DONE}, {60000, WAIT, .expect = "@350 pass a starting"});
}

static void a_guest_without_control_groups_yet_is_tried_some_times(void **state)
{
    PLAY(AT_REST, {0, OUTCOMES, .outcome = OUTCOME_ABSENT},
         FACTS(0, "a", 1, EVENT_LIST, "resolve a, pass a"),
         {60000, WAIT,
          .expect = "@20 pass a, @60 pass a, @140 pass a, @300 pass a, @620 pass a, @1260 pass a, "
                    "@2260 pass a, @3260 pass a"},
         EVENT(60000, CORE_NODE, "a", "pass a"));
}

static void starting_is_over_ten_seconds_after_the_start(void **state)
{
    PLAY(AT_REST, {0, OUTCOMES, .outcome = OUTCOME_FAILED},
         FACTS(0, "a", 1, EVENT_STARTED, "resolve a, pass a starting"),
         {20000, WAIT,
          .expect = "@1000 pass a starting, @3000 pass a starting, @7000 pass a starting, "
                    "@15000 pass a"});
}

static void what_is_left_for_later_is_done_some_seconds_later(void **state)
{
    PLAY(AT_REST, {0, OUTCOMES, .outcome = OUTCOME_LATER},
         FACTS(0, "a", 1, EVENT_STARTED, "resolve a, pass a starting"),
         {2600, WAIT, .expect = "@2500 pass a"}, {2600, OUTCOMES, .outcome = OUTCOME_DONE},
         {60000, WAIT, .expect = "@7500 pass a"});
}

static void drift_does_not_wait_for_what_is_left_for_later(void **state)
{
    PLAY(AT_REST, {0, OUTCOMES, .outcome = OUTCOME_LATER},
         FACTS(0, "a", 1, EVENT_LIST, "resolve a, pass a"), EVENT(100, CORE_NODE, "a", "pass a"),
         {100, OUTCOMES, .outcome = OUTCOME_DONE}, {60000, WAIT, .expect = "@5100 pass a"});
}

static void a_held_guest_is_looked_at_when_its_time_is_up(void **state)
{
    PLAY(A_RUNS, {10, OUTCOMES, .outcome = OUTCOME_HELD, .until_ms = 5000},
         EVENT(10, CORE_HOLD, "a", "pass a"), EVENT(20, CORE_NODE, "a", "pass a"),
         {4000, OUTCOMES, .outcome = OUTCOME_DONE}, {60000, WAIT, .expect = "@5000 pass a"});
}

static void a_guest_held_for_good_waits_for_its_release(void **state)
{
    PLAY(A_RUNS, {10, OUTCOMES, .outcome = OUTCOME_HELD}, EVENT(10, CORE_HOLD, NULL, "pass a"),
         QUIET(100000), {100000, OUTCOMES, .outcome = OUTCOME_DONE},
         EVENT(100000, CORE_HOLD, NULL, "pass a"), QUIET(200000));
}

static void the_fifth_heal_within_ten_seconds_slows_down_and_says_so_once(void **state)
{
    PLAY(A_RUNS, {10, OUTCOMES, .outcome = OUTCOME_DONE, .healed = 1},
         EVENT(1000, CORE_NODE, "a", "pass a"), EVENT(2000, CORE_NODE, "a", "pass a"),
         EVENT(3000, CORE_NODE, "a", "pass a"), EVENT(4000, CORE_NODE, "a", "pass a"),
         EVENT(5000, CORE_NODE, "a", "pass a, warn a, pass a resting"),
         EVENT(5001, CORE_NODE, "a", "pass a resting"),
         {29000, WAIT, .expect = "@6000 pass a, @8000 pass a, @12000 pass a, @20000 pass a"},
         {49000, WAIT, .expect = "@30000 pass a, @40000 pass a"},
         {49000, OUTCOMES, .outcome = OUTCOME_DONE}, {100000, WAIT, .expect = "@50000 pass a"});
}

static void heals_far_apart_are_no_fight(void **state)
{
    PLAY(A_RUNS, {10, OUTCOMES, .outcome = OUTCOME_DONE, .healed = 1},
         EVENT(1000, CORE_NODE, "a", "pass a"), EVENT(4000, CORE_NODE, "a", "pass a"),
         EVENT(7000, CORE_NODE, "a", "pass a"), EVENT(10000, CORE_NODE, "a", "pass a"),
         EVENT(13000, CORE_NODE, "a", "pass a"), EVENT(16000, CORE_NODE, "a", "pass a"),
         QUIET(60000));
}

static void a_fight_is_over_when_nothing_was_healed_for_long(void **state)
{
    PLAY(A_RUNS, {10, OUTCOMES, .outcome = OUTCOME_DONE, .healed = 1},
         EVENT(1000, CORE_NODE, "a", "pass a"), EVENT(1001, CORE_NODE, "a", "pass a"),
         EVENT(1002, CORE_NODE, "a", "pass a"), EVENT(1003, CORE_NODE, "a", "pass a"),
         EVENT(1004, CORE_NODE, "a", "pass a, warn a, pass a resting"),
         {1500, OUTCOMES, .outcome = OUTCOME_DONE},
         {20000, OUTCOMES, .outcome = OUTCOME_DONE, .healed = 1, .expect = "@2004 pass a"},
         EVENT(20000, CORE_NODE, "a", "pass a"), EVENT(20001, CORE_NODE, "a", "pass a"),
         EVENT(20002, CORE_NODE, "a", "pass a"), EVENT(20003, CORE_NODE, "a", "pass a"),
         EVENT(20004, CORE_NODE, "a", "pass a, warn a, pass a resting"));
}

static void a_fight_over_one_guest_does_not_slow_another(void **state)
{
    PLAY(A_RUNS, FACTS(2, "b", 2, EVENT_LIST, "resolve b, pass b"),
         {10, OUTCOMES, .outcome = OUTCOME_DONE, .healed = 1},
         EVENT(1000, CORE_NODE, "a", "pass a"), EVENT(1001, CORE_NODE, "a", "pass a"),
         EVENT(1002, CORE_NODE, "a", "pass a"), EVENT(1003, CORE_NODE, "a", "pass a"),
         EVENT(1004, CORE_NODE, "a", "pass a, warn a, pass a resting"),
         EVENT(1005, CORE_NODE, "b", "pass b"), EVENT(1006, CORE_NODE, "a", "pass a resting"));
}

static void a_fight_over_one_value_does_not_slow_another(void **state)
{
    const struct cell fought = {.role = {.kind = CG_ROLE_VCPU},
                                .attr = attr_by_name("cpu.shares", 1)};
    struct cell other = fought;
    cleanup_cells struct cells resting = {0};
    struct fights fights = {0};

    other.role.index = 1;
    for (unsigned i = 1; i <= FIGHT_HEALS; i++) {
        if (i % 2)
            assert_int_equal(fights_heal(&fights, &other, EPOCH + i), 0);
        assert_int_equal(fights_heal(&fights, &fought, EPOCH + i), i == FIGHT_HEALS);
    }
    assert_int_equal(fights_resting(&fights, EPOCH + FIGHT_PAUSE, &resting), 0);
    assert_int_equal(resting.count, 1);
    assert_int_equal(cell_compare(&resting.cells[0], &fought), 0);
    fights_release(&fights);
}

static void endless_writes_without_drift_are_looked_at_less_often(void **state)
{
    struct step steps[2002] = {AT_REST, FACTS(0, "a", 1, EVENT_LIST, "resolve a, pass a")};
    struct world world = {.now = EPOCH, .outcome = {.outcome = OUTCOME_DONE}};
    unsigned passes = 0;

    store_init(&world.store);
    core_init(&world.core, &world.store, world.now);
    for (unsigned i = 0; i < 2000; i++) /* for two seconds */
        steps[2 + i] = (struct step)EVENT(i, CORE_NODE, "a", NULL);
    for (unsigned i = 0; i < ARRAY_SIZE(steps); i++) {
        world.said[0] = '\0';
        run_until(&world, EPOCH + steps[i].at_ms * CORE_MS);
        if (steps[i].type < START)
            happen(&world, &steps[i]);
        drain(&world, false);
        passes += strstr(world.said, "pass a") != NULL;
    }
    assert_in_range(passes, 30, 70);
    core_release(&world.core);
    store_release(&world.store);
}

static void guests_that_cannot_be_watched_are_swept_every_five_seconds(void **state)
{
    PLAY(A_RUNS, FACTS(2, "b", 2, EVENT_LIST, "resolve b, pass b"),
         EVENT(1000, CORE_UNWATCHED, "a", ""),
         {12000, WAIT, .expect = "@6000 pass a, @11000 pass a"},
         EVENT(12000, CORE_WATCHED, "a", ""), QUIET(60000));
}

static void policy_folders_that_cannot_be_watched_are_read_every_five_seconds(void **state)
{
    PLAY(A_RUNS, EVENT(1000, CORE_FOLDERS_UNWATCHED, NULL, ""),
         {12000, WAIT, .expect = "@6000 reload, @11000 reload"},
         EVENT(12000, CORE_FOLDERS_WATCHED, NULL, ""), QUIET(60000));
}

static void a_guest_that_was_not_found_for_long_is_given_up_once(void **state)
{
    struct managed guest = {.schedule = {.outcome = OUTCOME_ABSENT, .retries = 8}};

    assert_false(core_gave_up(&guest));
    guest.schedule.retries = 9;
    assert_true(core_gave_up(&guest));
    guest.schedule.outcome = OUTCOME_FAILED;
    assert_false(core_gave_up(&guest));
    guest.schedule = (struct schedule){0};
    assert_false(core_gave_up(&guest));
}

static void a_cpu_that_goes_or_comes_is_a_look_at_the_guests_that_want_it(void **state)
{
    PLAY(A_RUNS, FACTS(2, "b", 2, EVENT_LIST, "resolve b, pass b"),
         {3, WANTED, "a", .wanted = "4-5"}, {3, WANTED, "b", .wanted = "6"},
         {10, CORE_CPU, .cpu = 5, .expect = "read host"},
         {300, WAIT, .expect = "@210 read host, @210 resolve a, @210 resolve b, @210 pass a"},
         {400, CORE_CPU, .cpu = UEVENT_ANY_CPU, .expect = "read host"},
         {700, WAIT,
          .expect = "@600 read host, @600 resolve a, @600 resolve b, @600 pass a, @600 pass b"},
         QUIET(60000));
}

static void cpus_that_change_one_after_the_other_are_one_look_after_the_last(void **state)
{
    PLAY(A_RUNS, {3, WANTED, "a", .wanted = "4-5"}, {10, CORE_CPU, .cpu = 5, .expect = "read host"},
         {150, CORE_CPU, .cpu = 6, .expect = "read host"},
         {500, WAIT, .expect = "@350 read host, @350 resolve a, @350 pass a"}, QUIET(60000));
}

static void a_look_before_the_kernel_is_done_is_not_the_last_one(void **state)
{
    PLAY(A_RUNS, {3, WANTED, "a", .wanted = "5"}, {10, CORE_CPU, .cpu = 5, .expect = "read host"},
         EVENT(20, CORE_NODE, "a", "pass a"),
         {500, WAIT, .expect = "@210 read host, @210 resolve a, @210 pass a"}, QUIET(60000));
}

static void a_queue_of_many_is_served_by_time_then_by_order(void **state)
{
    struct store store;
    struct queue queue = {0};
    uint64_t due = 0, sequence = 0;
    size_t count = 0;

    store_init(&store);
    for (unsigned i = 0; i < 500; i++) {
        char uuid[UUID_SIZE];
        struct managed *guest;

        snprintf(uuid, sizeof(uuid), "00000000-0000-0000-0000-%012u", i);
        guest = store_add(&store, uuid);
        assert_non_null(guest);
        assert_ptr_equal(store_find(&store, uuid), guest);
        assert_int_equal(queue_reserve(&queue, store.count), 0);
        queue_put(&queue, guest, 1 + i * 7919 % 101);
        queue_put(&queue, guest, 1 + i * 104729 % 53);
        if (i % 5 == 0)
            queue_remove(&queue, guest);
    }
    for (struct managed *guest; (guest = queue_first(&queue)); count++) {
        assert_true(guest->schedule.due >= due);
        assert_true(guest->schedule.due > due || guest->schedule.sequence > sequence);
        due = guest->schedule.due;
        sequence = guest->schedule.sequence;
        queue_remove(&queue, guest);
    }
    assert_int_equal(count, 400);
    queue_release(&queue);
    store_release(&store);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(an_event_is_waited_for_from_the_first_that_leads_to_a_pass),
        cmocka_unit_test(at_start_it_starts_the_helper_and_loads_the_policies),
        cmocka_unit_test(a_guest_that_starts_is_resolved_and_passed_as_starting),
        cmocka_unit_test(a_guest_that_ran_before_is_not_starting),
        cmocka_unit_test(a_guest_that_is_only_defined_gets_its_desired_cells_but_no_pass),
        cmocka_unit_test(a_defined_guest_that_starts_is_passed_with_its_new_facts),
        cmocka_unit_test(a_defined_guest_is_passed_early_from_its_process_on_until_it_has_started),
        cmocka_unit_test(what_libvirt_still_makes_is_looked_at_at_each_change),
        cmocka_unit_test(control_groups_that_are_not_found_yet_are_looked_for_again),
        cmocka_unit_test(a_launch_that_is_heard_of_after_the_start_is_over_ten_seconds_later),
        cmocka_unit_test(a_launch_that_fails_is_forgotten),
        cmocka_unit_test(a_transient_guest_is_passed_early_on_a_hint_until_libvirt_tells),
        cmocka_unit_test(a_guest_that_started_before_libvirt_told_of_any_is_starting),
        cmocka_unit_test(a_transient_guest_whose_launch_fails_is_gone),
        cmocka_unit_test(a_guest_that_has_started_does_not_fail_to_launch),
        cmocka_unit_test(a_launch_before_the_old_end_was_told_is_a_new_incarnation),
        cmocka_unit_test(equal_facts_cause_no_recompute),
        cmocka_unit_test(changed_facts_are_resolved_then_passed),
        cmocka_unit_test(a_guest_that_stops_is_forgotten_and_passed_no_more),
        cmocka_unit_test(a_restart_that_nobody_told_of_is_seen_by_the_id),
        cmocka_unit_test(a_guest_that_is_gone_is_removed),
        cmocka_unit_test(a_guest_that_a_new_list_does_not_tell_of_is_removed_when_it_is_complete),
        cmocka_unit_test(a_list_that_breaks_off_removes_nothing),
        cmocka_unit_test(without_libvirt_guests_are_still_healed),
        cmocka_unit_test(the_helper_starts_again_after_growing_pauses_up_to_five_seconds),
        cmocka_unit_test(the_pause_before_the_helpers_start_is_shortened_by_chance),
        cmocka_unit_test(a_complete_list_ends_the_helpers_growing_pauses),
        cmocka_unit_test(a_refused_helper_starts_again_as_root_at_once_and_only_once),
        cmocka_unit_test(many_changes_in_the_folders_are_one_reload_after_quiet),
        cmocka_unit_test(a_folder_that_is_never_quiet_is_read_all_the_same),
        cmocka_unit_test(systemds_answer_is_looked_at_at_once),
        cmocka_unit_test(systemd_that_does_not_do_it_is_asked_after_growing_pauses),
        cmocka_unit_test(systemds_pauses_grow_up_to_a_minute),
        cmocka_unit_test(files_are_healed_while_systemd_is_waited_for),
        cmocka_unit_test(
            systemd_is_asked_by_the_next_pass_when_it_may_be_before_this_one_has_ended),
        cmocka_unit_test(
            a_record_that_another_one_keeps_changing_is_set_again_after_growing_pauses),
        cmocka_unit_test(something_else_desired_is_asked_of_systemd_at_once),
        cmocka_unit_test(policies_that_were_not_read_for_want_of_memory_are_read_again),
        cmocka_unit_test(the_operators_reload_is_at_once_and_looks_at_every_guest),
        cmocka_unit_test(a_change_of_mems_is_healed_when_it_has_lasted_two_seconds),
        cmocka_unit_test(mems_that_change_again_rest_anew),
        cmocka_unit_test(mems_that_somebody_puts_back_in_time_need_no_heal),
        cmocka_unit_test(mems_that_change_soon_after_each_move_rest_longer_and_longer),
        cmocka_unit_test(when_memory_has_moved_one_guest_that_waits_is_next),
        cmocka_unit_test(a_guest_that_waits_for_the_mover_is_starting_all_the_while),
        cmocka_unit_test(memory_that_could_not_move_is_tried_again_after_two_seconds),
        cmocka_unit_test(a_guest_is_in_the_queue_once),
        cmocka_unit_test(hints_of_different_guests_are_served_in_their_order),
        cmocka_unit_test(a_failed_guest_is_tried_again_after_growing_pauses_up_to_a_minute),
        cmocka_unit_test(drift_beside_what_fails_for_good_is_looked_at_soon),
        cmocka_unit_test(two_heals_in_one_pass_count_as_two),
        cmocka_unit_test(the_facts_that_a_fight_makes_do_not_hurry_it),
        cmocka_unit_test(news_for_a_failed_guest_are_tried_at_once),
        cmocka_unit_test(a_busy_guest_is_tried_again_soon),
        cmocka_unit_test(a_guest_without_control_groups_yet_is_tried_some_times),
        cmocka_unit_test(starting_is_over_ten_seconds_after_the_start),
        cmocka_unit_test(what_is_left_for_later_is_done_some_seconds_later),
        cmocka_unit_test(drift_does_not_wait_for_what_is_left_for_later),
        cmocka_unit_test(a_held_guest_is_looked_at_when_its_time_is_up),
        cmocka_unit_test(a_guest_held_for_good_waits_for_its_release),
        cmocka_unit_test(the_fifth_heal_within_ten_seconds_slows_down_and_says_so_once),
        cmocka_unit_test(heals_far_apart_are_no_fight),
        cmocka_unit_test(a_fight_is_over_when_nothing_was_healed_for_long),
        cmocka_unit_test(a_fight_over_one_guest_does_not_slow_another),
        cmocka_unit_test(a_fight_over_one_value_does_not_slow_another),
        cmocka_unit_test(endless_writes_without_drift_are_looked_at_less_often),
        cmocka_unit_test(guests_that_cannot_be_watched_are_swept_every_five_seconds),
        cmocka_unit_test(policy_folders_that_cannot_be_watched_are_read_every_five_seconds),
        cmocka_unit_test(a_guest_that_was_not_found_for_long_is_given_up_once),
        cmocka_unit_test(a_cpu_that_goes_or_comes_is_a_look_at_the_guests_that_want_it),
        cmocka_unit_test(cpus_that_change_one_after_the_other_are_one_look_after_the_last),
        cmocka_unit_test(a_look_before_the_kernel_is_done_is_not_the_last_one),
        cmocka_unit_test(a_queue_of_many_is_served_by_time_then_by_order),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
