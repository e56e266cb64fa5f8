#include "agent/log.h"

#include "base/escape.h"

#include <inttypes.h>
#include <stdarg.h>
#include <sys/stat.h>

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

void log_init(struct log *log, bool verbose)
{
    *log = (struct log){.journal = stderr_is_journal(), .verbose = verbose};
}

void log_line(const struct log *log, int priority, const char *format, ...)
{
    cleanup_free char *text = NULL, *shown = NULL, *line = NULL;
    va_list args;
    int n;

    if (priority == LOG_DEBUG && !log->verbose)
        return;
    va_start(args, format);
    n = vasprintf(&text, format, args);
    va_end(args);
    if (n < 0) {
        text = NULL;
        return;
    }
    shown = text_escape(text);
    if (!shown)
        return;
    if (log->journal)
        n = asprintf(&line, "<%d>%s\n", priority, shown);
    else
        n = asprintf(&line, "vmpin agent: %s\n", shown);
    /* One write, so that lines of several programs do not mix. There is nowhere to tell of a
     * failed one. */
    if (n < 0)
        line = NULL;
    else if (write(STDERR_FILENO, line, (size_t)n) < 0)
        return;
}
