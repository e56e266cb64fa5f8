/* libcgtree: Linux control groups as trees of nodes with typed attributes, on cgroup v1, v2 and
 * hybrid hosts, with libvirt's guests named where a tree is asked to.
 *
 * Conventions. Functions return 0 or -errno; `ret_*` outputs are left alone on failure; `err` may
 * be NULL, else it gets one sentence that names the file, the value and the way out. Handles are
 * opaque. Nothing here logs, exits or keeps global state: one tree belongs to one thread, distinct
 * trees to any threads. What is `borrowed` lives as long as the thing it came from. A `controller`
 * is the kernel's word ("cpu", "name=systemd"), "" is v2's own hierarchy, and NULL (where it says
 * so) the first hierarchy that the node is in.
 *
 * The kernel's words are in Documentation/admin-guide/cgroup-v1/ and cgroup-v2.rst; libvirt's
 * layout is on https://libvirt.org/cgroups.html. */
#ifndef CGTREE_H
#define CGTREE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#ifdef __cplusplus
extern "C" {
#endif

#pragma GCC visibility push(default)

struct cg_tree;
struct cg_node;
struct cg_attr;
struct cg_value;
struct cg_set;
struct cg_error;

/* ---- errors --------------------------------------------------------------------------------- */

int cg_error_errno(const struct cg_error *error);        /* positive; 0 for NULL */
const char *cg_error_text(const struct cg_error *error); /* borrowed */
struct cg_error *cg_error_free(struct cg_error *error);  /* NULL */

/* ---- sets of CPUs or memory nodes ----------------------------------------------------------- */

/* Numbers from 0 to CG_SET_MAX, in the kernel's list grammar ("0-3,8", strides "0-6:2/4" too;
 * Documentation/core-api/kernel-api.rst, bitmap_parselist). Immutable once made. */
#define CG_SET_MAX 65535

int cg_set_parse(const char *list, struct cg_set **ret, struct cg_error **err); /* "" is empty */
int cg_set_format(const struct cg_set *set, char **ret_list); /* canonical, "" for empty; free() */
int cg_set_from_bits(const unsigned long *bits, size_t words, struct cg_set **ret);
struct cg_set *cg_set_ref(struct cg_set *set);
struct cg_set *cg_set_unref(struct cg_set *set);      /* NULL */
int cg_set_next(const struct cg_set *set, int after); /* the next member > after, -1 at the end */
size_t cg_set_count(const struct cg_set *set);
bool cg_set_has(const struct cg_set *set, unsigned member);
bool cg_set_equal(const struct cg_set *a, const struct cg_set *b);
bool cg_set_contains(const struct cg_set *set, const struct cg_set *part); /* part is a subset */
int cg_set_union(const struct cg_set *a, const struct cg_set *b, struct cg_set **ret);
int cg_set_intersection(const struct cg_set *a, const struct cg_set *b, struct cg_set **ret);
/* The members of `a` that are not in `b`. */
int cg_set_difference(const struct cg_set *a, const struct cg_set *b, struct cg_set **ret);

/* ---- attributes: one row of a table a kernel file ------------------------------------------- */

/* Append only. */
enum cg_kind {
    CG_INT = 1,
    CG_UINT,   /* a count, a weight */
    CG_FLAG,   /* 0 or 1 */
    CG_BITS,   /* a bit field */
    CG_SIZE,   /* bytes, or CG_NO_LIMIT */
    CG_SET,    /* CPUs or memory nodes */
    CG_TABLE,  /* flat keyed: "KEY VALUE" lines */
    CG_NESTED, /* nested keyed: "KEY SUB=VALUE ..." lines */
    CG_LIST,   /* numbers separated by white space: tasks, CPU times */
    CG_QUOTA,  /* CPU bandwidth: quota and period */
    CG_TEXT,   /* anything else, as it stands */
};

#define CG_NO_LIMIT UINT64_MAX /* v1's -1, v2's "max" */

enum cg_attr_flags {
    CG_ATTR_READ_ONLY = 1,
    CG_ATTR_WRITE_ONLY = 2,
    CG_ATTR_NOT_ON_ROOT = 4,  /* the root of a hierarchy has no such file */
    CG_ATTR_PAGE_ROUNDED = 8, /* reads back rounded down to the page */
};

struct cg_quota {
    uint64_t quota_us; /* microseconds a period, or CG_NO_LIMIT */
    uint64_t period_us;
};

/* By the kernel's v1 or v2 name ("cpu.shares", "cpu.weight"); gives the face that this tree's host
 * has. Constant, never freed. -ENOENT: no such attribute; -EOPNOTSUPP: not on this host. */
int cg_attr_find(const struct cg_tree *tree, const char *name, const struct cg_attr **ret,
                 struct cg_error **err);
/* The attributes of this host, all or one controller's; `after` NULL starts, NULL ends. */
const struct cg_attr *cg_attr_next(const struct cg_tree *tree, const char *controller,
                                   const struct cg_attr *after);
const char *cg_attr_name(const struct cg_attr *attr);
const char *cg_attr_controller(const struct cg_attr *attr);
const char *cg_attr_file(const struct cg_attr *attr, unsigned index); /* NULL behind the last */
enum cg_kind cg_attr_kind(const struct cg_attr *attr);
unsigned cg_attr_flags(const struct cg_attr *attr);

/* ---- values: typed, immutable, counted ------------------------------------------------------ */

/* The kernel's text (or a user's) for that attribute; range and kind are checked (-ERANGE,
 * -EINVAL). With two files (v1's quota) the texts are joined by a space in the files' order. */
int cg_value_parse(const struct cg_attr *attr, const char *text, struct cg_value **ret,
                   struct cg_error **err);
int cg_value_format(const struct cg_value *value, char **ret_text); /* parse's inverse; free() */
bool cg_value_equal(const struct cg_value *a, const struct cg_value *b); /* page rounding known */
int cg_value_from_uint(const struct cg_attr *attr, uint64_t number, struct cg_value **ret,
                       struct cg_error **err);
int cg_value_from_set(const struct cg_attr *attr, const struct cg_set *set, struct cg_value **ret,
                      struct cg_error **err);
int cg_value_from_quota(const struct cg_attr *attr, const struct cg_quota *quota,
                        struct cg_value **ret, struct cg_error **err);
/* Accessors; one of another kind is -EINVAL. */
int cg_value_uint(const struct cg_value *value, uint64_t *ret); /* UINT, FLAG, BITS, SIZE */
int cg_value_int(const struct cg_value *value, int64_t *ret);
int cg_value_set(const struct cg_value *value, const struct cg_set **ret); /* borrowed */
int cg_value_quota(const struct cg_value *value, struct cg_quota *ret);
const char *cg_value_text(const struct cg_value *value); /* CG_TEXT, borrowed; NULL for others */
size_t cg_value_rows(const struct cg_value *value);      /* TABLE, NESTED, LIST; else 0 */
int cg_value_row(const struct cg_value *value, size_t index, const char **ret_key,
                 const char **ret_sub, uint64_t *ret); /* keys borrowed, NULL where none */
const struct cg_attr *cg_value_attr(const struct cg_value *value);
struct cg_value *cg_value_ref(struct cg_value *value);
struct cg_value *cg_value_unref(struct cg_value *value); /* NULL */

/* ---- trees ---------------------------------------------------------------------------------- */

enum cg_tree_flags {
    CG_GROUPED = 1, /* one node for the same place in every hierarchy */
    CG_GUESTS = 2,  /* libvirt's guests only, with their roles; implies CG_GROUPED */
};

struct cg_options {
    size_t size; /* sizeof(struct cg_options) */
    unsigned flags;
    int root_fd;                 /* where /proc and the mounts are looked up; -1: "/" */
    const char *controller;      /* without CG_GROUPED: whose hierarchy; NULL: v2's */
    const char *const *subtrees; /* paths below the root, NULL-terminated; NULL: everything */
};

int cg_tree_open(const struct cg_options *options, struct cg_tree **ret, struct cg_error **err);
/* Reads the sub-tree below `node` again (NULL: all of it). Nodes that went are freed; when `node`
 * itself went, it is freed and -ENOENT returned. */
int cg_tree_refresh(struct cg_tree *tree, struct cg_node *node, struct cg_error **err);
struct cg_tree *cg_tree_close(struct cg_tree *tree); /* NULL */
struct cg_node *cg_tree_root(const struct cg_tree *tree);
/* A path from the root ("/machine/x"), each component with or without .slice, .scope or
 * .partition; with CG_GUESTS also a guest's name, NAME or NAME/vcpu0, without a slash in front.
 * NULL: none, or several guests of that name (libvirt cuts names). */
struct cg_node *cg_tree_find(const struct cg_tree *tree, const char *path);

enum cg_node_kind { CG_ROOT = 1, CG_CONTROLLER_ROOT, CG_SLICE, CG_SCOPE, CG_GROUP };

/* What a guest's node is for. `index` is the N of vcpuN and iothreadN. */
enum cg_role_kind { CG_ROLE_NONE, CG_ROLE_VM, CG_ROLE_EMULATOR, CG_ROLE_VCPU, CG_ROLE_IOTHREAD };

struct cg_role {
    enum cg_role_kind kind;
    unsigned index;
};

/* Borrowed from the tree, good until its node goes in a refresh or the tree is closed. */
struct cg_node *cg_node_parent(const struct cg_node *node);
struct cg_node *cg_node_child(const struct cg_node *node); /* the first, by name (vcpu2 < vcpu10) */
struct cg_node *cg_node_sibling(const struct cg_node *node); /* the next */
/* The walk below `top`: pre-order from top itself, or post-order ending with it; `at` NULL starts,
 * NULL ends. */
struct cg_node *cg_node_next(const struct cg_node *top, const struct cg_node *at, bool post_order);
const char *cg_node_name(const struct cg_node *node);
int cg_node_path(const struct cg_node *node, char **ret);                              /* free() */
int cg_node_full_path(const struct cg_node *node, const char *controller, char **ret); /* free() */
enum cg_node_kind cg_node_kind(const struct cg_node *node);
struct cg_role cg_node_role(const struct cg_node *node);
const char *cg_node_guest(const struct cg_node *node); /* the hint in the path; NULL: no guest's */
int cg_node_guest_id(const struct cg_node *node);      /* libvirt's id, -1: none in the path */
/* The kernel's 64-bit id (the directory's inode number) in that controller's hierarchy; 0: the node
 * is not there. NULL: any. */
uint64_t cg_node_id(const struct cg_node *node, const char *controller);
/* A descriptor of the directory, the caller's to close. -ENOENT: gone; -ESTALE: made anew since the
 * tree read it. */
int cg_node_open(const struct cg_node *node, const char *controller, int *ret_fd,
                 struct cg_error **err);
/* The processes or threads in the node (and below it), sorted, once each; free() the list. */
int cg_node_tasks(const struct cg_node *node, const char *controller, bool threads, bool below,
                  pid_t **ret, size_t *ret_count, struct cg_error **err);
/* Makes a child in every hierarchy that the parent is in, or in none: a new v1 cpuset gets its
 * parent's cpus and mems, on v2 the parent's controllers are enabled for its children. The child
 * is borrowed from the tree. */
int cg_node_create(struct cg_node *parent, const char *name, struct cg_node **ret,
                   struct cg_error **err);
/* Removes the node, which must have no children and no tasks; the node is freed. */
int cg_node_delete(struct cg_node *node, struct cg_error **err);
/* Removes all nodes below that have no tasks; those that have any are left, without an error. */
int cg_node_delete_empty_children(struct cg_node *node, struct cg_error **err);

int cg_read(const struct cg_node *node, const struct cg_attr *attr, struct cg_value **ret,
            struct cg_error **err);
int cg_write(const struct cg_node *node, const struct cg_attr *attr, const struct cg_value *value,
             struct cg_error **err);

#pragma GCC visibility pop

#ifdef __cplusplus
}
#endif

#endif
