/* Guests that libvirt is starting. From the pid file on the agent looks for the guest's control
 * groups, and pins its threads as they appear; that it has started, libvirt tells later. Of a guest
 * that is not defined, and so not known, libvirt's status file is read by the helper: a hint, which
 * is put right, or taken back, by what libvirt tells. Which groups are the guest's tells the pid
 * file alone, never that hint. */
#include "agent/parts.h"

#include "agent/tell.h"
#include "base/file.h"
#include "reconcile/early.h"

#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>

#define DRIVER "qemu" /* whose run folder is watched */

/* A process that is bound and lives is not being started. */
static bool is_known_to_run(const struct agent *agent, const struct managed *guest)
{
    return !guest->schedule.launching && binding_lives(&guest->binding, agent->host);
}

static void on_pid_file(const char *name, bool removed, void *data)
{
    struct agent *agent = data;
    struct managed *guest = store_find_name(&agent->store, DRIVER, name);

    if (guest && (removed || !is_known_to_run(agent, guest)))
        agent_tell(agent, &(struct event){.type = removed ? CORE_LAUNCH_FAILED : CORE_LAUNCH,
                                          .guest = guest});
}

static int open_status_file(const struct host *host, const char *name)
{
    cleanup_close int dir = directory_open_beneath(host->libvirt_run, DRIVER), file = -1;
    cleanup_free char *entry = NULL;
    struct stat st;

    if (dir < 0)
        return dir;
    if (asprintf(&entry, "%s.xml", name) < 0)
        return -ENOMEM;
    file = openat(dir, entry, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC);
    if (file < 0 || fstat(file, &st) < 0)
        return -errno;
    return S_ISREG(st.st_mode) ? steal_fd(&file) : -EINVAL;
}

/* Only of a guest that libvirt would have told of if it were not new: when libvirt starts anew, it
 * writes the files of all that run. Until it has first answered it may be starting the guests that
 * start with the host, and has told of none. */
static bool takes_hints(const struct agent *agent)
{
    return agent->serves_qemu && (agent->told_all || !agent->connected);
}

static void on_status_file(const char *name, void *data)
{
    struct agent *agent = data;
    cleanup_close int file = -1;
    int r;

    if (!takes_hints(agent) || store_find_name(&agent->store, DRIVER, name))
        return;
    file = open_status_file(agent->host, name);
    r = file < 0 ? file : helper_hand(&agent->helper, DRIVER, file);
    if (r < 0)
        log_line(&agent->log, LOG_DEBUG, "%s: met when libvirt tells of it (%s)", name,
                 strerror(-r));
}

/* It may have ended while the helper read; and what libvirt has told by now is no hint. */
bool launch_is_real(const struct agent *agent, const struct facts *facts)
{
    pid_t pid;

    return takes_hints(agent) && !store_find(&agent->store, facts->uuid) &&
           binding_pid(agent->host, facts, &pid) == 0;
}

static bool some_are_launching(const struct agent *agent)
{
    struct managed *guest;

    TAILQ_FOREACH(guest, &agent->store.all, all)
        if (guest->schedule.launching)
            return true;
    return false;
}

static void on_node(void *data)
{
    struct agent *agent = data;
    struct managed *guest;

    TAILQ_FOREACH(guest, &agent->store.all, all)
        if (guest->schedule.launching)
            agent_tell(agent, &(struct event){.type = CORE_NODE, .guest = guest});
}

static void warn(struct agent *agent, const char *why)
{
    if (!agent->warned_of_arrivals)
        log_line(&agent->log, LOG_WARNING,
                 "%s; guests are pinned when libvirt tells that they have started", why);
    agent->warned_of_arrivals = true;
}

static void note(struct agent *agent, int r)
{
    if (r == -ENOSPC)
        warn(agent, "where guests appear cannot be watched (raise fs.inotify.max_user_watches)");
    else if (r < 0)
        warn(agent, strerror(-r));
}

void launch_open(struct agent *agent)
{
    cleanup_error struct cg_error *error = NULL;

    if (arrivals_open(&agent->arrivals, agent->host, &error) < 0)
        warn(agent, error ? cg_error_text(error) : "out of memory");
}

int launch_read(struct agent *agent)
{
    const struct arrival_callbacks callbacks = {
        .pid_file = on_pid_file, .status_file = on_status_file, .node = on_node, .data = agent};

    note(agent, arrivals_read(&agent->arrivals, &callbacks));
    return 0;
}

void launch_note_facts(struct agent *agent, struct managed *guest, enum message_event event)
{
    const struct facts *facts = guest->facts;

    if (event == EVENT_LAUNCHING)
        agent_tell(agent, &(struct event){.type = CORE_LAUNCH, .guest = guest});
    if (facts->partition && strcmp(facts->driver, DRIVER) == 0)
        note(agent, arrivals_add(&agent->arrivals, facts->partition));
    if (event == EVENT_STARTED)
        launch_settle(agent);
}

void launch_settle(struct agent *agent)
{
    if (!some_are_launching(agent))
        arrivals_settle(&agent->arrivals);
}

void launch_note_connection(struct agent *agent)
{
    host_find_libvirt(agent->host);
    note(agent, arrivals_arm(&agent->arrivals));
}

/* Anew for each pass: libvirt moves the process from one node to the next. -ENOENT: it is not yet
 * where its CPU sets are. -ESTALE: nor QEMU yet, or the name is another guest's by now, of which
 * libvirt has not told: what is desired of this one is not for that one. */
static int bind_early(const struct agent *agent, const struct facts *facts, struct binding *binding)
{
    int r;

    binding_release(binding);
    r = binding_make(agent->host, facts, binding, NULL);
    if (r == 0 && !binding_is_for(binding, agent->host, facts->uuid)) {
        binding_release(binding);
        return -ESTALE;
    }
    return r == 0 && !binding_place(binding, agent->host, "cpuset") ? -ENOENT : r;
}

/* While libvirt starts a guest: only what libvirt's own writes do not get into trouble over, and
 * what these change meanwhile is no drift. */
void launch_pass(struct agent *agent, struct managed *guest)
{
    struct facts facts = *guest->facts; /* as they will be; the new id is not known yet */
    struct desired early = {0};
    const struct reconcile_request request = {
        .facts = &facts, .desired = &early, .early = true, .binding = &guest->binding};
    struct event event = {.type = CORE_PASSED, .guest = guest, .outcome = OUTCOME_DONE};
    cleanup_report struct report report = {0};
    uint64_t began = agent_now();
    int r = early_desired(&guest->desired, guest->facts, &early);

    facts.running = true;
    facts.id = -1;
    ancestors_release(&agent->context.ancestors);
    if (r == 0 && early.cells.count > 0)
        r = bind_early(agent, &facts, &guest->binding);
    if (r == 0 && early.cells.count > 0)
        r = reconcile_guest(&agent->context, &request, &report, NULL);
    if (early.cells.count > 0)
        metrics_file_passed(agent, guest, &report, r, began);
    if (r < 0) {
        event.outcome = pass_outcome_of(r);
    } else if (early.cells.count > 0) {
        tell_report(&agent->log, guest, &report, "put off", NULL);
        guest->rewatch = true;
        work_watch(agent, guest);
    }
    desired_release(&early);
    agent_tell(agent, &event);
}
