/* The lines between the helper and its parent: one JSON object a line, parse and format inverse.
 * A file of such lines is a recorded host.
 *
 *   {"type":"connected","uri":"qemu:///system","libvirt":"9.0.0"}
 *   {"type":"guest","event":"list","facts":{...}}
 *   {"type":"synced"}                       every guest there is has been told
 *   {"type":"guest","event":"started","facts":{...}}
 *   {"type":"gone","uuid":"..."}            neither running nor defined any more
 *   {"type":"disconnected","reason":"..."}  what was told may be old; a resync follows */
#ifndef GUEST_MESSAGE_H
#define GUEST_MESSAGE_H

#include "guest/facts.h"

enum message_type {
    MESSAGE_CONNECTED = 1,
    MESSAGE_GUEST,
    MESSAGE_SYNCED,
    MESSAGE_GONE,
    MESSAGE_DISCONNECTED,
};

/* Why a guest's facts were sent. */
enum message_event {
    EVENT_LIST = 1, /* it was there when the connection came up */
    EVENT_DEFINED,
    EVENT_STARTED, /* runs now: booted, restored, migrated in */
    EVENT_STOPPED,
    EVENT_TUNABLE, /* somebody changed a tunable of it through libvirt */
    EVENT_METADATA,
    EVENT_DEVICE, /* a device was added or removed */
    EVENT_OTHER,
};

struct message {
    enum message_type type;
    enum message_event event; /* MESSAGE_GUEST */
    struct facts *facts;      /* MESSAGE_GUEST, owned */
    char uuid[UUID_SIZE];     /* MESSAGE_GONE */
    char *uri;                /* MESSAGE_CONNECTED */
    char *text;               /* CONNECTED: libvirt's version; DISCONNECTED: the reason */
};

#define MESSAGE_LINE_LIMIT (4u << 20) /* bytes; a longer line is refused */

/* `line` without its newline. -EINVAL says what is wrong where. */
int message_parse(const char *line, size_t length, struct message *ret, struct cg_error **err);
int message_format(const struct message *message, char **ret_line); /* no newline; free() */
void message_release(struct message *message);
#define cleanup_message cleanup_with(message_release)

#endif
