/* The model as a `struct kernel`: handles, and paths through the control groups and around them. */
#include "model/model_internal.h"

#include <string.h>

#define FIRST_HANDLE 1000 /* neither a descriptor nor AT_FDCWD by accident */

static struct model *model_of(const struct kernel *k)
{
    return (struct model *)k;
}

static struct model_handle *handle_of(const struct model *model, int dir)
{
    if (dir < FIRST_HANDLE || dir >= FIRST_HANDLE + (int)model->handle_count ||
        !model->handles[dir - FIRST_HANDLE].open)
        model_die("%d is not an open directory", dir);
    return &model->handles[dir - FIRST_HANDLE];
}

static int handle_new(struct model *model, char *path, struct model_node *node)
{
    unsigned i = 0;

    while (i < model->handle_count && model->handles[i].open)
        i++;
    if (i == model->handle_count) {
        model->handles = reallocarray(model->handles, i + 1, sizeof(*model->handles));
        if (!model->handles)
            model_die("out of memory");
        model->handle_count++;
    }
    model->handles[i] = (struct model_handle){.open = true, .path = path, .node = node};
    return FIRST_HANDLE + (int)i;
}

/* The absolute path without doubled, leading-twice or trailing slashes: "" is the root. */
static char *join(const char *above, const char *below)
{
    cleanup_free char *both = model_format("%s/%s", above, below);
    struct buffer path = {0};
    char *save = NULL;

    model_put(&path, "%s", "");
    for (char *name = strtok_r(both, "/", &save); name; name = strtok_r(NULL, "/", &save))
        if (strcmp(name, ".") != 0)
            model_put(&path, "/%s", name);
    return path.data;
}

/* The node that stands at an absolute path; NULL: that is in no hierarchy. *ret_inside tells
 * whether it would be in one. */
static struct model_node *node_at(const struct model *model, const char *path, bool *ret_inside)
{
    *ret_inside = false;
    for (unsigned i = model->hierarchy_count; i-- > 0;) {
        const struct model_hierarchy *h = &model->hierarchies[i];
        size_t length = strlen(h->mountpoint);

        if (strncmp(path, h->mountpoint, length) == 0 &&
            (path[length] == '/' || path[length] == '\0')) {
            *ret_inside = true;
            return model_walk(h->root, path + length);
        }
    }
    return NULL;
}

static uint64_t path_id(const char *path)
{
    uint64_t id = 14695981039346656037u;

    for (; *path; path++)
        id = (id ^ (unsigned char)*path) * 1099511628211u;
    return id;
}

static int port_open_dir(const struct kernel *k, int dir, const char *path, uint64_t *ret_id)
{
    struct model *model = model_of(k);
    const struct model_handle *above = dir < 0 ? NULL : handle_of(model, dir);
    cleanup_free char *full = NULL;
    struct model_node *node;
    bool inside = true;

    if (strcmp(path, "..") == 0 || strncmp(path, "../", 3) == 0 || strstr(path, "/../"))
        return -EXDEV;
    if (above && above->node) {
        node = above->node->removed && *path ? NULL : model_walk(above->node, path);
    } else {
        full = join(above ? above->path : "", path);
        node = node_at(model, full, &inside);
    }
    if (inside && !node)
        return -ENOENT;
    if (!inside && !model_host_has_directory(model, full))
        return -ENOENT;
    if (ret_id)
        *ret_id = node ? node->id : path_id(full);
    return handle_new(model, node ? NULL : steal_pointer(&full), node);
}

static void port_close_dir(const struct kernel *k, int dir)
{
    struct model_handle *handle = handle_of(model_of(k), dir);

    free(handle->path);
    *handle = (struct model_handle){.open = false};
}

/* The node that a file is in, and *ret_file its name there. NULL and *ret_path: outside. */
static struct model_node *locate(struct model *model, int dir, const char *file,
                                 const char **ret_file, char **ret_path)
{
    const struct model_handle *handle = handle_of(model, dir);
    const char *slash = strrchr(file, '/');
    cleanup_free char *above =
        slash ? model_format("%.*s", (int)(slash - file), file) : model_format("%s", "");
    cleanup_free char *full = NULL;
    struct model_node *node;
    bool inside;

    *ret_file = slash ? slash + 1 : file;
    if (handle->node)
        return model_walk(handle->node, above);
    full = join(handle->path, above);
    node = node_at(model, full, &inside);
    if (!inside)
        *ret_path = join(handle->path, file);
    return node;
}

static int port_read(const struct kernel *k, int dir, const char *file, struct buffer *into)
{
    struct model *model = model_of(k);
    cleanup_free char *path = NULL;
    cleanup_buffer struct buffer text = {0};
    const char *name;
    struct model_node *node = locate(model, dir, file, &name, &path);
    int r;

    model_put(&text, "%s", "");
    r = node   ? model_node_read(model, node, name, &text)
        : path ? model_host_read(model, path, &text)
               : -ENOENT;
    if (r < 0)
        return r;
    into->length = 0;
    return buffer_append(into, text.data, text.length);
}

static int port_write(const struct kernel *k, int dir, const char *file, const char *text)
{
    struct model *model = model_of(k);
    cleanup_free char *path = NULL;
    const char *name;
    struct model_node *node = locate(model, dir, file, &name, &path);

    if (node)
        return model_node_write(model, node, name, text);
    return path ? -EACCES : -ENOENT;
}

static int port_set_affinity(const struct kernel *k, pid_t tid, const struct cg_set *cpus)
{
    struct model *model = model_of(k);
    struct model_thread *thread = model_thread_find(model, tid);
    uint64_t set = 0;

    for (int n = cg_set_next(cpus, -1); n >= 0 && n < 64; n = cg_set_next(cpus, n))
        set |= UINT64_C(1) << n;
    return thread ? model_thread_affinity(model, thread, set) : -ESRCH;
}

const struct kernel model_port = {
    .open_dir = port_open_dir,
    .close_dir = port_close_dir,
    .read = port_read,
    .write = port_write,
    .set_affinity = port_set_affinity,
};

const struct kernel *model_kernel(struct model *model)
{
    return &model->kernel;
}

unsigned model_handles(const struct model *model)
{
    unsigned open = 0;

    for (unsigned i = 0; i < model->handle_count; i++)
        open += model->handles[i].open;
    return open;
}
