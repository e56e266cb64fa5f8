/* What the agent says of a pass: stderr is a file here, read back. */
#include "agent/entries.h"
#include "agent/tell.h"

#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <string.h>
#include <sys/stat.h>
#include <cmocka.h>

struct world {
    struct log log;
    struct facts facts;
    struct managed guest;
    struct origin *origin;
    struct change changes[2];
    struct writer *writers; /* of these; NULL: not known */
    struct report report;
    int out, stderr_before;
    char text[4096];
};

static struct cg_value *cpus(const char *list)
{
    struct cg_value *value;

    assert_int_equal(cg_value_parse(attr_by_name("cpuset.cpus", 1), list, &value, NULL), 0);
    return value;
}

static void change_is(struct change *change, struct origin *origin, enum change_state state,
                      enum change_reason reason)
{
    *change = (struct change){
        .cell = {.role = {.kind = CG_ROLE_VCPU, .index = 3},
                 .attr = attr_by_name("cpuset.cpus", 1),
                 .value = cpus("2"),
                 .origin = origin},
        .old = cpus("0-1"),
        .reason = reason,
        .state = state,
    };
}

static void change_end(struct change *change)
{
    cg_value_unref(change->cell.value);
    cg_value_unref(change->old);
    *change = (struct change){0};
}

static int set_up(void **state)
{
    struct world *world = calloc(1, sizeof(*world));
    char file[] = "/tmp/vmpin-tell-XXXXXX";

    if (!world)
        return -1;
    *state = world;
    world->facts.name = (char *)"web\n1";
    world->guest.facts = &world->facts;
    world->origin = origin_new("db", "policy db (/p/db.json)");
    world->report = (struct report){.changes = world->changes, .status = GUEST_IN_SYNC};
    world->out = mkostemp(file, O_APPEND | O_CLOEXEC);
    unlink(file);
    fflush(stderr);
    world->stderr_before = dup(STDERR_FILENO);
    return world->origin && world->out >= 0 && dup2(world->out, STDERR_FILENO) >= 0 ? 0 : -1;
}

static int tear_down(void **state)
{
    struct world *world = *state;

    dup2(world->stderr_before, STDERR_FILENO);
    close(world->stderr_before);
    close(world->out);
    change_end(&world->changes[0]);
    change_end(&world->changes[1]);
    origin_unref(world->origin);
    free(world);
    return 0;
}

/* What was said since the last call. */
static const char *said(struct world *world)
{
    ssize_t n = pread(world->out, world->text, sizeof(world->text) - 1, 0);

    assert_true(n >= 0);
    world->text[n] = '\0';
    assert_int_equal(ftruncate(world->out, 0), 0);
    return world->text;
}

static const char *told(struct world *world)
{
    tell_report(&world->log, &world->guest, &world->report, "held back", world->writers);
    return said(world);
}

static void a_change_is_one_line_with_guest_role_values_and_origin(void **state)
{
    struct world *world = *state;

    world->report.change_count = 1;
    change_is(&world->changes[0], world->origin, CHANGE_DONE, CHANGE_POLICY);
    assert_string_equal(told(world), "vmpin agent: web\\x0a1: set vcpu3 cpuset.cpus: 0-1 -> 2, "
                                     "policy db (/p/db.json)\n");
}

static void a_heal_is_said_as_such_each_time(void **state)
{
    struct world *world = *state;

    world->report.change_count = 1;
    change_is(&world->changes[0], world->origin, CHANGE_DONE, CHANGE_HEAL);
    assert_non_null(strstr(told(world), ": healed vcpu3 cpuset.cpus: 0-1 -> 2"));
    assert_non_null(strstr(told(world), ": healed vcpu3 cpuset.cpus: 0-1 -> 2"));
}

static void trouble_is_said_once_until_it_changes_or_ends(void **state)
{
    struct world *world = *state;

    world->report.change_count = 1;
    change_is(&world->changes[0], world->origin, CHANGE_FAILED, CHANGE_POLICY);
    world->changes[0].error = (char *)"no room";
    assert_non_null(strstr(told(world), ": failed: vcpu3 cpuset.cpus: 0-1 -> 2"));
    assert_string_equal(told(world), "");
    world->changes[0].error = (char *)"too late";
    assert_non_null(strstr(told(world), "too late"));
    world->report.change_count = 0;
    assert_non_null(strstr(told(world), "nothing is amiss"));
    assert_string_equal(told(world), "");
}

static void done_changes_beside_trouble_are_said_all_the_same(void **state)
{
    struct world *world = *state;

    world->report.change_count = 2;
    change_is(&world->changes[0], world->origin, CHANGE_DONE, CHANGE_HEAL);
    change_is(&world->changes[1], world->origin, CHANGE_FAILED, CHANGE_HEAL);
    assert_non_null(strstr(told(world), ": failed: "));
    assert_null(strstr(told(world), ": failed: "));
    assert_non_null(strstr(told(world), ": healed "));
}

static void a_change_that_was_not_made_says_why(void **state)
{
    struct world *world = *state;

    world->report.change_count = 1;
    change_is(&world->changes[0], world->origin, CHANGE_PLANNED, CHANGE_HEAL);
    assert_non_null(strstr(told(world), ": held back: vcpu3 cpuset.cpus: 0-1 -> 2"));
    assert_string_equal(told(world), "");
}

