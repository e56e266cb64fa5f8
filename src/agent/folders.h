/* Watches on the policy folders, on the state folder and on that of the holds in it. A policy
 * folder may not exist yet, may be a link, may be removed and made anew, or be replaced under its
 * name: every component of its path is watched for just that, and the nearest one that exists for
 * the next one to appear. */
#ifndef AGENT_FOLDERS_H
#define AGENT_FOLDERS_H

#include "base/error.h"

#include <stdbool.h>

struct folders {
    int queue;                /* -1: nothing can be watched */
    const char *const *paths; /* NULL-terminated, borrowed */
    int state, holds;         /* the watches on the state folder and its holds; -1: none */
    struct folder_watch *list;
    size_t count, size;
};

/* On failure too *folders is to be closed, and folders_arm() may succeed later. */
int folders_open(struct folders *folders, const char *const *paths, struct cg_error **err);
void folders_close(struct folders *folders);

/* Watches another state folder in the place of the one before. Both are open. */
void folders_watch_state(struct folders *folders, int state, int holds);

/* Watches what stands at the paths now, in the place of what stood there before. */
int folders_arm(struct folders *folders, struct cg_error **err);

/* Takes what is queued, at most a buffer full. `hold` is called for each hold that was set or
 * released, with its file's name, NULL when events were lost or a folder of the state is gone.
 * *ret_changed: something changed in a policy folder or on its path. folders_arm() is then to be
 * called, before the folders are read. */
typedef void (*folders_hold_fn)(const char *name, void *data);
int folders_read(struct folders *folders, folders_hold_fn hold, void *data, bool *ret_changed,
                 struct cg_error **err);

#endif
