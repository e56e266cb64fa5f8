/* Desired cells: for each role and attribute the last policy that speaks wins, and its value is
 * converted for this host. A winner that cannot be had is a refusal; nobody else's value takes its
 * place, since nobody asked for that mixture. */
#include "policy/resolve.h"

#include "policy/speak.h"

#include "base/array.h"
#include "base/error.h"
#include "cgroup/guest_path.h"
#include "cgroup/value.h"

#include <stdarg.h>
#include <string.h>

struct winner {
    const struct policy *policy; /* NULL: nobody speaks */
    const struct policy_setting *setting;
};

struct resolving {
    const struct hearing *hearing;
    struct desired *desired;
    /* The last value of each attribute: the roles of a guest mostly share theirs. */
    struct {
        const struct policy_setting *setting;
        struct cg_value *value;
    } last[POLICY_ATTRIBUTES];
};

int refusals_add(struct refusals *refusals, struct cg_role role, const char *attribute,
                 const struct cg_attr *attr, struct origin *origin, const char *format, ...)
{
    struct refusal refusal = {.role = role, .attr = attr};
    va_list args;

    refusal.attribute = strdup(attribute ? attribute : cg_attr_name(attr));
    va_start(args, format);
    if (vasprintf(&refusal.text, format, args) < 0)
        refusal.text = NULL;
    va_end(args);
    if (!refusal.attribute || !refusal.text ||
        array_grow(&refusals->refusals, refusals->count, &refusals->size) < 0) {
        free(refusal.attribute);
        free(refusal.text);
        return -ENOMEM;
    }
    refusal.origin = origin ? origin_ref(origin) : NULL;
    refusals->refusals[refusals->count++] = refusal;
    return 0;
}

bool refusals_equal(const struct refusals *a, const struct refusals *b)
{
    if (a->count != b->count)
        return false;
    for (size_t i = 0; i < a->count; i++) {
        const struct refusal *x = &a->refusals[i], *y = &b->refusals[i];

        if (x->attr != y->attr || role_compare(x->role, y->role) != 0 ||
            strcmp(x->attribute, y->attribute) != 0 || strcmp(x->text, y->text) != 0)
            return false;
    }
    return true;
}

void refusals_truncate(struct refusals *refusals, size_t count)
{
    while (refusals->count > count) {
        struct refusal *last = &refusals->refusals[--refusals->count];

        free(last->attribute);
        free(last->text);
        origin_unref(last->origin);
    }
}

void refusals_release(struct refusals *refusals)
{
    refusals_truncate(refusals, 0);
    free(refusals->refusals);
    *refusals = (struct refusals){0};
}

void desired_release(struct desired *desired)
{
    cells_release(&desired->cells);
    refusals_release(&desired->refusals);
    for (size_t i = 0; i < desired->policy_count; i++)
        free(desired->policies[i]);
    free(desired->policies);
    *desired = (struct desired){0};
}

static int refuse(struct resolving *resolving, const struct winner *winner, struct cg_role role,
                  struct cg_error *err)
{
    const struct policy_setting *s = winner->setting;
    const char *written = policy_attribute_written(s->attribute, s->version);
    const struct cg_attr *face = NULL;
    int r = -ENOMEM;

    policy_attribute_face(resolving->hearing->host, s->attribute, &face);
    /* mems is asked for once, on the guest, and refused once, for all of its nodes. */
    if (s->attribute == POLICY_MEMS && role.kind != CG_ROLE_VM)
        r = 0;
    else if (err && cg_error_errno(err) != ENOMEM)
        r = refusals_add(&resolving->desired->refusals,
                         s->attribute == POLICY_MEMS ? (struct cg_role){CG_ROLE_NONE, 0} : role,
                         written, face, winner->policy->origin, "%s", cg_error_text(err));
    cg_error_free(err);
    return r;
}

/* The winner's value, from the role before where it is the same. As speak_value(). */
static int winner_value(struct resolving *resolving, const struct winner *winner,
                        const struct guest_role *role, const struct cg_attr **ret_face,
                        struct cg_value **ret, struct cg_error **err)
{
    const struct policy_setting *s = winner->setting;
    struct cg_value *value = NULL;
    int r;

    if (resolving->last[s->attribute].setting == s && role->there && !s->per_vcpu) {
        *ret = cg_value_ref(resolving->last[s->attribute].value);
        *ret_face = cg_value_attr(*ret);
        return 0;
    }
    r = speak_value(resolving->hearing, winner->policy, s, role, ret_face, &value, err);
    if (r != 0)
        return r;
    cg_value_unref(resolving->last[s->attribute].value);
    resolving->last[s->attribute].value = cg_value_ref(value);
    resolving->last[s->attribute].setting = s;
    *ret = value;
    return 0;
}

static int resolve_cell(struct resolving *resolving, const struct winner *winner,
                        const struct guest_role *role)
{
    cleanup_value struct cg_value *value = NULL;
    struct cell cell = {.role = role->role,
                        .target = CELL_FILE,
                        .flags = winner->policy->flags,
                        .origin = winner->policy->origin};
    struct cg_error *err = NULL;
    int r = winner_value(resolving, winner, role, &cell.attr, &value, &err);

    if (r == 1)
        return 0;
    if (r < 0)
        return refuse(resolving, winner, role->role, err);
    cell.value = value;
    return cells_set(&resolving->desired->cells, &cell);
}

