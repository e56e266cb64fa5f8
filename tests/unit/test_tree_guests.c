/* Finding things in trees: by path and pattern, guests by all that is known of them. */
#include "test.h"
#include "folder.h"
#include "tree_folder.h"

#include <stdio.h>

static const char uuid[] = "c7a5fdbd-edaf-9455-926a-d65c16db1809";
static const char upper[] = "C7A5FDBD-EDAF-9455-926A-D65C16DB1809";

/* What DESIGN names, each with the guest's name as its path has it, its id and where vcpu0 is. */
static const struct {
    const char *path, *guest, *vcpu;
    int id;
} layouts[] = {
    {"/machine/qemu-2-web1.libvirt-qemu", "web1", "/vcpu0", 2},
    {"/machine.slice/machine-qemu\\x2d3\\x2dweb3.scope", "web3", "/libvirt/vcpu0", 3},
    {"/custom.slice/custom-deep.slice/machine-qemu\\x2d6\\x2dname.scope", "name", "/libvirt/vcpu0",
     6},
    {"/tenant\\x2da.slice/machine-qemu\\x2d7\\x2dtenant.scope", "tenant", "/libvirt/vcpu0", 7},
    {"/machine/c7a5fdbd-edaf-9455-926a-d65c16db1810.libvirt-qemu",
     "c7a5fdbd-edaf-9455-926a-d65c16db1810", "/vcpu0", -1},
    {"/machine/grey/c7a5fdbd-edaf-9455-926a-d65c16db1809.libvirt-qemu",
     "c7a5fdbd-edaf-9455-926a-d65c16db1809", "/vcpu0", -1},
    {"/machine/qemu/old1", "old1", "/vcpu0", -1},
    {"/production.partition/web2.libvirt-qemu", "web2", "/vcpu0", -1},
    {"/machine/ch-8-cloud.libvirt-ch", "cloud", "/vcpu0", 8},
    {"/machine/lxc-9-box.libvirt-lxc", "box", "/vcpu0", 9},
};

static void make_layouts(const char *folder)
{
    make_v2(folder);
    for (size_t i = 0; i < ARRAY_SIZE(layouts); i++) {
        cleanup_free char *path = NULL;

        assert_true(asprintf(&path, "cg%s%s", layouts[i].path, layouts[i].vcpu) > 0);
        folder_make(folder, path);
    }
    folder_make(folder, "cg/system.slice/ssh.service");
}

static void every_layout_has_its_guests_listed_once(void **state)
{
    cleanup_tree struct cg_tree *tree = NULL;
    size_t count = 0;

    make_layouts(*state);
    tree = open_tree(*state, CG_GUESTS);
    for (struct cg_node *guest = NULL; (guest = cg_guest_next(tree, guest)); count++)
        assert_int_equal(cg_node_role(guest).kind, CG_ROLE_VM);
    assert_int_equal(count, ARRAY_SIZE(layouts));
}

static void every_layout_is_found_by_name_id_and_directory(void **state)
{
    cleanup_tree struct cg_tree *tree = NULL;

    make_layouts(*state);
    tree = open_tree(*state, CG_GUESTS);
    for (size_t i = 0; i < ARRAY_SIZE(layouts); i++) {
        cleanup_free char *role = NULL, *place = NULL;
        struct cg_node *guest = found(tree, layouts[i].guest);

        assert_path(guest, layouts[i].path);
        assert_int_equal(cg_node_guest_id(guest), layouts[i].id);
        assert_ptr_equal(found(tree, layouts[i].path), guest);
        assert_ptr_equal(found(tree, strrchr(layouts[i].path, '/') + 1), guest);
        if (layouts[i].id >= 0)
            assert_ptr_equal(cg_guest_by_id(tree, layouts[i].id), guest);
        assert_true(asprintf(&role, "%s/vcpu0", layouts[i].guest) > 0);
        assert_true(asprintf(&place, "%s%s", layouts[i].path, layouts[i].vcpu) > 0);
        assert_path(found(tree, role), place);
    }
    assert_null(cg_guest_by_id(tree, 77));
    assert_null(cg_guest_by_id(tree, -1));
}

