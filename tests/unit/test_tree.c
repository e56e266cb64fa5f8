/* Trees over hosts that were recorded with real guests: v1 without systemd, v1, hybrid and v2 with
 * it. Identity, order, refresh and search are tried on folders made for it. */
#include "test.h"
#include "folder.h"
#include "tree_folder.h"

#include "cgroup/attr.h"
#include "cgroup/cgtree.h"
#include "cgroup/value.h"

#include <sys/stat.h>

static const char *const recorded[] = {"v1-no-systemd", "v1-systemd", "hybrid-systemd",
                                       "v2-systemd"};

static size_t count_role(struct cg_node *top, enum cg_role_kind role)
{
    size_t count = 0;

    for (struct cg_node *node = top; node; node = cg_node_next(top, node, false))
        count += cg_node_role(node).kind == role;
    return count;
}

static void every_recorded_host_shows_its_guests_and_their_roles(void **state)
{
    for (size_t i = 0; i < ARRAY_SIZE(recorded); i++) {
        cleanup_free char *folder = NULL;
        cleanup_tree struct cg_tree *tree = NULL;
        size_t guests;

        assert_true(asprintf(&folder, "%s/%s", (char *)*state, recorded[i]) > 0);
        folder_make(*state, recorded[i]);
        folder_unpack_host(folder, recorded[i]);
        tree = open_tree(folder, CG_GUESTS);
        guests = count_role(cg_tree_root(tree), CG_ROLE_VM);
        assert_int_equal(guests, i == 0 ? 3 : 4);
        assert_int_equal(count_role(cg_tree_root(tree), CG_ROLE_EMULATOR), guests);
        assert_int_equal(count_role(cg_tree_root(tree), CG_ROLE_VCPU), 2 * guests);
        assert_int_equal(count_role(cg_tree_root(tree), CG_ROLE_IOTHREAD), guests);
        assert_null(cg_tree_find(tree, "/system.slice"));
    }
}

static void a_guests_name_finds_its_node_and_its_roles(void **state)
{
    cleanup_tree struct cg_tree *tree = NULL;
    struct cg_node *vm, *vcpu;

    folder_unpack_host(*state, "v2-systemd");
    tree = open_tree(*state, CG_GUESTS);
    vm = found(tree, "web1");
    assert_path(vm, "/machine.slice/machine-qemu\\x2d1\\x2dweb1.scope");
    assert_int_equal(cg_node_kind(vm), CG_SCOPE);
    assert_string_equal(cg_node_guest(vm), "web1");
    assert_int_equal(cg_node_guest_id(vm), 1);
    vcpu = found(tree, "web1/vcpu1");
    assert_path(vcpu, "/machine.slice/machine-qemu\\x2d1\\x2dweb1.scope/libvirt/vcpu1");
    assert_int_equal(cg_node_role(vcpu).index, 1);
    assert_string_equal(cg_node_guest(vcpu), "web1");
    assert_non_null(cg_tree_find(tree, "dbn.2-x"));
    assert_non_null(
        cg_tree_find(tree, "long-name-that-libvirt-will-cut-because-it-is-longer-than"));
    assert_null(cg_tree_find(tree, "web"));
    assert_null(cg_tree_find(tree, "web1/vcpu2"));
    assert_null(cg_tree_find(tree, "web1/libvirt"));
}

static void a_path_may_leave_out_suffixes(void **state)
{
    cleanup_tree struct cg_tree *tree = NULL;
    struct cg_node *node;

    folder_unpack_host(*state, "v2-systemd");
    tree = open_tree(*state, CG_GROUPED);
    node = found(tree, "/custom/custom-deep/machine-qemu\\x2d3\\x2dtenant/libvirt/emulator");
    assert_path(node, "/custom.slice/custom-deep.slice/machine-qemu\\x2d3\\x2dtenant.scope/libvirt/"
                      "emulator");
    assert_ptr_equal(found(tree, "/custom.slice"), found(tree, "custom"));
    assert_ptr_equal(found(tree, "/"), cg_tree_root(tree));
    assert_null(cg_tree_find(tree, "/custom/none"));
    assert_null(cg_tree_find(tree, "/custom/custom-deep/machine-qemu\\x2d3\\x2dtenant/libvirt/"
                                   "emulator/x"));
    assert_int_equal(cg_node_kind(cg_tree_root(tree)), CG_ROOT);
    assert_int_equal(cg_node_kind(found(tree, "/custom")), CG_SLICE);
}

