/* Reading a queue of inotify(7) events. */
#ifndef AGENT_INOTIFY_H
#define AGENT_INOTIFY_H

#include "base/cleanup.h"

#include <sys/inotify.h>

typedef void (*inotify_fn)(const struct inotify_event *event, void *data);

/* A new queue: a descriptor, non-blocking, or -errno. */
int inotify_open(void) must_check;
/* Watches what the open directory `dir` is, or `file` in it (NULL: itself), without following a
 * path that may have changed since it was opened. The watch, or -errno; -EMFILE where `queue` is
 * none.
 */
int inotify_watch(int queue, int dir, const char *file, uint32_t mask) must_check;
/* Calls `fn` for what is queued, at most one buffer full: a queue that never ends must not keep
 * the loop from its other work. 1: there may be more; 0: nothing was there; -errno. */
int inotify_read(int queue, inotify_fn fn, void *data) must_check;

/* What the operator can do about such an error: " (...)" for the end of a message, or "". */
const char *inotify_way_out(int r);

#endif
