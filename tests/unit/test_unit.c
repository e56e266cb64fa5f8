/* The weight of a guest in a systemd scope, in the model of the kernel, with a systemd that answers
 * when the test lets it. */
#include "test.h"

#include "unit/life.h"

#include <stdio.h>
#include <string.h>

#define SCOPE "machine-qemu\\x2d2\\x2dweb1.scope"

/* systemd, as far as a guest's weight goes. */
struct fake {
    struct systemd port;
    struct model *model;
    struct unit_call *call; /* what it was asked last; NULL: it has answered */
    uint64_t value;
    char asked[256];           /* the questions so far */
    const char *unreachable;   /* why it cannot even be asked; NULL: it can */
    const char *refuses;       /* its answer; NULL: it does it */
    bool answers_while_waited; /* not only when the test says so */
    bool answers_and_forgets;  /* it says that it did it, and did not */
};

static int fake_set(struct systemd *systemd, const char *unit, const char *property, uint64_t value,
                    struct unit_call *call, struct cg_error **err)
{
    struct fake *fake = (struct fake *)systemd;
    size_t length = strlen(fake->asked);

    if (fake->unreachable)
        return error_set(err, ENOTCONN, "%s", fake->unreachable);
    assert_null(fake->call); /* one question at a time */
    assert_string_equal(unit, SCOPE);
    assert_string_equal(property, "CPUWeight");
    if (value == UNIT_NOT_SET)
        snprintf(fake->asked + length, sizeof(fake->asked) - length, " unset");
    else
        snprintf(fake->asked + length, sizeof(fake->asked) - length, " %llu",
                 (unsigned long long)value);
    fake->call = call;
    fake->value = value;
    return 0;
}

/* As somebody's SetUnitProperties does: on record, and in the file. */
static void record(struct fake *fake, uint64_t value)
{
    char text[64] = "[Scope]\nCPUWeight=\n", weight[24] = "100";

    if (value != UNIT_NOT_SET) {
        snprintf(weight, sizeof(weight), "%llu", (unsigned long long)value);
        snprintf(text, sizeof(text), "[Scope]\nCPUWeight=%s\n", weight);
    }
    model_set_file(fake->model, "/run/systemd/transient/" SCOPE ".d/50-CPUWeight.conf", text);
    assert_int_equal(model_write(fake->model, "cpu", "machine.slice/" SCOPE, "cpu.weight", weight),
                     0);
}

static void answer(struct fake *fake)
{
    struct unit_call *call = fake->call;

    assert_non_null(call);
    fake->call = NULL;
    if (!fake->refuses && !fake->answers_and_forgets)
        record(fake, fake->value);
    unit_call_end(call, fake->refuses);
}

static int fake_wait(struct systemd *systemd, unsigned ms)
{
    struct fake *fake = (struct fake *)systemd;

    if (!fake->answers_while_waited)
        return -ETIMEDOUT;
    answer(fake);
    return 0;
}

static void fake_cancel(struct systemd *systemd, struct unit_call *call)
{
    ((struct fake *)systemd)->call = NULL;
}

/* A guest under systemd for which nothing is desired yet. */
static void begin(struct life *life, struct fake *fake)
{
    life_begin_plain(life, 2, false);
    life->scene.host->systemd = true;
    life->ask_systemd = true;
    *fake =
        (struct fake){.model = life->scene.model,
                      .port = {.set_property = fake_set, .wait = fake_wait, .cancel = fake_cancel}};
    life->systemd = &fake->port;
}

static void expect_weight(struct fake *fake, const char *weight)
{
    cleanup_free char *found = model_read(fake->model, "cpu", "machine.slice/" SCOPE, "cpu.weight");

    assert_string_equal(found, weight);
}

static void expect_status(const struct life *life, enum guest_status status)
{
    if (life->report.status != status)
        life_print(life);
    assert_string_equal(guest_status_name(life->report.status), guest_status_name(status));
}

/* A weight of 200 that is in the file and on record. */
static void begin_settled(struct life *life, struct fake *fake)
{
    begin(life, fake);
    life_desire(life, "vm", "cpu.weight", "200");
    life_apply(life, "the first weight");
    answer(fake);
    life_apply(life, "its answer");
    life_expect_in_force(life, "settled");
}

static void a_weight_is_written_at_once_and_settles_when_systemd_answers(void **state)
{
    struct life life;
    struct fake fake;

    begin(&life, &fake);
    life_desire(&life, "vm", "cpu.weight", "200");
    life_apply(&life, "first");
    expect_weight(&fake, "200");
    expect_status(&life, GUEST_SETTLING);
    life_apply(&life, "a look before the answer");
    expect_status(&life, GUEST_SETTLING);
    answer(&fake);
    life_apply(&life, "a look after it");
    life_expect_in_force(&life, "at last");
    assert_int_equal(life.report.change_count, 0);
    assert_string_equal(fake.asked, " 200");
    life_end(&life);
}

