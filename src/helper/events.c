#include "helper/events.h"

#include "base/array.h"

#include <string.h>

/* What a guest's facts are sent for when several things happened to it: the greatest counts. */
static unsigned weight(enum message_event event)
{
    switch (event) {
    case EVENT_STARTED:
        return 7;
    case EVENT_STOPPED:
        return 6;
    case EVENT_TUNABLE:
        return 5;
    case EVENT_DEVICE:
        return 4;
    case EVENT_METADATA:
        return 3;
    case EVENT_DEFINED:
        return 2;
    case EVENT_LIST:
    case EVENT_LAUNCHING: /* no event of libvirt's */
    case EVENT_OTHER:
        break;
    }
    return 1;
}

/* Of two events of one guest, the one that tells more is kept. */
static void changes_add(struct changes *changes, const unsigned char *uuid,
                        enum message_event event)
{
    struct change *change;

    for (size_t i = 0; i < changes->count; i++) {
        change = &changes->changes[i];
        if (memcmp(change->uuid, uuid, VIR_UUID_BUFLEN) != 0)
            continue;
        if (weight(event) > weight(change->event))
            change->event = event;
        return;
    }
    if (array_grow(&changes->changes, changes->count, &changes->size) < 0) {
        changes->overflow = true;
        return;
    }
    change = &changes->changes[changes->count++];
    memcpy(change->uuid, uuid, VIR_UUID_BUFLEN);
    change->event = event;
}

bool changes_take(struct changes *changes, struct change *ret)
{
    if (changes->count == 0)
        return false;
    *ret = changes->changes[0];
    changes->count--;
    memmove(changes->changes, changes->changes + 1, changes->count * sizeof(*ret));
    return true;
}

static void note(void *data, virDomainPtr domain, enum message_event event)
{
    struct changes *changes = data;
    unsigned char uuid[VIR_UUID_BUFLEN];

    if (virDomainGetUUID(domain, uuid) == 0)
        changes_add(changes, uuid, event);
}

/* Pausing and resuming change no fact, and a guest's Resumed comes before its Started: nothing may
 * be told of a guest that libvirt is still starting. Shutdown comes before Stopped likewise. */
static int on_lifecycle(virConnectPtr libvirt, virDomainPtr domain, int event, int detail,
                        void *data)
{
    switch (event) {
    case VIR_DOMAIN_EVENT_DEFINED:
        note(data, domain, EVENT_DEFINED);
        break;
    case VIR_DOMAIN_EVENT_STARTED:
        note(data, domain, EVENT_STARTED);
        break;
    case VIR_DOMAIN_EVENT_STOPPED:
        note(data, domain, EVENT_STOPPED);
        break;
    case VIR_DOMAIN_EVENT_SUSPENDED:
    case VIR_DOMAIN_EVENT_RESUMED:
    case VIR_DOMAIN_EVENT_PMSUSPENDED:
    case VIR_DOMAIN_EVENT_SHUTDOWN:
        break;
    default: /* undefined, crashed, what later versions add */
        note(data, domain, EVENT_OTHER);
    }
    return 0;
}

static void on_tunable(virConnectPtr libvirt, virDomainPtr domain, virTypedParameterPtr parameters,
                       int count, void *data)
{
    note(data, domain, EVENT_TUNABLE);
}

static void on_metadata(virConnectPtr libvirt, virDomainPtr domain, int type, const char *uri,
                        void *data)
{
    note(data, domain, EVENT_METADATA);
}

static void on_device(virConnectPtr libvirt, virDomainPtr domain, const char *alias, void *data)
{
    note(data, domain, EVENT_DEVICE);
}

/* A driver that does not know one of the later ones (not lifecycle) is served without it. */
int events_register(struct events *events, virConnectPtr libvirt)
{
    static const struct {
        int id;
        virConnectDomainEventGenericCallback callback;
    } wanted[EVENT_CALLBACKS] = {
        {VIR_DOMAIN_EVENT_ID_LIFECYCLE, VIR_DOMAIN_EVENT_CALLBACK(on_lifecycle)},
        {VIR_DOMAIN_EVENT_ID_TUNABLE, VIR_DOMAIN_EVENT_CALLBACK(on_tunable)},
        {VIR_DOMAIN_EVENT_ID_METADATA_CHANGE, VIR_DOMAIN_EVENT_CALLBACK(on_metadata)},
        {VIR_DOMAIN_EVENT_ID_DEVICE_ADDED, VIR_DOMAIN_EVENT_CALLBACK(on_device)},
        {VIR_DOMAIN_EVENT_ID_DEVICE_REMOVED, VIR_DOMAIN_EVENT_CALLBACK(on_device)},
    };

    events->libvirt = libvirt;
    for (size_t i = 0; i < EVENT_CALLBACKS; i++)
        events->callbacks[i] = virConnectDomainEventRegisterAny(
            libvirt, NULL, wanted[i].id, wanted[i].callback, &events->changes, NULL);
    return events->callbacks[0] < 0 ? -ENODEV : 0;
}

void events_release(struct events *events)
{
    for (size_t i = 0; events->libvirt && i < EVENT_CALLBACKS; i++)
        if (events->callbacks[i] >= 0)
            virConnectDomainEventDeregisterAny(events->libvirt, events->callbacks[i]);
    free(events->changes.changes);
    *events = (struct events){0};
}
