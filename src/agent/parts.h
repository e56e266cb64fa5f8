/* The agent's parts and how they meet: sources in the loop (loop.c) tell the core what happened,
 * the core says what to do, work.c does it. */
#ifndef AGENT_PARTS_H
#define AGENT_PARTS_H

#include "agent/agent.h"
#include "agent/arrival.h"
#include "agent/core.h"
#include "agent/folders.h"
#include "agent/helper.h"
#include "agent/metrics_file.h"
#include "agent/move.h"
#include "agent/policies.h"
#include "agent/watch.h"
#include "agent/writers.h"
#include "reconcile/reconcile.h"
#include "reconcile/unit_bus.h"

struct agent {
    const struct agent_options *options;
    struct log log;
    sd_event *event;
    sd_event_source *sources[12]; /* all of the loop's own, for its end */
    size_t source_count;
    sd_event_source *turn;  /* runs once while the core has something to do */
    sd_event_source *timer; /* until it will have */
    uint64_t timer_at;      /* what the timer is set to; CORE_NEVER: off */
    struct host *host;
    struct state_dir state;
    int lock; /* held while this is the agent that writes; -1 */
    struct store store;
    struct core core;
    struct policies policies;
    struct watches watches;
    struct writers writers;
    struct arrivals arrivals;
    struct folders folders;
    int uevents; /* the kernel's, of CPUs; -1 */
    struct helper helper;
    bool serves_qemu; /* libvirt's qemu driver of this host, by the helper's last connection; */
    bool connected;   /* before there was one, it is taken to be what will be connected to */
    bool told_all;    /* the present connection has told of every guest */
    struct metrics_file metrics;
    struct moves moves;
    struct reconcile_context context;
    bool folders_blind;                /* the policy folders are not watched */
    bool warned_of_arrivals;           /* where guests appear cannot be watched: said once */
    bool warned_of_watches;            /* that some guests are not: said once */
    bool warned_of_writers;            /* that some groups are not traced: said once */
    bool stateless;                    /* the state folder is not made anew yet: said once */
    bool states_lost;                  /* ... and will not have what was in it */
    bool ready;                        /* the service manager was told so */
    char *disconnected;                /* the reason, as told last; NULL: connected */
    char *helper_trouble;              /* why there is none, as told last; NULL: connected */
    size_t statuses[GUEST_FAILED + 1]; /* guests by the status of their last pass */
    char *status_text;                 /* as the service manager has it */
};

uint64_t agent_now(void); /* the core's clock: microseconds, suspended time included */

bool agent_writes(const struct agent *agent); /* or does it only observe? */

/* Tells the core of an event; running out of memory is logged. */
void agent_tell(struct agent *agent, const struct event *event);

/* loop.c */
int loop_setup(struct agent *agent, struct cg_error **err);
int loop_run(struct agent *agent); /* until a signal ends it: the exit status */
/* Takes what the watches have queued by now, but for events of the guest `but` (NULL: none). */
int loop_take_nodes(struct agent *agent, const struct managed *but);
/* The policy folders cannot be watched: they are read now and then until they can. */
void loop_folders_are_blind(struct agent *agent, const struct cg_error *error);
void loop_end(struct agent *agent);

/* launch.c: guests that libvirt starts are met before it tells of them. What cannot be watched is
 * told once. */
void launch_open(struct agent *agent);
int launch_read(struct agent *agent);
/* Is the guest, of which libvirt's status file is all that is known, really being started now? */
bool launch_is_real(const struct agent *agent, const struct facts *facts);
void launch_note_facts(struct agent *agent, struct managed *guest, enum message_event event);
void launch_note_connection(struct agent *agent);
void launch_settle(struct agent *agent); /* if no guest is being started any more */
void launch_pass(struct agent *agent, struct managed *guest); /* while it is being started */

/* trace.c: who else writes to guests' control groups (--trace-writers), for the log */
void trace_open(struct agent *agent); /* it runs without, too, and says so */
void trace_read(struct agent *agent);
void trace_tell_failure(struct agent *agent); /* once, if some group cannot be traced */
/* Who wrote what the report tells to have drifted: one for each of its changes, pid 0 where that is
 * not known; free(). NULL: nothing is known. */
struct writer *trace_report(struct agent *agent, const struct managed *guest,
                            const struct report *report);

/* keep.c: makes the state folder anew when somebody removed it under the running agent */
void keep_state(struct agent *agent);
/* Forgets the guests of which libvirt has not told, now that it has told of all. */
void keep_tidy(struct agent *agent);
/* What a pass of the guest begins with: that its record was lost is on record then. */
int keep_guest(struct agent *agent, struct managed *guest, struct cg_error **err);

/* facts.c: what the helper says, made into events */
extern const struct helper_callbacks facts_callbacks; /* `data` is the agent */

/* Tells why there is no helper, if that is news. */
void facts_helper_trouble(struct agent *agent, const char *text);

/* work.c: carries one action out */
void work_do(struct agent *agent, const struct action *action);
/* Sets the watches that the guest needs. New ones mean that what the pass has read may have changed
 * before they were set. */
void work_watch(struct agent *agent, struct managed *guest);
/* The guest's last pass ended like that; NULL: it counts no more. */
void work_count(struct agent *agent, struct managed *guest, const struct report *report);

/* pass.c: a pass over a guest that runs, of which the core is told */
void pass_make(struct agent *agent, const struct action *action);
enum pass_outcome pass_outcome_of(int r); /* of one that could not be made: -errno */

/* notify.c: sd_notify(3) */
void notify_reloading(struct agent *agent);
void notify_ready(struct agent *agent);
void notify_stopping(struct agent *agent);
void notify_status(struct agent *agent); /* if it changed */

#endif
