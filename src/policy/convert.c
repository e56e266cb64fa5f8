/* The conversions of vmpin-policy(5), each as the kernel does it. Nothing is clamped: what does not
 * fit is refused. */
#include "policy/convert.h"

#include "base/error.h"
#include "cgroup/set.h"

/* The kernel's own, CGROUP_WEIGHT_DFL for 1024: sched_weight_from_cgroup() and
 * sched_weight_to_cgroup() in kernel/sched/sched.h. */
#define SHARES_DEFAULT 1024u
#define WEIGHT_DEFAULT 100u

static uint64_t divide_closest(uint64_t a, uint64_t b)
{
    return (a + b / 2) / b;
}

static int convert_weight(const struct request *request, const struct cg_attr *face,
                          struct cg_value **ret, struct cg_error **err)
{
    const struct policy_setting *s = request->setting;
    uint64_t number = s->number;

    if (s->version == 1 && face->version == 2)
        number = divide_closest(number * WEIGHT_DEFAULT, SHARES_DEFAULT);
    else if (s->version == 2 && face->version == 1)
        number = divide_closest(number * SHARES_DEFAULT, WEIGHT_DEFAULT);
    if (number < face->min || number > face->max)
        return error_set(err, ERANGE,
                         "%s %llu is %s %llu on this host, which is out of range: %llu to %llu",
                         policy_attribute_written(s->attribute, s->version),
                         (unsigned long long)s->number, face->name, (unsigned long long)number,
                         (unsigned long long)face->min, (unsigned long long)face->max);
    return cg_value_from_uint(face, number, ret, err);
}

/* ---- lists ---------------------------------------------------------------------------------- */

static int missing_error(const struct cg_set *missing, const struct cg_set *there, const char *what,
                         struct cg_error **err)
{
    cleanup_free char *names = NULL, *has = NULL;
    bool many = cg_set_count(missing) > 1;

    if (cg_set_format(missing, &names) < 0 || cg_set_format(there, &has) < 0)
        return error_out_of_memory(err);
    return error_set(err, ERANGE, "%s%s %s %s not exist on this host, which has %s", what,
                     many ? "s" : "", names, many ? "do" : "does", has);
}

static int list_members(const struct policy_list *list, const struct cg_set *online,
                        struct cg_set **ret, struct cg_error **err)
{
    int r;

    if (!list->all) {
        *ret = cg_set_ref(list->set);
        return 0;
    }
    r = list->set ? cg_set_difference(online, list->set, ret) : cg_set_union(online, online, ret);
    if (r < 0)
        return error_out_of_memory(err);
    if (cg_set_count(*ret) > 0)
        return 0;
    return error_set(err, EINVAL, "nothing is left of \"all\" on this host");
}

static int convert_list(const struct request *request, const struct cg_attr *face,
                        struct cg_value **ret, struct cg_error **err)
{
    const struct policy_list *list = &request->setting->lists[request->element];
    const struct host *host = request->host;
    bool cpus = request->setting->attribute == POLICY_CPUS;
    const struct cg_set *there = cpus ? host->cpus_present : host->nodes_online;
    cleanup_set struct cg_set *members = NULL, *missing = NULL;
    int r;

    if (list->local) {
        *ret = NULL;
        return request->local ? cg_value_from_set(face, request->local, ret, err) : 0;
    }
    r = list_members(list, cpus ? host->cpus_online : host->nodes_online, &members, err);
    if (r < 0)
        return r;
    r = cg_set_difference(members, there, &missing);
    if (r < 0)
        return error_out_of_memory(err);
    if (cg_set_count(missing) > 0)
        return missing_error(missing, there, cpus ? "CPU" : "memory node", err);
    return cg_value_from_set(face, members, ret, err);
}

/* ---- sizes ---------------------------------------------------------------------------------- */

/* Bytes or CG_NO_LIMIT. -EAGAIN: it depends on the guest, and there is none. */
static int size_bytes(const struct policy_size *size, const struct facts *facts, uint64_t *ret,
                      struct cg_error **err)
{
    unsigned __int128 bytes = size->number;

