/* libvirt's names for guests' control groups, in every layout that is in use. */
#include "test.h"

#include "cgroup/guest_path.h"

static void assert_text(const char *got, const char *expected)
{
    if (expected) {
        assert_non_null(got);
        assert_string_equal(got, expected);
    } else {
        assert_null(got);
    }
}

static void a_guests_directory_tells_driver_id_and_name(void **state)
{
    static const struct {
        const char *directory, *driver, *name, *uuid;
        int id;
    } cases[] = {
        {"qemu-2-web1.libvirt-qemu", "qemu", "web1", NULL, 2},
        {"qemu-12-my-db-01.libvirt-qemu", "qemu", "my-db-01", NULL, 12},
        {"qemu-3.libvirt-qemu", "qemu", NULL, NULL, 3},
        {"qemu-2-a.libvirt-qemu.libvirt-qemu", "qemu", "a.libvirt-qemu", NULL, 2},
        {"lxc-77-box.libvirt-lxc", "lxc", "box", NULL, 77},
        {"ch-1-cloud.libvirt-ch", "ch", "cloud", NULL, 1},
        {"qemu-embed-0a1b2c3d-1-x.libvirt-qemu", "qemu", "x", NULL, 1},
        {"web1.libvirt-qemu", "qemu", "web1", NULL, -1},
        {"qemu-web1.libvirt-qemu", "qemu", "qemu-web1", NULL, -1},
        {"my-qemu-5-x.libvirt-qemu", "qemu", "my-qemu-5-x", NULL, -1},
        {"qemu-99999999999-x.libvirt-qemu", "qemu", "qemu-99999999999-x", NULL, -1},
        {"c7a5fdbd-edaf-9455-926a-d65c16db1809.libvirt-qemu", "qemu", NULL,
         "c7a5fdbd-edaf-9455-926a-d65c16db1809", -1},
        {"machine-qemu\\x2d2\\x2dweb1.scope", "qemu", "web1", NULL, 2},
        {"machine-qemu\\x2d6\\x2da\\x2db.c.scope", "qemu", "a-b.c", NULL, 6},
        {"machine-qemu\\x2d6.scope", "qemu", NULL, NULL, 6},
        {"machine-lxc\\x2d4242\\x2dbox.scope", "lxc", "box", NULL, 4242},
        {"machine-ch\\x2d1\\x2dcloud.scope", "ch", "cloud", NULL, 1},
        {"machine-qemu\\x2dweb1.scope", "qemu", "web1", NULL, -1},
        {"machine-qemu\\x2d2\\x2da-b.scope", "qemu", "a/b", NULL, 2},
        {"machine-qemu\\x2d2\\x2da\\x2.scope", "qemu", "a\\x2", NULL, 2},
    };

    for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
        struct guest_directory directory;

        assert_int_equal(guest_directory_parse(cases[i].directory, &directory), 0);
        assert_text(directory.driver, cases[i].driver);
        assert_text(directory.name, cases[i].name);
        assert_text(directory.uuid, cases[i].uuid);
        assert_int_equal(directory.id, cases[i].id);
        guest_directory_release(&directory);
    }
}

static void a_name_of_64_characters_is_as_libvirt_cut_it(void **state)
{
    /* "qemu-10-" and 56 letters: the rest of the guest's name is lost. */
    const char *directory = "qemu-10-"
                            "abcdefghijklmnopqrstuvwxyzabcdefghijklmnopqrstuvwxyzabcd"
                            ".libvirt-qemu";
    struct guest_directory parsed;

    assert_int_equal(guest_directory_parse(directory, &parsed), 0);
    assert_int_equal(strlen(parsed.name), 56);
    assert_int_equal(parsed.id, 10);
    guest_directory_release(&parsed);
}

static void other_directories_are_no_guests(void **state)
{
    static const char *const names[] = {
        "",
        "machine",
        "machine.slice",
        "vcpu0",
        "libvirt",
        "libvirtd.service",
        "machine-debian.scope",
        "machine-qemu.scope",
        "machine-qemu\\x2d.scope",
        "machine-.scope",
        "machine-foo\\x2d2\\x2dbar.scope",
        "session-3.scope",
        ".libvirt-qemu",
        "web1.libvirt-",
        "web1.libvirt-q3",
        "web1.libvirt",
        "production.partition",
        "machine-qemu\\x2d2\\x2dweb1.slice",
    };

    for (size_t i = 0; i < ARRAY_SIZE(names); i++) {
        struct guest_directory directory;

        assert_int_equal(guest_directory_parse(names[i], &directory), -ENOENT);
    }
}

