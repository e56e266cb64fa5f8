/* --watch: a subcommand's output again and again. On a terminal each one takes the place of the
 * last one, until q or Ctrl-C; elsewhere they follow one another, until a signal. */
#ifndef CLI_WATCH_H
#define CLI_WATCH_H

#include "cli/options.h"

/* Calls `show` at once, then when something changes in the state folder, and every 5 seconds. The
 * last exit status. */
int watch_run(const struct options *options, int (*show)(const struct options *options));

#endif
