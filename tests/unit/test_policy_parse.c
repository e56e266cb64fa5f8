#include "policy_world.h"

#include <stdio.h>

static int parse(const char *text, struct policy_problems *problems)
{
    cleanup_policy_set struct policy_set *set = NULL;

    return policy_parse("/etc/vmpin/policies.d/db1.json", text, strlen(text), &set, problems);
}

static void a_policy_bears_the_files_name_unless_it_has_its_own(void **state)
{
    struct policy_problems problems = {0};
    cleanup_policy_set struct policy_set *set = NULL;
    const char *text =
        "[{\"match\": {}, \"apply\": {}}, {\"name\": \"x\", \"match\": {}, \"apply\": {}}]";

    assert_int_equal(policy_parse("/a.d/db.json.json", text, strlen(text), &set, &problems), 0);
    assert_int_equal(policy_set_count(set), 2);
    assert_string_equal(set->policies[0]->name, "db.json");
    assert_string_equal(set->policies[1]->name, "x");
    assert_string_equal(policy_set_file(set, 1), "/a.d/db.json.json");
    assert_string_equal(set->policies[1]->origin->text, "policy x (/a.d/db.json.json)");
}

static void flags_are_off_unless_they_are_written(void **state)
{
    cleanup_policy_set struct policy_set *set = world_policies(
        "[{\"match\": {}, \"apply\": {}},"
        " {\"match\": {}, \"apply\": {}, \"enforce\": \"start\", \"migrate\": true, \"force\": "
        "true,"
        "  \"optional\": [\"memory.high\", \"cpu.cfs_quota_us\"]},"
        " {\"match\": {}, \"apply\": {}, \"enforce\": \"always\", \"migrate\": false,"
        "  \"optional\": \"cpu.weight\"}]");

    assert_int_equal(set->policies[0]->flags, 0);
    assert_int_equal(set->policies[0]->optional, 0);
    assert_int_equal(set->policies[1]->flags, CELL_ENFORCE_START | CELL_MIGRATE | CELL_FORCE);
    assert_int_equal(set->policies[1]->optional, 1u << POLICY_HIGH | 1u << POLICY_QUOTA);
    assert_int_equal(set->policies[2]->flags, 0);
    assert_int_equal(set->policies[2]->optional, 1u << POLICY_WEIGHT);
}

static void settings_keep_what_was_written(void **state)
{
    cleanup_policy_set struct policy_set *set = world_policy(
        "{\"vcpu0\": {\"cpu\": {\"cfs_period_us\": 20000, \"cfs_quota_us\": 10000}},"
        " \"vcpu*\": {\"cpuset\": {\"cpus\": [\"2\", \"3-4\"]}, \"cpu\": {\"cfs_quota_us\": -1}}}");
    const struct policy *policy = set->policies[0];
    const struct policy_setting *exact =
        policy_setting_find(policy, (struct policy_pattern){CG_ROLE_VCPU, false, 0}, POLICY_QUOTA);
    const struct policy_setting *glob =
        policy_setting_find(policy, (struct policy_pattern){CG_ROLE_VCPU, true, 0}, POLICY_CPUS);

    assert_int_equal(policy->setting_count, 3);
    assert_true(policy->settings[0].pattern.glob && policy->settings[1].pattern.glob);
    assert_string_equal(exact->written, "{\"cfs_quota_us\":10000,\"cfs_period_us\":20000}");
    assert_int_equal(exact->quota.quota_us, 10000);
    assert_int_equal(exact->quota.period_us, 20000);
    assert_string_equal(glob->written, "[\"2\",\"3-4\"]");
    assert_true(glob->per_vcpu);
    assert_int_equal(glob->list_count, 2);
}

static void a_settings_pointer_leads_to_it(void **state)
{
    cleanup_policy_set struct policy_set *set = world_policies(
        "[{\"match\": {}, \"apply\": {\"vcpu*\": {\"cpuset\": {\"cpus\": [\"1\"]}}}}]");
    cleanup_free char *element =
        policy_setting_pointer(set->policies[0], &set->policies[0]->settings[0], 0);
    cleanup_free char *whole =
        policy_setting_pointer(set->policies[0], &set->policies[0]->settings[0], -1);

    assert_string_equal(element, "/0/apply/vcpu*/cpuset/cpus/0");
    assert_string_equal(whole, "/0/apply/vcpu*/cpuset/cpus");
}

static void every_error_of_a_file_is_reported_at_its_place(void **state)
{
    struct policy_problems problems = {0};

    assert_int_equal(
        parse("[{\"match\": {\"nmae\": \"x\"}, \"apply\": {\"vm\": {\"cpu\": {\"shares\": 1}}}},"
              " {\"apply\": {\"vcpu9\": {\"memory\": {}}}}]",
              &problems),
        -EINVAL);
    assert_int_equal(problems.count, 4);
    assert_true(world_problem(&problems, "/0/match/nmae", "\"name\""));
    assert_true(world_problem(&problems, "/0/apply/vm/cpu/shares", "2 to 262144"));
    assert_true(world_problem(&problems, "/1/apply/vcpu9/memory", "\"vm\" only"));
    assert_true(world_problem(&problems, "/1", "no \"match\""));
    policy_problems_release(&problems);
}

