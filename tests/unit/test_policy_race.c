/* A policy file that somebody exchanges all the time, for one that may not be trusted: what was
 * looked at is what is read, so nothing of the other one is ever in force. */
#include "test.h"

#include "folder.h"

#include "policy/policy_dir.h"
#include "policy/policy_internal.h"

#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#define NAMED(name) "{\"name\": \"" name "\", \"match\": {}, \"apply\": {}}"
#define LOADS       1500

/* Puts a hard link or a link in the place of policies/a.json, as rename(2) does it. */
static void put(const char *what, bool symbolic)
{
    unlink("policies/.new");
    if ((symbolic ? symlink(what, "policies/.new") : link(what, "policies/.new")) == 0 &&
        rename("policies/.new", "policies/a.json") < 0)
        _exit(1);
}

static void exchange_for_ever(const char *folder)
{
    if (chdir(folder) < 0)
        _exit(1);
    for (;;) {
        put("good", false);
        put("writable", false);
        put("../good", true);
        put("../loose/evil", true);
        put("../writable", true);
    }
}

static void make_files(const char *folder)
{
    cleanup_free char *writable = NULL, *loose = NULL;

    folder_make(folder, "policies");
    folder_make(folder, "loose");
    folder_write(folder, "good", NAMED("good"));
    folder_write(folder, "writable", NAMED("evil"));
    folder_write(folder, "loose/evil", NAMED("evil"));
    assert_true(asprintf(&writable, "%s/writable", folder) > 0);
    assert_true(asprintf(&loose, "%s/loose", folder) > 0);
    assert_int_equal(chmod(writable, 0666), 0);
    assert_int_equal(chmod(loose, 0777), 0);
}

static void a_file_exchanged_between_check_and_use_is_never_trusted(void **state)
{
    char *folder = folder_new();
    cleanup_free char *policies = NULL;
    const char *folders[2] = {NULL, NULL};
    struct policy_load load = {.folders = folders, .trust_checked = true, .owner = geteuid()};
    unsigned good = 0, refused = 0;
    pid_t other;

    umask(022);
    assert_true(asprintf(&policies, "%s/policies", folder) > 0);
    folders[0] = policies;
    make_files(folder);
    other = fork();
    assert_true(other >= 0);
    if (other == 0)
        exchange_for_ever(folder);
    for (unsigned i = 0; i < LOADS || good == 0 || refused == 0; i++) {
        cleanup_policy_set struct policy_set *set = NULL;
        struct policy_problems problems = {0};

        assert_int_equal(policy_dir_load(&load, true, NULL, &set, &problems), 0);
        for (size_t k = 0; k < policy_set_count(set); k++)
            assert_string_equal(set->policies[k]->name, "good");
        good += policy_set_count(set) > 0;
        refused += problems.count > 0;
        policy_problems_release(&problems);
    }
    assert_int_equal(kill(other, SIGKILL), 0);
    assert_int_equal(waitpid(other, NULL, 0), other);
    folder_remove(folder);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_file_exchanged_between_check_and_use_is_never_trusted),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
