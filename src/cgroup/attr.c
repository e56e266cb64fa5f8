/* Looks rows up. Which face of an attribute a host has is decided here and nowhere else. */
#include "cgroup/attr_tables.h"

#include <string.h>

/* Controllers that are often mounted together stand together. */
static const struct cg_attr *const tables[] = {
    attr_cpu,     attr_cpuacct, attr_cpuset,  attr_memory, attr_pids, attr_io,      attr_blkio,
    attr_devices, attr_freezer, attr_hugetlb, attr_rdma,   attr_misc, attr_net_cls, attr_net_prio,
};

static bool is_of(const struct cg_attr *table, const char *name)
{
    size_t length = strlen(table->controller);

    return strncmp(name, table->controller, length) == 0 && name[length] == '.';
}

const struct cg_attr *attr_next(const struct cg_attr *after)
{
    if (!after)
        return tables[0];
    if (after[1].name)
        return after + 1;
    for (size_t i = 0; i < ARRAY_SIZE(tables); i++)
        if (after->controller && strcmp(tables[i]->controller, after->controller) == 0)
            return i + 1 < ARRAY_SIZE(tables) ? tables[i + 1] : attr_core;
    return NULL;
}

static bool has_name(const struct cg_attr *attr, const char *name)
{
    return strcmp(attr->name, name) == 0 || (attr->second && strcmp(attr->second, name) == 0);
}

static const struct cg_attr *find_in(const struct cg_attr *table, const char *name,
                                     unsigned version)
{
    for (const struct cg_attr *attr = table; attr->name; attr++)
        if (attr->version == version && has_name(attr, name))
            return attr;
    return NULL;
}

/* A controller's files are named after it; some of v2's own are named after controllers too. */
const struct cg_attr *attr_by_name(const char *name, int version)
{
    const struct cg_attr *found = NULL;

    for (size_t i = 0; i < ARRAY_SIZE(tables) && !found; i++)
        if (is_of(tables[i], name))
            found = find_in(tables[i], name, (unsigned)version);
    return found ? found : find_in(attr_core, name, (unsigned)version);
}

const struct cg_attr *attr_effective(const struct cg_attr *set)
{
    bool cpus = attr_is_cpus(set);

    if (set->version == 2)
        return attr_by_name(cpus ? "cpuset.cpus.effective" : "cpuset.mems.effective", 2);
    return attr_by_name(cpus ? "cpuset.effective_cpus" : "cpuset.effective_mems", 1);
}

bool attr_is_in(const struct cg_attr *attr, const struct cg_hierarchy *hierarchy)
{
    bool everywhere = !attr->controller || !*attr->controller;

    return hierarchy->version == (int)attr->version &&
           (everywhere || hierarchy_has(hierarchy, attr->controller));
}

int attr_choose(const char *name, bool (*has)(const void *place, const struct cg_attr *attr),
                const void *place, const struct cg_attr **ret)
{
    bool known = false;

    for (int version = 1; version <= 2; version++) {
        const struct cg_attr *attr = attr_by_name(name, version);

        known = known || attr;
        if (attr && !has(place, attr))
            attr = attr->counterpart ? attr_by_name(attr->counterpart, 3 - version) : NULL;
        if (!attr || !has(place, attr))
            continue;
        *ret = attr;
        return 0;
    }
    return known ? -EOPNOTSUPP : -ENOENT;
}

static bool mounts_have(const void *place, const struct cg_attr *attr)
{
    const struct cg_mounts *mounts = place;

    for (size_t i = 0; i < mounts->count; i++)
        if (attr_is_in(attr, &mounts->hierarchies[i]))
            return true;
    return false;
}

int attr_find(const struct cg_mounts *mounts, const char *name, const struct cg_attr **ret)
{
    return attr_choose(name, mounts_have, mounts, ret);
}

const char *cg_attr_name(const struct cg_attr *attr)
{
    return attr->name;
}

const char *cg_attr_controller(const struct cg_attr *attr)
{
    return attr->controller;
}

const char *cg_attr_file(const struct cg_attr *attr, unsigned index)
{
    return index == 0 ? attr->name : index == 1 ? attr->second : NULL;
}

enum cg_kind cg_attr_kind(const struct cg_attr *attr)
{
    return attr->kind;
}

unsigned cg_attr_flags(const struct cg_attr *attr)
{
    return attr->flags;
}

bool attr_is_cpus(const struct cg_attr *attr)
{
    return strcmp(attr->name, "cpuset.cpus") == 0;
}

bool attr_moves_memory(const struct cg_attr *attr)
{
    return strcmp(attr->name, "cpuset.mems") == 0;
}
