#include "test.h"

#include "policy/policy_text.h"

#include "cgroup/set.h"

static void assert_size(const char *text, enum policy_size_kind kind, uint64_t number)
{
    struct policy_size size = {0};

    assert_int_equal(policy_size_parse(text, &size, NULL), 0);
    assert_int_equal(size.kind, kind);
    assert_int_equal(size.number, number);
}

static void a_size_is_bytes_or_has_a_binary_unit(void **state)
{
    assert_size("0", POLICY_SIZE_BYTES, 0);
    assert_size("4096", POLICY_SIZE_BYTES, 4096);
    assert_size("3KiB", POLICY_SIZE_BYTES, 3072);
    assert_size("2MiB", POLICY_SIZE_BYTES, 2097152);
    assert_size("8GiB", POLICY_SIZE_BYTES, 8589934592);
    assert_size("1TiB", POLICY_SIZE_BYTES, 1099511627776);
}

static void a_size_may_be_relative_to_the_guest_or_no_limit(void **state)
{
    assert_size("max", POLICY_SIZE_NO_LIMIT, 0);
    assert_size("guest", POLICY_SIZE_GUEST_PLUS, 0);
    assert_size("guest+1GiB", POLICY_SIZE_GUEST_PLUS, 1 << 30);
    assert_size("guest*1.25", POLICY_SIZE_GUEST_TIMES, 1250000);
    assert_size("guest*2", POLICY_SIZE_GUEST_TIMES, 2000000);
    assert_size("guest*0.000001", POLICY_SIZE_GUEST_TIMES, 1);
    assert_size("guest*999999.999999", POLICY_SIZE_GUEST_TIMES, 999999999999);
}

static void what_is_no_size_is_refused(void **state)
{
    static const char *const wrong[] = {"",
                                        "-1",
                                        "+1",
                                        "1.5GiB",
                                        "8GB",
                                        "8G",
                                        "8gib",
                                        " 8GiB",
                                        "8GiB ",
                                        "8 GiB",
                                        "0x10",
                                        "GiB",
                                        "maximum",
                                        "guest ",
                                        "guest-1GiB",
                                        "guest+",
                                        "guest+max",
                                        "guest*",
                                        "guest*0",
                                        "guest*0.000000",
                                        "guest*.5",
                                        "guest*1.",
                                        "guest*1.0000000",
                                        "guest*1e3",
                                        "guest*1000000",
                                        "guest*-1"};

    for (size_t i = 0; i < ARRAY_SIZE(wrong); i++) {
        struct policy_size size;

        if (policy_size_parse(wrong[i], &size, NULL) != -EINVAL)
            fail_msg("\"%s\" was taken", wrong[i]);
    }
}

static void a_size_beyond_the_range_is_refused_and_not_wrapped(void **state)
{
    struct policy_size size;

    assert_size("9223372036854767616", POLICY_SIZE_BYTES, POLICY_SIZE_MAX);
    assert_int_equal(policy_size_parse("9223372036854767617", &size, NULL), -ERANGE);
    assert_int_equal(policy_size_parse("8388608TiB", &size, NULL), -ERANGE);
    assert_int_equal(policy_size_parse("16777216TiB", &size, NULL), -ERANGE);
    assert_int_equal(policy_size_parse("guest+16777216TiB", &size, NULL), -ERANGE);
    assert_int_equal(policy_size_parse("99999999999999999999", &size, NULL), -ERANGE);
    assert_int_equal(policy_size_parse("guest+16777215TiB", &size, NULL), 0);
}

static void assert_quota(const char *text, uint64_t quota_us, uint64_t period_us)
{
    struct cg_quota quota = {0};

    assert_int_equal(quota_parse(text, &quota, NULL), 0);
    assert_int_equal(quota.quota_us, quota_us);
    assert_int_equal(quota.period_us, period_us);
}

static void a_quota_is_what_cpu_max_takes(void **state)
{
    static const char *const wrong[] = {"",      "maxi",  "max ",    "max max", "-1",    "5 ",
                                        "5  10", "5\t10", "5 10 20", "5 10 ",   " 5 10", "5.5 10"};
    struct cg_quota quota;

    assert_quota("max", CG_NO_LIMIT, 100000);
    assert_quota("max 20000", CG_NO_LIMIT, 20000);
    assert_quota("50000", 50000, 100000);
    assert_quota("50000 20000", 50000, 20000);
    for (size_t i = 0; i < ARRAY_SIZE(wrong); i++)
        if (quota_parse(wrong[i], &quota, NULL) != -EINVAL)
            fail_msg("\"%s\" was taken", wrong[i]);
}

static void a_quota_has_the_kernels_range(void **state)
{
    static const struct {
        struct cg_quota quota;
        int expected;
    } cases[] = {{{CG_NO_LIMIT, 100000}, 0},       {{1000, 1000}, 0},
                 {{999, 1000}, -ERANGE},           {{(1ull << 44) - 1, 1000000}, 0},
                 {{1ull << 44, 1000000}, -ERANGE}, {{CG_NO_LIMIT, 999}, -ERANGE},
                 {{1000, 1000001}, -ERANGE}};

    for (size_t i = 0; i < ARRAY_SIZE(cases); i++)
        assert_int_equal(quota_check(&cases[i].quota, NULL), cases[i].expected);
}

/* The list as the kernel would write it, with "all" in front of what is taken from all. */
static void assert_list(const char *text, bool all, const char *expected)
{
    struct policy_list list = {0};
    cleanup_free char *found = NULL;

    assert_int_equal(policy_list_parse(text, &list, NULL), 0);
    assert_int_equal(list.all, all);
    if (!list.set) {
        assert_string_equal(expected, "");
        return;
    }
    assert_int_equal(cg_set_format(list.set, &found), 0);
    assert_string_equal(found, expected);
    cg_set_unref(list.set);
}

