/* What a record takes for a baseline, and the text of a state. */
#include "reconcile/state.h"

#include "test.h"

#include <string.h>

static struct cg_value *cpus(const char *list)
{
    struct cg_value *value = NULL;

    assert_int_equal(cg_value_parse(attr_by_name("cpuset.cpus", 1), list, &value, NULL), 0);
    return value;
}

static void assert_cpus(const struct cg_value *value, const char *list)
{
    cleanup_free char *text = NULL;

    assert_non_null(value);
    assert_int_equal(cg_value_format(value, &text), 0);
    assert_string_equal(text, list);
}

static struct cell key_of(enum cg_role_kind kind, unsigned index)
{
    return (struct cell){.role = {.kind = kind, .index = index},
                         .attr = attr_by_name("cpuset.cpus", 1)};
}

static struct record *first_touch(struct guest_state *state, const char *baseline)
{
    struct cell key = key_of(CG_ROLE_VCPU, 0);
    struct record *record;

    assert_int_equal(state_add(state, &key, &record), 0);
    record->baseline = cpus(baseline);
    return record;
}

static void write_value(struct record *record, const char *list)
{
    struct cg_value *value = cpus(list);

    record_write(record, value);
    cg_value_unref(value);
}

static bool see(struct record *record, const char *list)
{
    struct cg_value *value = cpus(list);
    bool changed = record_observe(record, value);

    cg_value_unref(value);
    return changed;
}

static bool wrote(const struct record *record, const char *list)
{
    struct cg_value *value = cpus(list);
    bool ours = record_wrote(record, value);

    cg_value_unref(value);
    return ours;
}

static void what_vmpin_wrote_is_no_baseline(void **unused)
{
    cleanup_state struct guest_state state = {0};
    struct record *record = first_touch(&state, "0-3");

    write_value(record, "1");
    assert_false(see(record, "1"));
    assert_cpus(record->baseline, "0-3");
}

static void a_foreign_value_becomes_the_baseline(void **unused)
{
    cleanup_state struct guest_state state = {0};
    struct record *record = first_touch(&state, "0-3");

    write_value(record, "1");
    assert_true(see(record, "2"));
    assert_cpus(record->baseline, "2");
}

static void between_save_and_write_either_value_may_stand(void **unused)
{
    cleanup_state struct guest_state state = {0};
    struct record *record = first_touch(&state, "0-3");

    write_value(record, "1");
    record_written(record);
    write_value(record, "1-2"); /* on the way */
    write_value(record, "2");
    assert_true(wrote(record, "1"));
    assert_true(wrote(record, "1-2"));
    assert_true(wrote(record, "2"));
    assert_false(see(record, "0-3"));
    record_written(record);
    assert_true(see(record, "1")); /* settled: an old value of ours is somebody's now */
    assert_cpus(record->baseline, "1");
}

static void an_undone_write_leaves_the_record_as_it_was(void **unused)
{
    cleanup_state struct guest_state state = {0}, before = {0};
    struct cell key = key_of(CG_ROLE_VCPU, 0), other = key_of(CG_ROLE_EMULATOR, 0);
    struct record *record = first_touch(&state, "0-3"), *added;

    write_value(record, "1");
    assert_int_equal(state_copy(&state, &before), 0);
    write_value(record, "2");
    assert_int_equal(state_add(&state, &other, &added), 0);
    state_reset(&state, &before, &key);
    state_reset(&state, &before, &other);
    assert_null(state_find(&state, &other));
    record = state_find(&state, &key);
    assert_cpus(record->written[0], "1");
    assert_null(record->written[1]);
}

