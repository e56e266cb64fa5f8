/* cgtree set: writes attributes of a node. All arguments are read before anything is written. */
#include "cgtree/command.h"

#include "base/error.h"

#include <limits.h>
#include <string.h>

struct assignment {
    const struct cg_attr *attr;
    struct cg_value *value;
};

static int parse(const struct context *context, const char *argument, struct assignment *ret)
{
    cleanup_error struct cg_error *error = NULL;
    const char *sign = strchr(argument, '=');
    cleanup_free char *name = sign ? strndup(argument, (size_t)(sign - argument)) : NULL;
    int r, status;

    if (!sign || sign == argument) {
        message("%s: not ATTRIBUTE=VALUE", argument);
        return EX_USAGE;
    }
    if (!name) {
        message("out of memory");
        return EXIT_FAILED;
    }
    status = find_attr(context, name, &ret->attr);
    if (status)
        return status;
    if (cg_attr_flags(ret->attr) & CG_ATTR_READ_ONLY) {
        message("%s can only be read", name);
        return EX_USAGE;
    }
    r = cg_value_parse(ret->attr, sign + 1, &ret->value, &error);
    status = r < 0 ? fail(error) : 0;
    return status && r != -ENOMEM ? EX_USAGE : status;
}

static json_t *assignment_json(const struct assignment *assignment)
{
    cleanup_free char *text = NULL;

    if (cg_value_format(assignment->value, &text) < 0)
        return NULL;
    return json_pack("{ss, so}", "attribute", cg_attr_name(assignment->attr), "value",
                     json_text(text));
}

static void tell(const struct context *context, const struct assignment *assignment)
{
    cleanup_free char *text = NULL;

    if (context->verbose && !context->json && cg_value_format(assignment->value, &text) == 0) {
        printf("%s ", cg_attr_name(assignment->attr));
        print_text(text, "\n");
    }
}

/* What every hierarchy of v1 has is written in each that the node is in: in one alone a process
 * would be half in the group. */
static int write_in_each(const struct cg_node *node, const struct assignment *assignment,
                         struct cg_error **err)
{
    const char *controllers;
    bool written = false;
    int r = 0;

    for (unsigned i = 0; r == 0 && (controllers = cg_node_controllers(node, i)); i++) {
        cleanup_free char *controller = first_controller(controllers);

        if (!controller)
            return -ENOMEM;
        r = cg_write_in(node, controller, assignment->attr, assignment->value, err);
        written = written || r == 0;
        /* A hybrid host's v2 is beside them. */
        if (r == -EOPNOTSUPP) {
            *err = cg_error_free(*err);
            r = 0;
        }
    }
    return r < 0 || written ? r : cg_write(node, assignment->attr, assignment->value, err);
}

static int write_one(const struct context *context, const struct cg_node *node,
                     const struct assignment *assignment, struct cg_error **err)
{
    const char *controller =
        context->controller ? context->controller : cg_attr_controller(assignment->attr);

    if (!controller && cg_attr_kind(assignment->attr) == CG_TASKS)
        return write_in_each(node, assignment, err);
    return cg_write_in(node, controller, assignment->attr, assignment->value, err);
}

/* In the order of the arguments; what fails is the last. */
static int write_all(const struct context *context, const struct cg_node *node,
                     const struct assignment *assignments, json_t *written)
{
    for (int i = 0; i < context->argument_count - 1; i++) {
        cleanup_error struct cg_error *error = NULL;

        if (write_one(context, node, &assignments[i], &error) < 0)
            return fail(error);
        tell(context, &assignments[i]);
        json_array_append_new(written, assignment_json(&assignments[i]));
    }
    return 0;
}

static int write_and_tell(const struct context *context, const struct cg_node *node,
                          const struct assignment *assignments)
{
    json_t *written = json_array();
    cleanup_free char *path = NULL;
    int status = write_all(context, node, assignments, written);

    if (!context->json || cg_node_path(node, &path) < 0) {
        json_decref(written);
        return status;
    }
    return print_json(json_pack("{so, so}", "node", json_text(path), "written", written), status);
}

static int run_set(struct context *context)
{
    size_t count = (size_t)context->argument_count - 1;
    cleanup_free struct assignment *assignments = calloc(count, sizeof(*assignments));
    struct cg_node *node = NULL;
    int status = 0;

    if (!assignments) {
        message("out of memory");
        return EXIT_FAILED;
    }
    status = find_node(context, context->arguments[0], &node);
    for (size_t i = 0; status == 0 && i < count; i++)
        status = parse(context, context->arguments[i + 1], &assignments[i]);
    if (status == 0)
        status = write_and_tell(context, node, assignments);
    for (size_t i = 0; i < count; i++)
        cg_value_unref(assignments[i].value);
    return status;
}

const struct command command_set = {
    .name = "set",
    .arguments = "NODE ATTRIBUTE=VALUE...",
    .arguments_min = 2,
    .arguments_max = INT_MAX,
    .summary = "write attributes of a node",
    .help =
        "Writes each ATTRIBUTE in the order given, after all were found right; the first that\n"
        "the kernel refuses ends it. ATTRIBUTE goes by the names that get takes. VALUE is a\n"
        "number, a list (0-3,8), bytes (1G, max), or \"QUOTA PERIOD\" in microseconds. On v1\n"
        "cgroup.procs and tasks are written in every hierarchy that the node is in, or in that\n"
        "of --controller alone. -v tells what was written.",
    .takes = TAKES_CONTROLLER | TAKES_NAMES,
    .run = run_set,
    .list_names = list_writable,
    .names_min = 1,
};