#define V2_SCOPE "machine.slice/machine-qemu\\x2d2\\x2dweb1.scope"

static void a_path_is_split_into_guest_and_role(void **state)
{
    static const struct {
        const char *path, *vm;
        bool delegated;
        enum cg_role_kind role;
        unsigned index;
    } cases[] = {
        {"/machine/qemu-2-web1.libvirt-qemu", "machine/qemu-2-web1.libvirt-qemu", false, CG_ROLE_VM,
         0},
        {"/machine/qemu-2-web1.libvirt-qemu/vcpu13", "machine/qemu-2-web1.libvirt-qemu", false,
         CG_ROLE_VCPU, 13},
        {"/machine/qemu-2-web1.libvirt-qemu/emulator", "machine/qemu-2-web1.libvirt-qemu", false,
         CG_ROLE_EMULATOR, 0},
        {"/" V2_SCOPE, V2_SCOPE, false, CG_ROLE_VM, 0},
        {"/" V2_SCOPE "/libvirt", V2_SCOPE, true, CG_ROLE_VM, 0},
        {"/" V2_SCOPE "/libvirt/iothread1", V2_SCOPE, true, CG_ROLE_IOTHREAD, 1},
        {"/" V2_SCOPE "/libvirt/vcpu01", V2_SCOPE, true, CG_ROLE_NONE, 0},
        {"/" V2_SCOPE "/libvirt/vcpu0/deeper", V2_SCOPE, true, CG_ROLE_NONE, 0},
        {"/custom.slice/custom-deep.slice/machine-qemu\\x2d6\\x2dname.scope/emulator",
         "custom.slice/custom-deep.slice/machine-qemu\\x2d6\\x2dname.scope", false,
         CG_ROLE_EMULATOR, 0},
        {"/tenant\\x2da.slice/machine-qemu\\x2d6\\x2dname.scope",
         "tenant\\x2da.slice/machine-qemu\\x2d6\\x2dname.scope", false, CG_ROLE_VM, 0},
        {"/machine/grey/c7a5fdbd-edaf-9455-926a-d65c16db1809.libvirt-qemu/vcpu0",
         "machine/grey/c7a5fdbd-edaf-9455-926a-d65c16db1809.libvirt-qemu", false, CG_ROLE_VCPU, 0},
        {"/machine/production.partition/web1.libvirt-qemu",
         "machine/production.partition/web1.libvirt-qemu", false, CG_ROLE_VM, 0},
        {"/machine/qemu/web1/vcpu3", "machine/qemu/web1", false, CG_ROLE_VCPU, 3},
        {"/system/libvirtd.service/libvirt/qemu/web1", "system/libvirtd.service/libvirt/qemu/web1",
         false, CG_ROLE_VM, 0},
        {"/machine/lxc-7-box.libvirt-lxc/init.scope", "machine/lxc-7-box.libvirt-lxc", false,
         CG_ROLE_NONE, 0},
    };

    for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
        struct guest_path path;

        assert_int_equal(guest_path_parse(cases[i].path, &path), 0);
        assert_string_equal(path.vm, cases[i].vm);
        assert_int_equal(path.delegated, cases[i].delegated);
        assert_int_equal(path.role.kind, cases[i].role);
        assert_int_equal(path.role.index, cases[i].index);
        guest_path_release(&path);
    }
}

static void a_path_outside_every_guest_is_not_found(void **state)
{
    static const char *const paths[] = {"/",
                                        "",
                                        "/machine",
                                        "/machine/qemu",
                                        "/system.slice/libvirtd.service",
                                        "/machine.slice",
                                        "/qemu/web1",
                                        "/user.slice/user-0.slice/session-3.scope",
                                        "/machine/qemu-2-web1.libvirt-qemu (deleted)"};

    for (size_t i = 0; i < ARRAY_SIZE(paths); i++) {
        struct guest_path path;

        assert_int_equal(guest_path_parse(paths[i], &path), -ENOENT);
    }
}

