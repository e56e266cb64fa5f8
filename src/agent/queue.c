#include "agent/queue.h"

static bool before(const struct managed *a, const struct managed *b)
{
    if (a->schedule.due != b->schedule.due)
        return a->schedule.due < b->schedule.due;
    return a->schedule.sequence < b->schedule.sequence;
}

static void set(struct queue *queue, size_t place, struct managed *guest)
{
    queue->guests[place - 1] = guest;
    guest->schedule.place = place;
}

static struct managed *get(const struct queue *queue, size_t place)
{
    return queue->guests[place - 1];
}

static void rise(struct queue *queue, struct managed *guest)
{
    size_t place = guest->schedule.place;

    while (place > 1 && before(guest, get(queue, place / 2))) {
        set(queue, place, get(queue, place / 2));
        place /= 2;
    }
    set(queue, place, guest);
}

static void sink(struct queue *queue, struct managed *guest)
{
    size_t place = guest->schedule.place;

    for (size_t below = 2 * place; below <= queue->count; below = 2 * place) {
        if (below < queue->count && before(get(queue, below + 1), get(queue, below)))
            below++;
        if (before(guest, get(queue, below)))
            break;
        set(queue, place, get(queue, below));
        place = below;
    }
    set(queue, place, guest);
}

int queue_reserve(struct queue *queue, size_t count)
{
    size_t size = queue->size ? queue->size : 16;
    struct managed **guests;

    if (count <= queue->size)
        return 0;
    while (size < count)
        size *= 2;
    guests = reallocarray(queue->guests, size, sizeof(*guests));
    if (!guests)
        return -ENOMEM;
    queue->guests = guests;
    queue->size = size;
    return 0;
}

void queue_put(struct queue *queue, struct managed *guest, uint64_t due)
{
    if (guest->schedule.place && guest->schedule.due <= due)
        return;
    if (!guest->schedule.place)
        set(queue, ++queue->count, guest);
    guest->schedule.due = due;
    guest->schedule.sequence = queue->sequence++;
    rise(queue, guest);
}

void queue_remove(struct queue *queue, struct managed *guest)
{
    size_t place = guest->schedule.place;
    struct managed *last;

    if (!place)
        return;
    guest->schedule.place = 0;
    last = get(queue, queue->count--);
    if (last == guest)
        return;
    set(queue, place, last);
    rise(queue, last);
    sink(queue, last);
}

struct managed *queue_first(const struct queue *queue)
{
    return queue->count ? queue->guests[0] : NULL;
}

void queue_release(struct queue *queue)
{
    free(queue->guests);
    *queue = (struct queue){0};
}
