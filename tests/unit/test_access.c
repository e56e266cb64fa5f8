/* Reading and writing attributes through the port, over a table of files that enforces the v1
 * kernel's rule for CPU bandwidth, logs each write and can refuse one. */
#include "test.h"

#include "cgroup/access.h"
#include "cgroup/value.h"

struct model {
    struct kernel kernel;
    const char *missing;        /* a file that is not there */
    int refuse;                 /* errno of the write number `refuse_at` */
    unsigned refuse_at, writes; /* from 1 */
    char quota[32], period[32], other[64];
    double parent, child; /* ratios: 0 is none; a child without a parent's room is refused */
    char log[256];
};

static struct model *model_of(const struct kernel *k)
{
    return (struct model *)(uintptr_t)k;
}

static char *file_of(struct model *model, const char *file)
{
    if (strcmp(file, "cpu.cfs_quota_us") == 0)
        return model->quota;
    return strcmp(file, "cpu.cfs_period_us") == 0 ? model->period : model->other;
}

static int model_read(const struct kernel *k, int dir, const char *file, struct buffer *into)
{
    struct model *model = model_of(k);
    const char *text = file_of(model, file);

    if (model->missing && strcmp(file, model->missing) == 0)
        return -ENOENT;
    into->length = 0;
    return buffer_append(into, text, strlen(text));
}

static bool breaks_bandwidth(const struct model *model)
{
    double ratio = atof(model->quota) / atof(model->period);

    if (model->quota[0] == '-')
        return false;
    return (model->parent > 0 && ratio > model->parent + 1e-9) ||
           (model->child > 0 && ratio < model->child - 1e-9);
}

static int model_write(const struct kernel *k, int dir, const char *file, const char *text)
{
    struct model *model = model_of(k);
    char *at = file_of(model, file), before[64];

    if (model->missing && strcmp(file, model->missing) == 0)
        return -ENOENT;
    if (++model->writes == model->refuse_at)
        return -model->refuse;
    snprintf(before, sizeof(before), "%s", at);
    strcpy(at, text);
    if (breaks_bandwidth(model)) {
        strcpy(at, before);
        return -EINVAL;
    }
    snprintf(model->log + strlen(model->log), sizeof(model->log) - strlen(model->log), "%s%s",
             model->log[0] ? " " : "", text);
    return 0;
}

static struct model model_new(const char *quota, const char *period)
{
    struct model model = {.kernel = {.read = model_read, .write = model_write}};

    snprintf(model.quota, sizeof(model.quota), "%s", quota);
    snprintf(model.period, sizeof(model.period), "%s", period);
    return model;
}

static struct cg_value *value_of(const struct cg_attr *attr, const char *text)
{
    struct cg_value *value = NULL;

    assert_int_equal(cg_value_parse(attr, text, &value, NULL), 0);
    return value;
}

static int write_quota(struct model *model, const char *to, const char *now, bool has_children)
{
    const struct cg_attr *attr = attr_by_name("cpu.cfs_quota_us", 1);
    cleanup_value struct cg_value *value = value_of(attr, to),
                                  *before = now ? value_of(attr, now) : NULL;

    return attr_write(&model->kernel, 3, attr, value, before, has_children, NULL);
}

static void a_quota_is_read_from_both_files(void **state)
{
    struct model model = model_new("-1\n", "50000\n");
    cleanup_value struct cg_value *value = NULL;
    cleanup_buffer struct buffer scratch = {0};
    struct cg_quota quota;

    assert_int_equal(
        attr_read(&model.kernel, 3, attr_by_name("cpu.cfs_period_us", 1), &scratch, &value, NULL),
        0);
    assert_int_equal(cg_value_quota(value, &quota), 0);
    assert_true(quota.quota_us == CG_NO_LIMIT);
    assert_int_equal(quota.period_us, 50000);
}

/* Every change between these states, for a leaf whose parent has just the room that the wider of
 * the two needs, and for a parent whose child needs all that the narrower of the two gives. */
