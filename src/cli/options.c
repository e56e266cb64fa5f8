/* One table of options is getopt_long()'s input, the text of --help, and the rule of which
 * subcommand takes which option. */
#include "cli/options.h"

#include "cli/output.h"
#include "reconcile/state_dir.h"

#include <getopt.h>
#include <string.h>
#include <sysexits.h>

enum {
    OPTION_ROOT = 256,
    OPTION_GUESTS,
    OPTION_STATE_DIR,
    OPTION_ALL,
    OPTION_FOR,
    OPTION_OBSERVE,
    OPTION_HOST,
    OPTION_METRICS,
    OPTION_WATCH,
    OPTION_TRACE,
    OPTION_JSON,
    OPTION_VERSION
};

struct option_row {
    const char *name;
    int code; /* the short option's letter, or one of the above */
    const char *argument;
    unsigned takes; /* 0: common to all subcommands */
    const char *text;
};

static const struct option_row rows[] = {
    {"dry-run", 'n', NULL, TAKES_DRY_RUN, "show what would be done, and write nothing"},
    {"all", OPTION_ALL, NULL, TAKES_ALL, "all guests, also those that start later"},
    {"for", OPTION_FOR, "TIME", TAKES_FOR, "end by itself after 90, 90s, 10m, 2h or 1d"},
    {"observe", OPTION_OBSERVE, NULL, TAKES_OBSERVE, "do everything but write"},
    {"host", OPTION_HOST, NULL, TAKES_HOST, "check also what this host can have"},
    {"metrics", OPTION_METRICS, "FILE", TAKES_METRICS, "write metrics for Prometheus to FILE"},
    {"trace-writers", OPTION_TRACE, NULL, TAKES_TRACE, "log who else wrote to a value"},
    {"watch", OPTION_WATCH, NULL, TAKES_WATCH, "show it again when something changes"},
    {"connect", 'c', "URI", 0, "the hypervisor, as virsh names it"},
    {"policies", 'p', "DIR", 0,
     "read policies from DIR, not from the default folders;"
     " may be repeated"},
    {"json", OPTION_JSON, NULL, TAKES_JSON, "print JSON"},
    {"verbose", 'v', NULL, 0, "tell more"},
    {"root", OPTION_ROOT, "DIR", 0, "look for /proc, /sys and /run/libvirt below DIR"},
    {"guests", OPTION_GUESTS, "FILE", 0, "take the guests from a recorded host, not from libvirt"},
    {"state-dir", OPTION_STATE_DIR, "DIR", 0, "what vmpin remembers (" STATE_DIR_DEFAULT ")"},
    {"help", 'h', NULL, 0, "print this help"},
    {"version", OPTION_VERSION, NULL, 0, "print the version"},
};

/* '-': arguments come in their place, so that POSIXLY_CORRECT does not change the grammar. */
static const char short_options[] = "-nc:p:vh";

int duration_parse(const char *text, int64_t *ret)
{
    static const int64_t limit = INT64_C(10000) * 86400;
    static const struct {
        char unit;
        int64_t seconds;
    } units[] = {{'\0', 1}, {'s', 1}, {'m', 60}, {'h', 3600}, {'d', 86400}};
    int64_t number = 0;
    const char *at = text;

    for (; *at >= '0' && *at <= '9'; at++) {
        if (number <= limit)
            number = number * 10 + (*at - '0');
    }
    if (at == text || (*at != '\0' && at[1] != '\0'))
        return -EINVAL;
    for (size_t i = 0; i < ARRAY_SIZE(units); i++) {
        if (units[i].unit != *at)
            continue;
        if (number == 0 || number > limit / units[i].seconds)
            return -ERANGE;
        *ret = number * units[i].seconds;
        return 0;
    }
    return -EINVAL;
}

static const struct command *find_command(const struct command *const *commands, const char *name)
{
    while (*commands && strcmp((*commands)->name, name) != 0)
        commands++;
    return *commands;
}

