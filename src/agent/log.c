#include "agent/log.h"

#include "base/escape.h"

#include <inttypes.h>
#include <limits.h>
#include <poll.h>
#include <stdarg.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>

#define PATIENCE_MS  100
#define JOURNAL_ROOM (8 << 20) /* bytes; the kernel gives no more than net.core.wmem_max allows */

/* $JOURNAL_STREAM is "DEVICE:INODE" of the stream that the service manager connected
 * (systemd.exec(5)); somebody may have redirected stderr since. */
static bool stderr_is_journal(void)
{
    const char *stream = getenv("JOURNAL_STREAM");
    uintmax_t device, inode;
    struct stat st;

    return stream && sscanf(stream, "%" SCNuMAX ":%" SCNuMAX, &device, &inode) == 2 &&
           fstat(STDERR_FILENO, &st) == 0 && st.st_dev == device && st.st_ino == inode;
}

/* Not libsystemd's, which waits for a journal that hangs for as long as it does. */
static int open_to_journal(void)
{
    const struct timeval patience = {.tv_usec = PATIENCE_MS * 1000};
    const int room = JOURNAL_ROOM;
    cleanup_close int fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);

    if (fd < 0 || setsockopt(fd, SOL_SOCKET, SO_SNDTIMEO, &patience, sizeof(patience)) < 0 ||
        setsockopt(fd, SOL_SOCKET, SO_SNDBUF, &room, sizeof(room)) < 0)
        return -1;
    return steal_fd(&fd);
}

void log_init(struct log *log, bool verbose)
{
    *log = (struct log){.journal = stderr_is_journal(),
                        .verbose = verbose,
                        .to_journal = -1,
                        .patience = PATIENCE_MS};
    if (log->journal)
        log->to_journal = open_to_journal();
    log->journal = log->to_journal >= 0; /* its stream, which stderr is, takes lines too */
}

void log_close(struct log *log)
{
    closep(&log->to_journal);
}

static int add_field(struct log_fields *fields, const char *name, const char *value)
{
    cleanup_free char *shown = NULL;
    char *text;

    if (!value)
        return 0;
    shown = text_escape(value);
    if (!shown || asprintf(&text, "%s=%s\n", name, shown) < 0)
        return -ENOMEM;
    fields->texts[fields->count] = text;
    fields->fields[fields->count++] = (struct iovec){.iov_base = text, .iov_len = strlen(text)};
    return 0;
}

int log_fields_make(const struct log_entry *entry, const char *text, struct log_fields *ret)
{
    char priority[2] = {(char)('0' + entry->priority), '\0'};
    char pid[16];
    const struct {
        const char *name, *value;
    } fields[] = {
        {"MESSAGE", text},
        {"PRIORITY", priority},
        {"SYSLOG_IDENTIFIER", "vmpin"},
        {"MESSAGE_ID", entry->id},
        {"VMPIN_GUEST", entry->guest},
        {"VMPIN_UUID", entry->uuid},
        {"VMPIN_NODE", entry->node},
        {"VMPIN_ATTRIBUTE", entry->attribute},
        {"VMPIN_POLICY", entry->policy},
        {"VMPIN_WRITER", entry->writer},
        {"VMPIN_WRITER_PID", entry->writer_pid ? pid : NULL},
    };

    _Static_assert(ARRAY_SIZE(fields) == ARRAY_SIZE(ret->fields), "a field has no room");
    snprintf(pid, sizeof(pid), "%d", (int)entry->writer_pid);
    *ret = (struct log_fields){0};
    for (size_t i = 0; i < ARRAY_SIZE(fields); i++) {
        if (add_field(ret, fields[i].name, fields[i].value) == 0)
            continue;
        log_fields_release(ret);
        return -ENOMEM;
    }
    return 0;
}

void log_fields_release(struct log_fields *fields)
{
    for (size_t i = 0; i < fields->count; i++)
        free(fields->texts[i]);
    *fields = (struct log_fields){0};
}

static bool say_to_journal(const struct log *log, const struct log_entry *entry, const char *text)
{
    struct sockaddr_un address = {.sun_family = AF_UNIX, .sun_path = "/run/systemd/journal/socket"};
    struct msghdr message = {.msg_name = &address, .msg_namelen = sizeof(address)};
    struct log_fields fields;
    ssize_t sent;

    if (log_fields_make(entry, text, &fields) < 0)
        return false;
    message.msg_iov = fields.fields;
    message.msg_iovlen = fields.count;
    sent = sendmsg(log->to_journal, &message, MSG_NOSIGNAL | (log->left_out ? MSG_DONTWAIT : 0));
    log_fields_release(&fields);
    return sent >= 0;
}

/* Whether a write of up to PIPE_BUF bytes to a pipe would return at once, if only with an error. */
static bool wait_for_room(const struct log *log, int fd)
{
    struct pollfd out = {.fd = fd, .events = POLLOUT};

    return poll(&out, 1, log->left_out ? 0 : log->patience) != 0;
}

/* In one write as a rule, so that lines of several programs do not mix. */
static bool say_to_stderr(struct log *log, const char *text)
{
    cleanup_free char *shown = text_escape(text), *line = NULL;
    int length = shown ? asprintf(&line, "%svmpin agent: %s\n", log->cut ? "\n" : "", shown) : -1;
    int done = 0;

    if (length < 0) {
        line = NULL;
        return false;
    }
    for (; done < length && wait_for_room(log, STDERR_FILENO); done += PIPE_BUF) {
        size_t rest = (size_t)(length - done);

        if (write(STDERR_FILENO, line + done, rest < PIPE_BUF ? rest : PIPE_BUF) < 0)
            return true; /* there is nowhere to tell of it */
    }
    if (done > 0)
        log->cut = done < length;
    return done >= length;
}

/* Whether there was room for it. A slow reader is given time; one that has just let it pass is not
 * waited for again: guests must not wait for a log at each entry. */
static bool put(struct log *log, const struct log_entry *entry, const char *text)
{
    return log->journal ? say_to_journal(log, entry, text) : say_to_stderr(log, text);
}

static bool tell_left_out(struct log *log)
{
    char text[80];

    if (log->left_out == 0)
        return true;
    snprintf(text, sizeof(text), "%u %s left out of the log", log->left_out,
             log->left_out == 1 ? "entry was" : "entries were");
    if (!put(log, &(struct log_entry){.priority = LOG_WARNING}, text))
        return false;
    log->left_out = 0;
    return true;
}

printf_like(3, 0) static void say(struct log *log, const struct log_entry *entry,
                                  const char *format, va_list args)
{
    cleanup_free char *text = NULL;

    if (entry->priority == LOG_DEBUG && !log->verbose)
        return;
    if (vasprintf(&text, format, args) < 0)
        text = NULL;
    if (!text || !tell_left_out(log) || !put(log, entry, text))
        log->left_out++;
}

void log_entry(struct log *log, const struct log_entry *entry, const char *format, ...)
{
    va_list args;

    va_start(args, format);
    say(log, entry, format, args);
    va_end(args);
}

void log_line(struct log *log, int priority, const char *format, ...)
{
    va_list args;

    va_start(args, format);
    say(log, &(struct log_entry){.priority = priority}, format, args);
    va_end(args);
}
