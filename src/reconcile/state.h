/* What vmpin remembers of a guest's incarnation: for each cell that it wrote, the baseline (the
 * last value that vmpin did not write) and what it wrote itself. Plain data; state_dir.h keeps it
 * in /run/vmpin. */
#ifndef RECONCILE_STATE_H
#define RECONCILE_STATE_H

#include "guest/cell.h"
#include "reconcile/binding.h"

/* `written` has more than one value while a write is under way: the new one, the one written on the
 * way to it (a set grows before it shrinks) and the last one. After a crash any of them may stand
 * in the file, and none is foreign. */
#define RECORD_WRITTEN 3
struct record {
    struct cg_role role;
    enum cell_target target;
    const struct cg_attr *attr;
    struct cg_value *baseline; /* NULL: unknown; a MASK's is libvirt's pin in the facts */
    struct cg_value *written[RECORD_WRITTEN]; /* [0] the newest; NULL: none */
    bool settled; /* enforce "start": set once, the operator's since then */
};

struct guest_state {
    char uuid[UUID_SIZE];
    pid_t pid; /* with start_time and node: the incarnation */
    uint64_t start_time, node;
    pid_t mover; /* who moves its memory, for as long as that very process lives; 0: nobody */
    uint64_t mover_start; /* when it started, clock ticks since boot */
    bool lost; /* an earlier state was damaged: baselines not recorded here are unknown */
    struct record *records; /* sorted as cells are */
    size_t count, size;
};

/* Is this the state of that incarnation? */
bool state_is_of(const struct guest_state *state, const struct binding *binding);
void state_start(struct guest_state *state, const char *uuid, const struct binding *binding);
/* The state was lost while `desired` was in force: what `enforce: start` asks for was set, and is
 * the operator's. */
int state_start_lost(struct guest_state *state, const char *uuid, const struct binding *binding,
                     const struct cells *desired) must_check;
struct record *state_find(const struct guest_state *state, const struct cell *key);
int state_add(struct guest_state *state, const struct cell *key, struct record **ret) must_check;
void state_remove(struct guest_state *state, struct record *record);
bool record_wrote(const struct record *record, const struct cg_value *value);
/* Takes note of a value seen in the file: one that vmpin did not write becomes the baseline (true
 * then), one that it did is the only one of `written` from now on. */
bool record_observe(struct record *record, struct cg_value *value);
/* Takes note of a value about to be written, and of the newest one standing there alone. */
void record_write(struct record *record, struct cg_value *value);
void record_written(struct record *record);
int state_copy(const struct guest_state *from, struct guest_state *ret) must_check;
/* What was written is undone: the key's record is as it was `before`. */
void state_reset(struct guest_state *state, const struct guest_state *before,
                 const struct cell *key);
void state_release(struct guest_state *state);
#define cleanup_state cleanup_with(state_release)

/* JSON, readable by a human, versioned; parse and format inverse. -EINVAL: damaged. */
int state_parse(const char *text, size_t length, const struct cg_mounts *mounts,
                struct guest_state *ret, struct cg_error **err);
int state_format(const struct guest_state *state, char **ret_text);

#endif
