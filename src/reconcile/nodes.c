#include "reconcile/nodes.h"

#include "base/array.h"
#include "cgroup/guest_path.h"
#include "reconcile/unit.h"

#include <string.h>

/* libvirt's name for the node that it delegates to itself under systemd. */
#define DELEGATED "libvirt"

/* Which of a guest's two own nodes under systemd: it owns the scope, and the weight there decides
 * between guests; what lies in libvirt/ survives a daemon-reload. */
static bool in_delegated(const struct place *place, struct cg_role role, const struct cg_attr *attr)
{
    return place->delegated && (role.kind != CG_ROLE_VM || !unit_property(attr));
}

static const struct open_node *find(const struct nodes *nodes, const struct place *place,
                                    struct cg_role role, bool delegated)
{
    for (size_t i = 0; i < nodes->count; i++) {
        const struct open_node *node = &nodes->open[i];

        if (node->place == place && role_compare(node->role, role) == 0 &&
            node->delegated == delegated)
            return node;
    }
    return NULL;
}

static int remember(struct nodes *nodes, struct open_node node)
{
    if (array_grow(&nodes->open, nodes->count, &nodes->size) < 0)
        return -ENOMEM;
    nodes->open[nodes->count++] = node;
    return node.dir;
}

/* Opens one directory below `parent` and keeps it; `id` 0: any. */
static int open_and_keep(struct nodes *nodes, struct open_node node, int parent, const char *path,
                         uint64_t id)
{
    const struct kernel *k = nodes->host->kernel;
    uint64_t found;
    int r;

    node.dir = k->open_dir(k, parent, path, id ? &found : NULL);
    if (node.dir < 0)
        return node.dir;
    r = id && found != id ? -ESTALE : remember(nodes, node);
    if (r < 0)
        k->close_dir(k, node.dir);
    return r;
}

static int open_vm(struct nodes *nodes, const struct place *place, bool delegated)
{
    const struct cg_role vm = {.kind = CG_ROLE_VM};
    const struct open_node *node = find(nodes, place, vm, delegated);
    int dir;

    if (node)
        return node->dir;
    if (!delegated && !nodes->afresh && place->dir >= 0)
        return place->dir;
    if (delegated) {
        dir = open_vm(nodes, place, false);
        if (dir < 0)
            return dir;
        return open_and_keep(nodes,
                             (struct open_node){.place = place, .role = vm, .delegated = true}, dir,
                             DELEGATED, 0);
    }
    dir = open_and_keep(nodes, (struct open_node){.place = place, .role = vm},
                        place->hierarchy->dir, place->path, place->id);
    /* A guest whose own node is not there is not missing a role: it is gone. */
    return dir == -ENOENT ? -ESTALE : dir;
}

static int open_role(struct nodes *nodes, const struct place *place, struct cg_role role)
{
    const struct open_node *node = find(nodes, place, role, place->delegated);
    char name[ROLE_NAME_SIZE];
    int parent;

    if (node)
        return node->dir;
    parent = open_vm(nodes, place, place->delegated);
    if (parent < 0)
        return parent;
    return open_and_keep(
        nodes, (struct open_node){.place = place, .role = role, .delegated = place->delegated},
        parent, role_directory(role, name), 0);
}

int nodes_open(struct nodes *nodes, struct cg_role role, const struct cg_attr *attr, int *ret,
               struct cg_error **err)
{
    const struct place *place = binding_place(nodes->binding, nodes->host, attr->controller);
    char name[ROLE_NAME_SIZE];
    int dir;

    if (!place)
        return error_set(err, EOPNOTSUPP, "the guest is in no control group of the %s controller",
                         attr->controller);
    dir = role.kind == CG_ROLE_VM ? open_vm(nodes, place, in_delegated(place, role, attr))
                                  : open_role(nodes, place, role);
    if (dir == -ENOMEM)
        return error_out_of_memory(err);
    if (dir == -ESTALE || dir == -ENODEV)
        return error_set(err, ESTALE, "the guest's control group %s%s is gone or another one now",
                         place->hierarchy->mountpoint, place->path);
    if (dir < 0)
        return error_set(err, -dir, "%s/%s: %s: %s", place->hierarchy->mountpoint, place->path,
                         role_name(role, name), strerror(-dir));
    *ret = dir;
    return 0;
}

char *nodes_path(const struct nodes *nodes, struct cg_role role, const struct cg_attr *attr)
{
    const struct place *place = binding_place(nodes->binding, nodes->host, attr->controller);
    char name[ROLE_NAME_SIZE];
    char *path;

    if (!place || asprintf(&path, "%s/%s%s%s%s", place->hierarchy->mountpoint, place->path,
                           in_delegated(place, role, attr) ? "/" DELEGATED : "",
                           role.kind == CG_ROLE_VM ? "" : "/", role_directory(role, name)) < 0)
        return NULL;
    return path;
}

char *nodes_path_above(const struct nodes *nodes, struct cg_role role, const struct cg_attr *attr)
{
    const struct place *place = binding_place(nodes->binding, nodes->host, attr->controller);
    bool vm = role.kind == CG_ROLE_VM, delegated = place && in_delegated(place, role, attr);
    char *path, *slash;

    if (!place || asprintf(&path, "%s%s", place->path, !vm && delegated ? "/" DELEGATED : "") < 0)
        return NULL;
    if (vm && !delegated) {
        slash = strrchr(path, '/');
        *(slash ? slash : path) = '\0';
    }
    return path;
}

size_t nodes_path_next(const char *path, size_t length)
{
    length += path[length] == '/';
    return length + strcspn(path + length, "/");
}

void nodes_close(struct nodes *nodes)
{
    for (size_t i = 0; i < nodes->count; i++)
        nodes->host->kernel->close_dir(nodes->host->kernel, nodes->open[i].dir);
    free(nodes->open);
    nodes->open = NULL;
    nodes->count = nodes->size = 0;
}
