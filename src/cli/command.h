/* The subcommands: each is one file that holds its row of the table. */
#ifndef CLI_COMMAND_H
#define CLI_COMMAND_H

#include "cli/options.h"

extern const struct command command_agent, command_reconcile, command_plan, command_status,
    command_explain, command_hold, command_release, command_revert, command_check;

#endif
