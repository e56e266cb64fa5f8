#include "policy_world.h"

#include "folder.h"

#include "policy/policy_dir.h"

#include <fcntl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#define POLICY      "{\"match\": {}, \"apply\": {}}"
#define NAMED(name) "{\"name\": \"" name "\", \"match\": {}, \"apply\": {}}"

/* Three folders as systemd would have them, below one temporary one, and what was loaded last. */
struct scene {
    char *top;
    char *etc, *run, *usr;
    const char *folders[4];
    struct policy_load load;
    struct policy_set *set;
    struct policy_problems problems;
};

static int setup(void **state)
{
    struct scene *scene = calloc(1, sizeof(*scene));

    umask(022);
    scene->top = folder_new();
    assert_true(asprintf(&scene->etc, "%s/etc", scene->top) > 0);
    assert_true(asprintf(&scene->run, "%s/run", scene->top) > 0);
    assert_true(asprintf(&scene->usr, "%s/usr", scene->top) > 0);
    folder_make(scene->top, "etc");
    folder_make(scene->top, "run");
    folder_make(scene->top, "usr");
    scene->folders[0] = scene->etc;
    scene->folders[1] = scene->run;
    scene->folders[2] = scene->usr;
    scene->load =
        (struct policy_load){.folders = scene->folders, .trust_checked = true, .owner = geteuid()};
    *state = scene;
    return 0;
}

static int teardown(void **state)
{
    struct scene *scene = *state;

    policy_set_free(scene->set);
    policy_problems_release(&scene->problems);
    folder_remove(scene->top);
    free(scene->etc);
    free(scene->run);
    free(scene->usr);
    free(scene);
    return 0;
}

/* Loads again, with what was loaded before as the last good. */
static void load(struct scene *scene)
{
    struct policy_set *set = NULL;

    policy_problems_release(&scene->problems);
    assert_int_equal(policy_dir_load(&scene->load, false, scene->set, &set, &scene->problems), 0);
    policy_set_free(scene->set);
    scene->set = set;
}

/* The names of the policies in their order, "a b c". */
static void assert_policies(const struct scene *scene, const char *expected)
{
    char names[1024] = "";

    for (size_t i = 0; i < policy_set_count(scene->set); i++) {
        strcat(names, i ? " " : "");
        strcat(names, scene->set->policies[i]->name);
    }
    assert_string_equal(names, expected);
}

static bool has_problem(const struct scene *scene, const char *file, const char *text)
{
    for (size_t i = 0; i < scene->problems.count; i++) {
        const struct policy_problem *p = &scene->problems.problems[i];
        size_t n = strlen(p->file), m = strlen(file);

        if (n >= m && strcmp(p->file + n - m, file) == 0 && strstr(p->text, text))
            return true;
    }
    return false;
}

static void link_make(const char *folder, const char *name, const char *target)
{
    cleanup_free char *path = NULL;

    assert_true(asprintf(&path, "%s/%s", folder, name) > 0);
    assert_int_equal(symlink(target, path), 0);
}

static void mode_set(const char *folder, const char *name, mode_t mode)
{
    cleanup_free char *path = NULL;

    assert_true(asprintf(&path, "%s/%s", folder, name) > 0);
    assert_int_equal(chmod(path, mode), 0);
}

static void file_delete(const char *folder, const char *name)
{
    cleanup_free char *path = NULL;

    assert_true(asprintf(&path, "%s/%s", folder, name) > 0);
    assert_int_equal(remove(path), 0);
}

/* As when the process ends and starts again with what it had saved. */
static void restart(struct scene *scene)
{
    cleanup_free char *text = NULL;
    cleanup_error struct cg_error *err = NULL;

    assert_int_equal(policy_set_save(scene->set, &scene->problems, &text), 0);
    policy_set_free(scene->set);
    scene->set = NULL;
    policy_problems_release(&scene->problems);
    if (policy_set_restore(text, strlen(text), &scene->set, &scene->problems, &err) < 0)
        fail_msg("%s", cg_error_text(err));
}

/* ---- which files ---------------------------------------------------------------------------- */

