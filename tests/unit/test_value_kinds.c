/* The kinds of values beyond numbers, sets and plain tables: text in, text out, what is refused,
 * and the accessors and makers for C programs. */
#include "test.h"

#include "cgroup/value.h"

static const struct cg_attr *attr_of(const char *name, int version)
{
    const struct cg_attr *attr = attr_by_name(name, version);

    assert_non_null(attr);
    return attr;
}

static struct cg_value *shown(const char *name, int version, const char *text)
{
    struct cg_value *value = NULL;

    assert_int_equal(value_parse(attr_of(name, version), text, VALUE_FROM_KERNEL, &value, NULL), 0);
    return value;
}

static void assert_text(const struct cg_value *value, const char *expected)
{
    cleanup_free char *text = NULL;

    assert_int_equal(cg_value_format(value, &text), 0);
    assert_string_equal(text, expected);
}

struct spelling {
    const char *name;
    int version;
    const char *text, *expected;
};

/* What the kernel of some host said, and what is made of it. */
static void what_the_kernel_says_is_shown_as_it_stands(void **state)
{
    static const struct spelling cases[] = {
        {"pids.max", 1, "max\n", "max"},
        {"pids.max", 2, "100\n", "100"},
        {"cgroup.max.depth", 2, "max\n", "max"},
        {"cpu.rt_runtime_us", 1, "-1\n", "-1"},
        {"cpu.rt_runtime_us", 1, "950000\n", "950000"},
        {"cpu.uclamp.min", 2, "12.50\n", "12.50"},
        {"cpu.uclamp.max", 2, "max\n", "max"},
        {"hugetlb.2MB.limit_in_bytes", 1, "9223372036854771712\n", "-1"},
        {"hugetlb.1GB.max", 2, "max\n", "max"},
        {"hugetlb.64KB.max", 2, "65536\n", "65536"},
        {"tasks", 1, "1\n2\n3000\n", "1\n2\n3000"},
        {"cgroup.procs", 2, "", ""},
        {"cpuacct.usage_percpu", 1, "158427286406 191991638809 \n", "158427286406 191991638809"},
        {"cpuacct.usage_all", 1, "cpu user system\n0 1 2\n1 3 4\n",
         "cpu user system\n0 1 2\n1 3 4"},
        {"cpuacct.usage_all", 1, "cpu user system\n0 1 2\n0 3 4\n",
         "cpu user system\n0 1 2\n0 3 4"},
        {"blkio.throttle.io_serviced", 1, "8:0 Read 10\n8:0 Write 3\n8:0 Total 13\nTotal 13\n",
         "8:0 Read 10\n8:0 Write 3\n8:0 Total 13\nTotal 13"},
        {"blkio.bfq.time", 1, "8:0 123\n", "8:0 123"},
        {"blkio.throttle.write_bps_device", 1, "8:0 1048576\n8:16 2097152\n",
         "8:0 1048576\n8:16 2097152"},
        {"blkio.bfq.weight_device", 1, "default 100\n8:16 200\n", "default 100\n8:16 200"},
        {"io.max", 2, "8:16 rbps=2097152 wbps=max riops=max wiops=120\n",
         "8:16 rbps=2097152 wbps=max riops=max wiops=120"},
        {"cpu.pressure", 2, "some avg10=64.91 avg60=20.45 avg300=0.08 total=69566446\n",
         "some avg10=64.91 avg60=20.45 avg300=0.08 total=69566446"},
        {"devices.list", 1, "a *:* rwm\n", "a *:* rwm"},
        {"devices.list", 1, "c 1:3 rwm\nb 8:* rm\n", "c 1:3 rwm\nb 8:* rm"},
        {"freezer.state", 1, "FREEZING\n", "FREEZING"},
        {"cpuset.cpus.partition", 2, "root invalid (Parent is not a partition root)\n",
         "root invalid (Parent is not a partition root)"},
        {"cgroup.controllers", 2, "cpuset cpu io\n", "cpuset cpu io"},
        {"io.stat", 2, "8:16 rbytes=4096 cost.vrate=100.00 depth=max\n",
         "8:16 rbytes=4096 cost.vrate=100.00 depth=max"},
        {"rdma.max", 2, "mlx4_0 hca_handle=2 hca_object=max \n",
         "mlx4_0 hca_handle=2 hca_object=max"},
        {"misc.max", 1, "res_a max\n", "res_a max"},
        {"net_prio.ifpriomap", 1, "lo 0\neth0 5\n", "lo 0\neth0 5"},
    };

    for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
        cleanup_value struct cg_value *value =
            shown(cases[i].name, cases[i].version, cases[i].text);

        assert_text(value, cases[i].expected);
    }
}

