/** @file
 * @brief libcgtree: Linux control groups as trees of nodes with typed attributes.
 *
 * It works on cgroup v1, v2 and hybrid hosts, and names libvirt's guests where a tree is asked to.
 *
 * **Conventions.** Functions return 0 or -errno; `ret_*` outputs are left alone on failure; `err`
 * may be NULL, else it gets one sentence that names the file, the value and the way out. Handles
 * are opaque. What is *borrowed* lives as long as the thing it came from; what is *the caller's* is
 * given back with the function that is named. Pointers must not be NULL but where it says so; the
 * functions that give something back take NULL as nothing. Any function that makes something can
 * fail with -ENOMEM.
 *
 * **Controllers** are the kernel's words ("cpu", "name=systemd"); "" is v2's own hierarchy, and
 * NULL, where it says so, the first hierarchy that the node is in.
 *
 * **Threads.** Nothing here logs, exits or keeps global state. One tree, with its nodes, belongs to
 * one thread at a time, distinct trees to any threads. Attributes are constant. Sets and values
 * count their references without a lock: those too are one thread's at a time.
 *
 * **Identity.** A node is known by its parent, its name and the kernel's 64-bit id of its directory
 * (the inode number). It holds no descriptor: it is opened when it is needed, and a directory that
 * was removed and made again under the same path is not taken for the old one (-ESTALE).
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

/** A tree of control groups: what was there when it was opened or refreshed. */
struct cg_tree;
/** One control group of a tree: one directory, or in a grouped tree one place in every hierarchy.
 */
struct cg_node;
/** An attribute: a kernel file with its type and range, or two that are one setting. Constant. */
struct cg_attr;
/** A typed value of an attribute. Immutable and counted. */
struct cg_value;
/** A set of CPUs or memory nodes. Immutable and counted. */
struct cg_set;
/** What went wrong: an errno for programs, one sentence for people. */
struct cg_error;

/** @defgroup errors Errors
 * @{ */

/** The errno behind the error, a positive number; 0 for NULL. */
int cg_error_errno(const struct cg_error *error);
/** The sentence: what was refused, where, and what to do. Borrowed from the error; for NULL, which
 * a failure without memory for its text leaves, "out of memory". */
const char *cg_error_text(const struct cg_error *error);
/** Gives an error back. Returns NULL. */
struct cg_error *cg_error_free(struct cg_error *error);

/** @}
 * @defgroup sets Sets of CPUs or memory nodes
 * Numbers from 0 to CG_SET_MAX, in the kernel's list grammar: "0-3,8", strides "0-6:2/4" too
 * (Documentation/core-api/kernel-api.rst, bitmap_parselist()).
 * @{ */

/** The highest number that a set can have. */
#define CG_SET_MAX 65535

/** Reads a list; "" is the empty set. -EINVAL: no list; -ERANGE: a number above CG_SET_MAX. The
 * set is the caller's: cg_set_unref(). */
int cg_set_parse(const char *list, struct cg_set **ret, struct cg_error **err);
/** Writes the list as the kernel does, without strides; "" for the empty set. free() it. */
int cg_set_format(const struct cg_set *set, char **ret_list);
/** From a bit mask as sched_getaffinity(2) has it: `words` times unsigned long, the lowest first.
 * -ERANGE: a bit above CG_SET_MAX. The set is the caller's: cg_set_unref(). */
int cg_set_from_bits(const unsigned long *bits, size_t words, struct cg_set **ret);
/** One more reference, which is the caller's. Returns the set. */
struct cg_set *cg_set_ref(struct cg_set *set);
/** Gives a reference back; the last one frees the set. Returns NULL. */
struct cg_set *cg_set_unref(struct cg_set *set);
/** The lowest member above `after`, which is -1 for the first; -1 at the end. */
int cg_set_next(const struct cg_set *set, int after);
/** How many members there are. */
size_t cg_set_count(const struct cg_set *set);
/** Whether the number is a member. */
bool cg_set_has(const struct cg_set *set, unsigned member);
/** Whether both have the same members. */
bool cg_set_equal(const struct cg_set *a, const struct cg_set *b);
/** Whether every member of `part` is one of `set`. */
bool cg_set_contains(const struct cg_set *set, const struct cg_set *part);
/** The members of either. The set is the caller's: cg_set_unref(). */
int cg_set_union(const struct cg_set *a, const struct cg_set *b, struct cg_set **ret);
/** The members of both. The set is the caller's: cg_set_unref(). */
int cg_set_intersection(const struct cg_set *a, const struct cg_set *b, struct cg_set **ret);
/** The members of `a` that are not in `b`. The set is the caller's: cg_set_unref(). */
int cg_set_difference(const struct cg_set *a, const struct cg_set *b, struct cg_set **ret);

