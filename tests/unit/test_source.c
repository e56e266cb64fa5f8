#include "guest/source.h"

#include <fcntl.h>
#include <grp.h>
#include <poll.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>

#include <cmocka.h>

#define UUID_A "0b1c2d3e-4f50-4a61-8b72-9c83ad94be01"
#define GUEST(uuid, name)                                                                          \
    "{\"type\":\"guest\",\"event\":\"list\",\"facts\":{\"uuid\":\"" uuid "\",\"name\":\"" name     \
    "\",\"driver\":\"test\",\"vcpus_maximum\":1,\"memory_maximum\":1}}\n"
#define SYNCED "{\"type\":\"synced\"}\n"

/* A folder that any user may look into, with one file that a test writes. */
static char folder[64], *file;

static int make_folder(void **state)
{
    const char *parent = getenv("TMPDIR");

    snprintf(folder, sizeof(folder), "%s/vmpin-source-XXXXXX",
             parent && strlen(parent) < 30 ? parent : "/tmp");
    return mkdtemp(folder) && chmod(folder, 0755) == 0 && asprintf(&file, "%s/file", folder) > 0
               ? 0
               : -1;
}

static int remove_folder(void **state)
{
    unlink(file);
    free(file);
    return rmdir(folder);
}

static void write_file(const char *text, size_t length, mode_t mode)
{
    int fd;

    unlink(file);
    fd = open(file, O_WRONLY | O_CREAT | O_CLOEXEC, mode);
    assert_true(fd >= 0);
    assert_int_equal(write(fd, text, length), length);
    assert_int_equal(close(fd), 0);
}

static struct source_options record(const char *text)
{
    write_file(text, strlen(text), 0644);
    return (struct source_options){.record = file};
}

/* A helper that is a shell script. */
static void helper(const char *script)
{
    cleanup_free char *text = NULL;

    assert_true(asprintf(&text, "#!/bin/sh\n%s", script) > 0);
    write_file(text, strlen(text), 0755);
    setenv("VMPIN_HELPER", file, 1);
}

static struct source open_source(const struct source_options *options)
{
    cleanup_error struct cg_error *err = NULL;
    struct source source = {.fd = -1};

    if (source_open(options, &source, &err) < 0)
        fail_msg("%s", cg_error_text(err));
    return source;
}

static int wait_next(struct source *source, struct message *message, struct cg_error **err)
{
    int r;

    while ((r = source_next(source, message, err)) == 0) {
        struct pollfd readable = {.fd = source->fd, .events = POLLIN};

        assert_int_equal(poll(&readable, 1, 10000), 1);
    }
    return r;
}

static void assert_next(struct source *source, enum message_type type)
{
    cleanup_message struct message message = {0};
    cleanup_error struct cg_error *err = NULL;
    int r = wait_next(source, &message, &err);

    if (r != 1)
        fail_msg("%d: %s", r, cg_error_text(err));
    assert_int_equal(message.type, type);
}

static void assert_refused(struct source *source, const char *text)
{
    struct message message = {0};
    cleanup_error struct cg_error *err = NULL;

    assert_int_equal(source_next(source, &message, &err), -EINVAL);
    if (!strstr(cg_error_text(err), text))
        fail_msg("\"%s\" does not say \"%s\"", cg_error_text(err), text);
}

static void assert_end(struct source *source)
{
    struct message message = {0};

    assert_int_equal(wait_next(source, &message, NULL), -EPIPE);
    assert_int_equal(source_next(source, &message, NULL), -EPIPE);
    assert_true(source->pending.size < MESSAGE_LINE_LIMIT / 4);
    assert_int_equal(source_close(source), 0);
}

static void a_recorded_host_is_read_line_by_line(void **state)
{
    struct source_options options = record(GUEST(UUID_A, "a") "\n" SYNCED "{\"type\":\"synced\"}");
    struct source source = open_source(&options);

    assert_next(&source, MESSAGE_GUEST);
    assert_next(&source, MESSAGE_SYNCED);
    assert_next(&source, MESSAGE_SYNCED);
    assert_end(&source);
}