static void a_role_and_its_name_are_inverse(void **state)
{
    static const struct {
        struct cg_role role;
        const char *name, *directory;
    } cases[] = {
        {{CG_ROLE_VM, 0}, "vm", ""},
        {{CG_ROLE_EMULATOR, 0}, "emulator", "emulator"},
        {{CG_ROLE_VCPU, 0}, "vcpu0", "vcpu0"},
        {{CG_ROLE_VCPU, 4294967295u}, "vcpu4294967295", "vcpu4294967295"},
        {{CG_ROLE_IOTHREAD, 1}, "iothread1", "iothread1"},
    };
    char name[ROLE_NAME_SIZE];

    for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
        assert_string_equal(role_name(cases[i].role, name), cases[i].name);
        assert_string_equal(role_directory(cases[i].role, name), cases[i].directory);
        if (cases[i].role.kind != CG_ROLE_VM)
            assert_int_equal(role_compare(role_from_name(cases[i].name), cases[i].role), 0);
    }
}

static void what_is_no_role_is_none(void **state)
{
    static const char *const names[] = {"",       "vm",     "vcpu",          "vcpu00",
                                        "vcpu-1", "vcpu1x", "emulator0",     "iothread",
                                        "Vcpu0",  "vcpu 1", "vcpu4294967296"};

    for (size_t i = 0; i < ARRAY_SIZE(names); i++)
        assert_int_equal(role_from_name(names[i]).kind, CG_ROLE_NONE);
}

static void roles_stand_vm_first_then_by_number(void **state)
{
    static const struct cg_role sorted[] = {
        {CG_ROLE_VM, 0},   {CG_ROLE_EMULATOR, 0}, {CG_ROLE_VCPU, 0},
        {CG_ROLE_VCPU, 2}, {CG_ROLE_VCPU, 10},    {CG_ROLE_IOTHREAD, 1},
    };

    for (size_t i = 0; i < ARRAY_SIZE(sorted); i++)
        for (size_t k = 0; k < ARRAY_SIZE(sorted); k++)
            assert_int_equal(role_compare(sorted[i], sorted[k]), i < k ? -1 : i > k);
}

static void the_lines_of_proc_pid_cgroup_are_stepped_through(void **state)
{
    const char *at = "4:memory:/machine/x\n"
                     "nonsense\n"
                     ":cpu:/x\n"
                     "3:cpu,cpuacct:/a:b\n"
                     "2:name=systemd:/\n"
                     "0::/machine.slice/y\n"
                     "1:freezer:relative\n"
                     "10::/last";
    static const struct {
        int version;
        const char *controllers, *path;
    } lines[] = {{1, "memory", "/machine/x"},
                 {1, "cpu,cpuacct", "/a:b"},
                 {1, "name=systemd", "/"},
                 {2, "", "/machine.slice/y"},
                 {1, "", "/last"}};
    struct cgroup_line line;

    for (size_t i = 0; i < ARRAY_SIZE(lines); i++) {
        assert_true(cgroup_line_next(&at, &line));
        assert_int_equal(line.version, lines[i].version);
        assert_int_equal(line.controllers_length, strlen(lines[i].controllers));
        assert_memory_equal(line.controllers, lines[i].controllers, line.controllers_length);
        assert_int_equal(line.path_length, strlen(lines[i].path));
        assert_memory_equal(line.path, lines[i].path, line.path_length);
    }
    assert_false(cgroup_line_next(&at, &line));
    assert_false(cgroup_line_next(&at, &line));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_guests_directory_tells_driver_id_and_name),
        cmocka_unit_test(a_name_of_64_characters_is_as_libvirt_cut_it),
        cmocka_unit_test(other_directories_are_no_guests),
        cmocka_unit_test(a_path_is_split_into_guest_and_role),
        cmocka_unit_test(a_path_outside_every_guest_is_not_found),
        cmocka_unit_test(a_role_and_its_name_are_inverse),
        cmocka_unit_test(what_is_no_role_is_none),
        cmocka_unit_test(roles_stand_vm_first_then_by_number),
        cmocka_unit_test(the_lines_of_proc_pid_cgroup_are_stepped_through),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