static void files_are_in_byte_order_of_their_names_across_folders(void **state)
{
    struct scene *scene = *state;

    folder_write(scene->etc, "b.json", POLICY);
    folder_write(scene->usr, "a.json", POLICY);
    folder_write(scene->run, "Z.json", "[" NAMED("z1") "," NAMED("z2") "]");
    folder_write(scene->usr, "10-x.json", POLICY);
    folder_write(scene->etc, "9-x.json", POLICY);
    load(scene);
    assert_policies(scene, "10-x 9-x z1 z2 a b");
    assert_int_equal(scene->problems.count, 0);
}

static void the_same_name_in_an_earlier_folder_replaces_the_later_one(void **state)
{
    struct scene *scene = *state;

    folder_write(scene->usr, "x.json", NAMED("usr"));
    folder_write(scene->run, "x.json", NAMED("run"));
    load(scene);
    assert_policies(scene, "run");
    folder_write(scene->etc, "x.json", NAMED("etc"));
    load(scene);
    assert_policies(scene, "etc");
    file_delete(scene->etc, "x.json");
    file_delete(scene->run, "x.json");
    load(scene);
    assert_policies(scene, "usr");
}

static void a_link_to_dev_null_masks_the_name(void **state)
{
    struct scene *scene = *state;

    folder_write(scene->usr, "x.json", NAMED("x"));
    folder_write(scene->usr, "y.json", NAMED("y"));
    link_make(scene->etc, "x.json", "/dev/null");
    load(scene);
    assert_policies(scene, "y");
    assert_int_equal(scene->problems.count, 0);
}

static void a_relative_link_to_dev_null_masks_too(void **state)
{
    struct scene *scene = *state;

    folder_write(scene->usr, "x.json", NAMED("x"));
    link_make(scene->etc, "x.json", "../../../../../../../../dev/null");
    load(scene);
    assert_policies(scene, "");
    assert_int_equal(scene->problems.count, 0);
}

static void other_names_are_not_read(void **state)
{
    struct scene *scene = *state;

    folder_write(scene->etc, "x.json.swp", "?");
    folder_write(scene->etc, ".x.json", "?");
    folder_write(scene->etc, "x.JSON", "?");
    folder_write(scene->etc, "README", "?");
    folder_write(scene->etc, "json", "?");
    link_make(scene->etc, ".#x.json", "somebody@host:7");
    load(scene);
    assert_policies(scene, "");
    assert_int_equal(scene->problems.count, 0);
}

static void folders_that_never_were_are_empty_unless_they_are_required(void **state)
{
    struct scene *scene = *state;

    rmdir(scene->etc);
    folder_write(scene->usr, "x.json", NAMED("x"));
    load(scene);
    assert_policies(scene, "x");
    assert_int_equal(scene->problems.count, 0);
    policy_set_free(scene->set);
    scene->set = NULL;
    assert_int_equal(policy_dir_load(&scene->load, true, NULL, &scene->set, &scene->problems), 0);
    assert_policies(scene, "x");
    assert_true(has_problem(scene, "/etc", "no such folder"));
}

/* ---- what is wrong -------------------------------------------------------------------------- */

static void a_wrong_file_keeps_its_last_good_version(void **state)
{
    struct scene *scene = *state;

    folder_write(scene->etc, "x.json", NAMED("good"));
    folder_write(scene->etc, "y.json", NAMED("y"));
    load(scene);
    folder_write(scene->etc, "x.json", "{");
    folder_write(scene->etc, "y.json", NAMED("changed"));
    load(scene);
    assert_policies(scene, "good changed");
    assert_true(has_problem(scene, "/etc/x.json", "is not JSON"));
    assert_true(has_problem(scene, "/etc/x.json", "last good version of it stays in force"));
    load(scene);
    assert_policies(scene, "good changed");
    assert_true(has_problem(scene, "/etc/x.json", "is not JSON"));
    folder_write(scene->etc, "x.json", NAMED("mended"));
    load(scene);
    assert_policies(scene, "mended changed");
    assert_int_equal(scene->problems.count, 0);
}

static void a_wrong_file_without_a_good_version_leaves_the_others_in_force(void **state)
{
    struct scene *scene = *state;

    folder_write(scene->etc, "x.json", "");
    folder_write(scene->etc, "y.json", NAMED("y"));
    load(scene);
    assert_policies(scene, "y");
    assert_true(has_problem(scene, "/etc/x.json", "is empty"));
    load(scene);
    assert_true(has_problem(scene, "/etc/x.json", "nothing of it is in force"));
    restart(scene);
    load(scene);
    assert_policies(scene, "y");
    assert_true(has_problem(scene, "/etc/x.json", "nothing of it is in force"));
}

