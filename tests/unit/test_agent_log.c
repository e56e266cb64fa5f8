/* What becomes of log entries for which there is no room: stderr is a pipe here. */
#include "agent/log.h"
#include "base/buffer.h"
#include "folder.h"
#include "test.h"

#include <fcntl.h>
#include <limits.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <sys/wait.h>

#define JOURNAL "run/systemd/journal" /* below the root */

/* However slow the machine is: where something is waited for that never comes, it ends the test. */
#define SECONDS_MAX 60

struct world {
    struct log log;
    int reader;   /* of the pipe */
    int capacity; /* its */
    int stderr_before;
    struct buffer all; /* that was read from it */
    char *root;        /* of a host with another journal, or none */
    int root_before, journal;
    char entry[4096]; /* of it */
};

static int set_up(void **state)
{
    struct world *world = calloc(1, sizeof(*world));
    int ends[2];

    if (!world || pipe2(ends, O_CLOEXEC) < 0)
        return -1;
    *state = world;
    world->root_before = world->journal = -1;
    world->reader = ends[0];
    world->capacity = fcntl(ends[1], F_SETPIPE_SZ, 2 * (int)sysconf(_SC_PAGESIZE));
    fflush(stderr);
    world->stderr_before = dup(STDERR_FILENO);
    if (world->capacity < 0 || dup2(ends[1], STDERR_FILENO) < 0)
        return -1;
    close(ends[1]);
    log_init(&world->log, false);
    alarm(SECONDS_MAX);
    return 0;
}

static int tear_down(void **state)
{
    struct world *world = *state;

    alarm(0);
    log_close(&world->log);
    unsetenv("JOURNAL_STREAM");
    if (world->root_before >= 0 && (fchdir(world->root_before) < 0 || chroot(".") < 0))
        return -1;
    folder_remove(world->root);
    closep(&world->root_before);
    closep(&world->journal);
    dup2(world->stderr_before, STDERR_FILENO);
    close(world->stderr_before);
    close(world->reader);
    buffer_release(&world->all);
    free(world);
    return 0;
}

/* What was said since the last call. */
static const char *said(struct world *world)
{
    assert_true(fcntl(world->reader, F_SETFL, O_NONBLOCK) >= 0);
    assert_int_equal(buffer_read(&world->all, world->reader, 16 << 20), -EAGAIN);
    world->all.data[world->all.length] = '\0';
    return world->all.data;
}

static int count_lines(const char *text)
{
    int count = 0;

    for (; (text = strchr(text, '\n')); text++)
        count++;
    return count;
}

/* In a child: reads to the end, a piece a millisecond, and exits with the number of lines. */
static _Noreturn void read_slowly(struct world *world)
{
    char piece[PIPE_BUF];
    int lines = 0;
    ssize_t n;

    dup2(world->stderr_before, STDERR_FILENO);
    while ((n = read(world->reader, piece, sizeof(piece))) > 0) {
        for (ssize_t i = 0; i < n; i++)
            lines += piece[i] == '\n';
        usleep(1000);
    }
    _exit(lines);
}

static void a_slow_reader_loses_nothing(void **state)
{
    enum { LINES = 100 };
    struct world *world = *state;
    int status;
    pid_t reader;

    world->log.patience = SECONDS_MAX * 1000;
    reader = fork();
    if (reader == 0)
        read_slowly(world);
    for (int i = 0; i < LINES; i++)
        log_line(&world->log, LOG_INFO, "%01000d", i);
    dup2(world->stderr_before, STDERR_FILENO);
    assert_int_equal(waitpid(reader, &status, 0), reader);
    assert_true(WIFEXITED(status));
    assert_int_equal(WEXITSTATUS(status), LINES);
}

/* Were each waited for, it would take 100 s. */
static void a_log_that_nobody_reads_is_waited_for_once(void **state)
{
    struct world *world = *state;

    for (int i = 0; i < 1000; i++)
        log_line(&world->log, LOG_INFO, "%01000d", i);
    assert_true(count_lines(said(world)) < 1000);
}

static void how_many_entries_were_left_out_is_told_once_there_is_room_again(void **state)
{
    struct world *world = *state;
    char wanted[128];
    int lost;

    for (int i = 0; i < 1000; i++)
        log_line(&world->log, LOG_INFO, "%01000d", i);
    lost = 1000 - count_lines(said(world));
    log_line(&world->log, LOG_INFO, "there is room again");
    snprintf(wanted, sizeof(wanted),
             "vmpin agent: %d entries were left out of the log\n"
             "vmpin agent: there is room again\n",
             lost);
    assert_string_equal(said(world), wanted);
    log_line(&world->log, LOG_INFO, "still");
    assert_string_equal(said(world), "vmpin agent: still\n");
}

