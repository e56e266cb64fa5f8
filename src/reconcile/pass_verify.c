#include "reconcile/pass.h"

#include "cgroup/access.h"
#include "cgroup/guest_path.h"
#include "cgroup/set.h"
#include "reconcile/controllers.h"

#include <string.h>

static int fail_change(struct change *change, char *text)
{
    if (!text)
        return -ENOMEM;
    change->state = CHANGE_FAILED;
    free(change->error);
    change->error = text;
    return 0;
}

/* A return was made, and what stands there since is nobody's wish but its writer's: it is neither
 * tried again nor a failure. */
static int note_overwritten(struct change *change, const char *text)
{
    char *note;

    if (asprintf(&note, "%s stands there since", text) < 0)
        return -ENOMEM;
    free(change->note);
    change->note = note;
    return 0;
}

/* Another value than the one that was written. */
static int note_other_value(struct pass *pass, struct change *change, const struct cg_value *value)
{
    struct record *record = state_find(&pass->state, &change->cell);
    cleanup_free char *text = NULL;
    char *message = NULL;
    int r;

    if (record && change->reason != CHANGE_RETURN &&
        (pass->overtaken || pass_may_begin_anew(pass))) {
        record->settled = false;
        pass->state_changed = true;
        pass->overtaken = true;
        return 0;
    }
    r = cg_value_format(value, &text);
    if (r == 0 && change->reason == CHANGE_RETURN)
        return note_overwritten(change, text);
    if (r == 0 && asprintf(&message, "written, but %s stands there", text) < 0)
        message = NULL;
    return fail_change(change, message);
}

/* "The kernel took the write" is not "the value stands there". */
static int read_back(struct pass *pass, struct change *change, struct cg_error **err)
{
    struct cg_value *value = NULL;
    int dir, r = nodes_open(&pass->nodes, change->cell.role, change->cell.attr, &dir, err);

    if (r == 0)
        r = attr_read(pass->context->host->kernel, dir, change->cell.attr, &pass->context->scratch,
                      &value, err);
    if (r < 0)
        return r;
    if (!cg_value_equal(value, change->cell.value))
        r = note_other_value(pass, change, value);
    cg_value_unref(value);
    return r;
}

static int refuse(struct pass *pass, const struct cell *target, const char *text)
{
    return refusals_add(&pass->report.refusals, target->role, NULL, target->attr, target->origin,
                        "%s", text);
}

/* The kernel granted something else than the set that stands in the file. */
static int note_not_granted(struct pass *pass, const struct cell *target,
                            const struct cg_set *wanted, const struct cg_set *effective)
{
    struct change *change = pass_change_of(pass, target->role, target->attr);
    cleanup_free char *granted = NULL, *why = NULL, *text = NULL;
    int r = cg_set_format(effective, &granted);

    if (r == 0)
        r = ancestors_forbid(&pass->context->ancestors, &pass->nodes, target->attr, wanted,
                             &pass->context->scratch, &why);
    if (r < 0)
        return r;
    if (asprintf(&text, "the value stands in the file, but the kernel grants %s%s%s", granted,
                 why ? ": " : "", why ? why : "") < 0) {
        text = NULL;
        return -ENOMEM;
    }
    if (change && change->state == CHANGE_DONE)
        return fail_change(change, steal_pointer(&text));
    return refuse(pass, target, text);
}

/* The set is the policy's, and the thread that it is for is not in it. vmpin moves no thread. */
static int tell_stray(struct pass *pass, const struct cell *target, struct cg_role where, pid_t tid)
{
    cleanup_free char *path = nodes_path(&pass->nodes, target->role, target->attr), *text = NULL;
    bool v1 = target->attr->version == 1;
    const char *file = v1 ? "tasks" : "cgroup.threads";
    char name[ROLE_NAME_SIZE];
    int length = -1;

    if (path && v1 && where.kind == CG_ROLE_VM)
        length = asprintf(&text,
                          "all of its CPUs were offline, so the kernel moved its thread to the "
                          "control group above, and moves it not back: echo %d > '%s/%s'",
                          (int)tid, path, file);
    else if (path)
        length = asprintf(&text,
                          "somebody moved its thread to the control group of %s, and vmpin moves "
                          "none back: echo %d > '%s/%s'",
                          role_name(where, name), (int)tid, path, file);
    if (length < 0) {
        text = NULL;
        return -ENOMEM;
    }
    return refuse(pass, target, text);
}

/* v1 moves the threads of a set that became empty to the node above, as somebody may move them
 * anywhere. In the node of another role a new thread is, too, until libvirt has made its own: who
 * asks for the status is told, the agent's log is not. */
