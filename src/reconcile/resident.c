#include "reconcile/resident.h"

#include "base/proc_stat.h"
#include "cgroup/attr.h"

#include <stdbool.h>
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

struct resident resident_of(struct nodes *nodes)
{
    const struct cg_hierarchy *hierarchy = mounts_find(nodes->host->mounts, "memory");
    struct resident guest = {.host = nodes->host, .pid = nodes->binding->pid, .node = -1};

    if (!hierarchy)
        return guest;
    guest.version = hierarchy->version;
    if (nodes_open(nodes, (struct cg_role){.kind = CG_ROLE_VM},
                   attr_by_name("memory.numa_stat", guest.version), &guest.node, NULL) < 0)
        guest.node = -1;
    return guest;
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

/* " N0=12 N1=3", somewhere in a line. */
static uint64_t count_elsewhere(const char *line, const struct cg_set *nodes)
{
    unsigned long long count, found = 0;
    unsigned node;

    for (const char *at = line; (at = strstr(at, " N")); at += 2)
        if (sscanf(at, " N%u=%llu", &node, &count) == 2 && !cg_set_has(nodes, node))
            found += count;
    return found;
}

/* " N0=12 N1=3 ... kernelpagesize_kB=4", in one line of numa_maps. */
static uint64_t mapped_elsewhere(const char *line, const struct cg_set *nodes)
{
    static const char size[] = " kernelpagesize_kB=";
    const char *at = strstr(line, size);
    unsigned long long kib = at ? strtoull(at + strlen(size), NULL, 10) : 4;

    return count_elsewhere(line, nodes) * kib * 1024;
}

/* A process's own memory: not the page cache, which no write of mems moves. Of v1's two, the second
 * is what is locked. */
static uint64_t charged_elsewhere(const char *line, int version, const struct cg_set *nodes)
{
    static const char *const names[2][2] = {{"anon=", "unevictable="}, {"anon ", "file_mapped "}};
    const char *const *name = names[version - 1];
    uint64_t unit = version == 2 ? 1 : (uint64_t)sysconf(_SC_PAGESIZE);

    for (size_t i = 0; i < 2; i++)
        if (strncmp(line, name[i], strlen(name[i])) == 0)
            return count_elsewhere(line, nodes) * unit;
    return 0;
}

static bool has_hugepages(const struct resident *guest, struct buffer *scratch)
{
    int r = read_proc(guest->host, guest->pid, "status", scratch);
    const char *kib = r < 0 ? NULL : proc_status_field(scratch->data, "HugetlbPages");

    return r < 0 || (kib && strtoull(kib, NULL, 10) > 0);
}

static int read_charges(const struct resident *guest, struct buffer *scratch)
{
    const struct kernel *kernel = guest->host->kernel;

    if (guest->node < 0 || has_hugepages(guest, scratch))
        return -EACCES;
    return kernel->read(kernel, guest->node, "memory.numa_stat", scratch);
}

int resident_elsewhere(const struct resident *guest, const struct cg_set *nodes,
                       struct buffer *scratch, uint64_t *ret)
{
    char *line, *rest;
    int r = read_proc(guest->host, guest->pid, "numa_maps", scratch);
    bool charges = r == -EACCES;

    if (charges)
        r = read_charges(guest, scratch);
    if (r < 0)
        return r;
    *ret = 0;
    rest = scratch->data;
    while ((line = strsep(&rest, "\n")))
        *ret += charges ? charged_elsewhere(line, guest->version, nodes)
                        : mapped_elsewhere(line, nodes);
    return charges;
}
