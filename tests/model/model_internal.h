/* The model's parts as its files share them. */
#ifndef MODEL_INTERNAL_H
#define MODEL_INTERNAL_H

#include "model/kernel_model.h"

#define MODEL_PAGE        4096u
#define NO_LIMIT_PAGES    ((uint64_t)INT64_MAX / MODEL_PAGE) /* PAGE_COUNTER_MAX */
#define NO_QUOTA          UINT64_MAX                         /* RUNTIME_INF */
#define MODEL_HIERARCHIES 4

enum model_controller { MODEL_CPU = 1, MODEL_CPUSET = 2, MODEL_MEMORY = 4, MODEL_ALL = 7 };
#define MODEL_THREADED (MODEL_CPU | MODEL_CPUSET) /* controllers that threaded nodes can have */

struct model_node {
    struct model_hierarchy *hierarchy;
    struct model_node *parent, *child, *sibling; /* children in the order of their making */
    struct model_node *older;                    /* list of all that were ever made */
    char *name;
    uint64_t id;
    bool removed;
    bool threaded;        /* v2 */
    unsigned controllers; /* whose files it has */
    unsigned subtree;     /* v2: those that its children get */
    struct {
        uint64_t cpus, mems, effective_cpus, effective_mems;
        bool migrate;
    } cpuset;
    struct {
        uint64_t shares, quota, period, burst; /* v2's weight is kept as shares too */
    } cpu;
    struct { /* pages */
        uint64_t limit, swap, soft, high, low, min, used;
    } memory;
};

struct model_hierarchy {
    unsigned index;
    int version;
    unsigned controllers;
    const char *names;      /* "cpu", as in /proc/PID/cgroup; "" for v2 */
    const char *mountpoint; /* "/sys/fs/cgroup/cpu" */
    struct model_node *root;
};

struct model_thread {
    struct model_thread *next;
    pid_t pid, tid;
    char *comm;
    uint64_t start_time;
    uint64_t mask;      /* Cpus_allowed */
    uint64_t user_mask; /* sched_setaffinity(2)'s, 0: none */
    struct model_node *nodes[MODEL_HIERARCHIES];
};

struct model_file {
    struct model_file *next;
    char *path, *text;
};

struct model_handle {
    bool open;
    char *path;              /* outside of the control groups; else NULL */
    struct model_node *node; /* may be removed by now */
};

struct model {
    struct kernel kernel; /* first: the port's operations get back from it to the model */
    int version;
    uint64_t possible, online, mems;
    unsigned mems_limit;
    bool forgets_masks, no_swap_files;
    struct model_hierarchy hierarchies[MODEL_HIERARCHIES];
    unsigned hierarchy_count;
    struct model_node *nodes; /* all that were ever made: handles outlive rmdir */
    struct model_thread *threads;
    struct model_file *files;
    struct model_handle *handles;
    unsigned handle_count, kills;
    uint64_t last_id, clock;
};

/* A control group file. `write` NULL: reading alone. */
struct model_attribute {
    const char *name;
    int version;         /* 0: both */
    unsigned controller; /* 0: every node has it */
    bool not_on_root;
    int (*read)(struct model *model, struct model_node *node, struct buffer *into);
    int (*write)(struct model *model, struct model_node *node, const char *text);
};
/* Tables that end with a row without a name. */
extern const struct model_attribute model_cpu_files[], model_cpuset_files[], model_memory_files[],
    model_task_files[], model_unified_files[];

/* kernel_model.c */
struct model_hierarchy *model_hierarchy(const struct model *model, const char *controller);
struct model_node *model_find(const struct model_hierarchy *hierarchy, const char *path);
struct model_node *model_walk(struct model_node *node, const char *path); /* NULL: not there */
int model_node_write(struct model *model, struct model_node *node, const char *file,
                     const char *text);
int model_node_read(struct model *model, struct model_node *node, const char *file,
                    struct buffer *into);
/* v2: gives and takes controllers. */
void model_node_controllers(struct model *model, struct model_node *node, unsigned controllers);
char *model_node_path(const struct model_node *node); /* "/machine/x", "/" for a root; free() */

/* model_port.c */
extern const struct kernel model_port; /* to be copied into a model */

/* model_util.c: out of memory ends the program */
void *model_alloc(size_t size);
char *model_format(const char *format, ...) printf_like(1, 2);
void model_put(struct buffer *into, const char *format, ...) printf_like(2, 3);
void model_die(const char *format, ...) printf_like(1, 2) __attribute__((noreturn));

/* model_text.c: the kernel's ways to read what is written, errors as there */
int model_parse_list(const char *text, unsigned bits, uint64_t *ret); /* bitmap_parselist() */
uint64_t model_list(const char *text);                                /* must be one */
void model_put_list(struct buffer *into, uint64_t set);
int model_parse_u64(const char *text, uint64_t *ret);              /* kstrtoull(text, 0) */
int model_parse_s64(const char *text, int64_t *ret);               /* kstrtoll(text, 0) */
uint64_t model_parse_size(const char *text, const char **ret_end); /* memparse() */
bool model_parse_decimal(const char *text, uint64_t *ret);         /* sscanf's %llu */
char *model_strip(const char *text);                               /* strstrip(), a copy */

/* model_cpuset.c */
void model_cpuset_init(struct model *model, struct model_node *node);
int model_cpuset_may_attach(const struct model_node *node);
/* Are threads there in one cpuset? On v2 not every node has one. */
bool model_cpuset_same(const struct model_node *a, const struct model_node *b);
void model_cpuset_attach(struct model *model, struct model_thread *thread);
void model_cpuset_attach_all(struct model *model, const struct model_node *node);
void model_cpuset_online(struct model *model, struct model_hierarchy *hierarchy);
int model_thread_affinity(struct model *model, struct model_thread *thread, uint64_t cpus);

/* model_tasks.c */
struct model_thread *model_thread_find(const struct model *model, pid_t tid);
bool model_populated(const struct model *model, const struct model_node *node); /* below it too */
/* `attach`: it comes into another cpuset, which resets its mask. */
int model_thread_move(struct model *model, struct model_thread *thread, struct model_node *node,
                      bool attach);

/* model_unified.c */
const struct model_node *model_domain(const struct model_node *node); /* whose processes it has */
int model_may_thread(const struct model *model, const struct model_node *parent);
int model_may_host(const struct model *model, const struct model_node *node);

/* model_host.c: everything outside of the control groups */
int model_host_read(struct model *model, const char *path, struct buffer *into);
bool model_host_has_directory(const struct model *model, const char *path);
void model_host_init(struct model *model);
void model_host_cpus(struct model *model);

#endif
