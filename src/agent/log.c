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
#define SD_JOURNAL_SUPPRESS_LOCATION /* the entry's kind says more than a line of source does */
#include <systemd/sd-journal.h>

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

/* libsystemd keeps its own to itself. */
static int connect_to_journal(void)
{
    const struct sockaddr_un address = {.sun_family = AF_UNIX,
                                        .sun_path = "/run/systemd/journal/socket"};
    int fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);

    if (fd >= 0 && connect(fd, (const struct sockaddr *)&address, sizeof(address)) < 0)
        closep(&fd);
    return fd;
}

void log_init(struct log *log, bool verbose)
{
    *log = (struct log){.journal = stderr_is_journal(), .verbose = verbose, .to_journal = -1};
    if (log->journal)
        log->to_journal = connect_to_journal();
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
    if (!shown || asprintf(&text, "%s=%s", name, shown) < 0)
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

/* Would a write of up to PIPE_BUF bytes return at once, if only with an error? Guests must not wait
 * for a log. */
static bool has_room(int fd)
{
    struct pollfd out = {.fd = fd, .events = POLLOUT};

    return poll(&out, 1, 0) != 0;
}

static void say_to_journal(const struct log_entry *entry, const char *text)
{
    struct log_fields fields;

    if (log_fields_make(entry, text, &fields) < 0)
        return;
    sd_journal_sendv(fields.fields, (int)fields.count);
    log_fields_release(&fields);
}

/* In one write as a rule, so that lines of several programs do not mix. What a pipe or a terminal
 * that nobody reads any more has no room for is lost. */
static void say_to_stderr(const char *text)
{
    cleanup_free char *shown = text_escape(text), *line = NULL;
    int length = shown ? asprintf(&line, "vmpin agent: %s\n", shown) : -1;

    if (length < 0)
        line = NULL;
    for (int done = 0; done < length && has_room(STDERR_FILENO); done += PIPE_BUF) {
        size_t rest = (size_t)(length - done);

        if (write(STDERR_FILENO, line + done, rest < PIPE_BUF ? rest : PIPE_BUF) < 0)
            return; /* there is nowhere to tell of it */
    }
}

printf_like(3, 0) static void say(const struct log *log, const struct log_entry *entry,
                                  const char *format, va_list args)
{
    cleanup_free char *text = NULL;

    if (entry->priority == LOG_DEBUG && !log->verbose)
        return;
    if (vasprintf(&text, format, args) < 0)
        text = NULL;
    else if (log->journal && log->to_journal >= 0 && !has_room(log->to_journal))
        return; /* a journald that hangs has its queue full */
    else if (log->journal)
        say_to_journal(entry, text);
    else
        say_to_stderr(text);
}

void log_entry(const struct log *log, const struct log_entry *entry, const char *format, ...)
{
    va_list args;

    va_start(args, format);
    say(log, entry, format, args);
    va_end(args);
}

void log_line(const struct log *log, int priority, const char *format, ...)
{
    va_list args;

    va_start(args, format);
    say(log, &(struct log_entry){.priority = priority}, format, args);
    va_end(args);
}
