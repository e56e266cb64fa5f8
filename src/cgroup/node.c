/* Nodes: identity, order, paths and the way from a node to its directory. */
#include "cgroup/node.h"

#include "base/error.h"
#include "base/escape.h"

#include <string.h>

struct cg_node *node_new(struct cg_tree *tree, const char *name)
{
    size_t ids = tree->count * sizeof(uint64_t), length = strlen(name) + 1;
    struct cg_node *node = calloc(1, sizeof(*node) + ids + length);

    if (!node)
        return NULL;
    node->tree = tree;
    memcpy((char *)node->ids + ids, name, length);
    return node;
}

void node_free(struct cg_node *node)
{
    struct cg_node *next;

    if (!node)
        return;
    /* Children first, so that depth costs no stack. */
    for (struct cg_node *at = cg_node_next(node, NULL, true); at; at = next) {
        next = cg_node_next(node, at, true);
        free(at->guest);
        free(at);
    }
}

void node_unlink(struct cg_node *node)
{
    struct cg_node **link = &node->parent->child;

    while (*link != node)
        link = &(*link)->sibling;
    *link = node->sibling;
    node->sibling = NULL;
    node->parent = NULL;
}

void node_insert(struct cg_node *parent, struct cg_node *node)
{
    struct cg_node **link = &parent->child;

    while (*link && node_name_compare(cg_node_name(*link), cg_node_name(node)) < 0)
        link = &(*link)->sibling;
    node->parent = parent;
    node->sibling = *link;
    *link = node;
}

int node_name_compare(const char *a, const char *b)
{
    return strverscmp(a, b);
}

bool node_is_gone(const struct cg_node *node)
{
    for (size_t i = 0; i < node->tree->count; i++)
        if (node->ids[i])
            return false;
    return true;
}

struct cg_node *cg_node_parent(const struct cg_node *node)
{
    return node->parent;
}

struct cg_node *cg_node_child(const struct cg_node *node)
{
    return node->child;
}

struct cg_node *cg_node_sibling(const struct cg_node *node)
{
    return node->sibling;
}

static struct cg_node *deepest_first(struct cg_node *node)
{
    while (node->child)
        node = node->child;
    return node;
}

struct cg_node *node_next_beside(const struct cg_node *top, const struct cg_node *at)
{
    for (; at != top; at = at->parent)
        if (at->sibling)
            return at->sibling;
    return NULL;
}

struct cg_node *cg_node_next(const struct cg_node *top, const struct cg_node *at, bool post_order)
{
    struct cg_node *start = (struct cg_node *)(uintptr_t)top;

    if (!at)
        return post_order ? deepest_first(start) : start;
    if (!post_order)
        return at->child ? at->child : node_next_beside(top, at);
    if (at == top)
        return NULL;
    return at->sibling ? deepest_first(at->sibling) : at->parent;
}

const char *cg_node_name(const struct cg_node *node)
{
    return (const char *)(node->ids + node->tree->count);
}

/* systemd's units and libvirt's partitions. */
static const struct {
    const char *text;
    enum cg_node_kind kind;
} suffixes[] = {{".slice", CG_SLICE}, {".partition", CG_SLICE}, {".scope", CG_SCOPE}};

/* The kind, and how long the name is without the suffix that tells it. */
static enum cg_node_kind kind_of(const char *name, size_t *ret_length)
{
    size_t length = strlen(name);

    for (size_t i = 0; i < ARRAY_SIZE(suffixes); i++) {
        size_t end = strlen(suffixes[i].text);

        if (length <= end || strcmp(name + length - end, suffixes[i].text) != 0)
            continue;
        *ret_length = length - end;
        return suffixes[i].kind;
    }
    *ret_length = length;
    return CG_GROUP;
}

size_t node_short_length(const char *name)
{
    size_t length;

    kind_of(name, &length);
    return length;
}

enum cg_node_kind cg_node_kind(const struct cg_node *node)
{
    size_t length;

    if (!node->parent)
        return node->tree->flags & CG_GROUPED ? CG_ROOT : CG_CONTROLLER_ROOT;
    return kind_of(cg_node_name(node), &length);
}