static void no_state_between_two_quota_writes_breaks_a_rule(void **state)
{
    static const struct {
        const char *quota, *period;
    } states[] = {{"-1", "100000"},     {"-1", "50000"},     {"50000", "100000"},
                  {"100000", "200000"}, {"10000", "100000"}, {"400000", "100000"},
                  {"20000", "10000"},   {"1000", "1000000"}, {"1000000", "1000"},
                  {"500000", "1000000"}};

    for (size_t i = 0; i < ARRAY_SIZE(states); i++) {
        for (size_t k = 0; k < ARRAY_SIZE(states) * 4; k++) {
            size_t to = k / 4;
            bool has_children = k & 1, known = k & 2;
            struct model model = model_new(states[i].quota, states[i].period);
            double a = atof(states[i].quota) / atof(states[i].period),
                   b = atof(states[to].quota) / atof(states[to].period);
            char text[64], now[64];

            if (has_children)
                model.child = a < 0 ? b : b < 0 ? a : a < b ? a : b;
            else
                model.parent = a > b ? a : b;
            if (model.child < 0)
                model.child = 0;
            if (model.parent < 0)
                model.parent = 0;
            snprintf(text, sizeof(text), "%s %s", states[to].quota, states[to].period);
            snprintf(now, sizeof(now), "%s %s", states[i].quota, states[i].period);
            assert_int_equal(write_quota(&model, text, known ? now : NULL, has_children), 0);
            assert_string_equal(model.quota, states[to].quota);
            assert_string_equal(model.period, states[to].period);
        }
    }
}

static void only_the_file_that_changes_is_written(void **state)
{
    struct model quota = model_new("50000", "100000"), period = quota, none = quota,
                 unknown = quota;

    assert_int_equal(write_quota(&quota, "20000 100000", "50000 100000", false), 0);
    assert_string_equal(quota.log, "20000");
    assert_int_equal(write_quota(&period, "50000 200000", "50000 100000", false), 0);
    assert_string_equal(period.log, "200000");
    assert_int_equal(write_quota(&none, "50000 100000", "50000 100000", false), 0);
    assert_string_equal(none.log, "");
    assert_int_equal(write_quota(&unknown, "50000 100000", NULL, false), 0);
    assert_int_equal(unknown.writes, 2);
}

static void the_first_refused_write_ends_it(void **state)
{
    struct model model = model_new("50000", "100000");

    model.refuse = EINVAL;
    model.refuse_at = 1;
    assert_int_equal(write_quota(&model, "20000 50000", "50000 100000", false), -EINVAL);
    assert_int_equal(model.writes, 1);
}

static void an_empty_set_is_written_as_a_line(void **state)
{
    const struct cg_attr *attr = attr_by_name("cpuset.cpus", 2);
    cleanup_value struct cg_value *value = value_of(attr, "");
    struct model model = model_new("", "");

    assert_int_equal(attr_write(&model.kernel, 3, attr, value, NULL, false, NULL), 0);
    assert_string_equal(model.log, "\n");
}

static void what_only_reads_or_only_writes_is_refused_the_other_way(void **state)
{
    const struct cg_attr *usage = attr_by_name("memory.usage_in_bytes", 1),
                         *empty = attr_by_name("memory.force_empty", 1),
                         *limit = attr_by_name("memory.limit_in_bytes", 1);
    cleanup_value struct cg_value *value = value_of(usage, "4096");
    cleanup_buffer struct buffer scratch = {0};
    struct model model = model_new("", "");
    struct cg_value *read = NULL;

    assert_int_equal(attr_write(&model.kernel, 3, usage, value, NULL, false, NULL), -EACCES);
    assert_int_equal(attr_read(&model.kernel, 3, empty, &scratch, &read, NULL), -EACCES);
    assert_int_equal(
        attr_write(&model.kernel, 3, attr_by_name("cpu.shares", 1), value, NULL, false, NULL),
        -EINVAL);
    assert_int_equal(attr_write(&model.kernel, 3, limit, value, NULL, false, NULL), -EINVAL);
    assert_int_equal(model.writes, 0);
}

