/* Memory that must not move, or would not. */
#include "reconcile/check.h"

#include "cgroup/access.h"
#include "cgroup/value.h"
#include "reconcile/resident.h"

#include <string.h>

/* Why there is no room for what is not there yet; NULL: there is. Where the host does not tell how
 * much the guest has, it is nothing. */
static const char *lacks_room(const struct check_input *input, const struct cg_set *nodes)
{
    const struct host *host = input->nodes->host;
    const struct resident guest = resident_of(input->nodes);
    const char *lack = "these memory nodes have less room free than the guest's memory takes";
    uint64_t room = 0, needed = 0;

    for (int node = cg_set_next(nodes, -1); node >= 0; node = cg_set_next(nodes, node)) {
        uint64_t bytes;

        if (host_node_free(host, (unsigned)node, &bytes) < 0)
            return lack;
        room += bytes;
    }
    if (resident_bytes(host, guest.pid, input->scratch, &needed) < 0 || needed <= room)
        return NULL;
    if (resident_elsewhere(&guest, nodes, input->scratch, &needed) < 0)
        return "these memory nodes have less room free than the guest's memory takes, and how much "
               "of it is there already could not be seen: with hugepages that needs CAP_SYS_PTRACE";
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

/* v1 moves memory where the node says so alone: libvirt has all that it makes say it. False where
 * no file tells. */
static int stays_behind(const struct check_input *input, const struct cell *target, bool *ret,
                        struct cg_error **err)
{
    const struct cg_attr *attr = attr_by_name("cpuset.memory_migrate", target->attr->version);
    cleanup_value struct cg_value *value = NULL;
    cleanup_error struct cg_error *why = NULL;
    uint64_t moves = true;
    int dir, r;

    *ret = false;
    if (!attr || target->role.kind == CG_ROLE_VM) /* which has no threads */
        return 0;
    r = nodes_open(input->nodes, target->role, attr, &dir, &why);
    if (r == -ENOENT)
        return 0;
    if (r < 0) {
        if (err)
            *err = steal_pointer(&why);
        return r;
    }
    r = attr_read(input->nodes->host->kernel, dir, attr, input->scratch, &value, NULL);
    if (r == 0)
        cg_value_uint(value, &moves);
    *ret = !moves;
    return r == -ENOMEM ? error_out_of_memory(err) : 0;
}

static int refuse_staying(const struct check_input *input, struct refusals *refusals,
                          struct cg_error **err)
{
    for (size_t i = 0; i < input->targets->count; i++) {
        const struct cell *target = &input->targets->cells[i];
        bool stays = false;
        int r = 0;

        if (attr_moves_memory(target->attr))
            r = stays_behind(input, target, &stays, err);
        if (r == 0 && stays)
            return refusals_add(refusals, target->role, NULL, target->attr, target->origin,
                                "the memory would stay where it is: cpuset.memory_migrate is 0 in "
                                "this control group, where libvirt puts 1");
        if (r < 0)
            return r;
    }
    return 0;
}

/* Why the guest's memory must not move; NULL: it may. */
static const char *forbids(const struct check_input *input, const struct step *step,
                           const struct cg_set *asked, bool begun)
{
    if (!input->starting && step->reason == CHANGE_RETURN)
        return "the guest runs, and going back would move its memory: left as it is until the "
               "guest starts anew";
    if (!input->starting && !begun && !(step->cell.flags & CELL_MIGRATE))
        return "the guest runs already, and this would move its memory while it waits: say "
               "\"migrate\": true in the policy, or start the guest anew";
    return begun ? NULL : lacks_room(input, asked); /* what has moved has taken its room */
}

/* Whose memory vmpin never touches; NULL: not this guest's. */
static const char *excludes(const struct facts *facts)
{
    if (facts->numatune_mode && strcmp(facts->numatune_mode, "restrictive") == 0)
        return "the guest's numatune mode is `restrictive`: libvirt places its memory";
    if (facts->host_devices > 0)
        return "the guest has passed-through devices, so its memory is pinned and cannot move: use "
               "<numatune> in its XML";
    return facts->locked_memory ? "the guest's memory is locked and cannot move" : NULL;
}

int check_mems(const struct check_input *input, const struct step *step, struct refusals *refusals,
               struct cg_error **err)
{
    const struct cg_set *asked;
    bool begun = mems_begun(input->targets, input->state);
    const char *why = excludes(input->facts);
    int r;

    if (cg_value_set(step->cell.value, &asked) < 0 || (!why && mems_only_widen(step)))
        return 0;
    if (!why)
        why = forbids(input, step, asked, begun);
    if (why)
        r = refusals_add(refusals, step->cell.role, NULL, step->cell.attr, step->cell.origin, "%s",
                         why);
    else
        r = begun ? 0 : refuse_staying(input, refusals, err);
    return r == -ENOMEM ? error_out_of_memory(err) : r;
}