/** @}
 * @defgroup attributes Attributes
 * One row of a table a kernel file. v1: Documentation/admin-guide/cgroup-v1/ and, for the CPU
 * controller, Documentation/scheduler/; v2: cgroup-v2.rst.
 * @{ */

/** What kind of value an attribute has. Append only. */
enum cg_kind {
    CG_INT = 1, /**< a number that may be negative */
    CG_UINT,    /**< a count, a weight */
    CG_FLAG,    /**< 0 or 1 */
    CG_BITS,    /**< a bit field */
    CG_SIZE,    /**< bytes, or #CG_NO_LIMIT */
    CG_SET,     /**< CPUs or memory nodes */
    CG_TABLE,   /**< flat keyed: "KEY VALUE" lines */
    CG_NESTED,  /**< nested keyed: "KEY SUB=VALUE ..." lines; a key without a number is left out;
                   io.stat's cost.vrate in hundredths of a percent */
    CG_LIST,    /**< numbers separated by white space: CPU times */
    CG_QUOTA,   /**< CPU bandwidth: quota and period */
    CG_TEXT,    /**< anything else, as it stands */
    CG_LIMIT,   /**< a number, or #CG_NO_LIMIT */
    CG_PERCENT, /**< hundredths of a percent, 10000 ("max") being the whole */
    CG_TASKS,   /**< processes or threads; one a line */
    CG_SPLIT,   /**< block I/O counters: "MAJOR:MINOR OPERATION NUMBER" lines, and those without a
                   device or an operation */
    CG_COLUMNS, /**< numbers in columns: the first line has their names, the others begin with a key
                 */
    CG_PRESSURE, /**< PSI, nested keyed: avg* in hundredths of a percent, total in microseconds
                    (Documentation/accounting/psi.rst) */
    CG_DEVICES,  /**< device access rules: "c 1:3 rwm" lines */
    CG_RATES, /**< device throttles, "MAJOR:MINOR NUMBER" lines: a second's bytes or operations, or
                 #CG_NO_LIMIT, which is written as 0 */
    CG_WEIGHTS, /**< "default NUMBER" and "MAJOR:MINOR NUMBER" lines; the number 0 is the word
                   "default", which takes a device's own weight away */
    CG_WORD,    /**< one of a few words; the kernel may show others than it takes */
    CG_NAMES,   /**< words separated by white space; to be written, each with + or - in front */
};

/** No limit: v1's -1, v2's "max". */
#define CG_NO_LIMIT UINT64_MAX

/** What else is known of an attribute; bits. */
enum cg_attr_flags {
    CG_ATTR_READ_ONLY = 1,     /**< the kernel takes no write */
    CG_ATTR_WRITE_ONLY = 2,    /**< a command: there is nothing to read */
    CG_ATTR_NOT_ON_ROOT = 4,   /**< the root of a hierarchy has no such file */
    CG_ATTR_PAGE_ROUNDED = 8,  /**< reads back rounded down to the page, or to the huge page */
    CG_ATTR_ONLY_ON_ROOT = 16, /**< only the root of a hierarchy has the file */
    CG_ATTR_RESET = 32,        /**< takes 0 alone, which starts the count or the maximum again */
    CG_ATTR_CONVERTED = 64,    /**< a value by its name on the other version of control groups is
                                  another number: cpu.shares and cpu.weight */
};

/** CPU bandwidth (Documentation/scheduler/sched-bwc.rst). */
struct cg_quota {
    uint64_t quota_us;  /**< microseconds of CPU time in each period, or #CG_NO_LIMIT */
    uint64_t period_us; /**< microseconds */
};

