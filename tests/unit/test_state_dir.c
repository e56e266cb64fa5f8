/* Files of /run/vmpin: what survives, what excludes what, what is set aside. */
#include "reconcile/state_dir.h"

#include "base/file.h"
#include "base/proc_stat.h"

#include "folder.h"
#include "test.h"

#include <fcntl.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>

#define UUID "11111111-2222-3333-4444-555555555555"

static void open_made(const char *folder, struct state_dir *ret)
{
    cleanup_free char *path = NULL;

    assert_true(asprintf(&path, "%s/vmpin", folder) > 0);
    assert_int_equal(state_dir_open(path, true, ret, NULL), 0);
}

static struct cg_mounts *mounts;

static int make_mounts(void **unused)
{
    return mounts_parse("31 23 0:31 / /c rw - cgroup cgroup rw,cpuset\n", &mounts, NULL);
}

static int setup_folder(void **folder)
{
    *folder = folder_new();
    return 0;
}

static int remove_folder(void **folder)
{
    folder_remove(*folder);
    return 0;
}

static int free_mounts(void **unused)
{
    mounts_free(mounts);
    return 0;
}

static void a_folder_that_is_not_there_is_an_empty_one_to_read(void **folder)
{
    cleanup_state_dir struct state_dir dir;
    struct guest_state state;
    cleanup_free char *path = NULL;

    assert_true(asprintf(&path, "%s/none", (char *)*folder) > 0);
    assert_int_equal(state_dir_open(path, false, &dir, NULL), 0);
    assert_int_equal(state_dir_load(&dir, UUID, mounts, &state, NULL), -ENOENT);
    assert_int_equal(state_dir_held(&dir, UUID, NULL, NULL), 0);
    assert_false(state_dir_agent_runs(&dir));
}

static void a_state_comes_back(void **folder)
{
    cleanup_state_dir struct state_dir dir;
    cleanup_state struct guest_state state = {.pid = 7, .start_time = 8, .node = 9}, back = {0};

    strcpy(state.uuid, UUID);
    open_made(*folder, &dir);
    assert_int_equal(state_dir_save(&dir, &state, NULL), 0);
    assert_int_equal(state_dir_load(&dir, UUID, mounts, &back, NULL), 0);
    assert_int_equal(back.pid, 7);
    assert_int_equal(back.node, 9);
    state_dir_forget(&dir, UUID);
    assert_int_equal(state_dir_load(&dir, UUID, mounts, &back, NULL), -ENOENT);
}

static void a_damaged_state_is_lost_and_stays_so_until_it_is_replaced(void **folder)
{
    cleanup_state_dir struct state_dir dir;
    cleanup_state struct guest_state state = {0};
    cleanup_error struct cg_error *err = NULL;
    int fd;

    open_made(*folder, &dir);
    fd = openat(dir.guests, UUID ".json", O_WRONLY | O_CREAT | O_CLOEXEC, 0644);
    assert_int_equal(write(fd, "{\"version\":", 11), 11);
    close(fd);
    assert_int_equal(state_dir_load(&dir, UUID, mounts, &state, &err), -EUCLEAN);
    assert_true(state.lost);
    assert_non_null(strstr(cg_error_text(err), ".damaged"));
    assert_int_equal(faccessat(dir.guests, UUID ".json.damaged", F_OK, 0), -1);
    state_dir_set_aside(&dir, UUID);
    assert_int_equal(faccessat(dir.guests, UUID ".json.damaged", F_OK, 0), 0);
    assert_int_equal(state_dir_load(&dir, UUID, mounts, &state, NULL), -EUCLEAN);
}

enum shape { IN_ORDER, TEXT, OTHERS_WRITE, OTHERS_OWN, FOLDER, LINK, FIFO };

struct damage {
    enum shape shape;
    const char *text;
};

static const char good[] = "{\"version\": 1, \"uuid\": \"" UUID "\", \"pid\": 7, "
                           "\"start_time\": 8, \"node\": 9, \"lost\": false, \"cells\": []}";
