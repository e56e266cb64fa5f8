/* `vmpin status`: how each guest stands, and where the kernel really lets its threads run. */
#include "cli/command.h"
#include "cli/sweep.h"
#include "cli/watch.h"

static int show(const struct options *options)
{
    return sweep_command(options, RECONCILE_STATUS);
}

static int run(const struct options *options)
{
    return options->watch ? watch_run(options, show) : show(options);
}

const struct command command_status = {
    .name = "status",
    .arguments = "[GUEST...]",
    .arguments_max = SIZE_MAX,
    .takes = TAKES_WATCH | TAKES_JSON,
    .summary = "Show each guest's state and where its threads may really run",
    .help = "CPUS is what the role's control group grants, RUNS ON what its threads' own affinity\n"
            "leaves of that. With -v every thread has its line. The exit status is 2 when there\n"
            "are changes to make, 1 when a guest failed. --watch shows it again when something\n"
            "changes, until q or Ctrl-C.",
    .run = run,
};
