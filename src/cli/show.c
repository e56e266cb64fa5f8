/* Tables of reports: a tree with a guest a branch. What failed is on stderr already (sweep.c); here
 * it is only marked. */
#include "cli/show.h"

#include "cli/json.h"
#include "cli/output.h"

#include "cgroup/guest_path.h"

#include <string.h>

static char *or_empty(char *text)
{
    if (!text || *text)
        return text;
    free(text);
    return strdup("(empty)");
}

/* The kernel's text of a value for a table: "(empty)" for an empty set, "?" for NULL. NULL: out of
 * memory. free() */
static char *show_value(const struct cg_value *value)
{
    char *text = NULL;

    if (!value)
        return strdup("?");
    return cg_value_format(value, &text) < 0 ? NULL : or_empty(text);
}

/* An empty field for NULL. */
static void set_cpus(struct table *table, struct libscols_line *line, size_t column,
                     const struct cg_set *set)
{
    cleanup_free char *shown = NULL;
    char *text = NULL;

    if (!set)
        return;
    shown = cg_set_format(set, &text) < 0 ? NULL : or_empty(text);
    table_set_made(table, line, column, shown, SHADE_NONE);
}

static enum shade status_shade(enum guest_status status)
{
    switch (status) {
    case GUEST_IN_SYNC:
        return SHADE_GOOD;
    case GUEST_FAILED:
        return SHADE_BAD;
    case GUEST_UNMANAGED:
        return SHADE_DIM;
    default:
        return SHADE_NOTICE;
    }
}

static enum shade change_shade(enum change_state state)
{
    switch (state) {
    case CHANGE_DONE:
        return SHADE_GOOD;
    case CHANGE_FAILED:
    case CHANGE_UNKNOWN:
        return SHADE_BAD;
    default:
        return SHADE_NOTICE;
    }
}

static char *join(char *const *texts, size_t count)
{
    size_t length = 1;
    char *joined;

    for (size_t i = 0; i < count; i++)
        length += strlen(texts[i]) + 2;
    joined = calloc(1, length);
    if (!joined)
        return NULL;
    for (size_t i = 0; i < count; i++) {
        strcat(joined, i ? ", " : "");
        strcat(joined, texts[i]);
    }
    return joined;
}

enum {
    CHANGE_GUEST,
    CHANGE_ATTRIBUTE,
    CHANGE_OLD,
    CHANGE_NEW,
    CHANGE_WAY,
    CHANGE_STATE,
    CHANGE_ORIGIN,
    CHANGE_COLUMNS
};

static const struct column change_columns[] = {
    [CHANGE_GUEST] = {"GUEST", COLUMN_TREE},    [CHANGE_ATTRIBUTE] = {"ATTRIBUTE", COLUMN_SPARE},
    [CHANGE_OLD] = {"OLD", COLUMN_SPARE},       [CHANGE_NEW] = {"NEW", COLUMN_SPARE},
    [CHANGE_WAY] = {"WAY", COLUMN_SPARE},       [CHANGE_STATE] = {"STATE", 0},
    [CHANGE_ORIGIN] = {"ORIGIN", COLUMN_SPARE},
};

static void add_change(struct table *table, struct libscols_line *guest,
                       const struct change *change, bool verbose)
{
    struct libscols_line *line = table_line(table, guest);
    const struct cell *cell = &change->cell;
    cleanup_free char *old = show_value(change->old), *new = show_value(cell->value);
    cleanup_free char *origin = NULL;
    char role[ROLE_NAME_SIZE];

    if (asprintf(&origin, "%s%s%s", verbose ? change_reason_name(change->reason) : "",
                 verbose && cell->origin ? ": " : "", cell->origin ? cell->origin->text : "") < 0)
        origin = NULL;
    table_set(table, line, CHANGE_GUEST, role_name(cell->role, role), SHADE_NONE);
    table_set(table, line, CHANGE_ATTRIBUTE, cg_attr_name(cell->attr), SHADE_NONE);
    table_set_made(table, line, CHANGE_OLD, old, SHADE_NONE);
    table_set_made(table, line, CHANGE_NEW, new, SHADE_NONE);
    table_set(table, line, CHANGE_WAY, cell_way(cell->target), SHADE_NONE);
    table_set(table, line, CHANGE_STATE, change_state_name(change->state),
              change_shade(change->state));
    table_set_made(table, line, CHANGE_ORIGIN, origin, SHADE_NONE);
}

static void add_refusal(struct table *table, struct libscols_line *guest,
                        const struct refusal *refusal)
{
    struct libscols_line *line = table_line(table, guest);
    char role[ROLE_NAME_SIZE];

    table_set(table, line, CHANGE_GUEST, role_name(refusal->role, role), SHADE_NONE);
    table_set(table, line, CHANGE_ATTRIBUTE, refusal->attribute, SHADE_NONE);
    table_set(table, line, CHANGE_STATE, "refused", SHADE_BAD);
    table_set(table, line, CHANGE_ORIGIN, refusal->origin ? refusal->origin->text : NULL,
              SHADE_NONE);
}

static void add_changes(struct table *table, const struct report *report, bool verbose)
{
    struct libscols_line *guest = table_line(table, NULL);

    table_set(table, guest, CHANGE_GUEST, report->name, SHADE_NONE);
    table_set(table, guest, CHANGE_STATE, guest_status_name(report->status),
              status_shade(report->status));
    for (size_t i = 0; i < report->change_count; i++)
        add_change(table, guest, &report->changes[i], verbose);
    for (size_t i = 0; i < report->refusals.count; i++)
        add_refusal(table, guest, &report->refusals.refusals[i]);
}

