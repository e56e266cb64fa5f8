#include "cli/compete.h"

#include "policy/resolve.h"

#include <string.h>

struct competition {
    const struct cg_attr *weight;
    const struct facts *libvirts, *policys; /* one guest of each kind; NULL: none */
    struct cg_value *policys_weight;        /* a reference */
};

/* Some guest whose weight could be libvirt's: without one no policy has to be asked. */
static bool libvirt_set_shares(const struct session *session)
{
    for (size_t i = 0; i < session->known.count; i++)
        if (session->known.facts[i]->running && session->known.facts[i]->cpu_shares > 0)
            return true;
    return false;
}

static int look_at(const struct session *session, const struct facts *facts,
                   struct competition *competition)
{
    cleanup_with(desired_release) struct desired desired = {0};
    int r = policy_resolve(session->policies, facts, session->host, &desired);

    if (r < 0)
        return r;
    for (size_t i = 0; i < desired.cells.count; i++) {
        const struct cell *cell = &desired.cells.cells[i];

        if (cell->role.kind != CG_ROLE_VM || cell->attr != competition->weight)
            continue;
        if (!competition->policys) {
            competition->policys = facts;
            competition->policys_weight = cg_value_ref(cell->value);
        }
        return 0;
    }
    if (facts->cpu_shares > 0 && !facts->ignore && !competition->libvirts)
        competition->libvirts = facts;
    return 0;
}

static int describe(const struct competition *competition, char **ret)
{
    cleanup_free char *weight = NULL;
    int r;

    if (!competition->libvirts || !competition->policys)
        return 0;
    r = cg_value_format(competition->policys_weight, &weight);
    if (r < 0)
        return r;
    if (asprintf(
            ret,
            "guests compete with CPU weights of two kinds: %s has the weight %u, which libvirt "
            "took unconverted from its cpu_shares, and %s the weight %s of a policy, where "
            "1024 shares are the weight 100. Give each of them its weight by a policy",
            competition->libvirts->name, competition->libvirts->cpu_shares,
            competition->policys->name, weight) >= 0)
        return 0;
    *ret = NULL;
    return -ENOMEM;
}

int compete_look(const struct session *session, char **ret)
{
    struct competition competition = {0};
    int r = attr_find(session->host->mounts, "cpu.weight", &competition.weight);

    if (r < 0 || competition.weight->version != 2 || !libvirt_set_shares(session))
        return 0; /* v1's cpu.shares is libvirt's own unit */
    for (size_t i = 0; r == 0 && i < session->known.count; i++)
        if (session->known.facts[i]->running)
            r = look_at(session, session->known.facts[i], &competition);
    if (r == 0)
        r = describe(&competition, ret);
    cg_value_unref(competition.policys_weight);
    return r;
}
