/* Where facts come from: the helper as a child process, or a recorded host's file. Both yield the
 * same lines. The helper is started unprivileged (as the user `vmpin`, else `nobody`) when its
 * parent is root. */
#ifndef GUEST_SOURCE_H
#define GUEST_SOURCE_H

#include "base/buffer.h"
#include "guest/message.h"

#include <sys/types.h>

/* Exit statuses of vmpin-guests that its parent acts on. Its last line then is `disconnected` with
 * the reason. */
#define HELPER_EXIT_REFUSED     77 /* libvirtd does not admit this user */
#define HELPER_EXIT_UNAVAILABLE 69 /* --once: no libvirtd at that URI; or it does not answer */

/* For how many seconds the helper waits for libvirt, and how often it looks whether libvirt still
 * answers, where $VMPIN_LIBVIRT_TIMEOUT does not say otherwise. */
#define HELPER_PATIENCE 30

struct source_options {
    const char *uri; /* NULL: $VIRSH_DEFAULT_CONNECT_URI, $LIBVIRT_DEFAULT_URI, libvirt's default;
                      * root's default is qemu:///system whoever the helper runs as */
    const char *record; /* a recorded host's file instead of a helper; NULL: helper */
    bool once;          /* end after the list */
    bool as_root;       /* keep the parent's user, without new privileges */
    bool launches;      /* status files will be handed to it: source_hand() */
};

struct source {
    pid_t pid;         /* the helper; 0: a file */
    unsigned patience; /* the helper's, seconds */
    int fd;            /* readable when there is something; non-blocking for a helper */
    int hand;          /* what status files are handed over by; -1: none */
    struct buffer pending;
    size_t at, scanned; /* where the next line starts in `pending`; no newline before `scanned` */
    unsigned long line; /* that was read last, from 1 */
    bool skipping;      /* the rest of a line beyond MESSAGE_LINE_LIMIT */
    bool ended;         /* there is nothing to read any more */
    char user[32];      /* whom the helper runs as when its parent changed that; else "" */
};

/* The helper's program: $VMPIN_HELPER, else as installed (PKGLIBEXECDIR/vmpin-guests). How many
 * seconds libvirt may take for an answer: $VMPIN_LIBVIRT_TIMEOUT, else the helper's default. Beside
 * the standard streams (its input is /dev/null, or what status files come by) it gets no
 * descriptor, of root's environment only what it needs, no new privileges, and SIGTERM when its
 * parent ends. */
int source_open(const struct source_options *options, struct source *ret, struct cg_error **err);
/* The URI that the helper connects to; NULL: libvirt's own default for who is not root, or none. */
const char *source_uri(const struct source_options *options);
/* Is that libvirt's qemu driver of this host? NULL: no. */
bool source_is_qemu(const char *uri);
/* The next message: 1 and *ret filled, 0 when there is none now, -EPIPE at the end, -EINVAL for a
 * line that is none (the next call goes on behind it), -errno. Empty lines are passed over. */
int source_next(struct source *source, struct message *ret, struct cg_error **err);
/* Hands over the open file in which `driver` keeps a guest that it is starting (libvirt's status
 * file, which root alone may open and nobody parses as root); EVENT_LAUNCHING follows if the helper
 * makes something of it. Never waits. -EAGAIN: the helper is busy; -ENOTCONN: it takes none. */
int source_hand(const struct source *source, const char *driver, int file) must_check;
/* Ends the helper (SIGTERM, SIGKILL after a second) and reaps it; its wait status, 0 for a file. */
int source_close(struct source *source);

/* Everything there is now, for a one-shot run: an array of facts sorted by name, then UUID. A
 * helper that is refused as an unprivileged user is tried once more as root; *ret_warning (free())
 * then says so, else NULL. -ENODEV: libvirt is not available. -EACCES: it admits nobody of these.
 */
struct facts_list {
    struct facts **facts;
    size_t count;
};
int source_collect(const struct source_options *options, struct facts_list *ret, char **ret_warning,
                   struct cg_error **err);
void facts_list_release(struct facts_list *list);

#endif
