/* cgtree create and delete: whole nodes. */
#include "cgtree/command.h"

#include "base/error.h"

#include <string.h>

static int tell(const struct context *context, const struct cg_node *node, const char *path)
{
    cleanup_free char *made = NULL;

    if (node && cg_node_path(node, &made) < 0) {
        message("out of memory");
        return EXIT_FAILED;
    }
    path = made ? made : path;
    if (context->json)
        return print_json(json_pack("{so}", "node", json_text(path)), 0);
    if (context->verbose)
        print_text(path, "\n");
    return 0;
}

static int create_below(struct context *context, const char *parent_path, const char *name)
{
    cleanup_error struct cg_error *error = NULL;
    struct cg_node *parent = NULL, *node = NULL;
    int status = find_node(context, parent_path, &parent);

    if (status)
        return status;
    if (cg_node_create(parent, name, &node, &error) < 0)
        return fail(error);
    return tell(context, node, NULL);
}

static int run_create(struct context *context)
{
    const char *path = context->arguments[0];
    size_t length = strlen(path);
    cleanup_free char *parent = NULL;
    char *slash;

    while (length > 1 && path[length - 1] == '/')
        length--;
    parent = strndup(path, length);
    slash = parent ? strrchr(parent, '/') : NULL;
    if (!parent) {
        message("out of memory");
        return EXIT_FAILED;
    }
    if (*parent != '/' || !slash[1]) {
        message("%s: the path of a new control group begins with / and has a name", path);
        return EX_USAGE;
    }
    *slash = '\0';
    return create_below(context, *parent ? parent : "/", slash + 1);
}

static int run_delete(struct context *context)
{
    cleanup_error struct cg_error *error = NULL;
    cleanup_free char *path = NULL;
    struct cg_node *node = NULL;
    int status = find_node(context, context->arguments[0], &node);

    if (status)
        return status;
    if (cg_node_path(node, &path) < 0) {
        message("out of memory");
        return EXIT_FAILED;
    }
    if (cg_node_delete(node, &error) < 0)
        return fail(error);
    return tell(context, NULL, path);
}

const struct command command_create = {
    .name = "create",
    .arguments = "NODE",
    .arguments_min = 1,
    .arguments_max = 1,
    .summary = "make a control group in every hierarchy of its parent",
    .help = "Makes NODE, a path whose parent exists, in every hierarchy that the parent is in, or\n"
            "in none. A new cpuset of v1 gets its parent's CPUs and memory nodes; on v2 the\n"
            "controllers are enabled for children from the root down.",
    .run = run_create,
};

const struct command command_delete = {
    .name = "delete",
    .arguments = "NODE",
    .arguments_min = 1,
    .arguments_max = 1,
    .summary = "remove a control group that has no children and no processes",
    .help = "Removes NODE from every hierarchy that it is in. It must have no children and no\n"
            "processes.",
    .run = run_delete,
};
