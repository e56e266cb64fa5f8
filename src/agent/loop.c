#include "agent/parts.h"

#include "agent/entries.h"
#include "host/uevent.h"

#include <poll.h>
#include <signal.h>
#include <string.h>
#include <sys/epoll.h>
#include <time.h>

/* Timers are exact to this: the core's shortest pause is 20 ms. */
#define ACCURACY_US     1000
#define READS_A_TURN    16
#define MEMORY_PAUSE_MS 100

uint64_t agent_now(void)
{
    struct timespec now;

    clock_gettime(CLOCK_BOOTTIME, &now);
    return (uint64_t)now.tv_sec * CORE_SECOND + (uint64_t)now.tv_nsec / 1000;
}

void agent_tell(struct agent *agent, const struct event *event)
{
    uint64_t now = agent_now();

    if (core_event(&agent->core, event, now) == 0)
        return;
    log_line(&agent->log, LOG_ERR, "out of memory: an event was lost");
    /* Another helper tells everything anew. */
    if (event->type == CORE_FACTS)
        agent_tell(agent, &(struct event){.type = CORE_HELPER_ENDED});
}

struct taking {
    struct agent *agent;
    const struct managed *but;
};

static void on_node(struct managed *guest, void *data)
{
    static const struct log_entry entry = {.priority = LOG_NOTICE, .id = ENTRY_EVENTS_LOST};
    const struct taking *taking = data;
    struct agent *agent = taking->agent;
    struct managed *each;

    if (guest) {
        if (guest != taking->but || guest->rewatch) /* a new node is nobody's echo */
            agent_tell(agent, &(struct event){.type = CORE_NODE, .guest = guest});
        return;
    }
    log_entry(&agent->log, &entry, "events were lost: every guest is looked at");
    TAILQ_FOREACH(each, &agent->store.all, all)
        each->rewatch = true;
    agent_tell(agent, &(struct event){.type = CORE_OVERFLOW});
}

/* Somebody who writes without end must not keep the loop here. */
int loop_take_nodes(struct agent *agent, const struct managed *but)
{
    struct taking taking = {agent, but};
    int r = 1;

    for (unsigned i = 0; i < READS_A_TURN && r > 0; i++)
        r = watches_read(&agent->watches, on_node, &taking);
    trace_read(agent);
    return r;
}

static int on_nodes(sd_event_source *source, int fd, uint32_t events, void *data)
{
    return loop_take_nodes(data, NULL);
}

static void on_cpu(unsigned cpu, void *data)
{
    agent_tell(data, &(struct event){.type = CORE_CPU, .cpu = cpu});
}

static int on_uevent(sd_event_source *source, int fd, uint32_t events, void *data)
{
    return uevent_read(fd, on_cpu, data);
}

static void on_hold(const char *name, void *data)
{
    struct agent *agent = data;
    bool all = !name || strcmp(name, "all") == 0;
    struct event event = {.type = CORE_HOLD, .guest = all ? NULL : store_find(&agent->store, name)};

    if (!name)
        keep_state(agent);
    if (all || event.guest)
        agent_tell(agent, &event);
}

void loop_folders_are_blind(struct agent *agent, const struct cg_error *error)
{
    if (!agent->folders_blind)
        log_line(&agent->log, LOG_WARNING, "%s; they are read every 5 seconds",
                 error ? cg_error_text(error) : "out of memory");
    agent->folders_blind = true;
    agent_tell(agent, &(struct event){.type = CORE_FOLDERS_UNWATCHED});
}

static int on_folders(sd_event_source *source, int fd, uint32_t events, void *data)
{
    struct agent *agent = data;
    cleanup_error struct cg_error *error = NULL;
    bool changed = false;
    int r = folders_read(&agent->folders, on_hold, agent, &changed, &error);

    if (changed)
        agent_tell(agent, &(struct event){.type = CORE_FOLDERS});
    if (r < 0)
        loop_folders_are_blind(agent, error);
    return 0;
}

