/* vmpin, the program: a table of subcommands. All of its work is done below. */
#include "cli/command.h"
#include "cli/exit.h"
#include "cli/output.h"

#include <errno.h>
#include <locale.h>
#include <stdio.h>
#include <string.h>

static const struct command *const commands[] = {
    &command_agent, &command_reconcile, &command_plan,   &command_status, &command_explain,
    &command_hold,  &command_release,   &command_revert, &command_check,  NULL,
};

/* A full disk behind a redirected stdout must not look like success. */
static int finish(int status)
{
    if (fflush(stdout) == 0 && !ferror(stdout))
        return status;
    message("cannot write to stdout: %s", strerror(errno));
    return status && status != EXIT_PENDING ? status : EXIT_GUEST;
}

int main(int argc, char **argv)
{
    cleanup_options struct options options = {0};
    int r;

    setlocale(LC_CTYPE, "");
    if (argc < 1)
        return EX_USAGE;
    r = options_parse(argc, argv, commands, &options);
    if (r < 0) {
        message("out of memory");
        return EXIT_GUEST;
    }
    if (r > 0)
        return r;
    if (options.version) {
        puts("vmpin " PKGVERSION);
        return finish(0);
    }
    if (options.help) {
        if (options.command)
            command_help(options.command);
        else
            options_help(commands);
        return finish(0);
    }
    return finish(options.command->run(&options));
}
