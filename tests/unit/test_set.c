/* Sets of CPUs: the kernel's grammar in, the canonical list out. */
#include "test.h"

#include "cgroup/set.h"

static struct cg_set *parsed(const char *list)
{
    struct cg_set *set = NULL;

    assert_int_equal(cg_set_parse(list, &set, NULL), 0);
    return set;
}

static void assert_formats(const char *list, const char *expected)
{
    cleanup_set struct cg_set *set = parsed(list);
    cleanup_free char *text = NULL;

    assert_int_equal(cg_set_format(set, &text), 0);
    assert_string_equal(text, expected);
}

static void a_list_is_read_and_shown_in_its_shortest_form(void **state)
{
    static const char *const lists[][2] = {
        {"", ""},         {"\n", ""},         {"0", "0"},         {"0-3,8\n", "0-3,8"},
        {"3,2,1", "1-3"}, {"0-1,1-2", "0-2"}, {"5-5", "5"},       {" 1 3 ", "1,3"},
        {"1,,3,", "1,3"}, {"63-64", "63-64"}, {"65535", "65535"}, {"00007", "7"},
    };

    for (size_t i = 0; i < ARRAY_SIZE(lists); i++)
        assert_formats(lists[i][0], lists[i][1]);
}

static void strides_are_expanded_as_the_kernel_does(void **state)
{
    assert_formats("0-6:2/4", "0-1,4-5");
    assert_formats("0-9:1/3", "0,3,6,9");
    assert_formats("2-7:3/3", "2-7");
    assert_formats("0-7:0/4", "");
}

static void what_is_no_list_is_refused_with_the_place(void **state)
{
    static const char *const lists[] = {"x",      "-1",      "1-",       "3-1",   "1--2", "0-3:1",
                                        "0-3:/2", "0-3:1/0", "0-3:5/4",  "1:1/2", "0x3",  "all",
                                        "^1",     "1;2",     "0-3:1/2/", "1 - 2", "max"};

    for (size_t i = 0; i < ARRAY_SIZE(lists); i++) {
        cleanup_error struct cg_error *error = NULL;
        struct cg_set *set = NULL;

        assert_int_equal(cg_set_parse(lists[i], &set, &error), -EINVAL);
        assert_null(set);
        assert_non_null(strstr(cg_error_text(error), lists[i]));
    }
}

static void the_place_is_the_character_where_the_region_begins(void **state)
{
    cleanup_error struct cg_error *error = NULL;
    struct cg_set *set = NULL;

    assert_int_equal(cg_set_parse("0-3,y", &set, &error), -EINVAL);
    assert_non_null(strstr(cg_error_text(error), "at character 5"));
}

static void a_number_beyond_the_maximum_is_out_of_range(void **state)
{
    static const char *const lists[] = {"65536", "0-65536", "99999999999999999999"};

    for (size_t i = 0; i < ARRAY_SIZE(lists); i++) {
        cleanup_error struct cg_error *error = NULL;
        struct cg_set *set = NULL;

        assert_int_equal(cg_set_parse(lists[i], &set, &error), -ERANGE);
        assert_int_equal(cg_error_errno(error), ERANGE);
        assert_non_null(strstr(cg_error_text(error), "65535"));
    }
}

static void members_are_visited_in_order(void **state)
{
    static const int members[] = {0, 3, 63, 64, 200};
    cleanup_set struct cg_set *set = parsed("200,0,3,63-64");
    int at = -1;

    for (size_t i = 0; i < ARRAY_SIZE(members); i++) {
        at = cg_set_next(set, at);
        assert_int_equal(at, members[i]);
        assert_true(cg_set_has(set, (unsigned)at));
    }
    assert_int_equal(cg_set_next(set, at), -1);
    assert_int_equal(cg_set_next(set, CG_SET_MAX), -1);
    assert_int_equal(cg_set_count(set), ARRAY_SIZE(members));
    assert_false(cg_set_has(set, 1));
    assert_false(cg_set_has(set, 65535));
}

