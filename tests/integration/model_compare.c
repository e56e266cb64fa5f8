#include "integration/model_compare.h"

#include "cgroup/set.h"
#include "model/model_internal.h"

#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/utsname.h>

#define LOG_LIMIT 2000 /* characters of the last operations that are shown */

/* ---- what this host is ---------------------------------------------------------------------- */

/* MAX_NUMNODES: as many bits as Mems_allowed shows. */
static unsigned mems_limit(const struct host *host)
{
    static const char label[] = "\nMems_allowed:\t";
    cleanup_buffer struct buffer text = {0};
    const char *at;
    unsigned bits = 0;

    if (host->kernel->read(host->kernel, host->proc, "self/status", &text) < 0)
        return 0;
    at = strstr(text.data, label);
    for (at = at ? at + strlen(label) : ""; *at && *at != '\n'; at++)
        bits += *at != ',' ? 4 : 0;
    return bits;
}

static bool forgets_masks(void)
{
    struct utsname name;
    unsigned major, minor;

    return uname(&name) == 0 && sscanf(name.release, "%u.%u", &major, &minor) == 2 &&
           (major < 6 || (major == 6 && minor < 2));
}

static const struct cg_hierarchy *writable(const struct compare *c, const char *controller,
                                           int version, char **ret_why)
{
    const struct cg_hierarchy *hierarchy = mounts_find(c->host->mounts, controller);

    if (!hierarchy || hierarchy->version != version) {
        *ret_why = model_format("no v%d hierarchy has %s here", version, controller);
        return NULL;
    }
    if (faccessat(hierarchy->dir, ".", W_OK, 0) < 0) {
        *ret_why = model_format("%s: not writable", hierarchy->mountpoint);
        return NULL;
    }
    return hierarchy;
}

static struct model *model_like(const struct host *host, int version, bool swap_files)
{
    cleanup_free char *cpus = NULL, *online = NULL, *mems = NULL;
    struct model_options options = {.version = version,
                                    .mems_limit = mems_limit(host),
                                    .forgets_masks = forgets_masks(),
                                    .no_swap_files = !swap_files};

    if (cg_set_format(host->cpus_present, &cpus) < 0 ||
        cg_set_format(host->cpus_online, &online) < 0 ||
        cg_set_format(host->nodes_online, &mems) < 0)
        return NULL;
    options.cpus = cpus;
    options.online = online;
    options.mems = mems;
    return model_new(&options);
}

static bool has_swap_files(const struct cg_hierarchy *memory)
{
    return memory->version == 2 ||
           faccessat(memory->dir, "memory.memsw.limit_in_bytes", F_OK, 0) == 0;
}

int compare_open(struct compare *c, int version, char **ret_why)
{
    static const char *const controllers[] = {"cpu", "cpuset", "memory"};
    cleanup_error struct cg_error *error = NULL;
    const struct cg_hierarchy *hierarchy = NULL;
    int r = host_open(&kernel_real, NULL, &c->host, &error);

    if (r < 0) {
        *ret_why = model_format("%s", cg_error_text(error));
        return -EOPNOTSUPP;
    }
    for (unsigned i = 0; i < ARRAY_SIZE(controllers); i++) {
        hierarchy = writable(c, controllers[i], version, ret_why);
        if (!hierarchy)
            return -EOPNOTSUPP;
    }
    c->model = model_like(c->host, version, has_swap_files(hierarchy));
    if (!c->model)
        return -ENOMEM;
    c->kernels[0] = &kernel_real;
    c->kernels[1] = model_kernel(c->model);
    c->procs[0] = c->kernels[0]->open_dir(c->kernels[0], KERNEL_TOP, "/proc", NULL);
    c->procs[1] = c->kernels[1]->open_dir(c->kernels[1], KERNEL_TOP, "/proc", NULL);
    c->may_hotplug = getenv("VMPIN_TEST_OWN_MACHINE") && cg_set_count(c->host->cpus_present) > 1;
    c->base = model_format("vmpin-test-model-%d", (int)getpid());
    return 0;
}

