/* The real kernel's port, that takes note of which control group files are read and written. */
#ifndef BENCH_RECORDER_H
#define BENCH_RECORDER_H

#include "cgroup/kernel.h"
#include "cgroup/mounts.h"

#include <stdio.h>

#define RECORDER_HANDLES 1024

struct access {
    char *path;
    char *text; /* what was written; NULL: it was read */
};

struct recorder {
    struct kernel port;                  /* first: what the port's functions are called with */
    char *directories[RECORDER_HANDLES]; /* the path of each open handle */
    struct access *accesses;
    size_t count;
};

void recorder_init(struct recorder *recorder);
/* As bare_load() takes it: what was read since the start, each file once, or what was written, in
 * the order in which it was. Ends the program when the list cannot be written. */
void recorder_list_reads(struct recorder *recorder, const struct cg_mounts *mounts,
                         const char *list);
void recorder_list_writes(struct recorder *recorder, const struct cg_mounts *mounts,
                          const char *list);
size_t recorder_reads(const struct recorder *recorder);
void recorder_clear(struct recorder *recorder);

#endif
