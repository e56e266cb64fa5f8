/* The event loop that libvirt's client calls for its sockets and timers, in place of libvirt's own
 * (virEventRegisterImpl(), https://libvirt.org/html/libvirt-libvirt-event.html). It exists for
 * silence: a client that lets the loop watch its socket tells libvirtd so, and libvirtd then pings
 * it every 5 s for ever. While a connection is being opened this loop can decline to watch; the
 * client then does without, and whoever opened it watches the socket and makes a call when there is
 * something to read, which takes the events in. Single-threaded; one to a process, as libvirt's
 * interface has no place for more. */
#ifndef HELPER_LOOP_H
#define HELPER_LOOP_H

#include <stdbool.h>

/* Before any other call to libvirt. From then on virEventAddHandle() and the like are this loop. */
void loop_install(void);

/* From now on what libvirt wants to watch is declined. */
void loop_decline(void);
/* Ends that; the descriptor that was declined last, -1 for none. */
int loop_accept(void);

/* Waits for the next descriptor or timer and calls whom it concerns; from then on time counts
 * (patience.h). 0 or -errno. */
int loop_step(void);

#endif
