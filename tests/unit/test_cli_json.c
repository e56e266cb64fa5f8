/* --json's documents: the keys that vmpin(1) promises, whatever a report holds. */
#include "cli/json.h"

#include <setjmp.h>
#include <stdarg.h>
#include <string.h>
#include <cmocka.h>

static struct cg_value *value(const struct cg_attr *attr, const char *text)
{
    struct cg_value *parsed = NULL;

    assert_int_equal(cg_value_parse(attr, text, &parsed, NULL), 0);
    return parsed;
}

static json_t *report_json(const struct report *report)
{
    json_t *json = json_report(report);

    assert_non_null(json);
    return json;
}

static const char *text_at(const json_t *object, const char *key)
{
    const json_t *text = json_object_get(object, key);

    assert_true(json_is_string(text));
    return json_string_value(text);
}

static void assert_keys(const json_t *object, const char *const *keys)
{
    size_t count = 0;

    for (; keys[count]; count++) {
        if (!json_object_get(object, keys[count]))
            fail_msg("'%s' is missing", keys[count]);
    }
    assert_int_equal(json_object_size(object), count);
}

static void an_empty_report_has_every_key(void **state)
{
    static const char *const keys[] = {
        "name",    "uuid",     "status", "error", "policies", "threads_checked",
        "changes", "refusals", "roles",  NULL};
    struct report report = {.uuid = "11111111-1111-1111-1111-111111111111", .name = (char *)"web1"};
    json_t *json = report_json(&report);

    assert_keys(json, keys);
    assert_string_equal(text_at(json, "status"), "unmanaged");
    assert_true(json_is_null(json_object_get(json, "error")));
    assert_int_equal(json_array_size(json_object_get(json, "changes")), 0);
    json_decref(json);
}

static void a_change_tells_old_new_way_and_origin(void **state)
{
    static const char *const keys[] = {"role",   "attribute", "old",   "new",  "way",   "policy",
                                       "origin", "reason",    "state", "note", "error", NULL};
    const struct cg_attr *attr = attr_by_name("cpuset.cpus", 1);
    struct origin *origin = origin_new("db1", "policy db1 (/etc/db1.json)");
    struct change change = {
        .cell = {.role = {CG_ROLE_VCPU, 3}, .target = CELL_FILE, .attr = attr, .origin = origin},
        .reason = CHANGE_HEAL,
        .state = CHANGE_FAILED,
        .error = (char *)"no",
    };
    struct report report = {.name = (char *)"web1", .changes = &change, .change_count = 1};
    json_t *json, *one;

    change.cell.value = value(attr, "0-1");
    json = report_json(&report);
    one = json_array_get(json_object_get(json, "changes"), 0);
    assert_keys(one, keys);
    assert_string_equal(text_at(one, "role"), "vcpu3");
    assert_string_equal(text_at(one, "attribute"), "cpuset.cpus");
    assert_true(json_is_null(json_object_get(one, "old")));
    assert_string_equal(text_at(one, "new"), "0-1");
    assert_string_equal(text_at(one, "way"), "file");
    assert_string_equal(text_at(one, "policy"), "db1");
    assert_string_equal(text_at(one, "origin"), "policy db1 (/etc/db1.json)");
    assert_string_equal(text_at(one, "reason"), "heal");
    assert_string_equal(text_at(one, "state"), "failed");
    assert_string_equal(text_at(one, "error"), "no");
    json_decref(json);
    cg_value_unref(change.cell.value);
    origin_unref(origin);
}

static void a_cell_that_no_policy_asks_for_has_no_policy(void **state)
{
    const struct cg_attr *attr = attr_by_name("cpuset.cpus", 1);
    struct origin *origin = origin_new("", "needed by vcpu0 cpuset.cpus");
    struct change change = {
        .cell = {.role = {CG_ROLE_VM, 0}, .target = CELL_MASK, .attr = attr, .origin = origin}};
    struct report report = {.name = (char *)"web1", .changes = &change, .change_count = 1};
    json_t *json = report_json(&report), *one;

    one = json_array_get(json_object_get(json, "changes"), 0);
    assert_true(json_is_null(json_object_get(one, "policy")));
    assert_string_equal(text_at(one, "origin"), "needed by vcpu0 cpuset.cpus");
    assert_string_equal(text_at(one, "way"), "thread mask");
    json_decref(json);
    origin_unref(origin);
}

static void every_thread_is_told_with_its_cpus(void **state)
{
    static const char *const keys[] = {"role", "cpus", "threads", NULL};
    struct thread_grant threads[2] = {{.tid = 71}, {.tid = 72}};
    struct granted granted = {.role = {CG_ROLE_EMULATOR, 0}, .threads = threads, .count = 2};
    struct report report = {.name = (char *)"web1", .granted = &granted, .granted_count = 1};
    json_t *json, *role, *second;

    assert_int_equal(cg_set_parse("0-3", &threads[0].allowed, NULL), 0);
    assert_int_equal(cg_set_parse("2", &threads[1].allowed, NULL), 0);
    json = report_json(&report);
    role = json_array_get(json_object_get(json, "roles"), 0);
    assert_keys(role, keys);
    assert_string_equal(text_at(role, "role"), "emulator");
    assert_true(json_is_null(json_object_get(role, "cpus")));
    second = json_array_get(json_object_get(role, "threads"), 1);
    assert_int_equal(json_integer_value(json_object_get(second, "tid")), 72);
    assert_string_equal(text_at(second, "cpus"), "2");
    json_decref(json);
    cg_set_unref(threads[0].allowed);
    cg_set_unref(threads[1].allowed);
}

static void text_that_is_not_utf8_is_escaped(void **state)
{
    json_t *text = json_text("caf\xe9.json");

    assert_string_equal(json_string_value(text), "caf\\xe9.json");
    json_decref(text);
}

static void a_problem_tells_its_place(void **state)
{
    static const char *const keys[] = {"file", "pointer", "line", "column", "text", NULL};
    struct policy_problem list[] = {
        {.file = (char *)"a.json", .line = 3, .column = 7, .text = (char *)"a comma is missing"},
        {.file = (char *)"b.json", .pointer = (char *)"/apply/vm", .text = (char *)"what?"},
    };
    struct policy_problems problems = {.problems = list, .count = 2};
    json_t *json = json_problems(&problems), *first, *second;

    first = json_array_get(json, 0);
    second = json_array_get(json, 1);
    assert_keys(first, keys);
    assert_true(json_is_null(json_object_get(first, "pointer")));
    assert_int_equal(json_integer_value(json_object_get(first, "line")), 3);
    assert_int_equal(json_integer_value(json_object_get(first, "column")), 7);
    assert_string_equal(text_at(second, "pointer"), "/apply/vm");
    json_decref(json);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(an_empty_report_has_every_key),
        cmocka_unit_test(a_change_tells_old_new_way_and_origin),
        cmocka_unit_test(a_cell_that_no_policy_asks_for_has_no_policy),
        cmocka_unit_test(every_thread_is_told_with_its_cpus),
        cmocka_unit_test(text_that_is_not_utf8_is_escaped),
        cmocka_unit_test(a_problem_tells_its_place),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
