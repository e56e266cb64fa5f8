/* The rules of kernel/sched/core.c (shares, bandwidth) and of mm/memcontrol.c, memcontrol-v1.c. */
#include "model/model_internal.h"

#include <string.h>

/* ---- cpu: shares ---------------------------------------------------------------------------- */

#define SHARES_MIN 2
#define SHARES_MAX (1u << 18)
#define WEIGHT_MAX 10000u

static uint64_t divide_closest(uint64_t n, uint64_t by)
{
    return (n + by / 2) / by;
}

static int read_shares(struct model *model, struct model_node *node, struct buffer *into)
{
    model_put(into, "%llu\n", (unsigned long long)node->cpu.shares);
    return 0;
}

static int write_shares(struct model *model, struct model_node *node, const char *text)
{
    uint64_t shares;
    int r = model_parse_u64(text, &shares);

    if (r < 0)
        return r;
    if (!node->parent)
        return -EINVAL;
    node->cpu.shares = shares < SHARES_MIN ? SHARES_MIN : shares > SHARES_MAX ? SHARES_MAX : shares;
    return 0;
}

static int read_weight(struct model *model, struct model_node *node, struct buffer *into)
{
    model_put(into, "%llu\n", (unsigned long long)divide_closest(node->cpu.shares * 100, 1024));
    return 0;
}

static int write_weight(struct model *model, struct model_node *node, const char *text)
{
    uint64_t weight;
    int r = model_parse_u64(text, &weight);

    if (r < 0)
        return r;
    if (weight < 1 || weight > WEIGHT_MAX)
        return -ERANGE;
    node->cpu.shares = divide_closest(weight * 1024, 100);
    return 0;
}

/* ---- cpu: bandwidth ------------------------------------------------------------------------- */

#define PERIOD_MIN 1000u
#define PERIOD_MAX 1000000u
#define QUOTA_MAX  ((UINT64_C(1) << 44) - 1)

struct bandwidth {
    const struct model_node *node; /* whose values these are; all others have their own */
    uint64_t quota, period;
};

static uint64_t ratio_of(const struct model_node *node, const struct bandwidth *change)
{
    uint64_t quota = node == change->node ? change->quota : node->cpu.quota;
    uint64_t period = node == change->node ? change->period : node->cpu.period;

    return quota == NO_QUOTA ? NO_QUOTA : (quota << 20) / period;
}

/* tg_cfs_schedulable_down(): v1 refuses a child with more than its parent, v2 takes the lower. */
static int check_ratios(const struct model_node *node, uint64_t parents,
                        const struct bandwidth *change)
{
    uint64_t own = node->parent ? ratio_of(node, change) : NO_QUOTA;
    int r = 0;

    if (own == NO_QUOTA)
        own = parents;
    else if (parents != NO_QUOTA && own > parents) {
        if (node->hierarchy->version == 1)
            return -EINVAL;
        own = parents;
    }
    for (const struct model_node *c = node->child; c && r == 0; c = c->sibling)
        r = check_ratios(c, own, change);
    return r;
}

static int set_bandwidth(struct model_node *node, uint64_t quota, uint64_t period)
{
    struct bandwidth change = {node, quota, period};
    int r;

    if (!node->parent || quota < PERIOD_MIN || period < PERIOD_MIN || period > PERIOD_MAX)
        return -EINVAL;
    if (quota != NO_QUOTA &&
        (quota > QUOTA_MAX || node->cpu.burst > quota || node->cpu.burst + quota > QUOTA_MAX))
        return -EINVAL;
    r = check_ratios(node->hierarchy->root, NO_QUOTA, &change);
    if (r < 0)
        return r;
    node->cpu.quota = quota;
    node->cpu.period = period;
    return 0;
}

static int read_quota(struct model *model, struct model_node *node, struct buffer *into)
{
    model_put(into, "%lld\n", node->cpu.quota == NO_QUOTA ? -1LL : (long long)node->cpu.quota);
    return 0;
}

static int write_quota(struct model *model, struct model_node *node, const char *text)
{
    int64_t quota;
    int r = model_parse_s64(text, &quota);

    if (r < 0)
        return r;
    return set_bandwidth(node, quota < 0 ? NO_QUOTA : (uint64_t)quota, node->cpu.period);
}

static int read_period(struct model *model, struct model_node *node, struct buffer *into)
{
    model_put(into, "%llu\n", (unsigned long long)node->cpu.period);
    return 0;
}

static int write_period(struct model *model, struct model_node *node, const char *text)
{
    uint64_t period;
    int r = model_parse_u64(text, &period);

    return r < 0 ? r : set_bandwidth(node, node->cpu.quota, period);
}

static int read_max(struct model *model, struct model_node *node, struct buffer *into)
{
    if (node->cpu.quota == NO_QUOTA)
        model_put(into, "max %llu\n", (unsigned long long)node->cpu.period);
    else
        model_put(into, "%llu %llu\n", (unsigned long long)node->cpu.quota,
                  (unsigned long long)node->cpu.period);
    return 0;
}

/* cpu_period_quota_parse(): sscanf "%20s %llu", so a wrong period is the one in force. */
static int write_max(struct model *model, struct model_node *node, const char *text)
{
    cleanup_free char *word = NULL;
    uint64_t quota, period = node->cpu.period;

    text += strspn(text, " \t\n\v\f\r");
    word = model_format("%.*s", (int)strcspn(text, " \t\n\v\f\r"), text);
    text += strlen(word);
    if (strlen(word) > 20)
        word[20] = '\0';
    if (!model_parse_decimal(word, &quota)) {
        if (strcmp(word, "max") != 0)
            return -EINVAL;
        quota = NO_QUOTA;
    }
    model_parse_decimal(text, &period);
    return set_bandwidth(node, quota, period);
}