static void without_systemd_nobody_is_asked(void **state)
{
    struct life life;
    struct fake fake;

    begin(&life, &fake);
    life.scene.host->systemd = false;
    life_desire(&life, "vm", "cpu.weight", "200");
    life_apply(&life, "first");
    life_expect_in_force(&life, "at once");
    assert_string_equal(fake.asked, "");
    life_end(&life);
}

static void nothing_but_the_guests_own_weight_is_asked_of_systemd(void **state)
{
    struct life life;
    struct fake fake;

    begin(&life, &fake);
    life_desire(&life, "vm", "cpu.max", "50000 100000");
    life_desire(&life, "vm", "memory.max", "4294967296");
    life_desire(&life, "vm", "cpuset.cpus", "0-5");
    life_desire(&life, "vcpu0", "cpu.weight", "200");
    life_apply(&life, "first");
    life_expect_in_force(&life, "at once");
    assert_string_equal(fake.asked, "");
    life_end(&life);
}

static void a_weight_that_systemd_has_anyway_is_not_asked_for(void **state)
{
    struct life life;
    struct fake fake;

    begin(&life, &fake);
    life_desire(&life, "vm", "cpu.weight", "100");
    life_apply(&life, "first");
    life_expect_in_force(&life, "at once");
    assert_string_equal(fake.asked, "");
    life_end(&life);
}

static void changes_before_the_answer_are_one_question_after_it(void **state)
{
    struct life life;
    struct fake fake;

    begin(&life, &fake);
    for (unsigned weight = 200; weight <= 500; weight += 100) {
        char text[8];

        snprintf(text, sizeof(text), "%u", weight);
        life_desire(&life, "vm", "cpu.weight", text);
        life_apply(&life, "a change");
        expect_weight(&fake, text);
    }
    answer(&fake);
    life_apply(&life, "the first answer");
    expect_weight(&fake, "500"); /* systemd had written 200 */
    answer(&fake);
    life_apply(&life, "the second answer");
    life_expect_in_force(&life, "at last");
    assert_string_equal(fake.asked, " 200 500");
    life_end(&life);
}

static void when_the_policy_goes_file_and_record_return_to_what_was_not_set(void **state)
{
    struct life life;
    struct fake fake;

    begin_settled(&life, &fake);
    life_return(&life, "return");
    expect_weight(&fake, "100");
    answer(&fake);
    life_return(&life, "its answer");
    life_expect_returned(&life, "at last");
    assert_string_equal(fake.asked, " 200 unset");
    life_end(&life);
}

static void a_policy_that_goes_before_the_answer_is_undone_after_it(void **state)
{
    struct life life;
    struct fake fake;

    begin(&life, &fake);
    life_desire(&life, "vm", "cpu.weight", "200");
    life_apply(&life, "first");
    life_desire_nothing(&life);
    life_apply(&life, "the policy goes");
    expect_weight(&fake, "100");
    life_apply(&life, "a look");
    answer(&fake); /* the file has 200 once more */
    life_apply(&life, "the first answer");
    answer(&fake);
    life_apply(&life, "the second answer");
    life_expect_returned(&life, "at last");
    life_end(&life);
}

static void what_was_asked_is_not_foreign_though_a_look_came_before_the_answer(void **state)
{
    struct life life;
    struct fake fake;

    begin_settled(&life, &fake);
    life_desire(&life, "vm", "cpu.weight", "400");
    life_apply(&life, "a change");
    life_apply(&life, "a look");
    answer(&fake);
    life_apply(&life, "its answer");
    life_return(&life, "return");
    answer(&fake);
    life_return(&life, "its answer");
    life_expect_returned(&life, "at last");
    assert_string_equal(fake.asked, " 200 400 unset");
    life_end(&life);
}

static void a_policy_that_goes_between_two_programs_is_undone_after_the_answer(void **state)
{
    struct life life;
    struct fake fake;

    begin(&life, &fake);
    life_desire(&life, "vm", "cpu.weight", "200");
    life_apply(&life, "first");
    unit_call_release(&life.call); /* killed; what it asked for is still to come */
    life_desire_nothing(&life);
    life_apply(&life, "the next program");
    record(&fake, 200);
    answer(&fake);
    life_apply(&life, "its answer");
    life_expect_returned(&life, "at last");
    assert_string_equal(fake.asked, " 200 unset");
    life_end(&life);
}

