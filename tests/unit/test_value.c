/* Values: text in, text out, and what counts as equal. */
#include "test.h"

#include "cgroup/value.h"

static struct cg_value *parsed(const char *name, int version, const char *text)
{
    const struct cg_attr *attr = attr_by_name(name, version);
    struct cg_value *value = NULL;

    assert_non_null(attr);
    assert_int_equal(cg_value_parse(attr, text, &value, NULL), 0);
    return value;
}

static void assert_formats(const char *name, int version, const char *text, const char *expected)
{
    cleanup_value struct cg_value *value = parsed(name, version, text);
    cleanup_free char *formatted = NULL;

    assert_int_equal(cg_value_format(value, &formatted), 0);
    assert_string_equal(formatted, expected);
}

static void assert_refused(const char *name, int version, const char *text, int code)
{
    const struct cg_attr *attr = attr_by_name(name, version);
    cleanup_error struct cg_error *error = NULL;
    struct cg_value *value = NULL;

    assert_non_null(attr);
    assert_int_equal(cg_value_parse(attr, text, &value, &error), -code);
    assert_null(value);
    assert_int_equal(cg_error_errno(error), code);
    assert_non_null(strstr(cg_error_text(error), name));
}

static void a_value_formats_as_the_kernel_writes_it(void **state)
{
    static const struct {
        const char *name;
        int version;
        const char *text, *expected;
    } cases[] = {
        {"cpu.shares", 1, "1024\n", "1024"},
        {"cpu.weight.nice", 2, "-20", "-20"},
        {"cpu.idle", 2, "1", "1"},
        {"cpuset.cpus", 1, "3,0-1\n", "0-1,3"},
        {"cpuset.mems", 2, "\n", ""},
        {"memory.limit_in_bytes", 1, "1G", "1073741824"},
        {"memory.limit_in_bytes", 1, "4096k", "4194304"},
        {"memory.max", 2, "max\n", "max"},
        {"memory.max", 2, "0", "0"},
        {"cpu.max", 2, "max 100000\n", "max 100000"},
        {"cpu.max", 2, "50000", "50000 100000"},
        {"cpu.max", 2, "50000 20000", "50000 20000"},
        {"cpu.cfs_quota_us", 1, "-1\n 100000\n", "-1 100000"},
        {"cpu.cfs_quota_us", 1, "max", "-1 100000"},
        {"cpuset.cpus.partition", 2, "root\n", "root"},
        {"cpu.stat", 1, "nr_periods 0\nthrottled_time 12\n", "nr_periods 0\nthrottled_time 12"},
        {"memory.numa_stat", 1, "total=5 N0=4 N1=1\nfile=1 N0=1\n",
         "total=5 N0=4 N1=1\nfile=1 N0=1"},
        {"memory.numa_stat", 2, "anon N0=4 N1=1\nfile N0=1\n", "anon N0=4 N1=1\nfile N0=1"},
    };

    for (size_t i = 0; i < ARRAY_SIZE(cases); i++)
        assert_formats(cases[i].name, cases[i].version, cases[i].text, cases[i].expected);
}

static void no_limit_has_each_versions_word_and_reads_in_both(void **state)
{
    assert_formats("memory.limit_in_bytes", 1, "max", "-1");
    assert_formats("memory.limit_in_bytes", 1, "-1", "-1");
    assert_formats("memory.limit_in_bytes", 1, "9223372036854771712", "-1");
    assert_formats("memory.limit_in_bytes", 1, "18446744073709551615", "-1");
    assert_formats("memory.max", 2, "-1", "max");
}