/* ---- both sides ----------------------------------------------------------------------------- */

static void note(struct compare *c, char *line)
{
    size_t length = c->log ? strlen(c->log) : 0;
    const char *from = length > LOG_LIMIT ? c->log + length - LOG_LIMIT : c->log;
    char *log = model_format("%s    %s\n", from ? from : "", line);

    free(c->log);
    free(line);
    c->log = log;
}

static bool differ(struct compare *c, char *what)
{
    free(c->difference);
    c->difference = what;
    return false;
}

static const char *answer(int r)
{
    return r < 0 ? strerrorname_np(-r) : "ok";
}

static bool same_answer(struct compare *c, char *what, int real, int model)
{
    cleanup_free char *operation = what;

    note(c, model_format("%s: %s", operation, answer(real)));
    if (real == model || (real >= 0 && model >= 0))
        return true;
    return differ(c, model_format("%s: the kernel says %s, the model %s", operation, answer(real),
                                  answer(model)));
}

struct spot *compare_spot(const struct compare *c, const struct compare_tree *tree,
                          const char *path)
{
    for (size_t i = 0; i < c->spot_count; i++)
        if (c->spots[i].tree == tree && strcmp(c->spots[i].path, path) == 0)
            return &c->spots[i];
    return NULL;
}

static void quote(struct buffer *into, const char *text)
{
    for (; *text; text++)
        model_put(into, *text == '\n' ? "\\n" : "%c", *text);
}

bool compare_write(struct compare *c, struct spot *spot, const char *file, const char *text)
{
    cleanup_buffer struct buffer quoted = {0};
    int r[2];

    for (unsigned i = 0; i < 2; i++)
        r[i] = c->kernels[i]->write(c->kernels[i], spot->handles[i], file, text);
    /* A group that was removed a moment ago still counts among the children of its parent. */
    for (unsigned i = 0; i < 100 && r[0] == -EINVAL && r[1] == 0; i++) {
        usleep(10000);
        r[0] = c->kernels[0]->write(c->kernels[0], spot->handles[0], file, text);
    }
    model_put(&quoted, "%s", "");
    quote(&quoted, text);
    return same_answer(c, model_format("%s/%s <- \"%s\"", spot->path, file, quoted.data), r[0],
                       r[1]);
}

static int real_threaded(int dir, const char *path)
{
    cleanup_free char *file = model_format("%s/cgroup.type", path);
    int r = kernel_real.write(&kernel_real, dir, file, "threaded");

    if (r < 0)
        unlinkat(dir, path, AT_REMOVEDIR);
    return r;
}

bool compare_mkdir(struct compare *c, const struct compare_tree *tree, const char *path,
                   bool threaded)
{
    int dir = tree->hierarchy->dir, r[2];
    struct spot spot = {.tree = tree, .threaded = threaded};

    r[0] = mkdirat(dir, path, 0755) < 0 ? -errno : threaded ? real_threaded(dir, path) : 0;
    r[1] = model_mkdir(c->model, tree->controller, path, threaded);
    if (!same_answer(c, model_format("mkdir %s%s", path, threaded ? " (threaded)" : ""), r[0],
                     r[1]))
        return false;
    if (r[0] < 0)
        return true;
    for (unsigned i = 0; i < 2; i++) {
        const char *mountpoint = i ? model_hierarchy(c->model, tree->controller)->mountpoint
                                   : tree->hierarchy->mountpoint;
        cleanup_free char *full = model_format("%s/%s", mountpoint, path);

        spot.handles[i] = c->kernels[i]->open_dir(c->kernels[i], KERNEL_TOP, full, NULL);
        if (spot.handles[i] < 0)
            return differ(c, model_format("%s: cannot be opened", path));
    }
    spot.path = model_format("%s", path);
    c->spots = reallocarray(c->spots, c->spot_count + 1, sizeof(*c->spots));
    if (!c->spots)
        model_die("out of memory");
    c->spots[c->spot_count++] = spot;
    return true;
}

