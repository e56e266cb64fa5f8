/* Trees: opened, read again, searched. */
#include "base/error.h"
#include "cgroup/guest_path.h"
#include "cgroup/node.h"
#include "cgroup/text.h"

#include <string.h>

DEFINE_CLEANUP(struct cg_tree *, cg_tree_close);

/* Bytes that a caller built against a newer header has beyond ours must mean nothing. */
static int check_options(const struct cg_options *options, struct cg_error **err)
{
    const char *bytes = (const char *)options;

    if (!options || options->size < sizeof(*options))
        return error_set(err, EINVAL, "cg_options.size is not sizeof(struct cg_options)");
    for (size_t i = sizeof(*options); i < options->size; i++)
        if (bytes[i])
            return error_set(err, E2BIG, "an option is set that this libcgtree does not know");
    if (options->flags & ~(unsigned)(CG_GROUPED | CG_GUESTS))
        return error_set(err, EINVAL, "an unknown flag is set in cg_options.flags");
    return 0;
}

static int copy_subtrees(struct cg_tree *tree, const char *const *subtrees)
{
    size_t count = 0;

    if (!subtrees)
        return 0;
    while (subtrees[count])
        count++;
    tree->subtrees = calloc(count + 1, sizeof(char *));
    if (!tree->subtrees)
        return -ENOMEM;
    for (size_t i = 0; i < count; i++) {
        const char *start = subtrees[i] + strspn(subtrees[i], "/");
        size_t length = strlen(start);

        while (length > 0 && start[length - 1] == '/')
            length--;
        tree->subtrees[i] = strndup(start, length);
        if (!tree->subtrees[i])
            return -ENOMEM;
    }
    return 0;
}

static const struct cg_hierarchy *v2_hierarchy(const struct cg_mounts *mounts)
{
    for (size_t i = 0; i < mounts->count; i++)
        if (mounts->hierarchies[i].version == 2)
            return &mounts->hierarchies[i];
    return NULL;
}

static int choose_hierarchies(struct cg_tree *tree, const char *controller, struct cg_error **err)
{
    const struct cg_hierarchy *one;

    tree->hierarchies = calloc(tree->mounts->count, sizeof(*tree->hierarchies));
    if (!tree->hierarchies)
        return error_out_of_memory(err);
    if (tree->flags & CG_GROUPED) {
        for (size_t i = 0; i < tree->mounts->count; i++)
            tree->hierarchies[tree->count++] = &tree->mounts->hierarchies[i];
        return 0;
    }
    one = controller && *controller ? mounts_find(tree->mounts, controller)
                                    : v2_hierarchy(tree->mounts);
    if (!one)
        return error_set(err, ENODEV, "no hierarchy of control groups for %s is mounted",
                         controller && *controller ? controller : "cgroup v2");
    tree->hierarchies[tree->count++] = one;
    return 0;
}

static int open_mounts(struct cg_tree *tree, int root_fd, struct cg_error **err)
{
    const struct kernel *k = &kernel_real;
    cleanup_close int slash = -1;

    if (root_fd < 0) {
        slash = k->open_dir(k, KERNEL_TOP, "/", NULL);
        if (slash < 0)
            return error_set(err, -slash, "/: %s", strerror(-slash));
    }
    return mounts_open(k, root_fd < 0 ? slash : root_fd, &tree->mounts, err);
}

int cg_tree_open(const struct cg_options *options, struct cg_tree **ret, struct cg_error **err)
{
    cleanup_with(cg_tree_closep) struct cg_tree *tree = NULL;
    int r = check_options(options, err);

    if (r < 0)
        return r;
    tree = calloc(1, sizeof(*tree));
    if (!tree)
        return error_out_of_memory(err);
    tree->flags = options->flags | (options->flags & CG_GUESTS ? CG_GROUPED : 0);
    if (copy_subtrees(tree, options->subtrees) < 0)
        return error_out_of_memory(err);
    r = open_mounts(tree, options->root_fd, err);
    if (r == 0)
        r = choose_hierarchies(tree, options->controller, err);
    if (r < 0)
        return r;
    tree->root = node_new(tree, "");
    if (!tree->root)
        return error_out_of_memory(err);
    r = tree_walk(tree->root, err);
    if (r == 0)
        *ret = steal_pointer(&tree);
    return r;
}

struct cg_tree *cg_tree_close(struct cg_tree *tree)
{
    if (!tree)
        return NULL;
    node_free(tree->root);
    for (char **subtree = tree->subtrees; subtree && *subtree; subtree++)
        free(*subtree);
    free(tree->subtrees);
    free(tree->hierarchies);
    mounts_free(tree->mounts);
    free(tree);
    return NULL;
}

struct cg_node *cg_tree_root(const struct cg_tree *tree)
{
    return tree->root;
}