static const struct damage damages[] = {
    {TEXT, ""},
    {TEXT, "{\"version\": 1, \"uuid\": \"11111111-"},
    {TEXT, "\x7f"
           "ELF\x02\x01"},
    {TEXT, "{\"version\": 99, \"uuid\": \"" UUID "\", \"pid\": 7}"},
    {OTHERS_WRITE, good},
    {OTHERS_OWN, good},
    {FOLDER, NULL},
    {LINK, NULL},
    {FIFO, NULL},
};

/* In the place of `name`. False: only root can make that. */
static bool make_damage(int folder, const char *name, const struct damage *damage)
{
    int fd;

    switch (damage->shape) {
    case FOLDER:
        return mkdirat(folder, name, 0755) == 0;
    case LINK:
        return symlinkat("/etc/passwd", folder, name) == 0;
    case FIFO:
        return mkfifoat(folder, name, 0600) == 0;
    default:
        fd = openat(folder, name, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
        assert_true(write(fd, damage->text, strlen(damage->text)) >= 0);
        assert_int_equal(fchmod(fd, damage->shape == OTHERS_WRITE ? 0666 : 0644), 0);
        close(fd);
        return damage->shape != OTHERS_OWN || fchownat(folder, name, 65534, 65534, 0) == 0;
    }
}

/* In this very place and form it is read. */
static void assert_good_is_read(const struct state_dir *dir)
{
    cleanup_state struct guest_state state = {0};
    const struct damage none = {IN_ORDER, good};

    assert_true(make_damage(dir->guests, UUID ".json", &none));
    assert_int_equal(state_dir_load(dir, UUID, mounts, &state, NULL), 0);
    assert_int_equal(state.pid, 7);
    state_dir_forget_state(dir, UUID);
}

static void a_state_is_never_trusted_however_it_is_damaged(void **folder)
{
    cleanup_state_dir struct state_dir dir;

    open_made(*folder, &dir);
    assert_good_is_read(&dir);
    for (size_t i = 0; i < ARRAY_SIZE(damages); i++) {
        cleanup_state struct guest_state state = {0}, back = {0};
        cleanup_error struct cg_error *err = NULL;

        if (!make_damage(dir.guests, UUID ".json", &damages[i]))
            continue;
        print_message("# damage %zu\n", i);
        assert_int_equal(state_dir_load(&dir, UUID, mounts, &state, &err), -EUCLEAN);
        assert_true(state.lost);
        assert_non_null(strstr(cg_error_text(err), "damaged"));
        if (damages[i].shape == OTHERS_WRITE)
            assert_non_null(strstr(cg_error_text(err), "written by everyone (mode 0666)"));
        state_dir_set_aside(&dir, UUID);
        assert_int_equal(faccessat(dir.guests, UUID ".json.damaged", F_OK, AT_SYMLINK_NOFOLLOW), 0);
        assert_int_equal(state_dir_save(&dir, &state, NULL), 0);
        assert_int_equal(state_dir_load(&dir, UUID, mounts, &back, NULL), 0);
        assert_true(back.lost);
        state_dir_forget_state(&dir, UUID);
        unlinkat(dir.guests, UUID ".json.damaged", damages[i].shape == FOLDER ? AT_REMOVEDIR : 0);
    }
}

/* As a torn write would leave it (which vmpin does not make), and with any one bit turned. */
static void load_damaged(const struct state_dir *dir, const char *text, size_t length, bool whole)
{
    cleanup_state struct guest_state state = {0};
    cleanup_error struct cg_error *err = NULL;
    cleanup_free char *again = NULL;
    int r;

    assert_int_equal(file_publish(dir->guests, UUID ".json", text, length, 0644), 0);
    r = state_dir_load(dir, UUID, mounts, &state, &err);
    if (r != 0 || !whole) {
        assert_int_equal(r, -EUCLEAN);
        assert_true(state.lost && state.count == 0);
        assert_non_null(strstr(cg_error_text(err), UUID ".json is damaged"));
    }
    assert_string_equal(state.uuid, UUID); /* it is saved under that name */
    assert_int_equal(state_format(&state, &again), 0);
}

static char *fixture_text(const char *name)
{
    cleanup_free char *path = NULL;
    char *text;

    assert_true(asprintf(&path, "%s/tests/fixtures/state/version-1", getenv("top_srcdir")) > 0);
    text = folder_read(path, name);
    assert_non_null(text);
    return text;
}

static void a_state_that_is_damaged_anywhere_is_lost_or_still_that_guests(void **folder)
{
    cleanup_free char *text = fixture_text("guests/" UUID ".json");
    size_t length = (size_t)(strrchr(text, '}') - text) + 1;
    cleanup_state_dir struct state_dir dir;

    open_made(*folder, &dir);
    for (size_t i = 0; i < length; i++) {
        load_damaged(&dir, text, i, false);
        for (unsigned bit = 1; bit < 0x100; bit <<= 1) {
            text[i] = (char)(text[i] ^ bit);
            load_damaged(&dir, text, length, true);
            text[i] = (char)(text[i] ^ bit);
        }
    }
}

static void a_hold_that_is_no_file_is_one_and_is_not_waited_for(void **folder)
{
    cleanup_state_dir struct state_dir dir;
    unsigned long left;

    open_made(*folder, &dir);
    assert_int_equal(mkfifoat(dir.holds, UUID, 0600), 0);
    alarm(60); /* or it would wait for a writer */
    assert_true(state_dir_held(&dir, UUID, &left, NULL));
    alarm(0);
    assert_int_equal(left, 0);
    assert_int_equal(unlinkat(dir.holds, UUID, 0), 0);
    assert_int_equal(mkdirat(dir.holds, UUID, 0700), 0);
    assert_true(state_dir_held(&dir, UUID, NULL, NULL));
}

static void policies_are_never_trusted_however_their_file_is_damaged(void **folder)
{
    cleanup_state_dir struct state_dir dir;

    open_made(*folder, &dir);
    for (size_t i = 0; i < ARRAY_SIZE(damages); i++) {
        cleanup_buffer struct buffer text = {0};

        if (damages[i].shape == TEXT || !make_damage(dir.dir, "policies.json", &damages[i]))
            continue; /* what the text is worth, policy_set_restore() tells */
        print_message("# damage %zu\n", i);
        assert_int_equal(state_dir_load_policies(&dir, &text, NULL), -EUCLEAN);
        state_dir_set_aside_policies(&dir);
        assert_int_equal(faccessat(dir.dir, "policies.json.damaged", F_OK, AT_SYMLINK_NOFOLLOW), 0);
        assert_int_equal(state_dir_save_policies(&dir, "{}", NULL), 0);
        assert_int_equal(state_dir_load_policies(&dir, &text, NULL), 0);
        unlinkat(dir.dir, "policies.json", 0);
        unlinkat(dir.dir, "policies.json.damaged", damages[i].shape == FOLDER ? AT_REMOVEDIR : 0);
    }
}

/* A checkout's files may be writable for its owner's group. */
static void copy_fixture(const char *fixtures, const char *name, const char *folder)
{
    cleanup_free char *from = folder_read(fixtures, name), *to = NULL;

    assert_non_null(from);
    assert_true(asprintf(&to, "vmpin/%s", name) > 0);
    folder_write(folder, to, from);
}

/* Written by the vmpin of that version, or as it would have been. They stay for ever. */
static void the_state_of_every_version_is_read(void **folder)
{
    cleanup_state_dir struct state_dir dir;
    cleanup_state struct guest_state state = {0};
    cleanup_free char *path = NULL, *text = NULL;
    struct cell key = {.role = {.kind = CG_ROLE_VCPU}, .attr = attr_by_name("cpuset.cpus", 1)};
    struct record *record;
    unsigned long left;

    assert_true(asprintf(&path, "%s/tests/fixtures/state/version-1", getenv("top_srcdir")) > 0);
    open_made(*folder, &dir);
    copy_fixture(path, "guests/" UUID ".json", *folder);
    copy_fixture(path, "holds/" UUID, *folder);
    copy_fixture(path, "holds/all", *folder);
    assert_int_equal(state_dir_load(&dir, UUID, mounts, &state, NULL), 0);
    assert_int_equal(state.pid, 4242);
    assert_int_equal(state.start_time, 91234);
    assert_true(state.node == 4294967341 && !state.lost);
    assert_int_equal(state.count, 5);
    record = state_find(&state, &key);
    assert_int_equal(cg_value_format(record->baseline, &text), 0);
    assert_string_equal(text, "0-3");
    assert_false(record->settled);
    key.target = CELL_MASK;
    assert_null(state_find(&state, &key)->baseline);
    key.target = CELL_FILE;
    key.role.index = 1;
    assert_true(state_find(&state, &key)->settled);
    key.role = (struct cg_role){.kind = CG_ROLE_VM};
    assert_non_null(state_find(&state, &key)->written[2]);
    assert_int_equal(state_dir_held(&dir, UUID, &left, NULL),
                     1); /* for good, and all until 4000000000 s */
    assert_true(left > 1000000000);
}

static void an_open_folder_that_was_removed_or_replaced_is_noticed(void **folder)
{
    cleanup_state_dir struct state_dir dir;
    cleanup_free char *away = NULL;

    open_made(*folder, &dir);
    assert_true(state_dir_stands(&dir));
    assert_int_equal(unlinkat(dir.dir, "guests", AT_REMOVEDIR), 0);
    assert_false(state_dir_stands(&dir));
    assert_int_equal(state_dir_renew(&dir, NULL), 1);
    assert_true(state_dir_stands(&dir));
    assert_int_equal(unlinkat(dir.dir, "holds", AT_REMOVEDIR), 0);
    assert_false(state_dir_stands(&dir));
    assert_int_equal(state_dir_renew(&dir, NULL), 0); /* the states stayed */
    assert_true(state_dir_stands(&dir));
    assert_true(asprintf(&away, "%s/away", (char *)*folder) > 0);
    assert_int_equal(rename(dir.path, away), 0);
    assert_false(state_dir_stands(&dir));
    assert_int_equal(state_dir_renew(&dir, NULL), 1);
    assert_true(state_dir_stands(&dir));
    assert_int_equal(rename(away, dir.path), -1); /* it is there, and not empty */
}

static void policies_in_force_that_are_damaged_are_set_aside(void **folder)
{
    cleanup_state_dir struct state_dir dir;

    open_made(*folder, &dir);
    assert_int_equal(state_dir_save_policies(&dir, "{", NULL), 0);
    state_dir_set_aside_policies(&dir);
    assert_int_equal(faccessat(dir.dir, "policies.json", F_OK, 0), 0);
    assert_int_equal(faccessat(dir.dir, "policies.json.damaged", F_OK, 0), 0);
}

static void save_of(const struct state_dir *dir, const char *uuid, pid_t pid, uint64_t start_time)
{
    cleanup_state struct guest_state state = {.pid = pid, .start_time = start_time, .node = 9};
    int lock;

    strcpy(state.uuid, uuid);
    assert_int_equal(state_dir_save(dir, &state, NULL), 0);
    assert_int_equal(state_dir_lock_guest(dir, uuid, 0, &lock, NULL), 0);
    close(lock);
}

static bool knows(const char *uuid, const void *data)
{
    return strcmp(uuid, data) == 0;
}

static bool is_kept(const struct state_dir *dir, const char *uuid, const char *kind)
{
    char name[64];

    snprintf(name, sizeof(name), "%s.%s", uuid, kind);
    return faccessat(dir->guests, name, F_OK, 0) == 0;
}

static void guests_that_went_while_no_agent_ran_are_forgotten(void **folder)
{
    static const char known[] = UUID, lives[] = "21111111-2222-3333-4444-555555555555",
                      gone[] = "31111111-2222-3333-4444-555555555555",
                      no_pid[] = "41111111-2222-3333-4444-555555555555",
                      unmanaged[] = "51111111-2222-3333-4444-555555555555";
    const struct host host = {.kernel = &kernel_real,
                              .mounts = mounts,
                              .proc = open("/proc", O_RDONLY | O_DIRECTORY | O_CLOEXEC)};
    cleanup_state_dir struct state_dir dir;
    uint64_t now;

    open_made(*folder, &dir);
    assert_int_equal(proc_start_time(getpid(), &now), 0);
    save_of(&dir, known, getpid(), now + 1);
    save_of(&dir, lives, getpid(), now);
    save_of(&dir, gone, getpid(), now + 1);
    save_of(&dir, no_pid, 0, 0);
    save_of(&dir, unmanaged, getpid(), now + 1);
    state_dir_forget_state(&dir, unmanaged);
    state_dir_forget_gone(&dir, &host, knows, known);
    assert_true(is_kept(&dir, known, "json") && is_kept(&dir, known, "lock"));
    assert_true(is_kept(&dir, lives, "json") && is_kept(&dir, lives, "lock"));
    assert_true(is_kept(&dir, no_pid, "json"));
    assert_false(is_kept(&dir, gone, "json") || is_kept(&dir, gone, "lock"));
    assert_false(is_kept(&dir, unmanaged, "lock"));
    close(host.proc);
}

static void one_writer_a_guest(void **folder)
{
    cleanup_state_dir struct state_dir dir;
    cleanup_close int first = -1, second = -1;

    open_made(*folder, &dir);
    assert_int_equal(state_dir_lock_guest(&dir, UUID, 0, &first, NULL), 0);
    assert_int_equal(state_dir_lock_guest(&dir, UUID, 20, &second, NULL), -EBUSY);
    close(steal_fd(&first));
    assert_int_equal(state_dir_lock_guest(&dir, UUID, 0, &second, NULL), 0);
}

static void a_lock_whose_guest_went_is_taken_anew(void **folder)
{
    cleanup_state_dir struct state_dir dir;
    cleanup_close int first = -1, second = -1;

    open_made(*folder, &dir);
    assert_int_equal(state_dir_lock_guest(&dir, UUID, 0, &first, NULL), 0);
    state_dir_forget(&dir, UUID);
    assert_int_equal(state_dir_lock_guest(&dir, UUID, 0, &second, NULL), 0);
}

static void one_agent_at_a_time_and_all_can_see_it(void **folder)
{
    cleanup_state_dir struct state_dir dir;
    cleanup_close int first = -1, second = -1;
    struct stat stat;

    open_made(*folder, &dir);
    assert_int_equal(state_dir_lock_agent(&dir, &first, NULL), 0);
    assert_true(state_dir_agent_runs(&dir));
    assert_int_equal(state_dir_lock_agent(&dir, &second, NULL), -EBUSY);
    assert_int_equal(fstatat(dir.dir, "agent.lock", &stat, 0), 0);
    assert_int_equal(stat.st_mode & 0777, 0600); /* or anybody could keep it from starting */
}

static void an_agents_own_lock_is_kept_until_its_file_is_another_one(void **folder)
{
    cleanup_state_dir struct state_dir dir;
    cleanup_close int lock = -1, other = -1;

    open_made(*folder, &dir);
    assert_int_equal(state_dir_lock_agent(&dir, &lock, NULL), 0);
    assert_int_equal(unlinkat(dir.dir, "agent.pid", 0), 0);
    assert_int_equal(state_dir_lock_agent(&dir, &lock, NULL), 0);
    assert_true(state_dir_agent_runs(&dir));
    assert_int_equal(unlinkat(dir.dir, "agent.lock", 0), 0);
    assert_int_equal(state_dir_lock_agent(&dir, &lock, NULL), 0);
    assert_int_equal(state_dir_lock_agent(&dir, &other, NULL), -EBUSY);
}

static void an_agent_that_was_killed_does_not_run(void **folder)
{
    cleanup_state_dir struct state_dir dir;
    siginfo_t ended;
    pid_t child;
    int status;

    open_made(*folder, &dir);
    child = fork();
    if (child == 0) {
        int lock = -1;

        _exit(state_dir_lock_agent(&dir, &lock, NULL) < 0);
    }
    assert_int_equal(waitid(P_PID, (id_t)child, &ended, WEXITED | WNOWAIT), 0);
    assert_false(state_dir_agent_runs(&dir)); /* though its parent leaves it in /proc */
    assert_int_equal(waitpid(child, &status, 0), child);
    assert_int_equal(status, 0);
    assert_false(state_dir_agent_runs(&dir));
}

static void an_agent_that_was_killed_while_it_made_a_process_does_not_run(void **folder)
{
    cleanup_state_dir struct state_dir dir;
    cleanup_close int killed = -1, next = -1;
    pid_t child;

    open_made(*folder, &dir);
    assert_int_equal(state_dir_lock_agent(&dir, &killed, NULL), 0);
    child = fork();
    if (child == 0) {
        poll(NULL, 0, 200); /* it has the lock until it ends */
        _exit(0);
    }
    close(steal_fd(&killed));
    assert_int_equal(state_dir_lock_agent(&dir, &next, NULL), 0);
    assert_int_equal(waitpid(child, NULL, 0), child);
}

static void holds_end_by_release_and_by_time(void **folder)
{
    cleanup_state_dir struct state_dir dir;
    unsigned long left;

    open_made(*folder, &dir);
    assert_int_equal(state_dir_hold(&dir, UUID, 0, NULL), 0);
    assert_int_equal(state_dir_held(&dir, UUID, &left, NULL), 1);
    assert_int_equal(left, 0);
    assert_int_equal(state_dir_release(&dir, UUID, NULL), 0);
    assert_int_equal(state_dir_held(&dir, UUID, NULL, NULL), 0);
    assert_int_equal(state_dir_hold(&dir, NULL, 100, NULL), 0);
    assert_int_equal(state_dir_held(&dir, UUID, &left, NULL), 1);
    assert_in_range(left, 98, 100);
    assert_int_equal(file_replace(dir.holds, "all", "1\n", 2, 0644), 0); /* a second after boot */
    assert_int_equal(state_dir_held(&dir, UUID, NULL, NULL), 0);
}

/* The same text each time, so that what a reader finds is a hold however the two meet. */
static int hold_often(const struct state_dir *dir)
{
    int failed = 0;

    for (int i = 0; i < 300; i++)
        failed |=
            state_dir_hold(dir, UUID, 100, NULL) < 0 || state_dir_held(dir, UUID, NULL, NULL) != 1;
    return failed;
}

static void two_may_set_the_same_hold_at_once(void **folder)
{
    cleanup_state_dir struct state_dir dir;
    unsigned long left;
    pid_t child;
    int status;

    open_made(*folder, &dir);
    child = fork();
    if (child == 0)
        _exit(hold_often(&dir));
    assert_int_equal(hold_often(&dir), 0);
    assert_int_equal(waitpid(child, &status, 0), child);
    assert_int_equal(status, 0);
    assert_int_equal(state_dir_held(&dir, UUID, &left, NULL), 1);
    assert_in_range(left, 90, 100);
}

int main(void)
{
#define in_folder(f) cmocka_unit_test_setup_teardown(f, setup_folder, remove_folder)
    const struct CMUnitTest tests[] = {
        in_folder(a_folder_that_is_not_there_is_an_empty_one_to_read),
        in_folder(a_state_comes_back),
        in_folder(a_damaged_state_is_lost_and_stays_so_until_it_is_replaced),
        in_folder(a_state_is_never_trusted_however_it_is_damaged),
        in_folder(a_state_that_is_damaged_anywhere_is_lost_or_still_that_guests),
        in_folder(a_hold_that_is_no_file_is_one_and_is_not_waited_for),
        in_folder(policies_are_never_trusted_however_their_file_is_damaged),
        in_folder(the_state_of_every_version_is_read),
        in_folder(an_open_folder_that_was_removed_or_replaced_is_noticed),
        in_folder(policies_in_force_that_are_damaged_are_set_aside),
        in_folder(guests_that_went_while_no_agent_ran_are_forgotten),
        in_folder(one_writer_a_guest),
        in_folder(a_lock_whose_guest_went_is_taken_anew),
        in_folder(one_agent_at_a_time_and_all_can_see_it),
        in_folder(an_agents_own_lock_is_kept_until_its_file_is_another_one),
        in_folder(an_agent_that_was_killed_does_not_run),
        in_folder(an_agent_that_was_killed_while_it_made_a_process_does_not_run),
        in_folder(holds_end_by_release_and_by_time),
        in_folder(two_may_set_the_same_hold_at_once),
    };

    return cmocka_run_group_tests(tests, make_mounts, free_mounts);
}
