/* The policies in force, as the agent has them: read from the folders, kept where a file is wrong,
 * saved in /run/vmpin so that the last good version of each outlives the agent. */
#ifndef AGENT_POLICIES_H
#define AGENT_POLICIES_H

#include "agent/log.h"
#include "policy/policy_dir.h"
#include "reconcile/state_dir.h"

struct policies {
    const char *const *folders;      /* NULL-terminated, borrowed */
    bool required;                   /* they were given by hand: they must exist */
    struct policy_set *set;          /* NULL before policies_load() */
    struct policy_problems problems; /* what is wrong with the folders now */
};

void policies_release(struct policies *policies);

/* Takes up what an earlier agent had in force: a wrong file keeps its policies from there. Nothing
 * saved is no failure; something damaged is told and does without. */
void policies_restore(struct policies *policies, const struct state_dir *state, struct log *log);

/* Reads the folders. A problem is logged when it is new, and when the last one of a file is gone.
 * `state` (NULL: nothing is to be written) gets the set. -ENOMEM: everything stays as it was. */
int policies_load(struct policies *policies, const struct state_dir *state, struct log *log);

/* Saves what is in force; a failure is logged. */
void policies_save(const struct policies *policies, const struct state_dir *state, struct log *log);

/* Is something wrong with that file (or folder) now? And with how many? */
bool policies_is_wrong(const struct policies *policies, const char *file);
size_t policies_wrong_count(const struct policies *policies);

#endif
