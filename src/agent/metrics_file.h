/* When and where the metrics are written: after something happened, but not more often than every
 * 15 seconds; and while guests run, once a minute, so that their throttling and pressure are not
 * older. An agent that was given no file counts and writes nothing. */
#ifndef AGENT_METRICS_FILE_H
#define AGENT_METRICS_FILE_H

#include "agent/metrics.h"

#include <systemd/sd-event.h>

struct agent;
struct managed;

struct metrics_file {
    const char *path; /* NULL: none */
    struct metrics metrics;
    sd_event_source *timer; /* to the next round */
    sd_event_source *turn;  /* while one goes on: a guest a turn, when there is no other work */
    unsigned round;         /* the present or last one */
    uint64_t written;       /* when the last one ended; 0: none has */
    uint64_t due;           /* of the timer; UINT64_MAX: off */
    bool failed;            /* the last one: told once */
};

/* -errno of sd-event. `path` is borrowed; NULL: no file. */
int metrics_file_open(struct agent *agent, const char *path);
void metrics_file_close(struct agent *agent);

/* Something that the metrics tell has changed. */
void metrics_file_touch(struct agent *agent);

/* A pass ended: with a report, or with -errno in `r`. `began` on the agent's clock. */
void metrics_file_passed(struct agent *agent, struct managed *guest, const struct report *report,
                         int r, uint64_t began);

#endif
