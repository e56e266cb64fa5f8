/* The loop over guests. A guest that fails is reported and does not stop the others. */
#include "cli/sweep.h"

#include "cli/compete.h"
#include "cli/exit.h"
#include "cli/output.h"
#include "cli/show.h"

#include "cgroup/guest_path.h"
#include "reconcile/unit_bus.h"

#include <signal.h>
#include <string.h>
#include <time.h>

#define MIB            (UINT64_C(1) << 20)
#define LOCK_WAIT_MS   5000  /* an agent's pass over one guest takes milliseconds */
#define MOVE_WAIT_MS   30000 /* one write of its memory nodes: a big guest's takes that long */
#define ANSWER_WAIT_MS 10000 /* systemd may be busy with a reload; for all guests together */

/* Those of the signals that would end the program: an ignored one (nohup) stays pending while it is
 * blocked, and must not count. */
static void ending_signals(sigset_t *set)
{
    static const int signals[] = {SIGINT, SIGTERM, SIGHUP};

    sigemptyset(set);
    for (size_t i = 0; i < ARRAY_SIZE(signals); i++) {
        struct sigaction action;

        if (sigaction(signals[i], NULL, &action) == 0 && action.sa_handler != SIG_IGN)
            sigaddset(set, signals[i]);
    }
}

static bool interrupted(void)
{
    sigset_t ending, pending, both;

    ending_signals(&ending);
    sigemptyset(&pending);
    sigpending(&pending);
    return sigandset(&both, &ending, &pending) == 0 && !sigisemptyset(&both);
}

/* A report for a guest of which the pass made none; `error` NULL: it is none of vmpin's. */
static int make_report(const struct facts *facts, const char *error, struct report *ret)
{
    struct report report = {
        .name = strdup(facts->name),
        .error = error ? strdup(error) : NULL,
        .status = error ? GUEST_FAILED : GUEST_UNMANAGED,
    };

    memcpy(report.uuid, facts->uuid, sizeof(report.uuid));
    if (!report.name || (error && !report.error)) {
        report_release(&report);
        return -ENOMEM;
    }
    *ret = report;
    return 0;
}

static void tell_move(const struct facts *facts, const struct cg_value *mems)
{
    cleanup_free char *nodes = NULL;

    if (cg_value_format(mems, &nodes) == 0)
        message("%s: waits while its memory moves to nodes %s", facts->name, nodes);
}

/* The agent hears of changes as they come. Who looks once has to look twice to see that mems have
 * rested (struct report, unrested). */
static int pass_and_rest(struct reconcile_context *context, struct reconcile_request *request,
                         struct report *ret, struct cg_error **err)
{
    const struct timespec rest = {.tv_sec = 2};
    int r = reconcile_guest(context, request, ret, err);

    if (r < 0 || !ret->unrested)
        return r;
    message("%s: waits 2 seconds to see whether its memory nodes change again",
            request->facts->name);
    nanosleep(&rest, NULL);
    request->rested = ret->unrested;
    report_release(ret);
    *ret = (struct report){0};
    return reconcile_guest(context, request, ret, err);
}

static int run_guest(struct session *session, struct reconcile_context *context,
                     const struct policy_set *policies, const struct facts *facts,
                     struct report *ret)
{
    cleanup_error struct cg_error *error = NULL;
    cleanup_with(desired_release) struct desired desired = {0};
    cleanup_binding struct binding binding = {0};
    cleanup_unit_call struct unit_call call = {0};
    struct reconcile_request request = {
        .facts = facts,
        .desired = &desired,
        .despite_hold = policies == NULL,
        .call = &call,
        .ask_systemd = true,
        .binding = &binding,
    };
    int r = policies ? policy_resolve(policies, facts, context->host, &desired) : 0;

    if (r == 0)
        r = pass_and_rest(context, &request, ret, &error);
    if (r == 0)
        return 0;
    if (r == -ENOMEM)
        return r;
    if (r == -EACCES || r == -EPERM)
        session->happened |= HAPPENED_PERMISSION;
    if (r == -ENOENT && desired.policy_count == 0)
        return make_report(facts, NULL, ret);
    return make_report(facts, error ? cg_error_text(error) : strerror(-r), ret);
}

static void judge_changes(struct session *session, const struct report *report)
{
    for (size_t i = 0; i < report->change_count; i++) {
        const struct change *change = &report->changes[i];
        char role[ROLE_NAME_SIZE];

        if (change->state == CHANGE_PLANNED)
            session->happened |= HAPPENED_PENDING;
        if (change->state == CHANGE_FAILED || change->state == CHANGE_UNKNOWN)
            session->happened |= HAPPENED_GUEST;
        /* Who asked systemd and got no answer has not done it; who only looks sees it pending. */
        if (change->state == CHANGE_SETTLING)
            session->happened |= session->writes ? HAPPENED_GUEST : HAPPENED_PENDING;
        /* The one that it was not made for is told, and the table marks it. */
        if (change->state == CHANGE_SKIPPED && !session->options->verbose)
            continue;
        if (change->error)
            message("%s: %s %s: %s", report->name, role_name(change->cell.role, role),
                    cg_attr_name(change->cell.attr), change->error);
    }
}

