/* `vmpin agent`: hands the options on to the agent, which does the rest. */
#include "agent/agent.h"
#include "cli/command.h"

static int run(const struct options *options)
{
    const struct agent_options agent = {
        .uri = options->uri,
        .record = options->guests,
        .root = options->root,
        .state = options->state_dir,
        .metrics = options->metrics,
        .folders = (const char *const *)options->folders,
        .observe = options->observe,
        .trace_writers = options->trace_writers,
        .verbose = options->verbose,
    };

    return agent_run(&agent);
}

const struct command command_agent = {
    .name = "agent",
    .arguments = "",
    .takes = TAKES_OBSERVE | TAKES_METRICS | TAKES_TRACE,
    .summary = "Run the host service",
    .help =
        "Keeps every guest as the policies ask until SIGTERM: when a guest starts, when its facts\n"
        "or a policy file change, and when something else changes a value. SIGHUP reads the\n"
        "policies again. With --observe it does everything but write, and logs what it would do.",
    .run = run,
};
