/* The open directories of one guest during one pass: each is opened once, when first needed, by
 * identity, and all are closed at the end. Between passes nothing is open. */
#ifndef RECONCILE_NODES_H
#define RECONCILE_NODES_H

#include "guest/cell.h"
#include "reconcile/binding.h"

struct open_node {
    const struct place *place;
    struct cg_role role;
    bool delegated; /* the libvirt/ node between the guest's own and its roles' */
    int dir;
};

struct mover;

struct nodes {
    const struct host *host;
    const struct binding *binding;
    bool afresh;         /* by path and id, whatever binding_make() left open */
    struct mover *mover; /* of a caller that must not wait for moves (move.h); NULL: it waits */
    bool leave_mems;     /* plan_apply() leaves mems to somebody else, or to a later pass */
    struct open_node *open;
    size_t count, size;
    /* Found while reading: a file that is missing for nothing but its controller, which could be
     * enabled (controllers.h). attr NULL: none. */
    struct {
        struct cg_role role;
        const struct cg_attr *attr;
    } lacks;
};

/* The directory in which a cell of that attribute and role lives. Under systemd a guest has two
 * nodes of its own: the scope, which systemd owns, bears the weight (unit.h), `libvirt/` below it
 * all else. The handle is borrowed. -ENOENT: the role does not exist; -ESTALE: the guest is gone;
 * -EOPNOTSUPP: the guest is not in that hierarchy at all. */
int nodes_open(struct nodes *nodes, struct cg_role role, const struct cg_attr *attr, int *ret,
               struct cg_error **err);
/* "cpuset:/machine/qemu-2-web1.libvirt-qemu/vcpu0", for people; free(). */
char *nodes_path(const struct nodes *nodes, struct cg_role role, const struct cg_attr *attr);
/* Below the hierarchy's root, the directory above the one in which such a cell lives; free(). */
char *nodes_path_above(const struct nodes *nodes, struct cg_role role, const struct cg_attr *attr);
/* The length of the next longer directory on the way to `path`; the root's is 0. */
size_t nodes_path_next(const char *path, size_t length);
void nodes_close(struct nodes *nodes);
#define cleanup_nodes cleanup_with(nodes_close)

#endif
