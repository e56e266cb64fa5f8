/* The command line's grammar: where options may stand, who takes them, what is refused. */
#include "cli/options.h"

#include <setjmp.h>
#include <stdarg.h>
#include <string.h>
#include <sysexits.h>
#include <cmocka.h>

static int run(const struct options *options)
{
    return 0;
}

static const struct command plan = {
    .name = "plan", .arguments_max = SIZE_MAX, .takes = TAKES_JSON, .run = run};
static const struct command hold = {
    .name = "hold", .arguments_max = SIZE_MAX, .takes = TAKES_ALL | TAKES_FOR, .run = run};
static const struct command explain = {
    .name = "explain", .arguments = "GUEST", .arguments_min = 1, .arguments_max = 1, .run = run};
static const struct command *const commands[] = {&plan, &hold, &explain, NULL};

/* Parses "vmpin WORDS...", separated by blanks. `line` must live as long as the options. */
static int parse(char *line, struct options *ret)
{
    char *argv[32] = {(char *)"/usr/bin/vmpin"};
    int argc = 1;

    for (char *word = strtok(line, " "); word; word = strtok(NULL, " "))
        argv[argc++] = word;
    return options_parse(argc, argv, commands, ret);
}

static int clear_environment(void **state)
{
    unsetenv("POSIXLY_CORRECT");
    return 0;
}

static void options_stand_before_or_behind_the_command(void **state)
{
    char before[] = "-c test:///default --json -p /a plan web1";
    char behind[] = "plan web1 -c test:///default --json -p /a";
    char between[] = "-c test:///default plan --json web1 --policies=/a";
    char *lines[] = {before, behind, between};

    for (size_t i = 0; i < ARRAY_SIZE(lines); i++) {
        cleanup_options struct options options = {0};

        assert_int_equal(parse(lines[i], &options), 0);
        assert_ptr_equal(options.command, &plan);
        assert_string_equal(options.uri, "test:///default");
        assert_true(options.json);
        assert_string_equal(options.folders[0], "/a");
        assert_null(options.folders[1]);
        assert_int_equal(options.argument_count, 1);
        assert_string_equal(options.arguments[0], "web1");
        assert_null(options.arguments[1]);
    }
}

static void posixly_correct_does_not_change_the_grammar(void **state)
{
    cleanup_options struct options options = {0};
    char line[] = "plan web1 --json";

    setenv("POSIXLY_CORRECT", "1", 1);
    assert_int_equal(parse(line, &options), 0);
    assert_true(options.json);
    assert_int_equal(options.argument_count, 1);
}

static void policy_folders_keep_their_order(void **state)
{
    cleanup_options struct options options = {0};
    char line[] = "-p /a plan --policies /b -p/c";

    assert_int_equal(parse(line, &options), 0);
    assert_string_equal(options.folders[0], "/a");
    assert_string_equal(options.folders[1], "/b");
    assert_string_equal(options.folders[2], "/c");
    assert_null(options.folders[3]);
}

static void without_options_the_defaults_hold(void **state)
{
    cleanup_options struct options options = {0};
    char line[] = "plan";

    assert_int_equal(parse(line, &options), 0);
    assert_null(options.uri);
    assert_null(options.folders);
    assert_null(options.root);
    assert_null(options.guests);
    assert_string_equal(options.state_dir, "/run/vmpin");
    assert_int_equal(options.argument_count, 0);
    assert_null(options.arguments[0]);
    assert_false(options.json || options.verbose || options.help || options.all);
}

static void another_root_has_a_state_folder_of_its_own(void **state)
{
    cleanup_options struct options below = {0}, given = {0};
    char line[] = "plan --root /tmp/host";
    char line_given[] = "plan --root /tmp/host --state-dir /tmp/state";

    assert_int_equal(parse(line, &below), 0);
    assert_string_equal(below.state_dir, "/tmp/host/run/vmpin");
    assert_int_equal(parse(line_given, &given), 0);
    assert_string_equal(given.state_dir, "/tmp/state");
}

static void what_stands_behind_two_dashes_is_a_guest(void **state)
{
    cleanup_options struct options options = {0};
    char line[] = "plan web1 -- --json -n";

    assert_int_equal(parse(line, &options), 0);
    assert_false(options.json);
    assert_int_equal(options.argument_count, 3);
    assert_string_equal(options.arguments[1], "--json");
    assert_string_equal(options.arguments[2], "-n");
}

static void help_is_asked_in_three_ways(void **state)
{
    char one[] = "help plan", two[] = "plan --help", three[] = "-h plan";
    char *lines[] = {one, two, three};

    for (size_t i = 0; i < ARRAY_SIZE(lines); i++) {
        cleanup_options struct options options = {0};

        assert_int_equal(parse(lines[i], &options), 0);
        assert_true(options.help);
        assert_ptr_equal(options.command, &plan);
    }
}

