/* What the agent notices of its policy folders and of holds: real inotify on folders of its own. */
#include "agent/folders.h"

#include <fcntl.h>
#include <ftw.h>
#include <poll.h>
#include <setjmp.h>
#include <stdarg.h>
#include <string.h>
#include <sys/stat.h>
#include <cmocka.h>

struct world {
    char top[64];
    char folder[128]; /* TOP/etc/vmpin/policies.d */
    const char *paths[2];
    struct folders folders;
    char held[256];   /* names that were told, each behind a space */
    int state, holds; /* TOP/run and a folder in it, where a test has them */
};

static int remove_one(const char *path, const struct stat *st, int type, struct FTW *where)
{
    return remove(path);
}

static char *at(const struct world *world, const char *path)
{
    static char full[2][512];
    static unsigned which;

    which = !which;
    snprintf(full[which], sizeof(full[which]), "%s/%s", world->top, path);
    return full[which];
}

static void put(const struct world *world, const char *path, const char *text)
{
    FILE *file = fopen(at(world, path), "w");

    assert_non_null(file);
    assert_true(fputs(text, file) >= 0);
    assert_int_equal(fclose(file), 0);
}

static void make(const struct world *world, const char *path)
{
    assert_int_equal(mkdir(at(world, path), 0755), 0);
}

static void on_hold(const char *name, void *data)
{
    struct world *world = data;

    strcat(strcat(world->held, " "), name ? name : "(lost)");
}

/* Was there a change since the last call? Then what stands there now is watched, as the agent does
 * before it reads. */
static bool changed(struct world *world)
{
    struct pollfd fd = {.fd = world->folders.queue, .events = POLLIN};
    bool any = false;

    while (poll(&fd, 1, 20) > 0) {
        bool one = false;

        assert_int_equal(folders_read(&world->folders, on_hold, world, &one, NULL), 0);
        any |= one;
    }
    if (any)
        assert_int_equal(folders_arm(&world->folders, NULL), 0);
    return any;
}

static void open_folders(struct world *world)
{
    assert_int_equal(folders_open(&world->folders, world->paths, NULL), 0);
    if (world->state >= 0)
        folders_watch_state(&world->folders, world->state, world->holds);
    assert_false(changed(world));
}

static int set_up(void **state)
{
    struct world *world = calloc(1, sizeof(*world));

    if (!world)
        return -1;
    *state = world;
    world->folders.queue = world->state = world->holds = -1;
    strcpy(world->top, "/tmp/vmpin-folders-XXXXXX");
    if (!mkdtemp(world->top))
        return -1;
    snprintf(world->folder, sizeof(world->folder), "%s/etc/vmpin/policies.d", world->top);
    world->paths[0] = world->folder;
    make(world, "etc");
    return 0;
}

static int set_up_with_folder(void **state)
{
    if (set_up(state) < 0)
        return -1;
    make(*state, "etc/vmpin");
    make(*state, "etc/vmpin/policies.d");
    open_folders(*state);
    return 0;
}

