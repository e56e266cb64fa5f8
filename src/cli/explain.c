/* `vmpin explain GUEST`: for each attribute, who spoke, who won and why, and what stands there. It
 * decides nothing itself: policy_explain() is asked, and the values are looked up beside it. */
#include "cli/command.h"
#include "cli/exit.h"
#include "cli/explain.h"

#include "cgroup/access.h"
#include "cgroup/guest_path.h"
#include "reconcile/nodes.h"
#include "reconcile/unit.h"

#include <string.h>

static void said_release(struct said *said)
{
    free(said->attribute);
    free(said->policy);
    free(said->file);
    free(said->pattern);
    free(said->written);
    free(said->why);
}

static void explanation_release(struct explanation *explanation)
{
    for (size_t i = 0; i < explanation->count; i++)
        said_release(&explanation->said[i]);
    free(explanation->said);
    for (size_t i = 0; i < explanation->topic_count; i++) {
        free(explanation->topics[i].value);
        free(explanation->topics[i].now);
        free(explanation->topics[i].baseline);
    }
    free(explanation->topics);
    desired_release(&explanation->desired);
}

static int take_note(const struct spoken *spoken, void *data)
{
    struct explanation *explanation = data;
    struct said *grown = reallocarray(explanation->said, explanation->count + 1, sizeof(*grown));
    struct said *said;

    if (!grown)
        return -ENOMEM;
    explanation->said = grown;
    said = &grown[explanation->count];
    *said = (struct said){
        .role = spoken->role,
        .attribute = strdup(spoken->attribute),
        .policy = strdup(spoken->policy),
        .file = strdup(spoken->file),
        .pattern = strdup(spoken->pattern),
        .written = strdup(spoken->written),
        .why = strdup(spoken->why ? spoken->why : ""),
        .won = spoken->won,
        .order = explanation->count++,
    };
    return said->attribute && said->policy && said->file && said->pattern && said->written &&
                   said->why
               ? 0
               : -ENOMEM;
}

static int same_topic(const struct said *a, const struct said *b)
{
    int r = role_compare(a->role, b->role);

    return r ? r : strcmp(a->attribute, b->attribute);
}

static int by_topic(const void *one, const void *other)
{
    const struct said *a = one, *b = other;
    int r = same_topic(a, b);

    return r ? r : (a->order > b->order) - (a->order < b->order);
}

/* Where the values are looked up. Each part may be missing: the guest does not run, or vmpin has
 * not written to it. */
struct sight {
    const struct host *host;
    struct binding binding;
    struct nodes nodes;
    struct guest_state state;
    bool bound, recorded;
    struct buffer scratch;
};

static int format(const struct cg_value *value, char **ret)
{
    return value ? cg_value_format(value, ret) : 0;
}

static int look_now(struct sight *sight, struct cg_role role, const struct cg_attr *attr,
                    char **ret)
{
    struct cg_value *value = NULL;
    int dir, r;

    if (!sight->bound)
        return 0;
    r = nodes_open(&sight->nodes, role, attr, &dir, NULL);
    if (r == 0)
        r = attr_read(sight->host->kernel, dir, attr, &sight->scratch, &value, NULL);
    if (r < 0)
        return error_is_want(r) ? r : 0;
    r = format(value, ret);
    cg_value_unref(value);
    return r;
}

static unsigned ways_of(const struct sight *sight, const struct cell *cell)
{
    const struct unit unit = unit_of(&sight->binding, sight->host);
    const struct cell mask = {.role = cell->role, .target = CELL_MASK, .attr = cell->attr};
    unsigned ways = 1u << CELL_FILE;

    if (unit.attr == cell->attr && cell->role.kind == CG_ROLE_VM)
        ways |= 1u << CELL_UNIT;
    if (sight->recorded && state_find(&sight->state, &mask))
        ways |= 1u << CELL_MASK;
    return ways;
}