static void a_line_that_is_none_is_told_with_its_number_and_passed_over(void **state)
{
    struct source_options options = record(SYNCED "\nnonsense\n" SYNCED "{\"type\":\"gone\"}\n");
    struct source source = open_source(&options);

    assert_next(&source, MESSAGE_SYNCED);
    assert_refused(&source, "line 3: ");
    assert_next(&source, MESSAGE_SYNCED);
    assert_refused(&source, "line 5: /uuid is missing");
    assert_end(&source);
}

/* A line of `length` bytes between two others. */
static struct source_options record_with_long_line(size_t length)
{
    size_t size = 2 * strlen(SYNCED) + length + 1;
    cleanup_free char *text = malloc(size + 1);
    char *at = text;

    assert_non_null(text);
    at = stpcpy(at, SYNCED);
    memset(at, ' ', length);
    at[0] = '{';
    memcpy(at + 1, "\"type\":\"synced\"", 15);
    at[length - 1] = '}';
    at[length] = '\n';
    strcpy(at + length + 1, SYNCED);
    write_file(text, size, 0644);
    return (struct source_options){.record = file};
}

static void a_line_of_the_greatest_length_is_read(void **state)
{
    struct source_options options = record_with_long_line(MESSAGE_LINE_LIMIT);
    struct source source = open_source(&options);

    for (int i = 0; i < 3; i++)
        assert_next(&source, MESSAGE_SYNCED);
    assert_end(&source);
}

static void a_line_beyond_the_limit_is_refused_once_and_not_kept(void **state)
{
    static const size_t lengths[] = {MESSAGE_LINE_LIMIT + 1, 6 * (size_t)MESSAGE_LINE_LIMIT};

    for (size_t i = 0; i < ARRAY_SIZE(lengths); i++) {
        struct source_options options = record_with_long_line(lengths[i]);
        struct source source = open_source(&options);

        assert_next(&source, MESSAGE_SYNCED);
        assert_refused(&source, "line 2 is longer than");
        assert_next(&source, MESSAGE_SYNCED);
        assert_int_equal(source.line, 3);
        assert_end(&source);
    }
}

static void a_recorded_host_that_cannot_be_read_is_named(void **state)
{
    const char *const paths[] = {"/nonexistent/host.jsonl", folder};

    for (size_t i = 0; i < ARRAY_SIZE(paths); i++) {
        struct source_options options = {.record = paths[i]};
        struct source source = {0};
        cleanup_error struct cg_error *err = NULL;

        assert_int_equal(source_open(&options, &source, &err), i == 0 ? -ENOENT : -EISDIR);
        assert_non_null(strstr(cg_error_text(err), paths[i]));
    }
}

static int collect(const struct source_options *options, struct facts_list *list,
                   struct cg_error **err)
{
    char *warning = (char *)"untouched";
    int r = source_collect(options, list, &warning, err);

    if (r == 0)
        assert_null(warning);
    else
        assert_string_equal(warning, "untouched");
    return r;
}

static void a_recorded_host_yields_its_guests_by_name(void **state)
{
    cleanup_free char *path = NULL;
    struct source_options options = {0};
    struct facts_list list = {0};

    assert_true(asprintf(&path, "%s/tests/fixtures/hosts/two-guests.jsonl", getenv("top_srcdir")) >
                0);
    options.record = path;
    assert_int_equal(collect(&options, &list, NULL), 0);
    assert_int_equal(list.count, 2);
    assert_string_equal(list.facts[0]->name, "db1");
    assert_int_equal(list.facts[0]->vcpus_current, 4);
    assert_string_equal(list.facts[1]->name, "web1");
    facts_list_release(&list);
}

static void of_guests_of_one_name_the_uuid_decides_and_the_last_word_counts(void **state)
{
    struct source_options options =
        record(GUEST("00000000-0000-4000-8000-000000000002", "a")
                   GUEST("00000000-0000-4000-8000-000000000003", "b")
                       GUEST("00000000-0000-4000-8000-000000000001", "a")
                           GUEST("00000000-0000-4000-8000-000000000003", "0") SYNCED);
    struct facts_list list = {0};

    assert_int_equal(collect(&options, &list, NULL), 0);
    assert_int_equal(list.count, 3);
    assert_string_equal(list.facts[0]->name, "0");
    assert_int_equal(list.facts[1]->uuid[35], '1');
    assert_int_equal(list.facts[2]->uuid[35], '2');
    facts_list_release(&list);
}

