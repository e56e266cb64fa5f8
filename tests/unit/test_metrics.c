/* The metrics' text. With a file's name as argument, the text of a full example goes there, for
 * test_metrics.py to show to promtool. */
#include "agent/metrics.h"
#include "agent/usage.h"

#include <setjmp.h>
#include <stdarg.h>
#include <string.h>
#include <cmocka.h>

static const struct cg_attr *attr(const char *name)
{
    return attr_by_name(name, 2);
}

static struct change change(const char *name, enum change_reason reason, enum change_state state,
                            int error)
{
    return (struct change){.cell = {.target = CELL_FILE, .attr = attr(name)},
                           .reason = reason,
                           .state = state,
                           .error_number = error};
}

static char *text_of(const struct metrics *metrics, const struct metrics_now *now)
{
    char *text;

    assert_int_equal(metrics_format(metrics, now, &text), 0);
    return text;
}

static void has_line(const char *text, const char *line)
{
    cleanup_free char *wanted = NULL;

    assert_true(asprintf(&wanted, "\n%s\n", line) > 0);
    if (!strstr(text, wanted))
        fail_msg("no line '%s' in:\n%s", line, text);
}

static void a_histogram_counts_what_is_at_most_its_bound(void **state)
{
    struct metrics metrics = {0};
    const struct metrics_now now = {0};
    cleanup_free char *text = NULL;

    metrics_observe(&metrics.passes, 100);
    metrics_observe(&metrics.passes, 101);
    metrics_observe(&metrics.passes, 20000000);
    text = text_of(&metrics, &now);
    has_line(text, "vmpin_reconcile_duration_seconds_bucket{le=\"0.0001\"} 1");
    has_line(text, "vmpin_reconcile_duration_seconds_bucket{le=\"0.00025\"} 2");
    has_line(text, "vmpin_reconcile_duration_seconds_bucket{le=\"10\"} 2");
    has_line(text, "vmpin_reconcile_duration_seconds_bucket{le=\"+Inf\"} 3");
    has_line(text, "vmpin_reconcile_duration_seconds_sum 20.000201");
    has_line(text, "vmpin_reconcile_duration_seconds_count 3");
}

static void a_pass_is_counted_by_class_heal_and_errno(void **state)
{
    struct change changes[] = {
        change("cpuset.cpus", CHANGE_HEAL, CHANGE_DONE, 0),
        change("cpu.max", CHANGE_POLICY, CHANGE_DONE, 0),
        change("memory.max", CHANGE_HEAL, CHANGE_FAILED, EBUSY),
        change("cpuset.cpus", CHANGE_POLICY, CHANGE_FAILED, 0),
        change("cpuset.cpus", CHANGE_HEAL, CHANGE_PLANNED, 0),
    };
    const struct report report = {.changes = changes, .change_count = ARRAY_SIZE(changes)};
    struct metrics_guest guest = {.name = "web1", .uuid = "0-1"};
    struct metrics metrics = {0};
    const struct metrics_now now = {.guests = &guest, .count = 1};
    cleanup_free char *text = NULL;

    assert_true(metrics_pass(&metrics, &report, guest.drift));
    text = text_of(&metrics, &now);
    has_line(text, "vmpin_writes_total{controller=\"cpu\"} 1");
    has_line(text, "vmpin_writes_total{controller=\"cpuset\"} 1");
    has_line(text, "vmpin_heals_total 1");
    has_line(text, "vmpin_failures_total{errno=\"EBUSY\"} 1");
    has_line(text, "vmpin_failures_total{errno=\"EOK\"} 1");
    has_line(text, "vmpin_drift_total{guest=\"web1\",uuid=\"0-1\",class=\"cpuset\"} 1");
    has_line(text, "vmpin_drift_total{guest=\"web1\",uuid=\"0-1\",class=\"memory\"} 1");
}

static void a_pass_that_writes_nothing_says_so(void **state)
{
    struct change planned = change("cpuset.cpus", CHANGE_HEAL, CHANGE_PLANNED, 0);
    const struct report report = {.changes = &planned, .change_count = 1};
    uint64_t drift[METRICS_CLASSES] = {0};
    struct metrics metrics = {0};

    assert_false(metrics_pass(&metrics, &report, drift));
}