static void judge(struct session *session, const struct report *report)
{
    if (report->status == GUEST_FAILED)
        session->happened |= HAPPENED_GUEST;
    if (report->status == GUEST_PENDING || report->status == GUEST_DRIFT ||
        report->status == GUEST_SETTLING)
        session->happened |= HAPPENED_PENDING;
    if (report->error)
        message("%s: %s", report->name, report->error);
    if (report->memory_elsewhere >= MIB)
        message("%s: its memory was moved, but %llu MiB of it are on other nodes", report->name,
                (unsigned long long)(report->memory_elsewhere / MIB));
    judge_changes(session, report);
    for (size_t i = 0; i < report->refusals.count; i++) {
        const struct refusal *refusal = &report->refusals.refusals[i];
        char role[ROLE_NAME_SIZE];

        session->happened |= HAPPENED_GUEST;
        message("%s: %s %s: %s%s%s%s", report->name, role_name(refusal->role, role),
                refusal->attribute, refusal->text, refusal->origin ? " [" : "",
                refusal->origin ? refusal->origin->text : "", refusal->origin ? "]" : "");
    }
}

int sweep_run(struct session *session, enum reconcile_mode mode, const struct policy_set *policies,
              struct sweep *sweep)
{
    cleanup_systemd_bus struct systemd *systemd = NULL;
    struct reconcile_context context = {
        .host = session->host,
        .state = &session->state,
        .mode = mode,
        .moves = tell_move,
        .lock_wait_ms = LOCK_WAIT_MS,
        .move_wait_ms = MOVE_WAIT_MS,
        .answer_wait_ms = ANSWER_WAIT_MS,
    };
    sigset_t ending;
    int r = 0;

    if (session->host->systemd && !session->options->root) {
        context.systemd = systemd = systemd_bus_new(NULL);
        if (!systemd)
            return session_out_of_memory(session);
    }
    ending_signals(&ending);
    sweep->masked = sigprocmask(SIG_BLOCK, &ending, &sweep->mask) == 0;
    sweep->reports = calloc(session->guest_count + 1, sizeof(*sweep->reports));
    if (!sweep->reports)
        return session_out_of_memory(session);
    while (r == 0 && sweep->count < session->guest_count && !interrupted()) {
        r = run_guest(session, &context, policies, session->guests[sweep->count],
                      &sweep->reports[sweep->count]);
        if (r == 0)
            judge(session, &sweep->reports[sweep->count++]);
    }
    reconcile_context_release(&context);
    if (r < 0)
        session_out_of_memory(session);
    if (sweep->count < session->guest_count) {
        message("ended early: %zu of %zu guests were not looked at",
                session->guest_count - sweep->count, session->guest_count);
        session->happened |= HAPPENED_GUEST;
    }
    if (mode == RECONCILE_APPLY) /* what could not be done has been told as a failure */
        session->happened &= ~(unsigned)HAPPENED_PENDING;
    return 0;
}

void sweep_release(struct sweep *sweep)
{
    for (size_t i = 0; i < sweep->count; i++)
        report_release(&sweep->reports[i]);
    free(sweep->reports);
    free(sweep->warning);
    fflush(stdout);
    if (sweep->masked)
        sigprocmask(SIG_SETMASK, &sweep->mask, NULL);
    *sweep = (struct sweep){0};
}

/* What to know before the plan is carried out: it hinders nothing. */
static int warn(struct session *session, struct sweep *sweep)
{
    if (compete_look(session, &sweep->warning) < 0)
        return session_out_of_memory(session);
    if (sweep->warning)
        message("%s", sweep->warning);
    return 0;
}

int sweep_command(const struct options *options, enum reconcile_mode mode)
{
    struct session session;
    cleanup_sweep struct sweep sweep = {0};

    if (session_open(options, mode == RECONCILE_APPLY, &session) == 0 &&
        session_load_policies(&session) == 0 && session_open_host(&session) == 0 &&
        session_choose_guests(&session, CHOOSE_RUNNING) == 0 &&
        sweep_run(&session, mode, session.policies, &sweep) == 0 &&
        (mode != RECONCILE_PLAN || warn(&session, &sweep) == 0))
        show_sweep(&session, &sweep, mode);
    return session_end(&session);
}