static void a_recording_that_is_not_whole_or_not_right_is_refused_by_name(void **state)
{
    static const char *const texts[] = {GUEST(UUID_A, "a"), GUEST(UUID_A, "a") SYNCED "{}\n", ""};

    for (size_t i = 0; i < ARRAY_SIZE(texts); i++) {
        struct source_options options = record(texts[i]);
        struct facts_list list = {0};
        cleanup_error struct cg_error *err = NULL;

        assert_int_equal(collect(&options, &list, &err), -EINVAL);
        assert_non_null(strstr(cg_error_text(err), file));
        assert_int_equal(list.count, 0);
    }
}

static void a_helper_is_told_the_uri_and_once(void **state)
{
    struct source_options options = {.uri = "test:///default", .once = true};
    struct source source;

    helper("[ \"$*\" = '--connect test:///default --once' ] && echo '{\"type\":\"synced\"}'");
    source = open_source(&options);
    assert_next(&source, MESSAGE_SYNCED);
    source_close(&source);
}

static void the_uri_comes_from_the_environment_as_virsh_takes_it(void **state)
{
    struct source_options options = {0};
    struct source source;

    helper("[ \"$*\" = '--connect a:///' ] && echo '{\"type\":\"synced\"}'");
    setenv("LIBVIRT_DEFAULT_URI", "b:///", 1);
    setenv("VIRSH_DEFAULT_CONNECT_URI", "a:///", 1);
    source = open_source(&options);
    assert_next(&source, MESSAGE_SYNCED);
    source_close(&source);
    setenv("VIRSH_DEFAULT_CONNECT_URI", "", 1);
    setenv("LIBVIRT_DEFAULT_URI", "a:///", 1);
    source = open_source(&options);
    assert_next(&source, MESSAGE_SYNCED);
    source_close(&source);
    unsetenv("VIRSH_DEFAULT_CONNECT_URI");
    unsetenv("LIBVIRT_DEFAULT_URI");
}

static void roots_default_is_the_system_daemon(void **state)
{
    struct source_options options = {0};
    struct source source;

    if (geteuid() != 0)
        skip();
    helper("[ \"$*\" = '--connect qemu:///system' ] && echo '{\"type\":\"synced\"}'");
    source = open_source(&options);
    assert_next(&source, MESSAGE_SYNCED);
    source_close(&source);
}

static void lines_that_come_in_pieces_are_put_together(void **state)
{
    struct source_options options = {0};
    struct message message = {0};
    struct source source;

    helper("printf '{\"type\":'; sleep 0.2; printf '\"synced\"}\\n{'; sleep 0.2; echo '}'");
    source = open_source(&options);
    assert_int_equal(source_next(&source, &message, NULL), 0);
    assert_next(&source, MESSAGE_SYNCED);
    assert_int_equal(source_next(&source, &message, NULL), 0);
    source_close(&source);
}

static void a_helper_has_no_rights_descriptors_or_environment_of_root(void **state)
{
    struct source_options options = {0};
    cleanup_close int given = open("/dev/null", O_RDONLY);
    struct source source;
    gid_t groups[64];
    int group_count;

    if (geteuid() != 0)
        skip();
    assert_true(given >= 0);
    group_count = getgroups((int)ARRAY_SIZE(groups), groups);
    assert_true(group_count >= 0);
    assert_int_equal(setgroups(1, &(gid_t){0}), 0);
    setenv("VMPIN_TEST_SECRET", "x", 1);
    setenv("XDG_RUNTIME_DIR", "/run/user/0", 1);
    helper("[ $(id -u) != 0 ] && [ $(id -g) != 0 ] && [ \"$(id -G)\" = $(id -g) ] &&"
           " grep -q '^NoNewPrivs:.1$' /proc/self/status &&"
           " grep -q '^CapEff:.0*$' /proc/self/status && [ -z \"$VMPIN_TEST_SECRET\" ] &&"
           " [ -z \"$XDG_RUNTIME_DIR\" ] && [ \"$HOME\" = /nonexistent ] && [ -n \"$PATH\" ] &&"
           " [ \"$(readlink /proc/$$/fd/0)\" = /dev/null ] && [ ! -e /proc/$$/fd/3 ] &&"
           " echo '{\"type\":\"synced\"}'");
    source = open_source(&options);
    assert_true(source.user[0] != '\0');
    assert_next(&source, MESSAGE_SYNCED);
    source_close(&source);
    unsetenv("XDG_RUNTIME_DIR");
    assert_int_equal(setgroups((size_t)group_count, groups), 0);
}