/* One that came in another hierarchy, or left one, is still itself; one whose id changed is not. */
static bool is_same(const struct cg_node *a, const struct cg_node *b)
{
    bool shared = false;

    for (size_t i = 0; i < a->tree->count; i++) {
        if (a->ids[i] && b->ids[i] && a->ids[i] != b->ids[i])
            return false;
        shared = shared || (a->ids[i] && a->ids[i] == b->ids[i]);
    }
    return shared && strcmp(a->name, b->name) == 0;
}

static struct cg_node *take_first(struct cg_node **list)
{
    struct cg_node *node = *list;

    if (node) {
        *list = node->sibling;
        node->sibling = node->parent = NULL;
    }
    return node;
}

/* Gives `old` the children of `new`; those that `old` has already stay the same structs. Both lists
 * are sorted. */
static void adopt(struct cg_node *old, struct cg_node *new)
{
    struct cg_node *before = old->child, *fresh, *after = NULL, **link = &after;

    memcpy(old->ids, new->ids, old->tree->count * sizeof(old->ids[0]));
    while ((fresh = take_first(&new->child))) {
        while (before && node_name_compare(before->name, fresh->name) < 0)
            node_free(take_first(&before));
        if (before && is_same(before, fresh)) {
            struct cg_node *kept = take_first(&before);

            adopt(kept, fresh);
            node_free(fresh);
            fresh = kept;
        }
        fresh->parent = old;
        *link = fresh;
        link = &fresh->sibling;
    }
    while (before)
        node_free(take_first(&before));
    old->child = after;
}

int cg_tree_refresh(struct cg_tree *tree, struct cg_node *node, struct cg_error **err)
{
    struct cg_node *top = node ? node : tree->root, *fresh = node_new(tree, top->name);
    int r;

    if (!fresh)
        return error_out_of_memory(err);
    /* Read beside the old one, in its place: what fails changes nothing. */
    fresh->parent = top->parent;
    r = tree_walk(fresh, err);
    if (r < 0) {
        node_free(fresh);
        return r;
    }
    if (top->parent && !is_same(top, fresh)) {
        error_set(err, ENOENT, "there is no such control group any more");
        node_error_prefix(top, err);
        node_free(fresh);
        node_unlink(top);
        node_free(top);
        return -ENOENT;
    }
    adopt(top, fresh);
    node_free(fresh);
    return 0;
}

/* systemd's and libvirt's suffixes may be left out of a path. */
static bool name_matches(const char *name, const char *component, size_t length)
{
    static const char *const suffixes[] = {"", ".slice", ".scope", ".partition"};

    if (strncmp(name, component, length) != 0)
        return false;
    for (size_t i = 0; i < ARRAY_SIZE(suffixes); i++)
        if (strcmp(name + length, suffixes[i]) == 0)
            return true;
    return false;
}

static struct cg_node *find_child(const struct cg_node *node, const char *component, size_t length)
{
    struct cg_node *found = NULL;

    for (struct cg_node *child = node->child; child; child = child->sibling) {
        if (strlen(child->name) == length && strncmp(child->name, component, length) == 0)
            return child;
        if (!found && name_matches(child->name, component, length))
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

/* The one guest of that name; several (libvirt cuts names) are as good as none. */
static struct cg_node *find_vm(const struct cg_tree *tree, const char *name, size_t length)
{
    struct cg_node *found = NULL;

    for (struct cg_node *node = tree->root; node; node = cg_node_next(tree->root, node, false)) {
        if (node->role.kind != CG_ROLE_VM || strlen(node->guest) != length ||
            strncmp(node->guest, name, length) != 0)
            continue;
        if (found)
            return NULL;
        found = node;
    }
    return found;
}

static struct cg_node *find_guest(const struct cg_tree *tree, const char *path)
{
    size_t length = strcspn(path, "/");
    struct cg_node *vm = find_vm(tree, path, length);
    struct cg_role role;

    if (!vm || !path[length])
        return vm;
    role = role_from_name(path + length + 1);
    if (role.kind == CG_ROLE_NONE)
        return NULL;
    for (struct cg_node *node = vm; node; node = cg_node_next(vm, node, false))
        if (role_compare(node->role, role) == 0)
            return node;
    return NULL;
}

struct cg_node *cg_tree_find(const struct cg_tree *tree, const char *path)
{
    if (*path != '/' && tree->flags & CG_GUESTS)
        return find_guest(tree, path);
    return find_path(tree, path);
}

int cg_attr_find(const struct cg_tree *tree, const char *name, const struct cg_attr **ret,
                 struct cg_error **err)
{
    int r = attr_find(tree->mounts, name, ret);
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

const struct cg_attr *cg_attr_next(const struct cg_tree *tree, const char *controller,
                                   const struct cg_attr *after)
{
    for (const struct cg_attr *attr = attr_next(after); attr; attr = attr_next(attr)) {
        const struct cg_hierarchy *hierarchy;

        if (controller && strcmp(attr->controller, controller) != 0)
            continue;
        hierarchy = mounts_find(tree->mounts, attr->controller);
        if (hierarchy && hierarchy->version == attr->version)
            return attr;
    }
    return NULL;
}
