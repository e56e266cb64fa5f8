/* cgtree tree: hierarchies, their union, or libvirt's guests. */
#include "cgtree/command.h"

#include "base/escape.h"

#include <libsmartcols.h>
#include <inttypes.h>
#include <string.h>

enum { COLUMN_NODE, COLUMN_ROLE, COLUMN_GUEST, COLUMN_CONTROLLERS, COLUMN_ID };

#define HIERARCHIES_MAX 64

/* What is shown: as a table with branches, or as JSON. */
struct show {
    struct context *context;
    struct libscols_table *table;
    json_t *list;
    bool failed; /* out of memory; told at the end */
};

/* Those of every hierarchy that the node is in, whether they have attributes or not. */
static char *controllers_text(const struct cg_node *node)
{
    char *text = strdup("");
    const char *controllers;

    for (unsigned i = 0; text && (controllers = cg_node_controllers(node, i)); i++) {
        cleanup_free char *before = text;

        if (asprintf(&text, "%s%s%s", before, *before && *controllers ? "," : "", controllers) < 0)
            text = NULL;
    }
    return text;
}

static void set_column(struct show *show, struct libscols_line *line, size_t column,
                       const char *text)
{
    cleanup_free char *safe = text ? text_escape(text) : NULL;

    if (text && (!safe || scols_line_set_data(line, column, safe) < 0))
        show->failed = true;
}

static struct libscols_line *add_line(struct show *show, const struct cg_node *node,
                                      const char *name, struct libscols_line *parent)
{
    struct libscols_line *line = scols_table_new_line(show->table, parent);
    char role[ROLE_TEXT_SIZE], id[24];

    if (!line) {
        show->failed = true;
        return NULL;
    }
    set_column(show, line, COLUMN_NODE, name);
    set_column(show, line, COLUMN_ROLE, role_text(cg_node_role(node), role));
    set_column(show, line, COLUMN_GUEST, cg_node_guest(node));
    if (show->context->verbose) {
        cleanup_free char *controllers = controllers_text(node);

        snprintf(id, sizeof(id), "%" PRIu64, cg_node_id(node, NULL));
        set_column(show, line, COLUMN_CONTROLLERS, controllers);
        set_column(show, line, COLUMN_ID, id);
    }
    return line;
}

static void show_lines(struct show *show, const struct cg_node *node, const char *name,
                       struct libscols_line *parent)
{
    struct libscols_line *line = add_line(show, node, name, parent);

    for (const struct cg_node *child = cg_node_child(node); line && child;
         child = cg_node_sibling(child))
        show_lines(show, child, cg_node_name(child), line);
}

static const char *kind_text(enum cg_node_kind kind)
{
    static const char *const names[] = {[CG_ROOT] = "root",
                                        [CG_CONTROLLER_ROOT] = "controller_root",
                                        [CG_SLICE] = "slice",
                                        [CG_SCOPE] = "scope",
                                        [CG_GROUP] = "group"};

    return names[kind];
}

static json_t *controllers_json(const struct cg_node *node)
{
    cleanup_free char *text = controllers_text(node);
    json_t *list = json_array();
    char *at = text, *controller;

    if (!text)
        lack_memory();
    while ((controller = strsep(&at, ",")))
        if (*controller)
            json_array_append_new(list, json_text(controller));
    return list;
}

/* One node without its children. */
static json_t *node_json(const struct show *show, const struct cg_node *node)
{
    cleanup_free char *path = NULL, *full = NULL;
    char role[ROLE_TEXT_SIZE];
    int id = cg_node_guest_id(node);

    if (cg_node_path(node, &path) < 0 || cg_node_full_path(node, NULL, &full) < 0)
        lack_memory();
    return json_pack("{so, so, ss, so, so, so, sI, so}", "path", json_text(path), "directory",
                     json_text(full), "kind", kind_text(cg_node_kind(node)), "role",
                     json_text(role_text(cg_node_role(node), role)), "guest",
                     json_text(cg_node_guest(node)), "guest_id",
                     id < 0 ? json_null() : json_integer(id), "id",
                     (json_int_t)cg_node_id(node, NULL), "controllers", controllers_json(node));
}

static json_t *branch_json(struct show *show, const struct cg_node *node)
{
    json_t *object = node_json(show, node), *children = json_array();

    for (const struct cg_node *child = cg_node_child(node); child; child = cg_node_sibling(child))
        if (json_array_append_new(children, branch_json(show, child)) < 0)
            show->failed = true;
    if (!object || json_object_set_new(object, "children", children) < 0)
        show->failed = true;
    return object;
}

static void show_branch(struct show *show, const struct cg_node *node, const char *name)
{
    if (show->context->json)
        json_array_append_new(show->list, branch_json(show, node));
    else
        show_lines(show, node, name, NULL);
}

/* A guest is shown by its name, with the nodes that have a role right below it, wherever these
 * are. */
static void show_guest(struct show *show, const struct cg_node *vm)
{
    json_t *object = NULL, *children = NULL;
    struct libscols_line *line = NULL;

    if (show->context->json) {
        object = node_json(show, vm);
        children = json_array();
    } else {
        line = add_line(show, vm, cg_node_guest(vm), NULL);
    }
    for (const struct cg_node *node = vm; (node = cg_node_next(vm, node, false));) {
        if (cg_node_role(node).kind == CG_ROLE_NONE)
            continue;
        if (object)
            json_array_append_new(children, node_json(show, node));
        else if (line)
            add_line(show, node, cg_node_name(node), line);
    }
    if (!show->context->json)
        return;
    if (!object || json_object_set_new(object, "children", children) < 0 ||
        json_array_append_new(show->list, object) < 0)
        show->failed = true;
}

