#include "guest/cell.h"

#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

static const struct cg_role vm = {CG_ROLE_VM, 0}, emulator = {CG_ROLE_EMULATOR, 0},
                            vcpu2 = {CG_ROLE_VCPU, 2}, vcpu10 = {CG_ROLE_VCPU, 10},
                            iothread1 = {CG_ROLE_IOTHREAD, 1};

static const struct cg_attr *attr(const char *name)
{
    const struct cg_attr *found = attr_by_name(name, 1);

    assert_non_null(found);
    return found;
}

static struct cell cell(const char *name, struct cg_role role, enum cell_target target,
                        const char *text, struct origin *origin)
{
    struct cell made = {.role = role, .target = target, .attr = attr(name), .origin = origin};

    if (text)
        assert_int_equal(cg_value_parse(made.attr, text, &made.value, NULL), 0);
    return made;
}

static void set(struct cells *cells, const char *name, struct cg_role role, enum cell_target target,
                const char *text, struct origin *origin)
{
    struct cell made = cell(name, role, target, text, origin);

    assert_int_equal(cells_set(cells, &made), 0);
    cg_value_unref(made.value);
}

static void assert_value(const struct cell *found, const char *text)
{
    cleanup_free char *value = NULL;

    assert_non_null(found);
    assert_int_equal(cg_value_format(found->value, &value), 0);
    assert_string_equal(value, text);
}

static void origins_are_counted(void **state)
{
    struct origin *origin = origin_new("db1", "policy db1 (db1.json)");

    assert_non_null(origin);
    assert_string_equal(origin->policy, "db1");
    assert_string_equal(origin->text, "policy db1 (db1.json)");
    assert_ptr_equal(origin_ref(origin), origin);
    assert_int_equal(origin->references, 2);
    assert_null(origin_unref(origin));
    assert_int_equal(origin->references, 1);
    assert_null(origin_unref(origin));
    assert_null(origin_ref(NULL));
    assert_null(origin_unref(NULL));
}

static void cells_stand_by_attribute_then_role_then_target(void **state)
{
    static const struct {
        const char *name;
        struct cg_role role;
        enum cell_target target;
    } order[] = {
        {"cpu.shares", {CG_ROLE_VM, 0}, CELL_FILE},
        {"cpu.shares", {CG_ROLE_VCPU, 2}, CELL_FILE},
        {"cpuset.cpus", {CG_ROLE_VM, 0}, CELL_FILE},
        {"cpuset.cpus", {CG_ROLE_EMULATOR, 0}, CELL_FILE},
        {"cpuset.cpus", {CG_ROLE_EMULATOR, 0}, CELL_MASK},
        {"cpuset.cpus", {CG_ROLE_VCPU, 2}, CELL_FILE},
        {"cpuset.cpus", {CG_ROLE_VCPU, 10}, CELL_FILE},
        {"cpuset.cpus", {CG_ROLE_IOTHREAD, 1}, CELL_FILE},
        {"cpuset.mems", {CG_ROLE_VM, 0}, CELL_FILE},
        {"memory.limit_in_bytes", {CG_ROLE_VM, 0}, CELL_FILE},
    };

    for (size_t i = 0; i < ARRAY_SIZE(order); i++)
        for (size_t k = 0; k < ARRAY_SIZE(order); k++) {
            struct cell a = cell(order[i].name, order[i].role, order[i].target, NULL, NULL);
            struct cell b = cell(order[k].name, order[k].role, order[k].target, NULL, NULL);
            int r = cell_compare(&a, &b);

            assert_true(i < k ? r < 0 : i > k ? r > 0 : r == 0);
        }
}

static void cells_set_in_any_order_stand_sorted_and_are_found(void **state)
{
    cleanup_cells struct cells cells = {0};

    for (unsigned i = 0; i < 100; i++) {
        char text[8];

        snprintf(text, sizeof(text), "%u", i * 37 % 100 + 2);
        set(&cells, "cpu.shares", (struct cg_role){CG_ROLE_VCPU, i * 37 % 100}, CELL_FILE, text,
            NULL);
    }
    assert_int_equal(cells.count, 100);
    for (size_t i = 1; i < cells.count; i++)
        assert_true(cell_compare(&cells.cells[i - 1], &cells.cells[i]) < 0);
    for (unsigned i = 0; i < 100; i++) {
        char text[8];

        snprintf(text, sizeof(text), "%u", i + 2);
        assert_value(
            cells_find(&cells, (struct cg_role){CG_ROLE_VCPU, i}, CELL_FILE, attr("cpu.shares")),
            text);
    }
}

static void what_is_not_there_is_not_found(void **state)
{
    cleanup_cells struct cells cells = {0};

    assert_null(cells_find(&cells, vm, CELL_FILE, attr("cpu.shares")));
    set(&cells, "cpuset.cpus", vcpu2, CELL_FILE, "1", NULL);
    assert_null(cells_find(&cells, vcpu10, CELL_FILE, attr("cpuset.cpus")));
    assert_null(cells_find(&cells, vcpu2, CELL_MASK, attr("cpuset.cpus")));
    assert_null(cells_find(&cells, vcpu2, CELL_FILE, attr("cpuset.mems")));
    assert_null(cells_find(&cells, emulator, CELL_FILE, attr("cpu.shares")));
}