static void a_value_of_another_attribute_is_written_nowhere(void **state)
{
    const struct cg_attr *cpus = attr_by_name("cpuset.cpus", 2),
                         *effective = attr_by_name("cpuset.cpus.effective", 2);
    cleanup_value struct cg_value *value = value_of(effective, "0-3");
    cleanup_error struct cg_error *error = NULL;
    struct model model = model_new("", "");

    assert_int_equal(attr_write(&model.kernel, 3, cpus, value, NULL, false, &error), -EINVAL);
    assert_non_null(strstr(cg_error_text(error), "cpuset.cpus.effective"));
    assert_int_equal(model.writes, 0);
}

static void lines_without_a_line_are_no_success(void **state)
{
    static const struct {
        const char *name;
        int version;
        const char *text;
    } cases[] = {{"io.max", 2, "8:0"}, {"devices.allow", 1, ""}, {"cgroup.procs", 2, " \n"}};

    for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
        const struct cg_attr *attr = attr_by_name(cases[i].name, cases[i].version);
        cleanup_value struct cg_value *value = value_of(attr, cases[i].text);
        cleanup_error struct cg_error *error = NULL;
        struct model model = model_new("", "");

        assert_int_equal(attr_write(&model.kernel, 3, attr, value, NULL, false, &error), -EINVAL);
        assert_non_null(strstr(cg_error_text(error), "nothing to write"));
        assert_int_equal(model.writes, 0);
    }
}

static void a_refusal_says_file_value_and_what_it_means(void **state)
{
    static const struct {
        const char *name;
        int version, code;
        const char *value, *means;
    } cases[] = {
        {"cpuset.cpus", 1, EBUSY, "0-1", "children"},
        {"cpuset.cpus", 1, EACCES, "0-1", "widen the parent"},
        {"cpuset.cpus", 1, EINVAL, "0-1", "widen the parent"},
        {"cpuset.cpus", 2, ERANGE, "0-1", "does not exist"},
        {"cpuset.cpus", 2, ENOSPC, "", "cannot be emptied"},
        {"cpuset.cpus", 2, EACCES, "0-1", "root"},
        {"memory.limit_in_bytes", 1, EBUSY, "4096", "reclaimed"},
        {"memory.limit_in_bytes", 1, EINVAL, "4096", "memsw"},
        {"memory.max", 2, ENOENT, "4096", "subtree_control"},
        {"cpu.shares", 1, ENODEV, "2", "gone"},
        {"cpu.shares", 1, EPERM, "2", "root"},
        {"cpu.max", 2, EOPNOTSUPP, "max", "threaded"},
        {"cpu.shares", 1, EIO, "2", "Input/output"},
    };

    for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
        const struct cg_attr *attr = attr_by_name(cases[i].name, cases[i].version);
        cleanup_value struct cg_value *value = value_of(attr, cases[i].value);
        cleanup_error struct cg_error *error = NULL;
        struct model model = model_new("", "");

        model.refuse = cases[i].code;
        model.refuse_at = 1;
        assert_int_equal(attr_write(&model.kernel, 3, attr, value, NULL, false, &error),
                         -cases[i].code);
        assert_int_equal(cg_error_errno(error), cases[i].code);
        assert_non_null(strstr(cg_error_text(error), cases[i].name));
        assert_non_null(strstr(cg_error_text(error), cases[i].value));
        assert_non_null(strstr(cg_error_text(error), cases[i].means));
    }
}

static void a_missing_file_is_explained_when_read_too(void **state)
{
    static const char *const files[] = {"cpu.cfs_quota_us", "cpu.cfs_period_us"};

    for (size_t i = 0; i < ARRAY_SIZE(files); i++) {
        struct model model = model_new("-1", "100000");
        cleanup_error struct cg_error *error = NULL;
        cleanup_buffer struct buffer scratch = {0};
        struct cg_value *value = NULL;

        model.missing = files[i];
        assert_int_equal(attr_read(&model.kernel, 3, attr_by_name("cpu.cfs_quota_us", 1), &scratch,
                                   &value, &error),
                         -ENOENT);
        assert_null(value);
        assert_non_null(strstr(cg_error_text(error), files[i]));
        assert_non_null(strstr(cg_error_text(error), "this kernel"));
    }
}

