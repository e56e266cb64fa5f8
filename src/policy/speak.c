/* Which policy speaks for which role of a guest, and with what value. No precedence between
 * policies yet. */
#include "policy/local.h"

#include "base/array.h"
#include "base/error.h"
#include "cgroup/guest_path.h"
#include "cgroup/set.h"

bool setting_covers(const struct policy_setting *setting, struct cg_role role)
{
    /* A process has its memory in one place: all its nodes get the same. */
    if (setting->attribute == POLICY_MEMS)
        return true;
    return setting->pattern.kind == role.kind &&
           (setting->pattern.glob || setting->pattern.index == role.index);
}

const struct policy_setting *policy_speaks(const struct policy *policy, struct cg_role role,
                                           enum policy_attribute attribute,
                                           const struct policy_setting **ret_beaten)
{
    const struct policy_setting *found = NULL;

    *ret_beaten = NULL;
    for (size_t i = 0; i < policy->setting_count; i++) {
        const struct policy_setting *s = &policy->settings[i];

        if (s->attribute != attribute || !setting_covers(s, role))
            continue;
        *ret_beaten = found;
        found = s;
    }
    return found;
}

static int role_add(struct hearing *hearing, size_t *size, struct cg_role role, bool there)
{
    if (array_grow(&hearing->roles, hearing->role_count, size) < 0)
        return -ENOMEM;
    hearing->roles[hearing->role_count++] = (struct guest_role){role, there};
    return 0;
}

static bool role_known(const struct hearing *hearing, struct cg_role role)
{
    for (size_t i = 0; i < hearing->role_count; i++)
        if (role_compare(hearing->roles[i].role, role) == 0)
            return true;
    return false;
}

static int hearing_roles(struct hearing *hearing)
{
    const struct facts *facts = hearing->facts;
    unsigned vcpus = facts_vcpus(facts);
    size_t size = 0;
    int r = role_add(hearing, &size, (struct cg_role){CG_ROLE_VM, 0}, true);

    if (r == 0)
        r = role_add(hearing, &size, (struct cg_role){CG_ROLE_EMULATOR, 0}, true);
    for (unsigned i = 0; r == 0 && i < vcpus; i++)
        r = role_add(hearing, &size, (struct cg_role){CG_ROLE_VCPU, i}, true);
    for (size_t i = 0; r == 0 && i < facts->iothread_count; i++)
        r = role_add(hearing, &size, (struct cg_role){CG_ROLE_IOTHREAD, facts->iothreads[i]}, true);
    for (size_t p = 0; p < hearing->policy_count; p++) {
        const struct policy *policy = hearing->policies[p];

        for (size_t i = 0; r == 0 && i < policy->setting_count; i++) {
            const struct policy_pattern *pattern = &policy->settings[i].pattern;
            struct cg_role role = {pattern->kind, pattern->index};

            if (!pattern->glob && !role_known(hearing, role))
                r = role_add(hearing, &size, role, false);
        }
    }
    return r;
}

void hearing_release(struct hearing *hearing)
{
    free(hearing->policies);
    free(hearing->roles);
}

int hearing_open(const struct policy_set *set, const struct facts *facts, const struct host *host,
                 struct hearing *ret)
{
    struct hearing hearing = {.host = host, .facts = facts};
    int r = 0;

    hearing.policies = malloc((set->count + 1) * sizeof(hearing.policies[0]));
    if (!hearing.policies)
        return -ENOMEM;
    for (size_t i = 0; !facts->ignore && i < set->count; i++)
        if (match_guest(set->policies[i]->match, facts))
            hearing.policies[hearing.policy_count++] = set->policies[i];
    if (hearing.policy_count > 0)
        r = hearing_roles(&hearing);
    if (r < 0) {
        hearing_release(&hearing);
        return r;
    }
    *ret = hearing;
    return 0;
}

static int absent_error(const struct hearing *hearing, struct cg_role role, struct cg_error **err)
{
    char name[ROLE_NAME_SIZE];

    role_name(role, name);
    if (role.kind == CG_ROLE_VCPU)
        return error_set(err, ENOENT, "the guest has no %s: its maximum is %u vCPUs", name,
                         hearing->facts->vcpus_maximum);
    return error_set(err, ENOENT, "the guest has no %s", name);
}

int speak_value(const struct hearing *hearing, const struct policy *policy,
                const struct policy_setting *setting, const struct guest_role *role,
                const struct cg_attr **ret_face, struct cg_value **ret, struct cg_error **err)
{
    cleanup_set struct cg_set *local = NULL;
    struct request request = {
        .host = hearing->host, .facts = hearing->facts, .policy = policy, .setting = setting};
    int r;

    if ((policy->optional & 1u << setting->attribute) &&
        policy_attribute_face(hearing->host, setting->attribute, ret_face) < 0)
        return 1;
    if (!role->there)
        return absent_error(hearing, role->role, err);
    if (setting->per_vcpu) {
        request.element = role->role.index;
        if (request.element >= setting->list_count)
            return error_set(err, ENOENT,
                             "the array has no element for vcpu%u, only %zu: add it, or name the "
                             "vCPU itself",
                             role->role.index, setting->list_count);
    }
    if (setting->attribute == POLICY_MEMS && setting->lists[0].local) {
        r = local_nodes(hearing, &local, err);
        if (r < 0)
            return r;
        request.local = local;
    }
    return setting_convert(&request, ret_face, ret, err);
}