/* `measure` tells how much of each name is wanted. */
static int path_join(const struct cg_node *node, const char *before,
                     size_t (*measure)(const char *name), char **ret)
{
    size_t length = strlen(before), at;
    char *path;

    for (const struct cg_node *n = node; n->parent; n = n->parent)
        length += measure(cg_node_name(n)) + 1;
    path = malloc(length + 2);
    if (!path)
        return -ENOMEM;
    memcpy(path, before, strlen(before) + 1);
    if (length == 0)
        memcpy(path, "/", 2);
    else
        path[length] = '\0';
    at = length;
    for (const struct cg_node *n = node; n->parent; n = n->parent) {
        size_t part = measure(cg_node_name(n));

        at -= part;
        memcpy(path + at, cg_node_name(n), part);
        path[--at] = '/';
    }
    *ret = path;
    return 0;
}

int cg_node_path(const struct cg_node *node, char **ret)
{
    return path_join(node, "", strlen, ret);
}

int cg_node_short_path(const struct cg_node *node, char **ret)
{
    return path_join(node, "", node_short_length, ret);
}

int cg_node_full_path(const struct cg_node *node, const char *controller, char **ret)
{
    int hierarchy = node_hierarchy(node, controller);

    if (hierarchy < 0 || !node->ids[hierarchy])
        return -ENOENT;
    return path_join(node, node->tree->hierarchies[hierarchy]->mountpoint, strlen, ret);
}

static bool has_controller(const struct cg_hierarchy *hierarchy, const struct cg_mounts *mounts,
                           const char *controller)
{
    if (!*controller)
        return hierarchy->version == 2;
    return mounts_find(mounts, controller) == hierarchy;
}

int node_hierarchy(const struct cg_node *node, const char *controller)
{
    const struct cg_tree *tree = node->tree;

    for (size_t i = 0; i < tree->count; i++)
        if (controller ? has_controller(tree->hierarchies[i], tree->mounts, controller)
                       : node->ids[i] != 0)
            return (int)i;
    return -1;
}

const char *cg_node_controllers(const struct cg_node *node, unsigned index)
{
    for (size_t i = 0; i < node->tree->count; i++)
        if (node->ids[i] && index-- == 0)
            return node->tree->hierarchies[i]->controllers;
    return NULL;
}

uint64_t cg_node_id(const struct cg_node *node, const char *controller)
{
    int hierarchy = node_hierarchy(node, controller);

    return hierarchy < 0 ? 0 : node->ids[hierarchy];
}

void node_error_prefix(const struct cg_node *node, struct cg_error **err)
{
    cleanup_free char *path = NULL, *safe = NULL;

    if (err && *err && cg_node_path(node, &path) == 0 && (safe = text_escape(path)))
        error_prefix(err, 0, "%s", safe);
}

static int open_error(const struct cg_node *node, int r, struct cg_error **err)
{
    error_set(err, -r, "%s",
              r == -ENOENT   ? "there is no such control group any more"
              : r == -ESTALE ? "it was removed and made anew since it was looked at"
                             : strerror(-r));
    node_error_prefix(node, err);
    return r;
}

int node_open_at(const struct cg_node *node, size_t hierarchy, int *ret_fd, struct cg_error **err)
{
    const struct kernel *k = node->tree->mounts->kernel;
    cleanup_free char *path = NULL;
    uint64_t id = 0;
    int fd;

    if (cg_node_path(node, &path) < 0)
        return error_out_of_memory(err);
    fd = k->open_dir(k, node->tree->hierarchies[hierarchy]->dir, path, &id);
    if (fd < 0)
        return open_error(node, fd == -ENOTDIR ? -ENOENT : fd, err);
    if (id != node->ids[hierarchy]) {
        k->close_dir(k, fd);
        return open_error(node, -ESTALE, err);
    }
    *ret_fd = fd;
    return 0;
}

int node_require(const struct cg_node *node, const char *controller, struct cg_error **err)
{
    int hierarchy = node_hierarchy(node, controller);

    if (hierarchy >= 0 && node->ids[hierarchy])
        return hierarchy;
    error_set(err, ENOENT, "it is not in the hierarchy of %s",
              controller && *controller ? controller : "cgroup v2");
    node_error_prefix(node, err);
    return -ENOENT;
}

int cg_node_open(const struct cg_node *node, const char *controller, int *ret_fd,
                 struct cg_error **err)
{
    int hierarchy = node_require(node, controller, err);

    return hierarchy < 0 ? hierarchy : node_open_at(node, (size_t)hierarchy, ret_fd, err);
}
