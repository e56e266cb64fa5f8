/* cgtree, the program: control groups shown, read and written, without libvirt and policies. */
#include "cgtree/command.h"

#include <getopt.h>
#include <locale.h>
#include <string.h>

static const struct command *const commands[] = {&command_tree, &command_get, &command_set,
                                                 &command_create, &command_delete};

enum {
    OPTION_JSON = 256,
    OPTION_VERSION,
    OPTION_ROOT,
    OPTION_CONTROLLER,
    OPTION_GROUPED,
    OPTION_NAMES,
    OPTION_VMS
};

static const struct {
    struct option option;
    const char *argument;
    const char *text;
    unsigned takes; /* 0: common to all commands */
} rows[] = {
    {{"grouped", no_argument, NULL, OPTION_GROUPED},
     NULL,
     "one node for the same place in every hierarchy",
     TAKES_GROUPED},
    {{"vms", no_argument, NULL, OPTION_VMS}, NULL, "libvirt's guests and their nodes", TAKES_VMS},
    {{"controller", required_argument, NULL, OPTION_CONTROLLER},
     "NAME",
     "this controller's hierarchy alone",
     TAKES_CONTROLLER},
    {{"names", no_argument, NULL, OPTION_NAMES},
     NULL,
     "print names alone, one a line (tree, get, set)",
     TAKES_NAMES},
    {{"json", no_argument, NULL, OPTION_JSON}, NULL, "print JSON", 0},
    {{"verbose", no_argument, NULL, 'v'}, NULL, "tell more", 0},
    {{"root", required_argument, NULL, OPTION_ROOT}, "DIR", "look for /proc and /sys below DIR", 0},
    {{"help", no_argument, NULL, 'h'}, NULL, "print this help", 0},
    {{"version", no_argument, NULL, OPTION_VERSION}, NULL, "print the version", 0},
};

static void print_options(unsigned takes)
{
    puts("\nOptions:");
    for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
        char left[40], letter[8] = "   ";

        if (rows[i].takes & ~takes)
            continue;
        if (rows[i].option.val < OPTION_JSON)
            snprintf(letter, sizeof(letter), "-%c,", rows[i].option.val);
        snprintf(left, sizeof(left), "%s --%s %s", letter, rows[i].option.name,
                 rows[i].argument ? rows[i].argument : "");
        printf("  %-26s%s\n", left, rows[i].text);
    }
}

static void print_help(const struct command *command)
{
    if (command) {
        printf("Usage: cgtree %s [OPTION...] %s\n\n%s\n", command->name, command->arguments,
               command->help);
        print_options(command->takes);
        return;
    }
    puts("Usage: cgtree COMMAND [OPTION...] [ARGUMENT...]\n\n"
         "Show, read and write Linux control groups (v1, v2 and both).\n\nCommands:");
    for (size_t i = 0; i < ARRAY_SIZE(commands); i++)
        printf("  %-10s%s\n", commands[i]->name, commands[i]->summary);
    print_options(~0u);
    puts("\nNODE is a path (/machine/x) or a guest and its node (web1, web1/vcpu0).\n"
         "See cgtree(1), and cgtree COMMAND --help.");
}

static const struct command *find_command(const char *name)
{
    for (size_t i = 0; i < ARRAY_SIZE(commands); i++)
        if (strcmp(commands[i]->name, name) == 0)
            return commands[i];
    return NULL;
}

/* What the options ask for beside what the commands know of. */
struct asked {
    bool help, version;
    unsigned takes; /* of all options that were given */
};

static int take_option(struct context *context, int code, struct asked *asked)
{
    switch (code) {
    case OPTION_GROUPED:
        context->grouped = true;
        return 0;
    case OPTION_VMS:
        context->vms = true;
        return 0;
    case OPTION_CONTROLLER:
        context->controller = optarg;
        return 0;
    case OPTION_NAMES:
        context->names = true;
        return 0;
    case OPTION_JSON:
        context->json = true;
        return 0;
    case 'v':
        context->verbose = true;
        return 0;
    case OPTION_ROOT:
        context->root = optarg;
        return 0;
    case 'h':
        asked->help = true;
        return 0;
    case OPTION_VERSION:
        asked->version = true;
        return 0;
    default:
        return EX_USAGE; /* getopt has said why */
    }
}

