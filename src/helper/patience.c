#include "helper/patience.h"

#include "base/cleanup.h"
#include "guest/source.h"

#include <signal.h>
#include <string.h>
#include <unistd.h>

static struct patience {
    unsigned seconds;
    char line[128]; /* the last message, made beforehand: a signal handler may only write it */
} patience;

static void ring(int number)
{
    if (write(STDOUT_FILENO, patience.line, strlen(patience.line)) < 0)
        _exit(EXIT_FAILURE);
    _exit(HELPER_EXIT_UNAVAILABLE);
}

void patience_init(unsigned seconds)
{
    const struct sigaction action = {.sa_handler = ring};

    patience.seconds = seconds;
    snprintf(patience.line, sizeof(patience.line),
             "{\"type\":\"disconnected\",\"reason\":\"libvirt has not answered for %u s\"}\n",
             seconds);
    sigaction(SIGALRM, &action, NULL);
}

void patience_renew(void)
{
    alarm(patience.seconds);
}

void patience_rest(void)
{
    alarm(0);
}
