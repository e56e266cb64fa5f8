/* What no guest could have on this host, whatever it is: `check --host`. */
#include "policy/resolve.h"

#include "policy/convert.h"

#include "base/error.h"
#include "cgroup/value.h"

static int check_element(const struct request *request, int element,
                         struct policy_problems *problems)
{
    const struct policy *policy = request->policy;
    const struct policy_setting *setting = request->setting;
    cleanup_value struct cg_value *value = NULL;
    cleanup_error struct cg_error *err = NULL;
    cleanup_free char *pointer = NULL;
    const struct cg_attr *face;
    int r = setting_convert(request, &face, &value, &err);

    if (r == 0 || (r == -EOPNOTSUPP && policy->optional & 1u << setting->attribute))
        return 0;
    if (r == -ENOMEM || !err)
        return -ENOMEM;
    pointer = policy_setting_pointer(policy, setting, element);
    if (!pointer)
        return -ENOMEM;
    return policy_problems_add(problems, policy->file, pointer, 0, 0, "%s", cg_error_text(err));
}

int policy_check_host(const struct policy_set *set, const struct host *host,
                      struct policy_problems *problems)
{
    int r = 0;

    for (size_t p = 0; p < set->count; p++) {
        const struct policy *policy = set->policies[p];

        for (size_t i = 0; r == 0 && i < policy->setting_count; i++) {
            const struct policy_setting *s = &policy->settings[i];
            struct request request = {.host = host, .policy = policy, .setting = s};
            size_t elements = s->per_vcpu ? s->list_count : 1;

            for (; r == 0 && request.element < elements; request.element++)
                r = check_element(&request, s->per_vcpu ? (int)request.element : -1, problems);
        }
    }
    return r;
}
