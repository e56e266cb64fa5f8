/* Watches on the nodes of managed guests, so that drift is seen when it happens and costs nothing
 * while it does not. An event says only "look at this guest": what changed, and whether we did it
 * ourselves, is for the pass to find out.
 *
 * On v1 and for vCPUs, emulator and iothreads a directory is watched. Of a v2 guest's own nodes
 * the single files are: memory.events there signals whenever the guest is under pressure. */
#ifndef AGENT_WATCH_H
#define AGENT_WATCH_H

#include "agent/store.h"
#include "agent/writers.h"

struct watches {
    int queue;
    const struct host *host; /* borrowed */
    struct writers *writers; /* borrowed: told of the directories that are watched */
    void *by_wd;             /* tsearch(3) */
};

/* After a failure too watches_update() can be called: no watch can be set then. */
int watches_open(struct watches *watches, const struct host *host, struct writers *writers,
                 struct cg_error **err);
void watches_close(struct watches *watches); /* after each guest's watches_drop() */

/* Makes the guest's watches those that its binding and desired cells need, and looks for iothreads
 * where policies ask something of them: libvirt sends no event when it adds one, so those that the
 * facts do not have are put there, and `grown` is set. 1: some are new, so
 * that what was read before may be old; 0: none; -ENOSPC and the like: some could not be set. */
int watches_update(struct watches *watches, struct managed *guest, struct cg_error **err);
void watches_drop(struct watches *watches, struct managed *guest);

/* Takes what is queued, at most a buffer full, and calls `fn` for each event of a guest, NULL when
 * events were lost. Notes in a guest where its watches must be brought up to date. 1: there may be
 * more; 0: nothing was there; -errno. */
typedef void (*watches_fn)(struct managed *guest, void *data);
int watches_read(struct watches *watches, watches_fn fn, void *data) must_check;

#endif
