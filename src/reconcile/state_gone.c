/* What is left in the state folder of guests that went while nobody kept it. */
#include "reconcile/state_dir.h"

#include <fcntl.h>
#include <string.h>

/* A lock without a state is of a guest of which nothing is vmpin's. */
static bool has_gone(const struct state_dir *dir, const struct host *host, const char *uuid)
{
    cleanup_state struct guest_state state = {0};
    int r = state_dir_load(dir, uuid, host->mounts, &state, NULL);
    const struct binding process = {.pid = state.pid, .start_time = state.start_time};

    return r == -ENOENT || (r == 0 && state.pid > 0 && !binding_lives(&process, host));
}

/* Not while a one-shot run is at it, which may know better. */
static void forget_if_gone(const struct state_dir *dir, const struct host *host, const char *uuid)
{
    cleanup_close int lock = -1;

    if (state_dir_lock_guest(dir, uuid, 0, &lock, NULL) == 0 && has_gone(dir, host, uuid))
        state_dir_forget(dir, uuid);
}

void state_dir_forget_gone(const struct state_dir *dir, const struct host *host,
                           bool (*knows)(const char *uuid, const void *data), const void *data)
{
    int fd = openat(dir->guests, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    cleanup_closedir DIR *files = fd < 0 ? NULL : fdopendir(fd);
    const struct dirent *file;

    if (!files) {
        closep(&fd);
        return;
    }
    while ((file = readdir(files))) {
        const char *kind = file->d_name + UUID_SIZE - 1;
        char uuid[UUID_SIZE];

        if (strlen(file->d_name) < UUID_SIZE || (strcmp(kind, ".json") && strcmp(kind, ".lock")))
            continue;
        memcpy(uuid, file->d_name, UUID_SIZE - 1);
        uuid[UUID_SIZE - 1] = '\0';
        if (!knows(uuid, data))
            forget_if_gone(dir, host, uuid);
    }
}
