/* Which exit status a run ends with when several things happened in it. */
#include "cli/exit.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

static void nothing_happened_is_zero(void **state)
{
    assert_int_equal(exit_status(0), 0);
}

static void each_happening_alone_has_its_status(void **state)
{
    assert_int_equal(exit_status(HAPPENED_USAGE), 64);
    assert_int_equal(exit_status(HAPPENED_POLICY), 65);
    assert_int_equal(exit_status(HAPPENED_UNAVAILABLE), 69);
    assert_int_equal(exit_status(HAPPENED_PERMISSION), 77);
    assert_int_equal(exit_status(HAPPENED_GUEST), 1);
    assert_int_equal(exit_status(HAPPENED_PENDING), 2);
}

/* Takes the happenings away one by one, in the order that vmpin(1) gives. */
static void the_first_of_several_is_told(void **state)
{
    static const struct {
        unsigned happened;
        int status;
    } order[] = {
        {HAPPENED_USAGE, 64},      {HAPPENED_POLICY, 65}, {HAPPENED_UNAVAILABLE, 69},
        {HAPPENED_PERMISSION, 77}, {HAPPENED_GUEST, 1},   {HAPPENED_PENDING, 2},
    };
    unsigned happened = 0;

    for (size_t i = 0; i < sizeof(order) / sizeof(order[0]); i++)
        happened |= order[i].happened;
    for (size_t i = 0; i < sizeof(order) / sizeof(order[0]); i++) {
        assert_int_equal(exit_status(happened), order[i].status);
        happened &= ~order[i].happened;
    }
    assert_int_equal(happened, 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(nothing_happened_is_zero),
        cmocka_unit_test(each_happening_alone_has_its_status),
        cmocka_unit_test(the_first_of_several_is_told),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