static void help_without_a_command_is_the_programs(void **state)
{
    char one[] = "help", two[] = "--help";
    char *lines[] = {one, two};

    for (size_t i = 0; i < ARRAY_SIZE(lines); i++) {
        cleanup_options struct options options = {0};

        assert_int_equal(parse(lines[i], &options), 0);
        assert_true(options.help);
        assert_null(options.command);
    }
}

static void help_needs_no_guest(void **state)
{
    cleanup_options struct options options = {0};
    char line[] = "explain --help";

    assert_int_equal(parse(line, &options), 0);
    assert_true(options.help);
}

static void a_wrong_command_line_is_a_usage_error(void **state)
{
    static const char *const wrong[] = {
        "",                     /* no command */
        "frobnicate",           /* an unknown one */
        "help frobnicate",      /* help of it */
        "plan --frobnicate",    /* an unknown option */
        "plan -x",              /* an unknown letter */
        "plan --connect",       /* no value */
        "plan --connect=",      /* an empty one */
        "plan --json=yes",      /* a value where none belongs */
        "plan --all",           /* another command's option */
        "plan --for 10m",       /* another command's option with a value */
        "hold --for ten --all", /* not a time */
        "hold --for 0 --all",   /* no time at all */
        "explain",              /* too few guests */
        "explain web1 web2",    /* too many */
    };

    for (size_t i = 0; i < ARRAY_SIZE(wrong); i++) {
        cleanup_options struct options options = {0};
        char line[64];

        snprintf(line, sizeof(line), "%s", wrong[i]);
        if (parse(line, &options) != EX_USAGE)
            fail_msg("'vmpin %s' was taken", wrong[i]);
        assert_null(options.arguments);
    }
}

static void a_hold_takes_its_time(void **state)
{
    cleanup_options struct options options = {0};
    char line[] = "hold --all --for 10m";

    assert_int_equal(parse(line, &options), 0);
    assert_true(options.all);
    assert_int_equal(options.duration, 600);
}

static void times_have_units(void **state)
{
    static const struct {
        const char *text;
        int64_t seconds;
    } times[] = {{"90", 90},    {"90s", 90}, {"10m", 600},         {"2h", 7200},
                 {"1d", 86400}, {"007", 7},  {"10000d", 864000000}};

    for (size_t i = 0; i < ARRAY_SIZE(times); i++) {
        int64_t seconds = -1;

        assert_int_equal(duration_parse(times[i].text, &seconds), 0);
        assert_int_equal(seconds, times[i].seconds);
    }
}

static void what_is_no_time_is_refused(void **state)
{
    static const struct {
        const char *text;
        int error;
    } wrong[] = {
        {"", -EINVAL},       {"m", -EINVAL},         {"-1", -EINVAL},
        {"+1", -EINVAL},     {" 1", -EINVAL},        {"1 ", -EINVAL},
        {"1w", -EINVAL},     {"1mm", -EINVAL},       {"1h30m", -EINVAL},
        {"1.5h", -EINVAL},   {"0", -ERANGE},         {"0d", -ERANGE},
        {"10001d", -ERANGE}, {"864000001", -ERANGE}, {"99999999999999999999999d", -ERANGE},
    };

    for (size_t i = 0; i < ARRAY_SIZE(wrong); i++) {
        int64_t seconds = -1;

        if (duration_parse(wrong[i].text, &seconds) != wrong[i].error)
            fail_msg("'%s' gave another result", wrong[i].text);
        assert_int_equal(seconds, -1);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(options_stand_before_or_behind_the_command, clear_environment),
        cmocka_unit_test_setup(posixly_correct_does_not_change_the_grammar, clear_environment),
        cmocka_unit_test_setup(policy_folders_keep_their_order, clear_environment),
        cmocka_unit_test_setup(without_options_the_defaults_hold, clear_environment),
        cmocka_unit_test_setup(another_root_has_a_state_folder_of_its_own, clear_environment),
        cmocka_unit_test_setup(what_stands_behind_two_dashes_is_a_guest, clear_environment),
        cmocka_unit_test_setup(help_is_asked_in_three_ways, clear_environment),
        cmocka_unit_test_setup(help_without_a_command_is_the_programs, clear_environment),
        cmocka_unit_test_setup(help_needs_no_guest, clear_environment),
        cmocka_unit_test_setup(a_wrong_command_line_is_a_usage_error, clear_environment),
        cmocka_unit_test_setup(a_hold_takes_its_time, clear_environment),
        cmocka_unit_test(times_have_units),
        cmocka_unit_test(what_is_no_time_is_refused),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
