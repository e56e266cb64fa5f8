/* cgtree get: attributes of a node. */
#include "cgtree/command.h"

#include "base/error.h"

#include <limits.h>
#include <string.h>

static json_t *number_json(uint64_t number)
{
    if (number == CG_NO_LIMIT)
        return json_string("max");
    return number > INT64_MAX ? json_real((double)number) : json_integer((json_int_t)number);
}

/* Lists become arrays; tables objects, nested ones objects of objects. v1's numa_stat begins its
 * lines with KEY=VALUE: that number has the empty name. */
static json_t *rows_json(const struct cg_value *value)
{
    enum cg_kind kind = cg_attr_kind(cg_value_attr(value));
    json_t *top = kind == CG_LIST ? json_array() : json_object();

    for (size_t i = 0; i < cg_value_rows(value); i++) {
        const char *key = NULL, *sub = NULL;
        uint64_t number = 0;
        json_t *inner;

        cg_value_row(value, i, &key, &sub, &number);
        if (kind == CG_LIST) {
            json_array_append_new(top, number_json(number));
            continue;
        }
        if (kind == CG_TABLE) {
            json_object_set_new(top, key, number_json(number));
            continue;
        }
        inner = json_object_get(top, key);
        if (!inner) {
            inner = json_object();
            json_object_set_new(top, key, inner);
        }
        json_object_set_new(inner, sub ? sub : "", number_json(number));
    }
    return top;
}

static json_t *text_json(const struct cg_value *value)
{
    cleanup_free char *text = NULL;

    return cg_value_format(value, &text) < 0 ? NULL : json_text(text);
}

static json_t *value_json(const struct cg_value *value)
{
    struct cg_quota quota;
    uint64_t number;
    int64_t integer;

    if (cg_value_uint(value, &number) == 0)
        return number_json(number);
    if (cg_value_int(value, &integer) == 0)
        return json_integer(integer);
    if (cg_value_quota(value, &quota) == 0)
        return json_pack("{so, so}", "quota_us", number_json(quota.quota_us), "period_us",
                         number_json(quota.period_us));
    switch (cg_attr_kind(cg_value_attr(value))) {
    case CG_TABLE:
    case CG_NESTED:
    case CG_LIST:
        return rows_json(value);
    default:
        return text_json(value);
    }
}

/* "NAME VALUE", each line of the value with the name in front. */
static void print_named(const char *name, const char *text)
{
    do {
        size_t length = strcspn(text, "\n");
        cleanup_free char *line = strndup(text, length);

        printf("%s%s", name, length ? " " : "");
        print_text(line ? line : "", "\n");
        text += length + (text[length] == '\n');
    } while (*text);
}

struct output {
    bool json, verbose, alone;
    json_t *values;
};

static int show_value(struct output *output, const struct cg_node *node,
                      const struct cg_value *value)
{
    const struct cg_attr *attr = cg_value_attr(value);
    cleanup_free char *text = NULL, *directory = NULL;

    if (output->json)
        return json_object_set_new(output->values, cg_attr_name(attr), value_json(value));
    if (cg_value_format(value, &text) < 0)
        return -ENOMEM;
    if (output->verbose && cg_node_full_path(node, cg_attr_controller(attr), &directory) == 0)
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
    int r = cg_read(node, attr, &value, err);

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
        int r = cg_attr_find(context->tree, context->arguments[i], &attr, &error);

        if (r == -ENOENT) {
            fail(error);
            return EX_USAGE;
        }
        if (r == 0)
            r = get_one(output, node, attr, &error);
        if (r < 0)
            return error ? fail(error) : EXIT_FAILED;
    }
    return 0;
}

static int run_get(struct context *context)
{
    struct output output = {.json = context->json, .verbose = context->verbose};
    cleanup_free char *path = NULL;
    struct cg_node *node = NULL;
    int status = find_node(context, context->arguments[0], &node);

    if (status)
        return status;
    output.values = json_object();
    status = context->argument_count > 1 ? get_named(context, &output, node)
                                         : get_all(context, &output, node);
    if (!context->json || cg_node_path(node, &path) < 0) {
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
            "name on every host (cpu.shares, cpu.weight); the value is the host's own. -v tells\n"
            "which files are read.",
    .run = run_get,
    .list_names = list_readable,
    .names_min = 1,
};
