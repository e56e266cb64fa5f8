/* Do the slices above a guest allow the CPUs (or memory nodes)? v1 would refuse the write, v2
 * would take it and grant something else; either way the ancestor's owner has to be asked. */
#include "reconcile/check.h"

#include "base/escape.h"
#include "cgroup/access.h"

#include <string.h>

struct ancestor {
    const struct cg_hierarchy *hierarchy;
    const struct cg_attr *attr;
    char *path;
    struct cg_set *granted; /* NULL: it has no such file, and so forbids nothing */
};

void ancestors_release(struct ancestors *ancestors)
{
    for (size_t i = 0; i < ancestors->count; i++) {
        free(ancestors->list[i].path);
        cg_set_unref(ancestors->list[i].granted);
    }
    free(ancestors->list);
    *ancestors = (struct ancestors){0};
}

static const struct cg_attr *effective_face(const struct cg_attr *attr)
{
    bool cpus = strcmp(attr->name, "cpuset.cpus") == 0;

    if (attr->version == 2)
        return attr_by_name(cpus ? "cpuset.cpus.effective" : "cpuset.mems.effective", 2);
    return attr_by_name(cpus ? "cpuset.effective_cpus" : "cpuset.effective_mems", 1);
}

static int read_granted(const struct check_input *input, const struct cg_hierarchy *hierarchy,
                        const char *path, const struct cg_attr *attr, struct cg_set **ret)
{
    const struct kernel *k = input->nodes->host->kernel;
    struct cg_value *value = NULL;
    const struct cg_set *set;
    int dir = k->open_dir(k, hierarchy->dir, path, NULL), r;

    *ret = NULL;
    if (dir < 0)
        return dir == -ENOMEM ? dir : 0;
    r = attr_read(k, dir, effective_face(attr), input->scratch, &value, NULL);
    k->close_dir(k, dir);
    if (r == 0 && cg_value_set(value, &set) == 0)
        r = cg_set_union(set, set, ret);
    cg_value_unref(value);
    return r == -ENOMEM ? r : 0;
}

/* What the directory grants its children, read once. *ret is borrowed, NULL where nothing is
 * forbidden. */
static int ancestor_granted(const struct check_input *input, const struct cg_hierarchy *hierarchy,
                            const char *path, const struct cg_attr *attr,
                            const struct cg_set **ret)
{
    struct ancestors *known = input->ancestors;
    struct ancestor new = {.hierarchy = hierarchy, .attr = attr};
    int r;

    for (size_t i = 0; i < known->count; i++)
        if (known->list[i].hierarchy == hierarchy && known->list[i].attr == attr &&
            strcmp(known->list[i].path, path) == 0) {
            *ret = known->list[i].granted;
            return 0;
        }
    if (known->count == known->size) {
        size_t size = known->size ? known->size * 2 : 4;
        struct ancestor *list = reallocarray(known->list, size, sizeof(*list));

        if (!list)
            return -ENOMEM;
        known->list = list;
        known->size = size;
    }
    new.path = strdup(path);
    if (!new.path)
        return -ENOMEM;
    r = read_granted(input, hierarchy, path, attr, &new.granted);
    if (r < 0) {
        free(new.path);
        return r;
    }
    known->list[known->count++] = new;
    *ret = new.granted;
    return 0;
}

/* The highest ancestor that lacks some of the CPUs is the one whose owner decides. */
static int refuse(const struct check_input *input, const struct step *step,
                  const struct place *place, const struct cg_set *asked,
                  struct refusals *refusals)
{
    cleanup_free char *path = strdup(place->path), *missing = NULL, *shown = NULL;
    const struct cg_set *granted = NULL;
    struct cg_set *lacks;
    int r;

    if (!path)
        return -ENOMEM;
    for (char *at = path; at; at = strchr(at, '/')) {
        char kept = *at;

        *at = '\0';
        r = ancestor_granted(input, place->hierarchy, path, step->cell.attr, &granted);
        if (r < 0)
            return r;
        if (granted && !cg_set_contains(granted, asked))
            break;
        *at = kept;
        at += kept == '/';
    }
    if (!granted || (r = cg_set_difference(asked, granted, &lacks)) < 0)
        return granted ? r : 0;
    r = cg_set_format(lacks, &missing);
    cg_set_unref(lacks);
    if (r < 0 || !(shown = text_escape(path)))
        return -ENOMEM;
    return refusals_add(refusals, step->cell.role, NULL, step->cell.attr, step->cell.origin,
                        "%s: %s/%s does not have %s: whoever owns that control group has to "
                        "widen its %s first",
                        missing, place->hierarchy->mountpoint, shown, missing,
                        step->cell.attr->name);
}

int check_ancestors(const struct check_input *input, const struct step *step,
                    struct refusals *refusals, struct cg_error **err)
{
    const struct cg_attr *attr = step->cell.attr;
    const struct place *place =
        binding_place(input->nodes->binding, input->nodes->host, attr->controller);
    const struct cg_set *asked, *granted, *online = input->nodes->host->cpus_online;
    struct cg_set *part = NULL;
    cleanup_free char *parent = NULL;
    char *slash;
    int r;

    if (!place || cg_value_set(step->cell.value, &asked) < 0)
        return 0;
    /* v2 takes a baseline back as it had it, whatever it grants of it. */
    if (step->reason == CHANGE_RETURN && attr->constraint != ATTR_SUBSET_OF_PARENT)
        return 0;
    parent = strdup(place->path);
    if (!parent)
        return error_out_of_memory(err);
    slash = strrchr(parent, '/');
    *(slash ? slash : parent) = '\0';
    r = ancestor_granted(input, place->hierarchy, parent, attr, &granted);
    if (r == 0 && strcmp(attr->name, "cpuset.cpus") == 0 && online) {
        /* An offline CPU is in no effective set, and is no ancestor's doing. */
        r = cg_set_intersection(asked, online, &part);
        asked = part;
    }
    if (r == 0 && granted && !cg_set_contains(granted, asked))
        r = refuse(input, step, place, asked, refusals);
    cg_set_unref(part);
    return r == -ENOMEM ? error_out_of_memory(err) : r;
}
