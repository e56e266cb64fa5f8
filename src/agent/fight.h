/* Values of one guest that something else wants otherwise: after some heals in a row one is healed
 * after growing pauses only, so that the two do not keep the host busy. Others are healed as ever.
 * Plain data; times are in microseconds of the clock that the core is given. */
#ifndef AGENT_FIGHT_H
#define AGENT_FIGHT_H

#include "guest/cell.h"

#define FIGHT_HEALS      5
#define FIGHT_WINDOW     UINT64_C(10000000) /* FIGHT_HEALS heals within it are a fight */
#define FIGHT_PAUSE      UINT64_C(1000000)  /* the first pause between two heals then */
#define FIGHT_PAUSE_MOST UINT64_C(10000000)

struct fight {
    struct cell key;             /* role, target and attribute alone */
    unsigned heal;               /* where the next one goes in `heals` */
    uint64_t heals[FIGHT_HEALS]; /* the times of the last ones, a ring; 0: none */
    uint64_t pause;              /* between heals while it is fought over; 0: it is not */
    uint64_t truce;              /* it rests until then */
    bool told;                   /* that it is fought over */
};

struct fights {
    struct fight *list; /* of cells that were healed lately */
    size_t count, size;
};

/* The cell was healed. 1: that began a fight; 0; -ENOMEM: it is not taken note of. */
int fights_heal(struct fights *fights, const struct cell *cell, uint64_t now) must_check;
/* The cells that rest now, values NULL. */
int fights_resting(const struct fights *fights, uint64_t now, struct cells *ret) must_check;
/* When the next one has rested; UINT64_MAX: none rests. */
uint64_t fights_due(const struct fights *fights, uint64_t now);
/* The next fight that nobody was told of, told by that; NULL: none. */
const struct cell *fights_news(struct fights *fights);
/* Something else is wanted now: none rests any longer. */
void fights_call_off(struct fights *fights);
void fights_release(struct fights *fights);

#endif
