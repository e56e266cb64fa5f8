/* Attributes of a node: opened, used, closed. */
#include "base/error.h"
#include "cgroup/access.h"
#include "cgroup/node.h"

/* v1's files that every hierarchy has are asked for in the first one that the node is in. */
static int open_anywhere(const struct cg_node *node, const struct cg_attr *attr, int *ret_fd,
                         struct cg_error **err)
{
    for (size_t i = 0; i < node->tree->count; i++)
        if (node->ids[i] && attr_is_in(attr, node->tree->hierarchies[i]))
            return node_open_at(node, i, ret_fd, err);
    error_set(err, ENOENT, "it is in no hierarchy of cgroup v%d", attr->version);
    node_error_prefix(node, err);
    return -ENOENT;
}

static int open_for(const struct cg_node *node, const char *controller, const struct cg_attr *attr,
                    int *ret_fd, struct cg_error **err)
{
    int hierarchy = controller ? node_hierarchy(node, controller) : -1;

    if (!controller)
        return open_anywhere(node, attr, ret_fd, err);
    if (hierarchy >= 0 && !attr_is_in(attr, node->tree->hierarchies[hierarchy]))
        return error_set(err, EOPNOTSUPP, "%s is an attribute of cgroup v%d, and not in %s",
                         attr->name, attr->version, node->tree->hierarchies[hierarchy]->mountpoint);
    return cg_node_open(node, controller, ret_fd, err);
}

int cg_read_in(const struct cg_node *node, const char *controller, const struct cg_attr *attr,
               struct cg_value **ret, struct cg_error **err)
{
    cleanup_buffer struct buffer scratch = {0};
    cleanup_close int fd = -1;
    int r = open_for(node, controller, attr, &fd, err);

    if (r < 0)
        return r;
    r = attr_read(node->tree->mounts->kernel, fd, attr, &scratch, ret, err);
    if (r < 0)
        node_error_prefix(node, err);
    return r;
}

int cg_read(const struct cg_node *node, const struct cg_attr *attr, struct cg_value **ret,
            struct cg_error **err)
{
    return cg_read_in(node, attr->controller, attr, ret, err);
}

int cg_write_in(const struct cg_node *node, const char *controller, const struct cg_attr *attr,
                const struct cg_value *value, struct cg_error **err)
{
    cleanup_close int fd = -1;
    int r = open_for(node, controller, attr, &fd, err);

    if (r < 0)
        return r;
    r = attr_write(node->tree->mounts->kernel, fd, attr, value, NULL, node->child != NULL, err);
    if (r < 0)
        node_error_prefix(node, err);
    return r;
}

int cg_write(const struct cg_node *node, const struct cg_attr *attr, const struct cg_value *value,
             struct cg_error **err)
{
    return cg_write_in(node, attr->controller, attr, value, err);
}
