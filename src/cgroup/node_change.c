/* Makes and removes nodes, in every hierarchy or in none. */
#include "base/error.h"
#include "cgroup/node.h"
#include "cgroup/text.h"

#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>

static const char procs_file[] = "cgroup.procs";

static int change_error(const struct cg_node *node, const char *name, const char *mountpoint, int r,
                        const char *what, struct cg_error **err)
{
    cleanup_free char *quoted = text_quote(name);

    if (!quoted)
        return error_out_of_memory(err);
    error_set(err, -r, "%s %s in %s: %s", what, quoted, mountpoint, strerror(-r));
    node_error_prefix(node, err);
    return r;
}

/* Of a tree that is about some controllers, those alone are enabled. */
static bool is_chosen(const struct cg_tree *tree, const char *word, size_t length)
{
    char **name = tree->controllers;

    while (name && *name && **name && (strlen(*name) != length || memcmp(*name, word, length) != 0))
        name++;
    return !name || *name;
}

/* A group with processes of its own cannot have children that take any. With threaded controllers
 * alone the kernel would let it enable them, and the child would be of no use. The root may, and so
 * may what is threaded on purpose (cgroup-v2.rst, "No Internal Process Constraint", "Threads"). */
static bool may_enable(const struct kernel *k, int parent)
{
    cleanup_buffer struct buffer type = {0}, procs = {0};

    if (k->read(k, parent, "cgroup.type", &type) < 0 || strcmp(type.data, "domain\n") != 0)
        return true;
    return k->read(k, parent, procs_file, &procs) < 0 || procs.length == 0;
}

static int enable_one(const struct kernel *k, int parent, const char *name, size_t length,
                      struct cg_error **err)
{
    static const char file[] = "cgroup.subtree_control";
    char word[64];
    int r;

    if (length >= sizeof(word) - 1)
        return 0; /* no controller's name */
    snprintf(word, sizeof(word), "+%.*s", (int)length, name);
    r = may_enable(k, parent) ? k->write(k, parent, file, word) : -EBUSY;
    /* What a threaded group cannot have. */
    if (r >= 0 || r == -EOPNOTSUPP)
        return 0;
    return error_set(err, -r, "%s: enabling %s for children: %s%s", file, word + 1, strerror(-r),
                     r == -EBUSY ? ": the group has processes of its own, move them into a child"
                                 : "");
}

/* v2: a child has the controllers that its parent enables for children. */
static int enable_in(const struct cg_tree *tree, int parent, struct cg_error **err)
{
    const struct kernel *k = tree->mounts->kernel;
    cleanup_buffer struct buffer available = {0}, enabled = {0};
    int r = k->read(k, parent, "cgroup.controllers", &available);

    if (r == 0)
        r = k->read(k, parent, "cgroup.subtree_control", &enabled);
    if (r < 0)
        return error_set(err, -r, "cgroup.subtree_control: %s", strerror(-r));
    for (const char *at = available.data; r == 0 && *(at += strspn(at, " \n"));) {
        size_t length = strcspn(at, " \n");

        if (is_chosen(tree, at, length) && !text_has_word(enabled.data, at, length))
            r = enable_one(k, parent, at, length, err);
        at += length;
    }
    return r;
}

/* From the root down, since a parent can only enable what it has itself. Above the parent others
 * may be in charge: what is not permitted there is left as it is. */
static int enable_controllers(const struct cg_node *node, size_t hierarchy, struct cg_error **err)
{
    cleanup_close int fd = -1;
    int r;

    if (node->parent)
        (void)!enable_controllers(node->parent, hierarchy, NULL);
    r = node_open_at(node, hierarchy, &fd, err);
    if (r < 0)
        return r;
    r = enable_in(node->tree, fd, err);
    if (r < 0)
        node_error_prefix(node, err);
    return r;
}

/* v1: a new cpuset is empty and takes no task. */
static int inherit_cpuset(const struct kernel *k, int parent, int child, struct cg_error **err)
{
    static const char *const files[] = {"cpuset.cpus", "cpuset.mems"};

    for (size_t i = 0; i < ARRAY_SIZE(files); i++) {
        cleanup_buffer struct buffer text = {0};
        int r = k->read(k, parent, files[i], &text);

        if (r == 0)
            r = k->write(k, child, files[i], text.length ? text.data : "\n");
        if (r < 0)
            return error_set(err, -r, "%s: taking over the parent's: %s", files[i], strerror(-r));
    }
    return 0;
}

static bool is_v1_cpuset(const struct cg_node *node, size_t hierarchy)
{
    return node->tree->hierarchies[hierarchy]->version == 1 &&
           node_hierarchy(node, "cpuset") == (int)hierarchy;
}

static int create_in(struct cg_node *parent, struct cg_node *child, size_t hierarchy,
                     struct cg_error **err)
{
    const struct cg_hierarchy *where = parent->tree->hierarchies[hierarchy];
    const struct kernel *k = parent->tree->mounts->kernel;
    cleanup_close int above = -1, made = -1;
    uint64_t id = 0;
    int r = where->version == 2 ? enable_controllers(parent, hierarchy, err) : 0;