static void a_wrong_file_above_a_good_one_does_not_change_what_is_in_force(void **state)
{
    struct scene *scene = *state;

    folder_write(scene->usr, "x.json", NAMED("usr"));
    load(scene);
    folder_write(scene->etc, "x.json", "nonsense");
    load(scene);
    assert_policies(scene, "usr");
    assert_string_equal(policy_set_file(scene->set, 0) + strlen(scene->usr), "/x.json");
    assert_true(has_problem(scene, "/etc/x.json", "is not JSON"));
}

static void a_wrong_file_hides_the_later_folders_from_the_start(void **state)
{
    struct scene *scene = *state;

    folder_write(scene->usr, "x.json", NAMED("usr"));
    folder_write(scene->etc, "x.json", "nonsense");
    load(scene);
    assert_policies(scene, "");
}

static void a_file_that_was_removed_is_gone(void **state)
{
    struct scene *scene = *state;

    folder_write(scene->etc, "x.json", NAMED("x"));
    folder_write(scene->etc, "y.json", NAMED("y"));
    load(scene);
    file_delete(scene->etc, "x.json");
    load(scene);
    assert_policies(scene, "y");
    assert_int_equal(scene->problems.count, 0);
}

static void a_folder_that_vanishes_changes_nothing(void **state)
{
    struct scene *scene = *state;
    cleanup_free char *aside = NULL;

    assert_true(asprintf(&aside, "%s/aside", scene->top) > 0);
    folder_write(scene->etc, "x.json", NAMED("etc"));
    link_make(scene->etc, "masked.json", "/dev/null");
    folder_write(scene->usr, "x.json", NAMED("usr"));
    folder_write(scene->usr, "masked.json", NAMED("masked"));
    load(scene);
    assert_policies(scene, "etc");
    assert_int_equal(rename(scene->etc, aside), 0);
    load(scene);
    assert_policies(scene, "etc");
    assert_true(has_problem(scene, "/etc", "is gone; what was in force from it stays"));
    assert_int_equal(scene->problems.count, 1);
    load(scene);
    assert_policies(scene, "etc");
    folder_make(scene->top, "etc");
    load(scene);
    assert_policies(scene, "masked usr");
    assert_int_equal(scene->problems.count, 0);
}

static void an_empty_folder_that_vanishes_is_told_too(void **state)
{
    struct scene *scene = *state;

    load(scene);
    rmdir(scene->run);
    load(scene);
    assert_true(has_problem(scene, "/run", "is gone"));
}

static void what_is_no_file_is_told_and_never_waited_for(void **state)
{
    struct scene *scene = *state;
    cleanup_free char *fifo = NULL;
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    cleanup_close int fd = socket(AF_UNIX, SOCK_STREAM, 0);

    folder_make(scene->etc, "folder.json");
    assert_true(asprintf(&fifo, "%s/fifo.json", scene->etc) > 0);
    assert_int_equal(mkfifo(fifo, 0600), 0);
    snprintf(address.sun_path, sizeof(address.sun_path), "%s/socket.json", scene->etc);
    assert_int_equal(bind(fd, (struct sockaddr *)&address, sizeof(address)), 0);
    link_make(scene->etc, "to-folder.json", "../usr");
    link_make(scene->etc, "to-fifo.json", "fifo.json");
    link_make(scene->etc, "to-dots.json", "..");
    link_make(scene->etc, "dangling.json", "nowhere.json");
    link_make(scene->etc, "dangling-folder.json", "nowhere/x.json");
    link_make(scene->etc, "circle.json", "circle2.json");
    link_make(scene->etc, "circle2.json", "circle.json");
    link_make(scene->etc, "zero.json", "/dev/zero");
    load(scene);
    assert_policies(scene, "");
    assert_true(has_problem(scene, "/folder.json", "is a folder"));
    assert_true(has_problem(scene, "/fifo.json", "is a FIFO"));
    assert_true(has_problem(scene, "/socket.json", "is a socket"));
    assert_true(has_problem(scene, "/to-folder.json", "is a folder"));
    assert_true(has_problem(scene, "/to-fifo.json", "is a FIFO"));
    assert_true(has_problem(scene, "/to-dots.json", "a link to a folder"));
    assert_true(has_problem(scene, "/dangling.json", "\"nowhere.json\", which does not exist"));
    assert_true(has_problem(scene, "/dangling-folder.json", "\"nowhere\", which cannot be opened"));
    assert_true(has_problem(scene, "/circle.json", "circles"));
    assert_true(has_problem(scene, "/zero.json", "is a device"));
}

