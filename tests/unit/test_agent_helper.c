/* The helper in the loop: a shell script in its place says what a test needs. */
#include "agent/helper.h"

#include <fcntl.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>
#include <cmocka.h>

#define SECOND UINT64_C(1000000)

struct world {
    char top[64];
    char script[128];
    sd_event *event;
    struct helper helper;
    unsigned messages, bad, ends;
    enum message_type last;
    int status;
};

static void on_message(struct message *message, void *data)
{
    struct world *world = data;

    world->messages++;
    world->last = message->type;
}

static void on_bad_line(const struct cg_error *error, void *data)
{
    struct world *world = data;

    world->bad++;
}

static void on_ended(int status, const struct cg_error *error, void *data)
{
    struct world *world = data;

    world->ends++;
    world->status = status;
}

static int set_up(void **state)
{
    struct world *world = calloc(1, sizeof(*world));
    const struct helper_callbacks callbacks = {
        .message = on_message, .bad_line = on_bad_line, .ended = on_ended, .data = world};

    if (!world)
        return -1;
    *state = world;
    strcpy(world->top, "/tmp/vmpin-helper-XXXXXX");
    /* The helper runs as another user. */
    if (!mkdtemp(world->top) || chmod(world->top, 0755) < 0 || sd_event_new(&world->event) < 0)
        return -1;
    snprintf(world->script, sizeof(world->script), "%s/helper", world->top);
    setenv("VMPIN_HELPER", world->script, true);
    helper_init(&world->helper, world->event, &callbacks);
    return 0;
}

static int tear_down(void **state)
{
    struct world *world = *state;

    helper_stop(&world->helper);
    sd_event_unref(world->event);
    unlink(world->script);
    rmdir(world->top);
    free(world);
    return 0;
}

static void write_script(const struct world *world, const char *text)
{
    cleanup_close int fd = open(world->script, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0755);

    assert_true(fd >= 0);
    assert_int_equal(write(fd, text, strlen(text)), strlen(text));
}

static void start(struct world *world, const char *script)
{
    cleanup_error struct cg_error *error = NULL;
    const struct source_options options = {.uri = "test:///default"};

    write_script(world, script);
    if (helper_start(&world->helper, &options, &error) < 0)
        fail_msg("%s", cg_error_text(error));
}

static uint64_t now(void)
{
    struct timespec t;

    clock_gettime(CLOCK_MONOTONIC, &t);
    return (uint64_t)t.tv_sec * SECOND + (uint64_t)t.tv_nsec / 1000;
}

/* Runs the loop until the helper ended or nothing happens for the time. */
static void run(struct world *world, uint64_t quiet)
{
    while (world->ends == 0 && sd_event_run(world->event, quiet) > 0)
        ;
}

static void messages_are_handed_on_and_the_end_is_told_with_its_status(void **state)
{
    struct world *world = *state;

    start(world, "#!/bin/sh\n"
                 "echo '{\"type\":\"connected\",\"uri\":\"x\",\"libvirt\":\"1\"}'\n"
                 "echo '{\"type\":\"synced\"}'\n"
                 "exit 77\n");
    run(world, 5 * SECOND);
    assert_int_equal(world->messages, 2);
    assert_int_equal(world->last, MESSAGE_SYNCED);
    assert_int_equal(world->ends, 1);
    assert_true(WIFEXITED(world->status));
    assert_int_equal(WEXITSTATUS(world->status), HELPER_EXIT_REFUSED);
}

static void a_long_list_comes_whole(void **state)
{
    struct world *world = *state;

    start(world, "#!/bin/sh\n"
                 "i=0\n"
                 "while [ $i -lt 2000 ]; do echo '{\"type\":\"synced\"}'; i=$((i+1)); done\n");
    run(world, 5 * SECOND);
    assert_int_equal(world->messages, 2000);
    assert_int_equal(world->ends, 1);
}

static void a_long_list_is_read_a_few_messages_a_turn(void **state)
{
    struct world *world = *state;
    unsigned most = 0;

    start(world, "#!/bin/sh\n"
                 "i=0\n"
                 "while [ $i -lt 500 ]; do echo '{\"type\":\"synced\"}'; i=$((i+1)); done\n"
                 "exec sleep 60\n");
    for (unsigned before = 0; sd_event_run(world->event, SECOND / 2) > 0; before = world->messages)
        if (world->messages - before > most)
            most = world->messages - before;
    assert_int_equal(world->messages, 500);
    assert_in_range(most, 1, 50);
}

static void a_line_that_is_none_is_told_and_the_next_one_is_read(void **state)
{
    struct world *world = *state;

    start(world, "#!/bin/sh\necho nonsense\necho '{\"type\":\"synced\"}'\n");
    run(world, 5 * SECOND);
    assert_int_equal(world->bad, 1);
    assert_int_equal(world->messages, 1);
}

static void a_helper_that_is_killed_is_told_with_the_signal(void **state)
{
    struct world *world = *state;

    start(world, "#!/bin/sh\necho '{\"type\":\"synced\"}'\nexec sleep 60\n");
    while (world->messages == 0)
        assert_true(sd_event_run(world->event, 5 * SECOND) > 0);
    assert_int_equal(kill(world->helper.source.pid, SIGKILL), 0);
    run(world, 5 * SECOND);
    assert_int_equal(world->ends, 1);
    assert_true(WIFSIGNALED(world->status));
    assert_int_equal(WTERMSIG(world->status), SIGKILL);
}