static void the_same_place_in_every_hierarchy_is_one_node(void **state)
{
    cleanup_tree struct cg_tree *tree = NULL;
    cleanup_free char *full = NULL;
    struct cg_node *vm, *vcpu;

    folder_unpack_host(*state, "v1-no-systemd");
    tree = open_tree(*state, CG_GROUPED);
    vm = found(tree, "/machine/qemu-16-cgroup-web1.libvirt-qemu");
    vcpu = found(tree, "/machine/qemu-16-cgroup-web1.libvirt-qemu/vcpu0");
    assert_true(cg_node_id(vm, "cpu") && cg_node_id(vm, "memory") && cg_node_id(vm, ""));
    assert_true(cg_node_id(vm, "cpu") != cg_node_id(vm, "memory"));
    assert_true(cg_node_id(vcpu, "cpu") && cg_node_id(vcpu, "cpuset"));
    assert_true(cg_node_id(vcpu, "memory") == 0);
    assert_true(cg_node_id(vcpu, "nonsense") == 0);
    assert_true(cg_node_id(vcpu, NULL) == cg_node_id(vcpu, "cpu"));
    assert_int_equal(cg_node_full_path(vcpu, "cpuset", &full), 0);
    assert_string_equal(full,
                        "/sys/fs/cgroup/cpuset/machine/qemu-16-cgroup-web1.libvirt-qemu/vcpu0");
    assert_int_equal(cg_node_full_path(vcpu, "memory", &full), -ENOENT);
}

static void a_tree_of_one_controller_shows_its_hierarchy_alone(void **state)
{
    static const char *const only_cpu[] = {"cpu", NULL}, *const only_memory[] = {"memory", NULL};
    cleanup_tree struct cg_tree *cpu = NULL, *memory = NULL, *unified = NULL;

    folder_unpack_host(*state, "v1-no-systemd");
    cpu = open_with(*state, (struct cg_options){.controllers = only_cpu});
    memory = open_with(*state, (struct cg_options){.controllers = only_memory});
    unified = open_with(*state, (struct cg_options){0});
    assert_int_equal(cg_node_kind(cg_tree_root(cpu)), CG_CONTROLLER_ROOT);
    assert_int_equal(count_role(cg_tree_root(cpu), CG_ROLE_VCPU), 6);
    assert_int_equal(count_role(cg_tree_root(memory), CG_ROLE_VCPU), 0);
    assert_int_equal(count_role(cg_tree_root(memory), CG_ROLE_VM), 3);
    assert_int_equal(count_role(cg_tree_root(unified), CG_ROLE_VCPU), 6);
}

static void children_stand_in_natural_order(void **state)
{
    static const char *const names[] = {"emulator", "iothread1", "vcpu0", "vcpu2", "vcpu10"};
    cleanup_tree struct cg_tree *tree = NULL;
    struct cg_node *node;

    make_v1(*state);
    folder_make(*state, "cg/cpu/vcpu10");
    folder_make(*state, "cg/cpu/vcpu2");
    folder_make(*state, "cg/memory/vcpu0");
    folder_make(*state, "cg/memory/iothread1");
    folder_make(*state, "cg/cpu/emulator");
    tree = open_tree(*state, CG_GROUPED);
    node = cg_node_child(cg_tree_root(tree));
    for (size_t i = 0; i < ARRAY_SIZE(names); i++, node = cg_node_sibling(node))
        assert_string_equal(cg_node_name(node), names[i]);
    assert_null(node);
}

