/* The kernel's refusals in words: what an errno of a control group file means and what to do. */
#include "cgroup/access_error.h"

#include "base/error.h"
#include "cgroup/text.h"

#include <string.h>

enum { ANY, READ, WRITE };

static const struct explanation {
    int code;
    int version;            /* 0: both */
    int way;                /* ANY, READ or WRITE */
    const char *controller; /* NULL: all */
    enum cg_kind kind;      /* 0: all */
    const char *text;
} explanations[] = {
    {ENOENT, 2, ANY, NULL, 0,
     "there is no such file: the controller is not enabled here (cgroup.subtree_control of the "
     "parent; a threaded group never has memory), or this kernel does not have it"},
    {ENOENT, 0, ANY, NULL, 0,
     "there is no such file: this kernel does not have it, or the root of "
     "a hierarchy does not"},
    {ENODEV, 0, WRITE, "blkio", 0, "there is no such block device, or it is a partition"},
    {ENODEV, 0, WRITE, "io", 0, "there is no such block device, or it is a partition"},
    {ENODEV, 0, WRITE, "rdma", 0, "there is no such device"},
    {ENODEV, 0, ANY, NULL, 0, "the control group is gone"},
    {EPERM, 1, WRITE, "devices", 0, "not permitted: this needs root, and what the parent allows"},
    {EPERM, 0, ANY, NULL, 0, "not permitted: this needs root, or the file is not for this group"},
    {EACCES, 1, WRITE, "cpuset", CG_SET,
     "not within the set of the parent group, or not permitted: widen the parent first"},
    {EACCES, 0, ANY, NULL, 0, "not permitted: this needs root or a delegated group"},
    {EROFS, 0, ANY, NULL, 0, "control groups are mounted read-only here"},
    {EBUSY, 1, WRITE, "cpuset", CG_SET,
     "a child group holds what would be taken away: narrow the children first"},
    {EBUSY, 1, WRITE, "memory", CG_SIZE,
     "the group uses more than that and it could not be reclaimed"},
    {EBUSY, 2, WRITE, NULL, CG_NAMES,
     "the group has processes of its own, or a child needs the controller"},
    {EBUSY, 0, WRITE, NULL, 0, "the kernel is busy with it: a child or a task holds it"},
    {ERANGE, 0, WRITE, "cpuset", CG_SET, "a CPU or memory node in it does not exist on this host"},
    {ENOSPC, 0, WRITE, "cpuset", CG_SET,
     "a set that tasks are in cannot be emptied: write the full set instead"},
    {EINVAL, 1, WRITE, "cpuset", CG_SET,
     "not within the set of the parent group, or nothing in it exists: widen the parent first"},
    {EINVAL, 0, WRITE, "cpuset", CG_SET, "nothing in it exists on this host"},
    {EINVAL, 1, WRITE, "cpu", CG_QUOTA,
     "the share of CPU time (quota / period) is above the parent's or below a child's, the quota "
     "is below the burst, or this is the root"},
    {EINVAL, 1, WRITE, "memory", CG_SIZE,
     "memory.limit_in_bytes must not be above memory.memsw.limit_in_bytes (raise that first, lower "
     "it last), and the root has no limit"},
    {EINVAL, 0, WRITE, NULL, CG_NAMES,
     "each controller must be in this group's cgroup.controllers, with + or - in front"},
    {ESRCH, 0, WRITE, NULL, CG_TASKS, "there is no such process or thread"},
    {ENOSPC, 1, WRITE, NULL, CG_TASKS, "the group's cpuset has no CPUs or no memory nodes yet"},
    {EINVAL, 0, WRITE, NULL, 0, "the kernel does not take this value here"},
    {EOPNOTSUPP, 2, ANY, NULL, 0,
     "not in a threaded group: ask the group above it that is not threaded"},
    {EOPNOTSUPP, 0, ANY, NULL, 0, "this kernel has it no longer"},
    {ENOMEM, 0, ANY, NULL, 0, "the kernel is out of memory"},
};

static bool applies(const struct explanation *e, const struct cg_attr *attr, int code, int way)
{
    return e->code == code && (!e->version || e->version == (int)attr->version) &&
           (e->way == ANY || e->way == way) &&
           (!e->controller || (attr->controller && strcmp(e->controller, attr->controller) == 0)) &&
           (!e->kind || e->kind == attr->kind);
}

static const char *explain(const struct cg_attr *attr, int code, int way)
{
    for (size_t i = 0; i < ARRAY_SIZE(explanations); i++)
        if (applies(&explanations[i], attr, code, way))
            return explanations[i].text;
    return NULL;
}

static int refused(struct cg_error **err, int code, const char *what, const char *text)
{
    return text ? error_set(err, code, "%s: %s: %s", what, strerror(code), text)
                : error_set(err, code, "%s: %s", what, strerror(code));
}

int access_read_error(const struct cg_attr *attr, const char *file, int code, struct cg_error **err)
{
    return refused(err, code, file, explain(attr, code, READ));
}

int access_write_error(const struct cg_attr *attr, const char *file, const char *text, int code,
                       struct cg_error **err)
{
    cleanup_free char *quoted = text_quote(text), *what = NULL;

    if (!quoted || asprintf(&what, "%s: writing %s", file, quoted) < 0)
        return error_out_of_memory(err);
    return refused(err, code, what, explain(attr, code, WRITE));
}
