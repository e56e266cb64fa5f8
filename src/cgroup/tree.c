/* Trees: opened, read again, searched. */
#include "base/error.h"
#include "cgroup/node.h"

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
    if (options->flags & ~(unsigned)(CG_GROUPED | CG_GUESTS | CG_CREATE))
        return error_set(err, EINVAL, "an unknown flag is set in cg_options.flags");
    if (options->flags & CG_CREATE && (options->flags & CG_GUESTS || !options->subtrees))
        return error_set(err, EINVAL,
                         "CG_CREATE goes with cg_options.subtrees and without CG_GUESTS");
    return 0;
}

/* A copy of the path without the slashes around it, and with one where there are several. */
static char *copy_path(const char *path)
{
    char *copy = malloc(strlen(path) + 1), *to = copy;

    if (!copy)
        return NULL;
    for (const char *at = path; *(at += strspn(at, "/"));) {
        size_t length = strcspn(at, "/");

        if (to > copy)
            *to++ = '/';
        to = mempcpy(to, at, length);
        at += length;
    }
    *to = '\0';
    return copy;
}

/* A copy of the list, each as a path. NULL stays NULL. */
static int copy_list(const char *const *list, char ***ret)
{
    size_t count = 0;

    if (!list)
        return 0;
    while (list[count])
        count++;
    *ret = calloc(count + 1, sizeof(char *));
    if (!*ret)
        return -ENOMEM;
    for (size_t i = 0; i < count; i++) {
        (*ret)[i] = copy_path(list[i]);
        if (!(*ret)[i])
            return -ENOMEM;
    }
    return 0;
}

static void free_list(char **list)
{
    for (char **item = list; item && *item; item++)
        free(*item);
    free(list);
}

static const struct cg_hierarchy *v2_hierarchy(const struct cg_mounts *mounts)
{
    for (size_t i = 0; i < mounts->count; i++)
        if (mounts->hierarchies[i].version == 2)
            return &mounts->hierarchies[i];
    return NULL;
}

static int add_hierarchy(struct cg_tree *tree, const char *controller, struct cg_error **err)
{
    const struct cg_hierarchy *one =
        *controller ? mounts_find(tree->mounts, controller) : v2_hierarchy(tree->mounts);

    if (!one)
        return error_set(err, ENODEV, "no hierarchy of control groups for %s is mounted",
                         *controller ? controller : "cgroup v2");
    for (size_t i = 0; i < tree->count; i++)
        if (tree->hierarchies[i] == one)
            return 0;
    if (tree->count > 0 && !(tree->flags & CG_GROUPED))
        return error_set(err, EINVAL, "%s and %s are not in one hierarchy: use CG_GROUPED",
                         tree->hierarchies[0]->controllers, one->controllers);
    tree->hierarchies[tree->count++] = one;
    return 0;
}

static int choose_hierarchies(struct cg_tree *tree, const char *const *controllers,
                              struct cg_error **err)
{
    int r = 0;

    tree->hierarchies = calloc(tree->mounts->count, sizeof(*tree->hierarchies));
    if (!tree->hierarchies)
        return error_out_of_memory(err);
    for (size_t i = 0; r == 0 && controllers && controllers[i]; i++)
        r = add_hierarchy(tree, controllers[i], err);
    if (controllers)
        return r < 0 || tree->count > 0
                   ? r
                   : error_set(err, EINVAL, "cg_options.controllers names none");
    if (!(tree->flags & CG_GROUPED))
        return add_hierarchy(tree, "", err);
    for (size_t i = 0; i < tree->mounts->count; i++)
        tree->hierarchies[tree->count++] = &tree->mounts->hierarchies[i];
    return 0;
}

static int open_mounts(struct cg_tree *tree, const char *root, struct cg_error **err)
{
    const struct kernel *k = &kernel_real;
    const char *path = root ? root : "/";
    int dir = k->open_dir(k, KERNEL_TOP, path, NULL), r;

    if (dir < 0)
        return error_set(err, -dir, "%s: %s", path, strerror(-dir));
    r = mounts_open(k, dir, &tree->mounts, err);
    k->close_dir(k, dir);
    return r;
}

/* The child of that name; where it is missing, or is not in all of its parent's hierarchies, it is
 * made. */
static int make_child(struct cg_node **at, const char *name, struct cg_error **err)
{
    struct cg_node *child = (*at)->child;
    int r;

    while (child && strcmp(cg_node_name(child), name) != 0)
        child = child->sibling;
    r = child ? node_make_missing(*at, child, err) : cg_node_create(*at, name, &child, err);
    if (r == 0)
        *at = child;
    return r;
}

static int make_subtrees(struct cg_tree *tree, struct cg_error **err)
{
    int r = 0;

    for (char **subtree = tree->subtrees; r == 0 && *subtree; subtree++) {
        cleanup_free char *path = strdup(*subtree);
        struct cg_node *at = tree->root;
        char *rest = path, *name;

        if (!path)
            return error_out_of_memory(err);
        while (r == 0 && (name = strsep(&rest, "/")))
            r = *name ? make_child(&at, name, err) : 0;
    }
    return r;
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
    if (copy_list(options->subtrees, &tree->subtrees) < 0 ||
        copy_list(options->controllers, &tree->controllers) < 0)
        return error_out_of_memory(err);
    r = open_mounts(tree, options->root, err);
    if (r == 0)
        r = choose_hierarchies(tree, options->controllers, err);
    if (r < 0)
        return r;
    tree->root = node_new(tree, "");
    if (!tree->root)
        return error_out_of_memory(err);
    r = tree_walk(tree->root, err);
    if (r == 0 && tree->flags & CG_CREATE)
        r = make_subtrees(tree, err);
    if (r == 0)
        *ret = steal_pointer(&tree);
    return r;
}

struct cg_tree *cg_tree_close(struct cg_tree *tree)
{
    if (!tree)
        return NULL;
    node_free(tree->root);
    free_list(tree->subtrees);
    free_list(tree->controllers);
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
    return shared && strcmp(cg_node_name(a), cg_node_name(b)) == 0;
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
        while (before && node_name_compare(cg_node_name(before), cg_node_name(fresh)) < 0)
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
    struct cg_node *top = node ? node : tree->root, *fresh = node_new(tree, cg_node_name(top));
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