/* ---- what the kernel demands of two attributes of one node ---------------------------------- */

static struct cell *cell_of(struct resolving *resolving, struct cg_role role,
                            enum policy_attribute attribute)
{
    const struct cg_attr *face;

    if (policy_attribute_face(resolving->hearing->host, attribute, &face) < 0)
        return NULL;
    return cells_find(&resolving->desired->cells, role, CELL_FILE, face);
}

static int refuse_cell(struct resolving *resolving, const struct winner *winner, struct cell *cell,
                       const struct cell *other, const char *text)
{
    const struct policy_setting *s = winner->setting;
    int r = refusals_add(&resolving->desired->refusals, cell->role,
                         policy_attribute_written(s->attribute, s->version), cell->attr,
                         cell->origin, "%s, which %s asks for", text, other->origin->text);

    cells_remove(&resolving->desired->cells, cell);
    return r;
}

/* The two may come from two policies, each of which is right by itself. */
static int check_pairs(struct resolving *resolving, const struct winner winners[],
                       struct cg_role role)
{
    struct cell *swap, *limit, *burst, *quota;
    struct cg_quota bandwidth;
    uint64_t a, b;
    int r = 0;

    swap = winners[POLICY_SWAP].policy ? cell_of(resolving, role, POLICY_SWAP) : NULL;
    limit = swap ? cell_of(resolving, role, POLICY_LIMIT) : NULL;
    if (limit && swap->attr->version == 1 && cg_value_uint(swap->value, &a) == 0 &&
        cg_value_uint(limit->value, &b) == 0 && a < b)
        r = refuse_cell(resolving, &winners[POLICY_SWAP], swap, limit,
                        "memory and swap together would be below the memory limit");
    burst = winners[POLICY_BURST].policy ? cell_of(resolving, role, POLICY_BURST) : NULL;
    quota = burst ? cell_of(resolving, role, POLICY_QUOTA) : NULL;
    if (r == 0 && quota && cg_value_uint(burst->value, &a) == 0 &&
        cg_value_quota(quota->value, &bandwidth) == 0 && bandwidth.quota_us != CG_NO_LIMIT &&
        a > bandwidth.quota_us)
        r = refuse_cell(resolving, &winners[POLICY_BURST], burst, quota,
                        "the burst would be more than the quota");
    return r;
}

/* --------------------------------------------------------------------------------------------- */

static void find_winners(const struct hearing *hearing, const struct guest_role *role,
                         struct winner winners[POLICY_ATTRIBUTES])
{
    memset(winners, 0, POLICY_ATTRIBUTES * sizeof(winners[0]));
    for (size_t p = 0; p < hearing->policy_count; p++) {
        const struct policy *policy = hearing->policies[p];

        for (size_t i = 0; i < policy->setting_count; i++) {
            const struct policy_setting *s = &policy->settings[i];

            /* Globs stand before exact names, so the last one that covers the role is it. */
            if (setting_covers(s, role->role))
                winners[s->attribute] = (struct winner){policy, s};
        }
    }
}

static int resolve_role(struct resolving *resolving, const struct guest_role *role)
{
    struct winner winners[POLICY_ATTRIBUTES];
    int r = 0;

    find_winners(resolving->hearing, role, winners);
    for (unsigned a = 0; r == 0 && a < POLICY_ATTRIBUTES; a++)
        if (winners[a].policy)
            r = resolve_cell(resolving, &winners[a], role);
    return r < 0 ? r : check_pairs(resolving, winners, role->role);
}

static const struct cg_attr *asked_of_iothreads(const struct hearing *hearing)
{
    const struct cg_attr *face;

    for (size_t p = 0; p < hearing->policy_count; p++)
        for (size_t i = 0; i < hearing->policies[p]->setting_count; i++) {
            const struct policy_setting *s = &hearing->policies[p]->settings[i];

            if (s->pattern.kind == CG_ROLE_IOTHREAD && s->pattern.glob &&
                policy_attribute_face(hearing->host, s->attribute, &face) == 0)
                return face;
        }
    return NULL;
}

static int keep_names(const struct hearing *hearing, struct desired *desired)
{
    desired->policies = calloc(hearing->policy_count + 1, sizeof(desired->policies[0]));
    if (!desired->policies)
        return -ENOMEM;
    for (size_t i = 0; i < hearing->policy_count; i++) {
        desired->policies[i] = strdup(hearing->policies[i]->name);
        if (!desired->policies[i])
            return -ENOMEM;
        desired->policy_count++;
    }
    return 0;
}

int policy_resolve(const struct policy_set *set, const struct facts *facts, const struct host *host,
                   struct desired *ret)
{
    cleanup_hearing struct hearing hearing = {0};
    struct desired desired = {0};
    struct resolving resolving = {.hearing = &hearing, .desired = &desired};
    int r = hearing_open(set, facts, host, &hearing);

    if (r == 0)
        r = keep_names(&hearing, &desired);
    if (r == 0)
        desired.iothreads = asked_of_iothreads(&hearing);
    for (size_t i = 0; r == 0 && i < hearing.role_count; i++)
        r = resolve_role(&resolving, &hearing.roles[i]);
    for (unsigned a = 0; a < POLICY_ATTRIBUTES; a++)
        cg_value_unref(resolving.last[a].value);
    if (r < 0) {
        desired_release(&desired);
        return r;
    }
    *ret = desired;
    return 0;
}
