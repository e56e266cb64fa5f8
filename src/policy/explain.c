/* Why a guest gets what it gets: every policy that spoke for an attribute, the winner last. It
 * decides nothing that resolve does not decide by the same functions. */
#include "policy/resolve.h"

#include "policy/speak.h"

#include "base/error.h"
#include "cgroup/value.h"

struct speech {
    const struct policy *policy;
    const struct policy_setting *setting, *beaten;
};

struct explaining {
    const struct hearing *hearing;
    struct speech *speeches; /* room for all policies */
    spoken_fn fn;
    void *data;
};

/* Why the winner won, and whether that helps. NULL: no memory. */
static char *winner_why(const struct explaining *explaining, const struct guest_role *role,
                        const struct speech *speech, bool alone)
{
    cleanup_value struct cg_value *value = NULL;
    cleanup_error struct cg_error *err = NULL;
    const struct cg_attr *face;
    char pattern[PATTERN_NAME_SIZE], *why;
    const char *rank = alone ? "the only policy that speaks" : "the last policy that speaks";
    int r = speak_value(explaining->hearing, speech->policy, speech->setting, role, &face, &value,
                        &err);

    if (r == -ENOMEM || (r < 0 && !err))
        return NULL;
    if (r == 1)
        r = asprintf(&why, "%s; this host lacks the attribute, which \"optional\" allows", rank);
    else if (r < 0)
        r = asprintf(&why, "%s, but refused: %s", rank, cg_error_text(err));
    else if (speech->beaten)
        r = asprintf(&why, "%s; its exact name beats its %s", rank,
                     pattern_name(speech->beaten->pattern, pattern));
    else
        r = asprintf(&why, "%s", rank);
    return r < 0 ? NULL : why;
}

static int tell(const struct explaining *explaining, const struct guest_role *role,
                const struct speech *speech, const struct speech *winner, bool alone)
{
    const struct policy_setting *s = speech->setting;
    const struct cg_attr *face;
    char pattern[PATTERN_NAME_SIZE];
    cleanup_free char *why = NULL;
    struct spoken spoken = {.role = role->role,
                            .policy = speech->policy->name,
                            .file = speech->policy->file,
                            .pattern = pattern_name(s->pattern, pattern),
                            .written = s->written,
                            .won = speech == winner};

    spoken.attribute = policy_attribute_face(explaining->hearing->host, s->attribute, &face) == 0
                           ? face->name
                           : policy_attribute_written(s->attribute, s->version);
    if (spoken.won)
        why = winner_why(explaining, role, speech, alone);
    else if (asprintf(&why, "policy %s comes later", winner->policy->name) < 0)
        why = NULL;
    if (!why)
        return -ENOMEM;
    spoken.why = why;
    return explaining->fn(&spoken, explaining->data);
}

static int explain_attribute(const struct explaining *explaining, const struct guest_role *role,
                             enum policy_attribute attribute)
{
    const struct hearing *hearing = explaining->hearing;
    size_t count = 0;
    int r = 0;

    for (size_t p = 0; p < hearing->policy_count; p++) {
        struct speech *speech = &explaining->speeches[count];

        speech->policy = hearing->policies[p];
        speech->setting = policy_speaks(speech->policy, role->role, attribute, &speech->beaten);
        count += speech->setting != NULL;
    }
    for (size_t i = 0; r == 0 && i < count; i++)
        r = tell(explaining, role, &explaining->speeches[i], &explaining->speeches[count - 1],
                 count == 1);
    return r;
}

int policy_explain(const struct policy_set *set, const struct facts *facts, const struct host *host,
                   spoken_fn fn, void *data)
{
    cleanup_hearing struct hearing hearing = {0};
    cleanup_free struct speech *speeches = NULL;
    struct explaining explaining = {.hearing = &hearing, .fn = fn, .data = data};
    int r = hearing_open(set, facts, host, &hearing);

    if (r < 0)
        return r;
    speeches = calloc(hearing.policy_count + 1, sizeof(*speeches));
    if (!speeches)
        return -ENOMEM;
    explaining.speeches = speeches;
    for (size_t i = 0; r == 0 && i < hearing.role_count; i++)
        for (unsigned a = 0; r == 0 && a < POLICY_ATTRIBUTES; a++)
            /* mems is spoken of once, where it is written. */
            if (a != POLICY_MEMS || hearing.roles[i].role.kind == CG_ROLE_VM)
                r = explain_attribute(&explaining, &hearing.roles[i], a);
    return r;
}