static void a_duplicate_key_is_told_with_the_other_errors(void **state)
{
    struct policy_problems problems = {0};

    assert_int_equal(
        parse("{\"match\": {}, \"apply\": {\"vm\": {\"cpu\": {\"weight\": 1, \"weight\": 2}},"
              " \"v\\u006d\": {}}, \"name\": 7}",
              &problems),
        -EINVAL);
    assert_int_equal(problems.count, 3);
    assert_true(world_problem(&problems, "/apply/vm/cpu/weight", "twice"));
    assert_true(world_problem(&problems, "/apply/vm", "twice"));
    assert_true(world_problem(&problems, "/name", "string"));
    policy_problems_release(&problems);
}

static void strings_that_look_like_structure_do_not_mislead_the_search_for_duplicates(void **state)
{
    struct policy_problems problems = {0};

    assert_int_equal(parse("{\"match\": {\"name\": [\"}{\\\"a\\\": 1, \\\"a\\\": 2\", \"\\\\\"]},"
                           " \"description\": [{\"a\": 1}, {\"a\": [[], {}, -1.5e3, null]}],"
                           " \"apply\": {}, \"match\": {}}",
                           &problems),
                     -EINVAL);
    assert_int_equal(problems.count, 1);
    assert_true(world_problem(&problems, "/match", "twice"));
    policy_problems_release(&problems);
}

static void a_syntax_error_names_line_and_column(void **state)
{
    struct policy_problems problems = {0};
    cleanup_free char *text = NULL;

    assert_int_equal(parse("{\n  \"match\": {},\n  \"apply\" {}\n}\n", &problems), -EINVAL);
    assert_int_equal(problems.count, 1);
    assert_int_equal(problems.problems[0].line, 3);
    assert_int_equal(problems.problems[0].column, 11);
    assert_null(problems.problems[0].pointer);
    text = policy_problem_text(&problems.problems[0]);
    assert_non_null(strstr(text, "/etc/vmpin/policies.d/db1.json:3:11: is not JSON: "));
    policy_problems_release(&problems);
}

static void a_problem_shows_no_control_character(void **state)
{
    struct policy_problem problem = {.file = (char *)"a\nb.json",
                                     .pointer = (char *)"/x\033[2J",
                                     .text = (char *)"is \007wrong"};
    cleanup_free char *text = policy_problem_text(&problem);

    assert_string_equal(text, "a\\x0ab.json: /x\\x1b[2J: is \\x07wrong");
}

static void errors_beyond_a_thousand_are_counted(void **state)
{
    struct policy_problems problems = {0};
    char text[4096] = "[";

    for (size_t i = 0; i < 1500; i++)
        text[1 + 2 * i] = '0', text[2 + 2 * i] = ',';
    strcpy(text + 1 + 2 * 1500, "0]");
    assert_int_equal(parse(text, &problems), -EINVAL);
    assert_int_equal(problems.count, 1001);
    assert_true(world_problem(&problems, "", "501 errors more"));
    policy_problems_release(&problems);
}

static void nothing_is_returned_when_anything_is_wrong(void **state)
{
    struct policy_problems problems = {0};
    struct policy_set *set = (struct policy_set *)&problems;
    const char *text = "[{\"match\": {}, \"apply\": {}}, 7]";

    assert_int_equal(policy_parse("x.json", text, strlen(text), &set, &problems), -EINVAL);
    assert_ptr_equal(set, &problems);
    policy_problems_release(&problems);
}

static void text_behind_the_given_length_is_not_read(void **state)
{
    struct policy_problems problems = {0};
    cleanup_policy_set struct policy_set *set = NULL;
    const char *text = "{\"match\": {}, \"apply\": {}}garbage";

    assert_int_equal(policy_parse("x.json", text, strlen(text) - 7, &set, &problems), 0);
}

static void a_file_name_that_is_not_utf_8_is_refused(void **state)
{
    struct policy_problems problems = {0};
    struct policy_set *set;
    const char *text = "{\"match\": {}, \"apply\": {}}";

    assert_int_equal(policy_parse("caf\xe9.json", text, strlen(text), &set, &problems), -EINVAL);
    assert_true(world_problem(&problems, "", "rename"));
    policy_problems_release(&problems);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_policy_bears_the_files_name_unless_it_has_its_own),
        cmocka_unit_test(flags_are_off_unless_they_are_written),
        cmocka_unit_test(settings_keep_what_was_written),
        cmocka_unit_test(a_settings_pointer_leads_to_it),
        cmocka_unit_test(every_error_of_a_file_is_reported_at_its_place),
        cmocka_unit_test(a_duplicate_key_is_told_with_the_other_errors),
        cmocka_unit_test(strings_that_look_like_structure_do_not_mislead_the_search_for_duplicates),
        cmocka_unit_test(a_syntax_error_names_line_and_column),
        cmocka_unit_test(a_problem_shows_no_control_character),
        cmocka_unit_test(errors_beyond_a_thousand_are_counted),
        cmocka_unit_test(nothing_is_returned_when_anything_is_wrong),
        cmocka_unit_test(text_behind_the_given_length_is_not_read),
        cmocka_unit_test(a_file_name_that_is_not_utf_8_is_refused),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
