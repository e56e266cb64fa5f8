#include "agent/helper.h"

#include "base/proc_stat.h"

#include <fcntl.h>
#include <inttypes.h>
#include <signal.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/wait.h>

#define MESSAGES_A_TURN 16
#define LOOK_US         (10 * UINT64_C(1000)) /* between looks whether it has ended */
#define LOOKS_MOST      200                   /* after it closed its output; then it is killed */
#define SECOND_US       UINT64_C(1000000)
#define PULSE_US        (5 * SECOND_US) /* between looks whether it runs */

void helper_init(struct helper *helper, sd_event *event, const struct helper_callbacks *callbacks)
{
    *helper = (struct helper){.event = event, .callbacks = *callbacks};
    helper->source.fd = helper->source.hand = -1;
}

/* Leaves the loop; what was started is killed rather than asked, so that nobody waits for it. */
static int finish(struct helper *helper)
{
    siginfo_t info;

    if (!helper->open)
        return 0;
    helper->open = false;
    helper->readable = sd_event_source_disable_unref(helper->readable);
    helper->more = sd_event_source_disable_unref(helper->more);
    helper->ending = sd_event_source_disable_unref(helper->ending);
    if (helper->source.pid > 0) {
        kill(helper->source.pid, SIGKILL);
        waitid(P_PID, (id_t)helper->source.pid, &info, WEXITED | WNOWAIT);
    }
    return source_close(&helper->source);
}

static void ended(struct helper *helper, const struct cg_error *error)
{
    bool child = helper->source.pid > 0;
    int status = finish(helper);

    if (child || error)
        helper->callbacks.ended(status, error, helper->callbacks.data);
}

/* 1: there may be more at once; 0: not now; -EPIPE: never; -errno. */
static int take_messages(struct helper *helper, unsigned most, struct cg_error **err)
{
    for (unsigned i = 0; i < most; i++) {
        cleanup_message struct message message = {0};
        cleanup_error struct cg_error *error = NULL;
        int r = source_next(&helper->source, &message, &error);

        if (r == -EINVAL) {
            helper->callbacks.bad_line(error, helper->callbacks.data);
        } else if (r <= 0) {
            *err = steal_pointer(&error);
            return r;
        } else {
            helper->callbacks.message(&message, helper->callbacks.data);
        }
    }
    return 1;
}

/* A helper's exit status says why there is nothing more to read. */
static int on_ending(sd_event_source *source, uint64_t usec, void *data)
{
    struct helper *helper = data;
    siginfo_t info = {0};

    if (helper->looks++ >= LOOKS_MOST ||
        waitid(P_PID, (id_t)helper->source.pid, &info, WEXITED | WNOHANG | WNOWAIT) < 0 ||
        info.si_pid != 0 || sd_event_source_set_time_relative(source, LOOK_US) < 0 ||
        sd_event_source_set_enabled(source, SD_EVENT_ONESHOT) < 0)
        ended(helper, NULL);
    return 0;
}

static void input_ended(struct helper *helper, int r, const struct cg_error *error)
{
    if (r != -EPIPE || helper->source.pid == 0) {
        ended(helper, error);
        return;
    }
    helper->readable = sd_event_source_disable_unref(helper->readable);
    helper->more = sd_event_source_disable_unref(helper->more);
    helper->looks = 0;
    if (sd_event_add_time_relative(helper->event, &helper->ending, CLOCK_MONOTONIC, LOOK_US,
                                   LOOK_US, on_ending, helper) < 0)
        ended(helper, NULL);
}

static void take_some(struct helper *helper)
{
    cleanup_error struct cg_error *error = NULL;
    int r = take_messages(helper, MESSAGES_A_TURN, &error);

    if (r < 0)
        input_ended(helper, r, error);
    else
        sd_event_source_set_enabled(helper->more, r > 0 ? SD_EVENT_ONESHOT : SD_EVENT_OFF);
}

static int on_readable(sd_event_source *source, int fd, uint32_t events, void *data)
{
    take_some(data);
    return 0;
}

static int on_more(sd_event_source *source, void *data)
{
    take_some(data);
    return 0;
}

/* A regular file cannot be polled: it is always readable. A pipe in its place must not block. */
static int add_input(struct helper *helper)
{
    int fd = helper->source.fd, flags = fcntl(fd, F_GETFL), r;

    if (flags < 0 || fcntl(fd, F_SETFL, flags | O_NONBLOCK) < 0)
        return -errno;
    r = sd_event_add_defer(helper->event, &helper->more, on_more, helper);
    if (r < 0)
        return r;
    r = sd_event_add_io(helper->event, &helper->readable, fd, EPOLLIN, on_readable, helper);
    return r == -EPERM && helper->source.pid == 0 ? 0 : r;
}

int helper_start(struct helper *helper, const struct source_options *options, struct cg_error **err)
{
    int r = source_open(options, &helper->source, err);

    if (r < 0)
        return r;
    helper->open = true;
    helper->looked_at = helper->ran_at = helper->switches = 0;
    helper->late = false;
    r = add_input(helper);
    if (r < 0) {
        finish(helper);
        return error_set(err, -r, "the helper cannot be listened to: %s", strerror(-r));
    }
    return 0;
}

int helper_hand(const struct helper *helper, const char *driver, int file)
{
    return source_hand(&helper->source, driver, file);
}

/* How often it gave up its CPU, so that it has run in between if that is another number. -ESRCH: it
 * cannot be seen. -EBUSY: nothing could end it now, and who waited for its end would hang too. */
static int read_switches(const struct helper *helper, const struct host *host, uint64_t *ret)
{
    cleanup_buffer struct buffer text = {0};
    const char *state, *count;
    char path[32];

    snprintf(path, sizeof(path), "%d/status", (int)helper->source.pid);
    if (host->kernel->read(host->kernel, host->proc, path, &text) < 0 || !text.data)
        return -ESRCH;
    state = proc_status_field(text.data, "State");
    count = proc_status_field(text.data, "voluntary_ctxt_switches");
    if (!state || !count || sscanf(count, "%" SCNu64, ret) != 1)
        return -ESRCH;
    return state[0] == 'D' ? -EBUSY : 0;
}

void helper_look(struct helper *helper, const struct host *host)
{
    cleanup_error struct cg_error *error = NULL;
    uint64_t now, switches, most = 2 * helper->source.patience + 10;

    if (!helper->open || helper->source.pid <= 0 ||
        sd_event_now(helper->event, CLOCK_MONOTONIC, &now) < 0 ||
        (helper->looked_at && now - helper->looked_at < PULSE_US))
        return;
    helper->looked_at = now;
    if (read_switches(helper, host, &switches) < 0)
        return;
    if (!helper->ran_at || switches != helper->switches) {
        helper->ran_at = now;
        helper->late = false;
    }
    helper->switches = switches;
    if (now - helper->ran_at <= most * SECOND_US)
        return;
    /* Not at once: where the whole machine stood still, it is about to run. */
    if (!helper->late) {
        helper->late = true;
        return;
    }
    error_set(&error, ETIMEDOUT, "the helper has not run for %" PRIu64 " s: it is ended",
              (now - helper->ran_at) / SECOND_US);
    ended(helper, error);
}

void helper_stop(struct helper *helper)
{
    finish(helper);
}