static void a_file_of_a_mebibyte_is_read_and_a_bigger_one_is_not(void **state)
{
    struct scene *scene = *state;
    size_t size = 2u << 20;
    char *text = malloc(size + 1);

    memset(text, ' ', size);
    memcpy(text, NAMED("big"), strlen(NAMED("big")));
    text[size] = '\0';
    folder_write(scene->etc, "too-big.json", text);
    text[1u << 20] = '\0';
    folder_write(scene->etc, "big.json", text);
    free(text);
    load(scene);
    assert_policies(scene, "big");
    assert_true(has_problem(scene, "/too-big.json", "bigger than 1024 KiB"));
}

/* Root reads everything, so somebody else looks. */
static void a_file_that_cannot_be_read_is_told(void **state)
{
    struct scene *scene = *state;
    bool root = geteuid() == 0;

    folder_write(scene->etc, "x.json", POLICY);
    mode_set(scene->etc, "x.json", 0000);
    mode_set(scene->top, "", 0755);
    assert_true(!root || seteuid(65534) == 0);
    load(scene);
    assert_true(!root || seteuid(0) == 0);
    assert_true(has_problem(scene, "/x.json", "cannot be opened"));
}

/* ---- trust ---------------------------------------------------------------------------------- */

static void a_file_that_others_may_write_is_refused_and_the_last_good_kept(void **state)
{
    struct scene *scene = *state;

    folder_write(scene->etc, "x.json", NAMED("good"));
    load(scene);
    folder_write(scene->etc, "x.json", NAMED("evil"));
    mode_set(scene->etc, "x.json", 0664);
    load(scene);
    assert_policies(scene, "good");
    assert_true(has_problem(scene, "/x.json", "may be written by its group (mode 0664)"));
    mode_set(scene->etc, "x.json", 0646);
    load(scene);
    assert_policies(scene, "good");
    assert_true(has_problem(scene, "/x.json", "by everyone"));
    mode_set(scene->etc, "x.json", 0644);
    load(scene);
    assert_policies(scene, "evil");
}

static void a_folder_that_others_may_write_is_refused_and_its_files_stay(void **state)
{
    struct scene *scene = *state;

    folder_write(scene->etc, "x.json", NAMED("good"));
    load(scene);
    folder_write(scene->etc, "x.json", NAMED("evil"));
    mode_set(scene->top, "etc", 01777);
    load(scene);
    assert_policies(scene, "good");
    assert_true(has_problem(scene, "/etc", "the folder may be written by everyone (mode 1777)"));
}

static void an_untrusted_folder_at_the_start_gives_nothing(void **state)
{
    struct scene *scene = *state;

    folder_write(scene->etc, "x.json", POLICY);
    mode_set(scene->top, "etc", 0775);
    load(scene);
    assert_policies(scene, "");
    assert_true(has_problem(scene, "/etc", "its group"));
}

static void a_strangers_file_or_folder_is_refused(void **state)
{
    struct scene *scene = *state;
    cleanup_free char *path = NULL;

    assert_true(asprintf(&path, "%s/x.json", scene->etc) > 0);
    folder_write(scene->etc, "x.json", NAMED("x"));
    folder_write(scene->usr, "y.json", NAMED("y"));
    if (geteuid() != 0) { /* who cannot give files away is the stranger */
        scene->load.owner = geteuid() + 1;
        load(scene);
        assert_true(has_problem(scene, "/usr", "the folder belongs to the user"));
        return;
    }
    assert_int_equal(chown(path, 1234, (gid_t)-1), 0);
    assert_int_equal(chown(scene->usr, 1234, (gid_t)-1), 0);
    load(scene);
    assert_policies(scene, "");
    assert_true(has_problem(scene, "/x.json", "the file belongs to the user 1234"));
    assert_true(has_problem(scene, "/usr", "the folder belongs to the user 1234"));
    scene->load.owner = 1234;
    load(scene);
    assert_policies(scene, "x y");
}

