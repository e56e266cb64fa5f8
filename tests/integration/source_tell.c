/* For test_helper.py: starts the helper as vmpin does and tells what comes. "started PID USER",
 * then a line for each message, and at the end "ended STATUS" (the wait status). */
#include "guest/source.h"

#include <poll.h>
#include <string.h>
#include <sys/wait.h>

static const char *const names[] = {"", "connected", "guest", "synced", "gone", "disconnected"};

static int tell(struct source *source)
{
    for (;;) {
        cleanup_message struct message message = {0};
        cleanup_error struct cg_error *err = NULL;
        struct pollfd readable = {.fd = source->fd, .events = POLLIN};
        int r = source_next(source, &message, &err);

        if (r < 0)
            return r;
        if (r == 0)
            poll(&readable, 1, -1);
        else
            printf("%s\n", names[message.type]);
    }
}

int main(int argc, char **argv)
{
    struct source_options options = {
        .uri = argc > 1 ? argv[1] : NULL,
        .as_root = argc > 2 && strcmp(argv[2], "as-root") == 0,
    };
    cleanup_error struct cg_error *err = NULL;
    struct source source;
    siginfo_t ended;

    setvbuf(stdout, NULL, _IOLBF, 0);
    if (source_open(&options, &source, &err) < 0) {
        fprintf(stderr, "%s\n", cg_error_text(err));
        return 1;
    }
    printf("started %d %s\n", (int)source.pid, source.user);
    if (tell(&source) != -EPIPE)
        return 1;
    waitid(P_PID, (id_t)source.pid, &ended, WEXITED | WNOWAIT);
    printf("ended %d\n", source_close(&source));
    return 0;
}