static void what_a_user_says_becomes_the_kernels_words(void **state)
{
    static const struct spelling cases[] = {
        {"pids.max", 1, "-1", "max"},
        {"cpu.rt_runtime_us", 1, "max", "-1"},
        {"cpu.uclamp.min", 1, "12.5", "12.50"},
        {"cpu.uclamp.min", 1, "100", "max"},
        {"blkio.throttle.read_bps_device", 1, "8:0 max", "8:0 0"},
        {"io.weight", 2, "8:0 0", "8:0 default"},
        {"io.weight", 2, "200", "default 200"},
        {"io.latency", 2, "8:0 target=max", "8:0 target=max"},
        {"net_cls.classid", 1, "0x10001", "65537"},
        {"memory.move_charge_at_immigrate", 1, "0X3", "3"},
        {"blkio.throttle.read_iops_device", 1, "8:0 4294967295", "8:0 4294967295"},
        {"devices.deny", 1, "a *:* mwr", "a *:* rwm"},
        {"devices.deny", 1, "a", "a *:* rwm"},
        {"devices.allow", 1, " c  1:3   mr ", "c 1:3 rm"},
        {"cgroup.subtree_control", 2, "+cpu  -io\n", "+cpu -io"},
        {"freezer.state", 1, "FROZEN\n", "FROZEN"},
        {"hugetlb.2MB.limit_in_bytes", 1, "max", "-1"},
    };

    for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
        cleanup_value struct cg_value *value = NULL;

        assert_int_equal(
            cg_value_parse(attr_of(cases[i].name, cases[i].version), cases[i].text, &value, NULL),
            0);
        assert_text(value, cases[i].expected);
    }
}