static void what_the_kernel_would_not_take_is_refused(void **state)
{
    static const struct {
        const char *name;
        int version, code;
        const char *text;
    } cases[] = {
        {"cpu.shares", 1, ERANGE, "1"},
        {"cpu.shares", 1, ERANGE, "262145"},
        {"cpu.shares", 1, ERANGE, "18446744073709551616"},
        {"cpu.shares", 1, EINVAL, ""},
        {"cpu.shares", 1, EINVAL, "-1"},
        {"cpu.shares", 1, EINVAL, "max"},
        {"cpu.shares", 1, EINVAL, "10 24"},
        {"cpu.shares", 1, EINVAL, "1k"},
        {"cpu.weight", 2, ERANGE, "0"},
        {"cpu.weight", 2, ERANGE, "10001"},
        {"cpu.weight.nice", 2, ERANGE, "20"},
        {"cpu.weight.nice", 2, ERANGE, "-21"},
        {"cpu.weight.nice", 2, EINVAL, "- 1"},
        {"cpu.idle", 1, ERANGE, "2"},
        {"cpuset.cpus", 1, EINVAL, "a"},
        {"cpuset.cpus", 2, ERANGE, "70000"},
        {"memory.max", 2, EINVAL, "1Q"},
        {"memory.max", 2, EINVAL, "max max"},
        {"memory.max", 2, ERANGE, "16E"},
        {"cpu.max", 2, ERANGE, "999 100000"},
        {"cpu.max", 2, ERANGE, "50000 999"},
        {"cpu.max", 2, ERANGE, "50000 1000001"},
        {"cpu.max", 2, ERANGE, "17592186044416 100000"},
        {"cpu.max", 2, ERANGE, "18446744073709551615 100000"},
        {"cpu.max", 2, EINVAL, "1000 2000 3000"},
        {"cpu.max", 2, EINVAL, "maximum 2000"},
        {"cpu.stat", 1, EINVAL, "nr_periods"},
        {"cpu.stat", 1, EINVAL, "nr_periods 1 2"},
        {"cpu.stat", 1, EINVAL, "nr_periods x"},
        {"memory.numa_stat", 2, EINVAL, "anon N0"},
        {"memory.numa_stat", 2, EINVAL, "anon =1"},
    };

    for (size_t i = 0; i < ARRAY_SIZE(cases); i++)
        assert_refused(cases[i].name, cases[i].version, cases[i].text, cases[i].code);
}

static void what_the_kernel_says_of_itself_is_taken_out_of_range_too(void **state)
{
    cleanup_value struct cg_value *value = NULL;
    uint64_t weight;

    /* What cpu.weight reads while cpu.idle is 1. */
    assert_int_equal(
        value_parse(attr_by_name("cpu.weight", 2), "0\n", VALUE_FROM_KERNEL, &value, NULL), 0);
    assert_int_equal(cg_value_uint(value, &weight), 0);
    assert_int_equal(weight, 0);
}

static void the_refused_text_is_shown_escaped_and_cut(void **state)
{
    cleanup_error struct cg_error *error = NULL;
    struct cg_value *value = NULL;
    char text[500];

    memset(text, 'a', sizeof(text));
    text[0] = '\x1b';
    text[sizeof(text) - 1] = '\0';
    assert_int_equal(cg_value_parse(attr_by_name("cpu.shares", 1), text, &value, &error), -EINVAL);
    assert_null(strchr(cg_error_text(error), '\x1b'));
    assert_non_null(strstr(cg_error_text(error), "\\x1b"));
    assert_true(strlen(cg_error_text(error)) < 200);
}

static bool equal(const char *name, int version, const char *a, const char *b)
{
    cleanup_value struct cg_value *left = parsed(name, version, a),
                                  *right = parsed(name, version, b);

    return cg_value_equal(left, right);
}

static void limits_are_equal_when_the_kernel_rounds_them_to_the_same_page(void **state)
{
    assert_true(equal("memory.limit_in_bytes", 1, "900000000", "899997696"));
    assert_true(equal("memory.max", 2, "900000000", "899997696"));
    assert_false(equal("memory.max", 2, "900000000", "899997695"));
    assert_false(equal("memory.max", 2, "max", "900000000"));
    assert_true(equal("memory.max", 2, "max", "9223372036854775807"));
    assert_false(equal("memory.current", 2, "4096", "4097"));
}