/** What a device access rule is about; bits. */
enum cg_device_access {
    CG_DEVICE_READ = 1,
    CG_DEVICE_WRITE = 2,
    CG_DEVICE_MKNOD = 4, /**< making the device's file */
};

/** As a major or minor number: all of them. */
#define CG_DEVICE_ANY (~0u)

/** A rule of v1's devices controller (Documentation/admin-guide/cgroup-v1/devices.rst). */
struct cg_device_rule {
    char type;       /**< 'a' all, 'b' block, 'c' character */
    unsigned major;  /**< the device's major number, or #CG_DEVICE_ANY */
    unsigned minor;  /**< its minor number, or #CG_DEVICE_ANY */
    unsigned access; /**< bits of enum cg_device_access */
};

/** How much a block device may do in a second
 * (Documentation/admin-guide/cgroup-v1/blkio-controller.rst, "Throttling"). */
struct cg_device_rate {
    unsigned major; /**< the device's major number */
    unsigned minor; /**< its minor number */
    uint64_t rate;  /**< bytes or operations, as the attribute says, or #CG_NO_LIMIT */
};

/** A row of a value that has rows. */
struct cg_row {
    const char *key; /**< the line's key, or NULL */
    const char *sub; /**< the key inside the line, or NULL */
    uint64_t number; /**< the number behind the keys, in the attribute's unit */
};

/** Finds an attribute by the kernel's v1 or v2 name ("cpu.shares", "cpu.weight") and gives the face
 * that this tree's host has. It is constant and never freed. -ENOENT: there is no such attribute;
 * -EOPNOTSUPP: this host's control groups have none. */
int cg_attr_find(const struct cg_tree *tree, const char *name, const struct cg_attr **ret,
                 struct cg_error **err);
/** The attributes of this host, all (NULL) or those of one controller ("": v2's own): the one
 * behind `after`, which is NULL for the first; NULL at the end. A name that a hybrid host has in
 * both versions (cpu.stat) is v1's, unless v2's own are asked for. */
const struct cg_attr *cg_attr_next(const struct cg_tree *tree, const char *controller,
                                   const struct cg_attr *after);
/** The kernel's name: "cpu.shares". */
const char *cg_attr_name(const struct cg_attr *attr);
/** The controller whose attribute it is: "cpu"; "" for the files that v2's hierarchy has whatever
 * its controllers are; NULL for those that every hierarchy of v1 has (tasks). */
const char *cg_attr_controller(const struct cg_attr *attr);
/** The name of its file number `index`, from 0; NULL behind the last. Only v1's quota has two. */
const char *cg_attr_file(const struct cg_attr *attr, unsigned index);
/** What kind of value it has. */
enum cg_kind cg_attr_kind(const struct cg_attr *attr);
/** Bits of enum cg_attr_flags. */
unsigned cg_attr_flags(const struct cg_attr *attr);

/** @}
 * @defgroup values Values
 * Typed, immutable, counted. Units are the kernel's: bytes, microseconds, what the attribute's
 * document says.
 * @{ */

/** Reads the kernel's text, or a user's, for that attribute; counts and bits may be hexadecimal
 * (0x10001). -EINVAL: not of its kind; -ERANGE: out of its range. With two files (v1's quota) the
 * texts are joined by a space, in the files' order. The value is the caller's: cg_value_unref(). */
int cg_value_parse(const struct cg_attr *attr, const char *text, struct cg_value **ret,
                   struct cg_error **err);
/** Writes the text that cg_value_parse() reads as this value. free() it. */
int cg_value_format(const struct cg_value *value, char **ret_text);
/** Whether both mean the same to the kernel: sizes that it rounds to the same page do. */
bool cg_value_equal(const struct cg_value *a, const struct cg_value *b);
/** A value of a #CG_UINT, #CG_FLAG, #CG_BITS, #CG_SIZE, #CG_LIMIT or #CG_PERCENT attribute,
 * #CG_NO_LIMIT where it has that. -EINVAL: another kind; -ERANGE. The value is the caller's:
 * cg_value_unref(). */
int cg_value_from_uint(const struct cg_attr *attr, uint64_t number, struct cg_value **ret,
                       struct cg_error **err);
