/* A host's control groups in memory, as a `struct kernel`: trees of nodes, processes and their
 * threads, and the files of /proc, /sys and /run that vmpin reads. It enforces the kernel's rules
 * for cpu, cpuset and memory on v1 and v2, so an order of writes that the kernel would refuse is
 * refused here too. It has no time, no pressure and no scheduling: what those decide, it is told.
 *
 * tests/integration/test_model_v1 and test_model_v2 compare it with the kernel that runs them.
 * Sources: kernel/cgroup/cpuset.c and cpuset-v1.c, kernel/sched/core.c, mm/memcontrol.c and
 * memcontrol-v1.c; Documentation/admin-guide/cgroup-v2.rst.
 *
 * Paths have no slash in front ("machine/qemu-1-a.libvirt-qemu"), "" is a hierarchy's root. A
 * hierarchy is named by any of its controllers ("cpu", "cpuset", "memory"), v2's beside v1 by "".
 * CPUs and memory nodes go up to 63. Running out of memory ends the test program. */
#ifndef MODEL_KERNEL_MODEL_H
#define MODEL_KERNEL_MODEL_H

#include "cgroup/kernel.h"

struct model;

struct model_options {
    int version;         /* of the hierarchies of cpu, cpuset and memory: 1 or 2 */
    bool hybrid;         /* with version 1: an empty v2 hierarchy beside them */
    const char *cpus;    /* possible and present, a list; NULL: "0-7" */
    const char *online;  /* NULL: all */
    const char *mems;    /* memory nodes; NULL: "0-1" */
    unsigned mems_limit; /* the kernel's MAX_NUMNODES; 0: 1024 */
    bool forgets_masks;  /* as before Linux 6.2: a cpuset write ends sched_setaffinity(2)'s mask */
    bool no_swap_files;  /* no swap accounting: neither memory.memsw.* nor memory.swap.* */
};

struct model *model_new(const struct model_options *options); /* NULL: v1 with the defaults */
struct model *model_free(struct model *model);                /* NULL */
DEFINE_CLEANUP(struct model *, model_free);
#define cleanup_model cleanup_with(model_freep)

const struct kernel *model_kernel(struct model *model); /* borrowed */
unsigned model_handles(const struct model *model);      /* directories that are still open */

/* ---- nodes ---------------------------------------------------------------------------------- */

/* mkdir(2): -ENOENT, -EEXIST. A new v1 cpuset is empty. `threaded` is for v2: the node is made
 * threaded at once (-EOPNOTSUPP where its parent's domain cannot have that). */
int model_mkdir(struct model *model, const char *controller, const char *path, bool threaded);
/* As mkdir -p in the hierarchy of each controller of the comma separated list; new v1 cpusets get
 * what their parent has. */
void model_make(struct model *model, const char *controllers, const char *path);
int model_rmdir(struct model *model, const char *controller, const char *path);
bool model_exists(const struct model *model, const char *controller, const char *path);

/* One file of a node; as the port does it, without a handle. */
int model_write(struct model *model, const char *controller, const char *path, const char *file,
                const char *text);
char *model_read(struct model *model, const char *controller, const char *path,
                 const char *file); /* without the last newline, free(); NULL: it cannot be read */

/* Memory that tasks of the node have allocated there, in bytes. */
void model_use_memory(struct model *model, const char *path, uint64_t bytes);
/* How often a limit below what is used would have had the kernel kill (v2). */
unsigned model_kills(const struct model *model);

/* Everything that can be written, of every node, a line each:
 * "cpuset:/machine/x cpuset.cpus 0-3". Sorted as the tree was made; free(). */
char *model_dump(struct model *model);

/* ---- tasks ---------------------------------------------------------------------------------- */

void model_add_process(struct model *model, pid_t pid, const char *comm);
/* Where the main thread is. */
void model_add_thread(struct model *model, pid_t pid, pid_t tid, const char *comm);
void model_end_process(struct model *model, pid_t pid);
void model_end_thread(struct model *model, pid_t tid);
/* As writing TID into the node's `tasks` (v1) or `cgroup.threads` (v2) does. */
int model_place(struct model *model, pid_t tid, const char *controller, const char *path);
int model_set_affinity(struct model *model, pid_t tid, const char *cpus);
char *model_affinity(const struct model *model, pid_t tid); /* Cpus_allowed_list; free() */

/* ---- the host ------------------------------------------------------------------------------- */

void model_set_online(struct model *model, const char *cpus);
/* A plain file; NULL removes it. Directories are there as long as a file is in them. */
void model_set_file(struct model *model, const char *path, const char *text);

/* ---- libvirt's guests ----------------------------------------------------------------------- */

/* A guest as libvirt lays it out: v1 `machine/qemu-ID-NAME.libvirt-qemu`, v2 (systemd)
 * `machine.slice/machine-qemu\x2dID\x2dNAME.scope/libvirt`; main thread (tid = pid) in `emulator`,
 * vCPU n is tid pid+1+n, iothread n is tid pid+100+n; a pid file in /run/libvirt/qemu. Sets are
 * their parent's. The name must be one that libvirt keeps as it is. */
struct model_guest {
    const char *name;
    int id;
    pid_t pid;
    unsigned vcpus, iothreads;
    uint64_t memory;       /* bytes in use */
    const char *partition; /* NULL: "machine" or "machine.slice" */
};
void model_add_guest(struct model *model, const struct model_guest *guest);
/* Its process ends, its nodes go, its pid file too. */
void model_remove_guest(struct model *model, const struct model_guest *guest);
/* Where the guest's nodes are: `below` is "", "libvirt", "vcpu0"... (v2's `libvirt/` in between is
 * added); free(). */
char *model_guest_path(const struct model *model, const struct model_guest *guest,
                       const char *below);

/* Builds from a text, a line a thing, # for comments, words separated by spaces:
 *
 *     guest NAME ID PID VCPUS IOTHREADS
 *     node CONTROLLERS PATH               model_make()
 *     set CONTROLLER PATH FILE VALUE...   model_write(), which must succeed
 *     process PID COMM
 *     thread PID TID
 *     place TID CONTROLLER PATH
 *     affinity TID LIST
 *     file PATH TEXT...
 *
 * 0, or the number of the line that is wrong or was refused. "/" is the root's PATH. */
unsigned model_describe(struct model *model, const char *text);

#endif