static void what_follows_a_line_that_was_cut_off_has_a_line_of_its_own(void **state)
{
    struct world *world = *state;

    log_line(&world->log, LOG_INFO, "%0*d", 2 * world->capacity, 0);
    assert_int_equal(count_lines(said(world)), 0);
    log_line(&world->log, LOG_INFO, "next");
    assert_string_equal(said(world), "\nvmpin agent: 1 entry was left out of the log\n"
                                     "vmpin agent: next\n");
}

/* From now on stderr is the journal, and "/" a folder without the journal's socket. */
static void enter_host(struct world *world)
{
    char stream[64];
    struct stat st;

    world->root = folder_new();
    folder_make(world->root, JOURNAL);
    world->root_before = open("/", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    assert_true(world->root_before >= 0);
    assert_int_equal(chroot(world->root), 0);
    assert_int_equal(fstat(STDERR_FILENO, &st), 0);
    snprintf(stream, sizeof(stream), "%ju:%ju", (uintmax_t)st.st_dev, (uintmax_t)st.st_ino);
    setenv("JOURNAL_STREAM", stream, true);
}

/* A journal that reads nothing by itself, as one that hangs. */
static void open_journal(struct world *world)
{
    static const struct sockaddr_un address = {.sun_family = AF_UNIX,
                                               .sun_path = "/" JOURNAL "/socket"};

    world->journal = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
    assert_int_equal(bind(world->journal, (const struct sockaddr *)&address, sizeof(address)), 0);
}

/* The beginning of the next entry in the journal; "" where there is none. */
static const char *journal_entry(struct world *world)
{
    ssize_t n = recv(world->journal, world->entry, sizeof(world->entry) - 1, MSG_DONTWAIT);

    world->entry[n > 0 ? n : 0] = '\0';
    return world->entry;
}

/* Entries of `length` until so many were left out, then another one when it has read the rest. */
static void hang(struct world *world, int length, unsigned left_out)
{
    char told[64];

    snprintf(told, sizeof(told), "MESSAGE=%u entries were left out of the log\n", left_out);
    while (world->log.left_out < left_out)
        log_line(&world->log, LOG_INFO, "it hangs %0*d", length, 0);
    assert_non_null(strstr(journal_entry(world), "MESSAGE=it hangs 0"));
    while (*journal_entry(world))
        ;
    log_line(&world->log, LOG_INFO, "it reads again");
    assert_non_null(strstr(journal_entry(world), told));
    assert_non_null(strstr(world->entry, "\nPRIORITY=4\n"));
    assert_non_null(strstr(journal_entry(world), "MESSAGE=it reads again\n"));
}

static void a_journal_whose_queue_is_full_is_told_later_what_was_left_out(void **state)
{
    struct world *world = *state;

    if (geteuid() != 0)
        skip();
    enter_host(world);
    open_journal(world);
    log_init(&world->log, false);
    hang(world, 1, 1000); /* were each waited for, it would take 100 s */
}

static void a_journal_is_not_waited_for_where_the_senders_own_room_is_used_up(void **state)
{
    struct world *world = *state;
    socklen_t size = sizeof(int);
    int room;

    if (geteuid() != 0)
        skip();
    enter_host(world);
    open_journal(world);
    log_init(&world->log, false);
    assert_int_equal(getsockopt(world->log.to_journal, SOL_SOCKET, SO_SNDBUF, &room, &size), 0);
    hang(world, room / 4, 2);
}

static void a_journal_that_was_not_there_is_told_later_what_was_left_out(void **state)
{
    struct world *world = *state;

    if (geteuid() != 0)
        skip();
    enter_host(world);
    log_init(&world->log, false);
    log_line(&world->log, LOG_INFO, "nobody hears it");
    open_journal(world);
    log_line(&world->log, LOG_INFO, "it is there");
    assert_non_null(strstr(journal_entry(world), "MESSAGE=1 entry was left out of the log\n"));
    assert_non_null(strstr(journal_entry(world), "MESSAGE=it is there\n"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(a_slow_reader_loses_nothing, set_up, tear_down),
        cmocka_unit_test_setup_teardown(a_log_that_nobody_reads_is_waited_for_once, set_up,
                                        tear_down),
        cmocka_unit_test_setup_teardown(
            how_many_entries_were_left_out_is_told_once_there_is_room_again, set_up, tear_down),
        cmocka_unit_test_setup_teardown(what_follows_a_line_that_was_cut_off_has_a_line_of_its_own,
                                        set_up, tear_down),
        cmocka_unit_test_setup_teardown(
            a_journal_whose_queue_is_full_is_told_later_what_was_left_out, set_up, tear_down),
        cmocka_unit_test_setup_teardown(
            a_journal_is_not_waited_for_where_the_senders_own_room_is_used_up, set_up, tear_down),
        cmocka_unit_test_setup_teardown(
            a_journal_that_was_not_there_is_told_later_what_was_left_out, set_up, tear_down),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
