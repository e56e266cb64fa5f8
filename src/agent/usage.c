#include "agent/usage.h"

#include "base/error.h"
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

/* Nothing is added for a role that has no node, nor on a host without such counters. */
static int read_role(const struct host *host, struct nodes *nodes, struct cg_role role,
                     const struct cg_hierarchy *cpu, struct usage *ret)
{
    const bool unified = cpu->version == 2;
    const struct cg_attr *quota =
        attr_by_name(unified ? "cpu.max" : "cpu.cfs_quota_us", cpu->version);
    cleanup_buffer struct buffer buffer = {0};
    struct cg_value *stat = NULL;
    int dir, r = nodes_open(nodes, role, quota, &dir, NULL);

    if (r == 0)
        r = attr_read(host->kernel, dir, attr_by_name("cpu.stat", cpu->version), &buffer, &stat,
                      NULL);
    if (r < 0)
        return error_is_want(r) ? r : 0;
    add_throttling(stat, ret);
    cg_value_unref(stat);
    if (role.kind == CG_ROLE_VM)
        read_pressure(host->kernel, dir, &buffer, ret);
    return 0;
}

static void advance(uint64_t *told, uint64_t *gone, uint64_t now)
{
    if (*gone + now < *told)
        *gone = *told - now;
    *told = *gone + now;
}

void usage_advance(struct usage *usage, const struct usage *now)
{
    struct usage next = *now;

    next.periods = usage->periods;
    next.throttled = usage->throttled;
    next.throttled_us = usage->throttled_us;
    next.gone = usage->gone;
    advance(&next.periods, &next.gone.periods, now->periods);
    advance(&next.throttled, &next.gone.throttled, now->throttled);
    advance(&next.throttled_us, &next.gone.throttled_us, now->throttled_us);
    *usage = next;
}

/* A quota counts where it is set: in the guest's own node and in each of its roles'. v2's cpu.stat
 * and pressure files are of no controller, and would be in no hierarchy of one. */
void usage_read(const struct host *host, const struct facts *facts, const struct binding *binding,
                struct usage *usage)
{
    cleanup_nodes struct nodes nodes = {.host = host, .binding = binding};
    const struct cg_hierarchy *cpu = mounts_find(host->mounts, "cpu");
    struct role_list roles = {0};
    struct usage now = {0};
    /* Between two bindings nothing can be read, and nothing has gone. */
    int r = cpu && binding->count > 0 ? roles_of(facts, &roles) : -ENOENT;

    for (size_t i = 0; r == 0 && i < roles.count; i++)
        r = read_role(host, &nodes, roles.roles[i], cpu, &now);
    if (r == 0)
        usage_advance(usage, &now);
    free(roles.roles);
}