static void on_answer(struct unit_call *call, void *data)
{
    struct agent *agent = data;
    struct managed *guest = call->owner;

    if (!call->error)
        log_line(&agent->log, LOG_DEBUG, "%s: systemd has the value on record",
                 managed_name(guest));
    agent_tell(agent, &(struct event){
                          .type = CORE_ANSWERED, .guest = guest, .refused = call->error != NULL});
}

static int on_arrivals(sd_event_source *source, int fd, uint32_t events, void *data)
{
    return launch_read(data);
}

static int on_hangup(sd_event_source *source, const struct signalfd_siginfo *info, void *data)
{
    struct agent *agent = data;

    log_line(&agent->log, LOG_INFO, "reads the policies again and looks at every guest (SIGHUP)");
    agent_tell(agent, &(struct event){.type = CORE_RELOAD});
    return 0;
}

static int on_last(sd_event_source *source, const struct signalfd_siginfo *info, void *data)
{
    struct agent *agent = data;

    return sd_event_exit(agent->event, EXIT_SUCCESS);
}

static int on_timer(sd_event_source *source, uint64_t usec, void *data)
{
    struct agent *agent = data;

    agent->timer_at = CORE_NEVER;
    return 0;
}

/* One piece of work a turn, so that signals and new events come in between. */
static int on_turn(sd_event_source *source, void *data)
{
    struct agent *agent = data;
    struct action action;

    if (core_next(&agent->core, agent_now(), &action))
        work_do(agent, &action);
    return 0;
}

static int set_timer(struct agent *agent, uint64_t at)
{
    int r;

    if (at == agent->timer_at)
        return 0;
    agent->timer_at = at;
    if (at == CORE_NEVER)
        return sd_event_source_set_enabled(agent->timer, SD_EVENT_OFF);
    r = sd_event_source_set_time(agent->timer, at);
    return r < 0 ? r : sd_event_source_set_enabled(agent->timer, SD_EVENT_ONESHOT);
}

/* Before the loop sleeps: is there work, and if not, until when may it sleep? The turn is a
 * one-shot source, since one that is always on would come before every other in sd-event's order.
 */
static int before_sleep(sd_event_source *source, void *data)
{
    struct agent *agent = data;
    uint64_t due;

    helper_look(&agent->helper, agent->host);
    due = core_due(&agent->core);
    if (due <= agent_now())
        return sd_event_source_set_enabled(agent->turn, SD_EVENT_ONESHOT);
    notify_status(agent);
    return set_timer(agent, due);
}

static int keep(struct agent *agent, sd_event_source *source)
{
    agent->sources[agent->source_count++] = source;
    return 0;
}

static int add_signal(struct agent *agent, int number, sd_event_signal_handler_t handler,
                      sd_event_source **ret)
{
    int r = sd_event_add_signal(agent->event, ret, number, handler, agent);

    return r < 0 ? r : keep(agent, *ret);
}

static int add_signals(struct agent *agent)
{
    static const int last[] = {SIGTERM, SIGINT};
    sd_event_source *source;
    sigset_t signals;
    int r;

    sigemptyset(&signals);
    sigaddset(&signals, SIGTERM);
    sigaddset(&signals, SIGINT);
    sigaddset(&signals, SIGHUP);
    if (sigprocmask(SIG_BLOCK, &signals, NULL) < 0 || signal(SIGPIPE, SIG_IGN) == SIG_ERR)
        return -errno;
    for (size_t i = 0; i < ARRAY_SIZE(last); i++) {
        r = add_signal(agent, last[i], on_last, &source);
        if (r >= 0)
            r = sd_event_source_set_priority(source, SD_EVENT_PRIORITY_IMPORTANT);
        if (r < 0)
            return r;
    }
    r = add_signal(agent, SIGHUP, on_hangup, &source);
    /* This source is always on, so it also bears what is done before each sleep. */
    return r < 0 ? r : sd_event_source_set_prepare(source, before_sleep);
}

static int add_queue(struct agent *agent, int queue, sd_event_io_handler_t handler)
{
    sd_event_source *source;
    int r;

    if (queue < 0)
        return 0; /* told already: there is a sweep in its place */
    r = sd_event_add_io(agent->event, &source, queue, EPOLLIN, handler, agent);
    return r < 0 ? r : keep(agent, source);
}