static void what_the_kernel_would_not_take_is_refused(void **state)
{
    static const struct {
        const char *name;
        int version, code;
        const char *text;
    } cases[] = {
        {"pids.max", 2, ERANGE, "4194305"},
        {"pids.max", 2, EINVAL, "maximum"},
        {"pids.max", 2, EINVAL, "1k"},
        {"cpu.uclamp.min", 2, ERANGE, "100.01"},
        {"cpu.uclamp.min", 2, EINVAL, "1.234"},
        {"cpu.uclamp.min", 2, EINVAL, "1."},
        {"cpu.uclamp.min", 2, EINVAL, "maxi"},
        {"memory.failcnt", 1, ERANGE, "1"},
        {"memory.max_usage_in_bytes", 1, ERANGE, "max"},
        {"cpuacct.usage", 1, ERANGE, "1"},
        {"memory.oom_control", 1, ERANGE, "oom_kill_disable 2"},
        {"cgroup.procs", 1, ERANGE, "2147483648"},
        {"cgroup.procs", 1, EINVAL, "one"},
        {"cgroup.kill", 2, ERANGE, "0"},
        {"freezer.state", 1, EINVAL, "FREEZING"},
        {"cpuset.cpus.partition", 2, EINVAL, "root invalid"},
        {"cgroup.type", 2, EINVAL, "domain"},
        {"cgroup.subtree_control", 2, EINVAL, "cpu"},
        {"blkio.throttle.read_bps_device", 1, EINVAL, "sda 1"},
        {"blkio.throttle.read_bps_device", 1, EINVAL, "8: 1"},
        {"blkio.throttle.read_bps_device", 1, EINVAL, "8:0"},
        {"io.weight", 2, EINVAL, "sda 100"},
        {"io.weight", 2, ERANGE, "default 10001"},
        {"io.bfq.weight", 2, ERANGE, "8:0 1001"},
        {"io.weight", 2, ERANGE, "default 0"},
        {"io.weight", 2, ERANGE, "default default"},
        {"io.weight", 2, ERANGE, "0"},
        {"io.weight", 2, EINVAL, "8:0 max"},
        {"net_cls.classid", 1, ERANGE, "4294967296"},
        {"net_cls.classid", 1, ERANGE, "0x100000000"},
        {"net_cls.classid", 1, ERANGE, "0x10000000000000000"},
        {"net_cls.classid", 1, EINVAL, "0x"},
        {"net_prio.ifpriomap", 1, EINVAL, "lo max"},
        {"net_prio.ifpriomap", 1, ERANGE, "lo 18446744073709551615"},
        {"memory.oom_control", 1, EINVAL, "oom_kill_disable max"},
        {"cgroup.procs", 2, EINVAL, "max"},
        {"cpu.rt_period_us", 1, ERANGE, "18446744073709552"},
        {"cpu.rt_runtime_us", 1, ERANGE, "17592186045"},
        {"blkio.throttle.write_iops_device", 1, ERANGE, "8:0 4294967296"},
        {"net_prio.ifpriomap", 1, ERANGE, "lo 4294967296"},
        {"devices.allow", 1, EINVAL, "d 1:3 rwm"},
        {"devices.allow", 1, EINVAL, "c 1:3"},
        {"devices.allow", 1, EINVAL, "c 1:3 x"},
        {"devices.allow", 1, EINVAL, "c 1 rwm"},
        {"devices.allow", 1, EINVAL, "c1:3 rwm"},
        {"devices.allow", 1, EINVAL, "a 1:3 rwm"},
        {"devices.allow", 1, EINVAL, "a *:* r"},
        {"cpuacct.usage_all", 1, EINVAL, "0 1 2\n"},
        {"cpuacct.usage_all", 1, EINVAL, "cpu user system\n0 1\n"},
        {"cpuacct.usage_all", 1, EINVAL, "cpu user\n0 1 2\n"},
        {"blkio.bfq.io_serviced", 1, EINVAL, "8:0 Read 1 2"},
        {"cpu.pressure", 2, EINVAL, "some avg10=0.123"},
    };

    for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
        cleanup_error struct cg_error *error = NULL;
        struct cg_value *value = NULL;

        assert_int_equal(
            cg_value_parse(attr_of(cases[i].name, cases[i].version), cases[i].text, &value, &error),
            -cases[i].code);
        assert_null(value);
        assert_non_null(strstr(cg_error_text(error), cases[i].name));
    }
}

static void a_word_that_is_refused_comes_with_those_that_are_not(void **state)
{
    cleanup_error struct cg_error *error = NULL;
    struct cg_value *value = NULL;

    assert_int_equal(cg_value_parse(attr_of("freezer.state", 1), "frozen", &value, &error),
                     -EINVAL);
    assert_non_null(strstr(cg_error_text(error), "FROZEN or THAWED"));
}

static void no_limit_is_a_number_of_its_own_and_not_a_missing_one(void **state)
{
    static const struct spelling cases[] = {{"pids.max", 1, "max\n", NULL},
                                            {"cpu.rt_runtime_us", 1, "-1\n", NULL},
                                            {"cgroup.max.depth", 2, "max\n", NULL},
                                            {"hugetlb.2MB.max", 2, "max\n", NULL}};

    for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
        cleanup_value struct cg_value *value =
            shown(cases[i].name, cases[i].version, cases[i].text);
        uint64_t number = 0;

        assert_int_equal(cg_value_uint(value, &number), 0);
        assert_true(number == CG_NO_LIMIT);
    }
}

