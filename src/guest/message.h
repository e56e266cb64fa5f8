/* The lines between the helper and its parent: one JSON object a line, parse and format inverse.
 * A file of such lines is a recorded host.
 *
 *   {"type":"connected","uri":"qemu:///system","libvirt":"9.0.0"}
 *   {"type":"guest","event":"list","facts":{...}}
 *   {"type":"synced"}                       every guest there is has been told
 *   {"type":"guest","event":"launching","facts":{...}}  libvirt is starting it: a hint, from what
 *                                           the agent handed over (source.h); it does not run yet
 *   {"type":"guest","event":"started","facts":{...}}
 *   {"type":"gone","uuid":"..."}            neither running nor defined any more
 *   {"type":"disconnected","reason":"..."}  what was told may be old; a resync follows
 *
 * After `connected` every guest is told anew; one that was not by the time of `synced` is gone. A
 * helper that was connected before says `gone` for it, a new helper knows nothing of it. A helper
 * that cannot connect at all says `disconnected` with the reason.
 *
 * Keys of "facts", named and meant as the members of struct facts; (*) must be there, what is NULL,
 * false, 0 or empty is left out:
 *   "uuid"*, "name"*, "driver"*     texts; uuid in lower case
 *   "title", "numatune_mode", "partition"  texts
 *   "id"                            libvirt's id of a running guest; left out when it does not run
 *   "running"                       true with an id, false without: anything else is refused
 *   "persistent", "hugepages", "locked_memory", "ignore", "metadata_cut"  true or false
 *   "vcpus_maximum"*, "vcpus_current" (the maximum when left out), "host_devices",
 *   "cpu_shares"                    numbers
 *   "memory_maximum"*, "memory_current" (the maximum when left out)  bytes, below 2^63
 *   "iothreads"                     [1, 2]
 *   "cpuset", "emulator_pin"        sets in the kernel's list grammar: "0-3,8"
 *   "vcpu_pins", "iothread_pins"    [{"index": 0, "cpus": "1"}]
 *   "metadata"                      [{"namespace": "", "path": "a/b/@c", "value": ""}]
 * Keys that are not known are ignored, and an event that is not known is EVENT_OTHER, so that
 * versions may differ; a known key of a wrong type and an unknown "type" are refused. */
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
    EVENT_DEVICE,    /* a device was added or removed */
    EVENT_LAUNCHING, /* libvirt's own file of it says that it is being started: a hint */
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

/* `line` without its newline. -EINVAL says what is wrong where (a JSON pointer). */
int message_parse(const char *line, size_t length, struct message *ret, struct cg_error **err);
/* One line without a newline; free(). -EINVAL: a text is not UTF-8 or a number beyond JSON's
 * range; -EMSGSIZE: beyond MESSAGE_LINE_LIMIT. */
int message_format(const struct message *message, char **ret_line);
void message_release(struct message *message);
#define cleanup_message cleanup_with(message_release)

#endif
