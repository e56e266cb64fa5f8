/* Reads directories into a tree. What vanishes while it is read is left out; what cannot be read
 * is an error, so that a tree is never silently a part of the truth. */
#include "base/array.h"
#include "base/error.h"
#include "cgroup/node.h"

#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>

/* The children that one hierarchy has at one place, not yet in the tree. */
struct listing {
    size_t count, size;
    struct cg_node **nodes;
};

static void listing_release(struct listing *listing)
{
    for (size_t i = 0; i < listing->count; i++)
        node_free(listing->nodes[i]);
    free(listing->nodes);
}

static int listing_add(struct listing *listing, struct cg_tree *tree, size_t hierarchy,
                       const char *name, uint64_t id)
{
    struct cg_node *node;

    if (array_grow(&listing->nodes, listing->count, &listing->size) < 0)
        return -ENOMEM;
    node = node_new(tree, name);
    if (!node)
        return -ENOMEM;
    node->ids[hierarchy] = id;
    listing->nodes[listing->count++] = node;
    return 0;
}

static bool is_below(const char *path, const char *top)
{
    size_t length = strlen(top);

    return strncmp(path, top, length) == 0 && (length == 0 || !path[length] || path[length] == '/');
}

/* Whether `name` in the directory `path` (from the root, no slash in front) leads to one of the
 * sub-trees that the tree is about, or lies in it. */
static bool is_wanted(const struct cg_tree *tree, const char *path, const char *name)
{
    cleanup_free char *whole = NULL;

    if (!tree->subtrees)
        return true;
    if (asprintf(&whole, "%s%s%s", path, *path ? "/" : "", name) < 0)
        return true;
    for (char **top = tree->subtrees; *top; top++)
        if (is_below(whole, *top) || is_below(*top, whole))
            return true;
    return false;
}

static bool is_directory(DIR *dir, const struct dirent *entry)
{
    struct stat status;

    if (strcmp(entry->d_name, ".") == 0 || strcmp(entry->d_name, "..") == 0)
        return false;
    if (entry->d_type != DT_UNKNOWN)
        return entry->d_type == DT_DIR;
    return fstatat(dirfd(dir), entry->d_name, &status, AT_SYMLINK_NOFOLLOW) == 0 &&
           S_ISDIR(status.st_mode);
}

/* In cgroupfs (kernfs) d_ino is the directory's st_ino and the kernel's id. */
static int list_children(struct cg_tree *tree, size_t hierarchy, int fd, const char *path,
                         struct listing *listing)
{
    cleanup_closedir DIR *dir = fdopendir(fd);
    const struct dirent *entry;
    int r = 0;

    if (!dir) {
        r = -errno;
        close(fd);
        return r;
    }
    for (errno = 0; r == 0 && (entry = readdir(dir)); errno = 0)
        if (is_directory(dir, entry) && is_wanted(tree, path, entry->d_name))
            r = listing_add(listing, tree, hierarchy, entry->d_name, entry->d_ino);
    return r < 0 ? r : -errno;
}

static int by_name(const void *a, const void *b)
{
    const struct cg_node *const *left = a, *const *right = b;

    return node_name_compare(cg_node_name(*left), cg_node_name(*right));
}

/* Both are sorted, so that many children cost no search each. */
static void merge(struct cg_node *parent, struct listing *listing, size_t hierarchy)
{
    struct cg_node **link = &parent->child;

    if (listing->count > 0)
        qsort(listing->nodes, listing->count, sizeof(struct cg_node *), by_name);
    for (size_t i = 0; i < listing->count; i++) {
        struct cg_node *node = listing->nodes[i];
        int order = -1;

        while (*link && (order = node_name_compare(cg_node_name(*link), cg_node_name(node))) < 0)
            link = &(*link)->sibling;
        if (*link && order == 0) {
            (*link)->ids[hierarchy] = node->ids[hierarchy];
            node_free(node);
            continue;
        }
        node->parent = parent;
        node->sibling = *link;
        *link = node;
    }
    listing->count = 0;
}

static bool is_vanished(int r)
{
    return r == -ENOENT || r == -ENODEV || r == -ENOTDIR;
}

/* Reads the children of one node in one hierarchy. A directory with two links has none: looking
 * costs less than listing its files. */
static int visit(struct cg_node *node, size_t hierarchy)
{
    const struct cg_hierarchy *where = node->tree->hierarchies[hierarchy];
    const struct kernel *k = node->tree->mounts->kernel;
    cleanup_with(listing_release) struct listing listing = {0};
    cleanup_free char *path = NULL;
    const char *below;
    struct stat status;
    int fd, r = cg_node_path(node, &path);

    if (r < 0)
        return r;
    below = path + 1;
    if (fstatat(where->dir, *below ? below : ".", &status, AT_SYMLINK_NOFOLLOW) < 0)
        return -errno;
    node->ids[hierarchy] = status.st_ino;
    if (status.st_nlink == 2)
        return 0;
    /* Made anew in between, it is another one: that one's children are listed. */
    fd = k->open_dir(k, where->dir, below, &node->ids[hierarchy]);
    if (fd < 0)
        return fd;
    r = list_children(node->tree, hierarchy, fd, below, &listing);
    if (r == 0)
        merge(node, &listing, hierarchy);
    return r;
}

static int walk_hierarchy(struct cg_node *top, size_t hierarchy, struct cg_error **err)
{
    struct cg_node *next;

    for (struct cg_node *node = top; node; node = next) {
        int r = node->ids[hierarchy] || node == top ? visit(node, hierarchy) : 0;

        if (is_vanished(r)) {
            node->ids[hierarchy] = 0;
        } else if (r < 0) {
            error_set(err, -r, "%s", strerror(-r));
            node_error_prefix(node, err);
            error_prefix(err, r, "%s", top->tree->hierarchies[hierarchy]->mountpoint);
            return r;
        }
        next = node->ids[hierarchy] ? cg_node_next(top, node, false) : node_next_beside(top, node);
    }
    return 0;
}

/* Guests' trees keep what is in a guest's node and what leads there. */
static bool is_superfluous(const struct cg_node *node)
{
    if (node_is_gone(node))
        return true;
    return node->tree->flags & CG_GUESTS && !node->child && !cg_node_guest(node);
}

static void prune(struct cg_node *top)
{
    struct cg_node *next;

    for (struct cg_node *node = cg_node_next(top, NULL, true); node != top; node = next) {
        next = cg_node_next(top, node, true);
        if (!is_superfluous(node))
            continue;
        node_unlink(node);
        node_free(node);
    }
}

int tree_walk(struct cg_node *top, struct cg_error **err)
{
    for (size_t i = 0; i < top->tree->count; i++) {
        int r = walk_hierarchy(top, i, err);

        if (r < 0)
            return r;
    }
    for (struct cg_node *node = top; node; node = cg_node_next(top, node, false))
        if (node->parent && node_classify(node) < 0)
            return error_out_of_memory(err);
    prune(top);
    return 0;
}
