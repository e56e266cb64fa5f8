/* Finding a guest's nodes. The process tells the truth (/proc/PID/cgroup); the pid comes from
 * libvirt's pid file; the id in the path must agree with libvirt's, else the file is an old one. */
#include "reconcile/binding.h"

#include "base/escape.h"
#include "base/proc_stat.h"
#include "cgroup/guest_path.h"
#include "guest/pid_file.h"
#include "policy/policy_attr.h"

#include <ctype.h>
#include <string.h>

int binding_pid(const struct host *host, const struct facts *facts, pid_t *ret)
{
    cleanup_buffer struct buffer text = {0};
    cleanup_free char *name = pid_file_of(facts->name), *file = NULL;
    char *end;
    long pid;
    int r;

    if (host->libvirt_run < 0)
        return -ENOENT;
    if (!name || asprintf(&file, "%s/%s", facts->driver, name) < 0) {
        file = NULL;
        return -ENOMEM;
    }
    r = host->kernel->read(host->kernel, host->libvirt_run, file, &text);
    if (r < 0)
        return error_is_want(r) ? r : -ENOENT;
    pid = strtol(text.data, &end, 10);
    if (end == text.data || pid <= 0)
        return -ENOENT;
    *ret = (pid_t)pid;
    return 0;
}

static int read_start_time(const struct host *host, pid_t pid, struct buffer *scratch,
                           uint64_t *ret)
{
    char file[32];
    int r;

    snprintf(file, sizeof(file), "%d/stat", (int)pid);
    r = host->kernel->read(host->kernel, host->proc, file, scratch);
    return r < 0 ? r : proc_stat_start_time(scratch->data, ret);
}

/* Opens the directory `path`, which must exist, and takes it in; the pass that follows needs it
 * open anyway. `path` is the binding's then, and *path NULL. */
static int binding_add(struct binding *binding, const struct cg_hierarchy *hierarchy, char **path,
                       bool delegated)
{
    struct place *places =
        reallocarray(binding->places, binding->count + 1, sizeof(*binding->places));
    struct place place = {.hierarchy = hierarchy, .path = *path, .delegated = delegated};

    if (!places)
        return -ENOMEM;
    binding->places = places;
    place.dir = binding->kernel->open_dir(binding->kernel, hierarchy->dir, *path, &place.id);
    if (place.dir < 0)
        return place.dir;
    places[binding->count++] = place;
    *path = NULL;
    return 0;
}

static const struct cg_hierarchy *hierarchy_of_line(const struct cg_mounts *mounts,
                                                    const struct cgroup_line *line)
{
    for (size_t i = 0; i < mounts->count; i++) {
        const struct cg_hierarchy *h = &mounts->hierarchies[i];

        if (line->version == 2
                ? h->version == 2
                : h->version == 1 && strlen(h->controllers) == line->controllers_length &&
                      !memcmp(h->controllers, line->controllers, line->controllers_length))
            return h;
    }
    return NULL;
}

/* Does the directory bear another guest's id? Then the pid was an old one, used again. */
static bool other_guest(const char *path, const struct facts *facts)
{
    struct guest_directory directory;
    const char *slash = strrchr(path, '/');
    bool other;

    if (guest_directory_parse(slash ? slash + 1 : path, &directory) < 0)
        return false;
    other = (directory.id >= 0 && facts->id >= 0 && directory.id != facts->id) ||
            (directory.uuid && strcasecmp(directory.uuid, facts->uuid) != 0);
    guest_directory_release(&directory);
    return other;
}

/* Does libvirt keep the guest's nodes in libvirt/ below its own? It does so in systemd's units. */
static int note_delegated(const struct binding *binding, struct place *place)
{
    const struct kernel *k = binding->kernel;
    int dir = k->open_dir(k, place->dir, "libvirt", NULL);

    place->delegated = dir >= 0;
    if (dir >= 0)
        k->close_dir(k, dir);
    return error_is_want(dir) ? dir : 0;
}

/* A guest is bound where policies can ask for something, not wherever control groups are. */
static bool is_bound(const struct host *host, const struct cg_hierarchy *hierarchy)
{
    for (const char *const *controller = policy_controllers; *controller; controller++)
        if (mounts_find(host->mounts, *controller) == hierarchy)
            return true;
    return false;
}

