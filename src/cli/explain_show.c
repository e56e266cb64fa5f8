/* An explanation as a tree (an attribute a branch, its speakers the leaves) or as JSON. */
#include "cli/explain.h"

#include "cli/exit.h"
#include "cli/json.h"
#include "cli/output.h"

#include "cgroup/guest_path.h"

enum { COLUMN_WHAT, COLUMN_HERE, COLUMN_NOW, COLUMN_BASELINE, COLUMN_WAY, COLUMN_WHY, COLUMNS };

static const enum cell_target targets[] = {CELL_FILE, CELL_UNIT, CELL_MASK};

static const struct column columns[] = {
    [COLUMN_WHAT] = {"ATTRIBUTE", COLUMN_TREE},
    [COLUMN_HERE] = {"VALUE", 0},
    [COLUMN_NOW] = {"IN FORCE", 0},
    [COLUMN_BASELINE] = {"BASELINE", COLUMN_SPARE},
    [COLUMN_WAY] = {"WAY", COLUMN_SPARE},
    [COLUMN_WHY] = {"WHY", 0},
};

static const char *shown(const char *value)
{
    return value && !*value ? "(empty)" : value;
}

static void add_said(struct table *table, struct libscols_line *topic, const struct said *said)
{
    struct libscols_line *line = table_line(table, topic);
    enum shade shade = said->won ? SHADE_GOOD : SHADE_DIM;
    cleanup_free char *why = NULL, *written = NULL;

    if (asprintf(&why, "%s%s%s (%s)", said->won ? "won" : "lost", *said->why ? ": " : "", said->why,
                 said->file) < 0)
        why = NULL;
    if (asprintf(&written, "%s %s", said->pattern, said->written) < 0)
        written = NULL;
    table_set(table, line, COLUMN_WHAT, said->policy, shade);
    table_set_made(table, line, COLUMN_HERE, written, SHADE_NONE);
    table_set_made(table, line, COLUMN_WHY, why, SHADE_NONE);
}

/* "file, systemd" */
static void show_ways(const struct topic *topic, char *into, size_t size)
{
    size_t length = 0;

    into[0] = '\0';
    for (size_t i = 0; i < ARRAY_SIZE(targets); i++)
        if (topic->ways & 1u << targets[i])
            length += (size_t)snprintf(into + length, size - length, "%s%s", length ? ", " : "",
                                       cell_way(targets[i]));
}

static void add_topic(struct table *table, const struct topic *topic)
{
    struct libscols_line *line = table_line(table, NULL);
    char role[ROLE_NAME_SIZE], ways[64];
    cleanup_free char *what = NULL;

    if (asprintf(&what, "%s %s", role_name(topic->said->role, role), topic->said->attribute) < 0)
        what = NULL;
    table_set_made(table, line, COLUMN_WHAT, what, SHADE_NONE);
    table_set(table, line, COLUMN_HERE, shown(topic->value), SHADE_NONE);
    table_set(table, line, COLUMN_NOW, shown(topic->now), SHADE_NONE);
    table_set(table, line, COLUMN_BASELINE, shown(topic->baseline), SHADE_NONE);
    show_ways(topic, ways, sizeof(ways));
    table_set(table, line, COLUMN_WAY, *ways ? ways : NULL, SHADE_NONE);
    for (size_t i = 0; i < topic->count; i++)
        add_said(table, line, &topic->said[i]);
}

static void show_table(struct session *session, const struct explanation *explanation)
{
    const struct facts *facts = explanation->facts;
    cleanup_table struct table table = {0};

    table_begin(&table, columns, COLUMNS);
    for (size_t i = 0; i < explanation->topic_count; i++)
        add_topic(&table, &explanation->topics[i]);
    if (table_print(&table) == -ENOMEM)
        session_out_of_memory(session);
    if (explanation->topic_count == 0)
        print_line("%s: %s", facts->name,
                   facts->ignore ? "its metadata tells vmpin to ignore it"
                                 : "no policy speaks of it");
}

static json_t *json_written(const char *written)
{
    json_t *value = json_loads(written, JSON_DECODE_ANY, NULL);

    return value ? value : json_text(written);
}

static json_t *json_ways(const struct topic *topic)
{
    const char *ways[ARRAY_SIZE(targets)];
    size_t count = 0;

    for (size_t i = 0; i < ARRAY_SIZE(targets); i++)
        if (topic->ways & 1u << targets[i])
            ways[count++] = cell_way(targets[i]);
    return json_texts((char *const *)ways, count);
}

static json_t *json_topic(const struct topic *topic)
{
    json_t *policies = json_array();

    for (size_t i = 0; policies && i < topic->count; i++) {
        const struct said *said = &topic->said[i];

        if (json_array_append_new(policies,
                                  json_pack("{s:o, s:o, s:o, s:o, s:b, s:o}", "policy",
                                            json_text(said->policy), "file", json_text(said->file),
                                            "role", json_text(said->pattern), "written",
                                            json_written(said->written), "won", said->won, "why",
                                            json_text(said->why))) < 0) {
            json_decref(policies);
            policies = NULL;
        }
    }
    return json_pack("{s:o, s:o, s:o, s:o, s:o, s:o, s:o}", "role", json_role(topic->said->role),
                     "attribute", json_text(topic->said->attribute), "value",
                     json_text(topic->value), "now", json_text(topic->now), "baseline",
                     json_text(topic->baseline), "ways", json_ways(topic), "policies", policies);
}

static json_t *json_explanation(const struct session *session,
                                const struct explanation *explanation)
{
    const struct facts *facts = explanation->facts;
    json_t *topics = json_array();

    for (size_t i = 0; topics && i < explanation->topic_count; i++) {
        if (json_array_append_new(topics, json_topic(&explanation->topics[i])) < 0) {
            json_decref(topics);
            topics = NULL;
        }
    }
    return json_pack("{s:s, s:b, s:o, s:o, s:s, s:b, s:b, s:o, s:o, s:o}", "command", "explain",
                     "agent", session->agent_runs, "problems", json_problems(&session->problems),
                     "name", json_text(facts->name), "uuid", facts->uuid, "running", facts->running,
                     "ignored", facts->ignore, "policies",
                     json_texts(explanation->desired.policies, explanation->desired.policy_count),
                     "attributes", topics, "refusals",
                     json_refusals(&explanation->desired.refusals));
}

void show_explanation(struct session *session, const struct explanation *explanation)
{
    const struct refusals *refusals = &explanation->desired.refusals;

    for (size_t i = 0; i < refusals->count; i++) {
        char role[ROLE_NAME_SIZE];

        message("%s: %s %s: %s", explanation->facts->name,
                role_name(refusals->refusals[i].role, role), refusals->refusals[i].attribute,
                refusals->refusals[i].text);
        session->happened |= HAPPENED_GUEST;
    }
    if (session->options->json)
        json_print(session, json_explanation(session, explanation));
    else
        show_table(session, explanation);
}
