#include "helper/connection.h"

#include "helper/loop.h"

#include <ctype.h>
#include <libvirt/virterror.h>
#include <string.h>

/* libvirtd asks polkit, over the system bus, whether to admit a user; where there is neither, what
 * it says is no more than an internal error of those parts. */
static bool is_refusal(const virError *error)
{
    switch (error->domain) {
    case VIR_FROM_AUTH:
    case VIR_FROM_ACCESS:
    case VIR_FROM_DBUS:
    case VIR_FROM_POLKIT:
        return true;
    }
    switch (error->code) {
    case VIR_ERR_AUTH_FAILED:
    case VIR_ERR_AUTH_CANCELLED:
    case VIR_ERR_AUTH_UNAVAILABLE:
    case VIR_ERR_OPERATION_DENIED:
    case VIR_ERR_ACCESS_DENIED:
        return true;
    case VIR_ERR_SYSTEM_ERROR:
        return error->int1 == EACCES || error->int1 == EPERM;
    }
    return false;
}

int connection_error(struct cg_error **err)
{
    const virError *error = virGetLastError();
    const char *text = error && error->message ? error->message : "libvirt gives no reason";

    if (error && is_refusal(error))
        return error_set(err, EACCES, "%s", text);
    return error_set(err, ENODEV, "%s", text);
}

/* Any call reads what came on its way to its own answer. */
void connection_check(struct connection *connection)
{
    unsigned long version;

    if (virConnectGetLibVersion(connection->libvirt, &version) < 0)
        connection_is_lost(connection);
}

static void on_readable(int watch, int fd, int events, void *data)
{
    connection_check(data);
}

bool connection_is_lost(struct connection *connection)
{
    cleanup_error struct cg_error *why = NULL;

    connection_error(&why);
    if (virConnectIsAlive(connection->libvirt) == 1)
        return false;
    if (!connection->lost)
        connection->why = steal_pointer(&why);
    connection->lost = true;
    return true;
}

static char *lower(const char *text)
{
    char *copy = text ? strdup(text) : NULL;

    for (char *at = copy; at && *at; at++)
        *at = (char)tolower((unsigned char)*at);
    return copy;
}

static int connection_describe(struct connection *connection, struct cg_error **err)
{
    const char *type = virConnectGetType(connection->libvirt);
    char *uri = virConnectGetURI(connection->libvirt);
    unsigned long version;
    int r = 0;

    if (!type || !uri || virConnectGetLibVersion(connection->libvirt, &version) < 0)
        r = connection_error(err);
    connection->uri = uri;
    if (r < 0)
        return r;
    connection->driver = lower(type);
    if (!connection->driver || asprintf(&connection->version, "%lu.%lu.%lu", version / 1000000,
                                        version / 1000 % 1000, version % 1000) < 0) {
        connection->version = NULL;
        return error_out_of_memory(err);
    }
    return 0;
}

/* Without libvirtd's pings; a libvirtd that is configured to insist on them (keepalive_required)
 * refuses, and gets a client as it likes it. */
static virConnectPtr open_silently(const char *uri, int *ret_socket)
{
    virConnectPtr libvirt;

    loop_decline();
    libvirt = virConnectOpenReadOnly(uri);
    *ret_socket = loop_accept();
    if (!libvirt && virGetLastErrorCode() == VIR_ERR_OPERATION_FAILED) {
        *ret_socket = -1;
        libvirt = virConnectOpenReadOnly(uri);
    }
    return libvirt;
}

/* `ret` is watched by its address: it stays where it is until it is closed. */
int connection_open(const char *uri, struct connection *ret, struct cg_error **err)
{
    int socket, r;

    *ret = (struct connection){.watch = -1};
    virResetLastError();
    ret->libvirt = open_silently(uri, &socket);
    if (!ret->libvirt)
        return connection_error(err);
    r = connection_describe(ret, err);
    if (r == 0 && socket >= 0) {
        ret->watch = virEventAddHandle(socket, VIR_EVENT_HANDLE_READABLE, on_readable, ret, NULL);
        if (ret->watch < 0)
            r = error_set(err, ENODEV, "cannot watch the connection");
    }
    if (r < 0)
        connection_close(ret);
    return r;
}

void connection_close(struct connection *connection)
{
    if (connection->watch >= 0)
        virEventRemoveHandle(connection->watch);
    if (connection->libvirt)
        virConnectClose(connection->libvirt);
    cg_error_free(connection->why);
    free(connection->driver);
    free(connection->uri);
    free(connection->version);
    *connection = (struct connection){.watch = -1};
}