/* virsh schedinfo: both by systemd's hand. */
static void what_libvirt_sets_is_healed_in_both_and_is_what_both_return_to(void **state)
{
    struct life life;
    struct fake fake;

    begin_settled(&life, &fake);
    record(&fake, 700);
    life_apply(&life, "the heal");
    expect_weight(&fake, "200");
    answer(&fake);
    life_apply(&life, "its answer");
    life_expect_in_force(&life, "healed");
    life_return(&life, "return");
    answer(&fake);
    life_return(&life, "its answer");
    expect_weight(&fake, "700");
    expect_status(&life, GUEST_UNMANAGED);
    assert_string_equal(fake.asked, " 200 200 700");
    life_end(&life);
}

static void systemd_that_fails_leaves_the_file_in_force_and_is_told(void **state)
{
    static const struct {
        const char *unreachable, *refuses;
    } rows[] = {{.unreachable = "no bus"}, {.refuses = "no such unit"}};

    for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
        struct life life;
        struct fake fake;
        const char *why = rows[i].refuses ? rows[i].refuses : rows[i].unreachable;

        begin(&life, &fake);
        fake.unreachable = rows[i].unreachable;
        fake.refuses = rows[i].refuses;
        life_desire(&life, "vm", "cpu.weight", "200");
        life_apply(&life, "first");
        if (fake.call)
            answer(&fake);
        life.ask_systemd = false; /* not so soon */
        life_apply(&life, "a look");
        expect_weight(&fake, "200");
        expect_status(&life, GUEST_SETTLING);
        assert_string_equal(life_change(&life, CHANGE_SETTLING)->error, why);
        assert_string_equal(fake.asked, rows[i].refuses ? " 200" : "");
        fake.unreachable = fake.refuses = NULL;
        life.ask_systemd = true;
        life_apply(&life, "another try");
        answer(&fake);
        life_apply(&life, "the answer");
        life_expect_in_force(&life, "at last");
        life_end(&life);
    }
}

static void files_are_healed_while_systemd_does_not_answer(void **state)
{
    struct life life;
    struct fake fake;
    cleanup_free char *path = NULL, *found = NULL;

    begin(&life, &fake);
    life_desire(&life, "vm", "cpu.weight", "200");
    life_desire(&life, "vcpu0", "cpuset.cpus", "3");
    life_apply(&life, "first");
    path = model_guest_path(fake.model, &life.scene.guest, "vcpu0");
    assert_int_equal(model_write(fake.model, "cpuset", path, "cpuset.cpus", "5"), 0);
    life_apply(&life, "the heal");
    found = model_read(fake.model, "cpuset", path, "cpuset.cpus");
    assert_string_equal(found, "3");
    expect_status(&life, GUEST_SETTLING);
    life_end(&life);
}

/* What is remembered of the question dies with the program; what it asked for is on disk. */
static void a_program_killed_before_the_answer_leaves_it_to_the_next_one(void **state)
{
    struct life life;
    struct fake fake;

    begin(&life, &fake);
    life_desire(&life, "vm", "cpu.weight", "200");
    life_apply(&life, "first");
    unit_call_release(&life.call);
    assert_int_equal(life_pass(&life, RECONCILE_STATUS), 0);
    expect_status(&life, GUEST_SETTLING);
    assert_non_null(strstr(life_change(&life, CHANGE_SETTLING)->note, "has not got it yet"));
    life_apply(&life, "after the restart");
    answer(&fake);
    life_apply(&life, "its answer");
    life_expect_in_force(&life, "at last");
    life_expect_true_baseline(&life, "at last");
    life_return(&life, "return");
    answer(&fake);
    life_return(&life, "its answer");
    life_expect_returned(&life, "after all");
    assert_string_equal(fake.asked, " 200 200 unset");
    life_end(&life);
}

static void a_plan_shows_both_ways_and_asks_nobody(void **state)
{
    struct life life;
    struct fake fake;

    begin(&life, &fake);
    life_desire(&life, "vm", "cpu.weight", "200");
    assert_int_equal(life_pass(&life, RECONCILE_PLAN), 0);
    assert_int_equal(life.report.change_count, 2);
    assert_int_equal(life.report.changes[0].cell.target, CELL_FILE);
    assert_int_equal(life.report.changes[1].cell.target, CELL_UNIT);
    assert_int_equal(life.report.changes[1].state, CHANGE_PLANNED);
    assert_string_equal(fake.asked, "");
    life_end(&life);
}