static void a_walk_visits_each_node_once_in_either_order(void **state)
{
    static const char *const before[] = {"/", "/a", "/a/x", "/a/y", "/b"}, *const after[] = {
                                                                               "/a/x", "/a/y", "/a",
                                                                               "/b", "/"};
    cleanup_tree struct cg_tree *tree = NULL;
    struct cg_node *root, *node;
    size_t i = 0;

    make_v2(*state);
    folder_make(*state, "cg/a/x");
    folder_make(*state, "cg/a/y");
    folder_make(*state, "cg/b");
    tree = open_tree(*state, CG_GROUPED);
    root = cg_tree_root(tree);
    for (node = NULL; (node = cg_node_next(root, node, false)); i++)
        assert_path(node, before[i]);
    assert_int_equal(i, ARRAY_SIZE(before));
    for (i = 0, node = NULL; (node = cg_node_next(root, node, true)); i++)
        assert_path(node, after[i]);
    assert_int_equal(i, ARRAY_SIZE(after));
    node = found(tree, "/a");
    assert_ptr_equal(cg_node_next(node, found(tree, "/a/y"), false), NULL);
    assert_ptr_equal(cg_node_parent(node), root);
    assert_null(cg_node_parent(root));
}

static void sub_trees_alone_are_read_when_asked(void **state)
{
    static const char *const subtrees[] = {"/machine/", "a//b", "none", NULL};
    cleanup_tree struct cg_tree *tree = NULL;

    make_v2(*state);
    folder_make(*state, "cg/machine/x");
    folder_make(*state, "cg/machine2");
    folder_make(*state, "cg/a/b/c");
    folder_make(*state, "cg/a/d");
    tree = open_with(*state, (struct cg_options){.flags = CG_GROUPED, .subtrees = subtrees});
    assert_non_null(cg_tree_find(tree, "/machine/x"));
    assert_non_null(cg_tree_find(tree, "/a/b/c"));
    assert_null(cg_tree_find(tree, "/machine2"));
    assert_null(cg_tree_find(tree, "/a/d"));
}

static void the_root_as_a_sub_tree_is_everything(void **state)
{
    static const char *const subtrees[] = {"/", NULL};
    cleanup_tree struct cg_tree *tree = NULL;

    make_v2(*state);
    folder_make(*state, "cg/a/b");
    tree = open_with(*state, (struct cg_options){.flags = CG_GROUPED, .subtrees = subtrees});
    assert_non_null(cg_tree_find(tree, "/a/b"));
}

static void the_oldest_layouts_show_guests_too(void **state)
{
    cleanup_tree struct cg_tree *tree = NULL;

    make_v2(*state);
    folder_make(*state, "cg/machine/qemu/old1/vcpu0");
    folder_make(*state, "cg/libvirt/lxc/box");
    folder_make(*state,
                "cg/machine/grey/c7a5fdbd-edaf-9455-926a-d65c16db1809.libvirt-qemu/emulator");
    folder_make(*state, "cg/production.partition/web2.libvirt-qemu");
    folder_make(*state, "cg/machine/nothing");
    tree = open_tree(*state, CG_GUESTS);
    assert_path(found(tree, "old1/vcpu0"), "/machine/qemu/old1/vcpu0");
    assert_path(found(tree, "box"), "/libvirt/lxc/box");
    assert_path(found(tree, "c7a5fdbd-edaf-9455-926a-d65c16db1809/emulator"),
                "/machine/grey/c7a5fdbd-edaf-9455-926a-d65c16db1809.libvirt-qemu/emulator");
    assert_path(found(tree, "web2"), "/production.partition/web2.libvirt-qemu");
    assert_path(found(tree, "/production/web2.libvirt-qemu"),
                "/production.partition/web2.libvirt-qemu");
    assert_null(cg_tree_find(tree, "/machine/nothing"));
}

