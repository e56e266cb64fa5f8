/* The fields of /proc/PID/stat and /proc/PID/status (proc(5)) that vmpin needs. */
#ifndef BASE_PROC_STAT_H
#define BASE_PROC_STAT_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

/* From the file's text: when the process started, in clock ticks since boot. It tells one process
 * of a pid from the next. -EINVAL: not such a text. */
int proc_stat_start_time(const char *text, uint64_t *ret);
/* It ended, and its parent has not asked for its status yet. */
bool proc_stat_has_ended(const char *text);
/* When that process of this machine started. -ESRCH: it has ended; other -errno: there is none. */
int proc_start_time(pid_t pid, uint64_t *ret);
/* In the text of /proc/PID/status: what stands behind "name:" and blanks. NULL: no such line. */
char *proc_status_field(char *text, const char *name);

#endif