static void spot_forget(struct compare *c, struct spot *spot)
{
    for (unsigned i = 0; i < 2; i++)
        c->kernels[i]->close_dir(c->kernels[i], spot->handles[i]);
    free(spot->path);
    memmove(spot, spot + 1, (size_t)(c->spots + c->spot_count - spot - 1) * sizeof(*spot));
    c->spot_count--;
}

bool compare_rmdir(struct compare *c, struct spot *spot)
{
    const struct compare_tree *tree = spot->tree;
    struct buffer text[2] = {{0}};
    int r[2];
    bool same;

    r[0] = unlinkat(tree->hierarchy->dir, spot->path, AT_REMOVEDIR) < 0 ? -errno : 0;
    r[1] = model_rmdir(c->model, tree->controller, spot->path);
    same = same_answer(c, model_format("rmdir %s", spot->path), r[0], r[1]);
    if (!same || r[0] < 0)
        return same;
    /* The descriptor of a directory that went. */
    for (unsigned i = 0; i < 2; i++) {
        r[i] = c->kernels[i]->read(c->kernels[i], spot->handles[i], tree->files[0].name, &text[i]);
        buffer_release(&text[i]);
    }
    same = same_answer(c, model_format("read in removed %s", spot->path), r[0], r[1]) &&
           compare_write(c, spot, tree->files[0].name, "1");
    spot_forget(c, spot);
    return same;
}

bool compare_affinity(struct compare *c, pid_t tid, const char *cpus)
{
    cleanup_set struct cg_set *set = NULL;
    int r[2];

    if (cg_set_parse(cpus, &set, NULL) < 0)
        return differ(c, model_format("\"%s\" is no set", cpus));
    for (unsigned i = 0; i < 2; i++)
        r[i] = c->kernels[i]->set_affinity(c->kernels[i], tid, set);
    return same_answer(c, model_format("affinity of %d <- %s", (int)tid, cpus), r[0], r[1]);
}

/* ---- comparing what stands there ------------------------------------------------------------ */

static int by_text(const void *a, const void *b)
{
    return strcmp(*(char *const *)a, *(char *const *)b);
}

static void sort_lines(struct buffer *text)
{
    cleanup_free char *copy = model_format("%s", text->data ? text->data : "");
    char *lines[256], *at = copy;
    size_t count = 0;

    while (at && count < ARRAY_SIZE(lines))
        lines[count++] = strsep(&at, "\n");
    qsort(lines, count, sizeof(lines[0]), by_text);
    text->length = 0;
    for (size_t i = 0; i < count; i++)
        model_put(text, "%s\n", lines[i]);
}

static bool compare_file(struct compare *c, const struct spot *spot,
                         const struct compare_file *file)
{
    cleanup_buffer struct buffer real = {0}, model = {0};
    struct buffer *text[2] = {&real, &model};
    int r[2];

    for (unsigned i = 0; i < 2; i++) {
        r[i] = c->kernels[i]->read(c->kernels[i], spot->handles[i], file->name, text[i]);
        if (r[i] == 0 && file->kind == COMPARE_READ)
            sort_lines(text[i]);
    }
    if (r[0] != r[1])
        return differ(c, model_format("reading %s/%s: the kernel says %s, the model %s", spot->path,
                                      file->name, answer(r[0]), answer(r[1])));
    if (r[0] == 0 && strcmp(real.data, model.data) != 0)
        return differ(c, model_format("%s/%s is\n%sin the kernel and in the model\n%s", spot->path,
                                      file->name, real.data, model.data));
    return true;
}

static char *allowed(struct compare *c, unsigned side, pid_t tid)
{
    static const char label[] = "\nCpus_allowed_list:\t";
    cleanup_buffer struct buffer text = {0};
    cleanup_free char *file = model_format("%d/task/%d/status", (int)c->child, (int)tid);
    const struct kernel *k = c->kernels[side];
    const char *at;

    if (k->read(k, c->procs[side], file, &text) < 0)
        return model_format("none");
    at = strstr(text.data, label);
    at = at ? at + strlen(label) : "";
    return model_format("%.*s", (int)strcspn(at, "\n"), at);
}

