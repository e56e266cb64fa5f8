#include "agent/tell.h"

#include "cgroup/guest_path.h"

#include <string.h>

/* Lines that would be said again at each try: gathered first, told when they are other ones. */
struct trouble {
    uint64_t hash; /* FNV-1a; 0: none */
    struct {
        int priority;
        char *text;
    } lines[64]; /* of more, the first ones */
    size_t count;
};

static void trouble_release(struct trouble *trouble)
{
    for (size_t i = 0; i < trouble->count; i++)
        free(trouble->lines[i].text);
}

static void trouble_add(struct trouble *trouble, int priority, const char *text)
{
    char *copy = strdup(text);

    if (!trouble->hash)
        trouble->hash = UINT64_C(0xcbf29ce484222325);
    for (const char *s = text; *s; s++)
        trouble->hash = (trouble->hash ^ (unsigned char)*s) * UINT64_C(0x100000001b3);
    if (!copy || trouble->count == ARRAY_SIZE(trouble->lines)) {
        free(copy);
        return;
    }
    trouble->lines[trouble->count].priority = priority;
    trouble->lines[trouble->count++].text = copy;
}

static void trouble_tell(const struct log *log, const struct trouble *trouble,
                         struct managed *guest)
{
    bool mended = guest->told && !trouble->hash;

    if (trouble->hash == guest->told)
        return;
    guest->told = trouble->hash;
    for (size_t i = 0; i < trouble->count; i++)
        log_line(log, trouble->lines[i].priority, "%s: %s", managed_name(guest),
                 trouble->lines[i].text);
    if (mended)
        log_line(log, LOG_INFO, "%s: nothing is amiss any more", managed_name(guest));
}

static const char *attribute(const struct cell *cell)
{
    return cell->target == CELL_MASK ? "thread affinity" : cell->attr->name;
}

/* "vcpu0 cpuset.cpus: 0-1 -> 2, policy db1 (/etc/vmpin/policies.d/db1.json)" */
static char *describe(const struct change *change)
{
    cleanup_free char *old = NULL, *new = NULL;
    char name[ROLE_NAME_SIZE];
    char *text;

    if ((change->old && cg_value_format(change->old, &old) < 0) ||
        (change->cell.value && cg_value_format(change->cell.value, &new) < 0))
        return NULL;
    if (asprintf(&text, "%s %s: %s -> %s%s%s%s%s%s", role_name(change->cell.role, name),
                 attribute(&change->cell), old ? (*old ? old : "empty") : "unknown",
                 new ? (*new ? new : "empty") : "unknown", change->cell.origin ? ", " : "",
                 change->cell.origin ? change->cell.origin->text : "", change->note ? " (" : "",
                 change->note ? change->note : "", change->note ? ")" : "") < 0)
        return NULL;
    return text;
}

static void tell_done(const struct log *log, const struct managed *guest,
                      const struct change *change, const char *text)
{
    static const struct {
        int priority;
        const char *verb;
    } how[] = {
        [CHANGE_POLICY] = {LOG_INFO, "set"},
        [CHANGE_HEAL] = {LOG_NOTICE, "healed"},
        [CHANGE_RETURN] = {LOG_INFO, "returned"},
        [CHANGE_NEED] = {LOG_INFO, "set"},
    };

    log_line(log, how[change->reason].priority, "%s: %s %s", managed_name(guest),
             how[change->reason].verb, text);
}

static void add_change(struct trouble *trouble, const struct change *change, const char *text,
                       const char *not_made)
{
    static const struct {
        int priority;
        const char *verb;
    } how[] = {
        [CHANGE_PLANNED] = {LOG_NOTICE, NULL},
        [CHANGE_FAILED] = {LOG_ERR, "failed"},
        [CHANGE_UNDONE] = {LOG_WARNING, "undone"},
        [CHANGE_UNKNOWN] = {LOG_ERR, "could not be undone"},
        [CHANGE_SKIPPED] = {LOG_WARNING, "not tried"},
    };
    const char *verb = how[change->state].verb;
    cleanup_free char *line = NULL;

    if (asprintf(&line, "%s: %s%s%s%s", verb ? verb : not_made, text, change->error ? ": " : "",
                 change->error ? change->error : "",
                 change->reason == CHANGE_HEAL ? " (drift)" : "") < 0)
        line = NULL;
    else
        trouble_add(trouble, how[change->state].priority, line);
}

static void add_refusal(struct trouble *trouble, const struct refusal *refusal)
{
    cleanup_free char *line = NULL;
    char name[ROLE_NAME_SIZE];

    if (asprintf(&line, "refused: %s %s: %s%s%s", role_name(refusal->role, name),
                 refusal->attribute, refusal->text, refusal->origin ? ", " : "",
                 refusal->origin ? refusal->origin->text : "") < 0)
        line = NULL;
    else
        trouble_add(trouble, LOG_WARNING, line);
}

void tell_report(const struct log *log, struct managed *guest, const struct report *report,
                 const char *not_made)
{
    struct trouble trouble = {0};

    if (report->error)
        trouble_add(&trouble, LOG_ERR, report->error);
    for (size_t i = 0; i < report->refusals.count; i++)
        add_refusal(&trouble, &report->refusals.refusals[i]);
    for (size_t i = 0; i < report->change_count; i++) {
        const struct change *change = &report->changes[i];
        cleanup_free char *text = describe(change);

        if (!text)
            continue;
        if (change->state == CHANGE_DONE)
            tell_done(log, guest, change, text);
        else
            add_change(&trouble, change, text, not_made);
    }
    trouble_tell(log, &trouble, guest);
    trouble_release(&trouble);
    log_line(log, LOG_DEBUG, "%s: looked at: %s", managed_name(guest),
             guest_status_name(report->status));
}

void tell_failure(const struct log *log, struct managed *guest, const char *why)
{
    struct trouble trouble = {0};

    trouble_add(&trouble, LOG_ERR, why);
    trouble_tell(log, &trouble, guest);
    trouble_release(&trouble);
}