static void one_shot_runs_wait_for_the_answer(void **state)
{
    static const struct {
        const char *refuses;
        bool silent, forgets;
        enum guest_status status;
    } rows[] = {
        {.status = GUEST_IN_SYNC},
        {.refuses = "no such unit", .status = GUEST_FAILED},
        {.silent = true, .status = GUEST_SETTLING},
        {.forgets = true, .status = GUEST_FAILED},
    };

    for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
        struct life life;
        struct fake fake;

        begin(&life, &fake);
        life.answer_wait_ms = 10;
        fake.refuses = rows[i].refuses;
        fake.answers_while_waited = !rows[i].silent;
        fake.answers_and_forgets = rows[i].forgets;
        life_desire(&life, "vm", "cpu.weight", "200");
        life_apply(&life, "one shot");
        expect_weight(&fake, "200");
        expect_status(&life, rows[i].status);
        life_end(&life);
    }
}

static void a_change_that_fails_elsewhere_asks_nothing_of_systemd(void **state)
{
    struct life life;
    struct fake fake;

    begin(&life, &fake);
    life_desire(&life, "vm", "cpu.weight", "200");
    life_desire(&life, "vcpu0", "cpuset.cpus", "3");
    kernel_fail_at(life.scene.fail, 2, EIO);
    life_apply(&life, "a write fails");
    expect_status(&life, GUEST_FAILED);
    assert_string_equal(fake.asked, "");
    life_end(&life);
}

static void a_weight_for_the_start_is_set_once_in_both(void **state)
{
    struct life life;
    struct fake fake;

    begin(&life, &fake);
    life_desire(&life, "vm", "cpu.weight", "200");
    life.desired.cells.cells[0].flags |= CELL_ENFORCE_START;
    life_apply(&life, "first");
    answer(&fake);
    life_apply(&life, "its answer");
    record(&fake, 700);
    life_apply(&life, "virsh schedinfo");
    expect_weight(&fake, "700");
    expect_status(&life, GUEST_IN_SYNC);
    assert_string_equal(fake.asked, " 200");
    life_end(&life);
}

static void what_systemd_has_on_record_is_read_from_its_drop_in(void **state)
{
    static const struct {
        const char *text; /* NULL: there is no such file */
        uint64_t value;
    } rows[] = {
        {NULL, 100},
        {"", 100},
        {"# made by systemd\n[Scope]\nCPUWeight=333\n", 333},
        {"[Scope]\nCPUWeight=333\nCPUWeight=\n", 100},
        {"[Scope]\nCPUWeight=", 100},
        {"[Scope]\nCPUWeight=200\nCPUWeight=300", 300},
        {"[Scope]\nCPUWeightX=200\nXCPUWeight=300\n", 100},
        {"[Scope]\nCPUWeight=idle\n", 100},
    };

    for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
        const struct unit unit = {.name = SCOPE, .attr = attr_by_name("cpu.weight", 2)};
        cleanup_buffer struct buffer scratch = {0};
        struct life life;
        struct fake fake;
        struct cg_value *value;
        uint64_t found;

        begin(&life, &fake);
        model_set_file(fake.model, "/run/systemd/transient/" SCOPE ".d/50-CPUWeight.conf",
                       rows[i].text);
        assert_int_equal(unit_read(life.scene.host, &unit, &scratch, &value, NULL), 0);
        assert_int_equal(cg_value_uint(value, &found), 0);
        assert_int_equal(found, rows[i].value);
        cg_value_unref(value);
        life_end(&life);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_weight_is_written_at_once_and_settles_when_systemd_answers),
        cmocka_unit_test(without_systemd_nobody_is_asked),
        cmocka_unit_test(nothing_but_the_guests_own_weight_is_asked_of_systemd),
        cmocka_unit_test(a_weight_that_systemd_has_anyway_is_not_asked_for),
        cmocka_unit_test(changes_before_the_answer_are_one_question_after_it),
        cmocka_unit_test(when_the_policy_goes_file_and_record_return_to_what_was_not_set),
        cmocka_unit_test(a_policy_that_goes_before_the_answer_is_undone_after_it),
        cmocka_unit_test(what_was_asked_is_not_foreign_though_a_look_came_before_the_answer),
        cmocka_unit_test(a_policy_that_goes_between_two_programs_is_undone_after_the_answer),
        cmocka_unit_test(what_libvirt_sets_is_healed_in_both_and_is_what_both_return_to),
        cmocka_unit_test(systemd_that_fails_leaves_the_file_in_force_and_is_told),
        cmocka_unit_test(files_are_healed_while_systemd_does_not_answer),
        cmocka_unit_test(a_program_killed_before_the_answer_leaves_it_to_the_next_one),
        cmocka_unit_test(a_plan_shows_both_ways_and_asks_nobody),
        cmocka_unit_test(one_shot_runs_wait_for_the_answer),
        cmocka_unit_test(a_change_that_fails_elsewhere_asks_nothing_of_systemd),
        cmocka_unit_test(a_weight_for_the_start_is_set_once_in_both),
        cmocka_unit_test(what_systemd_has_on_record_is_read_from_its_drop_in),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
