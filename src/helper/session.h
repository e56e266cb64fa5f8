/* From connection to connection: open, tell everything, tell what changes, and when the connection
 * is lost try again with growing pauses. */
#ifndef HELPER_SESSION_H
#define HELPER_SESSION_H

#include "helper/guests.h"

#define SESSION_RUNS -1

struct session {
    const char *uri; /* NULL: libvirt's default */
    bool once;
    bool launches;     /* status files are handed over on standard input */
    unsigned patience; /* seconds that libvirt may take for an answer, and between looks at it */
    int status;        /* the program's exit status once it is decided, else SESSION_RUNS */
    struct connection connection;
    struct events events;
    struct guests guests;
    char *reason; /* of the last `disconnected` that was told, NULL when connected since */
    int timer;    /* in the loop: rings when to try again, */
    int checks;   /* and this one when to see whether a silent libvirtd is still there */
    int pause;    /* before the next try, ms */
    bool due;     /* try now */
};

/* 0, or -ENOMEM. The session stays where it is until it is released. */
int session_start(struct session *session);
/* Does what is to be done after a step of the loop. */
void session_step(struct session *session);
void session_release(struct session *session);

#endif
