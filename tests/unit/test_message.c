#include "guest/message.h"

#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

#define UUID         "6c7e1f0a-93ab-4c51-8f1d-0c5c1c9f7a11"
#define GUEST(facts) "{\"type\":\"guest\",\"event\":\"list\",\"facts\":{" facts "}}"
/* What every guest has, to be followed by the members of the case. */
#define BASIC                                                                                      \
    "\"uuid\":\"" UUID "\",\"name\":\"db1\",\"driver\":\"qemu\","                                  \
    "\"vcpus_maximum\":4,\"memory_maximum\":67108864"

#define FULL                                                                                       \
    "\"uuid\":\"" UUID "\",\"name\":\"db1\",\"title\":\"Ber\xc3\xbchmt\",\"driver\":\"qemu\","     \
    "\"id\":2,\"running\":true,\"persistent\":true,\"ignore\":true,\"vcpus_maximum\":4,"           \
    "\"vcpus_current\":2,\"memory_maximum\":9223372036854775807,\"memory_current\":67108864,"      \
    "\"hugepages\":true,\"locked_memory\":true,\"host_devices\":1,"                                \
    "\"cpu_shares\":2048,"                                                                         \
    "\"numatune_mode\":\"strict\",\"partition\":\"/machine/x\",\"iothreads\":[1,4294967295],"      \
    "\"cpuset\":\"0-3\",\"emulator_pin\":\"\",\"vcpu_pins\":[{\"index\":0,\"cpus\":\"1\"},"        \
    "{\"index\":2,\"cpus\":\"2-3,9\"}],\"iothread_pins\":[{\"index\":1,\"cpus\":\"0\"}],"          \
    "\"metadata\":[{\"namespace\":\"urn:a\",\"path\":\"role/@x\",\"value\":\"\\n\\u001B\"},"       \
    "{\"namespace\":\"\",\"path\":\"b\",\"value\":\"\"}],\"metadata_cut\":true"

static void parse(const char *line, struct message *message)
{
    cleanup_error struct cg_error *err = NULL;

    if (message_parse(line, strlen(line), message, &err) < 0)
        fail_msg("%s", cg_error_text(err));
}

static void every_message_is_formatted_as_it_was_parsed(void **state)
{
    static const char *const lines[] = {
        "{\"type\":\"connected\",\"uri\":\"qemu:///system\",\"libvirt\":\"9.0.0\"}",
        "{\"type\":\"synced\"}",
        "{\"type\":\"gone\",\"uuid\":\"" UUID "\"}",
        "{\"type\":\"disconnected\",\"reason\":\"a \\\"b\\\" \\u0007\"}",
        "{\"type\":\"guest\",\"event\":\"started\",\"facts\":{" FULL "}}",
        "{\"type\":\"guest\",\"event\":\"stopped\",\"facts\":{\"uuid\":\"" UUID
        "\",\"name\":\"\",\"driver\":\"test\",\"running\":false,\"vcpus_maximum\":0,"
        "\"vcpus_current\":0,\"memory_maximum\":0,\"memory_current\":0}}",
    };

    for (size_t i = 0; i < ARRAY_SIZE(lines); i++) {
        cleanup_message struct message message = {0};
        cleanup_free char *line = NULL;

        parse(lines[i], &message);
        assert_int_equal(message_format(&message, &line), 0);
        assert_string_equal(line, lines[i]);
    }
}

static void every_event_has_a_name_of_its_own(void **state)
{
    for (enum message_event event = EVENT_LIST; event <= EVENT_OTHER; event++) {
        cleanup_message struct message message = {0}, again = {0};
        cleanup_free char *line = NULL;

        parse(GUEST(BASIC), &message);
        message.event = event;
        assert_int_equal(message_format(&message, &line), 0);
        parse(line, &again);
        assert_int_equal(again.event, event);
    }
}

static void the_facts_of_a_guest_are_all_there(void **state)
{
    cleanup_message struct message message = {0};
    const struct facts *facts;

    parse(GUEST(FULL), &message);
    facts = message.facts;
    assert_int_equal(message.type, MESSAGE_GUEST);
    assert_int_equal(message.event, EVENT_LIST);
    assert_string_equal(facts->uuid, UUID);
    assert_string_equal(facts->title, "Ber\xc3\xbchmt");
    assert_int_equal(facts->id, 2);
    assert_true(facts->running && facts->persistent && facts->ignore && facts->hugepages);
    assert_true(facts->locked_memory && facts->metadata_cut);
    assert_int_equal(facts->vcpus_maximum, 4);
    assert_int_equal(facts->vcpus_current, 2);
    assert_true(facts->memory_maximum == INT64_MAX);
    assert_int_equal(facts->memory_current, 67108864);
    assert_int_equal(facts->host_devices, 1);
    assert_int_equal(facts->cpu_shares, 2048);
    assert_string_equal(facts->numatune_mode, "strict");
    assert_string_equal(facts->partition, "/machine/x");
    assert_int_equal(facts->iothread_count, 2);
    assert_true(facts->iothreads[1] == 4294967295u);
    assert_int_equal(cg_set_count(facts->emulator_pin), 0);
    assert_int_equal(facts->vcpu_pins[1].index, 2);
    assert_true(cg_set_has(facts->vcpu_pins[1].cpus, 9));
    assert_int_equal(facts->metadata_count, 2);
    assert_string_equal(facts->metadata[0].value, "\n\x1b");
}

