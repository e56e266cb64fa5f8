/* What `vmpin explain` found, between finding (explain.c) and showing it (explain_show.c). */
#ifndef CLI_EXPLAIN_H
#define CLI_EXPLAIN_H

#include "cli/session.h"
#include "policy/resolve.h"

/* A struct spoken that is kept. */
struct said {
    struct cg_role role;
    char *attribute, *policy, *file, *pattern, *written, *why;
    bool won;
    size_t order;
};

/* One attribute of one role: neighbours in explanation.said, in order of precedence. */
struct topic {
    const struct said *said;
    size_t count;
    char *value;    /* on this host; NULL: refused, or this host has no such attribute */
    char *now;      /* NULL: the role is not there */
    char *baseline; /* NULL: none on record */
    unsigned ways;  /* in which it goes there: bits 1 << enum cell_target; 0: not known */
};

struct explanation {
    const struct facts *facts;
    struct desired desired;
    struct said *said;
    size_t count;
    struct topic *topics;
    size_t topic_count;
};

void show_explanation(struct session *session, const struct explanation *explanation);

#endif
