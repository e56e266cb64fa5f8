/* --names: nodes and attributes by name alone, one a line, as the other commands take them. It is
 * for shells that complete them and for scripts. */
#include "cgtree/command.h"

#include <fcntl.h>

static int out_of_memory(void)
{
    message("out of memory");
    return EXIT_FAILED;
}

/* "web1"; the directory's name where several guests go by that one. */
static const char *guest_name(const struct context *context, const struct cg_node *guest)
{
    const char *name = cg_node_guest(guest);

    return cg_tree_find(context->tree, name) ? name : cg_node_name(guest);
}

static void list_guests(const struct context *context)
{
    for (struct cg_node *guest = NULL; (guest = cg_guest_next(context->tree, guest));) {
        const char *name = guest_name(context, guest);

        print_text(name, "\n");
        for (const struct cg_node *node = guest; (node = cg_node_next(guest, node, false));) {
            char role[ROLE_TEXT_SIZE];

            if (!role_text(cg_node_role(node), role))
                continue;
            print_text(name, "/");
            print_text(role, "\n");
        }
    }
}

int list_nodes(struct context *context)
{
    const char *path = context->argument_count ? context->arguments[0] : "/";
    int status = open_tree(context, context->vms ? CG_GUESTS : CG_GROUPED, context->controller);
    const struct cg_node *top;

    if (status)
        return status;
    if (context->vms) {
        list_guests(context);
        return 0;
    }
    top = cg_tree_find(context->tree, path);
    if (!top) {
        message("%s: there is no such control group", path);
        return EXIT_FAILED;
    }
    for (const struct cg_node *node = top; node; node = cg_node_next(top, node, false)) {
        cleanup_free char *shown = NULL;

        if (cg_node_path(node, &shown) < 0)
            return out_of_memory();
        print_text(shown, "\n");
    }
    return 0;
}

/* Whether the node has the attribute's file in the controller's hierarchy; NULL: in its own.
 * Nothing is read. */
static bool has_file(const struct cg_node *node, const char *controller, const struct cg_attr *attr)
{
    cleanup_close int dir = -1;

    return cg_node_open(node, controller ? controller : cg_attr_controller(attr), &dir, NULL) ==
               0 &&
           faccessat(dir, cg_attr_file(attr, 0), F_OK, 0) == 0;
}

static int list_attributes(struct context *context, unsigned without)
{
    const struct cg_attr *attr = NULL;
    struct cg_node *node = NULL;
    int status = find_node(context, context->arguments[0], &node);

    while (status == 0 && (attr = cg_attr_next(context->tree, NULL, attr)))
        if (!(cg_attr_flags(attr) & without) && has_file(node, context->controller, attr))
            print_text(cg_attr_name(attr), "\n");
    return status;
}

int list_readable(struct context *context)
{
    return list_attributes(context, CG_ATTR_WRITE_ONLY);
}

int list_writable(struct context *context)
{
    return list_attributes(context, CG_ATTR_READ_ONLY);
}