static void set_text(struct options *options, int code, const char *text)
{
    switch (code) {
    case 'c':
        options->uri = text;
        return;
    case OPTION_ROOT:
        options->root = text;
        return;
    case OPTION_GUESTS:
        options->guests = text;
        return;
    case OPTION_METRICS:
        options->metrics = text;
        return;
    default:
        options->state_dir = text;
    }
}

static bool *flag_of(struct options *options, int code)
{
    switch (code) {
    case 'n':
        return &options->dry_run;
    case 'v':
        return &options->verbose;
    case 'h':
        return &options->help;
    case OPTION_VERSION:
        return &options->version;
    case OPTION_JSON:
        return &options->json;
    case OPTION_ALL:
        return &options->all;
    case OPTION_OBSERVE:
        return &options->observe;
    case OPTION_TRACE:
        return &options->trace_writers;
    case OPTION_HOST:
        return &options->host;
    case OPTION_WATCH:
        return &options->watch;
    default:
        return NULL;
    }
}

static size_t list_length(const char *const *list)
{
    size_t n = 0;

    while (list[n])
        n++;
    return n;
}

/* Takes note of one option. `folders` and `arguments` have room for all of argv. */
static int take(struct options *options, int code, const char *text)
{
    bool *flag = flag_of(options, code);

    if (flag) {
        *flag = true;
        return 0;
    }
    if (code == 1) {
        options->arguments[options->argument_count++] = text;
        return 0;
    }
    if (*text == '\0') {
        message("an option's value is empty");
        return EX_USAGE;
    }
    if (code == 'p') {
        options->folders[list_length(options->folders)] = text;
        return 0;
    }
    if (code == OPTION_FOR) {
        if (duration_parse(text, &options->duration) < 0) {
            message("--for %s: not a time; write a number and s, m, h or d, as in 90s, 10m, 2h, "
                    "1d (at most 10000d)",
                    text);
            return EX_USAGE;
        }
        return 0;
    }
    set_text(options, code, text);
    return 0;
}

static int step_through(int argc, char **argv, struct options *options, unsigned *ret_takes)
{
    struct option table[ARRAY_SIZE(rows) + 1] = {0};
    int index = -1, code, r;

    for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
        table[i].name = rows[i].name;
        table[i].has_arg = rows[i].argument ? required_argument : no_argument;
        table[i].val = rows[i].code;
    }
    optind = 0;
    while ((code = getopt_long(argc, argv, short_options, table, &index)) != -1) {
        if (code == '?') {
            fputs("Try 'vmpin --help'.\n", stderr);
            return EX_USAGE;
        }
        r = take(options, code, optarg);
        if (r)
            return r;
        for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
            if (rows[i].code == code)
                *ret_takes |= rows[i].takes;
        }
    }
    for (; optind < argc; optind++)
        options->arguments[options->argument_count++] = argv[optind];
    return 0;
}

/* The first argument names the subcommand; "help" in front of it is --help behind it. */
static int choose_command(const struct command *const *commands, struct options *options)
{
    while (options->argument_count > 0 && !options->command) {
        const char *name = options->arguments[0];

        options->command = find_command(commands, name);
        if (!options->command && (options->help || strcmp(name, "help") != 0)) {
            message("'%s' is not a vmpin command; see 'vmpin --help'", name);
            return EX_USAGE;
        }
        if (!options->command)
            options->help = true;
        memmove(options->arguments, options->arguments + 1,
                options->argument_count-- * sizeof(*options->arguments));
    }
    if (!options->command && !options->help && !options->version) {
        fputs("Usage: vmpin COMMAND [OPTION]... [GUEST...]\n"
              "Try 'vmpin --help' for the commands, 'man vmpin' for more.\n",
              stderr);
        return EX_USAGE;
    }
    return 0;
}

/* Between the options and the arguments, where there are any. */
static const char *blank(const struct command *command)
{
    return *command->arguments ? " " : "";
}

