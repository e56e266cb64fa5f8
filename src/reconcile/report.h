/* What one pass over a guest found and did: the one thing that logs, tables and --json are made
 * from. */
#ifndef RECONCILE_REPORT_H
#define RECONCILE_REPORT_H

#include "guest/cell.h"
#include "policy/resolve.h"

enum guest_status {
    GUEST_UNMANAGED, /* no policy matches and nothing is to be returned */
    GUEST_IN_SYNC,
    GUEST_PENDING,  /* changes that vmpin has not made yet */
    GUEST_DRIFT,    /* something else changed what vmpin had set */
    GUEST_SETTLING, /* systemd was asked and has not answered, or the guest's memory moves */
    GUEST_DEGRADED, /* in force as far as the CPUs are online */
    GUEST_HELD,
    GUEST_FAILED, /* something could not be put in force: see refusals and changes */
};
const char *guest_status_name(enum guest_status status); /* "in sync", "drift", ... */

enum change_state {
    CHANGE_PLANNED,
    CHANGE_DONE,
    CHANGE_FAILED,   /* the kernel refused it, or took it and does not grant it: see error */
    CHANGE_UNDONE,   /* written, then taken back since a later one failed */
    CHANGE_UNKNOWN,  /* taking it back failed too */
    CHANGE_SKIPPED,  /* not tried, since an earlier one failed */
    CHANGE_SETTLING, /* systemd is asked for it; `error`: why it did not do it so far */
    CHANGE_MOVING,   /* the guest's memory moves, and the value is in force when it has */
};
const char *change_state_name(enum change_state state);

enum change_reason {
    CHANGE_POLICY, /* a transition: the policy asks for something new */
    CHANGE_HEAL,   /* drift */
    CHANGE_RETURN, /* back to the baseline */
    CHANGE_NEED,   /* needed by another one */
};
const char *change_reason_name(enum change_reason reason);

struct change {
    struct cell cell;     /* role, target, attribute, new value, origin */
    struct cg_value *old; /* NULL: not known */
    enum change_reason reason;
    enum change_state state;
    char *note;       /* what a user should know of it; NULL: nothing */
    char *error;      /* NULL: none */
    int error_number; /* the errno of it; 0: the kernel took the value and does not grant it */
};
/* It was to be in force and is not: not written, taken back, or not granted. */
bool change_has_failed(const struct change *change);
/* The kernel took it, if only until somebody wrote over it again. */
bool change_was_written(const struct change *change);
void change_release(struct change *change);

/* Where a role's threads are really allowed to run. */
struct thread_grant {
    pid_t tid;
    struct cg_set *allowed; /* Cpus_allowed_list of /proc/TID/status */
};
struct granted {
    struct cg_role role;
    struct cg_set *effective; /* the node's cpuset.cpus.effective; NULL: it has none */
    struct thread_grant *threads;
    size_t count;
};
void granted_release(struct granted *granted);

struct report {
    char uuid[UUID_SIZE];
    char *name;
    enum guest_status status;
    bool threads_checked;
    char *error; /* why the guest as a whole failed; NULL */
    char **policies;
    size_t policy_count;
    struct change *changes;
    size_t change_count, change_size;
    uint64_t unrested; /* mems wait until this picture of them has lasted (core.h); 0: none do */
    uint64_t memory_elsewhere; /* bytes that this pass, which moved mems, left on other nodes */
    bool awaits_mover;         /* another guest's memory moves first */
    struct refusals refusals;
    struct granted *granted;
    size_t granted_count;
};
void report_forget_granted(struct report *report);
void report_release(struct report *report);
#define cleanup_report cleanup_with(report_release)

#endif
