#include "test.h"

#include "policy/policy_attr.h"

static void every_kernel_name_is_in_the_table_of_its_version(void **state)
{
    for (unsigned a = 0; a < POLICY_ATTRIBUTES; a++)
        for (int v = 0; v < 2; v++) {
            const char *kernel = policy_attributes[a].kernel[v];

            assert_int_equal(kernel != NULL, policy_attributes[a].written[v] != NULL);
            if (kernel && !attr_by_name(kernel, v + 1))
                fail_msg("%s is no attribute of v%d", kernel, v + 1);
        }
}

/* The library's tables grow; what a policy may say does not grow with them. */
static void a_policy_cannot_name_a_kernel_file_that_is_not_its_own(void **state)
{
    for (const struct cg_attr *attr = attr_next(NULL); attr; attr = attr_next(attr)) {
        struct policy_key key;
        bool own = false;

        for (unsigned a = 0; a < POLICY_ATTRIBUTES && !own; a++)
            for (int v = 0; v < 2; v++) {
                const char *written = policy_attributes[a].written[v];

                own = own || (written && strcmp(written, attr->name) == 0);
            }
        assert_int_equal(policy_key_find_written(attr->name, &key), own ? 0 : -ENOENT);
    }
}

static void a_counterpart_here_is_a_counterpart_there(void **state)
{
    for (unsigned a = 0; a < POLICY_ATTRIBUTES; a++) {
        const struct policy_attribute_row *row = &policy_attributes[a];

        if (row->kernel[0] && row->kernel[1])
            assert_string_equal(attr_by_name(row->kernel[0], 1)->counterpart, row->kernel[1]);
        else if (row->kernel[0])
            assert_null(attr_by_name(row->kernel[0], 1)->counterpart);
        else
            assert_null(attr_by_name(row->kernel[1], 2)->counterpart);
    }
}

static void a_key_is_found_by_either_name(void **state)
{
    struct policy_key key;

    assert_int_equal(policy_key_find("cpu", "shares", &key), 0);
    assert_int_equal(key.attribute, POLICY_WEIGHT);
    assert_int_equal(key.version, 1);
    assert_int_equal(policy_key_find("cpu", "weight", &key), 0);
    assert_int_equal(key.attribute, POLICY_WEIGHT);
    assert_int_equal(key.version, 2);
    assert_int_equal(policy_key_find("cpuset", "cpus", &key), 0);
    assert_int_equal(key.version, 0);
    assert_int_equal(policy_key_find("cpu", "cfs_period_us", &key), 0);
    assert_int_equal(key.attribute, POLICY_QUOTA);
    assert_true(key.second);
    assert_int_equal(policy_key_find_written("memory.swap_max", &key), 0);
    assert_int_equal(key.attribute, POLICY_SWAP);
}

static void what_is_no_key_is_not_found(void **state)
{
    struct policy_key key;
    char long_key[300];

    memset(long_key, 'x', sizeof(long_key) - 1);
    long_key[sizeof(long_key) - 1] = '\0';
    assert_int_equal(policy_key_find("cpu", "share", &key), -ENOENT);
    assert_int_equal(policy_key_find("cpu", "limit_in_bytes", &key), -ENOENT);
    assert_int_equal(policy_key_find("cpu", "", &key), -ENOENT);
    assert_int_equal(policy_key_find("cpu", long_key, &key), -ENOENT);
    assert_int_equal(policy_key_find_written("shares", &key), -ENOENT);
}

static void the_keys_of_a_controller_are_its_own(void **state)
{
    const char *keys[POLICY_KEYS_SIZE];

    policy_keys("cpuset", keys);
    assert_string_equal(keys[0], "cpus");
    assert_string_equal(keys[1], "mems");
    assert_null(keys[2]);
    policy_keys("cpu", keys);
    assert_true(word_in("max_burst", keys));
    assert_true(word_in("cfs_period_us", keys));
    assert_false(word_in("cpus", keys));
}

static void a_misspelt_word_finds_its_nearest(void **state)
{
    static const char *const words[] = {"shares",       "weight",        "max", "max_burst",
                                        "cfs_quota_us", "cfs_period_us", NULL};
    static const char *const pairs[][2] = {{"share", "shares"},
                                           {"sahres", "shares"},
                                           {"wieght", "weight"},
                                           {"Weight", "weight"},
                                           {"max.burst", "max_burst"},
                                           {"cfs_quota", "cfs_quota_us"},
                                           {"cfs_qouta_us", "cfs_quota_us"},
                                           {"mx", "max"},
                                           {"amx", "max"},
                                           {"cpus", NULL},
                                           {"", NULL},
                                           {"quota", NULL},
                                           {"maxi", "max"},
                                           {"cfs", "cfs_quota_us"},
                                           {"cf", NULL}};

    for (size_t i = 0; i < ARRAY_SIZE(pairs); i++) {
        const char *found = nearest_word(pairs[i][0], words);

        if (!pairs[i][1] ? found != NULL : !found || strcmp(found, pairs[i][1]) != 0)
            fail_msg("\"%s\": found %s", pairs[i][0], found ? found : "nothing");
    }
}

static void a_very_long_word_is_near_to_none(void **state)
{
    static const char *const words[] = {"shares", NULL};
    char word[4096];

    memset(word, 's', sizeof(word) - 1);
    word[sizeof(word) - 1] = '\0';
    assert_null(nearest_word(word, words));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_kernel_name_is_in_the_table_of_its_version),
        cmocka_unit_test(a_policy_cannot_name_a_kernel_file_that_is_not_its_own),
        cmocka_unit_test(a_counterpart_here_is_a_counterpart_there),
        cmocka_unit_test(a_key_is_found_by_either_name),
        cmocka_unit_test(what_is_no_key_is_not_found),
        cmocka_unit_test(the_keys_of_a_controller_are_its_own),
        cmocka_unit_test(a_misspelt_word_finds_its_nearest),
        cmocka_unit_test(a_very_long_word_is_near_to_none),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
