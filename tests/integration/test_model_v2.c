/* The model against a v2 kernel. Needs root and a v2 hierarchy with cpu, cpuset and memory; it
 * makes a group of its own, vmpin-test-model-PID, laid out as a libvirt guest's: threaded nodes
 * below a domain. */
#include "integration/model_compare.h"

#include "model/model_internal.h"

#include <string.h>

static const struct compare_file files[] = {
    {"cpuset.cpus", COMPARE_CPUS},
    {"cpuset.mems", COMPARE_MEMS},
    {"cpuset.cpus.effective", COMPARE_READ},
    {"cpuset.mems.effective", COMPARE_READ},
    {"cpu.weight", COMPARE_WEIGHT},
    {"cpu.max", COMPARE_MAX},
    {"memory.max", COMPARE_BYTES},
    {"memory.high", COMPARE_BYTES},
    {"memory.low", COMPARE_BYTES},
    {"memory.min", COMPARE_BYTES},
    {"memory.swap.max", COMPARE_BYTES},
    {"cgroup.type", COMPARE_READ},
    {"cgroup.procs", COMPARE_READ},
    {"cgroup.threads", COMPARE_READ},
    {"cgroup.subtree_control", COMPARE_SUBTREE},
    {0},
};

static const char everything[] = "+cpu +cpuset +memory";
static char *before; /* the root's cgroup.subtree_control, to be put back */

static int make(struct compare *c, const struct compare_tree *tree, const char *below,
                bool threaded, const char *subtree)
{
    cleanup_free char *path = model_format("%s%s", c->base, below);
    struct spot *spot;

    if (*below && !compare_mkdir(c, tree, path, threaded))
        return -EIO;
    spot = compare_spot(c, tree, path);
    return !spot || !compare_write(c, spot, "cgroup.subtree_control", subtree) ? -EIO : 0;
}

static int enable_at_root(struct compare *c)
{
    const struct cg_hierarchy *hierarchy = mounts_find(c->host->mounts, "cpuset");
    cleanup_buffer struct buffer text = {0};
    int r = kernel_real.read(&kernel_real, hierarchy->dir, "cgroup.subtree_control", &text);

    if (r < 0)
        return r;
    if (!before)
        before = model_format("%s", text.data);
    model_write(c->model, "cpuset", "", "cgroup.subtree_control", everything);
    return kernel_real.write(&kernel_real, hierarchy->dir, "cgroup.subtree_control", everything);
}

static int round_start(struct compare *c, uint64_t seed)
{
    static struct compare_tree trees[] = {{.controller = "cpuset", .files = files}};
    cleanup_free char *home = model_format("%s/guest", c->base);
    int r = enable_at_root(c);

    if (r == 0)
        r = compare_start(c, trees, ARRAY_SIZE(trees), seed);
    if (r == 0)
        r = make(c, trees, "", false, everything);
    if (r == 0)
        r = make(c, trees, "/plain", false, everything);
    if (r == 0)
        r = make(c, trees, "/guest", false, "+cpu +cpuset");
    if (r == 0)
        r = compare_child(c, home);
    if (r == 0)
        r = make(c, trees, "/guest/vcpu0", true, "");
    return r < 0 ? r : make(c, trees, "/guest/emulator", true, "");
}

static void put_back(void)
{
    static const char *const controllers[] = {"cpu", "cpuset", "memory"};
    FILE *file;

    for (size_t i = 0; before && i < ARRAY_SIZE(controllers); i++) {
        cleanup_free char *spaced = model_format(" %s", before);
        cleanup_free char *word = model_format(" %s", controllers[i]);
        const char *at = strstr(spaced, word);

        if (at && strchr(" \n", at[strlen(word)]))
            continue;
        file = fopen("/sys/fs/cgroup/cgroup.subtree_control", "we");
        if (file)
            fprintf(file, "-%s", controllers[i]);
        fclosep(&file);
    }
    free(before);
}

int main(int argc, char **argv)
{
    int status = compare_main(argc, argv, 2, round_start);

    put_back();
    return status;
}