/** A value of a #CG_INT attribute. -EINVAL: another kind; -ERANGE. The value is the caller's:
 * cg_value_unref(). */
int cg_value_from_int(const struct cg_attr *attr, int64_t number, struct cg_value **ret,
                      struct cg_error **err);
/** A value of an attribute whose values have rows; see cg_value_rows(). The keys are copied.
 * Rows of one line stand behind each other. -EINVAL: another kind, or not what such a row is: each
 * key is one word, and is there where the kind has it; -ERANGE. The value is the caller's:
 * cg_value_unref(). */
int cg_value_from_rows(const struct cg_attr *attr, const struct cg_row *rows, size_t count,
                       struct cg_value **ret, struct cg_error **err);
/** A value of a #CG_DEVICES attribute. -EINVAL: another kind, or no rule. The value is the
 * caller's: cg_value_unref(). */
int cg_value_from_device_rules(const struct cg_attr *attr, const struct cg_device_rule *rules,
                               size_t count, struct cg_value **ret, struct cg_error **err);
/** A value of a #CG_RATES attribute. -EINVAL: another kind. The value is the caller's:
 * cg_value_unref(). */
int cg_value_from_device_rates(const struct cg_attr *attr, const struct cg_device_rate *rates,
                               size_t count, struct cg_value **ret, struct cg_error **err);
/** A value of a #CG_SET attribute; it takes a reference of its own. -EINVAL: another kind. The
 * value is the caller's: cg_value_unref(). */
int cg_value_from_set(const struct cg_attr *attr, const struct cg_set *set, struct cg_value **ret,
                      struct cg_error **err);
/** A value of a #CG_QUOTA attribute. -EINVAL: another kind; -ERANGE. The value is the caller's:
 * cg_value_unref(). */
int cg_value_from_quota(const struct cg_attr *attr, const struct cg_quota *quota,
                        struct cg_value **ret, struct cg_error **err);
/** The number of a #CG_UINT, #CG_FLAG, #CG_BITS, #CG_SIZE, #CG_LIMIT or #CG_PERCENT value. -EINVAL:
 * another kind. */
int cg_value_uint(const struct cg_value *value, uint64_t *ret);
/** The number of a #CG_INT value. -EINVAL: another kind. */
int cg_value_int(const struct cg_value *value, int64_t *ret);
/** The set of a #CG_SET value, borrowed from it. -EINVAL: another kind. */
int cg_value_set(const struct cg_value *value, const struct cg_set **ret);
/** The two numbers of a #CG_QUOTA value. -EINVAL: another kind. */
int cg_value_quota(const struct cg_value *value, struct cg_quota *ret);
/** Rule `index`, from 0, of a #CG_DEVICES value. -EINVAL: another kind, or no such rule. */
int cg_value_device_rule(const struct cg_value *value, size_t index, struct cg_device_rule *ret);
/** Rate `index`, from 0, of a #CG_RATES value, which are its rows. -EINVAL: another kind, or no
 * such rate. */
int cg_value_device_rate(const struct cg_value *value, size_t index, struct cg_device_rate *ret);
/** The text of a #CG_TEXT or #CG_WORD value, borrowed from it; NULL for other kinds. */
const char *cg_value_text(const struct cg_value *value);
/** How many rows a value has: a #CG_TABLE, #CG_SPLIT, #CG_RATES or #CG_WEIGHTS value one for each
 * line, #CG_NESTED, #CG_PRESSURE and #CG_COLUMNS one for each number, #CG_LIST, #CG_TASKS and
 * #CG_NAMES one for each word, #CG_DEVICES one for each rule; 0 for other kinds. */
size_t cg_value_rows(const struct cg_value *value);
/** Row `index`, from 0, of such a value: its key, its key inside the line, its number; no rule of
 * #CG_DEVICES. The keys are borrowed from the value and NULL where the kind has none; #CG_NAMES has
 * no number (0). -EINVAL: there is no such row. */
int cg_value_row(const struct cg_value *value, size_t index, const char **ret_key,
                 const char **ret_sub, uint64_t *ret);
