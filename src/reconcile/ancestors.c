#include "reconcile/ancestors.h"

#include "base/array.h"
#include "base/escape.h"
#include "cgroup/access.h"
#include "cgroup/set.h"
#include "reconcile/unit.h"

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

/* One question: the arguments, as they go down. */
struct asking {
    struct ancestors *known;
    const struct host *host;
    const struct place *place;
    const struct cg_attr *attr;
    const struct cg_set *asked;
    struct buffer *scratch;
};

static int read_granted(const struct asking *asking, const char *path, struct cg_set **ret)
{
    const struct kernel *k = asking->host->kernel;
    struct cg_value *value = NULL;
    const struct cg_set *set;
    int dir = k->open_dir(k, asking->place->hierarchy->dir, path, NULL), r;

    *ret = NULL;
    if (dir < 0)
        return dir == -ENOMEM ? dir : 0;
    r = attr_read(k, dir, attr_effective(asking->attr), asking->scratch, &value, NULL);
    k->close_dir(k, dir);
    if (r == 0 && cg_value_set(value, &set) == 0)
        r = cg_set_union(set, set, ret);
    cg_value_unref(value);
    return r == -ENOMEM ? r : 0;
}

/* What the directory grants its children, read once. *ret is borrowed, NULL where nothing is
 * forbidden. */
static int granted_by(const struct asking *asking, const char *path, const struct cg_set **ret)
{
    struct ancestors *known = asking->known;
    const struct cg_hierarchy *hierarchy = asking->place->hierarchy;
    struct ancestor new = {.hierarchy = hierarchy, .attr = asking->attr};
    int r;

    for (size_t i = 0; i < known->count; i++)
        if (known->list[i].hierarchy == hierarchy && known->list[i].attr == asking->attr &&
            strcmp(known->list[i].path, path) == 0) {
            *ret = known->list[i].granted;
            return 0;
        }
    if (array_grow(&known->list, known->count, &known->size) < 0)
        return -ENOMEM;
    new.path = strdup(path);
    if (!new.path)
        return -ENOMEM;
    r = read_granted(asking, path, &new.granted);
    if (r < 0) {
        free(new.path);
        return r;
    }
    known->list[known->count++] = new;
    *ret = new.granted;
    return 0;
}

/* The ancestors that lack some of what is asked. */
struct lacking {
    char *top;                    /* the path of the highest one; NULL: none does */
    const struct cg_set *granted; /* what that one grants, borrowed */
    char *files;                  /* v1: each one's, from the top down, as a shell takes them */
    bool quotable;                /* there is no path in it that a shell could misunderstand */
};

static void lacking_release(struct lacking *lacking)
{
    free(lacking->top);
    free(lacking->files);
}
#define cleanup_lacking cleanup_with(lacking_release)

static int add_file(const struct asking *asking, const char *path, struct lacking *lacking)
{
    cleanup_free char *before = lacking->files;

    for (const char *at = path; *at; at++)
        lacking->quotable &= *at != '\'' && *at >= ' ';
    if (asprintf(&lacking->files, "%s '%s/%s/%s'", before ? before : "",
                 asking->place->hierarchy->mountpoint, path, asking->attr->name) < 0) {
        lacking->files = NULL;
        return -ENOMEM;
    }
    return 0;
}

static int find_lacking(const struct asking *asking, const char *parent, struct lacking *ret)
{
    int r = 0;

    for (size_t length = 0; r == 0; length = nodes_path_next(parent, length)) {
        cleanup_free char *path = strndup(parent, length);
        const struct cg_set *granted;

        r = path ? granted_by(asking, path, &granted) : -ENOMEM;
        if (r == 0 && granted && !cg_set_contains(granted, asking->asked)) {
            if (asking->attr->version == 1)
                r = add_file(asking, path, ret);
            if (!ret->top) {
                ret->top = steal_pointer(&path);
                ret->granted = granted;
            }
        }
        if (!parent[length])
            break;
    }
    return r;
}

/* systemd sets no set on v1, and the kernel takes a CPU that goes offline out of all of them for
 * good. The command adds, so that those for several guests do not take from each other. */
