/* Policy files decide what root does to guests, so what is read is checked on the open descriptor:
 * who owns it and who may write. Only regular files are opened at all: no device is touched, no
 * FIFO waited for. It parses nothing. */
#include "policy/policy_read.h"

#include "base/array.h"
#include "base/error.h"
#include "base/trust.h"

#include <fcntl.h>
#include <limits.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>

#define LINKS_MAX 32

static const char *file_type(mode_t mode)
{
    return S_ISDIR(mode)    ? "a folder"
           : S_ISFIFO(mode) ? "a FIFO"
           : S_ISSOCK(mode) ? "a socket"
                            : "a device";
}

static int check_trust(const struct stat *st, const struct policy_load *load, const char *what,
                       struct cg_error **err)
{
    return load->trust_checked ? trust_check(st, load->owner, what, err) : 0;
}

static int folder_trust(int fd, const struct policy_load *load, const char *what,
                        struct cg_error **err)
{
    struct stat st;

    if (fstat(fd, &st) < 0)
        return error_set(err, errno, "%s: %s", what, strerror(errno));
    return check_trust(&st, load, what, err);
}

int policy_folder_open(const char *path, const struct policy_load *load, int *ret_fd,
                       struct cg_error **err)
{
    cleanup_close int fd = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    int r;

    if (fd < 0)
        return error_set(err, errno, "the folder cannot be opened: %s", strerror(errno));
    r = folder_trust(fd, load, "the folder", err);
    if (r == 0)
        *ret_fd = steal_fd(&fd);
    return r;
}

/* ---- names ---------------------------------------------------------------------------------- */

void policy_names_release(struct policy_names *names)
{
    for (size_t i = 0; i < names->count; i++)
        free(names->names[i]);
    free(names->names);
    *names = (struct policy_names){0};
}

static int names_add(struct policy_names *names, const char *name)
{
    if (array_grow(&names->names, names->count, &names->size) < 0)
        return -ENOMEM;
    names->names[names->count] = strdup(name);
    if (!names->names[names->count])
        return -ENOMEM;
    names->count++;
    return 0;
}

static bool is_policy_name(const char *name)
{
    size_t n = strlen(name);

    return name[0] != '.' && n > 5 && strcmp(name + n - 5, ".json") == 0;
}

static int name_compare(const void *a, const void *b)
{
    return strcmp(*(char *const *)a, *(char *const *)b);
}

int policy_folder_names(int folder, struct policy_names *ret)
{
    cleanup_close int again = openat(folder, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    cleanup_closedir DIR *dir = again < 0 ? NULL : fdopendir(again);
    struct policy_names names = {0};
    const struct dirent *entry;
    int r = 0;

    if (!dir)
        return -errno;
    steal_fd(&again);
    while (r == 0 && (errno = 0, entry = readdir(dir)))
        if (is_policy_name(entry->d_name))
            r = names_add(&names, entry->d_name);
    if (r == 0)
        r = -errno;
    if (r < 0) {
        policy_names_release(&names);
        return r;
    }
    if (names.count > 0)
        qsort(names.names, names.count, sizeof(names.names[0]), name_compare);
    *ret = names;
    return 0;
}

/* ---- files ---------------------------------------------------------------------------------- */

/* Reads the file itself, which `name` in `folder` is and no link. 1: it is /dev/null. */
static int regular_read(int folder, const char *name, const struct policy_load *load,
                        struct buffer *into, struct cg_error **err)
{
    cleanup_close int fd = -1;
    struct stat st;
    int r;

    if (fstatat(folder, name, &st, AT_SYMLINK_NOFOLLOW) < 0)
        return error_set(err, errno, "cannot be looked at: %s", strerror(errno));
    if (S_ISCHR(st.st_mode) && st.st_rdev == makedev(1, 3))
        return 1;
    if (!S_ISREG(st.st_mode))
        return error_set(err, EINVAL, "is %s, not a file", file_type(st.st_mode));
    fd = openat(folder, name, O_RDONLY | O_NONBLOCK | O_NOCTTY | O_NOFOLLOW | O_CLOEXEC);
    if (fd < 0 || fstat(fd, &st) < 0)
        return error_set(err, errno, "cannot be opened: %s", strerror(errno));
    if (!S_ISREG(st.st_mode))
        return error_set(err, EINVAL, "is %s, not a file", file_type(st.st_mode));
    r = check_trust(&st, load, "the file", err);
    if (r < 0)
        return r;
    r = buffer_read(into, fd, POLICY_FILE_LIMIT);
    if (r == -EFBIG)
        return error_set(err, EFBIG, "is bigger than %u KiB, the most that a policy file may have",
                         POLICY_FILE_LIMIT >> 10);
    return r < 0 ? error_set(err, -r, "cannot be read: %s", strerror(-r)) : 0;
}

/* The link's text, or "" where it is no link. */
static int link_read(int folder, const char *name, char text[PATH_MAX])
{
    ssize_t n = readlinkat(folder, name, text, PATH_MAX);

    if (n < 0 && errno == EINVAL)
        n = 0;
    if (n < 0)
        return -errno;
    if (n == PATH_MAX)
        return -ENAMETOOLONG;
    text[n] = '\0';
    return 0;
}

/* From a link's folder to its target's, whose last component is left in `text`. */
static int link_follow(int *folder, char text[PATH_MAX], const struct policy_load *load,
                       struct cg_error **err)
{
    char *slash = strrchr(text, '/');
    cleanup_close int next = -1;
    int r;

    if (!slash)
        return 0;
    *slash = '\0';
    next = openat(*folder, slash == text ? "/" : text, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (next < 0)
        return error_set(err, errno, "is a link into \"%s\", which cannot be opened: %s", text,
                         strerror(errno));
    r = folder_trust(next, load, "the folder of the file that it links to", err);
    if (r < 0)
        return r;
    close(*folder);
    *folder = steal_fd(&next);
    memmove(text, slash + 1, strlen(slash + 1) + 1);
    return 0;
}

static int chain_read(int *folder, char *names[2], const struct policy_load *load,
                      struct buffer *into, struct cg_error **err)
{
    for (unsigned links = 0; links < LINKS_MAX; links++) {
        char *here = names[links % 2], *text = names[(links + 1) % 2];
        int r = link_read(*folder, here, text);

        if (r == -ENOENT && links > 0)
            return error_set(err, ENOENT, "is a link to \"%s\", which does not exist", here);
        if (r == -ENOENT)
            return r;
        if (r < 0)
            return error_set(err, -r, "cannot be looked at: %s", strerror(-r));
        if (!*text)
            return regular_read(*folder, here, load, into, err);
        r = link_follow(folder, text, load, err);
        if (r < 0)
            return r;
        if (!*text || strcmp(text, ".") == 0 || strcmp(text, "..") == 0)
            return error_set(err, EISDIR, "is a link to a folder, not to a file");
    }
    return error_set(err, ELOOP, "is a link that leads in circles");
}

int policy_file_read(int folder, const char *name, const struct policy_load *load,
                     struct buffer *into, struct cg_error **err)
{
    cleanup_close int at = openat(folder, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    cleanup_free char *here = malloc(PATH_MAX), *text = malloc(PATH_MAX);

    if (at < 0)
        return error_set(err, errno, "the folder cannot be opened: %s", strerror(errno));
    if (!here || !text)
        return error_out_of_memory(err);
    if (snprintf(here, PATH_MAX, "%s", name) >= PATH_MAX)
        return error_set(err, ENAMETOOLONG, "has a name that is too long");
    return chain_read(&at, (char *[]){here, text}, load, into, err);
}
