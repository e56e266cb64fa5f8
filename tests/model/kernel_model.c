/* The trees and their files. The rules are in model_cpuset.c, model_limits.c and model_tasks.c. */
#include "model/model_internal.h"

#include <string.h>

/* ---- finding -------------------------------------------------------------------------------- */

static unsigned controller_bit(const char *name, size_t length)
{
    static const char *const names[] = {"cpu", "cpuset", "memory"};

    for (unsigned i = 0; i < ARRAY_SIZE(names); i++)
        if (strlen(names[i]) == length && strncmp(names[i], name, length) == 0)
            return 1u << i;
    return 0;
}

struct model_hierarchy *model_hierarchy(const struct model *model, const char *controller)
{
    unsigned bit = controller_bit(controller, strlen(controller));

    for (unsigned i = 0; i < model->hierarchy_count; i++) {
        const struct model_hierarchy *h = &model->hierarchies[i];

        if (bit ? h->controllers & bit : !*controller && h->version == 2)
            return (struct model_hierarchy *)h;
    }
    model_die("no hierarchy has \"%s\"", controller);
}

static struct model_node *child_named(const struct model_node *node, const char *name,
                                      size_t length)
{
    for (struct model_node *c = node->child; c; c = c->sibling)
        if (strlen(c->name) == length && strncmp(c->name, name, length) == 0)
            return c;
    return NULL;
}

struct model_node *model_walk(struct model_node *node, const char *path)
{
    while (node && *path) {
        size_t length = strcspn(path, "/");

        if (length > 0)
            node = child_named(node, path, length);
        path += length + (path[length] == '/');
    }
    return node;
}

struct model_node *model_find(const struct model_hierarchy *hierarchy, const char *path)
{
    return model_walk(hierarchy->root, path);
}

bool model_exists(const struct model *model, const char *controller, const char *path)
{
    return model_find(model_hierarchy(model, controller), path) != NULL;
}

char *model_node_path(const struct model_node *node)
{
    cleanup_free char *above = NULL;

    if (!node->parent)
        return model_format("/");
    if (!node->parent->parent)
        return model_format("/%s", node->name);
    above = model_node_path(node->parent);
    return model_format("%s/%s", above, node->name);
}

/* ---- making and removing -------------------------------------------------------------------- */

/* A controller that is enabled anew knows nothing of what it was told before. */
static void reset(struct model *model, struct model_node *node, unsigned controllers)
{
    if (controllers & MODEL_CPU) {
        memset(&node->cpu, 0, sizeof(node->cpu));
        node->cpu.shares = 1024;
        node->cpu.quota = NO_QUOTA;
        node->cpu.period = 100000;
    }
    if (controllers & MODEL_CPUSET) {
        memset(&node->cpuset, 0, sizeof(node->cpuset));
        model_cpuset_init(model, node);
    }
    if (controllers & MODEL_MEMORY) {
        node->memory.low = node->memory.min = 0;
        node->memory.limit = node->memory.swap = node->memory.soft = node->memory.high =
            NO_LIMIT_PAGES;
    }
}

void model_node_controllers(struct model *model, struct model_node *node, unsigned controllers)
{
    unsigned changed;

    if (node->threaded)
        controllers &= MODEL_THREADED;
    changed = node->controllers ^ controllers;
    node->controllers = controllers;
    reset(model, node, changed);
    if (changed & MODEL_CPUSET)
        model_cpuset_attach_all(model, node);
}

static struct model_node *node_new(struct model *model, struct model_hierarchy *hierarchy,
                                   struct model_node *parent, const char *name, bool threaded)
{
    struct model_node *node = model_alloc(sizeof(*node));
    struct model_node **last = parent ? &parent->child : &hierarchy->root;

    node->hierarchy = hierarchy;
    node->parent = parent;
    node->name = model_format("%s", name);
    node->id = model->last_id += 37; /* never one that was there before */
    node->threaded = threaded;
    node->controllers = !parent                   ? hierarchy->controllers
                        : hierarchy->version == 1 ? parent->controllers
                                                  : parent->subtree;
    node->cpu.shares = 1024;
    node->cpu.quota = NO_QUOTA;
    node->cpu.period = 100000;
    node->memory.limit = node->memory.swap = node->memory.soft = node->memory.high = NO_LIMIT_PAGES;
    while (*last)
        last = &(*last)->sibling;
    *last = node;
    node->older = model->nodes;
    model->nodes = node;
    reset(model, node, MODEL_ALL);
    model_node_controllers(model, node,
                           !parent                   ? hierarchy->controllers
                           : hierarchy->version == 1 ? parent->controllers
                                                     : parent->subtree);
    return node;
}