static void sets_and_tables_are_equal_by_content(void **state)
{
    assert_true(equal("cpuset.cpus", 1, "0-3", "3,2,1,0\n"));
    assert_false(equal("cpuset.cpus", 1, "0-3", "0-2"));
    assert_true(equal("cpu.stat", 1, "a 1\nb 2\n", "a 1\nb 2"));
    assert_false(equal("cpu.stat", 1, "a 1", "a 2"));
    assert_false(equal("cpu.stat", 1, "a 1", "b 1"));
    assert_false(equal("memory.numa_stat", 2, "a N0=1", "a N1=1"));
    assert_false(equal("cpu.max", 2, "max 100000", "max 50000"));
    assert_true(equal("cpuset.cpus.partition", 2, "root", "root\n"));
    assert_false(equal("cpuset.cpus.partition", 2, "root", "member"));
}

static void values_of_different_kinds_are_never_equal(void **state)
{
    cleanup_value struct cg_value *a = parsed("cpu.shares", 1, "1024"),
                                  *b = parsed("memory.max", 2, "1024");

    assert_false(cg_value_equal(a, b));
}

static void numbers_sets_and_quotas_become_values_within_the_range(void **state)
{
    const struct cg_attr *shares = attr_by_name("cpu.shares", 1),
                         *cpus = attr_by_name("cpuset.cpus", 1), *max = attr_by_name("cpu.max", 2),
                         *limit = attr_by_name("memory.max", 2);
    const struct cg_quota good = {50000, 100000}, none = {CG_NO_LIMIT, 100000}, low = {999, 100000},
                          long_period = {50000, 1000001};
    cleanup_value struct cg_value *a = NULL, *b = NULL, *c = NULL, *d = NULL, *e = NULL;
    cleanup_set struct cg_set *set = NULL;
    const struct cg_set *got = NULL;
    struct cg_value *bad = NULL;
    struct cg_quota quota;
    uint64_t number;

    assert_int_equal(cg_set_parse("1-2", &set, NULL), 0);
    assert_int_equal(cg_value_from_uint(shares, 2, &a, NULL), 0);
    assert_int_equal(cg_value_uint(a, &number), 0);
    assert_int_equal(number, 2);
    assert_int_equal(cg_value_from_uint(shares, 1, &bad, NULL), -ERANGE);
    assert_int_equal(cg_value_from_uint(shares, CG_NO_LIMIT, &bad, NULL), -ERANGE);
    assert_int_equal(cg_value_from_uint(cpus, 1, &bad, NULL), -EINVAL);
    assert_int_equal(cg_value_from_uint(limit, CG_NO_LIMIT, &b, NULL), 0);
    assert_int_equal(cg_value_from_set(cpus, set, &c, NULL), 0);
    assert_int_equal(cg_value_set(c, &got), 0);
    assert_true(cg_set_equal(got, set));
    assert_int_equal(cg_value_from_set(shares, set, &bad, NULL), -EINVAL);
    assert_int_equal(cg_value_from_quota(max, &good, &d, NULL), 0);
    assert_int_equal(cg_value_quota(d, &quota), 0);
    assert_int_equal(quota.quota_us, 50000);
    assert_int_equal(quota.period_us, 100000);
    assert_int_equal(cg_value_from_quota(max, &none, &e, NULL), 0);
    assert_int_equal(cg_value_from_quota(max, &low, &bad, NULL), -ERANGE);
    assert_int_equal(cg_value_from_quota(max, &long_period, &bad, NULL), -ERANGE);
    assert_int_equal(cg_value_from_quota(shares, &good, &bad, NULL), -EINVAL);
    assert_null(bad);
}

