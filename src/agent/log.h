/* One line an event to stderr: with sd-daemon(3)'s priorities where stderr is the journal, plain
 * elsewhere. Whatever a line is made of, it stays one line: control characters are escaped. */
#ifndef AGENT_LOG_H
#define AGENT_LOG_H

#include "base/cleanup.h"

#include <stdbool.h>
#include <syslog.h>

struct log {
    bool journal; /* stderr leads to it */
    bool verbose; /* LOG_DEBUG lines too */
};

void log_init(struct log *log, bool verbose);
void log_line(const struct log *log, int priority, const char *format, ...) printf_like(3, 4);

#endif
