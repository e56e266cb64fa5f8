/* Policies as plain structs: which guests, what values, for which roles. No JSON type, no file and
 * no guest in here. */
#ifndef POLICY_POLICY_H
#define POLICY_POLICY_H

#include "guest/cell.h"
#include "guest/facts.h"
#include "host/host.h"

/* What is wrong with a policy file: every error of it, not the first. */
struct policy_problem {
    char *file;
    char *pointer;    /* JSON pointer (RFC 6901) of the place; NULL where line and column tell */
    int line, column; /* from 1; 0: not known */
    char *text;       /* what is wrong and what to do */
};
struct policy_problems {
    struct policy_problem *problems;
    size_t count, size;
    bool again; /* one is a want of descriptors: no file has to change for it to go */
};
/* "FILE:LINE:COLUMN: TEXT" or "FILE: /apply/vcpu0/cpu: TEXT", escaped; free(). */
char *policy_problem_text(const struct policy_problem *problem);
void policy_problems_release(struct policy_problems *problems);

/* The policies of one moment, in order of precedence (the later one wins). Immutable. */
struct policy_set;
struct policy_set *policy_set_free(struct policy_set *set);
DEFINE_CLEANUP(struct policy_set *, policy_set_free);
#define cleanup_policy_set cleanup_with(policy_set_freep)
size_t policy_set_count(const struct policy_set *set); /* of NULL: 0 */
const char *policy_set_file(const struct policy_set *set, size_t index);

/* Parses one file's bytes. Pure: no I/O. 0, or -EINVAL with at least one problem added; -ENOMEM.
 * The new set holds the file's policies in their order. */
int policy_parse(const char *file, const char *text, size_t length, struct policy_set **ret,
                 struct policy_problems *problems);

#endif
