#include "agent/tell.h"

#include "agent/entries.h"
#include "cgroup/guest_path.h"

#include <string.h>

/* Lines that would be said again at each try: gathered first, told when they are other ones. */
struct trouble {
    uint64_t hash; /* FNV-1a; 0: none */
    struct {
        struct log_entry entry; /* borrows from the report, but for the node */
        char node[ROLE_NAME_SIZE];
        char *text;
    } lines[64]; /* of more, the first ones */
    size_t count;
};

struct log_entry tell_entry(const struct managed *guest, int priority, const char *id)
{
    return (struct log_entry){
        .priority = priority, .id = id, .guest = managed_name(guest), .uuid = guest->uuid};
}

static void trouble_release(struct trouble *trouble)
{
    for (size_t i = 0; i < trouble->count; i++)
        free(trouble->lines[i].text);
}

static void trouble_add(struct trouble *trouble, const struct log_entry *entry, const char *text)
{
    char *copy = strdup(text);
    size_t at = trouble->count;

    if (!trouble->hash)
        trouble->hash = UINT64_C(0xcbf29ce484222325);
    for (const char *s = text; *s; s++)
        trouble->hash = (trouble->hash ^ (unsigned char)*s) * UINT64_C(0x100000001b3);
    if (!copy || at == ARRAY_SIZE(trouble->lines)) {
        free(copy);
        return;
    }
    trouble->lines[at].entry = *entry;
    if (entry->node) {
        snprintf(trouble->lines[at].node, sizeof(trouble->lines[at].node), "%s", entry->node);
        trouble->lines[at].entry.node = trouble->lines[at].node;
    }
    trouble->lines[at].text = copy;
    trouble->count++;
}

#define WRITER_TEXT_SIZE 64

/* Who wrote, behind what is told of it. It is no part of what makes trouble news: the same drift
 * may have no known writer at the next look. */
static const char *writer_text(const struct log_entry *entry, char ret[WRITER_TEXT_SIZE])
{
    *ret = '\0';
    if (entry->writer_pid && entry->writer)
        snprintf(ret, WRITER_TEXT_SIZE, ", after a write by %s (pid %d)", entry->writer,
                 (int)entry->writer_pid);
    else if (entry->writer_pid)
        snprintf(ret, WRITER_TEXT_SIZE, ", after a write by pid %d", (int)entry->writer_pid);
    return ret;
}

static void entry_is_by(struct log_entry *entry, const struct writer *writer)
{
    entry->writer_pid = writer ? writer->pid : 0;
    entry->writer = writer && *writer->name ? writer->name : NULL;
}

static void trouble_tell(struct log *log, const struct trouble *trouble, struct managed *guest)
{
    bool mended = guest->told && !trouble->hash;
    struct log_entry entry;
    char writer[WRITER_TEXT_SIZE];

    if (trouble->hash == guest->told)
        return;
    guest->told = trouble->hash;
    for (size_t i = 0; i < trouble->count; i++)
        log_entry(log, &trouble->lines[i].entry, "%s: %s%s", managed_name(guest),
                  trouble->lines[i].text, writer_text(&trouble->lines[i].entry, writer));
    entry = tell_entry(guest, LOG_INFO, ENTRY_MENDED);
    if (mended)
        log_entry(log, &entry, "%s: nothing is amiss any more", managed_name(guest));
}

