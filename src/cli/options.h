/* The command line: one grammar for every subcommand, options before or behind it. Nothing here
 * looks at the host; what an option means is the subcommands' business. */
#ifndef CLI_OPTIONS_H
#define CLI_OPTIONS_H

#include "base/cleanup.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct options;

/* Options beside the common ones that a subcommand may take. */
enum command_takes {
    TAKES_DRY_RUN = 1,
    TAKES_ALL = 2,
    TAKES_FOR = 4,
    TAKES_OBSERVE = 8,
    TAKES_HOST = 16,
    TAKES_METRICS = 32,
    TAKES_WATCH = 64,
    TAKES_TRACE = 128,
    TAKES_JSON = 256,
};

struct command {
    const char *name;
    const char *arguments;                     /* as --help shows them: "[GUEST...]"; or "" */
    size_t arguments_min, arguments_max;       /* the maximum SIZE_MAX: any number */
    unsigned takes;                            /* enum command_takes */
    const char *summary;                       /* one line */
    const char *help;                          /* what --help says below that; NULL: nothing */
    int (*run)(const struct options *options); /* returns the exit status */
};

struct options {
    const struct command *command; /* NULL: none was named (help, version) */
    const char *uri;               /* NULL: libvirt's own default */
    const char **folders;          /* -p, NULL-terminated; NULL: the default folders */
    const char *root;              /* NULL: "/" */
    const char *guests;            /* a recorded host's file; NULL: ask libvirt */
    const char *state_dir;
    const char *metrics; /* NULL: none */
    bool json, verbose, help, version;
    bool dry_run, all, observe, host, watch, trace_writers;
    int64_t duration;       /* --for, in seconds; 0: without end */
    const char **arguments; /* NULL-terminated */
    size_t argument_count;
    char *state_dir_owned; /* where state_dir was put together here */
};

/* `commands` is NULL-terminated. Strings are borrowed from argv. What is wrong is told on stderr:
 * EX_USAGE; -ENOMEM; else 0. */
int options_parse(int argc, char **argv, const struct command *const *commands,
                  struct options *ret) must_check;
void options_release(struct options *options);
#define cleanup_options cleanup_with(options_release)

/* "90", "90s", "10m", "2h", "1d" in seconds. -EINVAL: not a time; -ERANGE: 0 or beyond 10000 days.
 */
int duration_parse(const char *text, int64_t *ret) must_check;

/* The text of `vmpin --help` and of `vmpin COMMAND --help` on stdout. */
void options_help(const struct command *const *commands);
void command_help(const struct command *command);

#endif