    if (size->kind == POLICY_SIZE_NO_LIMIT) {
        *ret = CG_NO_LIMIT;
        return 0;
    }
    if (size->kind != POLICY_SIZE_BYTES) {
        if (!facts)
            return -EAGAIN;
        if (facts->memory_maximum == 0)
            return error_set(err, ENODATA, "the guest's maximum memory is not known");
        if (size->kind == POLICY_SIZE_GUEST_PLUS)
            bytes += facts->memory_maximum;
        else
            bytes = bytes * facts->memory_maximum / POLICY_TIMES_ONE;
    }
    if (bytes > POLICY_SIZE_MAX)
        return error_set(err, ERANGE, "the size is out of range for this guest: up to %llu bytes",
                         POLICY_SIZE_MAX);
    *ret = (uint64_t)bytes;
    return 0;
}

/* v1 counts memory and swap together, v2 swap alone: the limit of memory lies between them. */
static int swap_bytes(const struct request *request, int version, uint64_t limit, uint64_t *bytes,
                      struct cg_error **err)
{
    if (*bytes == CG_NO_LIMIT || request->setting->version == version)
        return 0;
    if (version == 1 && limit == CG_NO_LIMIT)
        return error_set(err, EINVAL,
                         "cgroup v1 limits memory and swap together: without a limit of memory "
                         "there is none of swap");
    if (version == 1) {
        *bytes += limit;
        return *bytes <= POLICY_SIZE_MAX
                   ? 0
                   : error_set(err, ERANGE, "memory and swap together are out of range");
    }
    if (limit == CG_NO_LIMIT || *bytes < limit)
        return error_set(err, EINVAL,
                         "it is below this policy's memory limit, but limits memory and swap "
                         "together");
    *bytes -= limit;
    return 0;
}

static int convert_swap(const struct request *request, const struct cg_attr *face, uint64_t *bytes,
                        struct cg_error **err)
{
    const struct policy_setting *s = request->setting, *limit;
    uint64_t limit_bytes = CG_NO_LIMIT;
    int r;

    if (*bytes == CG_NO_LIMIT || s->version == face->version)
        return 0;
    limit = policy_setting_find(request->policy, s->pattern, POLICY_LIMIT);
    if (!limit)
        return error_set(err, EINVAL,
                         "cgroup v%d needs the limit of memory for it: write \"limit_in_bytes\" or "
                         "\"max\" beside it",
                         face->version);
    r = size_bytes(&limit->size, request->facts, &limit_bytes, err);
    return r < 0 ? r : swap_bytes(request, face->version, limit_bytes, bytes, err);
}

static int convert_size(const struct request *request, const struct cg_attr *face,
                        struct cg_value **ret, struct cg_error **err)
{
    uint64_t bytes;
    int r = size_bytes(&request->setting->size, request->facts, &bytes, err);

    if (r == 0 && request->setting->attribute == POLICY_SWAP)
        r = convert_swap(request, face, &bytes, err);
    if (r == -EAGAIN) {
        *ret = NULL;
        return 0;
    }
    return r < 0 ? r : cg_value_from_uint(face, bytes, ret, err);
}

/* --------------------------------------------------------------------------------------------- */

static int no_face(const struct request *request, struct cg_error **err)
{
    const struct policy_setting *s = request->setting;
    const char *written = policy_attribute_written(s->attribute, s->version);
    char controller[16] = "";
    const struct cg_hierarchy *hierarchy;

    sscanf(written, "%15[^.]", controller);
    hierarchy = mounts_find(request->host->mounts, controller);
    if (!hierarchy)
        return error_set(err, EOPNOTSUPP, "this host has no %s controller mounted", controller);
    return error_set(err, EOPNOTSUPP,
                     "cgroup v%d, which this host has, has no counterpart of %s: where hosts may "
                     "lack it, name it in \"optional\"",
                     hierarchy->version, written);
}

int setting_convert(const struct request *request, const struct cg_attr **ret_face,
                    struct cg_value **ret, struct cg_error **err)
{
    const struct policy_setting *s = request->setting;

    if (policy_attribute_face(request->host, s->attribute, ret_face) < 0)
        return no_face(request, err);
    switch (policy_attributes[s->attribute].kind) {
    case POLICY_KIND_WEIGHT:
        return convert_weight(request, *ret_face, ret, err);
    case POLICY_KIND_QUOTA:
        return cg_value_from_quota(*ret_face, &s->quota, ret, err);
    case POLICY_KIND_TIME:
        return cg_value_from_uint(*ret_face, s->number, ret, err);
    case POLICY_KIND_LIST:
        return convert_list(request, *ret_face, ret, err);
    case POLICY_KIND_SIZE:
        return convert_size(request, *ret_face, ret, err);
    }
    return -EINVAL;
}