static int open_folder(const struct world *world, const char *path)
{
    return open(at(world, path), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
}

/* As it is by default: /run/vmpin and /run/vmpin/policies.d, which is not there yet. */
static int set_up_with_state(void **state)
{
    struct world *world;

    if (set_up(state) < 0)
        return -1;
    world = *state;
    make(world, "run");
    make(world, "run/guests");
    make(world, "run/holds");
    world->state = open_folder(world, "run");
    world->holds = open_folder(world, "run/holds");
    if (world->state < 0 || world->holds < 0)
        return -1;
    snprintf(world->folder, sizeof(world->folder), "%s", at(world, "run/policies.d"));
    open_folders(world);
    return 0;
}

static int tear_down(void **state)
{
    struct world *world = *state;

    folders_close(&world->folders);
    closep(&world->state);
    closep(&world->holds);
    nftw(world->top, remove_one, 16, FTW_DEPTH | FTW_PHYS);
    free(world);
    return 0;
}

static void a_file_written_in_place_is_noticed(void **state)
{
    put(*state, "etc/vmpin/policies.d/a.json", "{}");
    assert_true(changed(*state));
    put(*state, "etc/vmpin/policies.d/a.json", "[]");
    assert_true(changed(*state));
}

static void a_file_renamed_into_place_is_noticed(void **state)
{
    put(*state, "a.new", "{}");
    assert_false(changed(*state));
    assert_int_equal(rename(at(*state, "a.new"), at(*state, "etc/vmpin/policies.d/a.json")), 0);
    assert_true(changed(*state));
}

static void a_file_that_goes_is_noticed(void **state)
{
    put(*state, "etc/vmpin/policies.d/a.json", "{}");
    assert_true(changed(*state));
    assert_int_equal(unlink(at(*state, "etc/vmpin/policies.d/a.json")), 0);
    assert_true(changed(*state));
}

static void a_change_of_mode_is_noticed_of_a_file_and_of_the_folder(void **state)
{
    put(*state, "etc/vmpin/policies.d/a.json", "{}");
    assert_true(changed(*state));
    assert_int_equal(chmod(at(*state, "etc/vmpin/policies.d/a.json"), 0600), 0);
    assert_true(changed(*state));
    assert_int_equal(chmod(at(*state, "etc/vmpin/policies.d"), 0700), 0);
    assert_true(changed(*state));
}

static void files_of_other_names_are_not_noticed(void **state)
{
    put(*state, "etc/vmpin/policies.d/.a.json.swp", "{}");
    put(*state, "etc/vmpin/policies.d/README", "{}");
    put(*state, "etc/vmpin/other", "{}");
    put(*state, "etc/other", "{}");
    assert_false(changed(*state));
}

static void a_folder_that_comes_later_is_noticed_and_then_watched(void **state)
{
    struct world *world = *state;

    open_folders(world);
    put(world, "etc/other", "");
    assert_false(changed(world));
    make(world, "etc/vmpin");
    assert_true(changed(world));
    make(world, "etc/vmpin/policies.d");
    assert_true(changed(world));
    put(world, "etc/vmpin/policies.d/a.json", "{}");
    assert_true(changed(world));
}

static void a_folder_that_comes_with_its_parents_at_once_is_watched(void **state)
{
    struct world *world = *state;

    open_folders(world);
    make(world, "aside");
    make(world, "aside/policies.d");
    assert_int_equal(rename(at(world, "aside"), at(world, "etc/vmpin")), 0);
    assert_true(changed(world));
    put(world, "etc/vmpin/policies.d/a.json", "{}");
    assert_true(changed(world));
}

static void a_folder_that_is_removed_and_made_anew_is_watched_again(void **state)
{
    struct world *world = *state;

    assert_int_equal(rmdir(at(world, "etc/vmpin/policies.d")), 0);
    assert_true(changed(world));
    make(world, "etc/vmpin/policies.d");
    assert_true(changed(world));
    put(world, "etc/vmpin/policies.d/a.json", "{}");
    assert_true(changed(world));
}

static void an_ancestor_that_is_renamed_is_noticed(void **state)
{
    struct world *world = *state;

    assert_int_equal(rename(at(world, "etc"), at(world, "old")), 0);
    assert_true(changed(world));
    put(world, "old/vmpin/policies.d/a.json", "{}");
    assert_false(changed(world));
    assert_int_equal(rename(at(world, "old"), at(world, "etc")), 0);
    assert_true(changed(world));
    put(world, "etc/vmpin/policies.d/b.json", "{}");
    assert_true(changed(world));
}

static void a_folder_that_is_a_link_is_followed_and_so_is_its_change(void **state)
{
    struct world *world = *state;

    make(world, "etc/vmpin");
    make(world, "one");
    make(world, "two");
    assert_int_equal(symlink("../../one", at(world, "etc/vmpin/policies.d")), 0);
    open_folders(world);
    put(world, "one/a.json", "{}");
    assert_true(changed(world));
    put(world, "two/a.json", "{}");
    assert_false(changed(world));
    assert_int_equal(symlink(at(world, "two"), at(world, "etc/vmpin/new")), 0);
    assert_int_equal(rename(at(world, "etc/vmpin/new"), at(world, "etc/vmpin/policies.d")), 0);
    assert_true(changed(world));
    put(world, "one/b.json", "{}");
    assert_false(changed(world));
    put(world, "two/b.json", "{}");
    assert_true(changed(world));
}

static void what_a_policy_file_links_to_is_watched(void **state)
{
    struct world *world = *state;

    put(world, "target", "{}");
    assert_int_equal(symlink("../../../target", at(world, "etc/vmpin/policies.d/a.json")), 0);
    assert_true(changed(world));
    put(world, "target", "[]");
    assert_true(changed(world));
    put(world, "beside", "[]");
    assert_false(changed(world));
    assert_int_equal(unlink(at(world, "target")), 0);
    assert_true(changed(world));
    put(world, "target", "{}");
    assert_true(changed(world));
}

static void links_in_a_circle_do_not_hide_other_links(void **state)
{
    struct world *world = *state;

    put(world, "target", "{}");
    assert_int_equal(symlink("b.json", at(world, "etc/vmpin/policies.d/a.json")), 0);
    assert_int_equal(symlink("a.json", at(world, "etc/vmpin/policies.d/b.json")), 0);
    assert_int_equal(symlink(at(world, "target"), at(world, "etc/vmpin/policies.d/c.json")), 0);
    assert_true(changed(world));
    put(world, "target", "[]");
    assert_true(changed(world));
}

static void a_link_to_the_null_device_is_not_followed(void **state)
{
    cleanup_close int null = open("/dev/null", O_WRONLY | O_CLOEXEC);

    assert_int_equal(symlink("/dev/null", at(*state, "etc/vmpin/policies.d/a.json")), 0);
    assert_true(changed(*state));
    assert_int_equal(write(null, "x", 1), 1);
    assert_false(changed(*state));
}

static void holds_are_told_by_name_when_set_and_when_released(void **state)
{
    struct world *world = *state;

    put(world, "run/holds/.all.new", "0\n");
    assert_int_equal(rename(at(world, "run/holds/.all.new"), at(world, "run/holds/all")), 0);
    assert_false(changed(world));
    assert_string_equal(world->held, " all");
    assert_int_equal(unlink(at(world, "run/holds/all")), 0);
    assert_false(changed(world));
    assert_string_equal(world->held, " all all");
}

static void a_folder_that_comes_later_below_the_state_is_noticed(void **state)
{
    struct world *world = *state;

    make(world, "run/policies.d");
    assert_true(changed(world));
    put(world, "run/policies.d/a.json", "{}");
    assert_true(changed(world));
}

static void a_folder_that_comes_is_no_loss_of_state(void **state)
{
    struct world *world = *state;

    make(world, "run/policies.d");
    assert_true(changed(world));
    assert_string_equal(world->held, "");
}

static void a_loss_of_state_is_told_of_after_the_folders_are_watched_anew(void **state)
{
    struct world *world = *state;

    assert_int_equal(folders_arm(&world->folders, NULL), 0);
    assert_int_equal(rmdir(at(world, "run/guests")), 0);
    changed(world);
    assert_string_equal(world->held, " (lost)");
}

static void a_folder_below_the_state_is_watched_after_the_state_is_watched_anew(void **state)
{
    struct world *world = *state;

    folders_watch_state(&world->folders, world->state, world->holds);
    changed(world);
    make(world, "run/policies.d");
    assert_true(changed(world));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(a_file_written_in_place_is_noticed, set_up_with_folder,
                                        tear_down),
        cmocka_unit_test_setup_teardown(a_file_renamed_into_place_is_noticed, set_up_with_folder,
                                        tear_down),
        cmocka_unit_test_setup_teardown(a_file_that_goes_is_noticed, set_up_with_folder, tear_down),
        cmocka_unit_test_setup_teardown(a_change_of_mode_is_noticed_of_a_file_and_of_the_folder,
                                        set_up_with_folder, tear_down),
        cmocka_unit_test_setup_teardown(files_of_other_names_are_not_noticed, set_up_with_folder,
                                        tear_down),
        cmocka_unit_test_setup_teardown(a_folder_that_comes_later_is_noticed_and_then_watched,
                                        set_up, tear_down),
        cmocka_unit_test_setup_teardown(a_folder_that_comes_with_its_parents_at_once_is_watched,
                                        set_up, tear_down),
        cmocka_unit_test_setup_teardown(a_folder_that_is_removed_and_made_anew_is_watched_again,
                                        set_up_with_folder, tear_down),
        cmocka_unit_test_setup_teardown(an_ancestor_that_is_renamed_is_noticed, set_up_with_folder,
                                        tear_down),
        cmocka_unit_test_setup_teardown(a_folder_that_is_a_link_is_followed_and_so_is_its_change,
                                        set_up, tear_down),
        cmocka_unit_test_setup_teardown(what_a_policy_file_links_to_is_watched, set_up_with_folder,
                                        tear_down),
        cmocka_unit_test_setup_teardown(links_in_a_circle_do_not_hide_other_links,
                                        set_up_with_folder, tear_down),
        cmocka_unit_test_setup_teardown(a_link_to_the_null_device_is_not_followed,
                                        set_up_with_folder, tear_down),
        cmocka_unit_test_setup_teardown(holds_are_told_by_name_when_set_and_when_released,
                                        set_up_with_state, tear_down),
        cmocka_unit_test_setup_teardown(a_folder_that_comes_later_below_the_state_is_noticed,
                                        set_up_with_state, tear_down),
        cmocka_unit_test_setup_teardown(a_folder_that_comes_is_no_loss_of_state, set_up_with_state,
                                        tear_down),
        cmocka_unit_test_setup_teardown(
            a_loss_of_state_is_told_of_after_the_folders_are_watched_anew, set_up_with_state,
            tear_down),
        cmocka_unit_test_setup_teardown(
            a_folder_below_the_state_is_watched_after_the_state_is_watched_anew, set_up_with_state,
            tear_down),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
