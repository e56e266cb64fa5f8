/* Holds: a file of the guest's UUID, or "all", with the second since boot at which it ends. */
#include "reconcile/state_dir.h"

#include "base/file.h"

#include <string.h>
#include <time.h>

#define ALL "all"

static unsigned long long seconds_since_boot(void)
{
    struct timespec now;

    clock_gettime(CLOCK_BOOTTIME, &now);
    return (unsigned long long)now.tv_sec;
}

int state_dir_hold(const struct state_dir *dir, const char *uuid, unsigned long seconds,
                   struct cg_error **err)
{
    char text[32];
    int r;

    snprintf(text, sizeof(text), "%llu\n", seconds ? seconds_since_boot() + seconds : 0);
    r = file_replace(dir->holds, uuid ? uuid : ALL, text, strlen(text), 0644);
    return r < 0 ? error_set(err, -r, "%s/holds/%s: %s", dir->path, uuid ? uuid : ALL, strerror(-r))
                 : 0;
}

int state_dir_release(const struct state_dir *dir, const char *uuid, struct cg_error **err)
{
    if (unlinkat(dir->holds, uuid ? uuid : ALL, 0) < 0 && errno != ENOENT)
        return error_set(err, errno, "%s/holds/%s: %s", dir->path, uuid ? uuid : ALL,
                         strerror(errno));
    return 0;
}

/* A hold that is no file of that kind is one: not writing is the safe side. */
static int held_by(const struct state_dir *dir, const char *name, unsigned long *left,
                   struct cg_error **err)
{
    cleanup_buffer struct buffer text = {0};
    unsigned long long end = 0, now = seconds_since_boot();
    int r = dir->holds < 0 ? -ENOENT : file_read(dir->holds, name, &text, 64);

    if (r == -ENOENT)
        return 0;
    if (error_is_want(r))
        return error_set(err, -r, "%s/holds/%s: %s", dir->path, name, strerror(-r));
    if (r == 0)
        end = strtoull(text.data, NULL, 10);
    if (end != 0 && end <= now)
        return 0;
    if (end != 0 && (*left == 0 || end - now < *left))
        *left = (unsigned long)(end - now);
    return 1;
}

int state_dir_held(const struct state_dir *dir, const char *uuid, unsigned long *ret_left,
                   struct cg_error **err)
{
    unsigned long left = 0;
    int one = held_by(dir, uuid, &left, err), all = held_by(dir, ALL, &left, err);

    if (ret_left)
        *ret_left = left;
    if (one < 0 || all < 0)
        return one < 0 ? one : all;
    return one || all;
}
