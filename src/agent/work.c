#include "agent/parts.h"

#include "agent/entries.h"
#include "agent/tell.h"
#include "cgroup/guest_path.h"
#include "cgroup/set.h"

static void start_helper(struct agent *agent, bool as_root)
{
    const struct source_options options = {.uri = agent->options->uri,
                                           .record = agent->options->record,
                                           .as_root = as_root,
                                           .launches = true};
    cleanup_error struct cg_error *error = NULL;
    int r;

    helper_stop(&agent->helper); /* it runs still where what it told could not be kept */
    agent->told_all = false;
    if (!agent->connected)
        agent->serves_qemu = source_is_qemu(source_uri(&options));
    /* A recorded host begins its list without saying so. */
    agent_tell(agent, &(struct event){.type = CORE_LISTING});
    r = helper_start(&agent->helper, &options, &error);
    if (r < 0) {
        facts_helper_trouble(agent, error ? cg_error_text(error) : "out of memory");
        if (agent->options->record && r != -ENOMEM)
            sd_event_exit(agent->event, EXIT_FAILURE);
        else
            agent_tell(agent, &(struct event){.type = CORE_HELPER_ENDED});
        return;
    }
    log_line(&agent->log, LOG_DEBUG, "started the helper (pid %d)%s%s",
             (int)agent->helper.source.pid, *agent->helper.source.user ? " as user " : "",
             agent->helper.source.user);
}

/* True when something else is desired now. */
static bool resolve(struct agent *agent, struct managed *guest)
{
    struct desired desired = {0};
    bool changed;

    if (!agent->policies.set) /* for want of memory, as was told: they will be read again */
        return false;
    if (policy_resolve(agent->policies.set, guest->facts, agent->host, &desired) < 0) {
        log_line(&agent->log, LOG_ERR, "%s: out of memory: what was desired before stays",
                 managed_name(guest));
        agent_tell(agent, &(struct event){.type = CORE_WANT});
        return false;
    }
    changed = !cells_equal(&desired.cells, &guest->desired.cells) ||
              !refusals_equal(&desired.refusals, &guest->desired.refusals) ||
              desired.iothreads != guest->desired.iothreads;
    desired_release(&guest->desired);
    guest->desired = desired;
    guest->resolved = true;
    guest->rewatch |= changed;
    return changed;
}

/* Not only where they were not watched: another file system may have been mounted over a folder, of
 * which inotify does not tell. What changes from here on is heard of, what changed before is read.
 */
static void watch_folders_again(struct agent *agent)
{
    cleanup_error struct cg_error *error = NULL;

    if (folders_arm(&agent->folders, &error) < 0) {
        loop_folders_are_blind(agent, error);
        return;
    }
    agent->folders_blind = false;
    agent_tell(agent, &(struct event){.type = CORE_FOLDERS_WATCHED});
}

static void resolve_and_tell(struct agent *agent, struct managed *guest)
{
    if (guest->facts && resolve(agent, guest))
        agent_tell(agent, &(struct event){.type = CORE_DESIRED, .guest = guest});
}

static void refresh_host(struct agent *agent)
{
    cleanup_set struct cg_set *before = cg_set_ref(agent->host->cpus_online);
    cleanup_error struct cg_error *error = NULL;
    cleanup_free char *online = NULL;

    if (host_refresh(agent->host, &error) < 0)
        log_line(&agent->log, LOG_WARNING, "%s", error ? cg_error_text(error) : "out of memory");
    else if (!cg_set_equal(before, agent->host->cpus_online) &&
             cg_set_format(agent->host->cpus_online, &online) == 0)
        log_line(&agent->log, LOG_NOTICE, "the host's online CPUs are %s now", online);
}

static void reload(struct agent *agent)
{
    struct managed *guest;

    notify_reloading(agent);
    keep_state(agent);
    watch_folders_again(agent);
    refresh_host(agent);
    if (policies_load(&agent->policies, agent_writes(agent) ? &agent->state : NULL, &agent->log) <
        0) {
        log_line(&agent->log, LOG_ERR, "the policies cannot be read: out of memory");
        agent_tell(agent, &(struct event){.type = CORE_WANT});
    } else {
        if (agent->policies.problems.again)
            agent_tell(agent, &(struct event){.type = CORE_WANT});
        TAILQ_FOREACH(guest, &agent->store.all, all)
            resolve_and_tell(agent, guest);
    }
    metrics_file_touch(agent);
    notify_ready(agent);
}

