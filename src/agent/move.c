#include "agent/parts.h"

#include "agent/entries.h"
#include "agent/tell.h"
#include "reconcile/resident.h"

#include <inttypes.h>

void moves_init(struct moves *moves)
{
    *moves = (struct moves){0};
    mover_init(&moves->mover);
}

static void tell_end(struct agent *agent, struct managed *guest, uint64_t elsewhere,
                     const struct cg_error *error)
{
    double seconds = (double)(agent_now() - agent->moves.began) / (double)CORE_SECOND;
    struct log_entry entry = tell_entry(guest, LOG_INFO, ENTRY_MOVED);

    if (error)
        tell_failure(&agent->log, guest, cg_error_text(error));
    else if (elsewhere == RESIDENT_UNKNOWN)
        log_entry(&agent->log, &entry,
                  "%s: its memory has moved, in %.1f s; whether some is on other nodes could not "
                  "be seen",
                  managed_name(guest), seconds);
    else
        log_entry(&agent->log, &entry,
                  "%s: its memory has moved, in %.1f s; %" PRIu64 " MiB are on other nodes",
                  managed_name(guest), seconds, elsewhere >> 20);
}

static void ended(struct agent *agent)
{
    struct moves *moves = &agent->moves;
    cleanup_error struct cg_error *error = NULL;
    struct managed *guest = store_find(&agent->store, moves->mover.uuid);
    uint64_t elsewhere = 0;
    int r = mover_end(&moves->mover, &elsewhere, &error);

    moves->end = sd_event_source_disable_unref(moves->end);
    /* Of one that is gone, or held now, there is nothing to tell. */
    if (guest && (r == 0 || r != -EINTR))
        tell_end(agent, guest, elsewhere, error);
    agent_tell(agent, &(struct event){.type = CORE_MOVED, .guest = guest, .refused = r < 0});
}

static int on_end(sd_event_source *source, int fd, uint32_t events, void *data)
{
    ended(data);
    return 0;
}

void moves_follow(struct agent *agent, const struct managed *guest)
{
    struct moves *moves = &agent->moves;

    mover_reap(&moves->mover);
    if (!mover_moves(&moves->mover, guest->uuid))
        return;
    if (guest->reported && guest->status == GUEST_HELD)
        mover_stop(&moves->mover);
    if (moves->end)
        return;
    moves->began = agent_now();
    if (sd_event_add_io(agent->event, &moves->end, moves->mover.result, EPOLLIN, on_end, agent) < 0)
        ended(agent); /* out of memory: better late than never */
}

void moves_close(struct moves *moves)
{
    moves->end = sd_event_source_disable_unref(moves->end);
    mover_release(&moves->mover);
}
