#include "base/proc_stat.h"

#include <errno.h>
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
