/* systemd over D-Bus. The bus is opened when something is first asked, and again when it was lost;
 * nothing is subscribed to, so that it wakes nobody but with an answer. */
#ifndef RECONCILE_UNIT_BUS_H
#define RECONCILE_UNIT_BUS_H

#include "reconcile/unit.h"

#include <systemd/sd-event.h>

/* `event`: the loop that takes the answers; NULL: whoever asks waits for them. NULL: out of
 * memory. */
struct systemd *systemd_bus_new(sd_event *event);
/* After the last call is released. */
struct systemd *systemd_bus_free(struct systemd *systemd); /* NULL */
DEFINE_CLEANUP(struct systemd *, systemd_bus_free);
#define cleanup_systemd_bus cleanup_with(systemd_bus_freep)

#endif