static void a_node_that_was_made_anew_is_stale(void **state)
{
    cleanup_tree struct cg_tree *tree = NULL;
    cleanup_error struct cg_error *error = NULL;
    struct cg_node *node;
    int fd = -1;

    make_v2(*state);
    folder_make(*state, "cg/a");
    tree = open_tree(*state, CG_GROUPED);
    node = found(tree, "/a");
    assert_int_equal(cg_node_open(node, NULL, &fd, NULL), 0);
    close(fd);
    fd = -1;
    move(*state, "cg/a", "aside");
    assert_int_equal(cg_node_open(node, "cpu", &fd, &error), -ENOENT);
    folder_make(*state, "cg/a");
    assert_int_equal(cg_node_open(node, "cpu", &fd, &error), -ESTALE);
    assert_non_null(strstr(cg_error_text(error), "/a"));
    assert_int_equal(cg_node_open(node, "blkio", &fd, &error), -ENOENT);
    assert_int_equal(fd, -1);
}

static void a_link_in_the_place_of_a_node_is_not_followed(void **state)
{
    cleanup_tree struct cg_tree *tree = NULL;
    cleanup_free char *link = NULL;
    int fd = -1;

    make_v2(*state);
    folder_make(*state, "cg/a");
    tree = open_tree(*state, CG_GROUPED);
    move(*state, "cg/a", "cg/b");
    assert_true(asprintf(&link, "%s/cg/a", (char *)*state) > 0);
    assert_int_equal(symlink("b", link), 0);
    assert_int_equal(cg_node_open(found(tree, "/a"), NULL, &fd, NULL), -ELOOP);
    assert_int_equal(cg_tree_refresh(tree, NULL, NULL), 0);
    assert_null(cg_tree_find(tree, "/a"));
}

static void a_refresh_keeps_what_stayed_and_frees_what_went(void **state)
{
    cleanup_tree struct cg_tree *tree = NULL;
    struct cg_node *kept, *deep, *anew;
    uint64_t id;

    make_v1(*state);
    folder_make(*state, "cg/cpu/kept/deep");
    folder_make(*state, "cg/cpu/gone/deep");
    folder_make(*state, "cg/cpu/anew");
    tree = open_tree(*state, CG_GROUPED);
    kept = found(tree, "/kept");
    deep = found(tree, "/kept/deep");
    anew = found(tree, "/anew");
    id = cg_node_id(anew, "cpu");
    move(*state, "cg/cpu/gone", "aside");
    move(*state, "cg/cpu/anew", "aside2");
    folder_make(*state, "cg/cpu/anew");
    folder_make(*state, "cg/cpu/kept/abc");
    folder_make(*state, "cg/memory/kept");
    assert_int_equal(cg_tree_refresh(tree, NULL, NULL), 0);
    assert_ptr_equal(found(tree, "/kept"), kept);
    assert_ptr_equal(found(tree, "/kept/deep"), deep);
    assert_ptr_equal(cg_node_parent(deep), kept);
    assert_string_equal(cg_node_name(cg_node_child(kept)), "abc");
    assert_ptr_equal(cg_node_parent(cg_node_child(kept)), kept);
    assert_true(cg_node_id(kept, "memory") != 0);
    assert_null(cg_tree_find(tree, "/gone"));
    assert_true(cg_node_id(found(tree, "/anew"), "cpu") != id);
}

static void a_node_made_anew_in_one_hierarchy_is_another_node(void **state)
{
    cleanup_tree struct cg_tree *tree = NULL;
    struct cg_node *old;

    make_v1(*state);
    folder_make(*state, "cg/cpu/a");
    folder_make(*state, "cg/memory/a");
    tree = open_tree(*state, CG_GROUPED);
    old = found(tree, "/a");
    move(*state, "cg/memory/a", "aside");
    folder_make(*state, "cg/memory/a");
    assert_int_equal(cg_tree_refresh(tree, NULL, NULL), 0);
    assert_ptr_not_equal(found(tree, "/a"), old);
}

