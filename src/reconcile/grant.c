#include "reconcile/grant.h"

#include "base/proc_stat.h"
#include "cgroup/access.h"

#include <string.h>

static const struct cg_attr *cpus_attr(const struct host *host)
{
    const struct cg_hierarchy *hierarchy = mounts_find(host->mounts, "cpuset");

    return hierarchy ? attr_by_name("cpuset.cpus", hierarchy->version) : NULL;
}

static int read_allowed(const struct host *host, pid_t tid, struct buffer *scratch,
                        struct cg_set **ret)
{
    char file[32], *list;
    int r;

    snprintf(file, sizeof(file), "%d/status", (int)tid);
    r = host->kernel->read(host->kernel, host->proc, file, scratch);
    if (r < 0)
        return r;
    list = proc_status_field(scratch->data, "Cpus_allowed_list");
    if (!list)
        return -EINVAL;
    list[strcspn(list, "\n")] = '\0';
    return cg_set_parse(list, ret, NULL);
}

static int read_threads(struct nodes *nodes, int dir, int version, struct buffer *scratch,
                        struct granted *ret, struct cg_error **err)
{
    cleanup_free pid_t *tids = NULL;
    size_t count;
    int r = threads_read(nodes->host->kernel, dir, version, scratch, &tids, &count, err);

    if (r < 0)
        return r;
    ret->threads = calloc(count ? count : 1, sizeof(*ret->threads));
    if (!ret->threads)
        return error_out_of_memory(err);
    for (size_t i = 0; i < count; i++) {
        struct cg_set *allowed;

        r = read_allowed(nodes->host, tids[i], scratch, &allowed);
        if (r == -ENOMEM)
            return error_out_of_memory(err);
        if (r == 0)
            ret->threads[ret->count++] = (struct thread_grant){.tid = tids[i], .allowed = allowed};
    }
    return 0;
}

int grant_effective(struct nodes *nodes, struct cg_role role, const struct cg_attr *attr,
                    struct buffer *scratch, struct cg_set **ret, struct cg_error **err)
{
    struct cg_value *value = NULL;
    const struct cg_set *set;
    int dir, r = nodes_open(nodes, role, attr, &dir, err);

    *ret = NULL;
    if (r < 0)
        return r;
    r = attr_read(nodes->host->kernel, dir, attr_effective(attr), scratch, &value, NULL);
    if (r == 0 && cg_value_set(value, &set) == 0)
        r = cg_set_union(set, set, ret);
    cg_value_unref(value);
    return r == -ENOMEM ? error_out_of_memory(err) : 0;
}

int grant_read(struct nodes *nodes, struct cg_role role, struct buffer *scratch,
               struct granted *ret, struct cg_error **err)
{
    const struct cg_attr *attr = cpus_attr(nodes->host);
    struct granted grant = {.role = role};
    int dir, r;

    if (!attr)
        return error_set(err, EOPNOTSUPP, "this host has no cpuset controller");
    r = grant_effective(nodes, role, attr, scratch, &grant.effective, err);
    if (r == 0 && nodes->binding->pid > 0)
        r = nodes_open(nodes, role, attr, &dir, err);
    if (r == 0 && nodes->binding->pid > 0)
        r = read_threads(nodes, dir, attr->version, scratch, &grant, err);
    if (r < 0) {
        granted_release(&grant);
        return r;
    }
    *ret = grant;
    return 0;
}

/* libvirt has QEMU name its threads: "CPU 0/KVM", "IO iothread1". The emulator's own is the
 * process's first. */
static bool is_thread_of(const struct nodes *nodes, pid_t tid, struct cg_role role,
                         struct buffer *scratch)
{
    const struct kernel *k = nodes->host->kernel;
    char file[32], name[32];

    if (role.kind == CG_ROLE_EMULATOR)
        return tid == nodes->binding->pid;
    snprintf(file, sizeof(file), "%d/comm", (int)tid);
    snprintf(name, sizeof(name), role.kind == CG_ROLE_VCPU ? "CPU %u/" : "IO iothread%u\n",
             role.index);
    return k->read(k, nodes->host->proc, file, scratch) == 0 &&
           strncmp(scratch->data, name, strlen(name)) == 0;
}

int grant_stray(struct nodes *nodes, struct cg_role where, struct cg_role role,
                struct buffer *scratch, pid_t *ret, struct cg_error **err)
{
    const struct cg_attr *attr = cpus_attr(nodes->host);
    cleanup_free pid_t *tids = NULL;
    size_t count = 0;
    int dir, r;

    *ret = 0;
    if (!attr || nodes->binding->pid <= 0)
        return 0;
    r = nodes_open(nodes, where, attr, &dir, err);
    if (r == 0)
        r = threads_read(nodes->host->kernel, dir, attr->version, scratch, &tids, &count, err);
    for (size_t i = 0; r == 0 && *ret == 0 && i < count; i++)
        if (is_thread_of(nodes, tids[i], role, scratch))
            *ret = tids[i];
    return r;
}

bool grant_masked(const struct granted *grant)
{
    for (size_t i = 0; grant->effective && i < grant->count; i++)
        if (!cg_set_equal(grant->threads[i].allowed, grant->effective))
            return true;
    return false;
}

int grant_set_masks(struct nodes *nodes, const struct granted *grant, const struct cg_set *cpus,
                    struct cg_error **err)
{
    const struct kernel *k = nodes->host->kernel;

    for (size_t i = 0; i < grant->count; i++) {
        int r = k->set_affinity(k, grant->threads[i].tid, cpus);

        if (r < 0 && r != -ESRCH)
            return error_set(err, -r, "sched_setaffinity of thread %d: %s",
                             (int)grant->threads[i].tid, strerror(-r));
    }
    return 0;
}
