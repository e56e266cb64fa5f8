/* The source of facts in the loop: the helper as a child, or a recorded host. It hands messages on
 * a few at a time, so that a long list does not keep the loop from signals and heals, and tells
 * when the helper ended. It decides nothing: when to start it again is the core's. */
#ifndef AGENT_HELPER_H
#define AGENT_HELPER_H

#include "guest/source.h"
#include "host/host.h"

#include <systemd/sd-event.h>

struct helper_callbacks {
    void (*message)(struct message *message, void *data); /* facts may be taken over (NULL then) */
    void (*bad_line)(const struct cg_error *error, void *data);
    /* `status` as waitpid(2) gives it; `error` NULL, or why nothing can be read any more. Not
     * called for a recorded host, whose end is no loss. */
    void (*ended)(int status, const struct cg_error *error, void *data);
    void *data;
};

struct helper {
    sd_event *event; /* borrowed */
    struct helper_callbacks callbacks;
    struct source source;
    bool open;
    sd_event_source *readable, *more;
    sd_event_source *ending; /* between the end of its output and its own */
    unsigned looks;
    /* Times are in microseconds of the monotonic clock: while the host is suspended nothing runs.
     */
    uint64_t looked_at; /* when it was last looked whether the child runs */
    uint64_t switches;  /* how often it had given up its CPU then */
    uint64_t ran_at;    /* when that was last found changed */
    bool late;          /* it stood still for too long by then */
};

void helper_init(struct helper *helper, sd_event *event, const struct helper_callbacks *callbacks);
int helper_start(struct helper *helper, const struct source_options *options,
                 struct cg_error **err);
/* source_hand(). */
int helper_hand(const struct helper *helper, const char *driver, int file) must_check;
/* Ends a helper that has not run for more than twice the time after which it looks at libvirt:
 * somebody stopped it, so that it does not even hear its own alarm. To be called whenever the loop
 * has woken up anyway; looks every 5 seconds at most. */
void helper_look(struct helper *helper, const struct host *host);
/* Ends it at once: it keeps no state. */
void helper_stop(struct helper *helper);

#endif