    if (r == 0)
        r = node_open_at(parent, hierarchy, &above, err);
    if (r < 0)
        return r;
    if (mkdirat(above, cg_node_name(child), 0755) < 0)
        return change_error(parent, cg_node_name(child), where->mountpoint, -errno, "making", err);
    made = k->open_dir(k, above, cg_node_name(child), &id);
    r = made < 0
            ? change_error(parent, cg_node_name(child), where->mountpoint, made, "opening", err)
            : 0;
    if (r == 0 && is_v1_cpuset(parent, hierarchy))
        r = inherit_cpuset(k, above, made, err);
    if (r < 0) {
        unlinkat(above, cg_node_name(child), AT_REMOVEDIR);
        return r;
    }
    child->ids[hierarchy] = id;
    return 0;
}

/* Removes the directory if it is still the node's. */
static int remove_in(struct cg_node *parent, struct cg_node *node, size_t hierarchy,
                     struct cg_error **err)
{
    const char *mountpoint = parent->tree->hierarchies[hierarchy]->mountpoint;
    cleanup_close int above = -1;
    struct stat status;
    int r = node_open_at(parent, hierarchy, &above, err);

    if (r == -ENOENT) {
        node->ids[hierarchy] = 0;
        return 0;
    }
    if (r < 0)
        return r;
    if (fstatat(above, cg_node_name(node), &status, AT_SYMLINK_NOFOLLOW) < 0)
        r = -errno;
    else if (status.st_ino != node->ids[hierarchy])
        r = -ESTALE;
    else if (unlinkat(above, cg_node_name(node), AT_REMOVEDIR) < 0)
        r = -errno;
    /* Gone already is what was asked for. */
    if (r < 0 && r != -ENOENT)
        return change_error(parent, cg_node_name(node), mountpoint, r, "removing", err);
    node->ids[hierarchy] = 0;
    return 0;
}

static bool is_name(const char *name)
{
    return *name && !strchr(name, '/') && strcmp(name, ".") != 0 && strcmp(name, "..") != 0;
}

int node_make_missing(struct cg_node *parent, struct cg_node *node, struct cg_error **err)
{
    size_t count = parent->tree->count;
    cleanup_free bool *made = calloc(count, sizeof(*made));
    int r = made ? 0 : error_out_of_memory(err);

    for (size_t i = 0; r == 0 && i < count; i++) {
        if (!parent->ids[i] || node->ids[i])
            continue;
        r = create_in(parent, node, i, err);
        made[i] = r == 0;
    }
    for (size_t i = 0; r < 0 && made && i < count; i++)
        if (made[i])
            (void)!remove_in(parent, node, i, NULL);
    return r;
}

int cg_node_create(struct cg_node *parent, const char *name, struct cg_node **ret,
                   struct cg_error **err)
{
    cleanup_free char *quoted = text_quote(name);
    struct cg_node *child;
    int r;

    if (!quoted)
        return error_out_of_memory(err);
    if (!is_name(name))
        return error_set(err, EINVAL, "%s is no name for a control group", quoted);
    child = node_new(parent->tree, name);
    if (!child)
        return error_out_of_memory(err);
    /* What it is for is told by its place. */
    child->parent = parent;
    r = node_classify(child) < 0 ? error_out_of_memory(err) : node_make_missing(parent, child, err);
    if (r < 0) {
        node_free(child);
        return r;
    }
    node_insert(parent, child);
    *ret = child;
    return 0;
}

static int check_empty(const struct cg_node *node, size_t hierarchy, struct cg_error **err)
{
    const char *mountpoint = node->tree->hierarchies[hierarchy]->mountpoint;
    const struct kernel *k = node->tree->mounts->kernel;
    cleanup_buffer struct buffer procs = {0};
    cleanup_close int fd = -1;
    int r = node_open_at(node, hierarchy, &fd, NULL);

    if (r == 0)
        r = k->read(k, fd, procs_file, &procs);
    if (r == 0 && procs.length > 0) {
        error_set(err, EBUSY, "there are processes in it in %s", mountpoint);
        node_error_prefix(node, err);
        return -EBUSY;
    }
    /* Whatever else there is, removing will say. */
    return 0;
}

int cg_node_delete(struct cg_node *node, struct cg_error **err)
{
    struct cg_node *parent = node->parent;
    int r = 0;

    if (!parent)
        return error_set(err, EINVAL, "the root of a hierarchy cannot be removed");
    if (node->child) {
        error_set(err, ENOTEMPTY, "it has children: remove them first");
        node_error_prefix(node, err);
        return -ENOTEMPTY;
    }
    for (size_t i = 0; r == 0 && i < node->tree->count; i++)
        r = node->ids[i] ? check_empty(node, i, err) : 0;
    for (size_t i = 0; r == 0 && i < node->tree->count; i++)
        r = node->ids[i] ? remove_in(parent, node, i, err) : 0;
    if (r < 0)
        return r;
    node_unlink(node);
    node_free(node);
    return 0;
}

int cg_node_delete_empty_children(struct cg_node *node, struct cg_error **err)
{
    struct cg_node *next;

    for (struct cg_node *at = cg_node_next(node, NULL, true); at != node; at = next) {
        cleanup_error struct cg_error *error = NULL;
        int r = 0;

        next = cg_node_next(node, at, true);
        if (!at->child)
            r = cg_node_delete(at, &error);
        if (r == 0 || r == -EBUSY || r == -ENOTEMPTY)
            continue;
        if (err) {
            cg_error_free(*err);
            *err = steal_pointer(&error);
        }
        return r;
    }
    return 0;
}