static void a_cell_of_the_same_key_is_replaced_with_its_references(void **state)
{
    cleanup_cells struct cells cells = {0};
    struct origin *one = origin_new("one", ""), *two = origin_new("two", "");

    assert_true(one && two);
    set(&cells, "cpu.shares", vm, CELL_FILE, "512", one);
    assert_int_equal(one->references, 2);
    set(&cells, "cpu.shares", vm, CELL_FILE, "1024", two);
    assert_int_equal(cells.count, 1);
    assert_int_equal(one->references, 1);
    assert_int_equal(two->references, 2);
    assert_value(cells_find(&cells, vm, CELL_FILE, attr("cpu.shares")), "1024");
    origin_unref(one);
    origin_unref(two);
}

static void a_cell_can_be_set_from_the_array_itself(void **state)
{
    cleanup_cells struct cells cells = {0};

    set(&cells, "cpu.shares", vcpu2, CELL_FILE, "512", NULL);
    assert_int_equal(cells_set(&cells, &cells.cells[0]), 0);
    assert_int_equal(cells.count, 1);
    for (int i = 0; i < 20; i++) {
        struct cell *last = &cells.cells[cells.count - 1];

        last->role.index++;
        assert_int_equal(cells_set(&cells, last), 0);
        last = &cells.cells[0];
        last->role.index = 0;
        assert_int_equal(cells_set(&cells, last), 0);
    }
    assert_value(&cells.cells[0], "512");
}

static void a_removed_cell_gives_its_references_back(void **state)
{
    cleanup_cells struct cells cells = {0};
    struct origin *origin = origin_new("", "");

    assert_non_null(origin);
    set(&cells, "cpu.shares", vm, CELL_FILE, "512", origin);
    set(&cells, "cpu.shares", vcpu2, CELL_FILE, "512", origin);
    set(&cells, "cpu.shares", iothread1, CELL_FILE, "512", origin);
    cells_remove(&cells, cells_find(&cells, vcpu2, CELL_FILE, attr("cpu.shares")));
    assert_int_equal(cells.count, 2);
    assert_int_equal(origin->references, 3);
    assert_null(cells_find(&cells, vcpu2, CELL_FILE, attr("cpu.shares")));
    assert_non_null(cells_find(&cells, iothread1, CELL_FILE, attr("cpu.shares")));
    cells_remove(&cells, &cells.cells[1]);
    cells_remove(&cells, &cells.cells[0]);
    assert_int_equal(cells.count, 0);
    assert_int_equal(origin->references, 1);
    origin_unref(origin);
}

static void a_copy_is_equal_and_lives_by_itself(void **state)
{
    cleanup_cells struct cells one = {0}, two = {0}, none = {0};

    set(&one, "cpuset.cpus", vcpu2, CELL_FILE, "1", NULL);
    set(&one, "cpuset.cpus", vcpu10, CELL_MASK, NULL, NULL);
    assert_int_equal(cells_copy(&one, &two), 0);
    assert_true(cells_equal(&one, &two));
    set(&two, "cpuset.cpus", iothread1, CELL_FILE, "1", NULL);
    assert_false(cells_equal(&one, &two));
    cells_release(&one);
    assert_value(cells_find(&two, vcpu2, CELL_FILE, attr("cpuset.cpus")), "1");
    assert_int_equal(cells_copy(&one, &none), 0);
    assert_true(cells_equal(&one, &none));
}

static void a_copy_of_any_size_can_grow(void **state)
{
    for (unsigned size = 0; size < 10; size++) {
        cleanup_cells struct cells one = {0}, two = {0};

        for (unsigned i = 0; i < size; i++)
            set(&one, "cpu.shares", (struct cg_role){CG_ROLE_VCPU, i}, CELL_FILE, "2", NULL);
        assert_int_equal(cells_copy(&one, &two), 0);
        for (unsigned i = 0; i < 10; i++)
            set(&two, "cpu.shares", (struct cg_role){CG_ROLE_VCPU, size + i}, CELL_FILE, "2", NULL);
        assert_int_equal(two.count, size + 10);
    }
}

static void cells_differ_by_key_value_flags_and_origin(void **state)
{
    struct origin *same = origin_new("p", "t"), *twin = origin_new("p", "t"),
                  *other = origin_new("p", "u");
    cleanup_cells struct cells one = {0};

    assert_true(same && twin && other);
    set(&one, "cpuset.cpus", vcpu2, CELL_FILE, "1", same);
    for (int i = 0; i < 7; i++) {
        cleanup_cells struct cells two = {0};

        set(&two, i == 1 ? "cpuset.mems" : "cpuset.cpus", i == 2 ? vcpu10 : vcpu2,
            i == 3 ? CELL_MASK : CELL_FILE, i == 4 ? "0" : "1", i == 5 ? other : twin);
        if (i == 6)
            two.cells[0].flags = CELL_FORCE;
        assert_true(cells_equal(&one, &two) == (i == 0));
    }
    origin_unref(same);
    origin_unref(twin);
    origin_unref(other);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(origins_are_counted),
        cmocka_unit_test(cells_stand_by_attribute_then_role_then_target),
        cmocka_unit_test(cells_set_in_any_order_stand_sorted_and_are_found),
        cmocka_unit_test(what_is_not_there_is_not_found),
        cmocka_unit_test(a_cell_of_the_same_key_is_replaced_with_its_references),
        cmocka_unit_test(a_cell_can_be_set_from_the_array_itself),
        cmocka_unit_test(a_removed_cell_gives_its_references_back),
        cmocka_unit_test(a_copy_is_equal_and_lives_by_itself),
        cmocka_unit_test(a_copy_of_any_size_can_grow),
        cmocka_unit_test(cells_differ_by_key_value_flags_and_origin),
    };

    return cmocka_run_group_tests_name("cell", tests, NULL, NULL);
}
