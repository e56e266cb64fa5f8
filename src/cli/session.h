/* What the one-shot commands share: the state folder, the policies, the host, the guests, and what
 * happened on the way. Each step tells on stderr what went wrong and takes note of it for the exit
 * status; a command that gets a negative number just ends. */
#ifndef CLI_SESSION_H
#define CLI_SESSION_H

#include "cli/options.h"
#include "guest/source.h"
#include "host/host.h"
#include "policy/policy_dir.h"
#include "reconcile/state_dir.h"

struct session {
    const struct options *options;
    bool writes;
    unsigned happened; /* enum happened */
    struct state_dir state;
    bool agent_runs;
    bool in_force; /* the policies are those that the running agent keeps */
    struct policy_set *policies;
    struct policy_problems problems;
    struct host *host;
    struct facts_list known;     /* every guest there is */
    const struct facts **guests; /* those that the command is about, borrowed from `known` */
    size_t guest_count;
};

void session_begin(const struct options *options, struct session *ret);

/* Begins, and opens the state folder; with `writes` it is made where it is missing. */
int session_open(const struct options *options, bool writes, struct session *ret);

/* The policies in force where an agent runs, else the folders'. A wrong file ends a run without an
 * agent and every run that writes: half of the policies is nobody's wish. */
int session_load_policies(struct session *session);

/* The host, and where the session writes: may this user write control groups at all? */
int session_open_host(struct session *session);

/* Which of the guests there are that the command is about. One that is unknown, or does not run
 * where it must, is told and left out. */
enum session_choice {
    CHOOSE_RUNNING,   /* those named, else all that run */
    CHOOSE_ANY_STATE, /* those named, running or not */
};
int session_choose_guests(struct session *session, enum session_choice choice);

/* Takes note of a failure: of `what`, or of a missing permission where the error says so. Tells
 * the error and returns its -errno. */
int session_fail(struct session *session, unsigned what, const struct cg_error *error);
int session_out_of_memory(struct session *session);

/* Releases everything; the exit status. */
int session_end(struct session *session);

#endif
