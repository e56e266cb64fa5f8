#include "policy_world.h"

/* Does a policy with that `match` match the guest? */
static bool matches(const char *match, const struct facts *facts)
{
    cleanup_free char *text = NULL;
    cleanup_policy_set struct policy_set *set = NULL;

    assert_true(asprintf(&text, "{\"match\": %s, \"apply\": {}}", match) > 0);
    set = world_policies(text);
    return match_guest(set->policies[0]->match, facts);
}

static void an_empty_match_is_every_guest(void **state)
{
    struct facts guest = world_guest();

    assert_true(matches("{}", &guest));
    assert_false(matches("{\"not\": {}}", &guest));
}

static void a_name_is_a_glob_or_one_of_a_list(void **state)
{
    struct facts guest = world_guest();

    assert_true(matches("{\"name\": \"db1\"}", &guest));
    assert_true(matches("{\"name\": \"db*\"}", &guest));
    assert_true(matches("{\"name\": \"d?[0-9]\"}", &guest));
    assert_true(matches("{\"name\": [\"web*\", \"*1\"]}", &guest));
    assert_false(matches("{\"name\": \"db\"}", &guest));
    assert_false(matches("{\"name\": \"DB1\"}", &guest));
    assert_false(matches("{\"name\": [\"web*\", \"db2\"]}", &guest));
}

static void a_star_takes_dots_and_slashes_too(void **state)
{
    struct facts guest = world_guest();

    guest.name = (char *)".a/b";
    assert_true(matches("{\"name\": \"*\"}", &guest));
    assert_true(matches("{\"name\": \"*b\"}", &guest));
}

static void a_uuid_is_compared_without_case(void **state)
{
    struct facts guest = world_guest();

    assert_true(matches("{\"uuid\": \"6BA7B810-9DAD-11D1-80B4-00C04FD430C8\"}", &guest));
    assert_true(matches("{\"uuid\": [\"00000000-0000-0000-0000-000000000000\","
                        " \"6ba7b810-9dad-11d1-80b4-00c04fd430c8\"]}",
                        &guest));
    assert_false(matches("{\"uuid\": \"6ba7b810-9dad-11d1-80b4-00c04fd430c9\"}", &guest));
}

static void a_guest_without_a_title_matches_no_title(void **state)
{
    struct facts guest = world_guest();

    assert_false(matches("{\"title\": \"*\"}", &guest));
    assert_true(matches("{\"not\": {\"title\": \"*\"}}", &guest));
    guest.title = (char *)"Database (production)";
    assert_true(matches("{\"title\": \"*(production)\"}", &guest));
}

static void vcpus_and_memory_are_the_maxima(void **state)
{
    struct facts guest = world_guest();

    guest.vcpus_current = 2;
    guest.memory_current = 1 << 30;
    assert_true(matches("{\"vcpus\": \"4\", \"memory\": \"8GiB\"}", &guest));
    assert_true(matches("{\"vcpus\": 4, \"memory\": 8589934592}", &guest));
    assert_true(matches("{\"vcpus\": \">=4\", \"memory\": \"8GiB..64GiB\"}", &guest));
    assert_true(matches("{\"vcpus\": [\"1\", \">3\"]}", &guest));
    assert_false(matches("{\"vcpus\": \">4\"}", &guest));
    assert_false(matches("{\"vcpus\": \"<4\"}", &guest));
    assert_false(matches("{\"vcpus\": \"1..3\"}", &guest));
    assert_false(matches("{\"memory\": \"<8GiB\"}", &guest));
    assert_false(matches("{\"memory\": \">8GiB\"}", &guest));
}