static int make_child(struct model *model, struct model_node *parent, const char *name,
                      bool threaded)
{
    if (!*name || child_named(parent, name, strlen(name)))
        return -EEXIST;
    threaded = threaded || parent->threaded;
    if (threaded && model_may_thread(model, parent) < 0)
        return -EOPNOTSUPP;
    node_new(model, parent->hierarchy, parent, name, threaded);
    return 0;
}

int model_mkdir(struct model *model, const char *controller, const char *path, bool threaded)
{
    const char *slash = strrchr(path, '/');
    cleanup_free char *above =
        slash ? model_format("%.*s", (int)(slash - path), path) : model_format("%s", "");
    struct model_node *parent = model_find(model_hierarchy(model, controller), above);

    return parent ? make_child(model, parent, slash ? slash + 1 : path, threaded) : -ENOENT;
}

/* The child of that name, made with its parent's sets where it is not there. */
static struct model_node *child_with_sets(struct model *model, struct model_node *parent,
                                          const char *name)
{
    struct model_node *child = child_named(parent, name, strlen(name));

    if (child)
        return child;
    if (parent->hierarchy->version == 2 && !parent->threaded)
        parent->subtree = parent->controllers;
    if (make_child(model, parent, name, false) < 0)
        model_die("%s cannot be made below %s", name, parent->name);
    child = child_named(parent, name, strlen(name));
    if (parent->hierarchy->version == 1)
        child->cpuset = parent->cpuset;
    return child;
}

void model_make(struct model *model, const char *controllers, const char *path)
{
    cleanup_free char *list = model_format("%s", controllers);
    char *save = NULL;

    for (char *c = strtok_r(list, ",", &save); c; c = strtok_r(NULL, ",", &save)) {
        cleanup_free char *rest = model_format("%s", path);
        struct model_node *node = model_hierarchy(model, c)->root;
        char *at = NULL;

        for (char *name = strtok_r(rest, "/", &at); name; name = strtok_r(NULL, "/", &at))
            node = child_with_sets(model, node, name);
    }
}

int model_rmdir(struct model *model, const char *controller, const char *path)
{
    struct model_node *node = model_find(model_hierarchy(model, controller), path);
    struct model_node **at;

    if (!node)
        return -ENOENT;
    if (!node->parent || node->child || model_populated(model, node))
        return -EBUSY;
    for (at = &node->parent->child; *at != node;)
        at = &(*at)->sibling;
    *at = node->sibling;
    node->sibling = NULL;
    node->removed = true;
    return 0;
}

/* ---- files of nodes ------------------------------------------------------------------------- */

static const struct model_attribute *const tables[] = {
    model_cpu_files, model_cpuset_files, model_memory_files, model_task_files, model_unified_files};

static bool has_file(const struct model *model, const struct model_node *node,
                     const struct model_attribute *file)
{
    if (file->version != 0 && file->version != node->hierarchy->version)
        return false;
    if (file->controller != 0 && !(node->controllers & file->controller))
        return false;
    if (model->no_swap_files && (strstr(file->name, "memsw") || strstr(file->name, "swap.")))
        return false;
    return node->parent || !file->not_on_root;
}

static const struct model_attribute *find_file(const struct model *model,
                                               const struct model_node *node, const char *name)
{
    if (node->removed)
        return NULL;
    for (unsigned i = 0; i < ARRAY_SIZE(tables); i++)
        for (const struct model_attribute *f = tables[i]; f->name; f++)
            if (strcmp(f->name, name) == 0 && has_file(model, node, f))
                return f;
    return NULL;
}

int model_node_write(struct model *model, struct model_node *node, const char *file,
                     const char *text)
{
    const struct model_attribute *attribute = find_file(model, node, file);

    if (!attribute)
        return -ENOENT;
    if (!*text)
        return 0; /* cgroup_file_write() takes no notice of an empty write */
    return attribute->write ? attribute->write(model, node, text) : -EINVAL;
}

int model_node_read(struct model *model, struct model_node *node, const char *file,
                    struct buffer *into)
{
    const struct model_attribute *attribute = find_file(model, node, file);

    return attribute ? attribute->read(model, node, into) : -ENOENT;
}

static struct model_node *node_must(const struct model *model, const char *controller,
                                    const char *path)
{
    struct model_node *node = model_find(model_hierarchy(model, controller), path);

    if (!node)
        model_die("there is no %s:/%s", controller, path);
    return node;
}

