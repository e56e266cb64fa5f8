#include "agent/parts.h"

#include <string.h>
#include <sysexits.h>

bool agent_writes(const struct agent *agent)
{
    return !agent->options->observe;
}

/* What failed before the loop runs, as an exit status. */
static int refuse(struct log *log, int r, const struct cg_error *error)
{
    log_line(log, LOG_ERR, "%s", error ? cg_error_text(error) : strerror(-r));
    if (r == -EACCES || r == -EPERM)
        return EX_NOPERM;
    if (r == -ENOTUNIQ)
        return EX_USAGE;
    return r == -ENODEV ? EX_UNAVAILABLE : EXIT_FAILURE;
}

/* An agent that only observes makes no folder, takes no lock and so does not stand in the way of
 * one that writes. */
static int open_state(struct agent *agent, struct cg_error **err)
{
    const char *path = agent->options->state ? agent->options->state : STATE_DIR_DEFAULT;
    bool write = agent_writes(agent);
    int r = state_dir_open(path, write, &agent->state, err);

    return r < 0 || !write ? r : state_dir_lock_agent(&agent->state, &agent->lock, err);
}

static int set_up(struct agent *agent, struct cg_error **err)
{
    const char *const *folders = policy_folders(agent->options->folders);
    int r = host_open(&kernel_real, agent->options->root, &agent->host, err);

    if (r == 0)
        r = open_state(agent, err);
    if (r == 0)
        r = state_dir_refuse_policies(&agent->state, folders, err);
    if (r < 0)
        return r;
    agent->context.host = agent->host;
    agent->context.state = &agent->state;
    agent->context.mover = &agent->moves.mover;
    agent->context.mode = agent->options->observe ? RECONCILE_PLAN : RECONCILE_APPLY;
    agent->policies.folders = folders;
    agent->policies.required = agent->options->folders != NULL;
    policies_restore(&agent->policies, &agent->state, &agent->log);
    return loop_setup(agent, err);
}

static void tear_down(struct agent *agent)
{
    struct managed *guest;

    TAILQ_FOREACH(guest, &agent->store.all, all)
        unit_call_release(&guest->call);
    loop_end(agent);
    TAILQ_FOREACH(guest, &agent->store.all, all)
        watches_drop(&agent->watches, guest);
    watches_close(&agent->watches);
    writers_close(&agent->writers);
    closep(&agent->uevents);
    store_release(&agent->store);
    core_release(&agent->core);
    policies_release(&agent->policies);
    reconcile_context_release(&agent->context);
    closep(&agent->lock);
    state_dir_close(&agent->state);
    host_free(agent->host);
    free(agent->disconnected);
    free(agent->helper_trouble);
    free(agent->status_text);
    log_close(&agent->log);
}

int agent_run(const struct agent_options *options)
{
    struct agent agent = {.options = options,
                          .lock = -1,
                          .state = STATE_DIR_CLOSED,
                          .arrivals = {.queue = -1},
                          .folders = {.queue = -1, .state = -1, .holds = -1},
                          .uevents = -1,
                          .watches = {.queue = -1},
                          .writers = {.queue = -1}};
    cleanup_error struct cg_error *error = NULL;
    int r;

    log_init(&agent.log, options->verbose);
    store_init(&agent.store);
    moves_init(&agent.moves);
    core_init(&agent.core, &agent.store, agent_now());
    if (geteuid() != 0 && !options->observe && !options->root) {
        log_line(&agent.log, LOG_ERR, "must run as root; --observe can do without");
        return EX_NOPERM;
    }
    r = set_up(&agent, &error);
    if (r < 0) {
        r = refuse(&agent.log, r, error);
    } else {
        log_line(&agent.log, LOG_INFO, "runs%s", options->observe ? " and only observes" : "");
        r = loop_run(&agent);
        notify_stopping(&agent);
        log_line(&agent.log, LOG_INFO, "ends; values that are in force stay");
    }
    tear_down(&agent);
    return r;
}
