/* The core from inside. core.c takes events and gives out work; what follows from them for a
 * guest's incarnation is core_life.c's, what follows from a pass core_outcome.c's; both ask for the
 * guest's next turn (core_turn.c). */
#ifndef AGENT_CORE_INTERNAL_H
#define AGENT_CORE_INTERNAL_H

#include "agent/core.h"

static inline uint64_t earlier(uint64_t a, uint64_t b)
{
    return a < b ? a : b;
}

static inline uint64_t later(uint64_t a, uint64_t b)
{
    return a > b ? a : b;
}

static inline bool guest_runs(const struct managed *guest)
{
    return guest->facts && (guest->facts->running || guest->schedule.launching);
}

static inline uint64_t launch_end(const struct schedule *s)
{
    return s->started + CORE_STARTING;
}

/* core_turn.c */
/* Work for the guest's turn, which comes at `due` or before. */
void core_ask(struct core *core, struct managed *guest, unsigned work, uint64_t due);
/* Something may have changed in its nodes: look, but not before it is due for a look. */
void core_hint(struct core *core, struct managed *guest, uint64_t now);
/* There are new facts: what failed may succeed now. A fight goes on, since who fights by libvirt's
 * means makes new facts with each blow. */
void core_renew(struct core *core, struct managed *guest, uint64_t now);
/* Something else is to be in force: nothing that was waited for counts any more. */
void core_start_over(struct core *core, struct managed *guest, uint64_t now);

/* core_life.c */
int core_take_facts(struct core *core, const struct event *event, uint64_t now) must_check;
void core_launch(struct core *core, struct managed *guest, uint64_t now);
void core_launch_failed(struct core *core, struct managed *guest, uint64_t now);
void core_synced(struct core *core, uint64_t now);
/* That a guest's pid file was made can be heard of after it was told to have started: what runs for
 * so long is not launched any more, though nobody says so. */
void core_end_launch(struct managed *guest, uint64_t now);

/* core_outcome.c */
void core_passed(struct core *core, const struct event *event, uint64_t now);
void core_answered(struct core *core, const struct event *event, uint64_t now);
void core_moved(struct core *core, struct managed *done, bool refused, uint64_t now);
/* The picture of mems that has lasted long enough to be healed; 0: none. */
uint64_t core_rested(const struct schedule *s, uint64_t now);

#endif
