/* From reports to JSON, with no opinion of its own: tables and JSON are two views of one report. */
#include "cli/json.h"

#include "base/escape.h"
#include "cgroup/guest_path.h"
#include "cli/exit.h"
#include "cli/output.h"

json_t *json_text(const char *text)
{
    cleanup_free char *escaped = NULL;
    json_t *string;

    if (!text)
        return json_null();
    string = json_string(text);
    if (string)
        return string;
    escaped = text_escape(text);
    return escaped ? json_string(escaped) : NULL;
}

/* The kernel's text; null for NULL. */
static json_t *json_value(const struct cg_value *value)
{
    cleanup_free char *text = NULL;

    if (value && cg_value_format(value, &text) < 0)
        return NULL;
    return json_text(text);
}

static json_t *json_set(const struct cg_set *set)
{
    cleanup_free char *text = NULL;

    if (set && cg_set_format(set, &text) < 0)
        return NULL;
    return json_text(text);
}

json_t *json_role(struct cg_role role)
{
    char name[ROLE_NAME_SIZE];

    return json_string(role_name(role, name));
}

/* Appends and owns `element`; a failure frees the array, so that the caller returns NULL. */
static json_t *append(json_t *array, json_t *element)
{
    if (array && json_array_append_new(array, element) == 0)
        return array;
    if (!array)
        json_decref(element);
    json_decref(array);
    return NULL;
}

json_t *json_texts(char *const *texts, size_t count)
{
    json_t *array = json_array();

    for (size_t i = 0; array && i < count; i++)
        array = append(array, json_text(texts[i]));
    return array;
}

static json_t *json_problem(const struct policy_problem *problem)
{
    return json_pack("{s:o, s:o, s:i, s:i, s:o}", "file", json_text(problem->file), "pointer",
                     json_text(problem->pointer), "line", problem->line, "column", problem->column,
                     "text", json_text(problem->text));
}

json_t *json_problems(const struct policy_problems *problems)
{
    json_t *array = json_array();

    for (size_t i = 0; array && i < problems->count; i++)
        array = append(array, json_problem(&problems->problems[i]));
    return array;
}

static json_t *json_refusal(const struct refusal *refusal)
{
    return json_pack("{s:o, s:o, s:o, s:o}", "role", json_role(refusal->role), "attribute",
                     json_text(refusal->attribute), "origin",
                     json_text(refusal->origin ? refusal->origin->text : NULL), "reason",
                     json_text(refusal->text));
}

json_t *json_refusals(const struct refusals *refusals)
{
    json_t *array = json_array();

    for (size_t i = 0; array && i < refusals->count; i++)
        array = append(array, json_refusal(&refusals->refusals[i]));
    return array;
}

static json_t *json_change(const struct change *change)
{
    const struct cell *cell = &change->cell;
    const struct origin *origin = cell->origin;

    return json_pack("{s:o, s:o, s:o, s:o, s:s, s:o, s:o, s:s, s:s, s:o, s:o}", "role",
                     json_role(cell->role), "attribute", json_text(cg_attr_name(cell->attr)), "old",
                     json_value(change->old), "new", json_value(cell->value), "way",
                     cell_way(cell->target), "policy",
                     json_text(origin && *origin->policy ? origin->policy : NULL), "origin",
                     json_text(origin ? origin->text : NULL), "reason",
                     change_reason_name(change->reason), "state", change_state_name(change->state),
                     "note", json_text(change->note), "error", json_text(change->error));
}

static json_t *json_changes(const struct report *report)
{
    json_t *array = json_array();

    for (size_t i = 0; array && i < report->change_count; i++)
        array = append(array, json_change(&report->changes[i]));
    return array;
}

static json_t *json_threads(const struct granted *granted)
{
    json_t *array = json_array();

    for (size_t i = 0; array && i < granted->count; i++)
        array = append(array, json_pack("{s:i, s:o}", "tid", (int)granted->threads[i].tid, "cpus",
                                        json_set(granted->threads[i].allowed)));
    return array;
}

static json_t *json_granted(const struct report *report)
{
    json_t *array = json_array();

    for (size_t i = 0; array && i < report->granted_count; i++) {
        const struct granted *granted = &report->granted[i];

        array = append(array,
                       json_pack("{s:o, s:o, s:o}", "role", json_role(granted->role), "cpus",
                                 json_set(granted->effective), "threads", json_threads(granted)));
    }
    return array;
}

json_t *json_report(const struct report *report)
{
    return json_pack("{s:o, s:s, s:s, s:o, s:o, s:b, s:o, s:o, s:o}", "name",
                     json_text(report->name), "uuid", report->uuid, "status",
                     guest_status_name(report->status), "error", json_text(report->error),
                     "policies", json_texts(report->policies, report->policy_count),
                     "threads_checked", report->threads_checked, "changes", json_changes(report),
                     "refusals", json_refusals(&report->refusals), "roles", json_granted(report));
}

json_t *json_stopped(const struct session *session)
{
    return json_pack("{s:s, s:b, s:o}", "command", session->options->command->name, "agent",
                     session->agent_runs, "problems", json_problems(&session->problems));
}

/* ASCII alone, since JSON does not escape the control characters beyond (U+009B). */
void json_print(struct session *session, json_t *document)
{
    if (!document)
        session_out_of_memory(session);
    else if (json_dump_callback(document, text_print_json, stdout,
                                JSON_INDENT(2) | JSON_ENSURE_ASCII) < 0)
        session->happened |= HAPPENED_GUEST; /* main() tells of stdout */
    else
        putchar('\n');
    json_decref(document);
}