static void a_percentage_is_counted_in_hundredths(void **state)
{
    cleanup_value struct cg_value *part = shown("cpu.uclamp.min", 2, "12.5\n"),
                                  *whole = shown("cpu.uclamp.max", 2, "max\n");
    uint64_t number = 0;

    assert_int_equal(cg_value_uint(part, &number), 0);
    assert_int_equal(number, 1250);
    assert_int_equal(cg_value_uint(whole, &number), 0);
    assert_int_equal(number, 10000);
}

static void huge_page_limits_are_equal_within_the_page(void **state)
{
    cleanup_value struct cg_value *asked = shown("hugetlb.2MB.max", 2, "5000000"),
                                  *got = shown("hugetlb.2MB.max", 2, "4194304"),
                                  *more = shown("hugetlb.2MB.max", 2, "6291456");

    assert_true(cg_value_equal(asked, got));
    assert_false(cg_value_equal(asked, more));
}

static void assert_row(const struct cg_value *value, size_t index, const char *key, const char *sub,
                       uint64_t number)
{
    const char *found_key = NULL, *found_sub = NULL;
    uint64_t found = 0;

    assert_int_equal(cg_value_row(value, index, &found_key, &found_sub, &found), 0);
    assert_string_equal(found_key, key);
    if (sub)
        assert_string_equal(found_sub, sub);
    else
        assert_null(found_sub);
    assert_true(found == number);
}

static void rows_have_keys_inside_the_line_where_the_kind_has_them(void **state)
{
    cleanup_value struct cg_value *split =
                                      shown("blkio.bfq.io_serviced", 1, "8:0 Read 10\nTotal 10\n"),
                                  *columns = shown("cpuacct.usage_all", 1,
                                                   "cpu user system\n0 1 2\n1 3 4\n"),
                                  *pressure =
                                      shown("io.pressure", 2,
                                            "some avg10=1.05 total=77\nfull avg10=0.00 total=5\n"),
                                  *names = shown("cgroup.controllers", 2, "cpuset cpu\n"),
                                  *vrate = shown("io.stat", 2, "8:16 cost.vrate=100.50\n");

    assert_row(split, 0, "8:0", "Read", 10);
    assert_row(split, 1, "Total", NULL, 10);
    assert_row(columns, 3, "1", "system", 4);
    assert_row(pressure, 0, "some", "avg10", 105);
    assert_row(pressure, 3, "full", "total", 5);
    assert_row(vrate, 0, "8:16", "cost.vrate", 10050);
    assert_row(names, 1, "cpu", NULL, 0);
}

static void a_weight_that_is_taken_away_is_zero_and_a_rate_no_limit(void **state)
{
    cleanup_value struct cg_value *weights = shown("io.weight", 2, "default 100\n8:0 default\n"),
                                  *rates = shown("blkio.throttle.read_iops_device", 1, "8:0 00\n");
    struct cg_device_rate rate;

    assert_row(weights, 1, "8:0", NULL, 0);
    assert_int_equal(cg_value_device_rate(rates, 0, &rate), 0);
    assert_int_equal(rate.major, 8);
    assert_int_equal(rate.minor, 0);
    assert_true(rate.rate == CG_NO_LIMIT);
    assert_int_equal(cg_value_device_rate(rates, 1, &rate), -EINVAL);
    assert_int_equal(cg_value_device_rate(weights, 0, &rate), -EINVAL);
}

