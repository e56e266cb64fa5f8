/* What the agent knows: one `struct managed` a guest, found by UUID. Plain data with its owner;
 * when something is done with a guest is decided in core.h, how in the files beside it. */
#ifndef AGENT_STORE_H
#define AGENT_STORE_H

#include "agent/metrics.h"
#include "agent/fight.h"
#include "policy/resolve.h"
#include "reconcile/binding.h"
#include "reconcile/report.h"
#include "reconcile/unit.h"

#include <sys/queue.h>

/* What is to be done with a guest at its next turns, in this order. */
enum work {
    WORK_WARN = 1,    /* say that it is fought over */
    WORK_FORGET = 2,  /* the incarnation is over: drop binding, watches and saved state */
    WORK_REMOVE = 4,  /* there is no such guest any more */
    WORK_RESOLVE = 8, /* compute what is desired anew */
    WORK_PASS = 16,   /* reconcile */
};

/* How a pass ended, as far as it matters for when the next one is. */
enum pass_outcome {
    OUTCOME_DONE = 1, /* nothing more to be done before something changes */
    OUTCOME_LATER,    /* something is left that is right to be done some seconds later */
    OUTCOME_FAILED,   /* something could not be put in force and may be later */
    OUTCOME_BUSY,     /* another writer is at the guest */
    OUTCOME_ABSENT,   /* it has no control groups, or they went away meanwhile */
    OUTCOME_HELD,     /* a hold forbids it */
};

/* The core's own memory of one guest: nobody else writes to it. Times are in microseconds of the
 * clock that the core is given. */
struct schedule {
    size_t place;              /* in the queue, from 1; 0: not in it */
    uint64_t due;              /* when its turn is */
    uint64_t sequence;         /* among those due at the same time: first come, first served */
    unsigned work;             /* enum work */
    unsigned generation;       /* of the listing that last told of it */
    bool launching;            /* libvirt makes its nodes and has not said Started */
    bool starting;             /* it started, and no pass has gone through since */
    bool unwatched;            /* its watches could not be set: it is swept */
    bool cpu_changed;          /* one of its CPUs went or came: a look at it is to follow */
    uint64_t started;          /* when it did, or when its launch began */
    uint64_t not_before;       /* hints and retries wait until then */
    enum pass_outcome outcome; /* the last pass's */
    unsigned retries;          /* passes in a row that ended like it */
    uint64_t second;           /* when the present second of passes began */
    unsigned passes;           /* in that second */
    struct fights fights;      /* over its values */
    uint64_t unrested;         /* the picture of mems that is to be healed; 0: none */
    uint64_t unrested_since;   /* when it was first seen */
    uint64_t rest;             /* how long it must last */
    uint64_t moved;            /* when the guest's memory last had; 0: never */
    bool awaits_mover;         /* its mems are next when the mover is free */
    unsigned answers;          /* of systemd, since its unit was last in order */
    uint64_t ask_from;         /* systemd may be asked again then */
    bool asked;                /* the present pass may ask it */
};

struct watch; /* watch.h */

struct managed {
    char uuid[UUID_SIZE];
    struct schedule schedule;
    struct facts *facts;      /* NULL only before the first message of it is taken in */
    struct desired desired;   /* of these facts and the policies in force */
    struct binding binding;   /* of the last pass; zeroed: none */
    struct unit_call call;    /* to systemd, of this incarnation */
    struct watch *watches;    /* of its nodes */
    bool resolved;            /* `desired` is known; before that nothing may be given back */
    bool rewatch;             /* they may not be all that are needed */
    bool grown;               /* `facts` got iothreads that libvirt has not told of (watch.h) */
    bool state_lost;          /* its record was removed by others, which is not on record yet */
    bool reported;            /* `status` and `told` are of a pass of this incarnation */
    enum guest_status status; /* the last pass's */
    uint64_t looked_at;       /* when the last pass began that left no value out; 0: none has */
    uint64_t told;            /* hash of the trouble last logged, so that it is said once */
    uint64_t healed_at;       /* the last time that drift was undone; 0: never */
    uint64_t event_at; /* of the first event that led to the pass that is awaited; 0: none is */
    uint64_t drift[METRICS_CLASSES]; /* since it is known */
    struct usage usage;
    unsigned usage_round; /* of metrics_file.h: when `usage` was read */
    TAILQ_ENTRY(managed) all;
};

TAILQ_HEAD(managed_list, managed);

struct store {
    void *by_uuid; /* tsearch(3) */
    struct managed_list all;
    size_t count;
};

void store_init(struct store *store);
struct managed *store_find(const struct store *store, const char *uuid);
/* The guest whose facts have that name and driver; NULL: none. */
struct managed *store_find_name(const struct store *store, const char *driver, const char *name);
/* The guest of that UUID, made when it is not there. NULL: out of memory. */
struct managed *store_add(struct store *store, const char *uuid);
/* Frees it; its watches must be gone and the core must not have it in its queue. */
void store_remove(struct store *store, struct managed *guest);
void store_release(struct store *store);

/* The incarnation is over: what was known of its nodes. */
void managed_forget(struct managed *guest);

/* For logs and errors: "web1", or the UUID before its facts are there. Not escaped; borrowed. */
const char *managed_name(const struct managed *guest);

#endif
