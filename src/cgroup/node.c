/* Nodes: identity, order, paths and the way from a node to its directory. */
#include "cgroup/node.h"

#include "base/error.h"
#include "base/escape.h"
#include "cgroup/guest_path.h"
#include "cgroup/text.h"

#include <string.h>

struct cg_node *node_new(struct cg_tree *tree, const char *name)
{
    size_t ids = tree->count * sizeof(uint64_t), length = strlen(name) + 1;
    struct cg_node *node = calloc(1, sizeof(*node) + ids + length);

    if (!node)
        return NULL;
    node->tree = tree;
    node->guest_id = -1;
    node->name = memcpy((char *)node->ids + ids, name, length);
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

    while (*link && node_name_compare((*link)->name, node->name) < 0)
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
    return node->name;
}

static int path_join(const struct cg_node *node, const char *before, char **ret)
{
    size_t length = strlen(before), at;
    char *path;

    for (const struct cg_node *n = node; n->parent; n = n->parent)
        length += strlen(n->name) + 1;
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
        size_t part = strlen(n->name);

        at -= part;
        memcpy(path + at, n->name, part);
        path[--at] = '/';
    }
    *ret = path;
    return 0;
}

int cg_node_path(const struct cg_node *node, char **ret)
{
    return path_join(node, "", ret);
}

int cg_node_full_path(const struct cg_node *node, const char *controller, char **ret)
{
    int hierarchy = node_hierarchy(node, controller);

    if (hierarchy < 0 || !node->ids[hierarchy])
        return -ENOENT;
    return path_join(node, node->tree->hierarchies[hierarchy]->mountpoint, ret);
}

static bool ends_with(const char *text, const char *suffix)
{
    size_t length = strlen(text), end = strlen(suffix);

    return length > end && strcmp(text + length - end, suffix) == 0;
}

enum cg_node_kind cg_node_kind(const struct cg_node *node)
{
    if (!node->parent)
        return node->tree->flags & CG_GROUPED ? CG_ROOT : CG_CONTROLLER_ROOT;
    if (ends_with(node->name, ".slice"))
        return CG_SLICE;
    return ends_with(node->name, ".scope") ? CG_SCOPE : CG_GROUP;
}

struct cg_role cg_node_role(const struct cg_node *node)
{
    return node->role;
}

static const struct cg_node *guest_node(const struct cg_node *node)
{
    while (node && node->role.kind != CG_ROLE_VM)
        node = node->parent;
    return node;
}

const char *cg_node_guest(const struct cg_node *node)
{
    const struct cg_node *vm = guest_node(node);

    return vm ? vm->guest : NULL;
}

int cg_node_guest_id(const struct cg_node *node)
{
    const struct cg_node *vm = guest_node(node);

    return vm ? vm->guest_id : -1;
}

static int guest_set(struct cg_node *node, const char *hint, int id)
{
    node->guest = strdup(hint);
    if (!node->guest)
        return -ENOMEM;
    node->guest_id = id;
    node->role = (struct cg_role){.kind = CG_ROLE_VM};
    return 0;
}

int node_classify(struct cg_node *node)
{
    const struct cg_node *vm = node->parent ? guest_node(node->parent) : NULL;
    cleanup_free char *path = NULL;
    struct guest_directory directory;
    struct guest_path split;
    int r;

    if (vm) {
        bool delegated = node->parent->parent == vm && strcmp(node->parent->name, "libvirt") == 0;

        if (node->parent == vm || delegated)
            node->role = role_from_name(node->name);
        return 0;
    }
    r = guest_directory_parse(node->name, &directory);
    if (r == 0) {
        /* A guest whose name libvirt dropped altogether still has its directory's. */
        r = guest_set(node,
                      directory.name   ? directory.name
                      : directory.uuid ? directory.uuid
                                       : node->name,
                      directory.id);
        guest_directory_release(&directory);
        return r;
    }
    if (r != -ENOENT)
        return r;
    /* The oldest layouts tell by the names above. */
    r = cg_node_path(node, &path);
    if (r == 0)
        r = guest_path_parse(path, &split);
    if (r < 0)
        return r == -ENOENT ? 0 : r;
    guest_path_release(&split);
    return guest_set(node, node->name, -1);
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
