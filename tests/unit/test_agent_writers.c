/* Who wrote to a file: real fanotify on a plain folder, real processes that write. */
#include "agent/writers.h"

#include <fcntl.h>
#include <poll.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <cmocka.h>

#define FLOOD_FILES 1024

struct world {
    char top[64];
    int dir;
    struct host host;
    struct writers writers; /* opened once: the capability for it is given up */
    uint64_t now, begin;    /* `begin`: of the test */
};

static void put(const struct world *world, const char *file)
{
    int fd = openat(world->dir, file, O_WRONLY | O_CREAT | O_CLOEXEC, 0644);

    if (fd < 0 || write(fd, "1", 1) != 1)
        abort();
    close(fd);
}

/* A process of that name that has written to `file` and, if it is to, lives on. */
static pid_t other(const struct world *world, const char *name, const char *file, bool lives)
{
    pid_t pid = fork();
    int status;

    assert_true(pid >= 0);
    if (pid == 0) {
        prctl(PR_SET_NAME, name);
        put(world, file);
        if (lives)
            raise(SIGSTOP);
        _exit(0);
    }
    assert_int_equal(waitpid(pid, &status, WUNTRACED), pid);
    return pid;
}

static void end(pid_t pid)
{
    assert_int_equal(kill(pid, SIGKILL), 0);
    assert_int_equal(waitpid(pid, NULL, 0), pid);
}

static void read_all(struct world *world)
{
    writers_read(&world->writers, &world->host, ++world->now);
}

static struct writer find(struct world *world, const char *file, uint64_t since)
{
    return writers_find(&world->writers, world->dir, file, since);
}

/* Nothing of the tests before counts. */
static struct world *begin(void **state)
{
    struct world *world = *state;

    if (geteuid() != 0)
        skip();
    read_all(world);
    world->begin = world->now + 1;
    return world;
}

