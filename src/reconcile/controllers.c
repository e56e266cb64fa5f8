#include "reconcile/controllers.h"

#include "base/escape.h"
#include "cgroup/access.h"
#include "cgroup/text.h"
#include "reconcile/unit.h"

#include <string.h>

const struct cg_attr controllers_attr = {
    .name = CONTROLLERS_FILE,
    .controller = "cpuset",
    .version = 2,
    .kind = CG_TEXT,
};

/* 1 or 0; a directory that cannot be read says nothing against it. */
static int enables(const struct kernel *k, int top, const char *path, const char *controller,
                   struct buffer *scratch)
{
    int dir = k->open_dir(k, top, path, NULL), r;

    if (dir < 0)
        return dir == -ENOMEM ? dir : 1;
    r = k->read(k, dir, CONTROLLERS_FILE, scratch);
    k->close_dir(k, dir);
    if (r < 0)
        return r == -ENOMEM ? r : 1;
    return text_has_word(scratch->data, controller, strlen(controller));
}

/* Cuts `path` to the highest of its directories that does not enable the controller. 0: all do. */
static int find_gap(const struct nodes *nodes, const struct place *place, const char *controller,
                    char *path, struct buffer *scratch)
{
    for (size_t length = 0;; length = nodes_path_next(path, length)) {
        char kept = path[length];
        int r;

        path[length] = '\0';
        r = enables(nodes->host->kernel, place->hierarchy->dir, path, controller, scratch);
        if (r <= 0)
            return r < 0 ? r : 1;
        path[length] = kept;
        if (!kept)
            return 0;
    }
}

static int tell_owner(const struct nodes *nodes, const struct place *place, const char *controller,
                      const char *path, char **ret)
{
    const char *unit = unit_in_path(path);
    cleanup_free char *shown = text_escape(path), *named = unit ? text_escape(unit) : NULL;
    cleanup_free char *owner = NULL;

    if (!shown || (unit && !named))
        return -ENOMEM;
    if (!unit)
        owner = strdup(nodes->host->systemd && !*path ? "systemd" : "its owner");
    else if (asprintf(&owner, "systemd (unit %s)", named) < 0)
        owner = NULL;
    if (!owner ||
        asprintf(
            ret,
            "the %s controller is not enabled for it: it is not in %s of %s/%s, and only %s may "
            "enable it there",
            controller, CONTROLLERS_FILE, place->hierarchy->mountpoint, shown, owner) < 0)
        return -ENOMEM;
    return 0;
}

int controllers_missing(struct nodes *nodes, struct cg_role role, const struct cg_attr *attr,
                        struct buffer *scratch, char **ret_why)
{
    const struct place *place = binding_place(nodes->binding, nodes->host, attr->controller);
    cleanup_free char *path = NULL;
    size_t own;
    int r;

    *ret_why = NULL;
    if (!place || place->hierarchy->version != 2)
        return 0;
    path = nodes_path_above(nodes, role, attr);
    if (!path)
        return -ENOMEM;
    own = strlen(path);
    r = find_gap(nodes, place, attr->controller, path, scratch);
    if (r <= 0)
        return r;
    if (role.kind != CG_ROLE_VM && strlen(path) == own)
        return 1;
    return tell_owner(nodes, place, attr->controller, path, ret_why);
}

/* The node that holds the roles' nodes, in the controller's hierarchy. */
static int open_holder(struct nodes *nodes, const char *controller, int *ret, struct cg_error **err)
{
    const struct cg_role vm = {.kind = CG_ROLE_VM};
    struct cg_attr attr = controllers_attr;

    attr.controller = controller;
    return nodes_open(nodes, vm, &attr, ret, err);
}

int controllers_read(struct nodes *nodes, const char *controller, struct buffer *scratch,
                     struct cg_value **ret, struct cg_error **err)
{
    int dir, r = open_holder(nodes, controller, &dir, err);

    return r < 0 ? r : attr_read(nodes->host->kernel, dir, &controllers_attr, scratch, ret, err);
}

int controllers_enable(struct nodes *nodes, const char *controller, struct cg_error **err)
{
    char word[32];
    int dir, r = open_holder(nodes, controller, &dir, err);

    if (r < 0)
        return r;
    snprintf(word, sizeof(word), "+%s", controller);
    r = nodes->host->kernel->write(nodes->host->kernel, dir, CONTROLLERS_FILE, word);
    return r < 0 ? error_set(err, -r, "%s: enabling %s: %s", CONTROLLERS_FILE, controller,
                             strerror(-r))
                 : 0;
}