/** The attribute whose value it is. */
const struct cg_attr *cg_value_attr(const struct cg_value *value);
/** One more reference, which is the caller's. Returns the value. */
struct cg_value *cg_value_ref(struct cg_value *value);
/** Gives a reference back; the last one frees the value. Returns NULL. */
struct cg_value *cg_value_unref(struct cg_value *value);

/** @}
 * @defgroup trees Trees
 * @{ */

/** What a tree is to be; bits. */
enum cg_tree_flags {
    CG_GROUPED = 1, /**< one node for the same place in every hierarchy */
    CG_GUESTS = 2,  /**< libvirt's guests only, with their roles; implies #CG_GROUPED */
    CG_CREATE = 4,  /**< makes those of cg_options.subtrees that are missing; not with #CG_GUESTS */
};

/** What cg_tree_open() is to show. Begin with zeros and `size`. */
struct cg_options {
    size_t size;    /**< sizeof(struct cg_options) */
    unsigned flags; /**< of enum cg_tree_flags */
    /** The folder below which /proc and the mounts are looked up: another machine's files, or a
     * fixture's. NULL: `/`. */
    const char *root;
    /** Whose hierarchies are shown, NULL-terminated, each one once; the others are left out. NULL:
     * with #CG_GROUPED every hierarchy, else v2's. Without #CG_GROUPED all must be in one. */
    const char *const *controllers;
    /** Paths from the root, NULL-terminated: only these are read, and what leads there. NULL:
     * everything. */
    const char *const *subtrees;
};

/** Reads mountinfo and every directory that the options ask for. What vanishes meanwhile is left
 * out; what cannot be read is an error. -ENODEV: no such hierarchy is mounted; -EINVAL, -E2BIG:
 * wrong options. The tree is the caller's: cg_tree_close(). */
int cg_tree_open(const struct cg_options *options, struct cg_tree **ret, struct cg_error **err);
/** Reads what is below `node` again (NULL: all of the tree). A node that is still there stays the
 * same; one that went, or was made anew, is freed; so is, with #CG_GUESTS, one that leads to no
 * guest any more (a partition whose last guest ended; not `node` itself). When `node` itself went,
 * it is freed and -ENOENT returned. Any other failure changes nothing. */
int cg_tree_refresh(struct cg_tree *tree, struct cg_node *node, struct cg_error **err);
/** Gives the tree and all its nodes back. Returns NULL. */
struct cg_tree *cg_tree_close(struct cg_tree *tree);
/** The root. Borrowed from the tree. */
struct cg_node *cg_tree_root(const struct cg_tree *tree);
/** Finds a node by its path from the root ("/machine/x"), each component with or without .slice,
 * .scope or .partition (the exact name wins). In a tree with #CG_GUESTS a path without a slash in
 * front begins with a guest instead: its name, its UUID where its path bears that, or the name of
 * its scope or directory, alone or with a role: "web1", "web1/vcpu0". NULL: there is none, or there
 * are several guests of that name (libvirt cuts names). Borrowed from the tree. */
struct cg_node *cg_tree_find(const struct cg_tree *tree, const char *path);
/** Finds nodes whose own names match a pattern of glob(7), in pre-order: the one behind `after`,
 * which is NULL for the first; NULL at the end. Borrowed from the tree. */
struct cg_node *cg_tree_match(const struct cg_tree *tree, const char *pattern,
                              const struct cg_node *after);

/** @}
 * @defgroup nodes Nodes
 * Borrowed from the tree, and good until a refresh finds them gone, they are deleted or the tree is
 * closed.
 * @{ */

/** What a node is by its place and its name (systemd's units, libvirt's partitions). */
enum cg_node_kind {
    CG_ROOT = 1,        /**< the root of a grouped tree */
    CG_CONTROLLER_ROOT, /**< the root of one hierarchy */
    CG_SLICE,           /**< NAME.slice, NAME.partition */
    CG_SCOPE,           /**< NAME.scope */
    CG_GROUP,           /**< any other control group */
};

/** What a guest's node is for. */
enum cg_role_kind {
    CG_ROLE_NONE,     /**< no guest's, or none that libvirt names */
    CG_ROLE_VM,       /**< the guest as a whole */
    CG_ROLE_EMULATOR, /**< QEMU's own threads */
    CG_ROLE_VCPU,     /**< the thread of one vCPU */
    CG_ROLE_IOTHREAD, /**< one I/O thread */
};

