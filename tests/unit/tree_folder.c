#include "test.h"
#include "folder.h"
#include "tree_folder.h"

int tree_set_up(void **state)
{
    *state = folder_new();
    return 0;
}

int tree_tear_down(void **state)
{
    folder_remove(*state);
    return 0;
}

void make_v1(const char *folder)
{
    folder_write(folder, "proc/self/mountinfo",
                 "32 31 0:29 / /cg/cpu rw - cgroup cgroup rw,cpu\n"
                 "34 31 0:31 / /cg/memory rw - cgroup cgroup rw,memory\n");
    folder_make(folder, "cg/cpu");
    folder_make(folder, "cg/memory");
}

void make_v2(const char *folder)
{
    folder_write(folder, "proc/self/mountinfo", "32 31 0:29 / /cg rw - cgroup2 cgroup2 rw\n");
    folder_write(folder, "cg/cgroup.controllers", "cpuset cpu memory\n");
}

char *unpack_below(const char *folder, const char *name)
{
    char *path;

    assert_true(asprintf(&path, "%s/%s", folder, name) > 0);
    folder_make(folder, name);
    folder_unpack_host(path, name);
    return path;
}

struct cg_tree *open_with(const char *folder, struct cg_options options)
{
    cleanup_error struct cg_error *error = NULL;
    struct cg_tree *tree = NULL;

    options.size = sizeof(options);
    options.root = folder;
    if (cg_tree_open(&options, &tree, &error) < 0)
        fail_msg("%s", cg_error_text(error));
    return tree;
}

struct cg_tree *open_tree(const char *folder, unsigned flags)
{
    return open_with(folder, (struct cg_options){.flags = flags});
}

struct cg_node *found(const struct cg_tree *tree, const char *path)
{
    struct cg_node *node = cg_tree_find(tree, path);

    assert_non_null(node);
    return node;
}

void assert_path(const struct cg_node *node, const char *expected)
{
    cleanup_free char *path = NULL;

    assert_int_equal(cg_node_path(node, &path), 0);
    assert_string_equal(path, expected);
}

bool exists(const char *folder, const char *name)
{
    cleanup_free char *path = NULL;

    assert_true(asprintf(&path, "%s/%s", folder, name) > 0);
    return access(path, F_OK) == 0;
}

void move(const char *folder, const char *from, const char *to)
{
    cleanup_free char *old = NULL, *new = NULL;

    assert_true(asprintf(&old, "%s/%s", folder, from) > 0);
    assert_true(asprintf(&new, "%s/%s", folder, to) > 0);
    assert_int_equal(rename(old, new), 0);
}