static void stopping_does_not_wait_for_a_helper_that_does_not_listen(void **state)
{
    struct world *world = *state;
    uint64_t begin;

    start(world, "#!/bin/sh\ntrap '' TERM\necho '{\"type\":\"synced\"}'\n"
                 "while :; do sleep 60; done\n");
    while (world->messages == 0)
        assert_true(sd_event_run(world->event, 5 * SECOND) > 0);
    begin = now();
    helper_stop(&world->helper);
    assert_true(now() - begin < SECOND / 2);
    assert_int_equal(world->ends, 0);
}

static void a_helper_that_closes_its_output_and_stays_is_ended(void **state)
{
    struct world *world = *state;

    start(world, "#!/bin/sh\nexec >&-\nexec sleep 60\n");
    run(world, 5 * SECOND);
    assert_int_equal(world->ends, 1);
    assert_true(WIFSIGNALED(world->status));
}

static void a_helper_can_be_started_again(void **state)
{
    struct world *world = *state;

    for (unsigned i = 1; i <= 3; i++) {
        world->ends = 0;
        start(world, "#!/bin/sh\necho '{\"type\":\"synced\"}'\n");
        run(world, 5 * SECOND);
        assert_int_equal(world->messages, i);
    }
}

static struct host this_host(void)
{
    return (struct host){.kernel = &kernel_real,
                         .proc = open("/proc", O_RDONLY | O_DIRECTORY | O_CLOEXEC)};
}

/* As if nobody had looked for so long; what it has done since counts. */
static void let_time_pass(struct world *world, uint64_t time)
{
    if (world->helper.looked_at == 0)
        return;
    world->helper.looked_at -= time;
    world->helper.ran_at -= time;
}

static void a_helper_that_has_not_run_for_long_is_ended(void **state)
{
    struct world *world = *state;
    const struct host host = this_host();
    siginfo_t info;

    start(world, "#!/bin/sh\nexec sleep 60\n");
    world->helper.source.patience = 1;
    assert_int_equal(kill(world->helper.source.pid, SIGSTOP), 0);
    assert_int_equal(waitid(P_PID, (id_t)world->helper.source.pid, &info, WSTOPPED), 0);
    helper_look(&world->helper, &host);
    let_time_pass(world, 11 * SECOND);
    helper_look(&world->helper, &host);
    assert_int_equal(world->ends, 0);
    let_time_pass(world, 600 * SECOND);
    helper_look(&world->helper, &host);
    assert_int_equal(world->ends, 0); /* a machine that slept is as late */
    let_time_pass(world, 6 * SECOND);
    helper_look(&world->helper, &host);
    assert_int_equal(world->ends, 1);
    assert_true(WIFSIGNALED(world->status));
    close(host.proc);
}

static void a_helper_that_has_run_meanwhile_is_left_alone(void **state)
{
    struct world *world = *state;
    const struct host host = this_host();

    start(world, "#!/bin/sh\n"
                 "while :; do echo '{\"type\":\"synced\"}'; sleep 0.02; done\n");
    for (unsigned messages = 3; messages <= 9; messages += 3) {
        while (world->messages < messages)
            assert_true(sd_event_run(world->event, 5 * SECOND) > 0);
        let_time_pass(world, 100 * SECOND);
        helper_look(&world->helper, &host);
        messages = world->messages;
    }
    assert_int_equal(world->ends, 0);
    close(host.proc);
}

static void a_recorded_host_is_read_and_its_end_is_no_loss(void **state)
{
    struct world *world = *state;
    const struct source_options options = {.record = world->script};

    write_script(world, "{\"type\":\"synced\"}\n{\"type\":\"synced\"}\n");
    assert_int_equal(helper_start(&world->helper, &options, NULL), 0);
    run(world, SECOND / 10);
    assert_int_equal(world->messages, 2);
    assert_int_equal(world->ends, 0);
    assert_false(world->helper.open);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(messages_are_handed_on_and_the_end_is_told_with_its_status,
                                        set_up, tear_down),
        cmocka_unit_test_setup_teardown(a_long_list_comes_whole, set_up, tear_down),
        cmocka_unit_test_setup_teardown(a_long_list_is_read_a_few_messages_a_turn, set_up,
                                        tear_down),
        cmocka_unit_test_setup_teardown(a_line_that_is_none_is_told_and_the_next_one_is_read,
                                        set_up, tear_down),
        cmocka_unit_test_setup_teardown(a_helper_that_is_killed_is_told_with_the_signal, set_up,
                                        tear_down),
        cmocka_unit_test_setup_teardown(stopping_does_not_wait_for_a_helper_that_does_not_listen,
                                        set_up, tear_down),
        cmocka_unit_test_setup_teardown(a_helper_that_closes_its_output_and_stays_is_ended, set_up,
                                        tear_down),
        cmocka_unit_test_setup_teardown(a_helper_can_be_started_again, set_up, tear_down),
        cmocka_unit_test_setup_teardown(a_helper_that_has_not_run_for_long_is_ended, set_up,
                                        tear_down),
        cmocka_unit_test_setup_teardown(a_helper_that_has_run_meanwhile_is_left_alone, set_up,
                                        tear_down),
        cmocka_unit_test_setup_teardown(a_recorded_host_is_read_and_its_end_is_no_loss, set_up,
                                        tear_down),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
