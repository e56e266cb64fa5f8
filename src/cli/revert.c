/* `vmpin revert`: a pass in which nothing is desired, so that everything returns to its baseline.
 * It reads no policies: it must work when they are what is wrong. */
#include "cli/command.h"
#include "cli/exit.h"
#include "cli/output.h"
#include "cli/show.h"

/* A running agent would set again what is put back here. */
static int hold_guests(struct session *session)
{
    for (size_t i = 0; i < session->guest_count; i++) {
        cleanup_error struct cg_error *error = NULL;
        const struct facts *facts = session->guests[i];
        int r = state_dir_hold(&session->state, facts->uuid, 0, &error);

        if (r < 0)
            return session_fail(session, HAPPENED_GUEST, error);
        if (!session->options->json)
            print_line("%s: held, so that the running agent does not set it again; "
                       "'vmpin release' ends that",
                       facts->name);
    }
    return 0;
}

static int run(const struct options *options)
{
    enum reconcile_mode mode = options->dry_run ? RECONCILE_PLAN : RECONCILE_APPLY;
    struct session session;
    cleanup_sweep struct sweep sweep = {0};

    if (session_open(options, !options->dry_run, &session) == 0 &&
        session_open_host(&session) == 0 && session_choose_guests(&session, CHOOSE_RUNNING) == 0 &&
        (options->dry_run || !session.agent_runs || hold_guests(&session) == 0) &&
        sweep_run(&session, mode, NULL, &sweep) == 0)
        show_sweep(&session, &sweep, mode);
    return session_end(&session);
}

const struct command command_revert = {
    .name = "revert",
    .arguments = "[GUEST...]",
    .arguments_max = SIZE_MAX,
    .takes = TAKES_DRY_RUN | TAKES_JSON,
    .summary = "Put guests back to how they were before vmpin",
    .help =
        "Everything that vmpin set returns to its baseline, the last value that vmpin did not\n"
        "write. Without GUEST all running guests are put back. Beside a running agent they are\n"
        "held, until 'vmpin release'; without one, the next reconcile sets them again.",
    .run = run,
};
