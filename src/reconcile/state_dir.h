/* /run/vmpin: states, locks, holds, and the policies in force.
 *
 *   agent.lock          held (flock) by the running agent; root's alone, so that no other user
 *                       can keep an agent from starting
 *   agent.pid           that agent's pid and start time, for everybody to read
 *   policies.json       the policies in force, as policy_set_save() writes them
 *   guests/UUID.json    a guest_state; UUID.json.damaged: one that could not be read
 *   guests/UUID.lock    held (flock) while somebody reconciles that guest; never renamed
 *   holds/UUID, holds/all   a hold: its end in seconds since boot (CLOCK_BOOTTIME, so that
 *                       setting the clock does not move it), or 0 for none */
#ifndef RECONCILE_STATE_DIR_H
#define RECONCILE_STATE_DIR_H

#include "reconcile/state.h"

#define STATE_DIR_DEFAULT "/run/vmpin"

struct state_dir {
    int dir, guests, holds; /* descriptors; guests and holds -1 where not there (reading alone) */
    char *path;
};

#define STATE_DIR_CLOSED ((struct state_dir){.dir = -1, .guests = -1, .holds = -1})

/* `make`: the folders are made when missing (0755, root's). Without it a folder that is not there
 * is an empty one, as before vmpin's first run. -EUCLEAN: others than root and this user may write
 * to one of them. */
int state_dir_open(const char *path, bool make, struct state_dir *ret, struct cg_error **err);
void state_dir_close(struct state_dir *dir);
/* Are the open folders still those at the path? Somebody may have removed or replaced them. */
bool state_dir_stands(const struct state_dir *dir);
/* What vmpin writes into its state must not be read as policies, nor wake up who watches for them.
 * -ENOTUNIQ: one of `folders` (NULL-terminated) is the state's. */
int state_dir_refuse_policies(const struct state_dir *dir, const char *const *folders,
                              struct cg_error **err);
/* Opens the folders anew, made when missing. 1: guests/ is another one, with none of the states of
 * before; 0: it stayed. On failure *dir stays as it is. */
int state_dir_renew(struct state_dir *dir, struct cg_error **err);
#define cleanup_state_dir cleanup_with(state_dir_close)

/* One agent at a time: *lock holds the lock. On entry it is -1, or this agent's own lock, which is
 * kept where it is still the file there and closed where it is not. -EBUSY: another agent runs, and
 * did for 2 s; *lock stays as it is then. */
int state_dir_lock_agent(const struct state_dir *dir, int *lock, struct cg_error **err);
bool state_dir_agent_runs(const struct state_dir *dir);

/* One writer a guest. Waits up to `wait_ms`; -EBUSY. */
int state_dir_lock_guest(const struct state_dir *dir, const char *uuid, unsigned wait_ms,
                         int *ret_fd, struct cg_error **err);

/* -ENOENT: none. -EUCLEAN: a damaged one, *ret is a new state with `lost`; the file stays as it is
 * until that is saved, so that whoever comes before knows too. Other errors: it cannot be read now,
 * and is perhaps in order. */
int state_dir_load(const struct state_dir *dir, const char *uuid, const struct cg_mounts *mounts,
                   struct guest_state *ret, struct cg_error **err);
int state_dir_save(const struct state_dir *dir, const struct guest_state *state,
                   struct cg_error **err);
/* Keeps a copy of a damaged one as UUID.json.damaged; the file itself stays until it is replaced.
 */
void state_dir_set_aside(const struct state_dir *dir, const char *uuid);
/* The state alone: nothing of the guest is vmpin's any more. */
void state_dir_forget_state(const struct state_dir *dir, const char *uuid);
/* State and lock: the guest is gone. */
void state_dir_forget(const struct state_dir *dir, const char *uuid);
/* Forgets the guests that nobody `knows` any more and whose process has ended: they went while no
 * agent ran. Those of which that cannot be told stay. (state_gone.c) */
void state_dir_forget_gone(const struct state_dir *dir, const struct host *host,
                           bool (*knows)(const char *uuid, const void *data), const void *data);

/* Holds. `uuid` NULL: all guests. `seconds` 0: until released. One that has run out stays there
 * until it is released or set anew: who removed it could meet a newer one. (state_holds.c) */
int state_dir_hold(const struct state_dir *dir, const char *uuid, unsigned long seconds,
                   struct cg_error **err);
int state_dir_release(const struct state_dir *dir, const char *uuid, struct cg_error **err);
/* Is the guest held now? *ret_left (may be NULL): 0, or the seconds after which to ask again.
 * -ENOMEM, -EMFILE, -ENFILE: it cannot be known now. */
int state_dir_held(const struct state_dir *dir, const char *uuid, unsigned long *ret_left,
                   struct cg_error **err);

int state_dir_save_policies(const struct state_dir *dir, const char *text, struct cg_error **err);
/* Keeps a copy of damaged ones as policies.json.damaged. */
void state_dir_set_aside_policies(const struct state_dir *dir);
/* -ENOENT: none. -EUCLEAN: it is damaged. Other errors: it cannot be read now. */
int state_dir_load_policies(const struct state_dir *dir, struct buffer *ret, struct cg_error **err);

#endif
