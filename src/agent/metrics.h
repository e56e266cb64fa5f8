/* What the agent counts of itself, and the text that node_exporter's textfile collector reads. No
 * file, no clock and no control group in here: usage.h reads a guest's, metrics_file.h writes. */
#ifndef AGENT_METRICS_H
#define AGENT_METRICS_H

#include "reconcile/report.h"

/* Kinds of attributes, as labels. */
enum metrics_class {
    METRICS_CPU,
    METRICS_CPUSET,
    METRICS_MEMORY,
    METRICS_AFFINITY, /* threads' own masks */
    METRICS_CLASSES,
};

#define METRICS_BOUNDS     15
#define METRICS_ERRNO_MOST 133 /* the greatest that Linux has */

struct histogram {
    uint64_t counts[METRICS_BOUNDS + 1]; /* by upper bound, the last one without */
    uint64_t sum;                        /* microseconds */
};

struct metrics {
    struct histogram passes;  /* how long each took */
    struct histogram applied; /* from an event to the end of the pass that wrote because of it */
    uint64_t writes[METRICS_CLASSES];
    uint64_t heals, fights;
    uint64_t failures[METRICS_ERRNO_MOST + 1]; /* by errno; 0: taken and not granted */
    uint64_t connects;                         /* to libvirt */
};

/* What the kernel has counted for a guest since it started. */
struct usage {
    bool throttle_known, pressure_known; /* else this host has none */
    uint64_t periods, throttled;         /* of CPU quota: all of its nodes together */
    uint64_t throttled_us;
    uint64_t pressure[3][2]; /* microseconds: cpu, memory, io; some, full */
    struct {
        uint64_t periods, throttled, throttled_us;
    } gone; /* of these, what nodes that are not there any more had counted */
};

/* Of one guest. */
struct metrics_guest {
    const char *name, *uuid; /* borrowed; the name not escaped */
    uint64_t drift[METRICS_CLASSES];
    struct usage usage;
};

/* What is so now, beside what was counted. */
struct metrics_now {
    size_t statuses[GUEST_FAILED + 1];
    size_t files_loaded, files_refused; /* of policies */
    bool connected;
    const struct metrics_guest *guests;
    size_t count;
};

/* `us`: microseconds. */
void metrics_observe(struct histogram *histogram, uint64_t us);

/* One pass that ended with a report, taking note of its guest's drift in `drift`. True: it wrote.
 */
bool metrics_pass(struct metrics *metrics, const struct report *report,
                  uint64_t drift[METRICS_CLASSES]);
/* One that could not be made. `error`: an errno. */
void metrics_failure(struct metrics *metrics, int error);

/* The text in Prometheus' exposition format; free(). -ENOMEM. */
int metrics_format(const struct metrics *metrics, const struct metrics_now *now,
                   char **ret) must_check;

#endif
