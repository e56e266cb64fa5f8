/* Limits that would have the kernel kill the guest, and memory that must not move. */
#include "reconcile/check.h"

#include "cgroup/access.h"
#include "reconcile/resident.h"

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

static int refuse_mems(const struct step *step, struct refusals *refusals, const char *why)
{
    return refusals_add(refusals, step->cell.role, NULL, step->cell.attr, step->cell.origin, "%s",
                        why);
}

/* Why there is no room for what is not there yet; NULL: there is. Where the host does not tell how
 * much the guest has, it is nothing. */
static const char *lacks_room(const struct check_input *input, const struct cg_set *nodes)
{
    const struct host *host = input->nodes->host;
    pid_t pid = input->nodes->binding->pid;
    const char *lack = "these memory nodes have less room free than the guest's memory takes";
    uint64_t room = 0, needed = 0;

    for (int node = cg_set_next(nodes, -1); node >= 0; node = cg_set_next(nodes, node)) {
        uint64_t bytes;

        if (host_node_free(host, (unsigned)node, &bytes) < 0)
            return lack;
        room += bytes;
    }
    if (resident_bytes(host, pid, input->scratch, &needed) < 0 || needed <= room)
        return NULL;
    if (resident_elsewhere(host, pid, nodes, input->scratch, &needed) < 0)
        return "these memory nodes have less room free than the guest's memory takes, and how much "
               "of it is there already could not be seen: that needs CAP_SYS_PTRACE";
    return needed <= room ? NULL : lack;
}

bool mems_begun(const struct cells *targets, const struct guest_state *state)
{
    for (size_t i = 0; i < targets->count; i++) {
        const struct cell *target = &targets->cells[i];
        const struct record *record = state_find(state, target);

        if (attr_moves_memory(target->attr) && !(target->flags & CELL_RETURN) && record &&
            record->written[0] && cg_value_equal(record->written[0], target->value))
            return true;
    }
    return false;
}

bool mems_only_widen(const struct step *step)
{
    const struct cg_set *asked, *old;

    return cg_value_set(step->cell.value, &asked) == 0 && cg_value_set(step->old, &old) == 0 &&
           cg_set_count(old) > 0 && cg_set_contains(asked, old);
}

int check_mems(const struct check_input *input, const struct step *step, struct refusals *refusals,
               struct cg_error **err)
{
    const struct facts *facts = input->facts;
    const struct cg_set *asked;
    bool begun = mems_begun(input->targets, input->state);
    const char *lack;
    int r = 0;

    if (cg_value_set(step->cell.value, &asked) < 0)
        return 0;
    if (facts->numatune_mode && strcmp(facts->numatune_mode, "restrictive") == 0)
        r = refuse_mems(step, refusals,
                        "the guest's numatune mode is `restrictive`: libvirt places its memory");
    else if (facts->host_devices > 0)
        r = refuse_mems(step, refusals,
                        "the guest has passed-through devices, so its memory is pinned and cannot "
                        "move: use <numatune> in its XML");
    else if (facts->locked_memory)
        r = refuse_mems(step, refusals, "the guest's memory is locked and cannot move");
    else if (mems_only_widen(step))
        r = 0;
    else if (!input->starting && step->reason == CHANGE_RETURN)
        r = refuse_mems(step, refusals,
                        "the guest runs, and going back would move its memory: left as it is until "
                        "the guest starts anew");
    else if (!input->starting && !begun && !(step->cell.flags & CELL_MIGRATE))
        r = refuse_mems(step, refusals,
                        "the guest runs already, and this would move its memory while it waits: "
                        "say \"migrate\": true in the policy, or start the guest anew");
    else if (!begun && (lack = lacks_room(input, asked))) /* else what has moved has taken it */
        r = refuse_mems(step, refusals, lack);
    return r == -ENOMEM ? error_out_of_memory(err) : r;
}
