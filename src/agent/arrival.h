/* Where guests appear, so that one is met while libvirt still starts it: libvirt's run folder,
 * where each guest gets a pid file before it has control groups, and the partitions, where these
 * are made. An event says only "look": whose a new directory is, the process in it tells
 * (binding.h). */
#ifndef AGENT_ARRIVAL_H
#define AGENT_ARRIVAL_H

#include "base/error.h"
#include "host/host.h"

struct arrivals {
    int queue;               /* -1: guests are met when libvirt tells of them */
    const struct host *host; /* borrowed */
    struct arrival_watch *list;
    size_t count, size;
    char **partitions; /* as <partition> has them */
    size_t partition_count;
};

struct arrival_callbacks {
    /* The pid file of the guest of that name was made, written or removed. */
    void (*pid_file)(const char *guest, bool removed, void *data);
    /* libvirt has written what it keeps of the guest of that name while it runs. */
    void (*status_file)(const char *guest, void *data);
    /* Something happened where guests appear; perhaps events were lost. */
    void (*node)(void *data);
    void *data;
};

int arrivals_open(struct arrivals *arrivals, const struct host *host, struct cg_error **err);
void arrivals_close(struct arrivals *arrivals);

/* Watches what is there now. What is not there yet is waited for in the folder above it; above the
 * driver's run folder that is libvirt's own, which is there when its daemon's socket is. */
int arrivals_arm(struct arrivals *arrivals) must_check;
/* Guests appear in that partition, too. */
int arrivals_add(struct arrivals *arrivals, const char *partition) must_check;
/* No guest is being started: new directories are somebody else's, or known by now. */
void arrivals_settle(struct arrivals *arrivals);

/* Takes what is queued, at most a buffer full. */
int arrivals_read(struct arrivals *arrivals, const struct arrival_callbacks *callbacks) must_check;

#endif
