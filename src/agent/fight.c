#include "agent/fight.h"

#include "base/array.h"

static uint64_t last_heal(const struct fight *fight)
{
    return fight->heals[(fight->heal + FIGHT_HEALS - 1) % FIGHT_HEALS];
}

static bool is_over(const struct fight *fight, uint64_t now)
{
    return now - last_heal(fight) > FIGHT_WINDOW + fight->pause;
}

static void drop_old(struct fights *fights, uint64_t now)
{
    size_t kept = 0;

    for (size_t i = 0; i < fights->count; i++)
        if (!is_over(&fights->list[i], now))
            fights->list[kept++] = fights->list[i];
    fights->count = kept;
}

static struct fight *find(struct fights *fights, const struct cell *key)
{
    for (size_t i = 0; i < fights->count; i++)
        if (cell_compare(&fights->list[i].key, key) == 0)
            return &fights->list[i];
    return NULL;
}

static struct fight *add(struct fights *fights, const struct cell *cell)
{
    const struct cell key = {.role = cell->role, .target = cell->target, .attr = cell->attr};

    if (array_grow(&fights->list, fights->count, &fights->size) < 0)
        return NULL;
    fights->list[fights->count] = (struct fight){.key = key};
    return &fights->list[fights->count++];
}

int fights_heal(struct fights *fights, const struct cell *cell, uint64_t now)
{
    struct fight *fight;
    uint64_t oldest;
    bool begins;

    drop_old(fights, now);
    fight = find(fights, cell);
    if (!fight)
        fight = add(fights, cell);
    if (!fight)
        return -ENOMEM;
    fight->heals[fight->heal] = now;
    fight->heal = (fight->heal + 1) % FIGHT_HEALS;
    oldest = fight->heals[fight->heal];
    begins = !fight->pause && oldest && now - oldest <= FIGHT_WINDOW;
    fight->pause = begins ? FIGHT_PAUSE : 2 * fight->pause;
    if (fight->pause > FIGHT_PAUSE_MOST)
        fight->pause = FIGHT_PAUSE_MOST;
    if (fight->pause)
        fight->truce = now + fight->pause;
    return begins;
}

int fights_resting(const struct fights *fights, uint64_t now, struct cells *ret)
{
    for (size_t i = 0; i < fights->count; i++) {
        int r = fights->list[i].truce > now ? cells_set(ret, &fights->list[i].key) : 0;

        if (r < 0)
            return r;
    }
    return 0;
}

uint64_t fights_due(const struct fights *fights, uint64_t now)
{
    uint64_t due = UINT64_MAX;

    for (size_t i = 0; i < fights->count; i++)
        if (fights->list[i].truce > now && fights->list[i].truce < due)
            due = fights->list[i].truce;
    return due;
}

const struct cell *fights_news(struct fights *fights)
{
    for (size_t i = 0; i < fights->count; i++) {
        struct fight *fight = &fights->list[i];

        if (!fight->pause || fight->told)
            continue;
        fight->told = true;
        return &fight->key;
    }
    return NULL;
}

void fights_call_off(struct fights *fights)
{
    for (size_t i = 0; i < fights->count; i++)
        fights->list[i].truce = 0;
}

void fights_release(struct fights *fights)
{
    free(fights->list);
    *fights = (struct fights){0};
}