static void a_name_cannot_break_out_of_its_label(void **state)
{
    const struct metrics_guest guest = {
        .name = "a\"b\\c\nd", .uuid = "0-1", .drift = {[METRICS_CPU] = 1}};
    const struct metrics_now now = {.guests = &guest, .count = 1};
    const struct metrics metrics = {0};
    cleanup_free char *text = text_of(&metrics, &now);

    has_line(text, "vmpin_drift_total{guest=\"a\\\"b\\\\c\\\\x0ad\",uuid=\"0-1\",class=\"cpu\"} 1");
}

static void what_the_host_does_not_have_is_left_out(void **state)
{
    const struct metrics_guest guest = {.name = "web1", .uuid = "0-1"};
    const struct metrics_now now = {.guests = &guest, .count = 1};
    const struct metrics metrics = {0};
    cleanup_free char *text = text_of(&metrics, &now);

    assert_null(strstr(text, "throttled_seconds_total{"));
    assert_null(strstr(text, "pressure_seconds_total{"));
}

static void a_vcpu_that_is_unplugged_takes_nothing_from_a_counter(void **state)
{
    const struct usage four = {.throttle_known = true, .periods = 100, .throttled = 8},
                       three = {.throttle_known = true, .periods = 75, .throttled = 6},
                       later = {.throttle_known = true, .periods = 85, .throttled = 7};
    struct usage usage = {0};

    usage_advance(&usage, &four);
    assert_true(usage.throttle_known && usage.periods == 100 && usage.throttled == 8);
    usage_advance(&usage, &three);
    assert_true(usage.periods == 100 && usage.throttled == 8);
    usage_advance(&usage, &later);
    assert_true(usage.periods == 110 && usage.throttled == 9 && usage.throttled_us == 0);
}

static void drift_counts_from_zero(void **state)
{
    const struct metrics_guest guest = {.name = "web1", .uuid = "0-1"};
    const struct metrics_now now = {.guests = &guest, .count = 1};
    const struct metrics metrics = {0};
    cleanup_free char *text = text_of(&metrics, &now);

    has_line(text, "vmpin_drift_total{guest=\"web1\",uuid=\"0-1\",class=\"cpuset\"} 0");
}

static void the_first_connection_is_no_reconnect(void **state)
{
    const struct metrics_now now = {0};
    struct metrics metrics = {.connects = 1};
    cleanup_free char *once = text_of(&metrics, &now), *again = NULL;

    metrics.connects = 3;
    again = text_of(&metrics, &now);
    has_line(once, "vmpin_libvirt_reconnects_total 0");
    has_line(again, "vmpin_libvirt_reconnects_total 2");
}

/* Every family with a sample. */
static int write_example(const char *path)
{
    const struct metrics_guest guests[] = {
        {.name = "web \"1\"",
         .uuid = "0-1",
         .drift = {1, 2, 3, 4},
         .usage = {.throttle_known = true,
                   .pressure_known = true,
                   .periods = 9,
                   .throttled = 3,
                   .throttled_us = 1500000,
                   .pressure = {{1, 2}, {3, 4}, {5, 6}}}},
        {.name = "web2", .uuid = "0-2", .usage = {.throttle_known = true}},
    };
    const struct metrics_now now = {.statuses = {[GUEST_IN_SYNC] = 2},
                                    .files_loaded = 3,
                                    .files_refused = 1,
                                    .connected = true,
                                    .guests = guests,
                                    .count = 2};
    struct metrics metrics = {
        .writes = {1}, .heals = 10, .failures = {[0] = 1, [EINVAL] = 2}, .connects = 2};
    cleanup_free char *text = NULL;
    cleanup_fclose FILE *file = fopen(path, "we");

    metrics_observe(&metrics.passes, 1234);
    metrics_observe(&metrics.applied, 123456789);
    if (!file || metrics_format(&metrics, &now, &text) < 0)
        return EXIT_FAILURE;
    return fputs(text, file) < 0 ? EXIT_FAILURE : EXIT_SUCCESS;
}

int main(int argc, char **argv)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_histogram_counts_what_is_at_most_its_bound),
        cmocka_unit_test(a_pass_is_counted_by_class_heal_and_errno),
        cmocka_unit_test(a_pass_that_writes_nothing_says_so),
        cmocka_unit_test(a_name_cannot_break_out_of_its_label),
        cmocka_unit_test(what_the_host_does_not_have_is_left_out),
        cmocka_unit_test(a_vcpu_that_is_unplugged_takes_nothing_from_a_counter),
        cmocka_unit_test(drift_counts_from_zero),
        cmocka_unit_test(the_first_connection_is_no_reconnect),
    };

    if (argc > 1)
        return write_example(argv[1]);
    return cmocka_run_group_tests(tests, NULL, NULL);
}
