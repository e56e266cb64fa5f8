/* `vmpin agent`: the host service that keeps guests where the policies want them. */
#ifndef AGENT_AGENT_H
#define AGENT_AGENT_H

#include <stdbool.h>

struct agent_options {
    const char *uri;            /* of libvirt; NULL: its own default */
    const char *record;         /* a recorded host's file instead of the helper; NULL: none */
    const char *root;           /* the folder that is taken for "/"; NULL: this host's */
    const char *state;          /* NULL: STATE_DIR_DEFAULT */
    const char *metrics;        /* the file that metrics are written to; NULL: none */
    const char *const *folders; /* of policies, NULL-terminated; NULL: the default ones */
    bool observe;               /* write nothing */
    bool trace_writers;         /* tell who else writes */
    bool verbose;
};

/* Runs until SIGTERM or SIGINT. The program's exit status; what went wrong is logged to stderr. */
int agent_run(const struct agent_options *options);

#endif
