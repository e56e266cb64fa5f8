/* Distinct trees in several threads at once. Under helgrind (scripts/test) it shows that nothing is
 * shared between them; by itself, that each sees its own host whole. */
#include "test.h"
#include "folder.h"
#include "tree_folder.h"

#include "cgroup/value.h"

#include <pthread.h>

static const char *const hosts[] = {"v1-no-systemd", "v2-systemd", "v2-systemd"};

struct work {
    char *folder;
    size_t nodes, values; /* that were seen */
};

/* No assertion of cmocka's: those are the main thread's. */
static void *see_everything(void *data)
{
    struct work *work = data;
    struct cg_options options = {.size = sizeof(options), .flags = CG_GUESTS, .root = work->folder};
    cleanup_tree struct cg_tree *tree = NULL;

    if (cg_tree_open(&options, &tree, NULL) < 0 || cg_tree_refresh(tree, NULL, NULL) < 0)
        return NULL;
    for (struct cg_node *root = cg_tree_root(tree), *at = root; at; work->nodes++) {
        for (const struct cg_attr *attr = NULL; (attr = cg_attr_next(tree, "cpu", attr));) {
            cleanup_error struct cg_error *error = NULL;
            cleanup_value struct cg_value *value = NULL;
            cleanup_free char *text = NULL;

            if (cg_read(at, attr, &value, &error) == 0 && cg_value_format(value, &text) == 0)
                work->values++;
        }
        at = cg_node_next(root, at, false);
    }
    return NULL;
}

static void distinct_trees_are_used_in_several_threads(void **state)
{
    pthread_t threads[ARRAY_SIZE(hosts)];
    struct work works[ARRAY_SIZE(hosts)] = {0}, alone = {0};

    for (size_t i = 0; i < ARRAY_SIZE(hosts); i++) {
        works[i].folder = i == 2 ? works[1].folder : unpack_below(*state, hosts[i]);
        assert_non_null(works[i].folder);
    }
    for (size_t i = 0; i < ARRAY_SIZE(hosts); i++)
        assert_int_equal(pthread_create(&threads[i], NULL, see_everything, &works[i]), 0);
    for (size_t i = 0; i < ARRAY_SIZE(hosts); i++)
        assert_int_equal(pthread_join(threads[i], NULL), 0);
    alone.folder = works[1].folder;
    see_everything(&alone);
    assert_true(works[0].nodes > 10 && works[0].values > 10);
    assert_true(alone.nodes > 10 && alone.values > 10);
    for (size_t i = 1; i < ARRAY_SIZE(hosts); i++) {
        assert_int_equal(works[i].nodes, alone.nodes);
        assert_int_equal(works[i].values, alone.values);
    }
    free(works[0].folder);
    free(works[1].folder);
}

int main(void)
{
    const struct CMUnitTest tests[] = {in_folder(distinct_trees_are_used_in_several_threads)};

    return cmocka_run_group_tests(tests, NULL, NULL);
}
