/* What the kernel has counted for one guest: CPU throttling and pressure. */
#ifndef AGENT_USAGE_H
#define AGENT_USAGE_H

#include "agent/metrics.h"
#include "guest/facts.h"
#include "reconcile/binding.h"

/* What this host or guest does not have stays unknown; nothing here is a failure. */
void usage_read(const struct host *host, const struct facts *facts, const struct binding *binding,
                struct usage *ret);

#endif