static void a_link_is_followed_where_its_targets_folder_is_trusted(void **state)
{
    struct scene *scene = *state;

    folder_make(scene->top, "elsewhere");
    folder_write(scene->top, "elsewhere/real", NAMED("linked"));
    link_make(scene->top, "elsewhere/hop", "real");
    link_make(scene->etc, "x.json", "../elsewhere/hop");
    load(scene);
    assert_policies(scene, "linked");
    assert_int_equal(scene->problems.count, 0);
}

static void a_link_into_a_folder_that_others_may_write_is_refused(void **state)
{
    struct scene *scene = *state;

    folder_make(scene->top, "open");
    folder_make(scene->top, "closed");
    folder_write(scene->top, "open/real", NAMED("a"));
    folder_write(scene->top, "closed/real", NAMED("b"));
    link_make(scene->top, "open/hop", "../closed/real");
    mode_set(scene->top, "open", 0777);
    link_make(scene->etc, "a.json", "../open/real");
    link_make(scene->etc, "b.json", "../open/hop");
    load(scene);
    assert_policies(scene, "");
    assert_true(has_problem(scene, "/a.json", "the folder of the file that it links to may be"));
    assert_true(has_problem(scene, "/b.json", "the folder of the file that it links to may be"));
}

static void a_linked_file_is_held_to_the_same_trust(void **state)
{
    struct scene *scene = *state;

    folder_make(scene->top, "elsewhere");
    folder_write(scene->top, "elsewhere/real", NAMED("linked"));
    mode_set(scene->top, "elsewhere/real", 0666);
    link_make(scene->etc, "x.json", "../elsewhere/real");
    load(scene);
    assert_policies(scene, "");
    assert_true(has_problem(scene, "/x.json", "the file may be written by everyone"));
}

static void without_the_check_anything_is_read(void **state)
{
    struct scene *scene = *state;

    folder_write(scene->etc, "x.json", NAMED("x"));
    mode_set(scene->etc, "x.json", 0666);
    mode_set(scene->top, "etc", 0777);
    scene->load.trust_checked = false;
    load(scene);
    assert_policies(scene, "x");
    assert_int_equal(scene->problems.count, 0);
}

/* ---- sharing, saving, checking -------------------------------------------------------------- */

static void the_same_text_in_another_folder_is_another_file(void **state)
{
    struct scene *scene = *state;

    folder_write(scene->usr, "x.json", NAMED("x"));
    load(scene);
    folder_write(scene->etc, "x.json", NAMED("x"));
    load(scene);
    assert_int_equal(strncmp(policy_set_file(scene->set, 0), scene->etc, strlen(scene->etc)), 0);
}

static void files_that_did_not_change_are_shared_by_the_sets(void **state)
{
    struct scene *scene = *state;
    const struct policy_file *before;

    folder_write(scene->etc, "x.json", NAMED("x"));
    folder_write(scene->etc, "y.json", NAMED("y"));
    load(scene);
    before = scene->set->files[0];
    folder_write(scene->etc, "y.json", NAMED("y2"));
    load(scene);
    assert_ptr_equal(scene->set->files[0], before);
    assert_policies(scene, "x y2");
}

static void the_last_good_version_outlives_the_process(void **state)
{
    struct scene *scene = *state;

    folder_write(scene->etc, "x.json", NAMED("good \\u0001 \xc3\xa9"));
    folder_write(scene->usr, "masked.json", NAMED("masked"));
    link_make(scene->etc, "masked.json", "/dev/null");
    load(scene);
    folder_write(scene->etc, "x.json", "{");
    load(scene);
    restart(scene);
    assert_policies(scene, "good \x01 \xc3\xa9");
    assert_true(has_problem(scene, "/etc/x.json", "is not JSON"));
    assert_int_equal(scene->problems.problems[0].line, 1);
    load(scene);
    assert_policies(scene, "good \x01 \xc3\xa9");
    assert_true(has_problem(scene, "/etc/x.json", "is not JSON"));
    file_delete(scene->etc, "x.json");
    file_delete(scene->etc, "masked.json");
    rmdir(scene->etc);
    restart(scene);
    load(scene);
    assert_policies(scene, "good \x01 \xc3\xa9");
    assert_true(has_problem(scene, "/etc", "is gone"));
}