static void a_part_of_a_tree_can_be_refreshed(void **state)
{
    cleanup_tree struct cg_tree *tree = NULL;
    struct cg_node *vm;

    make_v2(*state);
    folder_make(*state, "cg/machine/qemu-1-a.libvirt-qemu/vcpu0");
    folder_make(*state, "cg/other");
    tree = open_tree(*state, CG_GUESTS);
    vm = found(tree, "a");
    folder_make(*state, "cg/machine/qemu-1-a.libvirt-qemu/vcpu1");
    folder_make(*state, "cg/machine/qemu-2-b.libvirt-qemu");
    assert_int_equal(cg_tree_refresh(tree, vm, NULL), 0);
    assert_ptr_equal(found(tree, "a"), vm);
    assert_int_equal(cg_node_role(found(tree, "a/vcpu1")).index, 1);
    assert_null(cg_tree_find(tree, "b"));
    move(*state, "cg/machine/qemu-1-a.libvirt-qemu", "aside");
    assert_int_equal(cg_tree_refresh(tree, vm, NULL), -ENOENT);
    assert_null(cg_tree_find(tree, "a"));
}

static void attributes_are_read_in_the_hosts_own_face(void **state)
{
    static const struct {
        const char *host, *node, *name;
    } cases[] = {{"v1-no-systemd", "cgroup-web1/vcpu0", "cpu.shares"},
                 {"hybrid-systemd", "web1/vcpu0", "cpu.shares"},
                 {"v2-systemd", "web1/vcpu0", "cpu.weight"}};

    for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
        cleanup_free char *folder = NULL;
        cleanup_tree struct cg_tree *tree = NULL;
        cleanup_value struct cg_value *value = NULL;
        const struct cg_attr *attr = NULL;
        uint64_t number = 0;

        assert_true(asprintf(&folder, "%s/%s", (char *)*state, cases[i].host) > 0);
        folder_make(*state, cases[i].host);
        folder_unpack_host(folder, cases[i].host);
        tree = open_tree(folder, CG_GUESTS);
        assert_int_equal(cg_attr_find(tree, "cpu.shares", &attr, NULL), 0);
        assert_string_equal(cg_attr_name(attr), cases[i].name);
        assert_int_equal(cg_read(found(tree, cases[i].node), attr, &value, NULL), 0);
        assert_int_equal(cg_value_uint(value, &number), 0);
        assert_int_equal(number, i == 2 ? 100 : 1024);
    }
}

static void an_attribute_is_written_and_errors_name_the_node(void **state)
{
    cleanup_tree struct cg_tree *tree = NULL;
    cleanup_error struct cg_error *error = NULL;
    cleanup_value struct cg_value *value = NULL;
    cleanup_free char *text = NULL;
    const struct cg_attr *attr = NULL, *limit = NULL;

    make_v1(*state);
    folder_write(*state, "cg/cpu/a/cpu.shares", "");
    tree = open_tree(*state, CG_GROUPED);
    assert_int_equal(cg_attr_find(tree, "cpu.weight", &attr, NULL), 0);
    assert_int_equal(cg_value_from_uint(attr, 2048, &value, NULL), 0);
    assert_int_equal(cg_write(found(tree, "/a"), attr, value, NULL), 0);
    text = folder_read(*state, "cg/cpu/a/cpu.shares");
    assert_string_equal(text, "2048");
    value = cg_value_unref(value);
    assert_int_equal(cg_attr_find(tree, "memory.max", &limit, NULL), 0);
    assert_int_equal(cg_read(found(tree, "/a"), limit, &value, &error), -ENOENT);
    assert_non_null(strstr(cg_error_text(error), "/a"));
    assert_non_null(strstr(cg_error_text(error), "memory"));
    assert_int_equal(cg_read(found(tree, "/a"), attr_by_name("cpu.max", 2), &value, &error),
                     -EOPNOTSUPP);
    assert_int_equal(cg_attr_find(tree, "cpu.nonsense", &attr, &error), -ENOENT);
    assert_non_null(strstr(cg_error_text(error), "cpu.nonsense"));
    assert_int_equal(cg_attr_find(tree, "memory.high", &attr, &error), -EOPNOTSUPP);
    assert_null(value);
}

