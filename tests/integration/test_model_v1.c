/* The model against the v1 kernel of this machine. Needs root and v1 hierarchies that it may write
 * to; it makes a group of its own, vmpin-test-model-PID, in each. */
#include "integration/model_compare.h"

static const struct compare_file cpu_files[] = {
    {"cpu.shares", COMPARE_SHARES},        {"cpu.cfs_quota_us", COMPARE_QUOTA},
    {"cpu.cfs_period_us", COMPARE_PERIOD}, {"tasks", COMPARE_READ},
    {"cgroup.procs", COMPARE_READ},        {0},
};
static const struct compare_file cpuset_files[] = {
    {"cpuset.cpus", COMPARE_CPUS},           {"cpuset.mems", COMPARE_MEMS},
    {"cpuset.effective_cpus", COMPARE_READ}, {"cpuset.effective_mems", COMPARE_READ},
    {"cpuset.memory_migrate", COMPARE_FLAG}, {"tasks", COMPARE_READ},
    {"cgroup.procs", COMPARE_READ},          {0},
};
static const struct compare_file memory_files[] = {
    {"memory.limit_in_bytes", COMPARE_BYTES},
    {"memory.memsw.limit_in_bytes", COMPARE_BYTES},
    {"memory.soft_limit_in_bytes", COMPARE_BYTES},
    {"tasks", COMPARE_READ},
    {0},
};

static int round_start(struct compare *c, uint64_t seed)
{
    static struct compare_tree trees[] = {
        {.controller = "cpu", .files = cpu_files},
        {.controller = "cpuset", .files = cpuset_files},
        {.controller = "memory", .files = memory_files},
    };

    int r = compare_start(c, trees, ARRAY_SIZE(trees), seed);

    return r < 0 ? r : compare_child(c, c->base);
}

int main(int argc, char **argv)
{
    return compare_main(argc, argv, 1, round_start);
}
