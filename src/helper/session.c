#include "helper/session.h"

#include "base/jitter.h"
#include "guest/source.h"
#include "helper/output.h"
#include "helper/scout.h"

#include <string.h>

#define PAUSE_LEAST 100  /* ms */
#define PAUSE_MOST  5000 /* ms */

static void on_timer(int timer, void *data)
{
    struct session *session = data;

    virEventUpdateTimeout(timer, -1);
    session->due = true;
}

static void on_check(int timer, void *data)
{
    struct session *session = data;

    if (session->connection.libvirt)
        connection_check(&session->connection);
}

int session_start(struct session *session)
{
    session->status = SESSION_RUNS;
    session->connection.watch = -1;
    session->pause = PAUSE_LEAST;
    session->due = true;
    session->timer = virEventAddTimeout(-1, on_timer, session, NULL);
    session->checks = virEventAddTimeout(-1, on_check, session, NULL);
    return session->timer < 0 || session->checks < 0 ? -ENOMEM : 0;
}

static void disconnect(struct session *session)
{
    virEventUpdateTimeout(session->checks, -1);
    events_release(&session->events);
    connection_close(&session->connection);
}

void session_release(struct session *session)
{
    disconnect(session);
    guests_release(&session->guests);
    free(session->reason);
}

/* A message that cannot be told ends the session: without a reader there is nothing to do. */
static void tell(struct session *session, const struct message *message)
{
    int r = output_message(message);

    if (r == 0 || session->status != SESSION_RUNS)
        return;
    if (r != -EPIPE)
        complain("cannot write: %s", strerror(-r));
    session->status = r == -EPIPE ? EXIT_SUCCESS : EXIT_FAILURE;
}

/* The same reason again and again is told once. */
static void tell_reason(struct session *session, const char *reason)
{
    struct message message = {.type = MESSAGE_DISCONNECTED};

    if (session->reason && strcmp(session->reason, reason) == 0)
        return;
    free(session->reason);
    message.text = session->reason = strdup(reason);
    if (message.text)
        tell(session, &message);
}

/* There is no connection (any more): the end, or another try after a pause. */
static void fail(struct session *session, int r, const struct cg_error *why)
{
    disconnect(session);
    if (r == -EPIPE) {
        session->status = EXIT_SUCCESS;
        return;
    }
    if (r == -ENOMEM) {
        complain("out of memory");
        session->status = EXIT_FAILURE;
        return;
    }
    tell_reason(session, cg_error_text(why));
    if (session->status != SESSION_RUNS)
        return;
    if (r == -EACCES)
        session->status = HELPER_EXIT_REFUSED;
    else if (session->once)
        session->status = HELPER_EXIT_UNAVAILABLE;
    virEventUpdateTimeout(session->timer, (int)jitter((uint64_t)session->pause, jitter_throw()));
    session->pause = 2 * session->pause < PAUSE_MOST ? 2 * session->pause : PAUSE_MOST;
}

static void tell_everything(struct session *session, struct cg_error **err)
{
    struct message synced = {.type = MESSAGE_SYNCED};
    int r = guests_tell_all(&session->guests, &session->connection, err);

    if (r < 0) {
        fail(session, r, err ? *err : NULL);
        return;
    }
    tell(session, &synced);
    session->pause = PAUSE_LEAST;
    if (session->once && session->status == SESSION_RUNS)
        session->status = EXIT_SUCCESS;
}

static int open_connection(struct session *session, struct cg_error **err)
{
    struct scout scout = {.end = -1};
    int r;

    if (session->launches)
        scout_begin(&scout, STDIN_FILENO);
    r = connection_open(session->uri, &session->connection, err);
    scout_end(&scout);
    return r;
}

/* Events are asked for before the list, so that none falls between. */
static void connect_again(struct session *session)
{
    cleanup_error struct cg_error *err = NULL;
    struct message connected = {.type = MESSAGE_CONNECTED};
    int r = open_connection(session, &err);

    if (r == 0 && !session->once && events_register(&session->events, session->connection.libvirt))
        r = connection_error(&err);
    if (r < 0) {
        fail(session, r, err);
        return;
    }
    free(session->reason);
    session->reason = NULL;
    virEventUpdateTimeout(session->checks, (int)session->patience * 1000);
    connected.uri = session->connection.uri;
    connected.text = session->connection.version;
    tell(session, &connected);
    if (session->status == SESSION_RUNS)
        tell_everything(session, &err);
}

static void tell_changes(struct session *session)
{
    cleanup_error struct cg_error *err = NULL;
    struct changes *changes = &session->events.changes;
    struct change change;
    int r = 0;

    if (changes->overflow) {
        changes->overflow = false;
        tell_everything(session, &err);
        return;
    }
    while (r == 0 && changes_take(changes, &change))
        r = guests_tell(&session->guests, &session->connection, &change, &err);
    if (r < 0)
        fail(session, r, err);
}

void session_step(struct session *session)
{
    struct connection *connection = &session->connection;

    if (session->due) {
        session->due = false;
        connect_again(session);
    } else if (connection->libvirt && connection->lost) {
        cleanup_error struct cg_error *why = steal_pointer(&connection->why);

        fail(session, -ENODEV, why);
    } else if (connection->libvirt) {
        tell_changes(session);
    }
}
