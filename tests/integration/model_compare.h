/* Does the model of the kernel do what the kernel does? The same random operations on a small tree
 * of control groups in both, every answer and every file compared. It writes below a group of its
 * own alone. */
#ifndef INTEGRATION_MODEL_COMPARE_H
#define INTEGRATION_MODEL_COMPARE_H

#include "host/host.h"
#include "model/kernel_model.h"

#define COMPARE_THREADS 4
#define COMPARE_USED    (24u << 20) /* bytes that the child has allocated */

/* How values for a file are made up. */
enum compare_kind {
    COMPARE_READ, /* read only, in any order of lines */
    COMPARE_CPUS,
    COMPARE_MEMS,
    COMPARE_FLAG,
    COMPARE_SHARES,
    COMPARE_WEIGHT,
    COMPARE_QUOTA,
    COMPARE_PERIOD,
    COMPARE_MAX,
    COMPARE_BYTES,
    COMPARE_SUBTREE,
};

struct compare_file {
    const char *name;
    enum compare_kind kind;
};

/* A tree in one hierarchy; `files` ends with a row without a name. */
struct compare_tree {
    const char *controller;
    const struct compare_file *files;
    const struct cg_hierarchy *hierarchy;
};

struct spot { /* a node in both */
    const struct compare_tree *tree;
    char *path; /* below the hierarchy's root */
    bool threaded;
    bool home, used; /* the child's memory counts here; here or below */
    int handles[2];  /* the kernel's, the model's */
};

struct compare {
    struct host *host; /* the real one */
    struct model *model;
    const struct kernel *kernels[2];
    struct compare_tree *trees;
    size_t tree_count;
    char *base; /* the group's name */
    struct spot *spots;
    size_t spot_count;
    pid_t child;
    pid_t threads[COMPARE_THREADS]; /* the first is the child itself */
    int procs[2];                   /* handles of /proc */
    bool may_hotplug;               /* the machine is the test's own: VMPIN_TEST_OWN_MACHINE */
    uint64_t random;
    char *log; /* the last operations, for a human */
    char *difference;
    char *dump; /* the model when they differed */
};

/* Opens this host and a model like it. -errno; -EOPNOTSUPP: *ret_why says what is missing. */
int compare_open(struct compare *c, int version, char **ret_why);
/* Starts a round: the base group in each tree. */
int compare_start(struct compare *c, struct compare_tree *trees, size_t count, uint64_t seed);
/* The child, with its threads and its memory in the node `home` of each tree. */
int compare_child(struct compare *c, const char *home);
void compare_child_end(struct compare *c);
/* Each operation is done on both; false, and c->difference, when they differ. */
bool compare_mkdir(struct compare *c, const struct compare_tree *tree, const char *path,
                   bool threaded);
bool compare_rmdir(struct compare *c, struct spot *spot);
bool compare_affinity(struct compare *c, pid_t tid, const char *cpus);
bool compare_write(struct compare *c, struct spot *spot, const char *file, const char *text);
bool compare_hotplug(struct compare *c, uint64_t online);
bool compare_all(struct compare *c); /* every file of every node, and the threads' masks */
bool compare_random(struct compare *c);
struct spot *compare_spot(const struct compare *c, const struct compare_tree *tree,
                          const char *path);
void compare_end(struct compare *c); /* of a round: the child ends, the groups go */
void compare_close(struct compare *c);

/* It never gets children: their mere existence counts as memory of their parent. */
bool compare_is_leaf(const struct spot *spot);
uint64_t compare_pick(struct compare *c, uint64_t below);
char *compare_value(struct compare *c, const struct spot *spot, enum compare_kind kind);

/* The whole program: `round` starts and fills a round; `count` operations each. TAP. */
typedef int (*compare_round)(struct compare *c, uint64_t seed);
int compare_main(int argc, char **argv, int version, compare_round round);

#endif
