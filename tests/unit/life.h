/* A guest's life under vmpin, in a scene: a state folder of its own, what is desired of it, and
 * passes of reconcile_guest() over it. */
#ifndef TESTS_UNIT_LIFE_H
#define TESTS_UNIT_LIFE_H

#include "reconcile/reconcile.h"
#include "unit/scene.h"

struct life {
    struct scene scene;
    char *folder; /* of the state */
    struct state_dir state;
    struct desired desired;
    struct binding binding;
    struct systemd *systemd; /* NULL: none runs */
    struct unit_call call;
    bool ask_systemd;
    bool reverts; /* the passes are `vmpin revert`'s */
    unsigned answer_wait_ms;
    struct report report; /* of the last pass */
    struct cg_error *error;
    uint64_t rested;    /* the picture of mems that lasted, for the next pass */
    char *before;       /* model_dump() before vmpin ever ran */
    unsigned long seed; /* for messages */
};

/* Random old values, masks as libvirt's pins leave them, and random desired cells. */
void life_begin(struct life *life, int version, uint64_t seed);
/* In scene_make_plain(), with nothing desired yet. */
void life_begin_plain(struct life *life, int version, bool forgets);
void life_end(struct life *life);
/* One more desired cell. */
void life_desire(struct life *life, const char *role, const char *attribute, const char *value);
void life_desire_nothing(struct life *life);
/* Has something changed since the last pass, which failed? reconcile_overlooked() */
bool life_overlooked(struct life *life);
/* The last pass's result; the report and the error are in `life` then. */
int life_pass(struct life *life, enum reconcile_mode mode);
/* These must answer 0, whatever became of the guest. Where mems are to rest first, they do. */
void life_apply(struct life *life, const char *when);
void life_return(struct life *life, const char *when); /* nothing is desired any more */
/* A pass that would change something and has nothing to refuse. */
bool life_is_worth_a_try(struct life *life);

void life_print(const struct life *life);                                           /* the report */
const struct change *life_change(const struct life *life, enum change_state state); /* the first */
/* What differs from before vmpin ran (scene_changes()); free(). */
char *life_left(struct life *life);
/* Fails the test unless everything desired stands in the files and the report says "in sync". */
void life_expect_in_force(struct life *life, const char *when);
void life_expect_as_before(struct life *life, const char *when);
void life_expect_returned(struct life *life, const char *when); /* and nothing is vmpin's */
/* Fails the test unless the state on disk knows no baseline but the values before vmpin ran. */
void life_expect_true_baseline(struct life *life, const char *when);

#endif