static void a_state_belongs_to_one_incarnation(void **unused)
{
    cleanup_state struct guest_state state = {0};
    struct place place = {.id = 77};
    struct binding binding = {.pid = 10, .start_time = 5, .places = &place, .count = 1};

    state_start(&state, "11111111-2222-3333-4444-555555555555", &binding);
    assert_true(state_is_of(&state, &binding));
    binding.start_time = 6;
    assert_false(state_is_of(&state, &binding));
    binding.start_time = 5;
    place.id = 78;
    assert_false(state_is_of(&state, &binding));
    place.id = 77;
    binding.pid = 0; /* not known now: says nothing against it */
    assert_true(state_is_of(&state, &binding));
}

/* An earlier vmpin noted the node that the process's list has first. */
static void a_process_is_known_by_any_of_its_nodes(void **unused)
{
    cleanup_state struct guest_state state = {0};
    struct place place = {.id = 77}, places[] = {{.id = 12}, place};
    struct binding old = {.pid = 10, .start_time = 5, .places = &place, .count = 1};
    struct binding binding = {.pid = 10, .start_time = 5, .places = places, .count = 2};

    state_start(&state, "11111111-2222-3333-4444-555555555555", &old);
    assert_true(state_is_of(&state, &binding));
    binding.pid = 0; /* ids of two hierarchies may be alike */
    assert_false(state_is_of(&state, &binding));
}

static void a_lost_state_knows_what_was_to_be_set_once(void **unused)
{
    cleanup_state struct guest_state state = {0};
    cleanup_cells struct cells desired = {0};
    struct place place = {.id = 77};
    struct binding binding = {.pid = 10, .start_time = 5, .places = &place, .count = 1};
    struct cell cell = key_of(CG_ROLE_VCPU, 0), start = key_of(CG_ROLE_VCPU, 1);
    struct record *record;

    cell.value = start.value = cpus("1");
    start.flags = CELL_ENFORCE_START;
    assert_int_equal(cells_set(&desired, &cell), 0);
    assert_int_equal(cells_set(&desired, &start), 0);
    cg_value_unref(cell.value);
    assert_int_equal(state_start_lost(&state, "u", &binding, &desired), 0);
    assert_true(state.lost && state_is_of(&state, &binding));
    assert_null(state_find(&state, &cell));
    record = state_find(&state, &start);
    assert_true(record->settled && wrote(record, "1"));
    assert_null(record->baseline);
    assert_true(see(record, "2")); /* the operator's, and so what to return to */
    assert_cpus(record->baseline, "2");
}

static struct cg_mounts *v1_mounts(void)
{
    struct cg_mounts *mounts = NULL;

    assert_int_equal(mounts_parse("31 23 0:31 / /c rw - cgroup cgroup rw,cpuset\n", &mounts, NULL),
                     0);
    return mounts;
}

static void text_and_state_are_inverse(void **unused)
{
    cleanup_mounts struct cg_mounts *mounts = v1_mounts();
    cleanup_state struct guest_state state = {0}, again = {0};
    cleanup_free char *text = NULL, *second = NULL;
    struct place place = {.id = 77};
    struct binding binding = {.pid = 10, .start_time = 5, .places = &place, .count = 1};
    struct cell vm = key_of(CG_ROLE_VM, 0), mask = key_of(CG_ROLE_VCPU, 3);
    struct record *record;

    state_start(&state, "11111111-2222-3333-4444-555555555555", &binding);
    record = first_touch(&state, "0-3");
    write_value(record, "1");
    write_value(record, "2");
    record->settled = true;
    mask.target = CELL_MASK;
    assert_int_equal(state_add(&state, &mask, &record), 0);
    record->settled = true;
    assert_int_equal(state_add(&state, &vm, &record), 0); /* its baseline is not known */
    state.lost = true;
    state.mover = 7;
    state.mover_start = 9;
    assert_int_equal(state_format(&state, &text), 0);
    assert_int_equal(state_parse(text, strlen(text), mounts, &again, NULL), 0);
    assert_true(state_is_of(&again, &binding));
    assert_true(again.lost && again.mover == 7 && again.mover_start == 9);
    assert_int_equal(again.count, 3);
    assert_non_null(state_find(&again, &mask));
    assert_true(state_find(&again, &mask)->settled);
    assert_int_equal(state_format(&again, &second), 0);
    assert_string_equal(text, second);
}