static int check_fit(const struct options *options, unsigned takes)
{
    const struct command *command = options->command;

    if (!command || options->help || options->version)
        return 0;
    for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
        if (rows[i].takes & takes & ~command->takes) {
            message("'%s' does not take --%s; see 'vmpin %s --help'", command->name, rows[i].name,
                    command->name);
            return EX_USAGE;
        }
    }
    if (options->argument_count < command->arguments_min ||
        options->argument_count > command->arguments_max) {
        message("usage: vmpin %s [OPTION]...%s%s", command->name, blank(command),
                command->arguments);
        return EX_USAGE;
    }
    return 0;
}

static int set_defaults(struct options *options)
{
    /* What is remembered of the guests below another root must not mix with this host's. */
    if (!options->state_dir && options->root) {
        if (asprintf(&options->state_dir_owned, "%s%s", options->root, STATE_DIR_DEFAULT) < 0) {
            options->state_dir_owned = NULL;
            return -ENOMEM;
        }
        options->state_dir = options->state_dir_owned;
    }
    if (!options->state_dir)
        options->state_dir = STATE_DIR_DEFAULT;
    return 0;
}

int options_parse(int argc, char **argv, const struct command *const *commands, struct options *ret)
{
    cleanup_options struct options options = {0};
    cleanup_free char **words = calloc((size_t)argc + 1, sizeof(*words));
    unsigned takes = 0;
    int r;

    options.folders = calloc((size_t)argc + 1, sizeof(*options.folders));
    options.arguments = calloc((size_t)argc + 1, sizeof(*options.arguments));
    if (!words || !options.folders || !options.arguments)
        return -ENOMEM;
    memcpy(words, argv, (size_t)argc * sizeof(*words));
    words[0] = (char *)"vmpin"; /* getopt's messages begin with it */
    r = step_through(argc, words, &options, &takes);
    if (r == 0)
        r = choose_command(commands, &options);
    if (r == 0)
        r = check_fit(&options, takes);
    if (r == 0)
        r = set_defaults(&options);
    if (r)
        return r;
    if (!options.folders[0]) {
        free(options.folders);
        options.folders = NULL;
    }
    *ret = options;
    options = (struct options){0};
    return 0;
}

void options_release(struct options *options)
{
    free(options->folders);
    free(options->arguments);
    free(options->state_dir_owned);
    *options = (struct options){0};
}

static void print_row(const struct option_row *row)
{
    char left[40];
    char letter[4] = "";

    if (row->code < 256)
        snprintf(letter, sizeof(letter), "-%c,", row->code);
    snprintf(left, sizeof(left), "  %-3s --%s%s%s", letter, row->name, row->argument ? "=" : "",
             row->argument ? row->argument : "");
    printf("%-25s %s\n", left, row->text);
}

static void print_rows(unsigned takes)
{
    puts("Options:");
    for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
        if (rows[i].takes == 0 || rows[i].takes & takes)
            print_row(&rows[i]);
    }
}

void options_help(const struct command *const *commands)
{
    puts("Usage: vmpin COMMAND [OPTION]... [GUEST...]\n"
         "Keeps libvirt guests' control groups as JSON policies ask.\n"
         "\n"
         "Commands:");
    for (; *commands; commands++)
        printf("  %-10s %s\n", (*commands)->name, (*commands)->summary);
    puts("  help       the help of a command");
    putchar('\n');
    print_rows(TAKES_JSON);
    puts("\nA guest is given by its id, UUID or name.\n"
         "See vmpin(1) for more, vmpin-policy(5) for how to write a policy.");
}

void command_help(const struct command *command)
{
    printf("Usage: vmpin %s [OPTION]...%s%s\n%s.\n\n", command->name, blank(command),
           command->arguments, command->summary);
    if (command->help)
        printf("%s\n\n", command->help);
    print_rows(command->takes);
}
