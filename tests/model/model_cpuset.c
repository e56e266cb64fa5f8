/* The rules of kernel/cgroup/cpuset.c and cpuset-v1.c, and what they do to threads' masks. */
#include "model/model_internal.h"

#include <string.h>

static bool is_v1(const struct model_node *node)
{
    return node->hierarchy->version == 1;
}

static bool subset(uint64_t part, uint64_t of)
{
    return (part & ~of) == 0;
}

static unsigned bit_count(uint64_t set)
{
    return set ? 64 - (unsigned)__builtin_clzll(set) : 0;
}

/* ---- threads -------------------------------------------------------------------------------- */

/* set_cpus_allowed_ptr(): what a thread asked for itself is kept where it can be. */
static void thread_allow(struct model *model, struct model_thread *thread, uint64_t cpus)
{
    if (model->forgets_masks)
        thread->user_mask = 0;
    thread->mask = cpus & thread->user_mask ? cpus & thread->user_mask : cpus;
}

/* The nearest node upwards that the controller is enabled for; on v1 the node itself. */
static const struct model_node *with_cpuset(const struct model_node *node)
{
    while (node && !(node->controllers & MODEL_CPUSET))
        node = node->parent;
    return node;
}

static void update_threads(struct model *model, const struct model_node *node)
{
    for (struct model_thread *t = model->threads; t; t = t->next)
        if (with_cpuset(t->nodes[node->hierarchy->index]) == node)
            thread_allow(model, t, node->cpuset.effective_cpus);
}

/* The online CPUs of the nearest node that has any. */
static uint64_t granted_cpus(const struct model *model, const struct model_node *node)
{
    while (node->parent && !(node->cpuset.effective_cpus & model->online))
        node = with_cpuset(node->parent);
    return node->cpuset.effective_cpus & model->online;
}

int model_cpuset_may_attach(const struct model_node *to)
{
    const struct model_node *node = with_cpuset(to);

    if (node->cpuset.effective_cpus == 0 || (is_v1(node) && node->cpuset.mems == 0))
        return -ENOSPC;
    return 0;
}

bool model_cpuset_same(const struct model_node *a, const struct model_node *b)
{
    return with_cpuset(a) == with_cpuset(b);
}

void model_cpuset_attach(struct model *model, struct model_thread *thread)
{
    const struct model_hierarchy *hierarchy = model_hierarchy(model, "cpuset");
    const struct model_node *node = with_cpuset(thread->nodes[hierarchy->index]);

    thread_allow(model, thread, node->parent ? granted_cpus(model, node) : model->possible);
}

/* Its threads' cpuset, and that of those below it, is another one now. */
void model_cpuset_attach_all(struct model *model, const struct model_node *node)
{
    for (struct model_thread *t = model->threads; t; t = t->next)
        for (const struct model_node *n = t->nodes[node->hierarchy->index]; n; n = n->parent)
            if (n == node)
                model_cpuset_attach(model, t);
}

int model_thread_affinity(struct model *model, struct model_thread *thread, uint64_t cpus)
{
    const struct model_hierarchy *hierarchy = model_hierarchy(model, "cpuset");
    const struct model_node *node = with_cpuset(thread->nodes[hierarchy->index]);
    uint64_t allowed;

    allowed = cpus & granted_cpus(model, node);
    if (!allowed)
        return -EINVAL;
    thread->mask = allowed;
    thread->user_mask = cpus;
    return 0;
}

/* ---- effective sets ------------------------------------------------------------------------- */

static uint64_t effective(const struct model_node *node, uint64_t own, uint64_t parents)
{
    uint64_t both = own & parents;

    return both || is_v1(node) ? both : parents;
}

/* Of `node` and everything below it. */
static void update_effective(struct model *model, struct model_node *node)
{
    const struct model_node *parent = with_cpuset(node->parent);

    if (parent && node->controllers & MODEL_CPUSET) {
        uint64_t cpus = effective(node, node->cpuset.cpus, parent->cpuset.effective_cpus);
        bool changed = cpus != node->cpuset.effective_cpus;

        node->cpuset.effective_cpus = cpus;
        node->cpuset.effective_mems =
            effective(node, node->cpuset.mems, parent->cpuset.effective_mems);
        if (changed)
            update_threads(model, node);
    }
    for (struct model_node *child = node->child; child; child = child->sibling)
        update_effective(model, child);
}

void model_cpuset_init(struct model *model, struct model_node *node)
{
    const struct model_node *parent = with_cpuset(node->parent);

    if (!parent) {
        node->cpuset.cpus = is_v1(node) ? model->online : model->possible;
        node->cpuset.effective_cpus = model->online;
        node->cpuset.mems = node->cpuset.effective_mems = model->mems;
    } else if (!is_v1(node)) {
        node->cpuset.effective_cpus = parent->cpuset.effective_cpus;
        node->cpuset.effective_mems = parent->cpuset.effective_mems;
    }
}

/* ---- CPUs come and go ----------------------------------------------------------------------- */

static void evacuate(struct model *model, struct model_node *node)
{
    struct model_node *to = node->parent;

    while (to->parent && (!to->cpuset.cpus || !to->cpuset.mems))
        to = to->parent;
    for (struct model_thread *t = model->threads; t; t = t->next)
        if (t->nodes[node->hierarchy->index] == node)
            model_thread_move(model, t, to, true);
}

/* v1 takes an offline CPU out of every set for good, and the threads out of a set that is empty
 * then. */
static void v1_take_offline(struct model *model, struct model_node *node)
{
    if (node->parent) {
        uint64_t left = node->cpuset.cpus & node->parent->cpuset.effective_cpus;

        if (left != node->cpuset.cpus) {
            node->cpuset.cpus = node->cpuset.effective_cpus = left;
            if (left)
                update_threads(model, node);
            else
                evacuate(model, node);
        }
    }
    for (struct model_node *child = node->child; child; child = child->sibling)
        v1_take_offline(model, child);
}