/* Options may stand anywhere, also with POSIXLY_CORRECT: getopt gives arguments as code 1. */
static int take_options(struct context *context, int argc, char **argv, struct asked *asked)
{
    struct option options[ARRAY_SIZE(rows) + 1] = {0};
    int code, status = 0;

    for (size_t i = 0; i < ARRAY_SIZE(rows); i++)
        options[i] = rows[i].option;
    while (status == 0 && (code = getopt_long(argc, argv, "-hv", options, NULL)) != -1) {
        if (code == 1)
            context->arguments[context->argument_count++] = optarg;
        else
            status = take_option(context, code, asked);
        for (size_t i = 0; i < ARRAY_SIZE(rows); i++)
            if (rows[i].option.val == code)
                asked->takes |= rows[i].takes;
    }
    while (status == 0 && optind < argc)
        context->arguments[context->argument_count++] = argv[optind++];
    return status;
}

static int check_usage(const struct context *context, const struct command *command, unsigned takes)
{
    for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
        if (rows[i].takes & takes & ~command->takes) {
            message("%s takes no --%s", command->name, rows[i].option.name);
            return EX_USAGE;
        }
    }
    if (context->grouped + context->vms + (context->controller != NULL) > 1) {
        message("--grouped, --vms and --controller exclude each other");
        return EX_USAGE;
    }
    if (context->names && context->json) {
        message("--names and --json exclude each other");
        return EX_USAGE;
    }
    if (context->argument_count >= (context->names ? command->names_min : command->arguments_min) &&
        context->argument_count <= (context->names ? 1 : command->arguments_max))
        return 0;
    message("usage: cgtree %s %s", command->name, command->arguments);
    return EX_USAGE;
}

static int run(struct context *context, const struct asked *asked)
{
    const struct command *command = NULL;
    int status;

    if (asked->version) {
        puts("cgtree " PKGVERSION);
        return 0;
    }
    if (context->argument_count > 0) {
        command = find_command(context->arguments[0]);
        if (!command) {
            message("%s: there is no such command (see: cgtree --help)", context->arguments[0]);
            return EX_USAGE;
        }
        context->arguments++;
        context->argument_count--;
    }
    if (asked->help) {
        print_help(command);
        return 0;
    }
    if (!command) {
        message("a command is missing (see: cgtree --help)");
        return EX_USAGE;
    }
    status = check_usage(context, command, asked->takes);
    if (status)
        return status;
    return context->names ? command->list_names(context) : command->run(context);
}

/* jansson answers a lack of memory in places where nobody asks. */
static void *allocate_json(size_t size)
{
    void *memory = malloc(size);

    if (!memory)
        lack_memory();
    return memory;
}

int main(int argc, char **argv)
{
    cleanup_free char **arguments = calloc((size_t)argc + 1, sizeof(char *));
    struct context context = {.arguments = arguments};
    struct asked asked = {0};
    int status;

    setlocale(LC_CTYPE, "");
    json_set_alloc_funcs(allocate_json, free);
    if (!arguments) {
        message("out of memory");
        return EXIT_FAILED;
    }
    status = take_options(&context, argc, argv, &asked);
    if (status == 0)
        status = run(&context, &asked);
    cg_tree_close(context.tree);
    if (memory_lacks()) {
        message("out of memory");
        status = EXIT_FAILED;
    }
    /* A full disk behind a redirected stdout must not look like success. */
    if (fflush(stdout) != 0 || ferror(stdout)) {
        message("cannot write to stdout: %s", strerror(errno));
        return status ? status : EXIT_FAILED;
    }
    return status;
}
