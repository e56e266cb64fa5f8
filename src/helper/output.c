#include "helper/output.h"

#include "base/escape.h"
#include "helper/patience.h"

#include <poll.h>
#include <stdarg.h>
#include <string.h>

static int write_whole(int fd, const char *text, size_t length)
{
    while (length > 0) {
        ssize_t n = write(fd, text, length);

        if (n < 0 && errno == EAGAIN)
            poll(&(struct pollfd){.fd = fd, .events = POLLOUT}, 1, -1);
        else if (n < 0 && errno != EINTR)
            return -errno;
        else if (n > 0) {
            text += n;
            length -= (size_t)n;
        }
    }
    return 0;
}

int output_message(const struct message *message)
{
    cleanup_free char *line = NULL;
    size_t length;
    int r = message_format(message, &line);

    if (r < 0)
        return r;
    length = strlen(line);
    line[length] = '\n'; /* in the place of the NUL, so that a line is one write */
    patience_rest();     /* a slow reader is no slow libvirt */
    r = write_whole(STDOUT_FILENO, line, length + 1);
    patience_renew();
    return r;
}

void complain(const char *format, ...)
{
    va_list arguments;

    va_start(arguments, format);
    text_print_line(stderr, "vmpin-guests: ", format, arguments);
    va_end(arguments);
}
