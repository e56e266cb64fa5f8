#include "helper/guests.h"

#include "base/array.h"
#include "helper/domain_calls.h"
#include "helper/domain_xml.h"
#include "helper/output.h"

#include <libvirt/virterror.h>
#include <string.h>

static void domain_freep(virDomainPtr *domain)
{
    if (*domain)
        virDomainFree(*domain);
}

/* ---- who was told --------------------------------------------------------------------------- */

static size_t place_of(const struct guests *guests, const unsigned char *uuid, bool *ret_there)
{
    size_t low = 0, high = guests->count;

    while (low < high) {
        size_t middle = low + (high - low) / 2;

        if (memcmp(guests->told[middle].uuid, uuid, VIR_UUID_BUFLEN) < 0)
            low = middle + 1;
        else
            high = middle;
    }
    *ret_there = low < guests->count && memcmp(guests->told[low].uuid, uuid, VIR_UUID_BUFLEN) == 0;
    return low;
}

static int remember(struct guests *guests, const unsigned char *uuid)
{
    bool there;
    size_t at = place_of(guests, uuid, &there);

    if (there) {
        guests->told[at].now = true;
        return 0;
    }
    if (array_grow(&guests->told, guests->count, &guests->size) < 0)
        return -ENOMEM;
    memmove(&guests->told[at + 1], &guests->told[at], (guests->count - at) * sizeof(struct told));
    guests->told[at].now = true;
    memcpy(guests->told[at].uuid, uuid, VIR_UUID_BUFLEN);
    guests->count++;
    return 0;
}

static int tell_gone(struct guests *guests, size_t at)
{
    struct message message = {.type = MESSAGE_GONE};
    const unsigned char *uuid = guests->told[at].uuid;
    char *to = message.uuid;

    for (size_t i = 0; i < VIR_UUID_BUFLEN; i++)
        to += sprintf(to, "%s%02x", i == 4 || i == 6 || i == 8 || i == 10 ? "-" : "", uuid[i]);
    guests->count--;
    memmove(&guests->told[at], &guests->told[at + 1], (guests->count - at) * sizeof(struct told));
    return output_message(&message);
}

static int forget(struct guests *guests, const unsigned char *uuid)
{
    bool there;
    size_t at = place_of(guests, uuid, &there);

    return there ? tell_gone(guests, at) : 0;
}

void guests_release(struct guests *guests)
{
    free(guests->told);
    *guests = (struct guests){0};
}

/* ---- one guest ------------------------------------------------------------------------------ */

/* What a failed call about a guest means. 1: the guest is gone; 0: it is complained of; -ENODEV. */
static int judge(struct connection *connection, virDomainPtr domain, struct cg_error **err)
{
    const char *name;
    bool gone = virGetLastErrorCode() == VIR_ERR_NO_DOMAIN;
    int r = connection_error(err);

    if (connection_is_lost(connection))
        return -ENODEV;
    if (gone)
        return 1;
    name = domain ? virDomainGetName(domain) : "a guest";
    if (r == -EACCES || !err || !*err)
        complain("%s: libvirt tells nothing", name);
    else
        complain("%s: %s", name, cg_error_text(*err));
    return 0;
}

/* libvirt gives an id, and writes pins of its own, before it tells that the guest has started:
 * until then it is told as not running, lest something comes in between. */
static void mind_start(virDomainPtr domain, struct facts *facts)
{
    int state, reason;

    if (!facts->running || virDomainGetState(domain, &state, &reason, 0) < 0 ||
        state != VIR_DOMAIN_PAUSED || reason != VIR_DOMAIN_PAUSED_STARTING_UP)
        return;
    facts->running = false;
    facts->id = -1;
}

/* An XML that libvirt cannot send, or that cannot be read, is no way to escape the policies. -EIO:
 * a call to libvirt failed. */
static int read_facts(struct connection *connection, virDomainPtr domain, struct facts **ret,
                      struct cg_error **err)
{
    cleanup_free char *xml = virDomainGetXMLDesc(domain, 0);
    cleanup_error struct cg_error *why = NULL;
    int r;

