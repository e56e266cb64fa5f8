/* A guest's next turn: what it is for, and when it comes. */
#include "agent/core_internal.h"

void core_ask(struct core *core, struct managed *guest, unsigned work, uint64_t due)
{
    guest->schedule.work |= work;
    queue_put(&core->queue, guest, due);
}

void core_hint(struct core *core, struct managed *guest, uint64_t now)
{
    if (guest_runs(guest))
        core_ask(core, guest, WORK_PASS, later(now, guest->schedule.not_before));
}

void core_renew(struct core *core, struct managed *guest, uint64_t now)
{
    guest->schedule.not_before = 0;
    guest->schedule.retries = 0;
    guest->schedule.answers = 0;
    guest->schedule.ask_from = 0;
    core_hint(core, guest, now);
}

void core_start_over(struct core *core, struct managed *guest, uint64_t now)
{
    fights_call_off(&guest->schedule.fights);
    core_renew(core, guest, now);
}
