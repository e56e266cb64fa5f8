/* The state folder under a running agent. Who removes it (or moves it away) takes from vmpin what
 * it knows of the time before: the values in force stay in force and stay known as vmpin's, their
 * baselines are lost with guests/, and holds are released with holds/. */
#include "agent/parts.h"

/* Until that is on record nothing is written to the guest: who finds no record would take it for
 * one that vmpin has never touched. */
int keep_guest(struct agent *agent, struct managed *guest, struct cg_error **err)
{
    cleanup_state struct guest_state state = {0};
    int r;

    if (!guest->state_lost)
        return 0;
    if (state_start_lost(&state, guest->uuid, &guest->binding, &guest->desired.cells) < 0)
        return error_out_of_memory(err);
    r = state_dir_save(&agent->state, &state, err);
    if (r == 0)
        guest->state_lost = false;
    return r;
}

/* What fails here is tried, and told, at the guest's next pass. */
static void note_losses(struct agent *agent)
{
    struct managed *guest;

    TAILQ_FOREACH(guest, &agent->store.all, all) {
        guest->state_lost |=
            guest->reported && guest->binding.count > 0 && guest->desired.cells.count > 0;
        keep_guest(agent, guest, NULL);
    }
}

/* Where there is no room it may come no further than to the folders, and goes on from there at the
 * next try. -EBUSY: another agent was first; there must not be two. */
static int take_folder(struct agent *agent, struct cg_error **err)
{
    if (!state_dir_stands(&agent->state)) {
        int lost = state_dir_renew(&agent->state, err);

        if (lost < 0)
            return lost;
        agent->states_lost |= lost > 0;
    }
    return state_dir_lock_agent(&agent->state, &agent->lock, err);
}

void keep_state(struct agent *agent)
{
    cleanup_error struct cg_error *error = NULL;
    int r;

    if (!agent_writes(agent) || (state_dir_stands(&agent->state) && !agent->stateless))
        return;
    r = take_folder(agent, &error);
    if (r < 0) {
        if (!agent->stateless)
            log_line(&agent->log, LOG_ERR, "the state folder is gone and cannot be made anew: %s",
                     error ? cg_error_text(error) : "out of memory");
        agent->stateless = true;
        if (r == -EBUSY)
            sd_event_exit(agent->event, EXIT_FAILURE);
        return;
    }
    agent->stateless = false;
    log_line(
        &agent->log, LOG_ERR, "%s was removed%s", agent->state.path,
        agent->states_lost
            ? " and is made anew: what vmpin has in force stays; what stood there before it is "
              "not known any more, and what was held may not be held any more"
            : " in part and is made anew: what vmpin knows of the guests stayed; what was held "
              "may not be held any more");
    folders_watch_state(&agent->folders, agent->state.dir, agent->state.holds);
    policies_save(&agent->policies, &agent->state, &agent->log);
    if (agent->states_lost)
        note_losses(agent);
    agent->states_lost = false;
    agent_tell(agent, &(struct event){.type = CORE_OVERFLOW});
}

static bool is_known(const char *uuid, const void *store)
{
    return store_find(store, uuid) != NULL;
}

void keep_tidy(struct agent *agent)
{
    if (agent_writes(agent))
        state_dir_forget_gone(&agent->state, agent->host, is_known, &agent->store);
}