bool compare_all(struct compare *c)
{
    for (size_t i = 0; i < c->spot_count; i++)
        for (const struct compare_file *f = c->spots[i].tree->files; f->name; f++)
            if (!compare_file(c, &c->spots[i], f))
                return false;
    for (unsigned i = 0; i < COMPARE_THREADS; i++) {
        cleanup_free char *real = allowed(c, 0, c->threads[i]);
        cleanup_free char *model = allowed(c, 1, c->threads[i]);

        if (strcmp(real, model) != 0)
            return differ(c,
                          model_format("thread %d may run on %s in the kernel, on %s in the model",
                                       (int)c->threads[i], real, model));
    }
    return true;
}

static int switch_cpu(struct compare *c, unsigned cpu, bool on)
{
    cleanup_free char *file = model_format("devices/system/cpu/cpu%u/online", cpu);

    return kernel_real.write(&kernel_real, c->host->sys, file, on ? "1" : "0");
}

static bool switch_cpus(struct compare *c, uint64_t online)
{
    cleanup_buffer struct buffer list = {0};
    bool switched = true;

    for (unsigned cpu = 0; cpu < 64; cpu++)
        if ((c->model->online ^ online) >> cpu & 1)
            switched = switch_cpu(c, cpu, online >> cpu & 1) == 0 && switched;
    model_put_list(&list, online);
    note(c, model_format("online are now %s", list.data));
    model_set_online(c->model, list.data);
    return switched;
}

bool compare_hotplug(struct compare *c, uint64_t online)
{
    bool same = false;

    if (!switch_cpus(c, online))
        return differ(c, model_format("a CPU cannot be switched"));
    for (unsigned i = 0; i < 100 && !same; i++) {
        usleep(20000);
        same = compare_all(c);
    }
    return same;
}

/* ---- a round -------------------------------------------------------------------------------- */

int compare_start(struct compare *c, struct compare_tree *trees, size_t count, uint64_t seed)
{
    cleanup_free char *cpus = NULL, *mems = NULL;

    c->random = seed * UINT64_C(0x9E3779B97F4A7C15) | 1;
    c->trees = trees;
    c->tree_count = count;
    if (cg_set_format(c->host->cpus_online, &cpus) < 0 ||
        cg_set_format(c->host->nodes_online, &mems) < 0)
        return -ENOMEM;
    for (size_t i = 0; i < count; i++) {
        trees[i].hierarchy = mounts_find(c->host->mounts, trees[i].controller);
        if (!compare_mkdir(c, &trees[i], c->base, false))
            return -EIO;
        if (trees[i].hierarchy->version == 1 && strcmp(trees[i].controller, "cpuset") == 0 &&
            (!compare_write(c, &c->spots[i], "cpuset.cpus", cpus) ||
             !compare_write(c, &c->spots[i], "cpuset.mems", mems)))
            return -EIO;
    }
    return 0;
}

void compare_end(struct compare *c)
{
    if (c->model->online != c->model->possible)
        switch_cpus(c, c->model->possible);
    compare_child_end(c);
    while (c->spot_count > 0) { /* made after their parents */
        struct spot *spot = &c->spots[c->spot_count - 1];

        /* The kernel lets go of a child's group a moment after it was reaped. */
        for (unsigned i = 0; i < 1000; i++) {
            if (unlinkat(spot->tree->hierarchy->dir, spot->path, AT_REMOVEDIR) == 0 ||
                errno != EBUSY)
                break;
            usleep(1000);
        }
        model_rmdir(c->model, spot->tree->controller, spot->path);
        spot_forget(c, spot);
    }
    free(c->spots);
    c->spots = NULL;
}

void compare_close(struct compare *c)
{
    if (c->model) {
        for (unsigned i = 0; i < 2; i++)
            c->kernels[i]->close_dir(c->kernels[i], c->procs[i]);
        model_free(c->model);
    }
    host_free(c->host);
    free(c->base);
    free(c->log);
    free(c->difference);
    free(c->dump);
}
