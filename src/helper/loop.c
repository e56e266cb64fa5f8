#include "helper/loop.h"

#include "base/cleanup.h"
#include "helper/patience.h"

#include <libvirt/libvirt.h>
#include <limits.h>
#include <poll.h>
#include <stdint.h>
#include <time.h>

/* A handle or a timer; `id` 0 is a free place. What is removed keeps its place, and its data is
 * freed, at the start of the next step: libvirt holds locks while it removes. */
struct watch {
    int id;
    bool removed;
    int fd, events; /* a handle: libvirt's VIR_EVENT_HANDLE_* */
    int interval;   /* a timer: ms, -1 when it rests */
    int64_t due;    /* ms of the monotonic clock */
    virEventHandleCallback on_handle;
    virEventTimeoutCallback on_timer;
    void *data;
    virFreeCallback release;
};

/* More than a client with one connection ever asks for. */
#define WATCHES 32

static struct loop {
    struct watch watches[WATCHES];
    int last_id;
    bool declining;
    int declined;
} loop;

static int64_t now(void)
{
    struct timespec time;

    clock_gettime(CLOCK_MONOTONIC, &time);
    return (int64_t)time.tv_sec * 1000 + time.tv_nsec / 1000000;
}

static struct watch *watch_find(int id)
{
    for (size_t i = 0; i < WATCHES; i++)
        if (loop.watches[i].id == id && (id == 0 || !loop.watches[i].removed))
            return &loop.watches[i];
    return NULL;
}

static int watch_add(const struct watch *watch)
{
    struct watch *place = watch_find(0);

    if (!place)
        return -1;
    *place = *watch;
    place->id = ++loop.last_id;
    return place->id;
}

static int watch_remove(int id)
{
    struct watch *watch = id > 0 ? watch_find(id) : NULL;

    if (!watch)
        return -1;
    watch->removed = true;
    return 0;
}

static int add_handle(int fd, int events, virEventHandleCallback callback, void *data,
                      virFreeCallback release)
{
    struct watch watch = {
        .fd = fd, .events = events, .on_handle = callback, .data = data, .release = release};

    if (loop.declining) {
        loop.declined = fd;
        return -1;
    }
    return watch_add(&watch);
}

static void update_handle(int id, int events)
{
    struct watch *watch = watch_find(id);

    if (watch)
        watch->events = events;
}

static void set_interval(struct watch *watch, int interval)
{
    watch->interval = interval;
    watch->due = interval >= 0 ? now() + interval : 0;
}

static int add_timer(int interval, virEventTimeoutCallback callback, void *data,
                     virFreeCallback release)
{
    struct watch watch = {.fd = -1, .on_timer = callback, .data = data, .release = release};

    set_interval(&watch, interval);
    return watch_add(&watch);
}

static void update_timer(int id, int interval)
{
    struct watch *watch = watch_find(id);

    if (watch)
        set_interval(watch, interval);
}

void loop_install(void)
{
    loop.declined = -1;
    virEventRegisterImpl(add_handle, update_handle, watch_remove, add_timer, update_timer,
                         watch_remove);
}

void loop_decline(void)
{
    loop.declining = true;
    loop.declined = -1;
}

int loop_accept(void)
{
    loop.declining = false;
    return loop.declined;
}

static void free_removed(void)
{
    for (size_t i = 0; i < WATCHES; i++) {
        struct watch watch = loop.watches[i];

        if (watch.id == 0 || !watch.removed)
            continue;
        loop.watches[i].id = 0;
        if (watch.release)
            watch.release(watch.data);
    }
}

static short poll_events(int events)
{
    return (short)((events & VIR_EVENT_HANDLE_READABLE ? POLLIN : 0) |
                   (events & VIR_EVENT_HANDLE_WRITABLE ? POLLOUT : 0));
}

static int handle_events(short events)
{
    return (events & POLLIN ? VIR_EVENT_HANDLE_READABLE : 0) |
           (events & POLLOUT ? VIR_EVENT_HANDLE_WRITABLE : 0) |
           (events & (POLLERR | POLLNVAL) ? VIR_EVENT_HANDLE_ERROR : 0) |
           (events & POLLHUP ? VIR_EVENT_HANDLE_HANGUP : 0);
}

/* Milliseconds until the next timer, -1 for none. */
static int until_timer(void)
{
    int64_t at = now(), least = -1;

    for (size_t i = 0; i < WATCHES; i++) {
        const struct watch *watch = &loop.watches[i];
        int64_t left = watch->due > at ? watch->due - at : 0;

        if (watch->id != 0 && watch->on_timer && watch->interval >= 0 && !watch->removed &&
            (least < 0 || left < least))
            least = left;
    }
    return least > INT_MAX ? INT_MAX : (int)least;
}

/* The id is compared, since a callback before may have removed it and another taken its place. */
static void call_handle(struct watch *watch, int id, short events)
{
    if (watch->id == id && !watch->removed && events != 0)
        watch->on_handle(id, watch->fd, handle_events(events), watch->data);
}

static void call_timer(struct watch *watch, int64_t at)
{
    if (watch->id == 0 || watch->removed || !watch->on_timer || watch->interval < 0 ||
        watch->due > at)
        return;
    watch->due = at + watch->interval;
    watch->on_timer(watch->id, watch->data);
}

int loop_step(void)
{
    struct pollfd polled[WATCHES];
    int ids[WATCHES], r;
    int64_t at;

    free_removed();
    for (size_t i = 0; i < WATCHES; i++) {
        const struct watch *watch = &loop.watches[i];

        ids[i] = watch->on_handle ? watch->id : 0;
        polled[i] =
            (struct pollfd){.fd = ids[i] ? watch->fd : -1, .events = poll_events(watch->events)};
    }
    patience_rest();
    r = poll(polled, WATCHES, until_timer());
    patience_renew();
    if (r < 0)
        return errno == EINTR ? 0 : -errno;
    for (size_t i = 0; i < WATCHES; i++)
        if (ids[i])
            call_handle(&loop.watches[i], ids[i], polled[i].revents);
    at = now();
    for (size_t i = 0; i < WATCHES; i++)
        call_timer(&loop.watches[i], at);
    return 0;
}
