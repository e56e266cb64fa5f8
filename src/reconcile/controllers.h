/* Which controllers a guest's nodes have. On v2 a node has those that its parent enables for its
 * children (cgroup.subtree_control), and lacks the files of all others. What is not enabled above
 * the node that holds the roles' (libvirt/ under systemd) is its owner's to enable; for the roles
 * vmpin may do it. Nothing takes that back: it grants and forbids nothing by itself. */
#ifndef RECONCILE_CONTROLLERS_H
#define RECONCILE_CONTROLLERS_H

#include "reconcile/nodes.h"

/* Why a file of the attribute is not there in a role's node that is. 1: the roles' controller is
 * only not enabled for them. 0: *ret_why tells who has to enable it, NULL where it is enabled and
 * the kernel has no such file; free(). -errno. */
int controllers_missing(struct nodes *nodes, struct cg_role role, const struct cg_attr *attr,
                        struct buffer *scratch, char **ret_why) must_check;

#define CONTROLLERS_FILE "cgroup.subtree_control"

/* What the node that holds the roles' enables for them, in the controller's hierarchy: as a value
 * of an attribute of its own, so that a change of it can be reported. */
extern const struct cg_attr controllers_attr;
int controllers_read(struct nodes *nodes, const char *controller, struct buffer *scratch,
                     struct cg_value **ret, struct cg_error **err);
int controllers_enable(struct nodes *nodes, const char *controller, struct cg_error **err);

#endif
