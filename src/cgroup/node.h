/* Nodes and trees inside libcgtree. A node is an identity (parent, name, the kernel's id in each
 * hierarchy); it holds no descriptor and believes nothing about its directory until opened. */
#ifndef CGROUP_NODE_H
#define CGROUP_NODE_H

#include "cgroup/attr.h"

/* What the path of a guest's own node says of it. */
struct guest {
    int id;      /* libvirt's, -1: none in the path */
    char name[]; /* as the path has it */
};

/* A tree has ten thousands of these, so nothing is kept that can be told from the rest: a role is
 * the name's below a guest's node, and the name itself is behind the ids. */
struct cg_node {
    struct cg_tree *tree;
    struct cg_node *parent, *child, *sibling; /* children stand in natural order */
    struct guest *guest;                      /* NULL: not a guest's own node */
    uint64_t ids[]; /* one for each of the tree's hierarchies, 0: not there */
};

struct cg_tree {
    unsigned flags;
    struct cg_mounts *mounts;
    size_t count; /* of hierarchies that the tree is about, in mountinfo's order */
    const struct cg_hierarchy **hierarchies;
    char **controllers; /* that were chosen by name; NULL: all */
    char **subtrees;    /* without slashes around them; NULL: everything */
    struct cg_node *root;
};

/* A node that is in no tree's list yet. NULL when out of memory. */
struct cg_node *node_new(struct cg_tree *tree, const char *name);
/* Frees a node and all below it. It must be out of its parent's list. */
void node_free(struct cg_node *node);
void node_unlink(struct cg_node *node);
/* Puts the node among the children of `parent`. */
void node_insert(struct cg_node *parent, struct cg_node *node);
int node_name_compare(const char *a, const char *b);
bool node_is_gone(const struct cg_node *node); /* it is in no hierarchy */
/* The next in pre-order that is not below `at`. */
struct cg_node *node_next_beside(const struct cg_node *top, const struct cg_node *at);

/* Which of the tree's hierarchies has the controller: its place, or -1. "" is v2's; NULL is the
 * first that `node` is in. */
int node_hierarchy(const struct cg_node *node, const char *controller);
/* The same, and that the node is in it: -ENOENT else. */
int node_require(const struct cg_node *node, const char *controller, struct cg_error **err);
/* Opens the node in the hierarchy at that place of the tree's, its id compared. */
int node_open_at(const struct cg_node *node, size_t hierarchy, int *ret_fd, struct cg_error **err);
/* The length of the name without .slice, .scope or .partition. */
size_t node_short_length(const char *name);
/* guest.c: reads from the path whether this is a guest's own node: `guest`. */
int node_classify(struct cg_node *node);
/* Puts the node's path in front of the error's text. */
void node_error_prefix(const struct cg_node *node, struct cg_error **err);

/* node_change.c: makes `node`, a child of `parent` by its name, in those of the parent's
 * hierarchies in which it is not yet; what was made is removed again when one refuses. */
int node_make_missing(struct cg_node *parent, struct cg_node *node, struct cg_error **err);

/* walk.c: reads every directory below the childless node `top`. */
int tree_walk(struct cg_node *top, struct cg_error **err);

#endif