/* v2 changes what is granted alone. A set that has nothing of its own to grant counts as changed
 * each time, which before Linux 6.2 resets its threads' masks. */
static void v2_take_offline(struct model *model, struct model_node *node)
{
    const struct model_node *parent = with_cpuset(node->parent);

    if (parent && node->controllers & MODEL_CPUSET) {
        uint64_t own = node->cpuset.cpus & parent->cpuset.effective_cpus;
        bool changed = own != node->cpuset.effective_cpus;

        node->cpuset.effective_cpus = own ? own : parent->cpuset.effective_cpus;
        if (changed)
            update_threads(model, node);
    }
    for (struct model_node *child = node->child; child; child = child->sibling)
        v2_take_offline(model, child);
}

void model_cpuset_online(struct model *model, struct model_hierarchy *hierarchy)
{
    struct model_node *root = hierarchy->root;

    root->cpuset.effective_cpus = model->online;
    if (hierarchy->version == 1) {
        root->cpuset.cpus = model->online;
        v1_take_offline(model, root);
    } else {
        v2_take_offline(model, root);
    }
}

/* ---- files ---------------------------------------------------------------------------------- */

/* cpuset1_validate_change() */
static int v1_validate(const struct model_node *node, uint64_t cpus, uint64_t mems)
{
    for (const struct model_node *c = node->child; c; c = c->sibling)
        if (!subset(c->cpuset.cpus, cpus) || !subset(c->cpuset.mems, mems))
            return -EBUSY;
    if (!subset(cpus, node->parent->cpuset.cpus) || !subset(mems, node->parent->cpuset.mems))
        return -EACCES;
    return 0;
}

static int validate(const struct model *model, const struct model_node *node, uint64_t cpus,
                    uint64_t mems)
{
    int r = is_v1(node) ? v1_validate(node, cpus, mems) : 0;

    if (r < 0)
        return r;
    if (model_populated(model, node) &&
        ((node->cpuset.cpus && !cpus) || (node->cpuset.mems && !mems)))
        return -ENOSPC;
    return 0;
}

static int parse_members(const char *text, unsigned bits, uint64_t existing, uint64_t *ret)
{
    cleanup_free char *stripped = model_strip(text);
    uint64_t set;
    int r = model_parse_list(stripped, bits, &set);

    if (r < 0)
        return r;
    if (!subset(set, existing))
        return -EINVAL;
    *ret = set;
    return 0;
}

static int write_cpus(struct model *model, struct model_node *node, const char *text)
{
    uint64_t cpus;
    int r;

    if (!node->parent)
        return -EACCES;
    r = parse_members(text, bit_count(model->possible),
                      is_v1(node) ? model->online : model->possible, &cpus);
    if (r < 0 || cpus == node->cpuset.cpus)
        return r;
    r = validate(model, node, cpus, node->cpuset.mems);
    if (r < 0)
        return r;
    node->cpuset.cpus = cpus;
    update_effective(model, node);
    return 0;
}

static int write_mems(struct model *model, struct model_node *node, const char *text)
{
    uint64_t mems;
    int r;

    if (!node->parent)
        return -EACCES;
    r = parse_members(text, model->mems_limit, model->mems, &mems);
    if (r < 0 || mems == node->cpuset.mems)
        return r;
    r = validate(model, node, node->cpuset.cpus, mems);
    if (r < 0)
        return r;
    node->cpuset.mems = mems;
    update_effective(model, node);
    return 0;
}

static int write_migrate(struct model *model, struct model_node *node, const char *text)
{
    uint64_t n;
    int r = model_parse_u64(text, &n);

    if (r == 0)
        node->cpuset.migrate = n != 0;
    return r;
}

static int put_set(struct buffer *into, uint64_t set)
{
    model_put_list(into, set);
    model_put(into, "\n");
    return 0;
}

static int read_cpus(struct model *model, struct model_node *node, struct buffer *into)
{
    return put_set(into, node->cpuset.cpus);
}

static int read_mems(struct model *model, struct model_node *node, struct buffer *into)
{
    return put_set(into, node->cpuset.mems);
}

static int read_effective_cpus(struct model *model, struct model_node *node, struct buffer *into)
{
    return put_set(into, node->cpuset.effective_cpus);
}

static int read_effective_mems(struct model *model, struct model_node *node, struct buffer *into)
{
    return put_set(into, node->cpuset.effective_mems);
}

static int read_migrate(struct model *model, struct model_node *node, struct buffer *into)
{
    model_put(into, "%d\n", node->cpuset.migrate);
    return 0;
}

const struct model_attribute model_cpuset_files[] = {
    {"cpuset.cpus", 1, MODEL_CPUSET, false, read_cpus, write_cpus},
    {"cpuset.mems", 1, MODEL_CPUSET, false, read_mems, write_mems},
    {"cpuset.effective_cpus", 1, MODEL_CPUSET, false, read_effective_cpus, NULL},
    {"cpuset.effective_mems", 1, MODEL_CPUSET, false, read_effective_mems, NULL},
    {"cpuset.memory_migrate", 1, MODEL_CPUSET, false, read_migrate, write_migrate},
    {"cpuset.cpus", 2, MODEL_CPUSET, true, read_cpus, write_cpus},
    {"cpuset.mems", 2, MODEL_CPUSET, true, read_mems, write_mems},
    {"cpuset.cpus.effective", 2, MODEL_CPUSET, false, read_effective_cpus, NULL},
    {"cpuset.mems.effective", 2, MODEL_CPUSET, false, read_effective_mems, NULL},
    {0},
};