static void only_this_hosts_attributes_are_listed(void **state)
{
    cleanup_tree struct cg_tree *tree = NULL;
    size_t all = 0, cpu = 0;

    make_v1(*state);
    tree = open_tree(*state, CG_GROUPED);
    for (const struct cg_attr *a = NULL; (a = cg_attr_next(tree, NULL, a)); all++) {
        assert_int_equal(a->version, 1);
        assert_true(!cg_attr_controller(a) || strcmp(cg_attr_controller(a), "cpuset") != 0);
    }
    for (const struct cg_attr *a = NULL; (a = cg_attr_next(tree, "cpu", a)); cpu++)
        assert_string_equal(cg_attr_controller(a), "cpu");
    assert_true(cpu > 5 && all > cpu);
    assert_null(cg_attr_next(tree, "cpuset", NULL));
}

static void options_of_another_size_or_unknown_flags_are_refused(void **state)
{
    struct {
        struct cg_options options;
        uint64_t newer;
    } larger = {.options = {.size = sizeof(larger)}, .newer = 1};
    struct cg_options smaller = {.size = sizeof(smaller) - 1},
                      flags = {.size = sizeof(flags), .flags = 8};
    struct cg_tree *tree = NULL;

    assert_int_equal(cg_tree_open(&larger.options, &tree, NULL), -E2BIG);
    assert_int_equal(cg_tree_open(&smaller, &tree, NULL), -EINVAL);
    assert_int_equal(cg_tree_open(&flags, &tree, NULL), -EINVAL);
    assert_null(tree);
}

static void a_controller_that_is_nowhere_has_no_tree(void **state)
{
    static const char *const blkio[] = {"blkio", NULL};
    cleanup_error struct cg_error *error = NULL;
    struct cg_options options = {.size = sizeof(options), .root = *state, .controllers = blkio};
    struct cg_tree *tree = NULL;

    make_v1(*state);
    assert_int_equal(cg_tree_open(&options, &tree, &error), -ENODEV);
    assert_non_null(strstr(cg_error_text(error), "blkio"));
    options.controllers = NULL;
    assert_int_equal(cg_tree_open(&options, &tree, &error), -ENODEV);
}

static void closing_leaves_no_descriptor(void **state)
{
    int before = dup(0), after;
    struct cg_tree *tree;

    close(before);
    folder_unpack_host(*state, "v1-no-systemd");
    tree = open_tree(*state, CG_GROUPED);
    assert_int_equal(cg_tree_refresh(tree, NULL, NULL), 0);
    assert_null(cg_tree_close(tree));
    after = dup(0);
    close(after);
    assert_int_equal(before, after);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        in_folder(every_recorded_host_shows_its_guests_and_their_roles),
        in_folder(a_guests_name_finds_its_node_and_its_roles),
        in_folder(a_path_may_leave_out_suffixes),
        in_folder(the_same_place_in_every_hierarchy_is_one_node),
        in_folder(a_tree_of_one_controller_shows_its_hierarchy_alone),
        in_folder(children_stand_in_natural_order),
        in_folder(a_walk_visits_each_node_once_in_either_order),
        in_folder(sub_trees_alone_are_read_when_asked),
        in_folder(the_root_as_a_sub_tree_is_everything),
        in_folder(the_oldest_layouts_show_guests_too),
        in_folder(a_node_that_was_made_anew_is_stale),
        in_folder(a_link_in_the_place_of_a_node_is_not_followed),
        in_folder(a_refresh_keeps_what_stayed_and_frees_what_went),
        in_folder(a_node_made_anew_in_one_hierarchy_is_another_node),
        in_folder(a_part_of_a_tree_can_be_refreshed),
        in_folder(attributes_are_read_in_the_hosts_own_face),
        in_folder(an_attribute_is_written_and_errors_name_the_node),
        in_folder(only_this_hosts_attributes_are_listed),
        cmocka_unit_test(options_of_another_size_or_unknown_flags_are_refused),
        in_folder(a_controller_that_is_nowhere_has_no_tree),
        in_folder(closing_leaves_no_descriptor),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