static void what_is_left_out_has_a_default(void **state)
{
    cleanup_message struct message message = {0};

    parse(GUEST(BASIC), &message);
    assert_int_equal(message.facts->id, -1);
    assert_false(message.facts->running || message.facts->persistent || message.facts->ignore);
    assert_int_equal(message.facts->vcpus_current, 4);
    assert_int_equal(message.facts->memory_current, 67108864);
    assert_null(message.facts->title);
    assert_null(message.facts->cpuset);
    assert_null(message.facts->numatune_mode);
}

static void an_id_alone_means_that_the_guest_runs(void **state)
{
    cleanup_message struct message message = {0};

    parse(GUEST(BASIC ",\"id\":0"), &message);
    assert_true(message.facts->running);
}

static void what_stands_in_no_order_is_sorted(void **state)
{
    cleanup_message struct message message = {0};

    parse(GUEST(BASIC ",\"iothreads\":[3,1],\"vcpu_pins\":[{\"index\":2,\"cpus\":\"1\"},"
                      "{\"index\":1,\"cpus\":\"0\"}]"),
          &message);
    assert_int_equal(message.facts->iothreads[0], 1);
    assert_int_equal(message.facts->vcpu_pins[0].index, 1);
}

static void a_newer_helper_may_say_more(void **state)
{
    cleanup_message struct message message = {0};

    parse("{\"type\":\"guest\",\"event\":\"teleported\",\"when\":[1],\"facts\":{" BASIC
          ",\"colour\":{}}}",
          &message);
    assert_int_equal(message.event, EVENT_OTHER);
}

static void assert_refused(const char *line, size_t length, const char *place)
{
    struct message message = {.type = MESSAGE_GONE};
    cleanup_error struct cg_error *err = NULL;

    assert_int_equal(message_parse(line, length, &message, &err), -EINVAL);
    if (!strstr(cg_error_text(err), place))
        fail_msg("%s\nis refused with: %s\nwhich does not name: %s", line, cg_error_text(err),
                 place);
    assert_int_equal(message.type, MESSAGE_GONE);
}

static void a_line_that_is_no_message_is_refused_with_its_place(void **state)
{
    static const struct {
        const char *line, *place;
    } cases[] = {
        {"", "column"},
        {"{", "column"},
        {"null", "column"},
        {"[]", "object"},
        {"\"guest\"", "column"},
        {"{}", "/type is missing"},
        {"{\"type\":1}", "/type must be a string"},
        {"{\"type\":\"\"}", "/type"},
        {"{\"type\":\"invented\"}", "/type"},
        {"{\"type\":\"synced\"} x", "column"},
        {"{\"type\":\"synced\",\"type\":\"gone\"}", "duplicate"},
        {"{\"type\":\"connected\",\"uri\":\"x\"}", "/libvirt is missing"},
        {"{\"type\":\"connected\",\"uri\":null,\"libvirt\":\"1\"}", "/uri must be a string"},
        {"{\"type\":\"disconnected\"}", "/reason is missing"},
        {"{\"type\":\"disconnected\",\"reason\":\"\xff\"}", "column"},
        {"{\"type\":\"disconnected\",\"reason\":\"\\u0000\"}", "column"},
        {"{\"type\":\"gone\"}", "/uuid is missing"},
        {"{\"type\":\"gone\",\"uuid\":\"x\"}", "/uuid is no UUID"},
        {"{\"type\":\"guest\",\"facts\":{}}", "/event is missing"},
        {"{\"type\":\"guest\",\"event\":\"list\"}", "/facts is missing"},
        {"{\"type\":\"guest\",\"event\":\"list\",\"facts\":[]}", "/facts must be an object"},
        {GUEST(""), "/facts/uuid is missing"},
    };

    for (size_t i = 0; i < ARRAY_SIZE(cases); i++)
        assert_refused(cases[i].line, strlen(cases[i].line), cases[i].place);
}

