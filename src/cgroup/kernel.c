/* The real kernel. */
#include "cgroup/kernel.h"

#include "base/file.h"

#include <fcntl.h>
#include <sched.h>
#include <string.h>
#include <sys/stat.h>

static int real_open_dir(const struct kernel *k, int dir, const char *path, uint64_t *ret_id)
{
    cleanup_close int fd = dir == KERNEL_TOP ? open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC)
                                             : directory_open_beneath(dir, path);
    struct stat status;

    if (fd < 0)
        return dir == KERNEL_TOP ? -errno : fd;
    if (ret_id) {
        if (fstat(fd, &status) < 0)
            return -errno;
        *ret_id = status.st_ino;
    }
    return steal_fd(&fd);
}

static void real_close_dir(const struct kernel *k, int dir)
{
    close(dir);
}

static int real_read(const struct kernel *k, int dir, const char *file, struct buffer *into)
{
    return file_read(dir, file, into, KERNEL_FILE_LIMIT);
}

static int real_read_piece(const struct kernel *k, int dir, const char *file, struct buffer *into)
{
    return file_read_piece(dir, file, into, KERNEL_FILE_LIMIT);
}

static int real_write(const struct kernel *k, int dir, const char *file, const char *text)
{
    return file_write(dir, file, text, strlen(text));
}

static int real_set_affinity(const struct kernel *k, pid_t tid, const struct cg_set *cpus)
{
    const unsigned long width = sizeof(unsigned long) * 8;
    unsigned long mask[(CG_SET_MAX + 1) / (sizeof(unsigned long) * 8)];
    size_t bytes = 0;

    for (int cpu = cg_set_next(cpus, -1); cpu >= 0; cpu = cg_set_next(cpus, cpu)) {
        size_t needed = ((size_t)cpu / width + 1) * sizeof(mask[0]);

        if (needed > bytes)
            memset((char *)mask + bytes, 0, needed - bytes);
        bytes = needed;
        mask[(size_t)cpu / width] |= 1ul << (size_t)cpu % width;
    }
    return sched_setaffinity(tid, bytes, (cpu_set_t *)mask) < 0 ? -errno : 0;
}

const struct kernel kernel_real = {
    .open_dir = real_open_dir,
    .close_dir = real_close_dir,
    .read = real_read,
    .read_piece = real_read_piece,
    .write = real_write,
    .set_affinity = real_set_affinity,
};
