/* libcgtree without memory, at each allocation in turn: what is read, found and walked to is all
 * there or the answer is -ENOMEM; what is made or removed is so in the tree and on disk alike. */
#include "test.h"

#include "folder.h"
#include "tree_folder.h"
#include "unit/memory.h"

#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#define SCOPE "machine.slice/machine-qemu\\x2d1\\x2dweb1.scope"

static void make_guest(const char *folder)
{
    make_v2(folder);
    folder_write(folder, "cg/" SCOPE "/cgroup.threads", "77\n");
    folder_write(folder, "cg/" SCOPE "/libvirt/cgroup.threads", "");
    folder_write(folder, "cg/" SCOPE "/libvirt/emulator/cgroup.threads", "");
    folder_write(folder, "cg/" SCOPE "/libvirt/vcpu0/cgroup.threads", "77\n79\n78\n");
    folder_write(folder, "cg/" SCOPE "/libvirt/vcpu0/cpuset.cpus", "0-3,8\n");
    folder_write(folder, "cg/" SCOPE "/libvirt/vcpu0/cpu.max", "max 100000\n");
    folder_write(folder, "cg/" SCOPE "/libvirt/vcpu0/cpu.stat", "usage_usec 1\nuser_usec 2\n");
}

/* The node's path and its attributes' values. */
static int read_node(const struct cg_tree *tree, const struct cg_node *node, FILE *into)
{
    static const char *const names[] = {"cpuset.cpus", "cpu.max", "cpu.stat"};
    cleanup_free char *path = NULL, *full = NULL;
    int r = cg_node_path(node, &path);

    if (r == 0)
        r = cg_node_full_path(node, NULL, &full);
    for (size_t i = 0; r == 0 && i < ARRAY_SIZE(names); i++) {
        cleanup_free char *text = NULL;
        const struct cg_attr *attr = NULL;
        struct cg_value *value = NULL;

        r = cg_attr_find(tree, names[i], &attr, NULL);
        if (r == 0)
            r = cg_read(node, attr, &value, NULL);
        if (r == 0)
            r = cg_value_format(value, &text);
        cg_value_unref(value);
        if (r == 0)
            fprintf(into, "%s\n", text);
        r = r == -ENOENT ? 0 : r;
    }
    if (r == 0)
        fprintf(into, "%s %s\n", path, full);
    return r;
}

/* What a user of the library may ask, as a text. */
static int read_all(const char *folder, FILE *into)
{
    cleanup_tree struct cg_tree *tree = NULL;
    const struct cg_options options = {.size = sizeof(options), .flags = CG_GUESTS, .root = folder};
    struct cg_node *guest = NULL, *node = NULL;
    cleanup_free pid_t *tasks = NULL;
    size_t count = 0;
    int r = cg_tree_open(&options, &tree, NULL);

    if (r == 0)
        r = cg_tree_refresh(tree, NULL, NULL);
    if (r < 0)
        return r;
    guest = cg_guest_by_id(tree, 1);
    assert_non_null(guest);
    assert_string_equal(cg_node_guest(guest), "web1");
    while (r == 0 && (node = cg_node_next(cg_tree_root(tree), node, false)))
        r = read_node(tree, node, into);
    if (r == 0)
        r = cg_node_tasks(guest, NULL, true, true, &tasks, &count, NULL);
    for (size_t i = 0; r == 0 && i < count; i++)
        fprintf(into, "%d\n", (int)tasks[i]);
    return r;
}

/* What the test itself needs for its text is not counted: it is a buffer of its own. */
static int read_into(const char *folder, char *text, size_t size)
{
    FILE *into = fmemopen(text, size, "w");
    int r;

    assert_non_null(into);
    r = read_all(folder, into);
    fclose(into);
    return r;
}

static void what_is_read_is_whole_or_memory_was_lacking(void **state)
{
    char whole[4096] = "", text[4096];
    bool failed = true;
    long at = 0;

    make_guest(*state);
    assert_int_equal(read_into(*state, whole, sizeof(whole)), 0);
    assert_non_null(strstr(whole, "0-3,8\nmax 100000\n"));
    assert_non_null(strstr(whole, "\n77\n78\n79\n"));
    for (; failed; at++) {
        int r;

        memory_fail(at, false);
        memset(text, 0, sizeof(text));
        r = read_into(*state, text, sizeof(text));
        failed = memory_failed();
        if (r != -ENOMEM && (r != 0 || strcmp(text, whole) != 0))
            fail_msg("allocation %ld failed, the answer is %d and what was read\n%s", at, r, text);
    }
    assert_true(at > 100);
}

/* In the tree and on disk. */
static void assert_both(const struct cg_tree *tree, const char *folder, bool there)
{
    assert_int_equal(cg_tree_find(tree, "/here/new") != NULL, there);
    assert_int_equal(exists(folder, "cg/here/new"), there);
}

static void what_is_made_and_removed_is_so_on_disk_too(void **state)
{
    cleanup_tree struct cg_tree *tree = NULL;
    bool failed = true;
    long at = 0;

    make_v2(*state);
    folder_make(*state, "cg/here");
    folder_write(*state, "cg/here/cgroup.controllers", "cpu\n");
    folder_write(*state, "cg/cgroup.subtree_control", "cpu\n");
    folder_write(*state, "cg/here/cgroup.subtree_control", "cpu\n");
    tree = open_tree(*state, 0);
    for (; failed; at++) {
        struct cg_node *made = NULL;
        int r;

        memory_fail(at, false);
        r = cg_node_create(found(tree, "/here"), "new", &made, NULL);
        if (r == 0)
            r = cg_node_delete(made, NULL);
        failed = memory_failed();
        if (r != 0 && r != -ENOMEM)
            fail_msg("allocation %ld failed and the answer is %d", at, r);
        if (r == 0 || !made) {
            assert_both(tree, *state, false);
            continue;
        }
        assert_both(tree, *state, true);
        assert_int_equal(cg_node_delete(made, NULL), 0);
    }
    assert_true(at > 5);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        in_folder(what_is_read_is_whole_or_memory_was_lacking),
        in_folder(what_is_made_and_removed_is_so_on_disk_too),
    };

    setenv("TMPDIR", "/dev/shm", 0);
    return cmocka_run_group_tests(tests, NULL, NULL);
}