static void an_accessor_of_another_kind_is_refused(void **state)
{
    cleanup_value struct cg_value *shares = parsed("cpu.shares", 1, "2"),
                                  *nice = parsed("cpu.weight.nice", 2, "-3"),
                                  *text = parsed("cpuset.cpus.partition", 2, "root");
    const struct cg_set *set = NULL;
    struct cg_quota quota;
    uint64_t number;
    int64_t integer;

    assert_int_equal(cg_value_int(shares, &integer), -EINVAL);
    assert_int_equal(cg_value_set(shares, &set), -EINVAL);
    assert_int_equal(cg_value_quota(shares, &quota), -EINVAL);
    assert_null(cg_value_text(shares));
    assert_int_equal(cg_value_rows(shares), 0);
    assert_int_equal(cg_value_row(shares, 0, NULL, NULL, &number), -EINVAL);
    assert_int_equal(cg_value_uint(nice, &number), -EINVAL);
    assert_int_equal(cg_value_int(nice, &integer), 0);
    assert_int_equal(integer, -3);
    assert_string_equal(cg_value_text(text), "root");
}

static void rows_have_keys_sub_keys_and_numbers(void **state)
{
    static const struct {
        const char *key, *sub;
        uint64_t number;
    } rows[] = {{"total", NULL, 5}, {"total", "N0", 4}, {"total", "N1", 1}, {"file", "N0", 2}};
    cleanup_value struct cg_value *value =
        parsed("memory.numa_stat", 1, "total=5 N0=4 N1=1\nfile N0=2\n");

    assert_int_equal(cg_value_rows(value), ARRAY_SIZE(rows));
    for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
        const char *key = NULL, *sub = NULL;
        uint64_t number = 0;

        assert_int_equal(cg_value_row(value, i, &key, &sub, &number), 0);
        assert_string_equal(key, rows[i].key);
        if (rows[i].sub)
            assert_string_equal(sub, rows[i].sub);
        else
            assert_null(sub);
        assert_true(number == rows[i].number);
    }
    assert_int_equal(cg_value_row(value, ARRAY_SIZE(rows), NULL, NULL, NULL), -EINVAL);
}

static void a_list_is_numbers_without_keys(void **state)
{
    static const struct cg_attr list = {.name = "tasks", .controller = "cpu", .kind = CG_LIST};
    cleanup_value struct cg_value *value = NULL;
    cleanup_free char *text = NULL;
    const char *key = "";
    uint64_t number = 0;

    assert_int_equal(cg_value_parse(&list, "1 2\n30\n", &value, NULL), 0);
    assert_int_equal(cg_value_rows(value), 3);
    assert_int_equal(cg_value_row(value, 2, &key, NULL, &number), 0);
    assert_null(key);
    assert_int_equal(number, 30);
    assert_int_equal(cg_value_format(value, &text), 0);
    assert_string_equal(text, "1 2 30");
}

static void a_quota_of_two_files_is_written_one_part_each(void **state)
{
    cleanup_value struct cg_value *value = parsed("cpu.cfs_period_us", 1, "max 50000");
    cleanup_free char *quota = NULL, *period = NULL;

    assert_int_equal(value_write_text(value, 0, &quota), 0);
    assert_int_equal(value_write_text(value, 1, &period), 0);
    assert_string_equal(quota, "-1");
    assert_string_equal(period, "50000");
}

static void a_value_is_small(void **state)
{
    assert_true(sizeof(struct cg_value) <= 24);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_value_formats_as_the_kernel_writes_it),
        cmocka_unit_test(no_limit_has_each_versions_word_and_reads_in_both),
        cmocka_unit_test(what_the_kernel_would_not_take_is_refused),
        cmocka_unit_test(what_the_kernel_says_of_itself_is_taken_out_of_range_too),
        cmocka_unit_test(the_refused_text_is_shown_escaped_and_cut),
        cmocka_unit_test(limits_are_equal_when_the_kernel_rounds_them_to_the_same_page),
        cmocka_unit_test(sets_and_tables_are_equal_by_content),
        cmocka_unit_test(values_of_different_kinds_are_never_equal),
        cmocka_unit_test(numbers_sets_and_quotas_become_values_within_the_range),
        cmocka_unit_test(an_accessor_of_another_kind_is_refused),
        cmocka_unit_test(rows_have_keys_sub_keys_and_numbers),
        cmocka_unit_test(a_list_is_numbers_without_keys),
        cmocka_unit_test(a_quota_of_two_files_is_written_one_part_each),
        cmocka_unit_test(a_value_is_small),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
