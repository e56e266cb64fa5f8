/* Reports as tables or JSON. */
#ifndef CLI_SHOW_H
#define CLI_SHOW_H

#include "cli/sweep.h"

struct table;
struct libscols_line;

/* What the sweep found or did, in the form that the options ask for. */
void show_sweep(struct session *session, const struct sweep *sweep, enum reconcile_mode mode);

/* The kernel's text of a value for a table: "(empty)" for an empty set, "?" for NULL. -ENOMEM makes
 * it NULL, which a table shows as an empty field. free() */
char *show_value(const struct cg_value *value);

#endif
