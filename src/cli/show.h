/* Reports as tables or JSON. */
#ifndef CLI_SHOW_H
#define CLI_SHOW_H

#include "cli/sweep.h"

/* What the sweep found or did, in the form that the options ask for. */
void show_sweep(struct session *session, const struct sweep *sweep, enum reconcile_mode mode);

#endif
