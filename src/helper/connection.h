/* A read-only connection to libvirt, and what its refusals mean. */
#ifndef HELPER_CONNECTION_H
#define HELPER_CONNECTION_H

#include "base/error.h"

#include <libvirt/libvirt.h>
#include <stdbool.h>

struct connection {
    virConnectPtr libvirt; /* NULL: none */
    char *driver;          /* "qemu", "test" */
    char *uri;             /* as libvirt resolved it */
    char *version;         /* libvirt's, of the daemon: "9.0.0" */
    int watch;             /* of its socket in the loop; -1: libvirt watches it, or there is none */
    bool lost;             /* it does not answer any more, */
    struct cg_error *why;  /* and libvirt's error then */
};

/* -EACCES: libvirt does not admit this user; -ENODEV: there is no libvirt; -ENOMEM. */
int connection_open(const char *uri, struct connection *ret, struct cg_error **err);
void connection_close(struct connection *connection);

/* Takes in what libvirtd has sent, and learns whether it is still there. */
void connection_check(struct connection *connection);

/* After a call to libvirt that failed: is the connection gone? Forgets libvirt's last error. */
bool connection_is_lost(struct connection *connection);

/* libvirt's last error as a sentence; -EACCES, -ENODEV or -EIO. */
int connection_error(struct cg_error **err);

#endif
