/* What is done at random. */
#include "integration/model_compare.h"

#include "cgroup/set.h"
#include "model/model_internal.h"

#include <string.h>

bool compare_is_leaf(const struct spot *spot)
{
    return strcmp(strrchr(spot->path, '/') ?: "", "/n2") == 0;
}

static bool random_mkdir(struct compare *c, const struct spot *above)
{
    cleanup_free char *path = model_format("%s/n%u", above->path, (unsigned)compare_pick(c, 3));
    bool v2 = above->tree->hierarchy->version == 2;

    return c->spot_count > 24 || compare_is_leaf(above) ||
           compare_mkdir(c, above->tree, path, v2 && (above->threaded || above->home));
}

/* Where several threads change their v2 node at once, Linux 6.2 and later look at the first one
 * alone to see whether the cpuset grants something else (cpuset_attach()); the others may keep the
 * old node's CPUs. The model has no such thing, so both are made to look again. */
static bool settle_masks(struct compare *c, const struct spot *spot)
{
    cleanup_free char *all = NULL;
    bool same = true;

    if (spot->tree->hierarchy->version == 1)
        return true;
    if (cg_set_format(c->host->cpus_present, &all) < 0)
        return false;
    for (unsigned i = 0; same && i < COMPARE_THREADS; i++)
        same = compare_affinity(c, c->threads[i], all);
    return same;
}

static bool random_move(struct compare *c, struct spot *to)
{
    bool process = compare_pick(c, 6) == 0;
    pid_t tid = c->threads[compare_pick(c, COMPARE_THREADS)];
    cleanup_free char *number =
        compare_pick(c, 20) == 0 ? model_format("x") : model_format("%d", (int)tid);
    const char *file = process                             ? "cgroup.procs"
                       : to->tree->hierarchy->version == 2 ? "cgroup.threads"
                                                           : "tasks";

    /* v1: what is used counts where it was used, and a process in a node without room may be
     * killed. */
    if (strcmp(to->tree->controller, "memory") == 0)
        return true;
    return compare_write(c, to, file, number) && (!process || settle_masks(c, to));
}

/* A "1" written there would move init. */
static bool is_member_file(const char *name)
{
    return strcmp(name, "tasks") == 0 || strncmp(name, "cgroup.", 7) == 0;
}

static bool random_write(struct compare *c, struct spot *spot)
{
    const struct compare_file *files = spot->tree->files;
    size_t count = 0;
    const struct compare_file *file;
    cleanup_free char *text = NULL;

    while (files[count].name)
        count++;
    do
        file = &files[compare_pick(c, count)];
    while (file->kind == COMPARE_READ && (compare_pick(c, 20) || is_member_file(file->name)));
    text = compare_value(c, spot, file->kind);
    return compare_write(c, spot, file->name, text) &&
           (file->kind != COMPARE_SUBTREE || settle_masks(c, spot));
}

/* A CPU goes or returns. What that does to sets and threads the kernel does a little later. */
static bool random_hotplug(struct compare *c)
{
    unsigned cpu = 1 + (unsigned)compare_pick(c, cg_set_count(c->host->cpus_present) - 1);

    return compare_hotplug(c, c->model->online ^ UINT64_C(1) << cpu);
}

bool compare_random(struct compare *c)
{
    struct spot *spot = &c->spots[compare_pick(c, c->spot_count)];

    if (c->may_hotplug && compare_pick(c, 40) == 0)
        return random_hotplug(c);
    switch (compare_pick(c, 12)) {
    case 0:
        return random_mkdir(c, spot);
    case 1:
        return spot->used || compare_rmdir(c, spot);
    case 2:
    case 3:
        return random_move(c, spot);
    case 4: {
        cleanup_free char *list = NULL;
        cleanup_set struct cg_set *set = NULL;

        list = compare_value(c, spot, COMPARE_CPUS);
        return cg_set_parse(list, &set, NULL) < 0 ||
               compare_affinity(c, c->threads[compare_pick(c, COMPARE_THREADS)], list);
    }
    default:
        return random_write(c, spot);
    }
}
