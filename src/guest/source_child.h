/* The helper as a child process: who it runs as and what it inherits. */
#ifndef GUEST_SOURCE_CHILD_H
#define GUEST_SOURCE_CHILD_H

#include "guest/source.h"

/* Starts the helper. Fills pid, patience, fd and user of *ret. */
int child_start(const struct source_options *options, struct source *ret, struct cg_error **err);
/* Ends the helper and reaps it: its wait status. */
int child_end(pid_t pid);

#endif