/** A role with its number. */
struct cg_role {
    enum cg_role_kind kind; /**< what for */
    unsigned index;         /**< the N of vcpuN and iothreadN; 0 for others */
};

/** The node above; NULL for the root. */
struct cg_node *cg_node_parent(const struct cg_node *node);
/** The first child, in natural order of names (vcpu2 before vcpu10); NULL: it has none. */
struct cg_node *cg_node_child(const struct cg_node *node);
/** The next child of the same parent; NULL behind the last. */
struct cg_node *cg_node_sibling(const struct cg_node *node);
/** The walk over `top` and all below it: in pre-order, beginning with `top`, or in post-order,
 * ending with it. The node behind `at`, which is NULL for the first; NULL at the end. */
struct cg_node *cg_node_next(const struct cg_node *top, const struct cg_node *at, bool post_order);
/** The directory's name; "" for the root. Borrowed from the node. */
const char *cg_node_name(const struct cg_node *node);
/** The path from the root of the tree: "/machine.slice/x.scope", "/" for the root. free() it. */
int cg_node_path(const struct cg_node *node, char **ret);
/** The same, every component without .slice, .scope and .partition. cg_tree_find() takes it back.
 * free() it. */
int cg_node_short_path(const struct cg_node *node, char **ret);
/** The directory, in that controller's hierarchy (NULL: the first that the node is in), as that
 * machine has it: cg_options.root is not in front. -ENOENT: it is in none such. free() it. */
int cg_node_full_path(const struct cg_node *node, const char *controller, char **ret);
/** What it is by place and name. */
enum cg_node_kind cg_node_kind(const struct cg_node *node);
/** The controllers of the hierarchies that the node is in: those of one hierarchy for each `index`
 * from 0, separated by commas ("cpu,cpuacct", "name=systemd"); NULL behind the last. Of v2 these
 * are the root's, though a node has those alone that its parent enables; "" where v2 has none.
 * Borrowed from the tree. */
const char *cg_node_controllers(const struct cg_node *node, unsigned index);
/** The kernel's 64-bit id (the directory's inode number) in that controller's hierarchy (NULL:
 * any); 0: the node is not there. */
uint64_t cg_node_id(const struct cg_node *node, const char *controller);
/** Opens the directory, in that controller's hierarchy (NULL: any). The descriptor is the caller's
 * to close. -ENOENT: it is gone, or not in that hierarchy; -ESTALE: made anew since the tree read
 * it. */
int cg_node_open(const struct cg_node *node, const char *controller, int *ret_fd,
                 struct cg_error **err);
/** The processes, or the threads, in the node (with `below`, and in all below it), by number, each
 * one once. `controller` NULL: in every hierarchy that the node is in. In a threaded group of v2
 * -EOPNOTSUPP for processes. free() the list. */
int cg_node_tasks(const struct cg_node *node, const char *controller, bool threads, bool below,
                  pid_t **ret, size_t *ret_count, struct cg_error **err);

/** Makes a child in every hierarchy that the parent is in, or in none. It can be used at once: a
 * new cpuset of v1 gets its parent's cpus and mems (cpusets.rst); on v2 the tree's controllers are
 * enabled for children all the way down to the parent (cgroup-v2.rst, "Enabling and Disabling";
 * above the parent, as far as that is permitted), and stay so. -EEXIST; -EINVAL: not a name;
 * -EBUSY: a v2 parent has processes of its own. The child is borrowed from the tree. */
int cg_node_create(struct cg_node *parent, const char *name, struct cg_node **ret,
                   struct cg_error **err);
/** Removes the node from every hierarchy, and frees it. -ENOTEMPTY: it has children; -EBUSY: it has
 * processes; -EINVAL: it is the root; -ESTALE: made anew since the tree read it. These are looked
 * for first; a hierarchy that refuses all the same leaves it removed from those before. */
int cg_node_delete(struct cg_node *node, struct cg_error **err);
/** Removes all below the node that have no tasks, and frees them; those that have any are left,
 * without an error. */
int cg_node_delete_empty_children(struct cg_node *node, struct cg_error **err);

