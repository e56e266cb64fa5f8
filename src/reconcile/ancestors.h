/* What lies above a guest's own node (slices, under systemd the scope too) and what it grants. It
 * is not vmpin's: where it forbids CPUs or memory nodes, its owner has to be asked. */
#ifndef RECONCILE_ANCESTORS_H
#define RECONCILE_ANCESTORS_H

#include "reconcile/nodes.h"

/* What they grant, read once each: for one run over many guests. */
struct ancestors {
    struct ancestor *list;
    size_t count, size;
};
void ancestors_release(struct ancestors *ancestors);

/* Do all ancestors of the guest's own node grant the CPUs or memory nodes (`attr` is the set's)?
 * CPUs that are offline are no ancestor's doing. If not, *ret_text is a sentence (free()) that
 * names the highest one that lacks some, its owner, and what mends it; else NULL. -ENOMEM. */
int ancestors_forbid(struct ancestors *ancestors, const struct nodes *nodes,
                     const struct cg_attr *attr, const struct cg_set *asked, struct buffer *scratch,
                     char **ret_text) must_check;

#endif
