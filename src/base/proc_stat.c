#include "base/proc_stat.h"

#include "base/file.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define COMMAND_FIELD    2
#define START_TIME_FIELD 22

bool proc_stat_has_ended(const char *text)
{
    const char *at = strrchr(text, ')');

    return at && at[1] == ' ' && (at[2] == 'Z' || at[2] == 'X');
}

int proc_stat_start_time(const char *text, uint64_t *ret)
{
    /* The command's name may hold spaces and parentheses: it ends at the last one. */
    const char *at = strrchr(text, ')');

    for (int field = COMMAND_FIELD; at && field < START_TIME_FIELD; field++)
        at = strchr(at + 1, ' ');
    if (!at)
        return -EINVAL;
    *ret = strtoull(at + 1, NULL, 10);
    return 0;
}

int proc_start_time(pid_t pid, uint64_t *ret)
{
    cleanup_buffer struct buffer text = {0};
    char path[32];
    int r;

    snprintf(path, sizeof(path), "/proc/%d/stat", (int)pid);
    r = file_read(AT_FDCWD, path, &text, 4096);
    if (r == 0 && proc_stat_has_ended(text.data))
        r = -ESRCH;
    return r < 0 ? r : proc_stat_start_time(text.data, ret);
}

char *proc_status_field(char *text, const char *name)
{
    size_t length = strlen(name);

    for (char *at = text; at; at = strchr(at, '\n')) {
        at += *at == '\n';
        if (strncmp(at, name, length) == 0 && at[length] == ':')
            return at + length + 1 + strspn(at + length + 1, " \t");
    }
    return NULL;
}
