/* A pass's report as log lines: every change with guest, role, attribute, old and new value and
 * origin; heals as such; trouble when it comes or changes, not each time it is met again. */
#ifndef AGENT_TELL_H
#define AGENT_TELL_H

#include "agent/log.h"
#include "agent/store.h"
#include "agent/writers.h"

/* An entry that bears the guest's fields. `id`: one of entries.h, or NULL. */
struct log_entry tell_entry(const struct managed *guest, int priority, const char *id);

/* Takes note in `guest` of the trouble told. `not_made` is said of changes that the pass planned
 * and did not make: "held back". `writers`: of each change, who wrote before; NULL: not known. */
void tell_report(struct log *log, struct managed *guest, const struct report *report,
                 const char *not_made, const struct writer *writers);

/* The same for a pass that could not be made. */
void tell_failure(struct log *log, struct managed *guest, const char *why);

/* libvirt tells that somebody changed a tunable through it, just when drift was undone. */
void tell_libvirt_wrote(struct log *log, const struct managed *guest);

#endif