static void a_scope_is_found_with_and_without_its_suffix(void **state)
{
    cleanup_tree struct cg_tree *tree = NULL;

    make_layouts(*state);
    tree = open_tree(*state, CG_GUESTS);
    assert_ptr_equal(found(tree, "machine-qemu\\x2d3\\x2dweb3.scope"), found(tree, "web3"));
    assert_ptr_equal(found(tree, "machine-qemu\\x2d3\\x2dweb3"), found(tree, "web3"));
    assert_ptr_equal(found(tree, "machine-qemu\\x2d3\\x2dweb3/vcpu0"), found(tree, "web3/vcpu0"));
}

static void a_uuid_in_the_path_is_a_guests_own(void **state)
{
    cleanup_tree struct cg_tree *tree = NULL;
    struct cg_node *guest;

    make_layouts(*state);
    tree = open_tree(*state, CG_GUESTS);
    guest = cg_guest_by_uuid(tree, upper, NULL, 0);
    assert_non_null(guest);
    assert_string_equal(cg_node_guest_uuid(guest), uuid);
    assert_ptr_equal(found(tree, uuid), guest);
    assert_null(cg_node_guest_uuid(found(tree, "web1")));
    assert_null(cg_node_guest_uuid(cg_tree_root(tree)));
}

static void a_uuid_is_looked_up_in_the_callers_map(void **state)
{
    static const struct cg_guest_key map[] = {
        {"00000000-0000-4000-8000-00000000000A", 2, "not asked, since the id is exact"},
        {"00000000-0000-4000-8000-00000000000b", -1, "web3"},
        {"00000000-0000-4000-8000-00000000000c", 77, "web3"},
        {"00000000-0000-4000-8000-00000000000d", -1, NULL},
    };
    static const char *const guests[] = {"web1", "web3", NULL, NULL};
    cleanup_tree struct cg_tree *tree = NULL;

    make_layouts(*state);
    tree = open_tree(*state, CG_GUESTS);
    for (size_t i = 0; i < ARRAY_SIZE(map); i++)
        assert_ptr_equal(cg_guest_by_uuid(tree, map[i].uuid, map, ARRAY_SIZE(map)),
                         guests[i] ? found(tree, guests[i]) : NULL);
    assert_null(cg_guest_by_uuid(tree, "00000000-0000-4000-8000-00000000000e", map, 4));
}

static void two_guests_of_one_name_or_id_are_not_guessed_between(void **state)
{
    cleanup_tree struct cg_tree *tree = NULL;

    make_v2(*state);
    folder_make(*state, "cg/machine/qemu-1-web1.libvirt-qemu");
    folder_make(*state, "cg/machine/qemu-2-web1.libvirt-qemu");
    folder_make(*state, "cg/machine/lxc-2-box.libvirt-lxc");
    tree = open_tree(*state, CG_GUESTS);
    assert_null(cg_tree_find(tree, "web1"));
    assert_null(cg_guest_by_id(tree, 2));
    assert_non_null(cg_tree_find(tree, "/machine/qemu-1-web1.libvirt-qemu"));
    assert_non_null(cg_tree_find(tree, "qemu-1-web1.libvirt-qemu"));
}

static void a_guests_nodes_come_in_order_of_number(void **state)
{
    cleanup_tree struct cg_tree *tree = NULL;
    struct cg_node *guest, *node = NULL;

    make_v2(*state);
    folder_make(*state, "cg/machine.slice/machine-qemu\\x2d1\\x2da.scope/libvirt/emulator");
    for (unsigned i = 12; i-- > 0;) {
        char path[96];

        snprintf(path, sizeof(path),
                 "cg/machine.slice/machine-qemu\\x2d1\\x2da.scope/libvirt/vcpu%u", i);
        folder_make(*state, path);
    }
    tree = open_tree(*state, CG_GUESTS);
    guest = found(tree, "a");
    for (unsigned i = 0; i < 12; i++) {
        node = cg_guest_node(guest, CG_ROLE_VCPU, node);
        assert_int_equal(cg_node_role(node).index, i);
    }
    assert_null(cg_guest_node(guest, CG_ROLE_VCPU, node));
    node = cg_guest_node(guest, CG_ROLE_EMULATOR, NULL);
    assert_string_equal(cg_node_name(node), "emulator");
    assert_null(cg_guest_node(guest, CG_ROLE_EMULATOR, node));
    assert_null(cg_guest_node(guest, CG_ROLE_IOTHREAD, NULL));
    assert_ptr_equal(cg_guest_node(guest, CG_ROLE_VM, NULL), guest);
}

