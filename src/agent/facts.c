/* What the helper says, made into events for the core. */
#include "agent/parts.h"

#include "agent/entries.h"
#include "agent/tell.h"
#include "base/jitter.h"

#include <string.h>
#include <sys/wait.h>

/* libvirt's event comes after its write, and so most often after the heal. */
#define SAME_MOMENT (500 * CORE_MS)

static void note_writer(struct agent *agent, const struct managed *guest, enum message_event event)
{
    if (event == EVENT_TUNABLE && guest->healed_at && agent_now() - guest->healed_at < SAME_MOMENT)
        tell_libvirt_wrote(&agent->log, guest);
}

static void take_guest(struct agent *agent, struct message *message)
{
    struct event event = {.type = CORE_FACTS, .cause = message->event};
    struct managed *guest;

    if (message->event == EVENT_LAUNCHING && !launch_is_real(agent, message->facts))
        return;
    guest = event.guest = store_add(&agent->store, message->facts->uuid);
    if (!guest) {
        log_line(&agent->log, LOG_ERR, "%s: out of memory: not taken note of",
                 message->facts->name);
        agent_tell(agent, &(struct event){.type = CORE_HELPER_ENDED});
        return;
    }
    event.facts = steal_pointer(&message->facts);
    agent_tell(agent, &event);
    note_writer(agent, guest, message->event);
    if (guest->facts)
        launch_note_facts(agent, guest, message->event);
    else
        store_remove(&agent->store, guest);
}

static void take_gone(struct agent *agent, const char *uuid)
{
    struct managed *guest = store_find(&agent->store, uuid);

    if (guest)
        agent_tell(agent, &(struct event){.type = CORE_GONE, .guest = guest});
}

static void take_connected(struct agent *agent, const struct message *message)
{
    static const struct log_entry entry = {.priority = LOG_INFO, .id = ENTRY_CONNECTED};

    agent->serves_qemu = source_is_qemu(message->uri);
    agent->connected = true;
    agent->told_all = false; /* the helper may have had no memory to say that it was disconnected */
    log_entry(&agent->log, &entry, "connected to %s%s%s", message->uri ? message->uri : "libvirt",
              message->text ? ", libvirt " : "", message->text ? message->text : "");
    free(agent->disconnected);
    free(agent->helper_trouble);
    agent->disconnected = agent->helper_trouble = NULL;
    agent->metrics.metrics.connects++;
    metrics_file_touch(agent);
    launch_note_connection(agent);
    agent_tell(agent, &(struct event){.type = CORE_LISTING});
}

/* What stays the same while it is tried again and again is said once. True: it is news. */
static bool is_news(char **said, const char *text)
{
    if (*said && strcmp(*said, text) == 0)
        return false;
    free(*said);
    *said = strdup(text);
    return true;
}

static void take_disconnected(struct agent *agent, const char *reason)
{
    static const struct log_entry entry = {.priority = LOG_WARNING, .id = ENTRY_DISCONNECTED};
    const char *text = reason ? reason : "no reason given";

    agent->told_all = false;
    metrics_file_touch(agent);
    if (is_news(&agent->disconnected, text))
        log_entry(&agent->log, &entry,
                  "no connection to libvirt (%s); guests that are known are still looked after",
                  text);
}

void facts_helper_trouble(struct agent *agent, const char *text)
{
    static const struct log_entry entry = {.priority = LOG_WARNING, .id = ENTRY_HELPER};

    if (!is_news(&agent->helper_trouble, text))
        return;
    metrics_file_touch(agent);
    log_entry(&agent->log, &entry, "%s", text);
}

static void on_message(struct message *message, void *data)
{
    struct agent *agent = data;

    switch (message->type) {
    case MESSAGE_CONNECTED:
        take_connected(agent, message);
        break;
    case MESSAGE_GUEST:
        take_guest(agent, message);
        break;
    case MESSAGE_SYNCED:
        agent->told_all = true;
        agent_tell(agent, &(struct event){.type = CORE_SYNCED});
        launch_settle(agent);
        keep_tidy(agent);
        break;
    case MESSAGE_GONE:
        take_gone(agent, message->uuid);
        break;
    case MESSAGE_DISCONNECTED:
        take_disconnected(agent, message->text);
        break;
    }
}

static void on_bad_line(const struct cg_error *error, void *data)
{
    struct agent *agent = data;

    log_line(&agent->log, LOG_WARNING, "the helper says what nobody understands: %s",
             cg_error_text(error));
}

static void on_ended(int status, const struct cg_error *error, void *data)
{
    struct agent *agent = data;
    bool refused = WIFEXITED(status) && WEXITSTATUS(status) == HELPER_EXIT_REFUSED;
    bool told = WIFEXITED(status) && WEXITSTATUS(status) == HELPER_EXIT_UNAVAILABLE &&
                agent->disconnected; /* why, by itself */
    char text[128];

    if (error)
        snprintf(text, sizeof(text), "%s", cg_error_text(error));
    else if (refused)
        snprintf(text, sizeof(text), "%s",
                 agent->core.as_root
                     ? "libvirt admits the helper not even as root"
                     : "libvirt does not admit the unprivileged helper: it is started as root");
    else if (WIFSIGNALED(status))
        snprintf(text, sizeof(text), "the helper was ended by signal %d (%s)", WTERMSIG(status),
                 strsignal(WTERMSIG(status)));
    else
        snprintf(text, sizeof(text), "the helper ended with status %d", WEXITSTATUS(status));
    if (!told)
        facts_helper_trouble(agent, text);
    agent_tell(agent, &(struct event){
                          .type = CORE_HELPER_ENDED, .refused = refused, .thrown = jitter_throw()});
}

const struct helper_callbacks facts_callbacks = {
    .message = on_message,
    .bad_line = on_bad_line,
    .ended = on_ended,
};
