/* Lines from the helper or a file, cut and parsed. A line that is wrong is told and passed over;
 * what it would have said is not guessed. */
#include "guest/source.h"

#include "base/escape.h"
#include "guest/source_child.h"

#include <fcntl.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>

/* As much as a pipe holds. */
#define READ_SIZE 65536

static int record_open(const char *path, struct source *ret, struct cg_error **err)
{
    cleanup_close int fd = open(path, O_RDONLY | O_CLOEXEC);
    cleanup_free char *shown = text_escape(path);
    struct stat status;
    int r = fd < 0 || fstat(fd, &status) < 0 ? errno : S_ISDIR(status.st_mode) ? EISDIR : 0;

    if (r != 0)
        return error_set(err, r, "cannot read the recorded host %s: %s", shown ? shown : "",
                         strerror(r));
    ret->fd = steal_fd(&fd);
    return 0;
}

int source_open(const struct source_options *options, struct source *ret, struct cg_error **err)
{
    struct source source = {.fd = -1, .hand = -1};
    int r = options->record ? record_open(options->record, &source, err)
                            : child_start(options, &source, err);

    if (r == 0)
        *ret = source;
    return r;
}

/* Drops what was handed out; a large buffer is not kept for a quiet time. */
static void pending_trim(struct source *source)
{
    struct buffer *pending = &source->pending;

    if (source->at == pending->length && pending->size > 2 * READ_SIZE) {
        buffer_release(pending);
    } else if (source->at > 0) {
        pending->length -= source->at;
        memmove(pending->data, pending->data + source->at, pending->length);
    }
    source->scanned -= source->at;
    source->at = 0;
}

/* 1: there is more; 0: nothing now, or the end. */
static int pending_read(struct source *source, struct cg_error **err)
{
    struct buffer *pending = &source->pending;
    ssize_t n;

    pending_trim(source);
    if (buffer_reserve(pending, READ_SIZE) < 0)
        return error_out_of_memory(err);
    do
        n = read(source->fd, pending->data + pending->length, READ_SIZE);
    while (n < 0 && errno == EINTR);
    if (n < 0 && errno == EAGAIN)
        return 0;
    if (n < 0)
        return error_set(err, errno, "cannot read what guests there are: %s", strerror(errno));
    pending->length += (size_t)n;
    pending->data[pending->length] = '\0';
    source->ended = n == 0;
    return n > 0;
}

/* The end of the line at `at`: its newline, or the end of what will ever be read. NULL: not yet. */
static const char *line_end(struct source *source)
{
    const struct buffer *pending = &source->pending;
    const char *end = NULL;

    if (source->scanned < pending->length)
        end = memchr(pending->data + source->scanned, '\n', pending->length - source->scanned);
    source->scanned = pending->length;
    if (!end && source->ended && source->at < pending->length)
        end = pending->data + pending->length;
    return end;
}

static int refuse_length(struct source *source, struct cg_error **err)
{
    return error_set(err, EINVAL, "line %lu is longer than %u bytes", source->line,
                     MESSAGE_LINE_LIMIT);
}

static int line_parse(struct source *source, const char *line, size_t length, struct message *ret,
                      struct cg_error **err)
{
    int r;

    if (length > MESSAGE_LINE_LIMIT)
        return refuse_length(source, err);
    r = message_parse(line, length, ret, err);
    return r < 0 ? error_prefix(err, r, "line %lu", source->line) : 1;
}

/* Hands the line that ends at `end` on: 1, an error, or 0 when there was nothing in it. */
static int line_take(struct source *source, const char *end, struct message *ret,
                     struct cg_error **err)
{
    const char *line = source->pending.data + source->at;
    bool skipped = source->skipping;

    source->at = (size_t)(end - source->pending.data);
    if (source->at < source->pending.length)
        source->at++;
    source->scanned = source->at;
    source->skipping = false;
    if (!skipped)
        source->line++;
    if (skipped || end == line)
        return 0;
    return line_parse(source, line, (size_t)(end - line), ret, err);
}

/* A line that will never fit is told at once and dropped as it comes. */
static int drop_excess(struct source *source, struct cg_error **err)
{
    bool first = !source->skipping;

    if (source->pending.length - source->at <= MESSAGE_LINE_LIMIT && first)
        return 0;
    source->at = source->scanned = source->pending.length;
    source->skipping = true;
    if (!first)
        return 0;
    source->line++;
    return refuse_length(source, err);
}

int source_next(struct source *source, struct message *ret, struct cg_error **err)
{
    for (;;) {
        const char *end = line_end(source);
        int r;

        if (end) {
            r = line_take(source, end, ret, err);
            if (r != 0)
                return r;
            continue;
        }
        if (source->ended)
            return -EPIPE;
        r = drop_excess(source, err);
        if (r < 0)
            return r;
        r = pending_read(source, err);
        if (r < 0 || (r == 0 && !source->ended))
            return r;
    }
}

int source_hand(const struct source *source, const char *driver, int file)
{
    union {
        char room[CMSG_SPACE(sizeof(int))];
        struct cmsghdr align;
    } control = {0};
    struct iovec text = {.iov_base = (char *)driver, .iov_len = strlen(driver)};
    struct msghdr message = {.msg_iov = &text,
                             .msg_iovlen = 1,
                             .msg_control = control.room,
                             .msg_controllen = sizeof(control.room)};
    struct cmsghdr *rights = CMSG_FIRSTHDR(&message);

    if (source->hand < 0)
        return -ENOTCONN;
    rights->cmsg_level = SOL_SOCKET;
    rights->cmsg_type = SCM_RIGHTS;
    rights->cmsg_len = CMSG_LEN(sizeof(file));
    memcpy(CMSG_DATA(rights), &file, sizeof(file));
    return sendmsg(source->hand, &message, MSG_DONTWAIT | MSG_NOSIGNAL) < 0 ? -errno : 0;
}

int source_close(struct source *source)
{
    int status;

    closep(&source->hand);
    if (source->fd >= 0)
        close(source->fd);
    status = source->pid > 0 ? child_end(source->pid) : 0;
    buffer_release(&source->pending);
    *source = (struct source){.fd = -1, .hand = -1};
    return status;
}