static void threads_come_in_the_kernels_order(void **state)
{
    struct model model = model_new("", "");
    cleanup_buffer struct buffer scratch = {0};
    cleanup_free pid_t *threads = NULL, *none = NULL;
    size_t count = 9;

    strcpy(model.other, "30\n4\n100\n");
    assert_int_equal(threads_read(&model.kernel, 3, 2, &scratch, &threads, &count, NULL), 0);
    assert_int_equal(count, 3);
    assert_int_equal(threads[0], 30);
    assert_int_equal(threads[2], 100);
    model.other[0] = '\0';
    assert_int_equal(threads_read(&model.kernel, 3, 1, &scratch, &none, &count, NULL), 0);
    assert_int_equal(count, 0);
    strcpy(model.other, "30\nx\n");
    assert_int_equal(threads_read(&model.kernel, 3, 1, &scratch, &none, &count, NULL), -EINVAL);
    model.missing = "cgroup.threads";
    assert_int_equal(threads_read(&model.kernel, 3, 2, &scratch, &none, &count, NULL), -ENOENT);
}

static void tasks_and_devices_are_written_one_by_one(void **state)
{
    struct model model = model_new("", "");
    const struct cg_attr *procs = attr_by_name("cgroup.procs", 2),
                         *rates = attr_by_name("blkio.throttle.write_bps_device", 1);
    cleanup_value struct cg_value *tasks = value_of(procs, "12 34\n56"),
                                  *limits = value_of(rates, "8:0 1048576\n8:16 max");

    assert_int_equal(attr_write(&model.kernel, 3, procs, tasks, NULL, false, NULL), 0);
    assert_int_equal(model.writes, 3);
    assert_int_equal(attr_write(&model.kernel, 3, rates, limits, NULL, false, NULL), 0);
    assert_string_equal(model.log, "12 34 56 8:0 1048576 8:16 0");
}

static void the_first_line_that_is_refused_is_the_last(void **state)
{
    struct model model = model_new("", "");
    cleanup_error struct cg_error *error = NULL;
    const struct cg_attr *procs = attr_by_name("cgroup.procs", 2);
    cleanup_value struct cg_value *tasks = value_of(procs, "12\n34\n56");

    model.refuse = ESRCH;
    model.refuse_at = 2;
    assert_int_equal(attr_write(&model.kernel, 3, procs, tasks, NULL, false, &error), -ESRCH);
    assert_non_null(strstr(cg_error_text(error), "\"34\""));
    assert_non_null(strstr(cg_error_text(error), "no such process"));
    assert_string_equal(model.log, "12");
}

static void of_oom_control_the_flag_is_written(void **state)
{
    struct model model = model_new("", "");
    const struct cg_attr *attr = attr_by_name("memory.oom_control", 1);
    cleanup_value struct cg_value *value = value_of(attr, "oom_kill_disable 1\nunder_oom 0");

    assert_int_equal(attr_write(&model.kernel, 3, attr, value, NULL, false, NULL), 0);
    assert_string_equal(model.log, "1");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_quota_is_read_from_both_files),
        cmocka_unit_test(no_state_between_two_quota_writes_breaks_a_rule),
        cmocka_unit_test(only_the_file_that_changes_is_written),
        cmocka_unit_test(the_first_refused_write_ends_it),
        cmocka_unit_test(an_empty_set_is_written_as_a_line),
        cmocka_unit_test(what_only_reads_or_only_writes_is_refused_the_other_way),
        cmocka_unit_test(a_value_of_another_attribute_is_written_nowhere),
        cmocka_unit_test(lines_without_a_line_are_no_success),
        cmocka_unit_test(a_refusal_says_file_value_and_what_it_means),
        cmocka_unit_test(a_missing_file_is_explained_when_read_too),
        cmocka_unit_test(threads_come_in_the_kernels_order),
        cmocka_unit_test(tasks_and_devices_are_written_one_by_one),
        cmocka_unit_test(the_first_line_that_is_refused_is_the_last),
        cmocka_unit_test(of_oom_control_the_flag_is_written),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
