/* Looks rows up. Which face of an attribute a host has is decided here and nowhere else. */
#include "cgroup/attr_tables.h"

#include <string.h>

static const struct cg_attr *const tables[] = {attr_cpu, attr_cpuset, attr_memory};

const struct cg_attr *attr_next(const struct cg_attr *after)
{
    if (!after)
        return tables[0];
    if (after[1].name)
        return after + 1;
    for (size_t i = 0; i + 1 < ARRAY_SIZE(tables); i++)
        if (strcmp(tables[i]->controller, after->controller) == 0)
            return tables[i + 1];
    return NULL;
}

static bool has_file(const struct cg_attr *attr, const char *name)
{
    for (size_t i = 0; attr->files[i]; i++)
        if (strcmp(attr->files[i], name) == 0)
            return true;
    return false;
}

/* Files are named after their controller. */
static const struct cg_attr *table_of(const char *name)
{
    for (size_t i = 0; i < ARRAY_SIZE(tables); i++) {
        size_t length = strlen(tables[i]->controller);

        if (strncmp(name, tables[i]->controller, length) == 0 && name[length] == '.')
            return tables[i];
    }
    return NULL;
}

const struct cg_attr *attr_by_name(const char *name, int version)
{
    for (const struct cg_attr *attr = table_of(name); attr && attr->name; attr++)
        if (attr->version == version && has_file(attr, name))
            return attr;
    return NULL;
}

const struct cg_attr *attr_effective(const struct cg_attr *set)
{
    bool cpus = strcmp(set->name, "cpuset.cpus") == 0;

    if (set->version == 2)
        return attr_by_name(cpus ? "cpuset.cpus.effective" : "cpuset.mems.effective", 2);
    return attr_by_name(cpus ? "cpuset.effective_cpus" : "cpuset.effective_mems", 1);
}

int attr_find(const struct cg_mounts *mounts, const char *name, const struct cg_attr **ret)
{
    bool known = false;

    for (int version = 1; version <= 2; version++) {
        const struct cg_attr *attr = attr_by_name(name, version);
        const struct cg_hierarchy *hierarchy;

        if (!attr)
            continue;
        known = true;
        hierarchy = mounts_find(mounts, attr->controller);
        if (!hierarchy)
            continue;
        if (hierarchy->version != version)
            attr = attr->counterpart ? attr_by_name(attr->counterpart, hierarchy->version) : NULL;
        if (!attr)
            continue;
        *ret = attr;
        return 0;
    }
    return known ? -EOPNOTSUPP : -ENOENT;
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
    return index < ARRAY_SIZE(attr->files) ? attr->files[index] : NULL;
}

enum cg_kind cg_attr_kind(const struct cg_attr *attr)
{
    return attr->kind;
}

unsigned cg_attr_flags(const struct cg_attr *attr)
{
    return attr->flags;
}

bool attr_moves_memory(const struct cg_attr *attr)
{
    return strcmp(attr->name, "cpuset.mems") == 0;
}