static void names_and_messages_that_are_not_utf_8_can_be_saved(void **state)
{
    struct scene *scene = *state;

    folder_write(scene->etc, "caf\xe9.json", POLICY);
    folder_write(scene->etc, "x.json", NAMED("x"));
    load(scene);
    assert_policies(scene, "x");
    restart(scene);
    assert_policies(scene, "x");
    assert_true(has_problem(scene, "/caf\\xe9.json", "rename"));
}

static void what_is_no_state_is_not_restored(void **state)
{
    static const char *const wrong[] = {
        "",
        "[]",
        "{}",
        "{\"format\": 1}",
        "{\"format\": 2, \"folders\": [], \"files\": [], \"problems\": []}",
        "{\"format\": 1, \"folders\": [7], \"files\": [], \"problems\": []}",
        "{\"format\": 1, \"folders\": [], \"files\": [{\"path\": \"/x\"}], \"problems\": []}",
        "{\"format\": 1, \"folders\": [], \"files\": [7], \"problems\": []}",
        "{\"format\": 1, \"folders\": [], \"files\": [], \"problems\": [{}]}",
        "{\"format\": 1, \"folders\": [], \"files\": {}, \"problems\": []}"};
    struct policy_set *set = (struct policy_set *)wrong;
    struct policy_problems problems = {0};

    for (size_t i = 0; i < ARRAY_SIZE(wrong); i++) {
        cleanup_error struct cg_error *err = NULL;

        assert_int_equal(policy_set_restore(wrong[i], strlen(wrong[i]), &set, &problems, &err),
                         -EINVAL);
        assert_non_null(err);
        assert_ptr_equal(set, wrong);
        assert_int_equal(problems.count, 0);
    }
}

static void what_every_version_has_saved_is_restored(void **state)
{
    struct scene *scene = *state;
    cleanup_free char *folder = NULL, *text = NULL;

    assert_true(asprintf(&folder, "%s/tests/fixtures/state/version-1", getenv("top_srcdir")) > 0);
    text = folder_read(folder, "policies.json");
    assert_non_null(text);
    assert_int_equal(policy_set_restore(text, strlen(text), &scene->set, &scene->problems, NULL),
                     0);
    assert_policies(scene, "a");
    assert_true(has_problem(scene, "/etc/vmpin/policies.d/b.json", "is wrong"));
}

/* Torn anywhere it is none; with one bit turned it is none, or one of whatever policies. */
static void a_saved_text_that_is_damaged_anywhere_ends_nothing(void **state)
{
    cleanup_free char *folder = NULL, *text = NULL;
    size_t length;

    assert_true(asprintf(&folder, "%s/tests/fixtures/state/version-1", getenv("top_srcdir")) > 0);
    text = folder_read(folder, "policies.json");
    assert_non_null(text);
    length = (size_t)(strrchr(text, '}') - text) + 1;
    for (size_t i = 0; i < length * 9; i++) {
        size_t at = i / 9, bit = i % 9; /* the ninth: cut off there */
        cleanup_policy_set struct policy_set *set = NULL;
        struct policy_problems problems = {0};
        cleanup_error struct cg_error *err = NULL;
        int r;

        text[at] = (char)(text[at] ^ (1u << bit));
        r = policy_set_restore(text, bit < 8 ? length : at, &set, &problems, &err);
        text[at] = (char)(text[at] ^ (1u << bit));
        assert_int_equal(r, bit < 8 && r == 0 ? 0 : -EINVAL);
        assert_true((r == 0) == (err == NULL) && (r == 0) == (set != NULL));
        policy_problems_release(&problems);
    }
}

static void a_saved_text_that_is_not_valid_any_more_is_a_problem_of_its_file(void **state)
{
    const char *text =
        "{\"format\": 1, \"folders\": [], \"problems\": [], \"files\": ["
        "{\"path\": \"/etc/x.json\", \"text\": \"{\\\"old\\\": 1}\"},"
        "{\"path\": \"/etc/y.json\", \"text\": \"{\\\"match\\\": {}, \\\"apply\\\": {}}\"}]}";
    struct scene *scene = *state;

    assert_int_equal(policy_set_restore(text, strlen(text), &scene->set, &scene->problems, NULL),
                     0);
    assert_policies(scene, "y");
    assert_true(has_problem(scene, "/etc/x.json", "is not a known key"));
}

