/* The guests that have something to be done, by the time it is due, those of one time in the order
 * they came. A guest stands in it once. A heap, so that 1,000 guests that wait cost an event of
 * another one nothing. */
#ifndef AGENT_QUEUE_H
#define AGENT_QUEUE_H

#include "agent/store.h"

struct queue {
    struct managed **guests;
    size_t count, size;
    uint64_t sequence;
};

/* Room for `count` guests: to put one in cannot fail then. -ENOMEM. */
int queue_reserve(struct queue *queue, size_t count) must_check;
/* Puts the guest in at `due`; one that stands in it moves when that is earlier, else keeps its
 * place. */
void queue_put(struct queue *queue, struct managed *guest, uint64_t due);
void queue_remove(struct queue *queue, struct managed *guest);
struct managed *queue_first(const struct queue *queue); /* NULL: empty */
void queue_release(struct queue *queue);

#endif