static int bind_line(const struct host *host, const struct facts *facts,
                     const struct cgroup_line *line, struct binding *binding)
{
    const struct cg_hierarchy *hierarchy = hierarchy_of_line(host->mounts, line);
    cleanup_free char *text = strndup(line->path, line->path_length);
    struct guest_path path;
    int r;

    if (!text)
        return -ENOMEM;
    if (!hierarchy || !is_bound(host, hierarchy))
        return 0;
    r = guest_path_parse(text, &path);
    if (r < 0)
        return r == -ENOENT ? 0 : r;
    r = other_guest(path.vm, facts) ? -ESTALE
                                    : binding_add(binding, hierarchy, &path.vm, path.delegated);
    /* While libvirt starts a guest, its process is in the scope for a moment. */
    if (r == 0 && hierarchy->version == 2 && !path.delegated)
        r = note_delegated(binding, &binding->places[binding->count - 1]);
    guest_path_release(&path);
    return r;
}

static int bind_by_process(const struct host *host, const struct facts *facts,
                           struct buffer *scratch, struct binding *binding)
{
    char file[32];
    int r;

    snprintf(file, sizeof(file), "%d/cgroup", (int)binding->pid);
    r = host->kernel->read(host->kernel, host->proc, file, scratch);
    if (r < 0)
        return error_is_want(r) ? r : -ENOENT;
    struct cgroup_line line;
    for (const char *at = scratch->data; cgroup_line_next(&at, &line);) {
        r = bind_line(host, facts, &line, binding);
        if (r < 0)
            return r;
    }
    return read_start_time(host, binding->pid, scratch, &binding->start_time);
}

/* libvirt's name for the machine, "qemu-2-web1": of the guest's name, what is not a letter, a
 * digit, a dot or a dash is left out, of dots and dashes in a row all but the first, and those at
 * the end; the whole has at most 64 characters. */
static char *machine_name(const struct facts *facts)
{
    bool joined = true;
    char *name = NULL, *to;
    int prefix = asprintf(&name, "%s-%d-%s", facts->driver, facts->id, facts->name);

    if (prefix < 0)
        return NULL;
    to = name + prefix - strlen(facts->name);
    for (const char *s = facts->name; *s && to - name < 64; s++) {
        bool joint = *s == '.' || *s == '-';

        if (joint ? !joined : isalnum((unsigned char)*s) != 0)
            *to++ = *s;
        joined = joint;
    }
    while (to > name && (to[-1] == '.' || to[-1] == '-'))
        to--;
    *to = '\0';
    return name;
}

/* "machine-qemu\x2d2\x2dweb1.scope" of "qemu-2-web1", after systemd.unit(5)'s escaping. */
static char *scope_name(const char *slice, const char *machine)
{
    char *scope = malloc(strlen(slice) + 4 * strlen(machine) + sizeof("-.scope")), *to;

    if (!scope)
        return NULL;
    to = stpcpy(stpcpy(scope, slice), "-");
    for (; *machine; machine++)
        if (*machine == '-')
            to = stpcpy(to, "\\x2d");
        else
            *to++ = *machine;
    strcpy(to, ".scope");
    return scope;
}

/* Where a guest without a known process should be: by its id, in libvirt's default places. */
static int bind_by_id(const struct host *host, const struct facts *facts, struct binding *binding)
{
    cleanup_free char *machine = machine_name(facts), *scope = NULL;
    const char *partition = facts->partition ? facts->partition : "/machine";
    cleanup_free char *plain = NULL, *unit = NULL;

    if (!machine || !(scope = scope_name("machine", machine)) ||
        asprintf(&plain, "%s/%s.libvirt-%s", partition + (*partition == '/'), machine,
                 facts->driver) < 0 ||
        asprintf(&unit, "machine.slice/%s", scope) < 0)
        return -ENOMEM;
    for (size_t i = 0; i < host->mounts->count; i++) {
        const struct cg_hierarchy *h = &host->mounts->hierarchies[i];
        const char *candidates[] = {plain, unit};

        for (size_t k = 0; is_bound(host, h) && k < ARRAY_SIZE(candidates); k++) {
            cleanup_free char *path = strdup(candidates[k]);
            int r = path ? binding_add(binding, h, &path, false) : -ENOMEM;
            bool there = r == 0;

            if (there && candidates[k] == unit)
                r = note_delegated(binding, &binding->places[binding->count - 1]);
            if (error_is_want(r))
                return r;
            if (there)
                break;
        }
    }
    return 0;
}