enum {
    STATUS_GUEST,
    STATUS_STATE,
    STATUS_CPUS,
    STATUS_RUNS,
    STATUS_THREADS,
    STATUS_POLICIES,
    STATUS_COLUMNS
};

static const struct column status_columns[] = {
    [STATUS_GUEST] = {"GUEST", COLUMN_TREE},
    [STATUS_STATE] = {"STATE", 0},
    [STATUS_CPUS] = {"CPUS", 0},
    [STATUS_RUNS] = {"RUNS ON", 0},
    [STATUS_THREADS] = {"THREADS", COLUMN_RIGHT},
    [STATUS_POLICIES] = {"POLICIES", 0},
};

/* Threads that may all run on the same CPUs are one line; else each has its own. */
static bool threads_alike(const struct granted *granted)
{
    for (size_t i = 1; i < granted->count; i++) {
        if (!cg_set_equal(granted->threads[0].allowed, granted->threads[i].allowed))
            return false;
    }
    return granted->count > 0;
}

static void add_thread(struct table *table, struct libscols_line *role,
                       const struct thread_grant *thread)
{
    struct libscols_line *line = table_line(table, role);
    char name[32];

    snprintf(name, sizeof(name), "thread %d", (int)thread->tid);
    table_set(table, line, STATUS_GUEST, name, SHADE_DIM);
    set_cpus(table, line, STATUS_RUNS, thread->allowed);
}

static void add_role(struct table *table, struct libscols_line *guest,
                     const struct granted *granted, bool verbose)
{
    struct libscols_line *line = table_line(table, guest);
    bool alike = threads_alike(granted);
    char role[ROLE_NAME_SIZE], count[24];

    snprintf(count, sizeof(count), "%zu", granted->count);
    table_set(table, line, STATUS_GUEST, role_name(granted->role, role), SHADE_NONE);
    set_cpus(table, line, STATUS_CPUS, granted->effective);
    if (alike)
        set_cpus(table, line, STATUS_RUNS, granted->threads[0].allowed);
    if (granted->count > 0)
        table_set(table, line, STATUS_THREADS, count, SHADE_NONE);
    for (size_t i = 0; (!alike || verbose) && i < granted->count; i++)
        add_thread(table, line, &granted->threads[i]);
}

static void add_status(struct table *table, const struct report *report, bool verbose)
{
    struct libscols_line *guest = table_line(table, NULL);
    cleanup_free char *policies = join(report->policies, report->policy_count);

    table_set(table, guest, STATUS_GUEST, report->name, SHADE_NONE);
    table_set(table, guest, STATUS_STATE, guest_status_name(report->status),
              status_shade(report->status));
    if (!report->threads_checked && report->status != GUEST_UNMANAGED)
        table_set(table, guest, STATUS_RUNS, "threads not checked", SHADE_DIM);
    table_set_made(table, guest, STATUS_POLICIES, policies, SHADE_NONE);
    for (size_t i = 0; i < report->granted_count; i++)
        add_role(table, guest, &report->granted[i], verbose);
}

/* A guest that no policy matches is no news, unless it was asked for. */
static bool worth_a_line(const struct session *session, const struct report *report,
                         enum reconcile_mode mode)
{
    return mode == RECONCILE_STATUS || report->status != GUEST_UNMANAGED ||
           report->change_count > 0 || report->refusals.count > 0 || session->options->verbose ||
           session->options->argument_count > 0;
}

static void print_notes(const struct report *report)
{
    for (size_t i = 0; i < report->change_count; i++) {
        const struct change *change = &report->changes[i];
        char role[ROLE_NAME_SIZE];

        if (change->note)
            print_line("%s: %s %s: %s", report->name, role_name(change->cell.role, role),
                       cg_attr_name(change->cell.attr), change->note);
    }
}

static void show_tables(struct session *session, const struct sweep *sweep,
                        enum reconcile_mode mode)
{
    cleanup_table struct table table = {0};
    size_t lines = 0;

    if (mode == RECONCILE_STATUS)
        table_begin(&table, status_columns, STATUS_COLUMNS);
    else
        table_begin(&table, change_columns, CHANGE_COLUMNS);
    for (size_t i = 0; i < sweep->count; i++) {
        if (!worth_a_line(session, &sweep->reports[i], mode))
            continue;
        lines++;
        if (mode == RECONCILE_STATUS)
            add_status(&table, &sweep->reports[i], session->options->verbose);
        else
            add_changes(&table, &sweep->reports[i], session->options->verbose);
    }
    if (table_print(&table) == -ENOMEM)
        session_out_of_memory(session);
    for (size_t i = 0; i < sweep->count; i++)
        print_notes(&sweep->reports[i]);
    if (lines == 0 && session->options->argument_count == 0)
        print_line("%s", sweep->count == 0   ? "No guest runs."
                         : session->policies ? "No policy matches a guest that runs."
                                             : "Nothing to put back: vmpin has set nothing.");
}

static json_t *sweep_json(const struct session *session, const struct sweep *sweep)
{
    json_t *guests = json_array();

    for (size_t i = 0; guests && i < sweep->count; i++) {
        if (json_array_append_new(guests, json_report(&sweep->reports[i])) < 0) {
            json_decref(guests);
            guests = NULL;
        }
    }
    return json_pack("{s:s, s:b, s:o, s:o, s:o}", "command", session->options->command->name,
                     "agent", session->agent_runs, "problems", json_problems(&session->problems),
                     "warning", json_text(sweep->warning), "guests", guests);
}

void show_sweep(struct session *session, const struct sweep *sweep, enum reconcile_mode mode)
{
    if (session->options->json)
        json_print(session, sweep_json(session, sweep));
    else
        show_tables(session, sweep, mode);
}
