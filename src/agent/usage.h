/* What the kernel has counted for one guest: CPU throttling and pressure. */
#ifndef AGENT_USAGE_H
#define AGENT_USAGE_H

#include "agent/metrics.h"
#include "guest/facts.h"
#include "reconcile/binding.h"

/* Brings what is known of an incarnation (zeroed at first) up to date. What this host or guest does
 * not have stays unknown; what cannot be read now stays as it was. */
void usage_read(const struct host *host, const struct facts *facts, const struct binding *binding,
                struct usage *usage);
/* `now`: what the nodes tell that are there. A vCPU that was unplugged took what its node had
 * counted with it, and a counter never falls. */
void usage_advance(struct usage *usage, const struct usage *now);

#endif
