/* Attributes of a node: opened, used, closed. */
#include "base/error.h"
#include "cgroup/access.h"
#include "cgroup/node.h"

static int open_for(const struct cg_node *node, const struct cg_attr *attr, int *ret_fd,
                    struct cg_error **err)
{
    int hierarchy = node_hierarchy(node, attr->controller);

    if (hierarchy >= 0 && node->tree->hierarchies[hierarchy]->version != attr->version)
        return error_set(err, EOPNOTSUPP, "%s is an attribute of cgroup v%d, this host has v%d",
                         attr->name, attr->version, node->tree->hierarchies[hierarchy]->version);
    return cg_node_open(node, attr->controller, ret_fd, err);
}

int cg_read(const struct cg_node *node, const struct cg_attr *attr, struct cg_value **ret,
            struct cg_error **err)
{
    cleanup_buffer struct buffer scratch = {0};
    cleanup_close int fd = -1;
    int r = open_for(node, attr, &fd, err);

    if (r < 0)
        return r;
    r = attr_read(node->tree->mounts->kernel, fd, attr, &scratch, ret, err);
    if (r < 0)
        node_error_prefix(node, err);
    return r;
}

int cg_write(const struct cg_node *node, const struct cg_attr *attr, const struct cg_value *value,
             struct cg_error **err)
{
    cleanup_close int fd = -1;
    int r = open_for(node, attr, &fd, err);

    if (r < 0)
        return r;
    r = attr_write(node->tree->mounts->kernel, fd, attr, value, NULL, node->child != NULL, err);
    if (r < 0)
        node_error_prefix(node, err);
    return r;
}
