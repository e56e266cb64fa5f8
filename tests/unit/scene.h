/* A host in the model with two guests on it whose nodes have random values that the kernel took,
 * and random targets for the first of them. The same seed makes the same scene. */
#ifndef TESTS_UNIT_SCENE_H
#define TESTS_UNIT_SCENE_H

#include "model/kernel_fail.h"
#include "model/kernel_model.h"
#include "reconcile/plan.h"

struct scene {
    uint64_t random;
    struct model *model;
    struct kernel_fail *fail; /* around the model */
    struct host *host;        /* on `fail` */
    struct model_guest guest, other;
    struct facts *facts; /* of `guest` */
    struct role_list roles;
};

/* `forgets`: a kernel before Linux 6.2. */
void scene_make(struct scene *scene, int version, bool forgets, uint64_t seed);
/* Nothing random: 3 vCPUs and an iothread, no pins, every set the full one. */
void scene_make_plain(struct scene *scene, int version, bool forgets);
void scene_release(struct scene *scene);

uint64_t scene_pick(struct scene *scene, uint64_t below);
/* Writes random values into the guest's nodes, as somebody else might. */
void scene_disturb(struct scene *scene, unsigned writes);
/* Gives all of the guest's nodes all memory nodes: a return to these moves no memory. */
void scene_open_mems(struct scene *scene);
/* Random cells for roles that the guest may have, with an origin of policy `name`. */
void scene_targets(struct scene *scene, unsigned count, const char *name, struct cells *ret);
/* One cell more; `text` as the kernel or a user writes it. */
void scene_target(struct scene *scene, struct cg_role role, const char *attribute, const char *text,
                  const char *name, struct cells *cells);

/* The lines of model_dump() that differ, those that are new alone; free(). An empty v2 set and the
 * full one are alike: the kernel does not take the first back. */
char *scene_changes(const char *before, const char *after);
/* Are all of these lines about the guest's own nodes? */
bool scene_is_within_guest(const struct scene *scene, const char *lines);
/* "cpuset:/machine/x/vcpu0 cpuset.cpus", as the dump names a cell's (first) file; free(). */
char *scene_line(const struct scene *scene, const struct cell *cell, unsigned file);

#endif