static void bits_become_members(void **state)
{
    const unsigned long bits[3] = {5, 1ul << (sizeof(long) * 8 - 1), 0};
    const unsigned width = sizeof(long) * 8;
    cleanup_set struct cg_set *set = NULL;

    assert_int_equal(cg_set_from_bits(bits, 3, &set), 0);
    assert_int_equal(cg_set_count(set), 3);
    assert_true(cg_set_has(set, 0) && cg_set_has(set, 2) && cg_set_has(set, 2 * width - 1));
}

static void bits_beyond_the_maximum_are_out_of_range(void **state)
{
    static unsigned long bits[65536 / (sizeof(long) * 8) + 1];
    struct cg_set *set = NULL;

    bits[ARRAY_SIZE(bits) - 1] = 1;
    assert_int_equal(cg_set_from_bits(bits, ARRAY_SIZE(bits), &set), -ERANGE);
    assert_null(set);
}

static void sets_of_the_same_members_are_equal(void **state)
{
    cleanup_set struct cg_set *a = parsed("0-3"), *b = parsed("3,2,1,0"), *c = parsed("0-2"),
                              *d = parsed("0-3,64");

    assert_true(cg_set_equal(a, b));
    assert_false(cg_set_equal(a, c));
    assert_false(cg_set_equal(a, d));
}

static void containing_means_every_member(void **state)
{
    cleanup_set struct cg_set *all = parsed("0-7,70"), *part = parsed("3,70"),
                              *other = parsed("3,8"), *far = parsed("200"), *none = parsed("");

    assert_true(cg_set_contains(all, part));
    assert_true(cg_set_contains(all, all));
    assert_true(cg_set_contains(all, none));
    assert_true(cg_set_contains(none, none));
    assert_false(cg_set_contains(all, other));
    assert_false(cg_set_contains(all, far));
    assert_false(cg_set_contains(none, part));
}

static void assert_combined(int (*operation)(const struct cg_set *, const struct cg_set *,
                                             struct cg_set **),
                            const char *a, const char *b, const char *expected)
{
    cleanup_set struct cg_set *left = parsed(a), *right = parsed(b), *result = NULL,
                              *wanted = parsed(expected);

    assert_int_equal(operation(left, right, &result), 0);
    assert_true(cg_set_equal(result, wanted));
}

static void sets_are_joined_crossed_and_subtracted(void **state)
{
    assert_combined(cg_set_union, "0-3", "2-5,100", "0-5,100");
    assert_combined(cg_set_union, "", "", "");
    assert_combined(cg_set_intersection, "0-3,100", "2-5", "2-3");
    assert_combined(cg_set_intersection, "0-3", "100", "");
    assert_combined(cg_set_difference, "0-3,100", "2-200", "0-1");
    assert_combined(cg_set_difference, "0-3", "", "0-3");
}

static void a_set_lives_as_long_as_its_last_reference(void **state)
{
    struct cg_set *set = parsed("1"), *same = cg_set_ref(set);

    assert_null(cg_set_unref(set));
    assert_true(cg_set_has(same, 1));
    assert_null(cg_set_unref(same));
    assert_null(cg_set_unref(NULL));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_list_is_read_and_shown_in_its_shortest_form),
        cmocka_unit_test(strides_are_expanded_as_the_kernel_does),
        cmocka_unit_test(what_is_no_list_is_refused_with_the_place),
        cmocka_unit_test(the_place_is_the_character_where_the_region_begins),
        cmocka_unit_test(a_number_beyond_the_maximum_is_out_of_range),
        cmocka_unit_test(members_are_visited_in_order),
        cmocka_unit_test(bits_become_members),
        cmocka_unit_test(bits_beyond_the_maximum_are_out_of_range),
        cmocka_unit_test(sets_of_the_same_members_are_equal),
        cmocka_unit_test(containing_means_every_member),
        cmocka_unit_test(sets_are_joined_crossed_and_subtracted),
        cmocka_unit_test(a_set_lives_as_long_as_its_last_reference),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
