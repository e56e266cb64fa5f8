/* cgtree get: attributes of a node. */
#include "cgtree/command.h"

#include "base/error.h"

#include <limits.h>
#include <string.h>

/* "NAME VALUE", each line of the value with the name in front. */
static void print_named(const char *name, const char *text)
{
    do {
        size_t length = strcspn(text, "\n");
        cleanup_free char *line = strndup(text, length);

        printf("%s%s", name, length ? " " : "");
        if (!line)
            lack_memory();
        print_text(line ? line : "", "\n");
        text += length + (text[length] == '\n');
    } while (*text);
}

struct output {
    const char *controller; /* --controller, or NULL */
    bool json, verbose, alone;
    json_t *values;
};

static const char *controller_of(const struct output *output, const struct cg_attr *attr)
{
    return output->controller ? output->controller : cg_attr_controller(attr);
}

static int show_value(struct output *output, const struct cg_node *node,
                      const struct cg_value *value)
{
    const struct cg_attr *attr = cg_value_attr(value);
    cleanup_free char *text = NULL, *directory = NULL;

    if (output->json)
        return json_object_set_new(output->values, cg_attr_name(attr), value_json(value));
    if (cg_value_format(value, &text) < 0)
        return -ENOMEM;
    if (output->verbose && cg_node_full_path(node, controller_of(output, attr), &directory) == 0)
        for (unsigned i = 0; cg_attr_file(attr, i); i++)
            message("%s/%s", directory, cg_attr_file(attr, i));
    if (output->alone)
        print_text(text, "\n");
    else
        print_named(cg_attr_name(attr), text);
    return 0;
}

static int get_one(struct output *output, const struct cg_node *node, const struct cg_attr *attr,
                   struct cg_error **err)
{
    struct cg_value *value = NULL;
    int r = cg_read_in(node, controller_of(output, attr), attr, &value, err);

    if (r == 0 && show_value(output, node, value) < 0) {
        message("out of memory");
        r = -ENOMEM;
    }
    cg_value_unref(value);
    return r;
}

/* A kernel or a node does not have every file: what is not there is not shown. */
static bool is_absent(int r)
{
    return r == -ENOENT || r == -EOPNOTSUPP;
}

static int get_all(struct context *context, struct output *output, const struct cg_node *node)
{
    const struct cg_attr *attr = NULL;
    int status = 0;

    while ((attr = cg_attr_next(context->tree, NULL, attr))) {
        cleanup_error struct cg_error *error = NULL;
        int r = cg_attr_flags(attr) & CG_ATTR_WRITE_ONLY ? 0 : get_one(output, node, attr, &error);

        if (r < 0 && !is_absent(r) && error) {
            int told = fail(error);

            status = told > status ? told : status;
        } else if (r == -ENOMEM) {
            status = EXIT_FAILED;
        }
    }
    return status;
}

static int get_named(struct context *context, struct output *output, const struct cg_node *node)
{
    output->alone = context->argument_count == 2;
    for (int i = 1; i < context->argument_count; i++) {
        cleanup_error struct cg_error *error = NULL;
        const struct cg_attr *attr = NULL;
        int status = find_attr(context, context->arguments[i], &attr);

        if (status)
            return status;
        if (get_one(output, node, attr, &error) < 0)
            return error ? fail(error) : EXIT_FAILED;
    }
    return 0;
}

static int run_get(struct context *context)
{
    struct output output = {
        .controller = context->controller, .json = context->json, .verbose = context->verbose};
    cleanup_free char *path = NULL;
    struct cg_node *node = NULL;
    int status = find_node(context, context->arguments[0], &node);

    if (status)
        return status;
    output.values = json_object();
    status = context->argument_count > 1 ? get_named(context, &output, node)
                                         : get_all(context, &output, node);
    if (context->json && cg_node_path(node, &path) < 0)
        lack_memory();
    if (!context->json || !path) {
        json_decref(output.values);
        return status;
    }
    return print_json(json_pack("{so, so}", "node", json_text(path), "values", output.values),
                      status);
}

const struct command command_get = {
    .name = "get",
    .arguments = "NODE [ATTRIBUTE...]",
    .arguments_min = 1,
    .arguments_max = INT_MAX,
    .summary = "read attributes of a node",
    .help = "Prints the value of one ATTRIBUTE alone, of several, or of all that the node has\n"
            "(without ATTRIBUTE), as lines of NAME and VALUE. An attribute goes by its v1 or v2\n"
            "name on every host, where the value is the same by both (memory.max, but not\n"
            "cpu.weight on v1). Of v1's files that every hierarchy has (cgroup.procs, tasks) the\n"
            "first one's is read, or the one's of --controller. -v tells which files are read.",
    .takes = TAKES_CONTROLLER | TAKES_NAMES,
    .run = run_get,
    .list_names = list_readable,
    .names_min = 1,
};