static void a_device_rule_is_taken_apart_and_made(void **state)
{
    static const struct cg_device_rule rules[] = {
        {'c', 1, 3, CG_DEVICE_READ | CG_DEVICE_WRITE},
        {'b', 8, CG_DEVICE_ANY, CG_DEVICE_MKNOD},
    };
    const struct cg_attr *allow = attr_of("devices.allow", 1);
    cleanup_value struct cg_value *value = NULL;
    struct cg_device_rule rule;

    assert_int_equal(cg_value_from_device_rules(allow, rules, 2, &value, NULL), 0);
    assert_text(value, "c 1:3 rw\nb 8:* m");
    assert_int_equal(cg_value_rows(value), 2);
    assert_int_equal(cg_value_device_rule(value, 1, &rule), 0);
    assert_int_equal(rule.type, 'b');
    assert_int_equal(rule.major, 8);
    assert_true(rule.minor == CG_DEVICE_ANY);
    assert_int_equal(rule.access, CG_DEVICE_MKNOD);
    assert_int_equal(cg_value_device_rule(value, 2, &rule), -EINVAL);
    assert_int_equal(cg_value_row(value, 0, NULL, NULL, NULL), -EINVAL);
}

static void a_rule_that_is_none_is_not_made(void **state)
{
    static const struct cg_device_rule rules[] = {{'x', 1, 3, CG_DEVICE_READ},
                                                  {'\0', 1, 3, CG_DEVICE_READ},
                                                  {'c', 1, 3, 0},
                                                  {'c', 1, 3, 9},
                                                  {'a', 1, 3, 7}};
    struct cg_value *value = NULL;

    for (size_t i = 0; i < ARRAY_SIZE(rules); i++)
        assert_int_equal(
            cg_value_from_device_rules(attr_of("devices.allow", 1), &rules[i], 1, &value, NULL),
            -EINVAL);
    assert_int_equal(cg_value_from_device_rules(attr_of("cpu.shares", 1), rules, 1, &value, NULL),
                     -EINVAL);
    assert_null(value);
}

static void rates_rows_and_whole_numbers_become_values(void **state)
{
    static const struct cg_device_rate rates[] = {{8, 0, 1048576}, {8, 16, CG_NO_LIMIT}};
    static const struct cg_row rows[] = {{"8:0", "rbps", 1048576}, {"8:0", "wbps", CG_NO_LIMIT}};
    static const struct cg_row tasks[] = {{NULL, NULL, 1}, {NULL, NULL, 22}};
    cleanup_value struct cg_value *a = NULL, *b = NULL, *c = NULL, *d = NULL;
    struct cg_value *bad = NULL;

    assert_int_equal(cg_value_from_device_rates(attr_of("blkio.throttle.read_bps_device", 1), rates,
                                                2, &a, NULL),
                     0);
    assert_text(a, "8:0 1048576\n8:16 0");
    assert_int_equal(cg_value_from_rows(attr_of("io.max", 2), rows, 2, &b, NULL), 0);
    assert_int_equal(cg_value_rows(b), 2);
    assert_int_equal(cg_value_from_rows(attr_of("cgroup.procs", 2), tasks, 2, &c, NULL), 0);
    assert_text(c, "1\n22");
    assert_int_equal(cg_value_from_int(attr_of("cpu.weight.nice", 2), -20, &d, NULL), 0);
    assert_text(d, "-20");
    assert_int_equal(cg_value_from_int(attr_of("cpu.weight.nice", 2), -21, &bad, NULL), -ERANGE);
    assert_int_equal(cg_value_from_int(attr_of("cpu.shares", 1), 2, &bad, NULL), -EINVAL);
    assert_int_equal(cg_value_from_rows(attr_of("cpu.shares", 1), rows, 2, &bad, NULL), -EINVAL);
    assert_int_equal(cg_value_from_rows(attr_of("cpu.stat", 1), tasks, 2, &bad, NULL), -EINVAL);
    assert_null(bad);
}