static const char *attribute(const struct cell *cell)
{
    switch (cell->target) {
    case CELL_MASK:
        return "thread affinity";
    case CELL_UNIT:
        return unit_property(cell->attr);
    default:
        return cell->attr->name;
    }
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

/* The policy is named where one asked for the value itself. */
static void entry_is_of(struct log_entry *entry, struct cg_role role, const char *name,
                        const struct origin *origin, char node[ROLE_NAME_SIZE])
{
    entry->node = role_name(role, node);
    entry->attribute = name;
    entry->policy = origin && *origin->policy ? origin->policy : NULL;
}

static void tell_done(struct log *log, const struct managed *guest, const struct change *change,
                      const char *text, const struct writer *writer)
{
    static const struct {
        int priority;
        const char *id, *verb;
    } how[] = {
        [CHANGE_POLICY] = {LOG_INFO, ENTRY_SET, "set"},
        [CHANGE_HEAL] = {LOG_NOTICE, ENTRY_HEALED, "healed"},
        [CHANGE_RETURN] = {LOG_INFO, ENTRY_RETURNED, "returned"},
        [CHANGE_NEED] = {LOG_INFO, ENTRY_SET, "set"},
    };
    struct log_entry entry =
        tell_entry(guest, how[change->reason].priority, how[change->reason].id);
    char node[ROLE_NAME_SIZE], wrote[WRITER_TEXT_SIZE];

    entry_is_by(&entry, writer);
    entry_is_of(&entry, change->cell.role, attribute(&change->cell), change->cell.origin, node);
    log_entry(log, &entry, "%s: %s %s%s", managed_name(guest), how[change->reason].verb, text,
              writer_text(&entry, wrote));
}

static void add_change(struct trouble *trouble, const struct managed *guest,
                       const struct change *change, const char *text, const char *not_made,
                       const struct writer *writer)
{
    static const struct {
        int priority;
        const char *id, *verb;
    } how[] = {
        [CHANGE_PLANNED] = {LOG_NOTICE, ENTRY_NOT_MADE, NULL},
        [CHANGE_FAILED] = {LOG_ERR, ENTRY_FAILED, "failed"},
        [CHANGE_UNDONE] = {LOG_WARNING, ENTRY_FAILED, "undone"},
        [CHANGE_UNKNOWN] = {LOG_ERR, ENTRY_FAILED, "could not be undone"},
        [CHANGE_SKIPPED] = {LOG_WARNING, ENTRY_NOT_MADE, "not tried"},
        [CHANGE_SETTLING] = {LOG_WARNING, ENTRY_FAILED,
                             "in force, but systemd has not got it on record"},
    };
    struct log_entry entry = tell_entry(guest, how[change->state].priority, how[change->state].id);
    /* To ask systemd once more is no drift: the file had the value all the time. */
    bool drift = change->reason == CHANGE_HEAL && change->state != CHANGE_SETTLING;
    const char *verb = how[change->state].verb;
    cleanup_free char *line = NULL;
    char node[ROLE_NAME_SIZE];

    if (drift)
        entry_is_by(&entry, writer);
    entry_is_of(&entry, change->cell.role, attribute(&change->cell), change->cell.origin, node);
    if (asprintf(&line, "%s: %s%s%s%s", verb ? verb : not_made, text, change->error ? ": " : "",
                 change->error ? change->error : "", drift ? " (drift)" : "") < 0)
        line = NULL;
    else
        trouble_add(trouble, &entry, line);
}

static void add_refusal(struct trouble *trouble, const struct managed *guest,
                        const struct refusal *refusal)
{
    struct log_entry entry = tell_entry(guest, LOG_WARNING, ENTRY_REFUSED);
    cleanup_free char *line = NULL;
    char name[ROLE_NAME_SIZE];

    entry_is_of(&entry, refusal->role, refusal->attribute, refusal->origin, name);
    if (asprintf(&line, "refused: %s %s: %s%s%s", name, refusal->attribute, refusal->text,
                 refusal->origin ? ", " : "", refusal->origin ? refusal->origin->text : "") < 0)
        line = NULL;
    else
        trouble_add(trouble, &entry, line);
}

void tell_report(struct log *log, struct managed *guest, const struct report *report,
                 const char *not_made, const struct writer *writers)
{
    struct log_entry failed = tell_entry(guest, LOG_ERR, ENTRY_FAILED);
    struct trouble trouble = {0};

    if (report->error)
        trouble_add(&trouble, &failed, report->error);
    for (size_t i = 0; i < report->refusals.count; i++)
        add_refusal(&trouble, guest, &report->refusals.refusals[i]);
    for (size_t i = 0; i < report->change_count; i++) {
        const struct change *change = &report->changes[i];
        const struct writer *writer = writers ? &writers[i] : NULL;
        cleanup_free char *text = describe(change);

        if (!text)
            continue;
        if (change->state == CHANGE_MOVING)
            log_line(log, LOG_INFO, "%s: moves its memory: %s", managed_name(guest), text);
        else if (change->state == CHANGE_DONE)
            tell_done(log, guest, change, text, writer);
        else if (change->state != CHANGE_SETTLING || change->error)
            add_change(&trouble, guest, change, text, not_made, writer);
    }
    trouble_tell(log, &trouble, guest);
    trouble_release(&trouble);
    log_line(log, LOG_DEBUG, "%s: looked at: %s", managed_name(guest),
             guest_status_name(report->status));
}

void tell_failure(struct log *log, struct managed *guest, const char *why)
{
    struct log_entry failed = tell_entry(guest, LOG_ERR, ENTRY_FAILED);
    struct trouble trouble = {0};

    trouble_add(&trouble, &failed, why);
    trouble_tell(log, &trouble, guest);
    trouble_release(&trouble);
}

void tell_libvirt_wrote(struct log *log, const struct managed *guest)
{
    const struct log_entry entry = tell_entry(guest, LOG_NOTICE, ENTRY_HEALED);

    log_entry(log, &entry,
              "%s: libvirt tells of a change through it (virsh vcpupin, schedinfo or the like) at "
              "the time of that heal",
              managed_name(guest));
}
