/* The list of guests for a one-shot run: a source read to its end. */
#include "guest/source.h"

#include "base/array.h"
#include "base/escape.h"

#include <poll.h>
#include <string.h>
#include <sys/wait.h>

void facts_list_release(struct facts_list *list)
{
    for (size_t i = 0; i < list->count; i++)
        facts_free(list->facts[i]);
    free(list->facts);
    *list = (struct facts_list){0};
}

/* What was told so far. */
struct collection {
    struct facts_list list;
    size_t size;
    bool synced;
    char *reason; /* of the last `disconnected`, or NULL */
};

static void collection_release(struct collection *collection)
{
    facts_list_release(&collection->list);
    free(collection->reason);
}

static int by_uuid(const void *a, const void *b)
{
    const struct facts *const *x = a, *const *y = b;

    return strcmp((*x)->uuid, (*y)->uuid);
}

static int by_name(const void *a, const void *b)
{
    const struct facts *const *x = a, *const *y = b;
    int r = strcmp((*x)->name, (*y)->name);

    return r != 0 ? r : by_uuid(a, b);
}

/* While collecting, the list is sorted by UUID: the index where `uuid` is or belongs. */
static size_t place_of(const struct facts_list *list, const char *uuid, bool *ret_there)
{
    size_t low = 0, high = list->count;

    while (low < high) {
        size_t middle = low + (high - low) / 2;

        if (strcmp(list->facts[middle]->uuid, uuid) < 0)
            low = middle + 1;
        else
            high = middle;
    }
    *ret_there = low < list->count && strcmp(list->facts[low]->uuid, uuid) == 0;
    return low;
}

static int collection_put(struct collection *collection, struct facts *facts)
{
    struct facts_list *list = &collection->list;
    bool there;
    size_t at = place_of(list, facts->uuid, &there);

    if (there) {
        facts_free(list->facts[at]);
        list->facts[at] = facts;
        return 0;
    }
    if (array_grow(&list->facts, list->count, &collection->size) < 0)
        return -ENOMEM;
    memmove(&list->facts[at + 1], &list->facts[at], (list->count - at) * sizeof(struct facts *));
    list->facts[at] = facts;
    list->count++;
    return 0;
}

static void collection_drop(struct collection *collection, const char *uuid)
{
    struct facts_list *list = &collection->list;
    bool there;
    size_t at = place_of(list, uuid, &there);

    if (!there)
        return;
    facts_free(list->facts[at]);
    list->count--;
    memmove(&list->facts[at], &list->facts[at + 1], (list->count - at) * sizeof(struct facts *));
}

static int collection_take(struct collection *collection, struct message *message,
                           struct cg_error **err)
{
    switch (message->type) {
    case MESSAGE_GUEST:
        if (collection_put(collection, message->facts) < 0)
            return error_out_of_memory(err);
        message->facts = NULL;
        return 0;
    case MESSAGE_GONE:
        collection_drop(collection, message->uuid);
        return 0;
    case MESSAGE_SYNCED:
        collection->synced = true;
        return 0;
    case MESSAGE_DISCONNECTED:
        free(collection->reason);
        collection->reason = steal_pointer(&message->text);
        return 0;
    case MESSAGE_CONNECTED:
        return 0;
    }
    return 0;
}

/* Reads the source to its end. */
static int collection_read(struct collection *collection, struct source *source,
                           struct cg_error **err)
{
    for (;;) {
        cleanup_message struct message message = {0};
        struct pollfd readable = {.fd = source->fd, .events = POLLIN};
        int r = source_next(source, &message, err);

        if (r == -EPIPE)
            return 0;
        if (r == 0 && poll(&readable, 1, -1) < 0 && errno != EINTR)
            return error_set(err, errno, "cannot wait for the helper: %s", strerror(errno));
        if (r > 0)
            r = collection_take(collection, &message, err);
        if (r < 0)
            return r;
    }
}

static int record_judge(const struct collection *collection, struct cg_error **err)
{
    if (collection->synced)
        return 0;
    return error_set(err, EINVAL,
                     "there is no line {\"type\":\"synced\"}: the recording is not whole");
}

/* What the helper's end means. */
static int helper_judge(const struct collection *collection, int status, struct cg_error **err)
{
    cleanup_free char *shown = collection->reason ? text_escape(collection->reason) : NULL;
    const char *reason = shown ? shown : "no reason given";

    if (WIFEXITED(status) && WEXITSTATUS(status) == HELPER_EXIT_REFUSED)
        return error_set(err, EACCES, "libvirt does not admit this user: %s", reason);
    if (WIFEXITED(status) && WEXITSTATUS(status) == HELPER_EXIT_UNAVAILABLE)
        return error_set(err, ENODEV, "libvirt is not available: %s", reason);
    if (collection->synced)
        return 0;
    if (WIFSIGNALED(status))
        return error_set(err, EIO, "the helper ended by signal %d before it had told every guest",
                         WTERMSIG(status));
    return error_set(err, EIO, "the helper ended with status %d before it had told every guest",
                     WEXITSTATUS(status));
}

/* One run of the source; `user` gets the name that the helper ran as, "" for the parent's own. */
static int collect(const struct source_options *options, struct facts_list *ret, char user[32],
                   struct cg_error **err)
{
    cleanup_with(collection_release) struct collection collection = {0};
    struct source source;
    int status, r = source_open(options, &source, err);

    if (r < 0)
        return r;
    memcpy(user, source.user, sizeof(source.user));
    r = collection_read(&collection, &source, err);
    status = source_close(&source);
    if (r == 0)
        r = options->record ? record_judge(&collection, err)
                            : helper_judge(&collection, status, err);
    if (r < 0) {
        cleanup_free char *record = options->record ? text_escape(options->record) : NULL;

        if (record)
            error_prefix(err, r, "%s", record);
        return r;
    }
    if (collection.list.count > 0)
        qsort(collection.list.facts, collection.list.count, sizeof(struct facts *), by_name);
    *ret = collection.list;
    collection.list = (struct facts_list){0};
    return 0;
}

int source_collect(const struct source_options *options, struct facts_list *ret, char **ret_warning,
                   struct cg_error **err)
{
    cleanup_error struct cg_error *refused = NULL;
    cleanup_free char *warning = NULL;
    struct source_options once = *options;
    char user[32] = "";
    int r;

    once.once = true;
    r = collect(&once, ret, user, &refused);
    if (r == -EACCES && user[0] != '\0') {
        if (asprintf(&warning, "as user %s, %s; the helper runs as root without new privileges",
                     user, cg_error_text(refused)) < 0) {
            warning = NULL;
            return error_out_of_memory(err);
        }
        once.as_root = true;
        refused = cg_error_free(refused);
        r = collect(&once, ret, user, &refused);
    }
    if (r == 0)
        *ret_warning = steal_pointer(&warning);
    else if (err) {
        cg_error_free(*err);
        *err = steal_pointer(&refused);
    }
    return r;
}
