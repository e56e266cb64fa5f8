/* What of a policy is put in force while libvirt still starts the guest. */
#include "reconcile/early.h"

#include "tests/unit/test.h"

static const struct cg_role vm = {.kind = CG_ROLE_VM}, vcpu0 = {.kind = CG_ROLE_VCPU};

struct world {
    struct desired desired, early;
    struct facts facts;
};

static void want(struct world *world, struct cg_role role, const char *name, const char *value)
{
    struct cell cell = {.role = role, .attr = attr_by_name(name, 1)};

    assert_int_equal(cg_value_parse(cell.attr, value, &cell.value, NULL), 0);
    cell.flags = CELL_ENFORCE_START;
    assert_int_equal(cells_set(&world->desired.cells, &cell), 0);
    cg_value_unref(cell.value);
}

static const struct cell *early(struct world *world, struct cg_role role, const char *name)
{
    desired_release(&world->early);
    assert_int_equal(early_desired(&world->desired, &world->facts, &world->early), 0);
    return cells_find(&world->early.cells, role, CELL_FILE, attr_by_name(name, 1));
}

static void release(struct world *world)
{
    desired_release(&world->desired);
    desired_release(&world->early);
    cg_set_unref(world->facts.cpuset);
}

static void only_the_cpus_of_threads_are_early(void **state)
{
    struct world world = {0};

    want(&world, vcpu0, "cpuset.cpus", "0");
    want(&world, vcpu0, "cpuset.mems", "0");
    want(&world, vcpu0, "cpu.shares", "512");
    want(&world, vm, "cpuset.cpus", "0");
    want(&world, vm, "memory.limit_in_bytes", "1073741824");
    assert_non_null(early(&world, vcpu0, "cpuset.cpus"));
    assert_int_equal(world.early.cells.count, 1);
    release(&world);
}

static void a_set_beside_libvirts_pin_waits_and_one_that_meets_it_does_not(void **state)
{
    struct world world = {0};

    want(&world, vcpu0, "cpuset.cpus", "0-1");
    assert_int_equal(cg_set_parse("2-3", &world.facts.cpuset, NULL), 0);
    assert_null(early(&world, vcpu0, "cpuset.cpus"));
    cg_set_unref(world.facts.cpuset);
    assert_int_equal(cg_set_parse("1-3", &world.facts.cpuset, NULL), 0);
    assert_non_null(early(&world, vcpu0, "cpuset.cpus"));
    release(&world);
}

/* libvirt may write over it before the guest has started. */
static void enforce_start_is_not_carried_out_yet(void **state)
{
    struct world world = {0};

    want(&world, vcpu0, "cpuset.cpus", "0");
    assert_int_equal(early(&world, vcpu0, "cpuset.cpus")->flags, 0);
    release(&world);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(only_the_cpus_of_threads_are_early),
        cmocka_unit_test(a_set_beside_libvirts_pin_waits_and_one_that_meets_it_does_not),
        cmocka_unit_test(enforce_start_is_not_carried_out_yet),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
