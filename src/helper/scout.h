/* To connect is to wait for libvirt, and a libvirtd that has just begun answers only when it has
 * started the guests that start with the host. These are to be met while it does: meanwhile another
 * process takes the files that are handed over (status.h). */
#ifndef HELPER_SCOUT_H
#define HELPER_SCOUT_H

#include <sys/types.h>

struct scout {
    pid_t pid; /* 0: there is none */
    int end;   /* closed when it is to end */
};

/* Takes files from `socket` from now on. Where there can be no such process, they wait. */
void scout_begin(struct scout *scout, int socket);
/* What it has begun to tell is told then: nobody else may write meanwhile. */
void scout_end(struct scout *scout);

#endif