static void the_rows_of_one_line_are_told_by_their_keys_text(void **state)
{
    char again[] = "8:0";
    const struct cg_row limits[] = {{"8:0", "rbps", 1}, {again, "wbps", 2}, {"8:16", "rbps", 3}},
                        counters[] = {{again, "Read", 1}, {again, "Write", 2}},
                        columns[] = {{again, "user", 1}, {"8:0", "system", 2}};
    cleanup_value struct cg_value *a = NULL, *b = NULL, *c = NULL;

    assert_int_equal(cg_value_from_rows(attr_of("io.max", 2), limits, 3, &a, NULL), 0);
    assert_text(a, "8:0 rbps=1 wbps=2\n8:16 rbps=3");
    assert_int_equal(
        cg_value_from_rows(attr_of("blkio.throttle.io_serviced", 1), counters, 2, &b, NULL), 0);
    assert_text(b, "8:0 Read 1\n8:0 Write 2");
    assert_int_equal(cg_value_from_rows(attr_of("cpuacct.usage_all", 1), columns, 2, &c, NULL), 0);
    assert_text(c, "cpu user system\n8:0 1 2");
}

static void a_row_with_other_keys_than_its_kinds_is_refused(void **state)
{
    static const struct {
        const char *name;
        int version;
        struct cg_row row;
    } cases[] = {
        {"cpuacct.usage_all", 1, {"0", NULL, 1}},
        {"cpuacct.usage_all", 1, {NULL, "user", 1}},
        {"io.max", 2, {NULL, "rbps", 1}},
        {"io.max", 2, {"8:0 wbps=1", "rbps", 1}},
        {"io.max", 2, {"8:0", "rbps\n8:16 wbps", 1}},
        {"io.max", 2, {"8:0", "", 1}},
        {"io.max", 2, {"8:0", "wbps=1", 1}},
        {"cgroup.procs", 2, {"12", NULL, 1}},
        {"misc.max", 2, {"res_a", "res_b", 1}},
        {"cgroup.subtree_control", 2, {NULL, NULL, 0}},
        {"cgroup.subtree_control", 2, {"+cpu +io", NULL, 0}},
    };

    for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
        struct cg_value *value = NULL;

        assert_int_equal(cg_value_from_rows(attr_of(cases[i].name, cases[i].version), &cases[i].row,
                                            1, &value, NULL),
                         -EINVAL);
        assert_null(value);
    }
}

static void of_oom_control_only_the_flag_is_written(void **state)
{
    cleanup_value struct cg_value *value = shown("memory.oom_control", 1,
                                                 "oom_kill_disable 1\nunder_oom 0\noom_kill 7\n"),
                                  *without = shown("memory.oom_control", 1, "under_oom 0\n");
    cleanup_free char *text = NULL, *none = NULL;

    assert_int_equal(value_write_text(value, 0, &text), 0);
    assert_string_equal(text, "1");
    assert_int_equal(value_write_text(without, 0, &none), -EINVAL);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_the_kernel_says_is_shown_as_it_stands),
        cmocka_unit_test(what_a_user_says_becomes_the_kernels_words),
        cmocka_unit_test(what_the_kernel_would_not_take_is_refused),
        cmocka_unit_test(a_word_that_is_refused_comes_with_those_that_are_not),
        cmocka_unit_test(no_limit_is_a_number_of_its_own_and_not_a_missing_one),
        cmocka_unit_test(a_percentage_is_counted_in_hundredths),
        cmocka_unit_test(huge_page_limits_are_equal_within_the_page),
        cmocka_unit_test(rows_have_keys_inside_the_line_where_the_kind_has_them),
        cmocka_unit_test(a_weight_that_is_taken_away_is_zero_and_a_rate_no_limit),
        cmocka_unit_test(a_device_rule_is_taken_apart_and_made),
        cmocka_unit_test(a_rule_that_is_none_is_not_made),
        cmocka_unit_test(rates_rows_and_whole_numbers_become_values),
        cmocka_unit_test(the_rows_of_one_line_are_told_by_their_keys_text),
        cmocka_unit_test(a_row_with_other_keys_than_its_kinds_is_refused),
        cmocka_unit_test(of_oom_control_only_the_flag_is_written),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