static int look(struct sight *sight, const struct desired *desired, struct topic *topic)
{
    const struct cg_attr *attr;
    const struct record *record = NULL;
    const struct cell *cell;
    int r;

    if (attr_find(sight->host->mounts, topic->said->attribute, &attr) < 0)
        return 0;
    cell = cells_find(&desired->cells, topic->said->role, CELL_FILE, attr);
    if (sight->recorded && cell)
        record = state_find(&sight->state, cell);
    if (sight->bound && cell)
        topic->ways = ways_of(sight, cell);
    r = format(cell ? cell->value : NULL, &topic->value);
    if (r == 0)
        r = format(record ? record->baseline : NULL, &topic->baseline);
    return r < 0 ? r : look_now(sight, topic->said->role, attr, &topic->now);
}

static int make_topics(struct explanation *explanation, struct sight *sight)
{
    explanation->topics = calloc(explanation->count + 1, sizeof(*explanation->topics));
    if (!explanation->topics)
        return -ENOMEM;
    if (explanation->count > 0)
        qsort(explanation->said, explanation->count, sizeof(*explanation->said), by_topic);
    for (size_t i = 0; i < explanation->count; i++) {
        struct topic *topic;
        int r;

        if (i > 0 && same_topic(&explanation->said[i - 1], &explanation->said[i]) == 0) {
            explanation->topics[explanation->topic_count - 1].count++;
            continue;
        }
        topic = &explanation->topics[explanation->topic_count++];
        *topic = (struct topic){.said = &explanation->said[i], .count = 1};
        r = look(sight, &explanation->desired, topic);
        if (r < 0)
            return r;
    }
    return 0;
}

/* What is not there is left out; what cannot be looked for now is an error. */
static int find_sight(const struct session *session, const struct facts *facts, struct sight *sight)
{
    int r = facts->running ? binding_make(session->host, facts, &sight->binding, NULL) : -ENOENT;

    sight->host = session->host;
    sight->bound = r == 0;
    sight->nodes = (struct nodes){.host = session->host, .binding = &sight->binding};
    if (r == 0)
        r = state_dir_load(&session->state, facts->uuid, session->host->mounts, &sight->state,
                           NULL);
    sight->recorded = r == 0 && state_is_of(&sight->state, &sight->binding);
    return error_is_want(r) ? r : 0;
}

static int explain(struct session *session, const struct facts *facts,
                   struct explanation *explanation)
{
    struct sight sight = {0};
    int r = policy_resolve(session->policies, facts, session->host, &explanation->desired);

    explanation->facts = facts;
    if (r == 0)
        r = policy_explain(session->policies, facts, session->host, take_note, explanation);
    if (r == 0)
        r = find_sight(session, facts, &sight);
    if (r == 0)
        r = make_topics(explanation, &sight);
    nodes_close(&sight.nodes);
    binding_release(&sight.binding);
    state_release(&sight.state);
    buffer_release(&sight.scratch);
    return r;
}

static void explain_guest(struct session *session)
{
    struct explanation explanation = {0};
    cleanup_error struct cg_error *error = NULL;
    int r;

    if (session->guest_count == 0)
        return;
    r = explain(session, session->guests[0], &explanation);
    if (r == 0) {
        show_explanation(session, &explanation);
    } else {
        error_set(&error, -r, "%s", r == -ENOMEM ? "out of memory" : strerror(-r));
        session_fail(session, HAPPENED_GUEST, error);
    }
    explanation_release(&explanation);
}

static int run(const struct options *options)
{
    struct session session;

    if (session_open(options, false, &session) == 0 && session_load_policies(&session) == 0 &&
        session_open_host(&session) == 0 && session_choose_guests(&session, CHOOSE_ANY_STATE) == 0)
        explain_guest(&session);
    return session_end(&session);
}

const struct command command_explain = {
    .name = "explain",
    .arguments = "GUEST",
    .arguments_min = 1,
    .arguments_max = 1,
    .takes = TAKES_JSON,
    .summary = "Show which policy won each attribute, and why",
    .help =
        "For each attribute of each role: the value on this host, what is in force, the baseline\n"
        "if vmpin has one, the way it goes (file, systemd, thread mask), and every policy that\n"
        "spoke, the winner last. The guest need not run.",
    .run = run,
};
