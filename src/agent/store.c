#include "agent/store.h"

#include <search.h>
#include <string.h>

/* The UUID is the first member, so that a UUID alone serves as a key. */
static int compare(const void *a, const void *b)
{
    return strcmp(a, b);
}

_Static_assert(offsetof(struct managed, uuid) == 0, "a UUID must serve as the key of a guest");

void store_init(struct store *store)
{
    *store = (struct store){0};
    TAILQ_INIT(&store->all);
}

struct managed *store_find(const struct store *store, const char *uuid)
{
    struct managed **found = tfind(uuid, &store->by_uuid, compare);

    return found ? *found : NULL;
}

struct managed *store_find_name(const struct store *store, const char *driver, const char *name)
{
    struct managed *guest;

    TAILQ_FOREACH(guest, &store->all, all)
        if (guest->facts && strcmp(guest->facts->name, name) == 0 &&
            strcmp(guest->facts->driver, driver) == 0)
            return guest;
    return NULL;
}

struct managed *store_add(struct store *store, const char *uuid)
{
    struct managed *guest = store_find(store, uuid);

    if (guest)
        return guest;
    guest = calloc(1, sizeof(*guest));
    if (!guest)
        return NULL;
    guest->call.owner = guest;
    memccpy(guest->uuid, uuid, '\0', sizeof(guest->uuid) - 1);
    if (!tsearch(guest, &store->by_uuid, compare)) {
        free(guest);
        return NULL;
    }
    TAILQ_INSERT_TAIL(&store->all, guest, all);
    store->count++;
    return guest;
}

void store_remove(struct store *store, struct managed *guest)
{
    tdelete(guest, &store->by_uuid, compare);
    TAILQ_REMOVE(&store->all, guest, all);
    store->count--;
    managed_forget(guest);
    fights_release(&guest->schedule.fights);
    desired_release(&guest->desired);
    facts_free(guest->facts);
    free(guest);
}

void store_release(struct store *store)
{
    struct managed *guest;

    while ((guest = TAILQ_FIRST(&store->all)))
        store_remove(store, guest);
}

void managed_forget(struct managed *guest)
{
    binding_release(&guest->binding);
    guest->binding = (struct binding){0};
    unit_call_release(&guest->call);
    guest->reported = guest->state_lost = false;
    guest->usage = (struct usage){0};
    guest->told = 0;
    guest->rewatch = true;
}

const char *managed_name(const struct managed *guest)
{
    return guest->facts ? guest->facts->name : guest->uuid;
}
