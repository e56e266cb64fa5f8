/* The agent's decisions: what is to be done with which guest, and when. A pure function of its
 * state, an event and the time: no file, no clock, no log in here, so that fights, retries, bursts
 * and restarts are tables in a test. The loop (loop.c) tells it what happened and does what it
 * says, one action at a time. */
#ifndef AGENT_CORE_H
#define AGENT_CORE_H

#include "agent/queue.h"
#include "guest/message.h"

#define CORE_MS         UINT64_C(1000)
#define CORE_SECOND     UINT64_C(1000000)
#define CORE_NEVER      UINT64_MAX
#define CORE_QUIET      (200 * CORE_MS)    /* of the policy folders before they are read */
#define CORE_QUIET_MOST (5 * CORE_SECOND)  /* ... but no longer after the first change */
#define CORE_STARTING   (10 * CORE_SECOND) /* a guest counts as starting for so long */
#define CORE_SWEEP      (5 * CORE_SECOND)  /* between looks at guests that cannot be watched */
/* After a CPU went offline or came back: the kernel sends the uevent before it has mended the
 * control groups, and tells of that no more. */
#define CORE_CPU_SETTLE  (200 * CORE_MS)
#define CORE_HELPER_MOST (5 * CORE_SECOND)   /* the longest pause before the helper's next start */
#define CORE_REST        (2 * CORE_SECOND)   /* a change of mems must last so long to be healed */
#define CORE_REST_MOST   (600 * CORE_SECOND) /* ... doubled up to this */
#define CORE_RESTS       10                  /* ... when it comes within so many rests of a move */
#define PACE_PASSES      20                  /* in one second; then a guest's passes are spread */
#define PACE_PAUSE       (100 * CORE_MS)

enum event_type {
    CORE_FACTS = 1,         /* guest, facts, cause */
    CORE_LAUNCH,            /* guest: libvirt starts it, and has a process for it */
    CORE_LAUNCH_FAILED,     /* guest: that process is gone, if it was not heard to have started */
    CORE_GONE,              /* guest: neither running nor defined any more */
    CORE_LISTING,           /* a list of all guests begins */
    CORE_SYNCED,            /* the list is complete */
    CORE_HELPER_ENDED,      /* refused */
    CORE_FOLDERS,           /* something changed in a policy folder */
    CORE_RELOAD,            /* the operator asks: read the policies and look at every guest */
    CORE_WANT,              /* for want of memory or descriptors the policies were not read whole */
    CORE_DESIRED,           /* guest: something else is desired for it now */
    CORE_HOLD,              /* guest, or NULL for all: a hold was set, changed or released */
    CORE_NODE,              /* guest: something was written below its nodes */
    CORE_OVERFLOW,          /* events of nodes were lost */
    CORE_CPU,               /* cpu: it went offline or came back */
    CORE_WATCHED,           /* guest: all its watches are set */
    CORE_UNWATCHED,         /* guest: some could not be set */
    CORE_FOLDERS_WATCHED,   /* the policy folders are watched again */
    CORE_FOLDERS_UNWATCHED, /* they could not be */
    CORE_PASSED,            /* guest, outcome, healed, settling, unrested, awaits_mover, until */
    CORE_ANSWERED,          /* guest: systemd answered, refused */
    CORE_MOVED,             /* guest (NULL: gone): its memory has moved, or not (refused) */
};

struct event {
    enum event_type type;
    struct managed *guest;
    struct facts *facts;        /* CORE_FACTS: taken over by the core */
    enum message_event cause;   /* CORE_FACTS */
    unsigned cpu;               /* CORE_CPU; UEVENT_ANY_CPU: which one is not known */
    bool refused;               /* CORE_HELPER_ENDED: libvirtd does not admit its user;
                                 * CORE_ANSWERED: it was not done, for whatever reason */
    unsigned char thrown;       /* CORE_HELPER_ENDED: for the jitter of the pause */
    enum pass_outcome outcome;  /* CORE_PASSED */
    const struct cells *healed; /* CORE_PASSED: whose drift was undone, each time; NULL: none;
                                 * borrowed */
    bool settling;              /* CORE_PASSED: its unit is not as it shall be (yet) */
    uint64_t unrested;          /* CORE_PASSED: the picture of mems that is to be healed; 0: none */
    bool awaits_mover;          /* CORE_PASSED: its mems wait until another guest's have moved */
    uint64_t until; /* CORE_PASSED, OUTCOME_HELD: CORE_NEVER when released by hand alone */
};

enum action_type {
    ACTION_START_HELPER = 1, /* as_root */
    ACTION_RELOAD,           /* read the policies, compute every guest's desired cells */
    ACTION_HOST,             /* read which CPUs there are */
    ACTION_WARN,             /* guest: some of its values are fought over (fights_news()) */
    ACTION_FORGET,           /* guest */
    ACTION_REMOVE,           /* guest: forget it and take it out of the store */
    ACTION_RESOLVE,          /* guest */
    /* guest, launching, starting, rested, ask_systemd; CORE_PASSED is to follow */
    ACTION_PASS,
};

struct action {
    enum action_type type;
    struct managed *guest;
    bool launching;
    bool starting;
    bool ask_systemd;
    uint64_t rested; /* ACTION_PASS: the picture of mems that has lasted; 0: none */
    bool as_root;
};

struct core {
    struct store *store; /* borrowed */
    struct queue queue;
    unsigned generation;    /* of the present list of guests */
    bool as_root;           /* the helper was refused as an unprivileged user */
    uint64_t helper_due;    /* CORE_NEVER: it runs */
    uint64_t helper_pause;  /* before its next start */
    uint64_t reload_due;    /* CORE_NEVER: nothing changed */
    uint64_t folders_since; /* the first change that no reload has followed yet */
    uint64_t sweep_due;
    uint64_t host_due;      /* CORE_NEVER: no CPU came or went */
    uint64_t cpus_due;      /* ... and the kernel has had the time to mend its control groups */
    bool folders_unwatched; /* they and the holds are swept too */
};

/* The helper's start and the first load of the policies are due at once. */
void core_init(struct core *core, struct store *store, uint64_t now);
void core_release(struct core *core);

/* Takes note of what happened. -ENOMEM: of a new guest; it is not taken note of then. */
int core_event(struct core *core, const struct event *event, uint64_t now) must_check;

/* The next thing to do, if something is due. */
bool core_next(struct core *core, uint64_t now, struct action *ret);

/* Was the guest's last pass one try too many without finding it? It is not tried again before
 * something changes. */
bool core_gave_up(const struct managed *guest);

/* When core_next() will have something, if no event comes before: CORE_NEVER if not at all. */
uint64_t core_due(const struct core *core);

#endif