void work_count(struct agent *agent, struct managed *guest, const struct report *report)
{
    if (guest->reported)
        agent->statuses[guest->status]--;
    guest->reported = report != NULL;
    if (!report)
        return;
    guest->status = report->status;
    agent->statuses[guest->status]++;
}

static void forget(struct agent *agent, struct managed *guest, bool keep_state)
{
    watches_drop(&agent->watches, guest);
    work_count(agent, guest, NULL);
    metrics_file_touch(agent);
    if (agent_writes(agent) && !keep_state)
        state_dir_forget(&agent->state, guest->uuid);
    managed_forget(guest);
}

static void remove_guest(struct agent *agent, struct managed *guest)
{
    log_line(&agent->log, LOG_DEBUG, "%s: is gone", managed_name(guest));
    /* A guest that was not told of although its process lives may come back (libvirt was asked
     * while it was starting), and its state is the right one then. If not, it dies with it. */
    forget(agent, guest, binding_lives(&guest->binding, agent->host));
    store_remove(&agent->store, guest);
}

void work_watch(struct agent *agent, struct managed *guest)
{
    static const struct log_entry entry = {.priority = LOG_WARNING, .id = ENTRY_UNWATCHED};
    cleanup_error struct cg_error *error = NULL;
    int r;

    if (!guest->rewatch || guest->binding.count == 0)
        return;
    r = watches_update(&agent->watches, guest, &error);
    trace_tell_failure(agent);
    if (guest->grown)
        resolve_and_tell(agent, guest);
    guest->grown = false;
    agent_tell(agent,
               &(struct event){.type = r < 0 ? CORE_UNWATCHED : CORE_WATCHED, .guest = guest});
    if (r > 0)
        agent_tell(agent, &(struct event){.type = CORE_NODE, .guest = guest});
    if (r >= 0 || agent->warned_of_watches)
        return;
    agent->warned_of_watches = true;
    log_entry(&agent->log, &entry, "%s; guests without watches are looked at every 5 seconds",
              error ? cg_error_text(error) : "out of memory");
}

static void warn_of_fights(struct agent *agent, struct managed *guest)
{
    struct log_entry entry = tell_entry(guest, LOG_ERR, ENTRY_FIGHT);
    char node[ROLE_NAME_SIZE];
    const struct cell *cell;

    while ((cell = fights_news(&guest->schedule.fights))) {
        agent->metrics.metrics.fights++;
        entry.node = role_name(cell->role, node);
        entry.attribute = cell->attr->name;
        log_entry(&agent->log, &entry,
                  "%s: something else keeps changing %s %s: it is healed more slowly from now on. "
                  "Find the other one, change the policy, or \"vmpin hold\" the guest",
                  managed_name(guest), node, cell->attr->name);
    }
}

void work_do(struct agent *agent, const struct action *action)
{
    switch (action->type) {
    case ACTION_START_HELPER:
        start_helper(agent, action->as_root);
        break;
    case ACTION_RELOAD:
        reload(agent);
        break;
    case ACTION_HOST:
        refresh_host(agent);
        break;
    case ACTION_WARN:
        warn_of_fights(agent, action->guest);
        break;
    case ACTION_FORGET:
        forget(agent, action->guest, false);
        break;
    case ACTION_REMOVE:
        remove_guest(agent, action->guest);
        break;
    case ACTION_RESOLVE:
        resolve_and_tell(agent, action->guest);
        break;
    case ACTION_PASS:
        if (!action->guest->resolved)
            agent_tell(agent, &(struct event){.type = CORE_PASSED,
                                              .guest = action->guest,
                                              .outcome = OUTCOME_LATER});
        else if (action->launching)
            launch_pass(agent, action->guest);
        else
            pass_make(agent, action);
        break;
    }
}
