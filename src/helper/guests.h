/* Telling guests: from a domain of libvirt to a message. Of the guests themselves only their UUIDs
 * are kept, to know who vanished while there was no connection. */
#ifndef HELPER_GUESTS_H
#define HELPER_GUESTS_H

#include "helper/connection.h"
#include "helper/events.h"

struct told {
    unsigned char uuid[VIR_UUID_BUFLEN];
    bool now; /* since the connection came up */
};

struct guests {
    struct told *told; /* sorted by UUID */
    size_t count, size;
};

/* Tells every guest there is, and who is gone. 0; -EPIPE: nobody reads; -ENODEV: the connection is
 * lost; -EACCES: this user may not list; -ENOMEM. */
int guests_tell_all(struct guests *guests, struct connection *connection, struct cg_error **err);
/* Tells one guest anew, or that it is gone. A guest that cannot be told is complained of. */
int guests_tell(struct guests *guests, struct connection *connection, const struct change *change,
                struct cg_error **err);
void guests_release(struct guests *guests);

#endif
