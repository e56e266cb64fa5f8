/* Moving a guest's memory, which is what writing its memory nodes does. The kernel moves it before
 * the write returns, which takes seconds for a big guest; and until then no other write of any
 * cpuset's CPUs or nodes on the host returns either, though its value stands at once
 * (cpuset_write_resmask() in kernel/cgroup/cpuset.c ends with a wait for all moves). Who must not
 * wait has child processes write: one for the move, whose end a pipe tells, and one for each such
 * write meanwhile, which counts as done when the file shows the value.
 *
 * A child is killed with its parent, so it never writes what a later one does not know of: what
 * stands in the files then is what the next pass sees. */
#ifndef RECONCILE_MOVE_H
#define RECONCILE_MOVE_H

#include "guest/facts.h"
#include "reconcile/nodes.h"
#include "reconcile/plan.h"

/* One value for one file. */
struct move_write {
    int dir; /* borrowed: a descriptor, since only the real kernel's port blocks */
    const struct cg_attr *attr;
    const struct cg_value *value;
};

struct mover {
    pid_t pid;            /* of the child that moves; 0: none */
    int result;           /* readable at its end; -1 */
    char uuid[UUID_SIZE]; /* of the guest whose memory it moves */
    pid_t *writers;       /* of other guests' values: stuck until the move is over */
    size_t writer_count;
    pid_t late; /* of a writer whose value was not seen in time: nobody waits behind it; 0: none */
};

void mover_init(struct mover *mover);
bool mover_runs(const struct mover *mover);
bool mover_moves(const struct mover *mover, const char *uuid);

/* Starts to write the plan's mems, in its order. None may run. -errno: nothing is written. */
int mover_start(struct mover *mover, const char *uuid, struct nodes *nodes, const struct plan *plan,
                struct cg_error **err);
/* The result is readable: it has ended. -errno of the first write that failed; those before it
 * stand, those behind it were not tried. Else *ret_elsewhere is what the child found of the guest's
 * memory on other nodes then, bytes; RESIDENT_UNKNOWN where it could not see that. */
int mover_end(struct mover *mover, uint64_t *ret_elsewhere, struct cg_error **err);
/* No more writes after the one that is under way, which is not waited for. */
void mover_stop(struct mover *mover);
/* Waits for those of mover_write()'s children whose write has returned. */
void mover_reap(struct mover *mover);
void mover_release(struct mover *mover); /* stops it too */

/* Writes a value while a move runs: 0 when it stands in the file, whenever the kernel returns.
 * -ETIMEDOUT: it does not after a tenth of a second, or one before is not through yet; it may come.
 */
int mover_write(struct mover *mover, const struct host *host, const struct move_write *write,
                struct cg_error **err);

#endif