static int add_turn(struct agent *agent)
{
    int r = sd_event_add_defer(agent->event, &agent->turn, on_turn, agent);

    if (r < 0)
        return r;
    keep(agent, agent->turn);
    r = sd_event_add_time(agent->event, &agent->timer, CLOCK_BOOTTIME, 0, ACCURACY_US, on_timer,
                          agent);
    if (r < 0)
        return r;
    keep(agent, agent->timer);
    agent->timer_at = CORE_NEVER;
    return sd_event_source_set_enabled(agent->timer, SD_EVENT_OFF);
}

/* What cannot be watched is looked at now and then: no reason not to start. */
static void open_watches(struct agent *agent)
{
    const char *const *folders = agent->policies.folders;
    cleanup_error struct cg_error *error = NULL, *worse = NULL;

    if (folders_open(&agent->folders, folders, &error) < 0)
        loop_folders_are_blind(agent, error);
    if (agent->state.holds >= 0)
        folders_watch_state(&agent->folders, agent->state.dir, agent->state.holds);
    trace_open(agent);
    if (watches_open(&agent->watches, agent->host, &agent->writers, &worse) < 0)
        log_line(&agent->log, LOG_WARNING, "%s", worse ? cg_error_text(worse) : "out of memory");
    launch_open(agent);
    agent->uevents = uevent_open();
    if (agent->uevents < 0)
        log_line(&agent->log, LOG_WARNING,
                 "the kernel does not tell of CPUs that go offline or come back (%s): send SIGHUP "
                 "then",
                 strerror(-agent->uevents));
}

/* An agent that only observes asks nothing, nor one whose host is a folder. */
static int open_systemd(struct agent *agent)
{
    if (!agent->host->systemd || agent->options->observe || agent->options->root)
        return 0;
    agent->context.systemd = systemd_bus_new(agent->event);
    if (!agent->context.systemd)
        return -ENOMEM;
    agent->context.systemd->answered = on_answer;
    agent->context.systemd->data = agent;
    return 0;
}

int loop_setup(struct agent *agent, struct cg_error **err)
{
    struct helper_callbacks callbacks = facts_callbacks;
    int r = sd_event_new(&agent->event);

    if (r < 0)
        return error_set(err, -r, "the event loop cannot be made: %s", strerror(-r));
    callbacks.data = agent;
    helper_init(&agent->helper, agent->event, &callbacks);
    open_watches(agent);
    r = add_signals(agent);
    if (r >= 0)
        r = add_turn(agent);
    if (r >= 0)
        r = add_queue(agent, agent->folders.queue, on_folders);
    if (r >= 0)
        r = add_queue(agent, agent->watches.queue, on_nodes);
    if (r >= 0)
        r = add_queue(agent, agent->arrivals.queue, on_arrivals);
    if (r >= 0)
        r = metrics_file_open(agent, agent->options->metrics);
    if (r >= 0)
        r = add_queue(agent, agent->uevents, on_uevent);
    if (r >= 0)
        r = open_systemd(agent);
    if (r >= 0)
        r = sd_event_set_watchdog(agent->event, true); /* if the service manager asks for it */
    return r < 0 ? error_set(err, -r, "the event loop cannot be set up: %s", strerror(-r)) : 0;
}

int loop_run(struct agent *agent)
{
    int r;

    /* What sd-event lacks the memory for, it has not begun. */
    while ((r = sd_event_loop(agent->event)) == -ENOMEM)
        poll(NULL, 0, MEMORY_PAUSE_MS);
    if (r < 0)
        log_line(&agent->log, LOG_ERR, "the event loop failed: %s", strerror(-r));
    return r < 0 ? EXIT_FAILURE : r;
}

void loop_end(struct agent *agent)
{
    helper_stop(&agent->helper);
    moves_close(&agent->moves);
    metrics_file_close(agent);
    while (agent->source_count > 0)
        sd_event_source_disable_unref(agent->sources[--agent->source_count]);
    systemd_bus_free(agent->context.systemd);
    sd_event_unref(agent->event);
    folders_close(&agent->folders);
    arrivals_close(&agent->arrivals);
}
