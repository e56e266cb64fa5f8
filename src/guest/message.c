/* One line is one message, and a message one line. Nothing is read or written here. */
#include "guest/message.h"

#include "base/escape.h"
#include "guest/json_memory.h"
#include "guest/message_json.h"

#include <string.h>

static const char *const type_names[] = {
    [MESSAGE_CONNECTED] = "connected",
    [MESSAGE_GUEST] = "guest",
    [MESSAGE_SYNCED] = "synced",
    [MESSAGE_GONE] = "gone",
    [MESSAGE_DISCONNECTED] = "disconnected",
};

static const char *const event_names[] = {
    [EVENT_LIST] = "list",       [EVENT_DEFINED] = "defined",     [EVENT_STARTED] = "started",
    [EVENT_STOPPED] = "stopped", [EVENT_TUNABLE] = "tunable",     [EVENT_METADATA] = "metadata",
    [EVENT_DEVICE] = "device",   [EVENT_LAUNCHING] = "launching", [EVENT_OTHER] = "other",
};

/* The index of `name`, 0 when it is none of them. */
static unsigned name_find(const char *const *names, size_t count, const char *name)
{
    for (size_t i = 1; i < count; i++)
        if (strcmp(names[i], name) == 0)
            return (unsigned)i;
    return 0;
}

static void read_guest(struct reader *reader, struct message *message)
{
    const char *event = reader_string(reader, "event", REQUIRED);
    const json_t *facts = reader_object(reader, "facts", REQUIRED);

    if (reader->status < 0)
        return;
    message->event = name_find(event_names, ARRAY_SIZE(event_names), event);
    if (message->event == 0)
        message->event = EVENT_OTHER;
    reader->status = facts_from_json(facts, &message->facts, reader->err);
}

static void read_gone(struct reader *reader, struct message *message)
{
    const char *uuid = reader_string(reader, "uuid", REQUIRED);

    if (uuid && uuid_parse(uuid, message->uuid) < 0)
        reader_refuse(reader, "uuid", "is no UUID");
}

static void read_message(struct reader *reader, struct message *message)
{
    const char *type = reader_string(reader, "type", REQUIRED);

    if (!type)
        return;
    message->type = name_find(type_names, ARRAY_SIZE(type_names), type);
    switch (message->type) {
    case MESSAGE_CONNECTED:
        reader_text(reader, "uri", REQUIRED, &message->uri);
        reader_text(reader, "libvirt", REQUIRED, &message->text);
        return;
    case MESSAGE_GUEST:
        read_guest(reader, message);
        return;
    case MESSAGE_SYNCED:
        return;
    case MESSAGE_GONE:
        read_gone(reader, message);
        return;
    case MESSAGE_DISCONNECTED:
        reader_text(reader, "reason", REQUIRED, &message->text);
        return;
    }
    reader_refuse(reader, "type", "is none that this version knows");
}

static int refuse_syntax(const json_error_t *why, struct cg_error **err)
{
    cleanup_free char *text = text_escape(why->text);

    return error_set(err, EINVAL, "column %d: %s", why->column, text ? text : "no JSON");
}

int message_parse(const char *line, size_t length, struct message *ret, struct cg_error **err)
{
    json_auto_t *object = NULL;
    cleanup_message struct message message = {0};
    struct reader reader = {.where = "", .err = err};
    json_error_t why;

    if (length > MESSAGE_LINE_LIMIT)
        return error_set(err, EINVAL, "the line is longer than %u bytes", MESSAGE_LINE_LIMIT);
    json_memory_watch();
    object = json_loadb(line, length, JSON_REJECT_DUPLICATES, &why);
    if (!object && json_memory_lacked())
        return error_out_of_memory(err);
    if (!object)
        return refuse_syntax(&why, err);
    if (!json_is_object(object))
        return error_set(err, EINVAL, "the line must be a JSON object");
    reader.object = object;
    read_message(&reader, &message);
    if (reader.status < 0)
        return reader.status;
    *ret = message;
    message = (struct message){0};
    return 0;
}

/* json_pack() would leak the facts when there is no memory for the rest. */
static json_t *with_facts(json_t *object, const struct facts *facts)
{
    if (json_object_set_new(object, "facts", facts_to_json(facts)) == 0)
        return object;
    json_decref(object);
    return NULL;
}

static json_t *message_to_json(const struct message *message)
{
    const char *type = type_names[message->type];

    switch (message->type) {
    case MESSAGE_CONNECTED:
        return json_pack("{s:s, s:s, s:s}", "type", type, "uri", message->uri, "libvirt",
                         message->text);
    case MESSAGE_GUEST:
        return with_facts(
            json_pack("{s:s, s:s}", "type", type, "event", event_names[message->event]),
            message->facts);
    case MESSAGE_SYNCED:
        return json_pack("{s:s}", "type", type);
    case MESSAGE_GONE:
        return json_pack("{s:s, s:s}", "type", type, "uuid", message->uuid);
    case MESSAGE_DISCONNECTED:
        return json_pack("{s:s, s:s}", "type", type, "reason", message->text);
    }
    return NULL;
}

int message_format(const struct message *message, char **ret_line)
{
    json_auto_t *object = NULL;
    char *line = NULL;

    json_memory_watch();
    object = message_to_json(message);
    if (object)
        line = json_memory_text(object, JSON_COMPACT);
    if (json_memory_lacked() || (object && !line))
        return -ENOMEM;
    if (!object)
        return -EINVAL;
    if (strlen(line) > MESSAGE_LINE_LIMIT) {
        free(line);
        return -EMSGSIZE;
    }
    *ret_line = line;
    return 0;
}

void message_release(struct message *message)
{
    facts_free(message->facts);
    free(message->uri);
    free(message->text);
    *message = (struct message){0};
}