static void whether_memory_moved_is_read_as_older_versions_wrote_it(void **unused)
{
    static const char text[] =
        "{\"version\":1,\"uuid\":\"u\",\"pid\":1,\"start_time\":1,\"node\":1,"
        "\"lost\":false,\"moving\":true,\"cells\":[]}";
    cleanup_mounts struct cg_mounts *mounts = v1_mounts();
    cleanup_state struct guest_state state = {0};

    assert_int_equal(state_parse(text, strlen(text), mounts, &state, NULL), 0);
    assert_int_equal(state.mover, 0);
}

static void a_damaged_text_is_refused(void **unused)
{
    static const char *const texts[] = {
        "",
        "{",
        "[]",
        "{\"version\":2}",
        "null",
        "{\"version\":1,\"uuid\":\"u\",\"pid\":1,\"start_time\":1,\"node\":1,\"lost\":false,"
        "\"cells\":[{}]}",
        "{\"version\":1,\"uuid\":\"u\",\"pid\":1,\"start_time\":1,\"node\":1,\"lost\":false,"
        "\"cells\":[[\"vcpu0\",\"cpuset.cpus\",7,[]]]}",
        "{\"version\":1,\"uuid\":\"u\",\"pid\":1,\"start_time\":1,\"node\":1,\"lost\":false,"
        "\"cells\":[[\"vcpu0\",\"cpuset.cpus\",null,[\"0\",\"1\",\"2\",\"3\"]]]}",
        "{\"version\":1,\"uuid\":\"u\",\"pid\":1,\"start_time\":1,\"node\":1,\"lost\":false,"
        "\"cells\":[[\"vcpu0\",\"cpuset.cpus\",null,[],\"task\"]]}",
        "{\"version\":1,\"uuid\":\"u\",\"pid\":1,\"start_time\":1,\"node\":1,\"lost\":false,"
        "\"cells\":[[\"vcpu0\",\"cpuset.mems\",null,[],\"mask\"]]}",
        "{\"version\":1,\"uuid\":\"u\",\"pid\":1,\"start_time\":1,\"node\":1,\"lost\":false,"
        "\"cells\":[[\"vm\",\"cpuset.cpus\",null,[],\"unit\"]]}",
        "{\"version\":1,\"uuid\":\"u\",\"pid\":1,\"start_time\":1,\"node\":1,\"lost\":false,"
        "\"cells\":[[\"vcpu0\",\"cpuset.cpus\",null,[]],[\"vcpu0\",\"cpuset.cpus\",null,[]]]}",
    };
    cleanup_mounts struct cg_mounts *mounts = v1_mounts();

    for (size_t i = 0; i < ARRAY_SIZE(texts); i++) {
        struct guest_state state = {0};
        cleanup_error struct cg_error *err = NULL;

        assert_int_equal(state_parse(texts[i], strlen(texts[i]), mounts, &state, &err), -EINVAL);
        assert_non_null(err);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_vmpin_wrote_is_no_baseline),
        cmocka_unit_test(a_foreign_value_becomes_the_baseline),
        cmocka_unit_test(between_save_and_write_either_value_may_stand),
        cmocka_unit_test(an_undone_write_leaves_the_record_as_it_was),
        cmocka_unit_test(a_state_belongs_to_one_incarnation),
        cmocka_unit_test(a_process_is_known_by_any_of_its_nodes),
        cmocka_unit_test(a_lost_state_knows_what_was_to_be_set_once),
        cmocka_unit_test(text_and_state_are_inverse),
        cmocka_unit_test(whether_memory_moved_is_read_as_older_versions_wrote_it),
        cmocka_unit_test(a_damaged_text_is_refused),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