static int show_guests(struct show *show, const struct cg_node *top)
{
    for (const struct cg_node *node = top; node; node = cg_node_next(top, node, false))
        if (cg_node_role(node).kind == CG_ROLE_VM)
            show_guest(show, node);
    return 0;
}

static int no_such_path(const char *path)
{
    message("%s: there is no such control group", path);
    return EXIT_FAILED;
}

/* --grouped and --vms: one tree. */
static int show_one(struct show *show, const char *path)
{
    struct context *context = show->context;
    int status = open_tree(context, context->vms ? CG_GUESTS : CG_GROUPED, NULL);
    cleanup_free char *shown = NULL;
    const struct cg_node *top;

    if (status)
        return status;
    top = path ? cg_tree_find(context->tree, path) : cg_tree_root(context->tree);
    if (!top)
        return no_such_path(path);
    if (context->vms)
        return show_guests(show, top);
    if (cg_node_path(top, &shown) < 0)
        show->failed = true;
    else
        show_branch(show, top, shown);
    return 0;
}

static int show_hierarchy(struct show *show, const char *controller, const char *path, bool *found)
{
    cleanup_free char *directory = NULL;
    const struct cg_node *top;
    int status = open_tree(show->context, 0, controller);

    if (status)
        return status;
    top = path ? cg_tree_find(show->context->tree, path) : cg_tree_root(show->context->tree);
    if (!top)
        return 0;
    *found = true;
    if (cg_node_full_path(top, NULL, &directory) < 0)
        show->failed = true;
    else
        show_branch(show, top, directory);
    return 0;
}

/* In the grouped tree the root is in each: one controller of every hierarchy. */
static size_t list_hierarchies(struct show *show, char *ret[HIERARCHIES_MAX])
{
    const struct cg_node *root = cg_tree_root(show->context->tree);
    const char *controllers;
    size_t count = 0;

    while (count < HIERARCHIES_MAX && (controllers = cg_node_controllers(root, (unsigned)count))) {
        ret[count] = first_controller(controllers);
        if (!ret[count]) {
            show->failed = true;
            break;
        }
        count++;
    }
    return count;
}

static int show_hierarchies(struct show *show, const char *path)
{
    char *controllers[HIERARCHIES_MAX];
    size_t count = 0;
    bool found = false;
    int status;

    if (show->context->controller) {
        status = show_hierarchy(show, show->context->controller, path, &found);
        return status || found ? status : no_such_path(path);
    }
    status = open_tree(show->context, CG_GROUPED, NULL);
    /* Asked before the trees of single hierarchies take that one's place. */
    if (status == 0)
        count = list_hierarchies(show, controllers);
    for (size_t i = 0; i < count; i++) {
        if (status == 0)
            status = show_hierarchy(show, controllers[i], path, &found);
        free(controllers[i]);
    }
    return status || found || show->failed ? status : no_such_path(path ? path : "/");
}

static int prepare(struct show *show)
{
    static const struct {
        const char *name;
        int flags;
        bool verbose;
    } columns[] = {{"NODE", SCOLS_FL_TREE, false},
                   {"ROLE", 0, false},
                   {"GUEST", 0, false},
                   {"CONTROLLERS", 0, true},
                   {"ID", SCOLS_FL_RIGHT, true}};

    if (show->context->json) {
        show->list = json_array();
        return show->list ? 0 : -ENOMEM;
    }
    show->table = scols_new_table();
    if (!show->table)
        return -ENOMEM;
    scols_table_enable_noencoding(show->table, 1);
    for (size_t i = 0; i < ARRAY_SIZE(columns); i++)
        if ((!columns[i].verbose || show->context->verbose) &&
            !scols_table_new_column(show->table, columns[i].name, 0, columns[i].flags))
            return -ENOMEM;
    return 0;
}

static int run_tree(struct context *context)
{
    const char *path = context->argument_count ? context->arguments[0] : NULL;
    struct show show = {.context = context};
    int status = 0;

    if (prepare(&show) < 0)
        show.failed = true;
    else
        status = context->grouped || context->vms ? show_one(&show, path)
                                                  : show_hierarchies(&show, path);
    if (show.failed) {
        message("out of memory");
        status = EXIT_FAILED;
    } else if (status == 0 && show.table && scols_print_table(show.table) < 0) {
        message("cannot print the tree");
        status = EXIT_FAILED;
    } else if (status == 0 && show.list) {
        status = print_json(json_incref(show.list), 0);
    }
    json_decref(show.list);
    scols_unref_table(show.table);
    return status;
}

const struct command command_tree = {
    .name = "tree",
    .arguments = "[PATH]",
    .arguments_max = 1,
    .takes = TAKES_GROUPED | TAKES_VMS | TAKES_CONTROLLER | TAKES_NAMES,
    .summary = "show control groups as a tree",
    .help = "Shows each hierarchy of control groups as a tree, or what is below PATH in it. With\n"
            "--grouped the same place in every hierarchy is one node, with --vms libvirt's guests\n"
            "and their nodes are shown. -v adds the controllers and the kernel's id.",
    .run = run_tree,
    .list_names = list_nodes,
};
