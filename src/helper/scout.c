#include "helper/scout.h"

#include "base/cleanup.h"
#include "helper/status.h"

#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/wait.h>

static void serve(int socket, int end)
{
    struct pollfd wake[] = {{.fd = end}, {.fd = socket, .events = POLLIN}};

    while (poll(wake, ARRAY_SIZE(wake), -1) >= 0 || errno == EINTR) {
        if (wake[0].revents)
            return;
        if (wake[1].revents && status_take(socket, NULL) == -EPIPE)
            wake[1].fd = -1;
    }
}

void scout_begin(struct scout *scout, int socket)
{
    pid_t parent = getpid();
    int ends[2];

    *scout = (struct scout){.end = -1};
    if (pipe2(ends, O_CLOEXEC) < 0)
        return;
    scout->pid = fork();
    if (scout->pid == 0) {
        close(ends[1]);
        signal(SIGALRM, SIG_IGN); /* patience is with libvirt, which is not asked here */
        prctl(PR_SET_PDEATHSIG, SIGKILL);
        if (getppid() == parent)
            serve(socket, ends[0]);
        _exit(EXIT_SUCCESS);
    }
    close(ends[0]);
    scout->end = ends[1];
    if (scout->pid < 0)
        scout_end(scout);
}

void scout_end(struct scout *scout)
{
    closep(&scout->end);
    while (scout->pid > 0 && waitpid(scout->pid, NULL, 0) < 0 && errno == EINTR)
        ;
    scout->pid = 0;
}
