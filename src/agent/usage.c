#include "agent/usage.h"

#include "cgroup/access.h"
#include "reconcile/nodes.h"
#include "reconcile/plan.h"

#include <inttypes.h>
#include <string.h>

static uint64_t row_number(const struct cg_value *table, const char *name)
{
    for (size_t i = 0; i < cg_value_rows(table); i++) {
        const char *key, *sub;
        uint64_t number;

        if (cg_value_row(table, i, &key, &sub, &number) == 0 && key && strcmp(key, name) == 0)
            return number;
    }
    return 0;
}

static void add_throttling(const struct cg_value *stat, struct usage *usage)
{
    usage->throttle_known = true;
    usage->periods += row_number(stat, "nr_periods");
    usage->throttled += row_number(stat, "nr_throttled");
    usage->throttled_us += row_number(stat, "throttled_usec");
    usage->throttled_us += row_number(stat, "throttled_time") / 1000; /* v1: nanoseconds */
}

/* "some avg10=0.00 avg60=0.00 avg300=0.00 total=1234", the same for full */
static void take_pressure(const char *text, struct usage *usage, unsigned resource)
{
    static const char *const kinds[] = {"some", "full"};

    for (unsigned i = 0; i < ARRAY_SIZE(kinds); i++) {
        const char *line = strstr(text, kinds[i]);
        const char *total = line ? strstr(line, "total=") : NULL;

        if (total && sscanf(total, "total=%" SCNu64, &usage->pressure[resource][i]) == 1)
            usage->pressure_known = true;
    }
}

static void read_pressure(const struct kernel *k, int dir, struct buffer *buffer,
                          struct usage *usage)
{
    static const char *const files[] = {"cpu.pressure", "memory.pressure", "io.pressure"};

    for (unsigned i = 0; i < ARRAY_SIZE(files); i++)
        if (k->read(k, dir, files[i], buffer) == 0 && buffer->data)
            take_pressure(buffer->data, usage, i);
}

/* A quota counts where it is set: in the guest's own node and in each of its roles'. v2's cpu.stat
 * and pressure files are of no controller, and would be in no hierarchy of one. */
void usage_read(const struct host *host, const struct facts *facts, const struct binding *binding,
                struct usage *ret)
{
    cleanup_nodes struct nodes nodes = {.host = host, .binding = binding};
    cleanup_buffer struct buffer buffer = {0};
    struct role_list roles = {0};
    const struct cg_hierarchy *cpu = mounts_find(host->mounts, "cpu");
    const struct cg_attr *quota, *attr;

    *ret = (struct usage){0};
    if (!cpu || roles_of(facts, &roles) < 0)
        return;
    quota = attr_by_name(cpu->version == 2 ? "cpu.max" : "cpu.cfs_quota_us", cpu->version);
    attr = attr_by_name("cpu.stat", cpu->version);
    for (size_t i = 0; i < roles.count; i++) {
        struct cg_value *stat = NULL;
        int dir;

        if (nodes_open(&nodes, roles.roles[i], quota, &dir, NULL) < 0)
            continue;
        if (attr_read(host->kernel, dir, attr, &buffer, &stat, NULL) == 0)
            add_throttling(stat, ret);
        cg_value_unref(stat);
        if (roles.roles[i].kind == CG_ROLE_VM)
            read_pressure(host->kernel, dir, &buffer, ret);
    }
    free(roles.roles);
}