static int note_stray(struct pass *pass, const struct cell *target, struct cg_error **err)
{
    for (size_t i = 0; i < pass->roles.count; i++) {
        struct cg_role where = pass->roles.roles[i];
        pid_t tid = 0;
        int r;

        if (where.kind != CG_ROLE_VM && pass->context->mode != RECONCILE_STATUS)
            continue;
        r = grant_stray(&pass->nodes, where, target->role, &pass->context->scratch, &tid, err);
        if (r < 0 && r != -ENOENT)
            return r;
        if (tid > 0)
            return tell_stray(pass, target, where, tid);
    }
    return 0;
}

/* Does the node's file hold the target now (before or after this pass's writes)? */
static bool stands(struct pass *pass, const struct cell *target)
{
    const struct cell *seen = cells_find(&pass->observed, target->role, CELL_FILE, target->attr);
    const struct change *change = pass_change_of(pass, target->role, target->attr);

    return seen &&
           (change ? change->state == CHANGE_DONE : cg_value_equal(seen->value, target->value));
}

static int keep_granted(struct pass *pass, struct granted *grant)
{
    struct granted *all =
        reallocarray(pass->report.granted, pass->report.granted_count + 1, sizeof(*all));

    if (!all)
        return -ENOMEM;
    pass->report.granted = all;
    all[pass->report.granted_count++] = *grant;
    *grant = (struct granted){0};
    return 0;
}

/* What of the target's set can be granted now. */
static int expected_of(const struct pass *pass, const struct cell *target, struct cg_set **ret)
{
    const struct host *host = pass->context->host;
    bool cpus = attr_is_cpus(target->attr);
    const struct cg_set *wanted, *online = cpus ? host->cpus_online : host->nodes_online;
    int r = cg_value_set(target->value, &wanted);

    return r < 0 ? r : cg_set_intersection(wanted, online ? online : wanted, ret);
}

/* True: the kernel grants the target's set as far as it can be granted at all. */
static int verify_effective(struct pass *pass, const struct cell *target,
                            const struct cg_set *effective, bool *ret)
{
    cleanup_set struct cg_set *expected = NULL;
    const struct cg_set *wanted;
    int r = expected_of(pass, target, &expected);

    *ret = true;
    if (r < 0 || !effective || cg_set_equal(effective, expected))
        return r;
    *ret = false;
    pass_look_for_others(pass, target->attr);
    if (pass->overtaken)
        return 0;
    return cg_value_set(target->value, &wanted) < 0
               ? -EINVAL
               : note_not_granted(pass, target, wanted, effective);
}

/* The set stands in the file; do the threads have what it says? What a baseline grants is nobody's
 * wish. */
static int verify_standing(struct pass *pass, const struct cell *target, struct granted *grant,
                           struct cg_error **err)
{
    bool granted;
    int r;

    if (target->flags & CELL_RETURN)
        return 0;
    r = verify_effective(pass, target, grant->effective, &granted);
    if (r < 0 || !granted || target->flags & CELL_NEEDED)
        return r;
    if (grant->count == 0)
        return note_stray(pass, target, err);
    return grant_masked(grant) ? pass_widen_masks(pass, target, grant, err) : 0;
}

/* A set that binds no threads of its own: the guest's own CPUs, and memory nodes. */
static int verify_node(struct pass *pass, const struct cell *target, struct cg_error **err)
{
    cleanup_set struct cg_set *effective = NULL;
    bool granted;
    int r;

    if (!stands(pass, target) || target->flags & CELL_RETURN)
        return 0;
    r = grant_effective(&pass->nodes, target->role, target->attr, &pass->context->scratch,
                        &effective, err);
    if (r < 0)
        return r == -ENOENT ? 0 : r;
    return verify_effective(pass, target, effective, &granted);
}

static int verify_set(struct pass *pass, const struct cell *target, struct cg_error **err)
{
    struct granted grant = {0};
    bool standing = stands(pass, target);
    int r;

    /* What is not in the file yet cannot be granted, and a plan need not know what is instead. */
    if (!standing && pass->context->mode == RECONCILE_PLAN)
        return 0;
    r = grant_read(&pass->nodes, target->role, &pass->context->scratch, &grant, err);
    if (r < 0)
        return r == -ENOENT ? 0 : r;
    if (standing)
        r = verify_standing(pass, target, &grant, err);
    if (r == 0)
        r = keep_granted(pass, &grant);
    granted_release(&grant);
    return r;
}