static int set_up(void **state)
{
    struct world *world = calloc(1, sizeof(*world));

    if (!world)
        return -1;
    *state = world;
    world->writers.queue = -1;
    world->host.kernel = &kernel_real;
    world->host.proc = open("/proc", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    strcpy(world->top, "/tmp/vmpin-writers-XXXXXX");
    if (!mkdtemp(world->top))
        return -1;
    world->dir = open(world->top, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    put(world, "a");
    put(world, "b");
    if (geteuid() != 0)
        return 0;
    assert_int_equal(writers_open(&world->writers, NULL), 0);
    writers_mark(&world->writers, world->dir);
    return world->writers.failed;
}

static int tear_down(void **state)
{
    struct world *world = *state;

    writers_close(&world->writers);
    unlinkat(world->dir, "a", 0);
    unlinkat(world->dir, "b", 0);
    rmdir(world->top);
    close(world->dir);
    close(world->host.proc);
    free(world);
    return 0;
}

static void who_wrote_is_known_by_pid_and_name(void **state)
{
    struct world *world = begin(state);
    struct writer found;
    pid_t pid;

    pid = other(world, "a\nbold\033[1m", "a", true);
    read_all(world);
    found = find(world, "a", world->begin);
    end(pid);
    assert_int_equal(found.pid, pid);
    assert_string_equal(found.name, "a\nbold\033[1m");
}

static void of_a_writer_that_is_gone_the_pid_is_known(void **state)
{
    struct world *world = begin(state);
    struct writer found;
    pid_t pid;

    pid = other(world, "gone", "a", false);
    read_all(world);
    found = find(world, "a", world->begin);
    assert_int_equal(found.pid, pid);
    assert_string_equal(found.name, "");
}

static void a_name_that_was_read_in_time_outlives_its_process(void **state)
{
    struct world *world = begin(state);
    pid_t pid;

    pid = other(world, "brief", "a", true);
    read_all(world);
    end(pid);
    read_all(world);
    assert_string_equal(find(world, "a", world->begin).name, "brief");
}

static void ones_own_writes_are_nobodys(void **state)
{
    struct world *world = begin(state);

    put(world, "a");
    read_all(world);
    assert_int_equal(find(world, "a", world->begin).pid, 0);
}

static void a_write_to_another_file_tells_nothing(void **state)
{
    struct world *world = begin(state);

    other(world, "x", "b", false);
    read_all(world);
    assert_int_equal(find(world, "a", world->begin).pid, 0);
}

static void of_several_writers_none_is_named(void **state)
{
    struct world *world = begin(state);

    other(world, "x", "a", false);
    other(world, "y", "a", false);
    read_all(world);
    assert_int_equal(find(world, "a", world->begin).pid, 0);
}

static void writes_from_before_are_left_out(void **state)
{
    struct world *world = begin(state);
    pid_t pid;

    other(world, "x", "a", false);
    read_all(world);
    pid = other(world, "y", "a", false);
    read_all(world);
    assert_int_equal(find(world, "a", world->now).pid, pid);
}

static void a_write_is_told_once(void **state)
{
    struct world *world = begin(state);
    pid_t pid;

    pid = other(world, "x", "a", false);
    read_all(world);
    assert_int_equal(find(world, "a", world->begin).pid, pid);
    assert_int_equal(find(world, "a", world->begin).pid, 0);
}

static void in_doubt_none_is_named_until_later(void **state)
{
    struct world *world = begin(state);
    pid_t pid;

    other(world, "x", "a", false);
    read_all(world);
    writers_doubt(&world->writers, world->now);
    assert_int_equal(find(world, "a", world->begin).pid, 0);
    pid = other(world, "y", "a", false);
    read_all(world);
    assert_int_equal(find(world, "a", world->now).pid, pid);
}

/* More writers than there is room for push out what was known of the first. */
static void what_was_forgotten_leaves_no_guess(void **state)
{
    struct world *world = begin(state);

    other(world, "first", "a", false);
    read_all(world);
    for (unsigned i = 0; i < 300; i++)
        other(world, "more", "b", false);
    read_all(world);
    other(world, "last", "a", false);
    read_all(world);
    assert_int_equal(find(world, "a", world->begin).pid, 0);
}

static unsigned most_queued(void)
{
    FILE *file = fopen("/proc/sys/fs/fanotify/max_queued_events", "re");
    unsigned most;

    assert_non_null(file);
    assert_int_equal(fscanf(file, "%u", &most), 1);
    fclose(file);
    return most;
}

/* So many writes at least. The kernel makes one event of all that one process does to one file. */
static void flood(const struct world *world, unsigned count)
{
    char files[FLOOD_FILES][16];

    for (unsigned i = 0; i < FLOOD_FILES; i++)
        snprintf(files[i], sizeof(files[i]), "flood-%u", i);
    for (unsigned done = 0; done < count; done += FLOOD_FILES) {
        pid_t pid = fork();

        assert_true(pid >= 0);
        for (unsigned i = 0; pid == 0 && i < FLOOD_FILES; i++)
            put(world, files[i]);
        if (pid == 0)
            _exit(0);
        assert_int_equal(waitpid(pid, NULL, 0), pid);
    }
    for (unsigned i = 0; i < FLOOD_FILES; i++)
        assert_int_equal(unlinkat(world->dir, files[i], 0), 0);
}

/* Of two writers the second found the queue full. That it overflowed is the last that is read. */
static void where_writes_were_lost_none_is_named_until_later(void **state)
{
    struct world *world = begin(state);
    struct pollfd queue = {.fd = world->writers.queue, .events = POLLIN};
    pid_t pid;

    other(world, "x", "a", false);
    flood(world, most_queued());
    other(world, "y", "a", false);
    while (poll(&queue, 1, 0) > 0)
        read_all(world);
    assert_int_equal(world->writers.lost, world->now);
    assert_int_equal(find(world, "a", world->begin).pid, 0);
    ++world->now;
    pid = other(world, "z", "a", false);
    read_all(world);
    assert_int_equal(find(world, "a", world->now).pid, pid);
}

static void the_capability_is_given_up_again(void **state)
{
    char text[4096];
    unsigned long long effective;
    const char *line;
    FILE *file;

    begin(state);
    file = fopen("/proc/self/status", "re");
    assert_non_null(file);
    text[fread(text, 1, sizeof(text) - 1, file)] = '\0';
    fclose(file);
    line = strstr(text, "CapEff:");
    assert_non_null(line);
    assert_int_equal(sscanf(line, "CapEff: %llx", &effective), 1);
    assert_int_equal(effective >> 21 & 1, 0); /* CAP_SYS_ADMIN */
}

static void without_the_capability_it_says_so(void **state)
{
    struct writers writers = {.queue = -1};
    cleanup_error struct cg_error *error = NULL;

    /* Root gave it up, others never had it. */
    assert_int_equal(writers_open(&writers, &error), -EPERM);
    assert_non_null(strstr(cg_error_text(error), "CAP_SYS_ADMIN"));
    assert_int_equal(writers.queue, -1);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(who_wrote_is_known_by_pid_and_name),
        cmocka_unit_test(of_a_writer_that_is_gone_the_pid_is_known),
        cmocka_unit_test(a_name_that_was_read_in_time_outlives_its_process),
        cmocka_unit_test(ones_own_writes_are_nobodys),
        cmocka_unit_test(a_write_to_another_file_tells_nothing),
        cmocka_unit_test(of_several_writers_none_is_named),
        cmocka_unit_test(writes_from_before_are_left_out),
        cmocka_unit_test(a_write_is_told_once),
        cmocka_unit_test(in_doubt_none_is_named_until_later),
        cmocka_unit_test(what_was_forgotten_leaves_no_guess),
        cmocka_unit_test(where_writes_were_lost_none_is_named_until_later),
        cmocka_unit_test(the_capability_is_given_up_again),
        cmocka_unit_test(without_the_capability_it_says_so),
    };

    return cmocka_run_group_tests(tests, set_up, tear_down);
}
