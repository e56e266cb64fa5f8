/* The order of the steps is the order of the exit statuses: what a user can mend alone (a file)
 * is told before what needs a service or a right. */
#include "cli/session.h"

#include "cli/exit.h"
#include "cli/json.h"
#include "cli/output.h"

#include <fcntl.h>
#include <string.h>

int session_fail(struct session *session, unsigned what, const struct cg_error *error)
{
    int code = error ? cg_error_errno(error) : ENOMEM;

    if (code == EACCES || code == EPERM)
        what = HAPPENED_PERMISSION;
    session->happened |= what;
    message("%s", error ? cg_error_text(error) : "out of memory");
    return -code;
}

int session_out_of_memory(struct session *session)
{
    return session_fail(session, HAPPENED_GUEST, NULL);
}

void session_begin(const struct options *options, struct session *ret)
{
    *ret = (struct session){.options = options, .state = STATE_DIR_CLOSED};
}

int session_open(const struct options *options, bool writes, struct session *ret)
{
    cleanup_error struct cg_error *error = NULL;

    session_begin(options, ret);
    ret->writes = writes;
    if (state_dir_open(options->state_dir, writes, &ret->state, &error) < 0) {
        int r = session_fail(ret, HAPPENED_GUEST, error);

        if (writes && ret->happened & HAPPENED_PERMISSION)
            message("'%s' needs root", options->command->name);
        return r;
    }
    ret->agent_runs = state_dir_agent_runs(&ret->state);
    return 0;
}

/* -ENOENT: the agent has none on record (yet). */
static int restore_policies(struct session *session)
{
    cleanup_error struct cg_error *error = NULL;
    cleanup_buffer struct buffer text = {0};
    int r = state_dir_load_policies(&session->state, &text, &error);

    if (r == -ENOENT)
        return r;
    if (r == 0)
        r = policy_set_restore(text.data ? text.data : "", text.length, &session->policies,
                               &session->problems, &error);
    if (r < 0)
        return session_fail(session, HAPPENED_UNAVAILABLE, error);
    session->in_force = true;
    return 0;
}

static int read_policies(struct session *session)
{
    const struct options *options = session->options;
    struct policy_load load = {
        .folders = policy_folders((const char *const *)options->folders),
        .trust_checked = session->writes || geteuid() == 0,
        .owner = geteuid(),
    };

    if (policy_dir_load(&load, options->folders != NULL, NULL, &session->policies,
                        &session->problems) < 0)
        return session_out_of_memory(session);
    return 0;
}

static int tell_problems(struct session *session)
{
    for (size_t i = 0; i < session->problems.count; i++) {
        cleanup_free char *text = policy_problem_text(&session->problems.problems[i]);

        message("%s", text ? text : "out of memory");
    }
    if (session->problems.count == 0)
        return 0;
    session->happened |= HAPPENED_POLICY;
    if (session->in_force && !session->writes)
        return 0; /* each problem tells what is in force in its place */
    message("nothing was done: mend what is wrong above, or move it away");
    if (session->options->json)
        json_print(session, json_stopped(session));
    return -EINVAL;
}

int session_load_policies(struct session *session)
{
    const char *const *folders = policy_folders((const char *const *)session->options->folders);
    cleanup_error struct cg_error *error = NULL;
    int r = -ENOENT;

    if (state_dir_refuse_policies(&session->state, folders, &error) < 0)
        return session_fail(session, HAPPENED_USAGE, error);
    if (session->agent_runs && session->writes && session->options->folders) {
        message("an agent runs and keeps its own policies in force: it would undo what "
                "'%s --policies' does; stop the agent, or put the files into its folder",
                session->options->command->name);
        session->happened |= HAPPENED_USAGE;
        return -EBUSY;
    }
    if (session->agent_runs && !session->options->folders)
        r = restore_policies(session);
    if (r == -ENOENT)
        r = read_policies(session);
    return r < 0 ? r : tell_problems(session);
}

