/* Every file of control groups against the attribute tables: a row knows it, its typed accessor
 * reads it, and the value says what the file says. */
#ifndef TESTS_UNIT_COVERAGE_H
#define TESTS_UNIT_COVERAGE_H

#include "cgroup/attr.h"

struct names {
    size_t count;
    char **list; /* sorted when told */
};

/* Once each; asserts that there is memory. */
void names_add(struct names *names, const char *name);
/* "# WHAT: NAME NAME ..." on standard output, in lines; nothing where there are none. */
void names_tell(struct names *names, const char *what);
void names_release(struct names *names);

struct coverage {
    struct names read;    /* read, and the same as the raw file */
    struct names other;   /* there, but only to be written, or to be named in another */
    struct names unknown; /* files that no row knows */
    struct names wrong;   /* each with what is wrong */
};

void coverage_release(struct coverage *coverage);

/* The hierarchy's controller as cg_options wants it, "" for v2's; free(). */
char *controller_of(const struct cg_hierarchy *hierarchy);
/* A tree of that hierarchy alone. `root` and `subtree` may be NULL. */
struct cg_tree *open_hierarchy(const char *root, const struct cg_hierarchy *hierarchy,
                               const char *subtree);

/* Looks at every file of the node. `exact`: the value's text is the file's; else, where numbers
 * change all the time, it is so but for the digits. */
void coverage_node(struct coverage *coverage, const struct cg_node *node,
                   const struct cg_hierarchy *hierarchy, bool exact);
/* Tells what was covered and, of the attributes of the hierarchies there, which have no file. */
void coverage_tell(struct coverage *coverage, const struct cg_mounts *mounts);

#endif