static void a_pattern_finds_every_node_of_such_a_name(void **state)
{
    cleanup_tree struct cg_tree *tree = NULL;
    struct cg_node *node;

    make_layouts(*state);
    tree = open_tree(*state, CG_GROUPED);
    node = cg_tree_match(tree, "*.slice", NULL);
    assert_path(node, "/custom.slice");
    node = cg_tree_match(tree, "*.slice", node);
    assert_path(node, "/custom.slice/custom-deep.slice");
    assert_path(cg_tree_match(tree, "*web1*", NULL), "/machine/qemu-2-web1.libvirt-qemu");
    assert_null(cg_tree_match(tree, "web1", NULL));
}

static void a_short_path_leads_back_to_its_node(void **state)
{
    cleanup_tree struct cg_tree *tree = NULL;
    cleanup_free char *path = NULL, *root = NULL;
    struct cg_node *node;

    make_layouts(*state);
    tree = open_tree(*state, CG_GROUPED);
    node = found(tree, "/custom.slice/custom-deep.slice/machine-qemu\\x2d6\\x2dname.scope/libvirt");
    assert_int_equal(cg_node_short_path(node, &path), 0);
    assert_string_equal(path, "/custom/custom-deep/machine-qemu\\x2d6\\x2dname/libvirt");
    assert_ptr_equal(found(tree, path), node);
    assert_int_equal(cg_node_short_path(cg_tree_root(tree), &root), 0);
    assert_string_equal(root, "/");
}

static void an_exact_name_wins_over_one_with_a_suffix(void **state)
{
    cleanup_tree struct cg_tree *tree = NULL;

    make_v2(*state);
    folder_make(*state, "cg/a.slice");
    folder_make(*state, "cg/a");
    folder_make(*state, "cg/b.partition");
    tree = open_tree(*state, CG_GROUPED);
    assert_path(found(tree, "/a"), "/a");
    assert_path(found(tree, "/b"), "/b.partition");
    assert_int_equal(cg_node_kind(found(tree, "/b")), CG_SLICE);
    assert_int_equal(cg_node_kind(found(tree, "/a")), CG_GROUP);
}

static void odd_names_are_names(void **state)
{
    static const char *const names[] = {
        "a b",
        "ünï-日本",
        "back\\x2dslash",
        "*?[",
        "-n",
        "tab\there",
        "a-name-of-eighty-characters-which-is-longer-than-what-libvirt-keeps-of-any-guest-"};
    cleanup_tree struct cg_tree *tree = NULL;

    make_v1(*state);
    for (size_t i = 0; i < ARRAY_SIZE(names); i++) {
        cleanup_free char *path = NULL;

        assert_true(asprintf(&path, "cg/cpu/%s/%s.scope", names[i], names[i]) > 0);
        folder_make(*state, path);
    }
    tree = open_tree(*state, CG_GROUPED);
    for (size_t i = 0; i < ARRAY_SIZE(names); i++) {
        cleanup_free char *path = NULL;
        int fd = -1;

        assert_true(asprintf(&path, "/%s/%s", names[i], names[i]) > 0);
        assert_int_equal(cg_node_open(found(tree, path), "cpu", &fd, NULL), 0);
        close(fd);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        in_folder(every_layout_has_its_guests_listed_once),
        in_folder(every_layout_is_found_by_name_id_and_directory),
        in_folder(a_scope_is_found_with_and_without_its_suffix),
        in_folder(a_uuid_in_the_path_is_a_guests_own),
        in_folder(a_uuid_is_looked_up_in_the_callers_map),
        in_folder(two_guests_of_one_name_or_id_are_not_guessed_between),
        in_folder(a_guests_nodes_come_in_order_of_number),
        in_folder(a_pattern_finds_every_node_of_such_a_name),
        in_folder(a_short_path_leads_back_to_its_node),
        in_folder(an_exact_name_wins_over_one_with_a_suffix),
        in_folder(odd_names_are_names),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
