/* libvirt's events as a list of guests to tell anew. The callbacks only note whom an event
 * concerns; what it means is asked of libvirt later, outside of them. */
#ifndef HELPER_EVENTS_H
#define HELPER_EVENTS_H

#include "guest/message.h"

#include <libvirt/libvirt.h>

struct change {
    unsigned char uuid[VIR_UUID_BUFLEN];
    enum message_event event;
};

struct changes {
    struct change *changes; /* in order of their first event, each guest once */
    size_t count, size;
    bool overflow; /* there was no memory to note one: everything must be told anew */
};

#define EVENT_CALLBACKS 5

struct events {
    virConnectPtr libvirt;
    int callbacks[EVENT_CALLBACKS]; /* -1: not registered */
    struct changes changes;
};

/* Takes the first out; false when there is none. */
bool changes_take(struct changes *changes, struct change *ret);

/* -ENODEV: libvirt's last error tells why. */
int events_register(struct events *events, virConnectPtr libvirt);
void events_release(struct events *events);

#endif
