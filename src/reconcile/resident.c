#include "reconcile/resident.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static int read_proc(const struct host *host, pid_t pid, const char *name, struct buffer *into)
{
    char file[32];

    snprintf(file, sizeof(file), "%d/%s", (int)pid, name);
    return pid > 0 ? host->kernel->read(host->kernel, host->proc, file, into) : -ESRCH;
}

int resident_bytes(const struct host *host, pid_t pid, struct buffer *scratch, uint64_t *ret)
{
    unsigned long long size, pages;
    int r = read_proc(host, pid, "statm", scratch);

    if (r < 0)
        return r;
    if (sscanf(scratch->data, "%llu %llu", &size, &pages) != 2)
        return -EINVAL;
    *ret = (uint64_t)pages * (uint64_t)sysconf(_SC_PAGESIZE);
    return 0;
}

/* " N0=12 N1=3 ... kernelpagesize_kB=4", in one line of numa_maps. */
static uint64_t line_elsewhere(const char *line, const struct cg_set *nodes)
{
    static const char size[] = " kernelpagesize_kB=";
    const char *at = strstr(line, size);
    unsigned long long kib = at ? strtoull(at + strlen(size), NULL, 10) : 4;
    unsigned long long pages, found = 0;
    unsigned node;

    for (at = line; (at = strstr(at, " N")); at += 2)
        if (sscanf(at, " N%u=%llu", &node, &pages) == 2 && !cg_set_has(nodes, node))
            found += pages;
    return found * kib * 1024;
}

int resident_elsewhere(const struct host *host, pid_t pid, const struct cg_set *nodes,
                       struct buffer *scratch, uint64_t *ret)
{
    char *line, *rest;
    int r = read_proc(host, pid, "numa_maps", scratch);

    if (r < 0)
        return r;
    *ret = 0;
    rest = scratch->data;
    while ((line = strsep(&rest, "\n")))
        *ret += line_elsewhere(line, nodes);
    return 0;
}
