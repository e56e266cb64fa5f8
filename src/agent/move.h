/* The moves of guests' memory in the loop: it hears of the end of each. */
#ifndef AGENT_MOVE_H
#define AGENT_MOVE_H

#include "reconcile/move.h"

#include <systemd/sd-event.h>

struct agent;
struct managed;

struct moves {
    struct mover mover;
    sd_event_source *end; /* of the present move; NULL: none */
    uint64_t began;       /* on the agent's clock */
};

void moves_init(struct moves *moves);
/* A pass over the guest has ended: did it start a move, or is the guest held that has one? */
void moves_follow(struct agent *agent, const struct managed *guest);
/* Leaves a move to the kernel: nobody waits for it. */
void moves_close(struct moves *moves);

#endif