/* A user who may not write the hierarchies' own files has no chance with a guest's; root is let
 * try, since what keeps root out (a read-only mount) has a better message of its own. */
static int check_permission(struct session *session)
{
    static const char *const controllers[] = {"cpu", "cpuset", "memory"};

    if (geteuid() == 0)
        return 0;
    for (size_t i = 0; i < ARRAY_SIZE(controllers); i++) {
        const struct cg_hierarchy *hierarchy = mounts_find(session->host->mounts, controllers[i]);

        if (!hierarchy || faccessat(hierarchy->dir, "cgroup.procs", W_OK, AT_EACCESS) == 0 ||
            errno == ENOENT)
            continue;
        message("%s is not writable: '%s' needs root (plan does not)", hierarchy->mountpoint,
                session->options->command->name);
        session->happened |= HAPPENED_PERMISSION;
        return -EACCES;
    }
    return 0;
}

int session_open_host(struct session *session)
{
    cleanup_error struct cg_error *error = NULL;

    if (host_open(&kernel_real, session->options->root, &session->host, &error) < 0)
        return session_fail(session, HAPPENED_UNAVAILABLE, error);
    return session->writes ? check_permission(session) : 0;
}

static int list_guests(struct session *session)
{
    cleanup_error struct cg_error *error = NULL;
    struct source_options options = {
        .uri = session->options->uri,
        .record = session->options->guests,
        .once = true,
    };
    cleanup_free char *warning = NULL;

    if (source_collect(&options, &session->known, &warning, &error) < 0)
        return session_fail(session, HAPPENED_UNAVAILABLE, error);
    if (warning)
        message("%s", warning);
    return 0;
}

/* As virsh does: an id, else a UUID, else a name. */
static const struct facts *find_guest(const struct facts_list *list, const char *text)
{
    const struct facts *by_uuid = NULL, *by_name = NULL;

    for (size_t i = 0; i < list->count; i++) {
        const struct facts *facts = list->facts[i];
        char id[16];

        snprintf(id, sizeof(id), "%d", facts->id);
        if (facts->id >= 0 && strcmp(id, text) == 0)
            return facts;
        if (strcasecmp(facts->uuid, text) == 0)
            by_uuid = facts;
        if (strcmp(facts->name, text) == 0)
            by_name = facts;
    }
    return by_uuid ? by_uuid : by_name;
}

static void add_guest(struct session *session, const struct facts *facts)
{
    for (size_t i = 0; i < session->guest_count; i++) {
        if (session->guests[i] == facts)
            return;
    }
    session->guests[session->guest_count++] = facts;
}

static void choose_named(struct session *session, enum session_choice choice)
{
    for (const char **name = session->options->arguments; *name; name++) {
        const struct facts *facts = find_guest(&session->known, *name);

        if (facts && (facts->running || choice == CHOOSE_ANY_STATE)) {
            add_guest(session, facts);
            continue;
        }
        if (facts)
            message("guest '%s' does not run: it has no control groups to look at", *name);
        else
            message("there is no guest with the id, UUID or name '%s' (see 'virsh list --all')",
                    *name);
        session->happened |= HAPPENED_GUEST;
    }
}

int session_choose_guests(struct session *session, enum session_choice choice)
{
    int r = list_guests(session);

    if (r < 0)
        return r;
    session->guests = calloc(session->known.count + 1, sizeof(*session->guests));
    if (!session->guests)
        return session_out_of_memory(session);
    if (session->options->argument_count > 0) {
        choose_named(session, choice);
        return 0;
    }
    for (size_t i = 0; i < session->known.count; i++) {
        if (session->known.facts[i]->running)
            session->guests[session->guest_count++] = session->known.facts[i];
    }
    return 0;
}

int session_end(struct session *session)
{
    int status = exit_status(session->happened);

    free(session->guests);
    facts_list_release(&session->known);
    host_free(session->host);
    policy_problems_release(&session->problems);
    policy_set_free(session->policies);
    state_dir_close(&session->state);
    *session = (struct session){0};
    return status;
}
