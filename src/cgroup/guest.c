/* libvirt's guests among the nodes: which there are, and what each of their nodes is for. */
#include "cgroup/guest_path.h"
#include "cgroup/node.h"

#include <string.h>
#include <strings.h>

/* The guest's own node that this one is, or is below. */
static const struct cg_node *guest_node(const struct cg_node *node)
{
    while (node && !node->guest)
        node = node->parent;
    return node;
}

static bool is_role_place(const struct cg_node *parent)
{
    if (!parent || parent->guest)
        return parent;
    return parent->parent && parent->parent->guest && strcmp(cg_node_name(parent), "libvirt") == 0;
}

struct cg_role cg_node_role(const struct cg_node *node)
{
    if (node->guest)
        return (struct cg_role){.kind = CG_ROLE_VM};
    return is_role_place(node->parent) ? role_from_name(cg_node_name(node))
                                       : (struct cg_role){.kind = CG_ROLE_NONE};
}

const char *cg_node_guest(const struct cg_node *node)
{
    const struct cg_node *vm = guest_node(node);

    return vm ? vm->guest->name : NULL;
}

int cg_node_guest_id(const struct cg_node *node)
{
    const struct cg_node *vm = guest_node(node);

    return vm ? vm->guest->id : -1;
}

const char *cg_node_guest_uuid(const struct cg_node *node)
{
    const char *hint = cg_node_guest(node);

    return hint && guest_is_uuid(hint) ? hint : NULL;
}

static int guest_set(struct cg_node *node, const char *name, int id)
{
    size_t length = strlen(name) + 1;

    node->guest = malloc(sizeof(*node->guest) + length);
    if (!node->guest)
        return -ENOMEM;
    node->guest->id = id;
    memcpy(node->guest->name, name, length);
    return 0;
}

int node_classify(struct cg_node *node)
{
    cleanup_free char *path = NULL;
    struct guest_directory directory;
    struct guest_path split;
    int r;

    if (guest_node(node))
        return 0;
    r = guest_directory_parse(cg_node_name(node), &directory);
    if (r == 0) {
        /* A guest whose name libvirt dropped altogether still has its directory's. */
        r = guest_set(node,
                      directory.name   ? directory.name
                      : directory.uuid ? directory.uuid
                                       : cg_node_name(node),
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
    return guest_set(node, cg_node_name(node), -1);
}

struct cg_node *cg_guest_next(const struct cg_tree *tree, const struct cg_node *after)
{
    struct cg_node *node;

    while ((node = cg_node_next(tree->root, after, false))) {
        if (node->guest)
            return node;
        after = node;
    }
    return NULL;
}

/* What a guest is looked for by. */
struct wanted {
    const char *uuid;
    int id;
    const char *name;
};

static bool is_wanted(const struct cg_node *guest, const struct wanted *wanted)
{
    const char *uuid = cg_node_guest_uuid(guest);

    if (wanted->uuid)
        return uuid && strcasecmp(uuid, wanted->uuid) == 0;
    if (wanted->id >= 0)
        return guest->guest->id == wanted->id;
    return wanted->name && strcmp(guest->guest->name, wanted->name) == 0;
}

/* Several are as good as none: nothing is guessed. */
static struct cg_node *find_only(const struct cg_tree *tree, struct wanted wanted)
{
    struct cg_node *found = NULL;

    for (struct cg_node *guest = NULL; (guest = cg_guest_next(tree, guest));) {
        if (!is_wanted(guest, &wanted))
            continue;
        if (found)
            return NULL;
        found = guest;
    }
    return found;
}

struct cg_node *cg_guest_by_id(const struct cg_tree *tree, int id)
{
    return id < 0 ? NULL : find_only(tree, (struct wanted){.id = id});
}

struct cg_node *cg_guest_by_uuid(const struct cg_tree *tree, const char *uuid,
                                 const struct cg_guest_key *map, size_t count)
{
    struct cg_node *found = find_only(tree, (struct wanted){.uuid = uuid});

    for (size_t i = 0; !found && i < count; i++)
        if (strcasecmp(map[i].uuid, uuid) == 0)
            found = find_only(tree, (struct wanted){.id = map[i].id, .name = map[i].name});
    return found;
}

/* Names are in natural order, and so are their numbers. */
struct cg_node *cg_guest_node(const struct cg_node *guest, enum cg_role_kind role,
                              const struct cg_node *after)
{
    struct cg_node *node;

    while ((node = cg_node_next(guest, after, false))) {
        if (cg_node_role(node).kind == role)
            return node;
        after = node;
    }
    return NULL;
}