static void keys_are_anded(void **state)
{
    struct facts guest = world_guest();

    assert_true(matches("{\"name\": \"db*\", \"vcpus\": \"4\"}", &guest));
    assert_false(matches("{\"name\": \"db*\", \"vcpus\": \"5\"}", &guest));
    assert_false(matches("{\"name\": \"db*\", \"not\": {\"vcpus\": \"4\"}}", &guest));
    assert_true(
        matches("{\"name\": \"db*\", \"not\": {\"name\": \"db1\", \"vcpus\": \"5\"}}", &guest));
}

static struct facts guest_with_metadata(void)
{
    static struct facts_metadata metadata[] = {
        {(char *)"https://example.org/inventory", (char *)"tenant/@class", (char *)"gold"},
        {(char *)"https://example.org/inventory", (char *)"tenant/owner", (char *)"Ada"},
        {(char *)"https://example.org/inventory", (char *)"tenant/owner", (char *)"Grace"},
        {(char *)"", (char *)"plain", (char *)"x"},
    };
    struct facts guest = world_guest();

    guest.metadata = metadata;
    guest.metadata_count = ARRAY_SIZE(metadata);
    return guest;
}

#define INVENTORY(what) "{\"metadata\": {\"https://example.org/inventory\": " what "}}"

static void metadata_is_found_by_namespace_and_path(void **state)
{
    struct facts guest = guest_with_metadata();

    assert_true(matches(INVENTORY("{\"tenant/@class\": \"gold\"}"), &guest));
    assert_true(matches(INVENTORY("{\"tenant/@class\": [\"silver\", \"g*\"]}"), &guest));
    assert_true(matches("{\"metadata\": {\"\": {\"plain\": \"x\"}}}", &guest));
    assert_false(matches(INVENTORY("{\"tenant/@class\": \"silver\"}"), &guest));
    assert_false(matches(INVENTORY("{\"tenant/class\": \"*\"}"), &guest));
    assert_false(matches("{\"metadata\": {\"\": {\"tenant/@class\": \"*\"}}}", &guest));
}

static void of_repeated_elements_one_is_enough_and_paths_are_anded(void **state)
{
    struct facts guest = guest_with_metadata();

    assert_true(matches(INVENTORY("{\"tenant/owner\": \"Grace\"}"), &guest));
    assert_true(
        matches(INVENTORY("{\"tenant/owner\": \"Ada\", \"tenant/@class\": \"gold\"}"), &guest));
    assert_false(
        matches(INVENTORY("{\"tenant/owner\": \"Ada\", \"tenant/@class\": \"x\"}"), &guest));
}

static void metadata_that_was_cut_matches_nothing_not_even_negated(void **state)
{
    struct facts guest = guest_with_metadata();

    guest.metadata_cut = true;
    assert_false(matches(INVENTORY("{\"tenant/@class\": \"gold\"}"), &guest));
    assert_false(matches("{\"not\": " INVENTORY("{\"tenant/@class\": \"trial\"}") "}", &guest));
    assert_false(matches("{\"not\": {\"not\": " INVENTORY("{\"a\": \"b\"}") "}}", &guest));
    assert_true(matches("{\"name\": \"db1\"}", &guest));
    /* False whatever the metadata say, so its negation is true. */
    assert_true(
        matches("{\"not\": {\"name\": \"web\", \"metadata\": {\"u\": {\"a\": \"b\"}}}}", &guest));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(an_empty_match_is_every_guest),
        cmocka_unit_test(a_name_is_a_glob_or_one_of_a_list),
        cmocka_unit_test(a_star_takes_dots_and_slashes_too),
        cmocka_unit_test(a_uuid_is_compared_without_case),
        cmocka_unit_test(a_guest_without_a_title_matches_no_title),
        cmocka_unit_test(vcpus_and_memory_are_the_maxima),
        cmocka_unit_test(keys_are_anded),
        cmocka_unit_test(metadata_is_found_by_namespace_and_path),
        cmocka_unit_test(of_repeated_elements_one_is_enough_and_paths_are_anded),
        cmocka_unit_test(metadata_that_was_cut_matches_nothing_not_even_negated),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
