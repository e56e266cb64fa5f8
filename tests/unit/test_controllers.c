/* Guests whose nodes lack a controller, in the model of the kernel: what vmpin enables, and what it
 * leaves to its owner. */
#include "test.h"

#include "unit/life.h"

#include <string.h>

#define SCOPE   "machine.slice/machine-qemu\\x2d2\\x2dweb1.scope"
#define LIBVIRT SCOPE "/libvirt"

static void begin(struct life *life)
{
    life_begin_plain(life, 2, false);
    life->scene.host->systemd = true;
    /* The scene's other guest would keep the slice from losing a controller. */
    model_remove_guest(life->scene.model, &life->scene.other);
}

static void control(struct life *life, const char *path, const char *what)
{
    assert_int_equal(model_write(life->scene.model, "cpuset", path, "cgroup.subtree_control", what),
                     0);
}

static char *enabled(struct life *life, const char *path)
{
    char *text = model_read(life->scene.model, "cpuset", path, "cgroup.subtree_control");

    assert_non_null(text);
    return text;
}

static void a_controller_that_the_roles_lack_is_enabled_for_them(void **state)
{
    struct life life;
    cleanup_free char *now = NULL;
    const struct change *change;

    begin(&life);
    control(&life, LIBVIRT, "-cpuset");
    life_desire(&life, "vcpu0", "cpuset.cpus", "3");
    life_desire(&life, "vcpu1", "cpuset.cpus", "4");
    life_apply(&life, "first");
    life_expect_in_force(&life, "first");
    now = enabled(&life, LIBVIRT);
    assert_non_null(strstr(now, "cpuset"));
    change = &life.report.changes[0];
    assert_string_equal(cg_attr_name(change->cell.attr), "cgroup.subtree_control");
    assert_int_equal(change->reason, CHANGE_NEED);
    assert_non_null(strstr(change->cell.origin->text, "cpuset.cpus"));
    life_end(&life);
}

static void two_that_they_lack_are_both_enabled(void **state)
{
    struct life life;

    begin(&life);
    control(&life, LIBVIRT, "-cpuset -cpu");
    life_desire(&life, "vcpu0", "cpuset.cpus", "3");
    life_desire(&life, "vcpu0", "cpu.weight", "300");
    life_apply(&life, "first");
    life_expect_in_force(&life, "first");
    life_end(&life);
}

static void a_plan_shows_that_it_would_be_enabled_and_does_not_do_it(void **state)
{
    struct life life;
    cleanup_free char *now = NULL;

    begin(&life);
    control(&life, LIBVIRT, "-cpuset");
    life_desire(&life, "vcpu0", "cpuset.cpus", "3");
    assert_int_equal(life_pass(&life, RECONCILE_PLAN), 0);
    assert_int_equal(life.report.change_count, 1);
    assert_int_equal(life.report.changes[0].state, CHANGE_PLANNED);
    assert_int_equal(life.report.status, GUEST_PENDING);
    assert_int_equal(life.scene.fail->writes, 0);
    now = enabled(&life, LIBVIRT);
    assert_null(strstr(now, "cpuset"));
    life_end(&life);
}

static void one_that_cannot_be_enabled_fails_with_the_reason(void **state)
{
    struct life life;

    begin(&life);
    control(&life, LIBVIRT, "-cpuset");
    life_desire(&life, "vcpu0", "cpuset.cpus", "3");
    kernel_fail_at(life.scene.fail, 1, EBUSY);
    life_apply(&life, "first");
    assert_int_equal(life.report.status, GUEST_FAILED);
    assert_non_null(strstr(life_change(&life, CHANGE_FAILED)->error, "enabling cpuset"));
    assert_int_equal(life_change(&life, CHANGE_FAILED)->error_number, EBUSY);
    assert_false(life_overlooked(&life)); /* it is tried again later and later */
    life_end(&life);
}

static void what_is_not_enabled_above_is_refused_naming_the_unit(void **state)
{
    static const struct {
        const char *path;
        const char *named;
    } rows[] = {
        {SCOPE, "unit machine-qemu"},
        {"machine.slice", "unit machine.slice"},
        {"", "only systemd may"},
    };

    for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
        static const char *const upwards[] = {LIBVIRT, SCOPE, "machine.slice", ""};
        cleanup_free char *now = NULL;
        struct life life;

        begin(&life);
        for (size_t k = 0; k < ARRAY_SIZE(upwards); k++) {
            control(&life, upwards[k], "-cpuset");
            if (strcmp(upwards[k], rows[i].path) == 0)
                break;
        }
        life_desire(&life, "vcpu0", "cpuset.cpus", "3");
        life_apply(&life, "first");
        assert_int_equal(life.report.refusals.count, 1);
        if (!strstr(life.report.refusals.refusals[0].text, rows[i].named))
            fail_msg("\"%s\" does not tell of \"%s\"", life.report.refusals.refusals[0].text,
                     rows[i].named);
        assert_int_equal(life.scene.fail->writes, 0);
        now = enabled(&life, rows[i].path);
        assert_null(strstr(now, "cpuset"));
        life_end(&life);
    }
}

static void what_the_guests_own_node_lacks_is_its_scopes_to_enable(void **state)
{
    struct life life;

    begin(&life);
    control(&life, SCOPE, "-memory");
    life_desire(&life, "vm", "memory.max", "4294967296");
    life_apply(&life, "first");
    assert_int_equal(life.report.refusals.count, 1);
    assert_non_null(strstr(life.report.refusals.refusals[0].text, "unit machine-qemu"));
    assert_int_equal(life.scene.fail->writes, 0);
    life_end(&life);
}

static void when_the_policy_goes_the_controller_stays(void **state)
{
    struct life life;
    cleanup_free char *now = NULL;

    begin(&life);
    control(&life, LIBVIRT, "-cpuset");
    life_desire(&life, "vcpu0", "cpuset.cpus", "3");
    life_apply(&life, "first");
    life_return(&life, "return");
    assert_int_equal(life.report.refusals.count, 0);
    life_return(&life, "once more");
    assert_int_equal(life.report.status, GUEST_UNMANAGED);
    now = enabled(&life, LIBVIRT);
    assert_non_null(strstr(now, "cpuset"));
    life_end(&life);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_controller_that_the_roles_lack_is_enabled_for_them),
        cmocka_unit_test(two_that_they_lack_are_both_enabled),
        cmocka_unit_test(a_plan_shows_that_it_would_be_enabled_and_does_not_do_it),
        cmocka_unit_test(one_that_cannot_be_enabled_fails_with_the_reason),
        cmocka_unit_test(what_is_not_enabled_above_is_refused_naming_the_unit),
        cmocka_unit_test(what_the_guests_own_node_lacks_is_its_scopes_to_enable),
        cmocka_unit_test(when_the_policy_goes_the_controller_stays),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