static bool lies_within(const struct granted *grant, const struct cg_set *all)
{
    bool within = !grant->effective || cg_set_contains(all, grant->effective);

    for (size_t i = 0; within && i < grant->count; i++)
        within = cg_set_contains(all, grant->threads[i].allowed);
    return within;
}

/* A role that no policy gives CPUs of its own has some of those that one gives `vm`. */
static int verify_below(struct pass *pass, const struct cell *own, struct cg_role role,
                        struct cg_error **err)
{
    struct granted grant = {0};
    const struct cg_set *all;
    bool outside = false;
    int r = grant_read(&pass->nodes, role, &pass->context->scratch, &grant, err);

    if (r < 0)
        return r == -ENOENT ? 0 : r;
    if (cg_value_set(own->value, &all) == 0 && !lies_within(&grant, all)) {
        pass_look_for_others(pass, own->attr);
        outside = !pass->overtaken;
    }
    if (outside)
        r = refusals_add(&pass->report.refusals, role, NULL, own->attr, own->origin,
                         "the guest's own set stands in its file, but the kernel lets this role "
                         "run outside of it");
    if (r == 0)
        r = keep_granted(pass, &grant);
    granted_release(&grant);
    return r;
}

static int verify_all_below(struct pass *pass, const struct cell *own, struct cg_error **err)
{
    int r = 0;

    if (!stands(pass, own) || own->flags & (CELL_RETURN | CELL_NEEDED))
        return 0;
    for (size_t i = 0; r == 0 && i < pass->roles.count; i++) {
        struct cg_role role = pass->roles.roles[i];

        if (role.kind != CG_ROLE_VM && !cells_find(&pass->plan.targets, role, CELL_FILE, own->attr))
            r = verify_below(pass, own, role, err);
    }
    return r;
}

/* systemd's record has been read where it was waited for, and what was enabled when it was. */
static bool is_a_files(const struct change *change)
{
    return change->state == CHANGE_DONE && change->cell.target == CELL_FILE &&
           change->cell.attr != &controllers_attr;
}

static int verify_target(struct pass *pass, const struct cell *target, struct cg_error **err)
{
    bool cpus = attr_is_cpus(target->attr);
    bool vm = target->role.kind == CG_ROLE_VM;
    int r = cpus && !vm ? verify_set(pass, target, err) : verify_node(pass, target, err);

    return r == 0 && cpus && vm ? verify_all_below(pass, target, err) : r;
}

static bool is_kept(const struct pass *pass, struct cg_role role)
{
    for (size_t i = 0; i < pass->report.granted_count; i++)
        if (role_compare(pass->report.granted[i].role, role) == 0)
            return true;
    return false;
}

static int compare_roles(const void *a, const void *b)
{
    const struct granted *left = a, *right = b;

    return role_compare(left->role, right->role);
}

/* Who asks for the status wants to see where every role runs: also one that no policy gives CPUs,
 * and one whose change is refused. */
static int read_other_roles(struct pass *pass, struct cg_error **err)
{
    for (size_t i = 0; i < pass->roles.count; i++) {
        struct cg_role role = pass->roles.roles[i];
        struct granted grant = {0};
        int r;

        if (role.kind == CG_ROLE_VM || is_kept(pass, role))
            continue;
        r = grant_read(&pass->nodes, role, &pass->context->scratch, &grant, err);
        if (r == 0)
            r = keep_granted(pass, &grant);
        granted_release(&grant);
        if (r < 0 && r != -ENOENT && r != -EOPNOTSUPP)
            return r;
    }
    if (pass->report.granted_count > 0)
        qsort(pass->report.granted, pass->report.granted_count, sizeof(*pass->report.granted),
              compare_roles);
    return 0;
}

int pass_verify(struct pass *pass, struct cg_error **err)
{
    struct report *report = &pass->report;
    int r = 0;

    for (size_t i = pass->first_change; r == 0 && pass->writes && i < report->change_count; i++)
        if (is_a_files(&report->changes[i]))
            r = read_back(pass, &report->changes[i], err);
    for (size_t i = 0; r == 0 && !pass->overtaken && i < pass->plan.targets.count; i++) {
        const struct cell *target = &pass->plan.targets.cells[i];

        if (target->target == CELL_FILE && target->attr->kind == CG_SET)
            r = verify_target(pass, target, err);
    }
    if (r == 0 && !pass->overtaken)
        r = pass_return_masks(pass, err);
    if (r == 0 && pass->context->mode == RECONCILE_STATUS)
        r = read_other_roles(pass, err);
    report->threads_checked = pass->nodes.binding->pid > 0;
    return r == -ENOMEM ? error_out_of_memory(err) : r;
}
