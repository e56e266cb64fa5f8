/* What the kernel tells of CPUs that go offline, come back, or are plugged in: its uevents
 * (NETLINK_KOBJECT_UEVENT). Nothing else tells: the kernel's own changes of control groups raise
 * no inotify event. */
#ifndef HOST_UEVENT_H
#define HOST_UEVENT_H

#include "base/cleanup.h"

#include <limits.h>
#include <stdbool.h>

#define UEVENT_ANY_CPU UINT_MAX /* some were lost: any CPU may have changed */

/* A socket that gets the kernel's own uevents, non-blocking, or -errno. Closing it is the
 * caller's. */
int uevent_open(void) must_check;

/* Takes one event from the queue and calls `fn` if it is of a CPU. 0 or -errno. */
typedef void (*uevent_fn)(unsigned cpu, void *data);
int uevent_read(int socket, uevent_fn fn, void *data) must_check;

/* Is the uevent, whose first line is `text`, of a CPU as such? "offline@/devices/system/cpu/cpu5"
 */
bool uevent_names_cpu(const char *text, unsigned *ret);

#endif
