/* From facts and policies to desired cells: match, precedence, list elements, sizes relative to
 * the guest, v1/v2 conversion. A pure function of (facts, policies, host), so it is kept and not
 * asked again until one of these changes; it covers roles that do not exist yet. */
#ifndef POLICY_RESOLVE_H
#define POLICY_RESOLVE_H

#include "policy/policy.h"

/* What a policy asks for and this guest or host cannot have. The others stay in force. */
struct refusal {
    struct cg_role role;        /* CG_ROLE_NONE: all of the guest's nodes (cpuset.mems) */
    char *attribute;            /* as written: "cpuset.cpus" */
    const struct cg_attr *attr; /* this host's face: what is in force there stays; NULL: none */
    struct origin *origin;
    char *text;
};
struct refusals {
    struct refusal *refusals;
    size_t count, size;
};
/* `attribute` NULL: the name of `attr`, which may be NULL where the host has none. */
int refusals_add(struct refusals *refusals, struct cg_role role, const char *attribute,
                 const struct cg_attr *attr, struct origin *origin, const char *format, ...)
    printf_like(6, 7) must_check;
bool refusals_equal(const struct refusals *a, const struct refusals *b);
void refusals_truncate(struct refusals *refusals, size_t count); /* keeps the first ones */
void refusals_release(struct refusals *refusals);

struct desired {
    struct cells cells;
    struct refusals refusals;
    char **policies; /* names of the policies that matched, in order */
    size_t policy_count;
    /* Something that a policy asks for on `iothread*`: what iothreads there will be, nobody knows
     * before they are there. NULL: nothing. */
    const struct cg_attr *iothreads;
};
void desired_release(struct desired *desired);

/* 0 or -ENOMEM. A guest with facts->ignore has nothing desired. mems on `vm` becomes a cell of
 * every role. */
int policy_resolve(const struct policy_set *set, const struct facts *facts, const struct host *host,
                   struct desired *ret);

/* For `explain`: every policy that spoke for an attribute, in order of precedence, the last one
 * of a cell with `won` true. Called once a (role, attribute, policy). */
struct spoken {
    struct cg_role role;
    const char *attribute; /* this host's name, or as written where the host has none */
    const char *policy, *file;
    const char *pattern; /* the role as written: "vcpu*" */
    const char *written; /* the value as written, compact JSON */
    bool won;
    const char *why; /* "exact name beats vcpu*", "later policy", ... */
};
typedef int (*spoken_fn)(const struct spoken *spoken, void *data);
int policy_explain(const struct policy_set *set, const struct facts *facts, const struct host *host,
                   spoken_fn fn, void *data);

/* `check --host`: what no guest could have here (CPUs that do not exist, attributes without a
 * counterpart), for all policies. */
int policy_check_host(const struct policy_set *set, const struct host *host,
                      struct policy_problems *problems);

#endif