static void a_list_has_the_kernels_grammar(void **state)
{
    assert_list("3", false, "3");
    assert_list("0-3,8", false, "0-3,8");
    assert_list("0-6:2/4", false, "0-1,4-5");
    assert_list("8,0,1", false, "0-1,8");
    assert_list("65535", false, "65535");
}

static void a_caret_takes_away_what_stands_before_it(void **state)
{
    assert_list("0-7,^3", false, "0-2,4-7");
    assert_list("0-7,^3,^5-6", false, "0-2,4,7");
    assert_list("0-7,^3-4,3", false, "0-3,5-7");
    assert_list("0-15,^0-15:1/2", false, "1,3,5,7,9,11,13,15");
}

static void all_is_kept_as_a_word_with_what_it_goes_without(void **state)
{
    assert_list("all", true, "");
    assert_list("all,^0", true, "0");
    assert_list("all,^0-1,^6", true, "0-1,6");
}

static void what_is_no_list_is_refused(void **state)
{
    static const char *const wrong[] = {
        "",        ",",       "0,",    ",0",      "0,,1",  " 0",      "0 1",      "5-3",
        "a",       "0-",      "-3",    "^3",      "^3,0",  "0,^1",    "0-3,^2-4", "0,^0",
        "all,",    "all,3",   "all3",  "all,,^0", "0,all", "0-7,^^3", "0^3",      "0-7:2",
        "0-7:2/0", "0-7:9/4", "2:1/2", "0x3",     "0\n"};

    for (size_t i = 0; i < ARRAY_SIZE(wrong); i++) {
        struct policy_list list;

        if (policy_list_parse(wrong[i], &list, NULL) != -EINVAL)
            fail_msg("\"%s\" was taken", wrong[i]);
    }
}

static void a_number_beyond_the_last_cpu_is_out_of_range(void **state)
{
    struct policy_list list;

    assert_int_equal(policy_list_parse("65536", &list, NULL), -ERANGE);
    assert_int_equal(policy_list_parse("0-99999999999999999999", &list, NULL), -ERANGE);
}

static void assert_range(const char *text, bool sizes, uint64_t low, uint64_t high)
{
    struct match_range range = {0};

    assert_int_equal(range_parse(text, sizes, &range, NULL), 0);
    assert_int_equal(range.low, low);
    assert_int_equal(range.high, high);
}

static void a_comparison_is_a_range(void **state)
{
    assert_range("4", false, 4, 4);
    assert_range(">=8", false, 8, UINT64_MAX);
    assert_range(">8", false, 9, UINT64_MAX);
    assert_range("<=4", false, 0, 4);
    assert_range("<4", false, 0, 3);
    assert_range("<=0", false, 0, 0);
    assert_range("4..8", false, 4, 8);
    assert_range("4..4", false, 4, 4);
    assert_range("8GiB..64GiB", true, 8ull << 30, 64ull << 30);
    assert_range(">=1048576", true, 1 << 20, UINT64_MAX);
    assert_range("2MiB", true, 2 << 20, 2 << 20);
}

static void what_is_no_comparison_is_refused(void **state)
{
    static const char *const wrong[] = {"",    "=4",    "==4", "=>4", "!4", "> 4", ">",   "4..",
                                        "..4", "4...8", "4-8", "4 ",  "-1", "4.5", "<>4", "4GiB"};
    struct match_range range;

    for (size_t i = 0; i < ARRAY_SIZE(wrong); i++)
        if (range_parse(wrong[i], false, &range, NULL) != -EINVAL)
            fail_msg("\"%s\" was taken", wrong[i]);
    assert_int_equal(range_parse("8..4", false, &range, NULL), -EDOM);
    assert_int_equal(range_parse("<0", false, &range, NULL), -EDOM);
    assert_int_equal(range_parse(">18446744073709551615", false, &range, NULL), -EDOM);
    assert_int_equal(range_parse("99999999999999999999", false, &range, NULL), -ERANGE);
    assert_int_equal(range_parse("1..16777216TiB", true, &range, NULL), -ERANGE);
}

static void an_error_quotes_what_was_written_and_tells_the_forms(void **state)
{
    cleanup_error struct cg_error *err = NULL;
    struct policy_size size;

    assert_int_equal(policy_size_parse("8\033[GB", &size, &err), -EINVAL);
    assert_non_null(strstr(cg_error_text(err), "\"8\\x1b[GB\""));
    assert_non_null(strstr(cg_error_text(err), "\"8GiB\""));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_size_is_bytes_or_has_a_binary_unit),
        cmocka_unit_test(a_size_may_be_relative_to_the_guest_or_no_limit),
        cmocka_unit_test(what_is_no_size_is_refused),
        cmocka_unit_test(a_size_beyond_the_range_is_refused_and_not_wrapped),
        cmocka_unit_test(a_quota_is_what_cpu_max_takes),
        cmocka_unit_test(a_quota_has_the_kernels_range),
        cmocka_unit_test(a_list_has_the_kernels_grammar),
        cmocka_unit_test(a_caret_takes_away_what_stands_before_it),
        cmocka_unit_test(all_is_kept_as_a_word_with_what_it_goes_without),
        cmocka_unit_test(what_is_no_list_is_refused),
        cmocka_unit_test(a_number_beyond_the_last_cpu_is_out_of_range),
        cmocka_unit_test(a_comparison_is_a_range),
        cmocka_unit_test(what_is_no_comparison_is_refused),
        cmocka_unit_test(an_error_quotes_what_was_written_and_tells_the_forms),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
