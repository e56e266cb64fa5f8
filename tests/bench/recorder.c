#include "recorder.h"

#include <err.h>
#include <stdlib.h>
#include <string.h>

static struct recorder *of(const struct kernel *k)
{
    return (struct recorder *)(uintptr_t)k;
}

static int record_open_dir(const struct kernel *k, int dir, const char *path, uint64_t *ret_id)
{
    struct recorder *recorder = of(k);
    int fd = kernel_real.open_dir(&kernel_real, dir, path, ret_id);
    const char *parent = dir == KERNEL_TOP ? "" : recorder->directories[dir];

    if (fd >= RECORDER_HANDLES)
        errx(EXIT_FAILURE, "more than %d directories are open", RECORDER_HANDLES);
    if (fd < 0)
        return fd;
    while (*path == '/')
        path++;
    if (asprintf(&recorder->directories[fd], "%s%s%s", parent, *path ? "/" : "", path) < 0)
        err(EXIT_FAILURE, "recorder");
    return fd;
}

static void record_close_dir(const struct kernel *k, int dir)
{
    free(of(k)->directories[dir]);
    of(k)->directories[dir] = NULL;
    kernel_real.close_dir(&kernel_real, dir);
}

static void take_note(struct recorder *recorder, int dir, const char *file, const char *text)
{
    struct access access = {.text = text ? strdup(text) : NULL};

    recorder->accesses =
        reallocarray(recorder->accesses, recorder->count + 1, sizeof(*recorder->accesses));
    if (!recorder->accesses || (text && !access.text) ||
        asprintf(&access.path, "%s/%s", recorder->directories[dir], file) < 0)
        err(EXIT_FAILURE, "recorder");
    recorder->accesses[recorder->count++] = access;
}

static int record_read(const struct kernel *k, int dir, const char *file, struct buffer *into)
{
    int r = kernel_real.read(&kernel_real, dir, file, into);

    if (r == 0)
        take_note(of(k), dir, file, NULL);
    return r;
}

static int record_write(const struct kernel *k, int dir, const char *file, const char *text)
{
    int r = kernel_real.write(&kernel_real, dir, file, text);

    if (r == 0)
        take_note(of(k), dir, file, text);
    return r;
}

static int record_set_affinity(const struct kernel *k, pid_t tid, const struct cg_set *cpus)
{
    return kernel_real.set_affinity(&kernel_real, tid, cpus);
}

void recorder_init(struct recorder *recorder)
{
    *recorder = (struct recorder){.port = {.open_dir = record_open_dir,
                                           .close_dir = record_close_dir,
                                           .read = record_read,
                                           .write = record_write,
                                           .set_affinity = record_set_affinity}};
}

static int compare(const void *a, const void *b)
{
    return strcmp(((const struct access *)a)->path, ((const struct access *)b)->path);
}

/* The mount point that the path lies below, NULL for another kind of file. */
static const char *mountpoint_of(const struct cg_mounts *mounts, const char *path)
{
    for (size_t i = 0; i < mounts->count; i++) {
        const char *mountpoint = mounts->hierarchies[i].mountpoint;
        size_t length = strlen(mountpoint);

        if (strncmp(path, mountpoint, length) == 0 && path[length] == '/')
            return mountpoint;
    }
    return NULL;
}

/* The lines of one access; those of hierarchy and node only where they are new. */
static void list_access(const struct access *access, const struct access *before,
                        const char *mountpoint, FILE *to)
{
    const char *name = strrchr(access->path, '/');
    size_t node = (size_t)(name - access->path), top = strlen(mountpoint);

    if (!before || strncmp(before->path, access->path, top + 1) != 0)
        fprintf(to, "H %s\n", mountpoint);
    if (!before || strncmp(before->path, access->path, node + 1) != 0 ||
        strchr(before->path + node + 1, '/'))
        fprintf(to, "N %.*s\n", (int)(node - top - 1), access->path + top + 1);
    fprintf(to, "%c %s%s%s\n", access->text ? 'W' : 'R', name + 1, access->text ? " " : "",
            access->text ? access->text : "");
}

static void list_all(const struct recorder *recorder, const struct cg_mounts *mounts,
                     const char *list, bool writes)
{
    const struct access *before = NULL;
    FILE *to = fopen(list, "we");

    if (!to)
        err(EXIT_FAILURE, "%s", list);
    for (size_t i = 0; i < recorder->count; i++) {
        const struct access *access = &recorder->accesses[i];
        const char *mountpoint = mountpoint_of(mounts, access->path);

        if (!mountpoint || writes != (access->text != NULL) ||
            (!writes && before && strcmp(before->path, access->path) == 0))
            continue;
        list_access(access, before, mountpoint, to);
        before = access;
    }
    if (fclose(to) != 0)
        err(EXIT_FAILURE, "%s", list);
}

/* Sorted by path, a node's files follow each other, and a guest's nodes do. */
void recorder_list_reads(struct recorder *recorder, const struct cg_mounts *mounts,
                         const char *list)
{
    qsort(recorder->accesses, recorder->count, sizeof(*recorder->accesses), compare);
    list_all(recorder, mounts, list, false);
}

void recorder_list_writes(struct recorder *recorder, const struct cg_mounts *mounts,
                          const char *list)
{
    list_all(recorder, mounts, list, true);
}

size_t recorder_reads(const struct recorder *recorder)
{
    size_t reads = 0;

    for (size_t i = 0; i < recorder->count; i++)
        reads += !recorder->accesses[i].text;
    return reads;
}

void recorder_clear(struct recorder *recorder)
{
    for (size_t i = 0; i < recorder->count; i++) {
        free(recorder->accesses[i].path);
        free(recorder->accesses[i].text);
    }
    free(recorder->accesses);
    recorder->accesses = NULL;
    recorder->count = 0;
}