static void a_fact_of_a_wrong_type_is_refused_with_its_key(void **state)
{
    static const struct {
        const char *line, *place;
    } cases[] = {
        {GUEST(BASIC ",\"title\":1"), "/facts/title must be a string"},
        {GUEST(BASIC ",\"id\":-1"), "/facts/id must be a whole number"},
        {GUEST(BASIC ",\"id\":2147483648"), "/facts/id must be a whole number"},
        {GUEST(BASIC ",\"id\":1.0"), "/facts/id must be a whole number"},
        {GUEST(BASIC ",\"running\":1"), "/facts/running must be true or false"},
        {GUEST(BASIC ",\"running\":true"), "/facts/running is true"},
        {GUEST(BASIC ",\"id\":1,\"running\":false"), "/facts/running is false"},
        {GUEST(BASIC ",\"ignore\":\"yes\""), "/facts/ignore must be"},
        {GUEST(BASIC ",\"vcpus_current\":4294967296"), "/facts/vcpus_current must be"},
        {GUEST(BASIC ",\"memory_current\":-1"), "/facts/memory_current must be"},
        {GUEST(BASIC ",\"memory_current\":18446744073709551616"), "column"},
        {GUEST(BASIC ",\"iothreads\":{}"), "/facts/iothreads must be an array"},
        {GUEST(BASIC ",\"iothreads\":[\"1\"]"), "/facts/iothreads must hold"},
        {GUEST(BASIC ",\"iothreads\":[1,1]"), "twice"},
        {GUEST(BASIC ",\"cpuset\":\"3-1\""), "/facts/cpuset is no list"},
        {GUEST(BASIC ",\"cpuset\":[0]"), "/facts/cpuset must be a string"},
        {GUEST(BASIC ",\"vcpu_pins\":[{\"index\":0,\"cpus\":\"1\"},1]"),
         "/facts/vcpu_pins/1 must be an object"},
        {GUEST(BASIC ",\"vcpu_pins\":[{\"index\":0}]"), "/facts/vcpu_pins/0/cpus is missing"},
        {GUEST(BASIC ",\"iothread_pins\":[{\"cpus\":\"\"}]"),
         "/facts/iothread_pins/0/index is missing"},
        {GUEST(BASIC ",\"metadata\":\"\""), "/facts/metadata must be an array"},
        {GUEST(BASIC ",\"metadata\":[[]]"), "/facts/metadata/0 must be an object"},
        {GUEST(BASIC ",\"metadata\":[{\"namespace\":\"\",\"path\":\"\"}]"),
         "/facts/metadata/0/value is missing"},
    };

    for (size_t i = 0; i < ARRAY_SIZE(cases); i++)
        assert_refused(cases[i].line, strlen(cases[i].line), cases[i].place);
}

static void bytes_that_could_move_a_cursor_do_not_get_into_an_error(void **state)
{
    cleanup_message struct message message = {0};
    cleanup_error struct cg_error *err = NULL;
    const char *line = "{\"type\":\x1b[2J";

    assert_int_equal(message_parse(line, strlen(line), &message, &err), -EINVAL);
    assert_null(strchr(cg_error_text(err), '\x1b'));
}

static void ten_thousand_levels_of_nesting_are_refused(void **state)
{
    enum { LEVELS = 10000 };
    cleanup_free char *line = malloc(LEVELS);

    assert_non_null(line);
    memset(line, '[', LEVELS);
    assert_refused(line, LEVELS, "column");
}

static void a_line_beyond_the_limit_is_refused(void **state)
{
    cleanup_free char *line = malloc(MESSAGE_LINE_LIMIT + 1);

    assert_non_null(line);
    memset(line, ' ', MESSAGE_LINE_LIMIT + 1);
    memcpy(line, "{\"type\":\"synced\"}", 17);
    assert_refused(line, MESSAGE_LINE_LIMIT + 1, "longer than");
}

static void what_json_cannot_hold_is_not_formatted(void **state)
{
    cleanup_message struct message message = {0};
    char *line = (char *)"untouched";

    parse(GUEST(BASIC), &message);
    message.facts->name[0] = (char)0xff;
    assert_int_equal(message_format(&message, &line), -EINVAL);
    message.facts->name[0] = 'd';
    message.facts->memory_maximum = (uint64_t)1 << 63;
    assert_int_equal(message_format(&message, &line), -EINVAL);
    assert_string_equal(line, "untouched");
}

static void a_message_beyond_the_limit_is_not_formatted(void **state)
{
    cleanup_message struct message message = {.type = MESSAGE_DISCONNECTED};
    char *line = NULL;

    message.text = malloc(MESSAGE_LINE_LIMIT + 1);
    assert_non_null(message.text);
    memset(message.text, 'x', MESSAGE_LINE_LIMIT);
    message.text[MESSAGE_LINE_LIMIT] = '\0';
    assert_int_equal(message_format(&message, &line), -EMSGSIZE);
    assert_null(line);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_message_is_formatted_as_it_was_parsed),
        cmocka_unit_test(every_event_has_a_name_of_its_own),
        cmocka_unit_test(the_facts_of_a_guest_are_all_there),
        cmocka_unit_test(what_is_left_out_has_a_default),
        cmocka_unit_test(an_id_alone_means_that_the_guest_runs),
        cmocka_unit_test(what_stands_in_no_order_is_sorted),
        cmocka_unit_test(a_newer_helper_may_say_more),
        cmocka_unit_test(a_line_that_is_no_message_is_refused_with_its_place),
        cmocka_unit_test(a_fact_of_a_wrong_type_is_refused_with_its_key),
        cmocka_unit_test(bytes_that_could_move_a_cursor_do_not_get_into_an_error),
        cmocka_unit_test(ten_thousand_levels_of_nesting_are_refused),
        cmocka_unit_test(a_line_beyond_the_limit_is_refused),
        cmocka_unit_test(what_json_cannot_hold_is_not_formatted),
        cmocka_unit_test(a_message_beyond_the_limit_is_not_formatted),
    };

    return cmocka_run_group_tests_name("message", tests, NULL, NULL);
}