const struct model_attribute model_cpu_files[] = {
    {"cpu.shares", 1, MODEL_CPU, false, read_shares, write_shares},
    {"cpu.cfs_quota_us", 1, MODEL_CPU, false, read_quota, write_quota},
    {"cpu.cfs_period_us", 1, MODEL_CPU, false, read_period, write_period},
    {"cpu.weight", 2, MODEL_CPU, true, read_weight, write_weight},
    {"cpu.max", 2, MODEL_CPU, true, read_max, write_max},
    {0},
};

/* ---- memory --------------------------------------------------------------------------------- */

/* What the node and all below it use: every charge counts in all ancestors. */
static uint64_t used_pages(const struct model_node *node)
{
    uint64_t pages = node->memory.used;

    for (const struct model_node *c = node->child; c; c = c->sibling)
        pages += used_pages(c);
    return pages;
}

/* page_counter_memparse() */
static int parse_pages(const char *text, const char *no_limit, uint64_t *ret)
{
    cleanup_free char *stripped = model_strip(text);
    const char *end;
    uint64_t bytes;

    if (strcmp(stripped, no_limit) == 0) {
        *ret = NO_LIMIT_PAGES;
        return 0;
    }
    bytes = model_parse_size(stripped, &end);
    if (*end)
        return -EINVAL;
    *ret = bytes / MODEL_PAGE;
    if (*ret > NO_LIMIT_PAGES)
        *ret = NO_LIMIT_PAGES;
    return 0;
}

static int put_bytes(struct buffer *into, uint64_t pages)
{
    model_put(into, "%llu\n", (unsigned long long)(pages * MODEL_PAGE));
    return 0;
}

/* mem_cgroup_resize_max(); the model has nothing to reclaim. */
static int v1_write_limit(struct model_node *node, const char *text, bool with_swap)
{
    uint64_t pages;
    int r = parse_pages(text, "-1", &pages);

    if (r < 0)
        return r;
    if (!node->parent)
        return -EINVAL;
    if (with_swap ? pages < node->memory.limit : pages > node->memory.swap)
        return -EINVAL;
    if (used_pages(node) > pages)
        return -EBUSY;
    *(with_swap ? &node->memory.swap : &node->memory.limit) = pages;
    return 0;
}

static int write_limit(struct model *model, struct model_node *node, const char *text)
{
    return v1_write_limit(node, text, false);
}

static int write_memsw(struct model *model, struct model_node *node, const char *text)
{
    return v1_write_limit(node, text, true);
}

static int write_soft(struct model *model, struct model_node *node, const char *text)
{
    return parse_pages(text, "-1", &node->memory.soft);
}

static int read_limit(struct model *model, struct model_node *node, struct buffer *into)
{
    return put_bytes(into, node->memory.limit);
}

static int read_memsw(struct model *model, struct model_node *node, struct buffer *into)
{
    return put_bytes(into, node->memory.swap);
}

static int read_soft(struct model *model, struct model_node *node, struct buffer *into)
{
    return put_bytes(into, node->memory.soft);
}

static int read_used(struct model *model, struct model_node *node, struct buffer *into)
{
    return put_bytes(into, used_pages(node));
}

/* v2 takes every limit, and makes room by killing. */
static int write_memory_max(struct model *model, struct model_node *node, const char *text)
{
    int r = parse_pages(text, "max", &node->memory.limit);

    if (r == 0 && used_pages(node) > node->memory.limit)
        model->kills++;
    return r;
}

static int put_bytes_or_max(struct buffer *into, uint64_t pages)
{
    if (pages != NO_LIMIT_PAGES)
        return put_bytes(into, pages);
    model_put(into, "max\n");
    return 0;
}

static int read_memory_max(struct model *model, struct model_node *node, struct buffer *into)
{
    return put_bytes_or_max(into, node->memory.limit);
}

#define V2_SIZE(field)                                                                             \
    static int read_##field(struct model *model, struct model_node *node, struct buffer *into)     \
    {                                                                                              \
        return put_bytes_or_max(into, node->memory.field);                                         \
    }                                                                                              \
    static int write_##field(struct model *model, struct model_node *node, const char *text)       \
    {                                                                                              \
        return parse_pages(text, "max", &node->memory.field);                                      \
    }
V2_SIZE(high)
V2_SIZE(low)
V2_SIZE(min)
V2_SIZE(swap)

static int read_nothing(struct model *model, struct model_node *node, struct buffer *into)
{
    return put_bytes(into, 0);
}

const struct model_attribute model_memory_files[] = {
    {"memory.limit_in_bytes", 1, MODEL_MEMORY, false, read_limit, write_limit},
    {"memory.memsw.limit_in_bytes", 1, MODEL_MEMORY, false, read_memsw, write_memsw},
    {"memory.soft_limit_in_bytes", 1, MODEL_MEMORY, false, read_soft, write_soft},
    {"memory.usage_in_bytes", 1, MODEL_MEMORY, false, read_used, NULL},
    {"memory.max", 2, MODEL_MEMORY, true, read_memory_max, write_memory_max},
    {"memory.high", 2, MODEL_MEMORY, true, read_high, write_high},
    {"memory.low", 2, MODEL_MEMORY, true, read_low, write_low},
    {"memory.min", 2, MODEL_MEMORY, true, read_min, write_min},
    {"memory.swap.max", 2, MODEL_MEMORY, true, read_swap, write_swap},
    {"memory.current", 2, MODEL_MEMORY, true, read_used, NULL},
    {"memory.swap.current", 2, MODEL_MEMORY, true, read_nothing, NULL},
    {0},
};