int model_write(struct model *model, const char *controller, const char *path, const char *file,
                const char *text)
{
    return model_node_write(model, node_must(model, controller, path), file, text);
}

char *model_read(struct model *model, const char *controller, const char *path, const char *file)
{
    struct buffer text = {0};

    model_put(&text, "%s", "");
    if (model_node_read(model, node_must(model, controller, path), file, &text) < 0) {
        buffer_release(&text);
        return NULL;
    }
    if (text.length > 0 && text.data[text.length - 1] == '\n')
        text.data[text.length - 1] = '\0';
    return text.data;
}

void model_use_memory(struct model *model, const char *path, uint64_t bytes)
{
    node_must(model, "memory", path)->memory.used = bytes / MODEL_PAGE;
}

unsigned model_kills(const struct model *model)
{
    return model->kills;
}

static void dump_node(struct model *model, struct model_node *node, struct buffer *into)
{
    cleanup_free char *path = model_node_path(node);

    for (unsigned i = 0; i < ARRAY_SIZE(tables); i++)
        for (const struct model_attribute *f = tables[i]; f->name; f++) {
            if (!f->write || tables[i] == model_task_files || !has_file(model, node, f))
                continue;
            model_put(into, "%s:%s %s ", node->hierarchy->names, path, f->name);
            f->read(model, node, into);
            if (into->data[into->length - 1] != '\n')
                model_put(into, "\n");
        }
    for (struct model_node *c = node->child; c; c = c->sibling)
        dump_node(model, c, into);
}

char *model_dump(struct model *model)
{
    struct buffer text = {0};

    model_put(&text, "%s", "");
    for (unsigned i = 0; i < model->hierarchy_count; i++)
        dump_node(model, model->hierarchies[i].root, &text);
    return text.data;
}

/* ---- the whole ------------------------------------------------------------------------------ */

static void add_hierarchy(struct model *model, int version, unsigned controllers, const char *names,
                          const char *mountpoint)
{
    struct model_hierarchy *hierarchy = &model->hierarchies[model->hierarchy_count];

    *hierarchy = (struct model_hierarchy){.index = model->hierarchy_count++,
                                          .version = version,
                                          .controllers = controllers,
                                          .names = names,
                                          .mountpoint = mountpoint};
    node_new(model, hierarchy, NULL, "", false);
}

struct model *model_new(const struct model_options *options)
{
    static const struct model_options defaults = {.version = 1};
    struct model *model = model_alloc(sizeof(*model));

    if (!options)
        options = &defaults;
    model->kernel = model_port;
    model->version = options->version;
    model->possible = model_list(options->cpus ? options->cpus : "0-7");
    model->online = options->online ? model_list(options->online) : model->possible;
    model->mems = model_list(options->mems ? options->mems : "0-1");
    model->mems_limit = options->mems_limit ? options->mems_limit : 1024;
    model->forgets_masks = options->forgets_masks;
    model->no_swap_files = options->no_swap_files;
    if (options->version == 2) {
        add_hierarchy(model, 2, MODEL_ALL, "", "/sys/fs/cgroup");
    } else {
        add_hierarchy(model, 1, MODEL_CPU, "cpu,cpuacct", "/sys/fs/cgroup/cpu,cpuacct");
        add_hierarchy(model, 1, MODEL_CPUSET, "cpuset", "/sys/fs/cgroup/cpuset");
        add_hierarchy(model, 1, MODEL_MEMORY, "memory", "/sys/fs/cgroup/memory");
        if (options->hybrid)
            add_hierarchy(model, 2, 0, "", "/sys/fs/cgroup/unified");
    }
    model_host_init(model);
    return model;
}

void model_set_online(struct model *model, const char *cpus)
{
    model->online = model_list(cpus);
    model_cpuset_online(model, model_hierarchy(model, "cpuset"));
    model_host_cpus(model);
}

static void nodes_free(struct model *model)
{
    while (model->nodes) {
        struct model_node *node = model->nodes;

        model->nodes = node->older;
        free(node->name);
        free(node);
    }
}

struct model *model_free(struct model *model)
{
    if (!model)
        return NULL;
    while (model->threads)
        model_end_thread(model, model->threads->tid);
    while (model->files)
        model_set_file(model, model->files->path, NULL);
    for (unsigned i = 0; i < model->handle_count; i++)
        free(model->handles[i].path);
    nodes_free(model);
    free(model->handles);
    free(model);
    return NULL;
}
