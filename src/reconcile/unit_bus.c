#include "reconcile/unit_bus.h"

#include <string.h>
#include <systemd/sd-bus.h>

struct systemd_bus {
    struct systemd systemd; /* first: the port's operations get back from it */
    sd_event *event;        /* borrowed */
    sd_bus *bus;            /* NULL: not needed so far */
};

static void drop_bus(struct systemd_bus *bus)
{
    if (bus->bus && bus->event)
        sd_bus_detach_event(bus->bus);
    bus->bus = sd_bus_close_unref(bus->bus);
}

/* Connecting does not wait either: what is sent meanwhile is queued. What was asked over a bus that
 * was lost is told so before the next one is opened. */
static int need_bus(struct systemd_bus *bus)
{
    int r;

    if (bus->bus && sd_bus_is_open(bus->bus) > 0)
        return 0;
    while (bus->bus && sd_bus_process(bus->bus, NULL) > 0)
        ;
    drop_bus(bus);
    r = sd_bus_open_system(&bus->bus);
    if (r >= 0 && bus->event)
        r = sd_bus_attach_event(bus->bus, bus->event, SD_EVENT_PRIORITY_NORMAL);
    if (r < 0)
        drop_bus(bus);
    return r;
}

static int on_answer(sd_bus_message *answer, void *data, sd_bus_error *ret_error)
{
    const sd_bus_error *error = sd_bus_message_get_error(answer);
    struct unit_call *call = data;

    call->handle = sd_bus_slot_unref(call->handle);
    unit_call_end(call, !error ? NULL : error->message ? error->message : error->name);
    return 0;
}

static int set_property(struct systemd *systemd, const char *unit, const char *property,
                        uint64_t value, struct unit_call *call, struct cg_error **err)
{
    struct systemd_bus *bus = (struct systemd_bus *)systemd;
    sd_bus_slot *slot = NULL;
    const int runtime = 1;
    int r = need_bus(bus);

    if (r < 0)
        return error_set(err, -r, "the system bus cannot be reached: %s", strerror(-r));
    r = sd_bus_call_method_async(bus->bus, &slot, "org.freedesktop.systemd1",
                                 "/org/freedesktop/systemd1", "org.freedesktop.systemd1.Manager",
                                 "SetUnitProperties", on_answer, call, "sba(sv)", unit, runtime, 1,
                                 property, "t", value);
    if (r < 0)
        return error_set(err, -r, "systemd cannot be asked: %s", strerror(-r));
    call->handle = slot;
    return 0;
}

static void cancel(struct systemd *systemd, struct unit_call *call)
{
    call->handle = sd_bus_slot_unref(call->handle);
}

static int wait_for_answer(struct systemd *systemd, unsigned ms)
{
    struct systemd_bus *bus = (struct systemd_bus *)systemd;
    int r = sd_bus_process(bus->bus, NULL);

    if (r == 0)
        r = sd_bus_wait(bus->bus, (uint64_t)ms * 1000);
    return r < 0 ? r : 0;
}

struct systemd *systemd_bus_new(sd_event *event)
{
    struct systemd_bus *bus = calloc(1, sizeof(*bus));

    if (!bus)
        return NULL;
    bus->systemd =
        (struct systemd){.set_property = set_property, .cancel = cancel, .wait = wait_for_answer};
    bus->event = event;
    return &bus->systemd;
}

struct systemd *systemd_bus_free(struct systemd *systemd)
{
    struct systemd_bus *bus = (struct systemd_bus *)systemd;

    if (bus) {
        drop_bus(bus);
        free(bus);
    }
    return NULL;
}