static void the_journal_is_where_stderr_leads_to_it(void **state)
{
    struct world *world = *state;
    char stream[64];
    struct stat st;

    assert_int_equal(fstat(STDERR_FILENO, &st), 0);
    snprintf(stream, sizeof(stream), "%ju:%ju", (uintmax_t)st.st_dev, (uintmax_t)st.st_ino);
    setenv("JOURNAL_STREAM", stream, true);
    log_init(&world->log, false);
    assert_true(world->log.journal);
    log_close(&world->log);
    setenv("JOURNAL_STREAM", "1:1", true);
    log_init(&world->log, false);
    assert_false(world->log.journal);
    log_line(&world->log, LOG_WARNING, "%s", "a\tb");
    assert_string_equal(said(world), "vmpin agent: a\\x09b\n");
    unsetenv("JOURNAL_STREAM");
}

static void an_entry_has_the_fields_that_are_known(void **state)
{
    struct world *world = *state;
    struct log_entry entry = tell_entry(&world->guest, LOG_NOTICE, ENTRY_HEALED);
    static const char *const wanted[] = {
        "MESSAGE=he\\x1bllo\n",      "PRIORITY=5\n",
        "SYSLOG_IDENTIFIER=vmpin\n", ("MESSAGE_ID=" ENTRY_HEALED "\n"),
        "VMPIN_GUEST=web\\x0a1\n",   "VMPIN_UUID=0-1\n",
        "VMPIN_NODE=vcpu3\n",        "VMPIN_POLICY=db\n"};
    struct log_fields fields;

    snprintf(world->guest.uuid, sizeof(world->guest.uuid), "0-1");
    entry.node = "vcpu3";
    entry.policy = "db";
    assert_int_equal(log_fields_make(&entry, "he\033llo", &fields), 0);
    assert_int_equal(fields.count, ARRAY_SIZE(wanted));
    for (size_t i = 0; i < ARRAY_SIZE(wanted); i++) {
        assert_string_equal(fields.texts[i], wanted[i]);
        assert_int_equal(fields.fields[i].iov_len, strlen(wanted[i]));
    }
    log_fields_release(&fields);
}

static void who_wrote_is_told_behind_a_heal_and_escaped(void **state)
{
    struct world *world = *state;
    struct writer writers[2] = {{.pid = 12, .name = "a\033[1m"}, {.pid = 13}};

    world->report.change_count = 2;
    world->writers = writers;
    change_is(&world->changes[0], world->origin, CHANGE_DONE, CHANGE_HEAL);
    change_is(&world->changes[1], world->origin, CHANGE_DONE, CHANGE_HEAL);
    assert_string_equal(told(world),
                        "vmpin agent: web\\x0a1: healed vcpu3 cpuset.cpus: 0-1 -> 2, policy db "
                        "(/p/db.json), after a write by a\\x1b[1m (pid 12)\n"
                        "vmpin agent: web\\x0a1: healed vcpu3 cpuset.cpus: 0-1 -> 2, policy db "
                        "(/p/db.json), after a write by pid 13\n");
}

static void the_same_drift_is_no_news_when_its_writer_is_not_known_any_more(void **state)
{
    struct world *world = *state;
    struct writer writer = {.pid = 12, .name = "sh"};

    world->report.change_count = 1;
    world->writers = &writer;
    change_is(&world->changes[0], world->origin, CHANGE_PLANNED, CHANGE_HEAL);
    assert_string_equal(told(world),
                        "vmpin agent: web\\x0a1: held back: vcpu3 cpuset.cpus: 0-1 -> 2, policy db "
                        "(/p/db.json) (drift), after a write by sh (pid 12)\n");
    world->writers = NULL;
    assert_string_equal(told(world), "");
}

static void an_entry_has_the_writer_where_it_is_known(void **state)
{
    const struct log_entry entry = {.priority = LOG_NOTICE, .writer_pid = 12, .writer = "sh\t"};
    struct log_fields fields;

    assert_int_equal(log_fields_make(&entry, "", &fields), 0);
    assert_int_equal(fields.count, 5);
    assert_string_equal(fields.texts[3], "VMPIN_WRITER=sh\\x09\n");
    assert_string_equal(fields.texts[4], "VMPIN_WRITER_PID=12\n");
    log_fields_release(&fields);
}

static void debug_lines_are_for_verbose_alone(void **state)
{
    struct world *world = *state;

    log_line(&world->log, LOG_DEBUG, "a");
    assert_string_equal(said(world), "");
    world->log.verbose = true;
    log_line(&world->log, LOG_DEBUG, "a");
    assert_string_equal(said(world), "vmpin agent: a\n");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(a_change_is_one_line_with_guest_role_values_and_origin,
                                        set_up, tear_down),
        cmocka_unit_test_setup_teardown(a_heal_is_said_as_such_each_time, set_up, tear_down),
        cmocka_unit_test_setup_teardown(trouble_is_said_once_until_it_changes_or_ends, set_up,
                                        tear_down),
        cmocka_unit_test_setup_teardown(done_changes_beside_trouble_are_said_all_the_same, set_up,
                                        tear_down),
        cmocka_unit_test_setup_teardown(a_change_that_was_not_made_says_why, set_up, tear_down),
        cmocka_unit_test_setup_teardown(the_journal_is_where_stderr_leads_to_it, set_up, tear_down),
        cmocka_unit_test_setup_teardown(an_entry_has_the_fields_that_are_known, set_up, tear_down),
        cmocka_unit_test_setup_teardown(who_wrote_is_told_behind_a_heal_and_escaped, set_up,
                                        tear_down),
        cmocka_unit_test_setup_teardown(
            the_same_drift_is_no_news_when_its_writer_is_not_known_any_more, set_up, tear_down),
        cmocka_unit_test_setup_teardown(an_entry_has_the_writer_where_it_is_known, set_up,
                                        tear_down),
        cmocka_unit_test_setup_teardown(debug_lines_are_for_verbose_alone, set_up, tear_down),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
