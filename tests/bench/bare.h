/* The least that a list of reads and writes of control group files can cost: each node's directory
 * opened once, each file in it opened relative to that, read or written by one call, and closed.
 * Nothing is parsed. */
#ifndef BENCH_BARE_H
#define BENCH_BARE_H

#include <stddef.h>

struct bare_file {
    char *name;
    char *text; /* what is written; NULL: it is read */
};

struct bare_node {
    char *path; /* below its hierarchy's mount point */
    int root;   /* that mount point, opened */
    struct bare_file *files;
    size_t count;
};

struct bare {
    struct bare_node *nodes;
    size_t count;
};

/* A list is lines: "H /sys/fs/cgroup/cpu", below it "N machine/guest", below that "R cpu.shares" to
 * read or "W cpu.shares 2048" to write. Ends the program when it cannot be read. */
struct bare bare_load(const char *list);
/* Ends the program when a file cannot be read or written. */
void bare_run(const struct bare *bare);
size_t bare_files(const struct bare *bare);
void bare_release(struct bare *bare);

#endif
