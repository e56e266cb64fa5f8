#include "base/child.h"

#include <errno.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <unistd.h>

static int compare(const void *a, const void *b)
{
    int x = *(const int *)a, y = *(const int *)b;

    return (x > y) - (x < y);
}

/* A kernel without close_range(2) (before 5.9) leaves them open: the child's end comes all the
 * same, only later. */
static void close_others(const int *keep, size_t count)
{
    unsigned from = STDERR_FILENO + 1;

    for (size_t i = 0; i < count; i++) {
        unsigned kept = (unsigned)keep[i];

        if (kept > from)
            syscall(SYS_close_range, from, kept - 1, 0);
        if (kept >= from)
            from = kept + 1;
    }
    syscall(SYS_close_range, from, ~0u, 0);
}

pid_t child_fork(int *keep, size_t count)
{
    pid_t parent = getpid(), pid;

    qsort(keep, count, sizeof(*keep), compare);
    pid = fork();
    if (pid != 0)
        return pid < 0 ? -errno : pid;
    /* A parent that ended before this line cannot signal any more. */
    if (prctl(PR_SET_PDEATHSIG, SIGKILL) < 0 || getppid() != parent)
        _exit(EXIT_FAILURE);
    close_others(keep, count);
    return 0;
}
