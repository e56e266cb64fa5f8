/* Hosts in a temporary folder, and trees of them. Test code: what fails, asserts. */
#ifndef TESTS_UNIT_TREE_FOLDER_H
#define TESTS_UNIT_TREE_FOLDER_H

#include "base/error.h"
#include "cgroup/cgtree.h"

DEFINE_CLEANUP(struct cg_tree *, cg_tree_close);
#define cleanup_tree cleanup_with(cg_tree_closep)

/* cmocka's: *state is a new folder, which tear_down removes. */
int tree_set_up(void **state);
int tree_tear_down(void **state);
#define in_folder(test) cmocka_unit_test_setup_teardown(test, tree_set_up, tree_tear_down)

/* A v1 host with two hierarchies, cg/cpu and cg/memory, and nothing in them but their roots. */
void make_v1(const char *folder);
/* A v2 host at cg, with cpuset, cpu and memory. */
void make_v2(const char *folder);
/* Makes the recorded host below FOLDER/NAME and returns that; free(). */
char *unpack_below(const char *folder, const char *name);

struct cg_tree *open_with(const char *folder, struct cg_options options);
struct cg_tree *open_tree(const char *folder, unsigned flags);
struct cg_node *found(const struct cg_tree *tree, const char *path);
void assert_path(const struct cg_node *node, const char *expected);
bool exists(const char *folder, const char *name);
void move(const char *folder, const char *from, const char *to);

#endif
