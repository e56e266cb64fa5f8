/* From a setting to this host's native value: the other version's units, sizes relative to a guest,
 * "all", and whether what is named exists. Pure. */
#ifndef POLICY_CONVERT_H
#define POLICY_CONVERT_H

#include "policy/policy_internal.h"

struct request {
    const struct host *host;
    const struct facts *facts; /* NULL: whatever no guest could have */
    const struct policy *policy;
    const struct policy_setting *setting;
    unsigned element;     /* of setting->lists */
    struct cg_set *local; /* the nodes that "local" is for this guest; NULL: not known */
};

/* 0 and a reference of the value (NULL where it depends on the guest and none is given) with its
 * face; -EOPNOTSUPP: this host has no such attribute; else refused: err says why. -ENOMEM. */
int setting_convert(const struct request *request, const struct cg_attr **ret_face,
                    struct cg_value **ret, struct cg_error **err);

#endif