    /* What the protocol does not carry, which says no more than that. */
    if (!xml && (virGetLastErrorCode() != VIR_ERR_RPC || connection_is_lost(connection)))
        return -EIO;
    r = xml ? domain_xml_parse(xml, strlen(xml), connection->driver, ret, &why) : -EINVAL;
    if (r == -ENOMEM)
        return error_out_of_memory(err);
    if (r == 0)
        return 0;
    if (why)
        complain("%s: %s", virDomainGetName(domain), cg_error_text(why));
    r = domain_calls_read(connection, domain, ret);
    return r == -ENOMEM ? error_out_of_memory(err) : r;
}

/* 1 and *ret filled; 0: complained of; -ENOENT: the guest is gone; -ENODEV. */
static int ask(struct connection *connection, virDomainPtr domain, struct facts **ret,
               struct cg_error **err)
{
    int r = read_facts(connection, domain, ret, err);
    int persistent = r == 0 ? virDomainIsPersistent(domain) : 0;

    if (r == -EIO || persistent < 0) {
        r = judge(connection, domain, err);
        return r == 1 ? -ENOENT : r;
    }
    if (r < 0)
        return r;
    (*ret)->persistent = persistent == 1;
    mind_start(domain, *ret);
    return 1;
}

/* An event may be older than the facts: these decide whether the guest runs. */
static enum message_event event_of(const struct facts *facts, enum message_event event)
{
    if (event == EVENT_STARTED && !facts->running)
        return EVENT_STOPPED;
    if (event == EVENT_STOPPED && facts->running)
        return EVENT_STARTED;
    return event;
}

static int tell(struct guests *guests, const unsigned char *uuid, enum message_event event,
                struct facts *facts)
{
    struct message message = {.type = MESSAGE_GUEST, .facts = facts};
    int r;

    if (!facts->running && !facts->persistent)
        return forget(guests, uuid);
    if (remember(guests, uuid) < 0)
        return -ENOMEM;
    message.event = event_of(facts, event);
    r = output_message(&message);
    if (r != -EINVAL && r != -EMSGSIZE)
        return r;
    complain("%s: its facts do not fit into a line", facts->name);
    return 0;
}

static int tell_domain(struct guests *guests, struct connection *connection, virDomainPtr domain,
                       enum message_event event, struct cg_error **err)
{
    cleanup_facts struct facts *facts = NULL;
    unsigned char uuid[VIR_UUID_BUFLEN];
    int r;

    if (virDomainGetUUID(domain, uuid) < 0)
        return 0;
    r = ask(connection, domain, &facts, err);
    if (r == -ENOENT)
        return forget(guests, uuid);
    return r == 1 ? tell(guests, uuid, event, facts) : r;
}

int guests_tell(struct guests *guests, struct connection *connection, const struct change *change,
                struct cg_error **err)
{
    cleanup_with(domain_freep) virDomainPtr domain =
        virDomainLookupByUUID(connection->libvirt, change->uuid);
    cleanup_error struct cg_error *why = NULL;
    int r;

    if (domain)
        r = tell_domain(guests, connection, domain, change->event, &why);
    else {
        r = judge(connection, NULL, &why);
        if (r == 1)
            r = forget(guests, change->uuid);
    }
    if (r < 0 && err && !*err)
        *err = steal_pointer(&why);
    return r;
}

/* ---- all guests ----------------------------------------------------------------------------- */

static void domains_free(virDomainPtr *domains, int count)
{
    for (int i = 0; i < count; i++)
        virDomainFree(domains[i]);
    free(domains);
}

static int tell_gone_since(struct guests *guests)
{
    int r = 0;

    for (size_t i = guests->count; r == 0 && i-- > 0;)
        if (!guests->told[i].now)
            r = tell_gone(guests, i);
    return r;
}

int guests_tell_all(struct guests *guests, struct connection *connection, struct cg_error **err)
{
    virDomainPtr *domains = NULL;
    int count = virConnectListAllDomains(connection->libvirt, &domains, 0), r = 0;

    if (count < 0)
        return connection_error(err);
    for (size_t i = 0; i < guests->count; i++)
        guests->told[i].now = false;
    for (int i = 0; r == 0 && i < count; i++) {
        cleanup_error struct cg_error *why = NULL;

        r = tell_domain(guests, connection, domains[i], EVENT_LIST, &why);
        if (r < 0 && err && !*err)
            *err = steal_pointer(&why);
    }
    domains_free(domains, count);
    return r < 0 ? r : tell_gone_since(guests);
}
