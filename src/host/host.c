#include "host/host.h"

#include "base/error.h"
#include "cgroup/set.h"

#include <string.h>

static const char cpu_present[] = "devices/system/cpu/present";
static const char cpu_online[] = "devices/system/cpu/online";
static const char node_online[] = "devices/system/node/online";

static int read_set(const struct host *host, const char *file, struct cg_set **ret,
                    struct cg_error **err)
{
    cleanup_buffer struct buffer text = {0};
    const struct kernel *k = host->kernel;
    int r = k->read(k, host->sys, file, &text);

    if (r < 0)
        return error_set(err, -r, "/sys/%s: %s", file, strerror(-r));
    r = cg_set_parse(text.data, ret, err);
    return r < 0 ? error_prefix(err, r, "/sys/%s", file) : 0;
}

/* A kernel without NUMA has no such file, and one node. */
static int read_nodes(const struct host *host, struct cg_set **ret, struct cg_error **err)
{
    cleanup_error struct cg_error *error = NULL;
    int r = read_set(host, node_online, ret, &error);

    if (r == -ENOENT)
        return cg_set_parse("0", ret, err);
    if (r < 0 && err) {
        cg_error_free(*err);
        *err = steal_pointer(&error);
    }
    return r;
}

static void replace_set(struct cg_set **at, struct cg_set **by)
{
    cg_set_unref(*at);
    *at = steal_pointer(by);
}

int host_refresh(struct host *host, struct cg_error **err)
{
    cleanup_set struct cg_set *present = NULL, *online = NULL, *nodes = NULL;
    struct topology topology;
    int r = read_set(host, cpu_present, &present, err);

    if (r == 0)
        r = read_set(host, cpu_online, &online, err);
    if (r == 0)
        r = read_nodes(host, &nodes, err);
    if (r == 0)
        r = topology_read(host->kernel, host->sys, nodes, &host->topology, &topology, err);
    if (r < 0)
        return r;
    replace_set(&host->cpus_present, &present);
    replace_set(&host->cpus_online, &online);
    replace_set(&host->nodes_online, &nodes);
    topology_release(&host->topology);
    host->topology = topology;
    return 0;
}

bool host_is_current(const struct host *host)
{
    cleanup_set struct cg_set *online = NULL;

    return read_set(host, cpu_online, &online, NULL) == 0 &&
           cg_set_equal(online, host->cpus_online);
}

static int open_folder(const struct host *host, const char *root, const char *name, int *ret,
                       struct cg_error **err)
{
    int dir = host->kernel->open_dir(host->kernel, host->root, name, NULL);

    if (dir < 0)
        return error_set(err, -dir, "%s/%s: %s", root, name, strerror(-dir));
    *ret = dir;
    return 0;
}

static bool has_folder(const struct host *host, const char *path)
{
    int dir = host->kernel->open_dir(host->kernel, host->root, path, NULL);

    if (dir >= 0)
        host->kernel->close_dir(host->kernel, dir);
    return dir >= 0;
}

static int open_folders(struct host *host, const char *root, struct cg_error **err)
{
    int r;

    host->root = host->kernel->open_dir(host->kernel, KERNEL_TOP, root, NULL);
    if (host->root < 0)
        return error_set(err, -host->root, "%s: %s", root, strerror(-host->root));
    if (strcmp(root, "/") == 0)
        root = "";
    r = open_folder(host, root, "proc", &host->proc, err);
    if (r == 0)
        r = open_folder(host, root, "sys", &host->sys, err);
    if (r < 0)
        return r;
    host_find_libvirt(host);
    host->systemd = has_folder(host, "run/systemd/system");
    return 0;
}

/* libvirt makes it when it first runs; who may not look into it does without. */
void host_find_libvirt(struct host *host)
{
    if (host->libvirt_run < 0)
        host->libvirt_run = host->kernel->open_dir(host->kernel, host->root, "run/libvirt", NULL);
    if (host->libvirt_run < 0)
        host->libvirt_run = -1;
}

int host_open(const struct kernel *kernel, const char *root, struct host **ret,
              struct cg_error **err)
{
    cleanup_host struct host *host = calloc(1, sizeof(*host));
    int r;

    if (!host)
        return error_out_of_memory(err);
    host->kernel = kernel;
    host->root = host->proc = host->sys = host->libvirt_run = -1;
    r = open_folders(host, root ? root : "/", err);
    if (r == 0)
        r = mounts_open(kernel, host->root, &host->mounts, err);
    if (r == 0)
        r = host_refresh(host, err);
    if (r == 0)
        *ret = steal_pointer(&host);
    return r;
}

static void close_folder(const struct host *host, int dir)
{
    if (dir >= 0)
        host->kernel->close_dir(host->kernel, dir);
}

struct host *host_free(struct host *host)
{
    if (!host)
        return NULL;
    host->mounts = mounts_free(host->mounts);
    close_folder(host, host->libvirt_run);
    close_folder(host, host->sys);
    close_folder(host, host->proc);
    close_folder(host, host->root);
    cg_set_unref(host->cpus_present);
    cg_set_unref(host->cpus_online);
    cg_set_unref(host->nodes_online);
    topology_release(&host->topology);
    free(host);
    return NULL;
}

int host_node_free(const struct host *host, unsigned node, uint64_t *ret)
{
    static const char label[] = "MemFree:";
    cleanup_buffer struct buffer text = {0};
    const struct kernel *k = host->kernel;
    char file[64];
    const char *at;
    unsigned long long kibibytes;
    int r;

    snprintf(file, sizeof(file), "devices/system/node/node%u/meminfo", node);
    r = k->read(k, host->sys, file, &text);
    if (r < 0)
        return r;
    at = strstr(text.data, label);
    if (!at || sscanf(at + strlen(label), "%llu kB", &kibibytes) != 1 ||
        __builtin_mul_overflow(kibibytes, 1024, ret))
        return -EINVAL;
    return 0;
}
