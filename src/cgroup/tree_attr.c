/* Which attributes there are in a tree's hierarchies. */
#include "base/error.h"
#include "cgroup/node.h"
#include "cgroup/text.h"

#include <string.h>

static bool tree_has(const void *place, const struct cg_attr *attr)
{
    const struct cg_tree *tree = place;

    for (size_t i = 0; i < tree->count; i++)
        if (attr_is_in(attr, tree->hierarchies[i]))
            return true;
    return false;
}

int cg_attr_find(const struct cg_tree *tree, const char *name, const struct cg_attr **ret,
                 struct cg_error **err)
{
    int r = attr_choose(name, tree_has, tree, ret);
    cleanup_free char *quoted = r < 0 ? text_quote(name) : NULL;

    if (r == 0)
        return 0;
    if (!quoted)
        return error_out_of_memory(err);
    return r == -ENOENT
               ? error_set(err, ENOENT, "%s: there is no such attribute", quoted)
               : error_set(err, -r, "%s: this host's control groups have no such attribute",
                           quoted);
}

/* A hybrid host has some files in both versions (cpu.stat, cgroup.procs). By name, that is v1's. */
static bool is_hidden(const struct cg_tree *tree, const struct cg_attr *attr)
{
    const struct cg_attr *other = attr->version == 2 ? attr_by_name(attr->name, 1) : NULL;

    return other && tree_has(tree, other);
}

const struct cg_attr *cg_attr_next(const struct cg_tree *tree, const char *controller,
                                   const struct cg_attr *after)
{
    for (const struct cg_attr *attr = attr_next(after); attr; attr = attr_next(attr)) {
        bool wanted = controller ? attr->controller && strcmp(attr->controller, controller) == 0
                                 : !is_hidden(tree, attr);

        if (wanted && tree_has(tree, attr))
            return attr;
    }
    return NULL;
}