/* /proc/PID/cgroup has another order than the mounts, and the first place stands for the guest. */
static int by_hierarchy(const void *a, const void *b)
{
    const struct place *x = a, *y = b;

    return (x->hierarchy > y->hierarchy) - (x->hierarchy < y->hierarchy);
}

int binding_make(const struct host *host, const struct facts *facts, struct binding *ret,
                 struct cg_error **err)
{
    cleanup_binding struct binding binding = {.kernel = host->kernel};
    cleanup_buffer struct buffer scratch = {0};
    cleanup_free char *shown = text_escape(facts->name);
    int r;

    if (!shown)
        return error_out_of_memory(err);
    if (!facts->running)
        return error_set(err, ENOENT, "guest %s does not run", shown);
    r = binding_pid(host, facts, &binding.pid);
    if (r == 0)
        r = bind_by_process(host, facts, &scratch, &binding);
    else if (r == -ENOENT && facts->id >= 0)
        r = bind_by_id(host, facts, &binding);
    if (error_is_want(r))
        return error_set(err, -r, "guest %s: %s", shown, strerror(-r));
    if (r == -ESTALE)
        return error_set(err, ESTALE,
                         "guest %s: its process (pid %d) is in another guest's control group: "
                         "libvirt's pid file is an old one, or the guest is just starting",
                         shown, (int)binding.pid);
    if (r < 0 || binding.count == 0)
        return error_set(err, ENOENT, "guest %s: no control group of it was found", shown);
    qsort(binding.places, binding.count, sizeof(*binding.places), by_hierarchy);
    *ret = binding;
    binding = (struct binding){0};
    return 0;
}

bool binding_lives(const struct binding *binding, const struct host *host)
{
    cleanup_buffer struct buffer text = {0};
    uint64_t start_time = 0;
    int r;

    if (binding->pid <= 0)
        return false;
    r = read_start_time(host, binding->pid, &text, &start_time);
    if (r < 0)
        return r != -ENOENT && r != -ESRCH;
    return start_time == binding->start_time && !proc_stat_has_ended(text.data);
}

/* The arguments stand in a row, each with its NUL. */
bool binding_is_for(const struct binding *binding, const struct host *host, const char *uuid)
{
    cleanup_buffer struct buffer text = {0};
    char file[32];
    bool next = false;

    snprintf(file, sizeof(file), "%d/cmdline", (int)binding->pid);
    if (binding->pid <= 0 || host->kernel->read(host->kernel, host->proc, file, &text) < 0)
        return false;
    for (size_t at = 0; at < text.length; at += strlen(text.data + at) + 1) {
        if (next)
            return strcasecmp(text.data + at, uuid) == 0;
        next = strcmp(text.data + at, "-uuid") == 0;
    }
    return false;
}

void binding_close(struct binding *binding)
{
    for (size_t i = 0; i < binding->count; i++) {
        struct place *place = &binding->places[i];

        if (place->dir >= 0)
            binding->kernel->close_dir(binding->kernel, place->dir);
        place->dir = -1;
    }
}

void binding_release(struct binding *binding)
{
    binding_close(binding);
    for (size_t i = 0; i < binding->count; i++)
        free(binding->places[i].path);
    free(binding->places);
    *binding = (struct binding){0};
}

const struct place *binding_place(const struct binding *binding, const struct host *host,
                                  const char *controller)
{
    const struct cg_hierarchy *hierarchy = mounts_find(host->mounts, controller);

    for (size_t i = 0; hierarchy && i < binding->count; i++)
        if (binding->places[i].hierarchy == hierarchy)
            return &binding->places[i];
    return NULL;
}