static void check_takes_files_of_any_name_and_folders(void **state)
{
    struct scene *scene = *state;
    cleanup_free char *file = NULL, *missing = NULL;
    size_t files = 0;

    assert_true(asprintf(&file, "%s/draft", scene->run) > 0);
    assert_true(asprintf(&missing, "%s/missing.json", scene->run) > 0);
    folder_write(scene->run, "draft", NAMED("draft"));
    folder_write(scene->etc, "b.json", "[" NAMED("b1") "," NAMED("b2") "]");
    folder_write(scene->etc, "a.json", "?");
    mode_set(scene->run, "draft", 0666);

    assert_int_equal(policy_check_path(file, false, &scene->set, &scene->problems, &files), 0);
    assert_int_equal(files, 1);
    assert_int_equal(scene->problems.count, 0);
    assert_int_equal(policy_check_path(scene->etc, false, &scene->set, &scene->problems, &files),
                     0);
    assert_int_equal(files, 2);
    assert_policies(scene, "draft b1 b2");
    assert_int_equal(scene->problems.count, 1);
    assert_true(has_problem(scene, "/etc/a.json", "is not JSON"));
    assert_int_equal(policy_check_path(missing, false, &scene->set, &scene->problems, &files), 0);
    assert_true(has_problem(scene, "/missing.json", "does not exist"));
    assert_int_equal(policy_check_path(file, true, &scene->set, &scene->problems, &files), 0);
    assert_true(has_problem(scene, "/draft", "by everyone"));
    assert_policies(scene, "draft b1 b2");
}

#define TEST(function) cmocka_unit_test_setup_teardown(function, setup, teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(files_are_in_byte_order_of_their_names_across_folders),
        TEST(the_same_name_in_an_earlier_folder_replaces_the_later_one),
        TEST(a_link_to_dev_null_masks_the_name),
        TEST(a_relative_link_to_dev_null_masks_too),
        TEST(other_names_are_not_read),
        TEST(folders_that_never_were_are_empty_unless_they_are_required),
        TEST(a_wrong_file_keeps_its_last_good_version),
        TEST(a_wrong_file_without_a_good_version_leaves_the_others_in_force),
        TEST(a_wrong_file_above_a_good_one_does_not_change_what_is_in_force),
        TEST(a_wrong_file_hides_the_later_folders_from_the_start),
        TEST(a_file_that_was_removed_is_gone),
        TEST(a_folder_that_vanishes_changes_nothing),
        TEST(an_empty_folder_that_vanishes_is_told_too),
        TEST(what_is_no_file_is_told_and_never_waited_for),
        TEST(a_file_of_a_mebibyte_is_read_and_a_bigger_one_is_not),
        TEST(a_file_that_cannot_be_read_is_told),
        TEST(a_file_that_others_may_write_is_refused_and_the_last_good_kept),
        TEST(a_folder_that_others_may_write_is_refused_and_its_files_stay),
        TEST(an_untrusted_folder_at_the_start_gives_nothing),
        TEST(a_strangers_file_or_folder_is_refused),
        TEST(a_link_is_followed_where_its_targets_folder_is_trusted),
        TEST(a_link_into_a_folder_that_others_may_write_is_refused),
        TEST(a_linked_file_is_held_to_the_same_trust),
        TEST(without_the_check_anything_is_read),
        TEST(the_same_text_in_another_folder_is_another_file),
        TEST(files_that_did_not_change_are_shared_by_the_sets),
        TEST(the_last_good_version_outlives_the_process),
        TEST(names_and_messages_that_are_not_utf_8_can_be_saved),
        TEST(what_is_no_state_is_not_restored),
        TEST(what_every_version_has_saved_is_restored),
        TEST(a_saved_text_that_is_damaged_anywhere_ends_nothing),
        TEST(a_saved_text_that_is_not_valid_any_more_is_a_problem_of_its_file),
        TEST(check_takes_files_of_any_name_and_folders),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