static void a_helper_kept_as_root_still_gets_no_new_privileges(void **state)
{
    struct source_options options = {.as_root = true};
    struct source source;

    helper("[ -O /proc/$PPID ] && grep -q '^NoNewPrivs:.1$' /proc/self/status &&"
           " echo '{\"type\":\"synced\"}'");
    source = open_source(&options);
    assert_string_equal(source.user, "");
    assert_next(&source, MESSAGE_SYNCED);
    source_close(&source);
}

static void a_helper_in_a_folder_of_root_alone_is_started_by_its_descriptor(void **state)
{
    struct source_options options = {.uri = "--version"};
    const char *preloaded = getenv("LD_PRELOAD");
    struct source source;

    /* valgrind executes by the path alone. */
    if (geteuid() != 0 || (preloaded && strstr(preloaded, "vgpreload")))
        skip();
    unlink(file);
    assert_int_equal(system("cp /bin/true \"$VMPIN_HELPER\""), 0);
    assert_int_equal(chmod(folder, 0700), 0);
    source = open_source(&options);
    assert_end(&source);
    assert_int_equal(chmod(folder, 0755), 0);
}

static void a_helper_that_is_not_there_is_named(void **state)
{
    struct source_options options = {0};
    struct source source = {0};
    cleanup_error struct cg_error *err = NULL;

    setenv("VMPIN_HELPER", "/nonexistent/helper", 1);
    assert_int_equal(source_open(&options, &source, &err), -ENOENT);
    assert_non_null(strstr(cg_error_text(err), "/nonexistent/helper"));
    assert_int_equal(waitpid(-1, NULL, WNOHANG), -1);
}

static void a_helper_that_is_refused_is_tried_once_more_as_root(void **state)
{
    struct source_options options = {0};
    struct facts_list list = {0};
    cleanup_free char *warning = NULL;

    if (geteuid() != 0)
        skip();
    helper("[ $(id -u) != 0 ] && { echo '{\"type\":\"disconnected\",\"reason\":\"no bus\"}';"
           " exit 77; }; echo '" GUEST(UUID_A, "a") SYNCED "'");
    assert_int_equal(source_collect(&options, &list, &warning, NULL), 0);
    assert_int_equal(list.count, 1);
    assert_non_null(warning);
    assert_non_null(strstr(warning, "no bus"));
    assert_non_null(strstr(warning, "root"));
    facts_list_release(&list);
}

static void what_the_helpers_end_means_is_told(void **state)
{
    static const struct {
        const char *script;
        int error;
        const char *text;
    } cases[] = {
        {"echo '{\"type\":\"disconnected\",\"reason\":\"gone \\u001b fishing\"}'; exit 69", ENODEV,
         "libvirt is not available: gone \\x1b fishing"},
        {"echo '{\"type\":\"disconnected\",\"reason\":\"go\"}'; exit 77", EACCES, "admit"},
        {"exit 3", EIO, "status 3"},
        {"kill -9 $$", EIO, "signal 9"},
        {"echo nonsense", EINVAL, "line 1"},
    };

    for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
        struct source_options options = {0};
        struct facts_list list = {0};
        cleanup_error struct cg_error *err = NULL;

        helper(cases[i].script);
        assert_int_equal(collect(&options, &list, &err), -cases[i].error);
        if (!strstr(cg_error_text(err), cases[i].text))
            fail_msg("\"%s\" does not say \"%s\"", cg_error_text(err), cases[i].text);
    }
}

static double seconds(void)
{
    struct timespec now;

    clock_gettime(CLOCK_MONOTONIC, &now);
    return (double)now.tv_sec + (double)now.tv_nsec / 1e9;
}

