/* cgtree's subcommands: a table in main.c, one file each, and what they share. The program knows
 * control groups through cgtree.h alone; libvirt and policies are vmpin's. */
#ifndef CGTREE_COMMAND_H
#define CGTREE_COMMAND_H

#include "base/cleanup.h"
#include "cgroup/cgtree.h"

#include <jansson.h>
#include <sysexits.h>

#define EXIT_FAILED 1 /* beside EX_USAGE, EX_UNAVAILABLE, EX_NOPERM */

struct context {
    const char *root;       /* --root, or NULL */
    const char *controller; /* --controller, or NULL */
    bool json, verbose, names, grouped, vms;
    struct cg_tree *tree; /* closed by main() */
    char **arguments;     /* NULL-terminated */
    int argument_count;
};

/* Options beside the common ones that a command may take. */
enum command_takes { TAKES_GROUPED = 1, TAKES_VMS = 2, TAKES_CONTROLLER = 4, TAKES_NAMES = 8 };

struct command {
    const char *name;
    const char *arguments; /* as --help shows them */
    int arguments_min, arguments_max;
    unsigned takes; /* enum command_takes */
    const char *summary;
    const char *help;
    int (*run)(struct context *context); /* returns the exit status */
    /* Instead of that, with --names; and its least number of arguments. */
    int (*list_names)(struct context *context);
    int names_min;
};

extern const struct command command_tree, command_get, command_set, command_create, command_delete;

/* "cgtree: TEXT" on stderr, control characters escaped. */
void message(const char *format, ...) printf_like(1, 2);
/* Tells the error and returns the status that it means. */
int fail(const struct cg_error *error);
/* The text escaped, on stdout, with `end` behind it. */
void print_text(const char *text, const char *end);
/* Memory lacks for something that is to be shown: in the end that is told, and no success. */
void lack_memory(void);
bool memory_lacks(void);
/* Takes the document over; NULL is memory that lacks. Returns `status`. */
int print_json(json_t *document, int status);
json_t *json_text(const char *text); /* escaped; null for NULL */

/* value_json.c: the value as cgtree(1) says. NULL when out of memory. */
json_t *value_json(const struct cg_value *value);

/* Opens a tree into context->tree (closing the one that is there) and tells what is wrong: 0 or
 * the exit status. */
int open_tree(struct context *context, unsigned flags, const char *controller);
/* NODE of the command line: a path in the grouped tree, or a guest's name and role. Opens the tree
 * for it. */
int find_node(struct context *context, const char *name, struct cg_node **ret);

/* ATTRIBUTE of the command line. The name of the other version of control groups is as good, where
 * a value by that name is the same; a value of cpu.weight is none of cpu.shares. 0 or the exit
 * status, told. */
int find_attr(const struct context *context, const char *name, const struct cg_attr **ret);

/* names.c: what a shell completes. */
int list_nodes(struct context *context);
int list_readable(struct context *context);
int list_writable(struct context *context);

/* The first of those between commas, which stands for their hierarchy; free(). NULL when out of
 * memory. */
char *first_controller(const char *controllers);

/* "vm", "vcpu3"; NULL for CG_ROLE_NONE. */
#define ROLE_TEXT_SIZE 24
const char *role_text(struct cg_role role, char into[ROLE_TEXT_SIZE]);

#endif