static int advise_v1(const struct asking *asking, const struct lacking *lacking, char **ret)
{
    cleanup_free char *list = NULL;
    int r = cg_set_format(asking->asked, &list);

    if (r < 0)
        return r;
    if (!lacking->quotable)
        r = asprintf(ret, "whoever owns that control group has to widen its %s first",
                     asking->attr->name);
    else
        r = asprintf(ret,
                     "whoever owns that control group has to widen its %s first, as after a CPU "
                     "was offline, which cgroup v1 does not give back: for f in%s; do echo "
                     "\"$(cat \"$f\"),%s\" > \"$f\"; done",
                     asking->attr->name, lacking->files, list);
    return r < 0 ? -ENOMEM : 0;
}

static int advise_v2(const struct asking *asking, const struct lacking *lacking, char **ret)
{
    const char *unit = unit_in_path(lacking->top);
    bool cpus = attr_is_cpus(asking->attr);
    cleanup_free char *list = NULL, *shown = unit ? text_escape(unit) : NULL;
    cleanup_set struct cg_set *both = NULL;
    int r = cg_set_union(lacking->granted, asking->asked, &both);

    if (r == 0)
        r = cg_set_format(both, &list);
    if (r < 0 || (unit && !shown))
        return -ENOMEM;
    if (unit)
        r = asprintf(ret, "it is systemd's unit %s, whose %s would have to be %s", shown,
                     cpus ? "AllowedCPUs=" : "AllowedMemoryNodes=", list);
    else
        r = asprintf(ret, "whoever owns that control group has to widen its %s first",
                     asking->attr->name);
    return r < 0 ? -ENOMEM : 0;
}

static int explain(const struct asking *asking, const struct lacking *lacking, char **ret)
{
    cleanup_free char *missing = NULL, *advice = NULL, *shown = text_escape(lacking->top);
    cleanup_set struct cg_set *lacks = NULL;
    int r = shown ? cg_set_difference(asking->asked, lacking->granted, &lacks) : -ENOMEM;

    if (r == 0)
        r = cg_set_format(lacks, &missing);
    if (r == 0)
        r = asking->attr->version == 1 ? advise_v1(asking, lacking, &advice)
                                       : advise_v2(asking, lacking, &advice);
    if (r < 0)
        return r;
    return asprintf(ret, "%s: %s/%s does not have %s: %s", missing,
                    asking->place->hierarchy->mountpoint, shown, missing, advice) < 0
               ? -ENOMEM
               : 0;
}

/* The path of what lies directly above the node that bears the guest's own sets; free(). */
static char *parent_of(const struct place *place)
{
    const char *slash = strrchr(place->path, '/');

    if (place->delegated)
        return strdup(place->path);
    return strndup(place->path, slash ? (size_t)(slash - place->path) : 0);
}

int ancestors_forbid(struct ancestors *ancestors, const struct nodes *nodes,
                     const struct cg_attr *attr, const struct cg_set *asked, struct buffer *scratch,
                     char **ret_text)
{
    struct asking asking = {
        .known = ancestors,
        .host = nodes->host,
        .place = binding_place(nodes->binding, nodes->host, attr->controller),
        .attr = attr,
        .asked = asked,
        .scratch = scratch,
    };
    const struct cg_set *online = nodes->host->cpus_online, *granted;
    cleanup_set struct cg_set *part = NULL;
    cleanup_free char *parent = NULL;
    cleanup_lacking struct lacking lacking = {.quotable = true};
    int r = 0;

    *ret_text = NULL;
    if (!asking.place)
        return 0;
    parent = parent_of(asking.place);
    if (!parent)
        return -ENOMEM;
    if (attr_is_cpus(attr) && online) {
        r = cg_set_intersection(asked, online, &part);
        asking.asked = part;
    }
    if (r == 0)
        r = granted_by(&asking, parent, &granted);
    if (r < 0 || !granted || cg_set_contains(granted, asking.asked))
        return r;
    r = find_lacking(&asking, parent, &lacking);
    return r == 0 && lacking.top ? explain(&asking, &lacking, ret_text) : r;
}
