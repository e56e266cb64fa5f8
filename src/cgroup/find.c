/* Finding nodes in a tree: by path, by pattern, by a guest's name and role. */
#include "cgroup/guest_path.h"
#include "cgroup/node.h"

#include <fnmatch.h>
#include <string.h>

static bool is_text(const char *text, const char *part, size_t length)
{
    return strncmp(text, part, length) == 0 && !text[length];
}

/* systemd's and libvirt's suffixes may be left out of a path. */
static bool is_short_name(const char *name, const char *part, size_t length)
{
    return node_short_length(name) == length && strncmp(name, part, length) == 0;
}

static struct cg_node *find_child(const struct cg_node *node, const char *part, size_t length)
{
    struct cg_node *found = NULL;

    for (struct cg_node *child = node->child; child; child = child->sibling) {
        if (is_text(cg_node_name(child), part, length))
            return child;
        if (!found && is_short_name(cg_node_name(child), part, length))
            found = child;
    }
    return found;
}

static struct cg_node *find_path(const struct cg_tree *tree, const char *path)
{
    struct cg_node *node = tree->root;

    while (node && *(path += strspn(path, "/"))) {
        size_t length = strcspn(path, "/");

        node = find_child(node, path, length);
        path += length;
    }
    return node;
}

/* By the hint in its path, or by the directory that is its own alone. */
static bool is_called(const struct cg_node *guest, const char *name, size_t length)
{
    return is_text(guest->guest->name, name, length) ||
           is_text(cg_node_name(guest), name, length) ||
           is_short_name(cg_node_name(guest), name, length);
}

/* The one guest of that name; several (libvirt cuts names) are as good as none. */
static struct cg_node *find_vm(const struct cg_tree *tree, const char *name, size_t length)
{
    struct cg_node *found = NULL;

    for (struct cg_node *guest = NULL; (guest = cg_guest_next(tree, guest));) {
        if (!is_called(guest, name, length))
            continue;
        if (found)
            return NULL;
        found = guest;
    }
    return found;
}

static struct cg_node *find_guest(const struct cg_tree *tree, const char *path)
{
    size_t length = strcspn(path, "/");
    struct cg_node *vm = find_vm(tree, path, length), *node = NULL;
    struct cg_role role;

    if (!vm || !path[length])
        return vm;
    role = role_from_name(path + length + 1);
    if (role.kind == CG_ROLE_NONE)
        return NULL;
    while ((node = cg_guest_node(vm, role.kind, node)))
        if (cg_node_role(node).index == role.index)
            return node;
    return NULL;
}

struct cg_node *cg_tree_find(const struct cg_tree *tree, const char *path)
{
    if (*path != '/' && tree->flags & CG_GUESTS)
        return find_guest(tree, path);
    return find_path(tree, path);
}

struct cg_node *cg_tree_match(const struct cg_tree *tree, const char *pattern,
                              const struct cg_node *after)
{
    struct cg_node *node;

    while ((node = cg_node_next(tree->root, after, false))) {
        if (fnmatch(pattern, cg_node_name(node), 0) == 0)
            return node;
        after = node;
    }
    return NULL;
}
