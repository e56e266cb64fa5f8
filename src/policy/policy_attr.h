/* The attributes that a policy may name: how they are written, what the kernel calls them on cgroup
 * v1 and v2, where they may stand. The one place that knows both spellings; ranges of single files
 * are in cgroup's tables. */
#ifndef POLICY_POLICY_ATTR_H
#define POLICY_POLICY_ATTR_H

#include "cgroup/attr.h"
#include "host/host.h"

enum policy_attribute {
    POLICY_WEIGHT,
    POLICY_QUOTA,
    POLICY_BURST,
    POLICY_CPUS,
    POLICY_MEMS,
    POLICY_LIMIT,
    POLICY_SWAP,
    POLICY_SOFT_LIMIT,
    POLICY_HIGH,
    POLICY_LOW,
    POLICY_MIN,
    POLICY_ATTRIBUTES, /* their number */
};

enum policy_kind {
    POLICY_KIND_WEIGHT, /* a whole number */
    POLICY_KIND_QUOTA,  /* CPU bandwidth, in one key (v2) or two (v1) */
    POLICY_KIND_TIME,   /* microseconds */
    POLICY_KIND_LIST,   /* of CPUs or memory nodes */
    POLICY_KIND_SIZE,   /* bytes, no limit, or relative to the guest */
};

struct policy_attribute_row {
    const char *written[2]; /* in a policy, [0] v1's, [1] v2's: CONTROLLER.KEY; NULL: has none */
    const char *kernel[2];  /* the kernel's file; NULL: has none */
    const char *second;     /* the second key of v1's quota */
    enum policy_kind kind;
    bool vm_only;
    bool minus_one; /* a size where -1 is no limit */
};

extern const struct policy_attribute_row policy_attributes[POLICY_ATTRIBUTES];
extern const char *const policy_controllers[]; /* NULL-terminated */

/* CPU bandwidth, in microseconds: min_cfs_quota_period, max_cfs_quota_period and max_cfs_runtime of
 * the kernel's kernel/sched/core.c. */
#define POLICY_PERIOD_DEFAULT 100000u
#define POLICY_PERIOD_MIN     1000u
#define POLICY_PERIOD_MAX     1000000u
#define POLICY_QUOTA_MIN      1000u
#define POLICY_QUOTA_MAX      ((1ull << 44) - 1)

/* The biggest finite size: one page below what the kernel's page counter holds (PAGE_COUNTER_MAX in
 * include/linux/page_counter.h), which reads back as no limit. */
#define POLICY_SIZE_MAX (INT64_MAX - 8191ull)

/* One key below a controller. */
struct policy_key {
    enum policy_attribute attribute;
    int version; /* whose name it is: 1 or 2; 0 where both have the same */
    bool second; /* the second key of the attribute: the period */
};
/* -ENOENT: the controller has no such key. */
int policy_key_find(const char *controller, const char *key, struct policy_key *ret);
/* By its whole name, "cpu.shares". */
int policy_key_find_written(const char *written, struct policy_key *ret);
/* The whole name as it was written; version 0 or 1: v1's, where there is one. */
const char *policy_attribute_written(enum policy_attribute attribute, int version);
/* The keys below a controller, or all whole names ("cpu.shares") for NULL; NULL-terminated. */
#define POLICY_KEYS_SIZE (POLICY_ATTRIBUTES * 3 + 1)
void policy_keys(const char *controller, const char *into[POLICY_KEYS_SIZE]);

bool word_in(const char *word, const char *const *words);
/* The word of the candidates (NULL-terminated) that a typing error or two lead to,
 * or that is only begun; NULL: none. */
const char *nearest_word(const char *word, const char *const *candidates);

/* The face of the attribute on this host. -EOPNOTSUPP: it has none. */
int policy_attribute_face(const struct host *host, enum policy_attribute attribute,
                          const struct cg_attr **ret);

#endif
