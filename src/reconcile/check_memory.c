/* Limits that would have the kernel kill the guest. */
#include "reconcile/check.h"

#include "cgroup/access.h"

#include <inttypes.h>
#include <string.h>

#define MIB (UINT64_C(1) << 20)

/* What QEMU needs beside the guest's own memory: a process's code, heap, video memory, buffers. */
#define OVERHEAD (512 * MIB)
/* Room that a running guest must keep above what it uses now. */
#define USE_MARGIN (32 * MIB)

static bool is_limit(const struct cg_attr *attr)
{
    static const char *const names[] = {"memory.limit_in_bytes", "memory.max", "memory.high",
                                        "memory.memsw.limit_in_bytes"};

    for (size_t i = 0; i < ARRAY_SIZE(names); i++)
        if (strcmp(attr->name, names[i]) == 0)
            return true;
    return false;
}

/* 0 where the host does not tell. */
static int memory_in_use(const struct check_input *input, const struct step *step, uint64_t *ret,
                         struct cg_error **err)
{
    const struct cg_attr *attr = step->cell.attr->version == 2
                                     ? attr_by_name("memory.current", 2)
                                     : attr_by_name("memory.usage_in_bytes", 1);
    struct cg_value *value = NULL;
    int dir, r = nodes_open(input->nodes, step->cell.role, attr, &dir, err);

    *ret = 0;
    if (r < 0)
        return r;
    r = attr_read(input->nodes->host->kernel, dir, attr, input->scratch, &value, NULL);
    if (r == 0)
        cg_value_uint(value, ret);
    cg_value_unref(value);
    return r == -ENOMEM ? error_out_of_memory(err) : 0;
}

int check_memory_limit(const struct check_input *input, const struct step *step,
                       struct refusals *refusals, struct cg_error **err)
{
    const struct cell *cell = &step->cell;
    uint64_t limit, use, least, old;
    int r;

    if (!is_limit(cell->attr) || cell->flags & CELL_FORCE ||
        cg_value_uint(cell->value, &limit) < 0 || limit == CG_NO_LIMIT)
        return 0;
    least = (input->facts->hugepages ? 0 : input->facts->memory_maximum) + OVERHEAD;
    if (!(cell->flags & CELL_RETURN) && limit < least)
        return refusals_add(refusals, cell->role, NULL, cell->attr, cell->origin,
                            "%" PRIu64 " MiB is less than the guest's maximum memory and 512 MiB "
                            "for QEMU itself (%" PRIu64 " MiB): the kernel would kill it one day; "
                            "raise it, or say \"force\": true in the policy",
                            limit / MIB, least / MIB);
    if (cg_value_uint(step->old, &old) == 0 && limit >= old)
        return 0; /* more room kills nobody, however full it is */
    r = memory_in_use(input, step, &use, err);
    if (r < 0 || use == 0 || limit >= use + USE_MARGIN)
        return r;
    return refusals_add(refusals, cell->role, NULL, cell->attr, cell->origin,
                        "%" PRIu64 " MiB is less than what the guest uses now (%" PRIu64
                        " MiB) and a margin of 32 MiB: the kernel would kill it; raise it, or say "
                        "\"force\": true in the policy",
                        limit / MIB, use / MIB);
}
