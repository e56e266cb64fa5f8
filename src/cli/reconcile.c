/* `vmpin reconcile`: one pass with its writes, for hosts without an agent and for a quick look. */
#include "cli/command.h"
#include "cli/sweep.h"

static int run(const struct options *options)
{
    return sweep_command(options, options->dry_run ? RECONCILE_PLAN : RECONCILE_APPLY);
}

const struct command command_reconcile = {
    .name = "reconcile",
    .arguments = "[GUEST...]",
    .arguments_max = SIZE_MAX,
    .takes = TAKES_DRY_RUN | TAKES_JSON,
    .summary = "Make guests as the policies ask, once",
    .help =
        "Without GUEST all running guests are looked at. A policy file that is wrong stops the\n"
        "run before anything is written.",
    .run = run,
};