/** Reads an attribute of the node. -ENOENT: the node has no such file, is gone, or is in no
 * hierarchy that has the attribute; -ENODEV: gone while it was read; -ESTALE: made anew since the
 * tree read it; -EACCES: it can only be written, or this needs root; -EOPNOTSUPP: an attribute of
 * the other cgroup version, or the kernel has it no longer or not in a threaded group; -EINVAL,
 * -ERANGE: what the kernel says is not of its kind. The value is the caller's: cg_value_unref(). */
int cg_read(const struct cg_node *node, const struct cg_attr *attr, struct cg_value **ret,
            struct cg_error **err);
/** The same in the hierarchy of that controller: for v1's files that every hierarchy has (tasks),
 * which cg_read() reads in the first one that the node is in. */
int cg_read_in(const struct cg_node *node, const char *controller, const struct cg_attr *attr,
               struct cg_value **ret, struct cg_error **err);
/** Writes an attribute of the node. Another attribute's value (that of cpuset.cpus.effective: make
 * one of its set) is refused before the kernel is asked (-EINVAL), and so is what can only be read
 * (-EACCES); of the kernel's own refusals, any errno, `err` tells what they mean and what to do.
 * Else as cg_read(). Of two files both are written, in the order in which the kernel takes them. Of
 * kinds that are lines, each is written by itself, up to the first that is refused, and what has no
 * line stays as it is (-EINVAL: there is none): tasks are moved into the group one by one; of
 * memory.oom_control, oom_kill_disable is written. */
int cg_write(const struct cg_node *node, const struct cg_attr *attr, const struct cg_value *value,
             struct cg_error **err);
/** The same in the hierarchy of that controller, as cg_read_in(). */
int cg_write_in(const struct cg_node *node, const char *controller, const struct cg_attr *attr,
                const struct cg_value *value, struct cg_error **err);

/** @}
 * @defgroup guests libvirt's guests
 * Names in paths are hints: libvirt drops characters and cuts them. An id is exact while libvirt
 * runs on, a UUID always. Every layout is known: without systemd (DRIVER-ID-NAME.libvirt-DRIVER),
 * with it (machine-DRIVER\\x2dID\\x2dNAME.scope), partitions of one's own, and the old ones by UUID
 * and by name.
 * @{ */

/** The role of a guest's node; #CG_ROLE_NONE for any other. */
struct cg_role cg_node_role(const struct cg_node *node);
/** The guest's name as its path has it, or what stands for it there; NULL: no guest's node.
 * Borrowed from the tree. */
const char *cg_node_guest(const struct cg_node *node);
/** libvirt's id of the guest; -1: its path has none. */
int cg_node_guest_id(const struct cg_node *node);
/** The guest's UUID where its path bears it, as old ones do; else NULL. Borrowed from the tree. */
const char *cg_node_guest_uuid(const struct cg_node *node);
/** The guests of the tree, each as its own node (#CG_ROLE_VM): the one behind `after`, which is
 * NULL for the first; NULL at the end. */
struct cg_node *cg_guest_next(const struct cg_tree *tree, const struct cg_node *after);
/** The guest that libvirt gave that id; NULL: none, or several (of different drivers). */
struct cg_node *cg_guest_by_id(const struct cg_tree *tree, int id);

/** What a caller knows of a guest, since modern paths bear no UUID. */
struct cg_guest_key {
    const char *uuid; /**< with dashes, in either case */
    int id;           /**< libvirt's id, -1: not known */
    const char *name; /**< looked for where the id is not known; NULL: not known */
};

/** The guest with that UUID: by its path where that bears it, else through the map of `count`
 * entries (NULL with 0). NULL: none, or several that it might be. */
struct cg_node *cg_guest_by_uuid(const struct cg_tree *tree, const char *uuid,
                                 const struct cg_guest_key *map, size_t count);
/** The guest's nodes for that purpose in order of number: the one behind `after`, which is NULL for
 * the first; NULL at the end. `guest` is one of cg_guest_next(). */
struct cg_node *cg_guest_node(const struct cg_node *guest, enum cg_role_kind role,
                              const struct cg_node *after);

/** @} */

#pragma GCC visibility pop

#ifdef __cplusplus
}
#endif

#endif
