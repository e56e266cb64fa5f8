/* By what is asked for and what libvirt has on record, never by what stands in the files now: that
 * would move the memory of a guest to and fro with every drift of its CPUs. All vCPUs up to the
 * maximum count, so that none that is plugged in moves it either. */
#include "policy/local.h"

#include "base/error.h"
#include "cgroup/set.h"
#include "cgroup/value.h"

/* The CPUs that the role gets from the last policy that speaks for it. *ret NULL: none, or what is
 * asked cannot be had. */
static int asked_cpus(const struct hearing *hearing, const struct guest_role *role,
                      struct cg_set **ret)
{
    const struct policy_setting *setting = NULL, *beaten;
    cleanup_value struct cg_value *value = NULL;
    const struct cg_attr *face;
    const struct cg_set *cpus;
    size_t p = hearing->policy_count;
    int r;

    *ret = NULL;
    while (!setting && p-- > 0)
        setting = policy_speaks(hearing->policies[p], role->role, POLICY_CPUS, &beaten);
    if (!setting)
        return 0;
    r = speak_value(hearing, hearing->policies[p], setting, role, &face, &value, NULL);
    if (r != 0)
        return r == -ENOMEM ? r : 0;
    return cg_value_set(value, &cpus) < 0 ? 0 : cg_set_union(cpus, cpus, ret);
}

/* Where no policy speaks for a vCPU: libvirt's pin or all CPUs, inside the guest's own set. */
static int usual_cpus(const struct hearing *hearing, struct cg_role role, const struct cg_set *own,
                      struct cg_set **ret)
{
    const struct cg_set *pin = facts_pin(hearing->facts, role);
    const struct cg_set *usual = pin ? pin : hearing->host->cpus_online;
    int r = cg_set_intersection(usual, own ? own : usual, ret);

    if (r < 0 || cg_set_count(*ret) > 0)
        return r;
    cg_set_unref(*ret);
    return cg_set_union(usual, usual, ret);
}

static int add_vcpu(const struct hearing *hearing, const struct guest_role *role,
                    const struct cg_set *own, struct cg_set **all)
{
    cleanup_set struct cg_set *cpus = NULL;
    struct cg_set *more;
    int r = asked_cpus(hearing, role, &cpus);

    if (r == 0 && !cpus)
        r = usual_cpus(hearing, role->role, own, &cpus);
    if (r == 0)
        r = cg_set_union(cpus, *all ? *all : cpus, &more);
    if (r < 0)
        return r;
    cg_set_unref(*all);
    *all = more;
    return 0;
}

int local_nodes(const struct hearing *hearing, struct cg_set **ret, struct cg_error **err)
{
    const struct guest_role vm = {{CG_ROLE_VM, 0}, true};
    cleanup_set struct cg_set *own = NULL, *all = NULL;
    int r = asked_cpus(hearing, &vm, &own);

    for (size_t i = 0; r == 0 && i < hearing->role_count; i++)
        if (hearing->roles[i].role.kind == CG_ROLE_VCPU && hearing->roles[i].there)
            r = add_vcpu(hearing, &hearing->roles[i], own, &all);
    if (r == 0)
        r = all ? topology_nodes(&hearing->host->topology, all, ret) : -ENODATA;
    if (r == -ENODATA)
        return error_set(err, ENODATA,
                         "this host does not tell which memory nodes the vCPUs' CPUs belong to: "
                         "write the nodes' numbers");
    return r < 0 ? error_out_of_memory(err) : 0;
}
