/* Who else writes to the files of managed guests' control groups, by fanotify(7), which takes
 * CAP_SYS_ADMIN. For the log alone, so it never wakes anybody: the queue is read when something
 * else tells of a write (watch.h), and what was lost or is not certain is not known. */
#ifndef AGENT_WRITERS_H
#define AGENT_WRITERS_H

#include "host/host.h"

#define WRITER_NAME_SIZE 16 /* the kernel's TASK_COMM_LEN */

struct writer {
    pid_t pid;                   /* 0: not known */
    char name[WRITER_NAME_SIZE]; /* as /proc/PID/comm has it, not escaped; "": it was gone */
};

struct writers {
    int queue;          /* -1: they are not traced */
    struct write *seen; /* the last ones, a ring */
    size_t next;        /* where the next one goes */
    uint64_t lost;      /* the last time that events were lost; 0: never */
    int failed;         /* why some group could not be marked: -errno; 0: all could */
};

/* Gives CAP_SYS_ADMIN up again: it is needed no more. -EPERM: it is missing; -EINVAL: the kernel
 * is too old; other ones of fanotify_init(2) and capset(2). */
int writers_open(struct writers *writers, struct cg_error **err);
void writers_close(struct writers *writers);

/* Traces who writes to a file of the open directory, as long as it is there. */
void writers_mark(struct writers *writers, int dir);

/* Takes all that is queued. `now`: of any clock, the same one that writers_find() is asked by. */
void writers_read(struct writers *writers, const struct host *host, uint64_t now);
/* What is queued by now may be late, or not all: of this moment nothing is known. */
void writers_doubt(struct writers *writers, uint64_t now);

/* Who alone wrote to `file` in the open directory, since then and since it was last asked for. pid
 * 0: nobody did, several did, or it is not certain. */
struct writer writers_find(struct writers *writers, int dir, const char *file, uint64_t since);

#endif
