/* Who speaks for what: the policies that match a guest, the roles that they speak of, and the
 * setting of each that covers a role. What resolve and explain agree on. */
#ifndef POLICY_SPEAK_H
#define POLICY_SPEAK_H

#include "policy/convert.h"

struct guest_role {
    struct cg_role role;
    bool there; /* the guest has it, or can have it (a vCPU below the maximum) */
};

/* One guest's share of a set. Borrows everything but its own arrays. */
struct hearing {
    const struct host *host;
    const struct facts *facts;
    const struct policy **policies; /* that match, in order of precedence */
    size_t policy_count;
    struct guest_role *roles; /* all that the guest has, and those that only a policy names */
    size_t role_count;
};
int hearing_open(const struct policy_set *set, const struct facts *facts, const struct host *host,
                 struct hearing *ret);
void hearing_release(struct hearing *hearing);
#define cleanup_hearing cleanup_with(hearing_release)

bool setting_covers(const struct policy_setting *setting, struct cg_role role);
/* The policy's setting for the attribute of the role; *ret_beaten is the glob that an exact name
 * beats there, or NULL. NULL: it does not speak. */
const struct policy_setting *policy_speaks(const struct policy *policy, struct cg_role role,
                                           enum policy_attribute attribute,
                                           const struct policy_setting **ret_beaten);

/* What the guest gets when that setting wins: 0 and value and face; 1: this host lacks it and the
 * policy allows that; -ENOMEM; else refused, err says why. */
int speak_value(const struct hearing *hearing, const struct policy *policy,
                const struct policy_setting *setting, const struct guest_role *role,
                const struct cg_attr **ret_face, struct cg_value **ret, struct cg_error **err);

#endif