static void a_helper_ends_at_once_when_it_is_closed(void **state)
{
    struct source_options options = {0};
    struct source source;
    double start = seconds();
    int status;

    helper("echo '{\"type\":\"synced\"}'; exec sleep 60");
    source = open_source(&options);
    assert_next(&source, MESSAGE_SYNCED);
    status = source_close(&source);
    assert_true(WIFSIGNALED(status) && WTERMSIG(status) == SIGTERM);
    assert_true(seconds() - start < 0.9);
}

static void a_helper_that_ignores_sigterm_is_killed_after_a_second(void **state)
{
    struct source_options options = {0};
    struct source source;
    double start = seconds();
    int status;

    helper("trap '' TERM; echo '{\"type\":\"synced\"}'; exec sleep 60");
    source = open_source(&options);
    assert_next(&source, MESSAGE_SYNCED);
    status = source_close(&source);
    assert_true(WIFSIGNALED(status) && WTERMSIG(status) == SIGKILL);
    assert_true(seconds() - start >= 1.0 && seconds() - start < 3.0);
}

/* The helper outlives a parent that blocks SIGTERM, as a program with a signal descriptor does,
 * unless it follows: its mask is clear and its end is asked for. */
static void a_helper_ends_with_its_parent(void **state)
{
    struct source_options options = {0};
    int output[2];
    pid_t parent;
    char byte;

    helper("echo '{\"type\":\"synced\"}'; exec sleep 60");
    assert_int_equal(pipe2(output, O_CLOEXEC), 0);
    parent = fork();
    if (parent == 0) {
        sigset_t term;
        struct source source;

        sigemptyset(&term);
        sigaddset(&term, SIGTERM);
        sigprocmask(SIG_BLOCK, &term, NULL);
        dup2(output[1], STDERR_FILENO); /* the helper's too: the pipe ends when both have */
        close(output[1]);
        source = open_source(&options);
        assert_next(&source, MESSAGE_SYNCED);
        _exit(0);
    }
    close(output[1]);
    assert_true(poll(&(struct pollfd){.fd = output[0], .events = POLLIN}, 1, 5000) == 1);
    assert_int_equal(read(output[0], &byte, 1), 0);
    assert_int_equal(waitpid(parent, NULL, 0), parent);
    close(output[0]);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_recorded_host_is_read_line_by_line),
        cmocka_unit_test(a_line_that_is_none_is_told_with_its_number_and_passed_over),
        cmocka_unit_test(a_line_of_the_greatest_length_is_read),
        cmocka_unit_test(a_line_beyond_the_limit_is_refused_once_and_not_kept),
        cmocka_unit_test(a_recorded_host_that_cannot_be_read_is_named),
        cmocka_unit_test(a_recorded_host_yields_its_guests_by_name),
        cmocka_unit_test(of_guests_of_one_name_the_uuid_decides_and_the_last_word_counts),
        cmocka_unit_test(a_recording_that_is_not_whole_or_not_right_is_refused_by_name),
        cmocka_unit_test(a_helper_is_told_the_uri_and_once),
        cmocka_unit_test(the_uri_comes_from_the_environment_as_virsh_takes_it),
        cmocka_unit_test(roots_default_is_the_system_daemon),
        cmocka_unit_test(lines_that_come_in_pieces_are_put_together),
        cmocka_unit_test(a_helper_has_no_rights_descriptors_or_environment_of_root),
        cmocka_unit_test(a_helper_kept_as_root_still_gets_no_new_privileges),
        cmocka_unit_test(a_helper_in_a_folder_of_root_alone_is_started_by_its_descriptor),
        cmocka_unit_test(a_helper_that_is_not_there_is_named),
        cmocka_unit_test(a_helper_that_is_refused_is_tried_once_more_as_root),
        cmocka_unit_test(what_the_helpers_end_means_is_told),
        cmocka_unit_test(a_helper_ends_at_once_when_it_is_closed),
        cmocka_unit_test(a_helper_that_ignores_sigterm_is_killed_after_a_second),
        cmocka_unit_test(a_helper_ends_with_its_parent),
    };

    /* The tests choose these themselves. */
    unsetenv("VIRSH_DEFAULT_CONNECT_URI");
    unsetenv("LIBVIRT_DEFAULT_URI");
    return cmocka_run_group_tests_name("source", tests, make_folder, remove_folder);
}
