/* What "local" is for a guest: the memory nodes of the CPUs that its vCPUs are allowed on. */
#ifndef POLICY_LOCAL_H
#define POLICY_LOCAL_H

#include "policy/speak.h"

/* -ENOMEM; -ENODATA: the host does not tell which CPUs its nodes have. */
int local_nodes(const struct hearing *hearing, struct cg_set **ret, struct cg_error **err);

#endif
