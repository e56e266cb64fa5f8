/* `vmpin plan`: the pass of `reconcile` without its last step. */
#include "cli/command.h"
#include "cli/sweep.h"

static int run(const struct options *options)
{
    return sweep_command(options, RECONCILE_PLAN);
}

const struct command command_plan = {
    .name = "plan",
    .arguments = "[GUEST...]",
    .arguments_max = SIZE_MAX,
    .takes = TAKES_JSON,
    .summary = "Show every change that reconcile would make",
    .help =
        "Each change is shown with the old and the new value, the way it would be made and the\n"
        "policy that asks for it. Nothing is written, and no privilege is needed. Beside a\n"
        "running agent the policies in force there are used, unless -p names others.\n"
        "The exit status is 2 when there are changes to make.",
    .run = run,
};
