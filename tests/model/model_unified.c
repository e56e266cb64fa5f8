/* v2's own rules: domains and threads, and which controllers a node has
 * (kernel/cgroup/cgroup.c). */
#include "model/model_internal.h"

#include <string.h>

const struct model_node *model_domain(const struct model_node *node)
{
    while (node->threaded)
        node = node->parent;
    return node;
}

static bool has_threads(const struct model *model, const struct model_node *node)
{
    for (const struct model_thread *t = model->threads; t; t = t->next)
        if (t->nodes[node->hierarchy->index] == node)
            return true;
    return false;
}

/* cgroup_is_thread_root() */
static bool is_thread_root(const struct model *model, const struct model_node *node)
{
    if (node->threaded)
        return false;
    for (const struct model_node *c = node->child; c; c = c->sibling)
        if (c->threaded)
            return true;
    return node->subtree & MODEL_THREADED && has_threads(model, node);
}

/* cgroup_is_valid_domain() */
static bool is_domain(const struct model *model, const struct model_node *node)
{
    if (node->threaded)
        return false;
    for (node = node->parent; node && node->parent; node = node->parent)
        if (node->threaded || is_thread_root(model, node))
            return false;
    return true;
}

/* cgroup_can_be_thread_root() */
static bool may_root_threads(const struct model *model, const struct model_node *node)
{
    if (!node->parent)
        return true;
    for (const struct model_node *c = node->child; c; c = c->sibling)
        if (!c->threaded && model_populated(model, c))
            return false;
    return !(node->subtree & ~MODEL_THREADED);
}

int model_may_thread(const struct model *model, const struct model_node *parent)
{
    const struct model_node *domain = model_domain(parent);

    return is_domain(model, domain) && may_root_threads(model, domain) ? 0 : -EOPNOTSUPP;
}

/* cgroup_migrate_vet_dst() */
int model_may_host(const struct model *model, const struct model_node *node)
{
    if (node->hierarchy->version == 1)
        return 0;
    if (!is_domain(model, model_domain(node)))
        return -EOPNOTSUPP;
    if (node->threaded || may_root_threads(model, node))
        return 0;
    return node->subtree ? -EBUSY : 0;
}

static int read_type(struct model *model, struct model_node *node, struct buffer *into)
{
    model_put(into, "%s\n",
              node->threaded                ? "threaded"
              : !is_domain(model, node)     ? "domain invalid"
              : is_thread_root(model, node) ? "domain threaded"
                                            : "domain");
    return 0;
}

static void put_controllers(struct buffer *into, unsigned controllers)
{
    static const char *const names[] = {"cpu", "cpuset", "memory"};
    static const unsigned order[] = {1, 0, 2}; /* as the kernel prints them */
    const char *separator = "";

    for (unsigned i = 0; i < ARRAY_SIZE(order); i++)
        if (controllers >> order[i] & 1) {
            model_put(into, "%s%s", separator, names[order[i]]);
            separator = " ";
        }
    model_put(into, "%s", controllers ? "\n" : "");
}

static int read_controllers(struct model *model, struct model_node *node, struct buffer *into)
{
    put_controllers(into, node->controllers);
    return 0;
}

static unsigned controller_named(const char *name)
{
    return strcmp(name, "cpu") == 0      ? MODEL_CPU
           : strcmp(name, "cpuset") == 0 ? MODEL_CPUSET
           : strcmp(name, "memory") == 0 ? MODEL_MEMORY
                                         : 0;
}

/* "+cpu -memory": the later word counts. */
static int parse_subtree(const char *text, unsigned *ret_enable, unsigned *ret_disable)
{
    cleanup_free char *words = model_strip(text);
    char *save = NULL;

    *ret_enable = *ret_disable = 0;
    for (char *w = strtok_r(words, " ", &save); w; w = strtok_r(NULL, " ", &save)) {
        unsigned controller = controller_named(w + 1);

        if (!controller || (*w != '+' && *w != '-'))
            return -EINVAL;
        *ret_enable = *w == '+' ? *ret_enable | controller : *ret_enable & ~controller;
        *ret_disable = *w == '-' ? *ret_disable | controller : *ret_disable & ~controller;
    }
    return 0;
}

/* cgroup_vet_subtree_control_enable() */
static int may_enable(const struct model *model, const struct model_node *node, unsigned enable)
{
    if (!enable)
        return 0;
    if (!is_domain(model, model_domain(node)))
        return -EOPNOTSUPP;
    if (!node->parent)
        return 0;
    if (enable & ~MODEL_THREADED) {
        if (node->threaded || is_thread_root(model, node))
            return -EOPNOTSUPP;
    } else if (node->threaded || may_root_threads(model, node)) {
        return 0;
    }
    return has_threads(model, node) ? -EBUSY : 0;
}

static int write_subtree(struct model *model, struct model_node *node, const char *text)
{
    unsigned enable, disable;
    int r = parse_subtree(text, &enable, &disable);

    if (r < 0)
        return r;
    enable &= ~node->subtree;
    disable &= node->subtree;
    if (enable & ~node->controllers)
        return -ENOENT;
    for (const struct model_node *c = node->child; c; c = c->sibling)
        if (c->subtree & disable)
            return -EBUSY;
    r = may_enable(model, node, enable);
    if (r < 0)
        return r;
    node->subtree = (node->subtree | enable) & ~disable;
    for (struct model_node *c = node->child; c; c = c->sibling)
        model_node_controllers(model, c, node->subtree);
    return 0;
}

static int read_subtree(struct model *model, struct model_node *node, struct buffer *into)
{
    put_controllers(into, node->subtree);
    return 0;
}

const struct model_attribute model_unified_files[] = {
    {"cgroup.type", 2, 0, true, read_type, NULL},
    {"cgroup.controllers", 2, 0, false, read_controllers, NULL},
    {"cgroup.subtree_control", 2, 0, false, read_subtree, write_subtree},
    {0},
};
