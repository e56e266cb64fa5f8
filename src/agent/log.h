/* What the agent has to say: a line an event on stderr, or, where stderr is the journal, an entry
 * with fields that can be searched (vmpin.service(8) lists them). Whatever it is made of, control
 * characters are escaped. */
#ifndef AGENT_LOG_H
#define AGENT_LOG_H

#include "base/cleanup.h"

#include <stdbool.h>
#include <sys/types.h>
#include <sys/uio.h>
#include <syslog.h>

struct log {
    bool journal;      /* stderr leads to it, and `to_journal` */
    bool verbose;      /* LOG_DEBUG entries too */
    int to_journal;    /* a socket; -1: none */
    int patience;      /* ms in which the reader of a pipe has to make room */
    unsigned left_out; /* entries, since there was room for the last one; told with the next */
    bool cut;          /* the last line on stderr has no end */
};

/* Beside the text. NULL: nothing that would go there. */
struct log_entry {
    int priority;
    const char *id; /* MESSAGE_ID: one of entries.h */
    const char *guest, *uuid, *node, *attribute, *policy;
    pid_t writer_pid;   /* of the process that wrote what was not wanted; 0: not known */
    const char *writer; /* its name */
};

void log_init(struct log *log, bool verbose);
void log_close(struct log *log);
void log_entry(struct log *log, const struct log_entry *entry, const char *format, ...)
    printf_like(3, 4);
/* The same without fields. */
void log_line(struct log *log, int priority, const char *format, ...) printf_like(3, 4);

/* An entry as journald's native protocol has it: "NAME=value\n". */
struct log_fields {
    char *texts[11];
    struct iovec fields[11];
    size_t count;
};
int log_fields_make(const struct log_entry *entry, const char *text,
                    struct log_fields *ret) must_check;
void log_fields_release(struct log_fields *fields);

#endif
