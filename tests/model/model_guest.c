/* Guests as libvirt lays them out, and trees from a text. */
#include "model/model_internal.h"

#include <string.h>

static bool is_v2(const struct model *model)
{
    return model->version == 2;
}

/* The guest's own node. */
static char *own_path(const struct model *model, const struct model_guest *guest)
{
    if (is_v2(model))
        return model_format("%s/machine-qemu\\x2d%d\\x2d%s.scope",
                            guest->partition ? guest->partition : "machine.slice", guest->id,
                            guest->name);
    return model_format("%s/qemu-%d-%s.libvirt-qemu",
                        guest->partition ? guest->partition : "machine", guest->id, guest->name);
}

char *model_guest_path(const struct model *model, const struct model_guest *guest,
                       const char *below)
{
    cleanup_free char *own = own_path(model, guest);

    if (!*below)
        return steal_pointer(&own);
    if (is_v2(model) && strcmp(below, "libvirt") != 0)
        return model_format("%s/libvirt/%s", own, below);
    return model_format("%s/%s", own, below);
}

static char *pid_file(const struct model_guest *guest)
{
    return model_format("/run/libvirt/qemu/%s.pid", guest->name);
}

static void must(int r, const char *what)
{
    if (r < 0)
        model_die("%s: %s", what, strerror(-r));
}

/* libvirt has all that it makes move memory. */
static void make_v1(struct model *model, const char *controllers, const char *path)
{
    model_make(model, controllers, path);
    must(model_write(model, "cpuset", path, "cpuset.memory_migrate", "1"), path);
}

static void make_role(struct model *model, const struct model_guest *guest, const char *role)
{
    cleanup_free char *path = model_guest_path(model, guest, role);

    if (is_v2(model))
        must(model_mkdir(model, "cpuset", path, true), path);
    else
        make_v1(model, "cpu,cpuset", path);
}

static void make_own(struct model *model, const struct model_guest *guest)
{
    cleanup_free char *own = own_path(model, guest), *libvirt = NULL;

    if (!is_v2(model)) {
        make_v1(model, "cpu,cpuset,memory", own);
        model_use_memory(model, own, guest->memory);
        return;
    }
    libvirt = model_guest_path(model, guest, "libvirt");
    model_make(model, "cpuset", libvirt);
    model_find(model_hierarchy(model, "cpuset"), libvirt)->subtree = MODEL_THREADED;
    model_use_memory(model, libvirt, guest->memory);
}

static void place(struct model *model, const struct model_guest *guest, pid_t tid, const char *role)
{
    cleanup_free char *path = model_guest_path(model, guest, role);

    if (!is_v2(model))
        must(model_place(model, tid, "cpu", path), path);
    must(model_place(model, tid, "cpuset", path), path);
}

static void place_process(struct model *model, const struct model_guest *guest)
{
    cleanup_free char *path = model_guest_path(model, guest, "emulator");
    cleanup_free char *own = own_path(model, guest);
    cleanup_free char *number = model_format("%d", (int)guest->pid);

    if (!is_v2(model)) {
        must(model_write(model, "cpu", path, "cgroup.procs", number), path);
        must(model_write(model, "memory", own, "cgroup.procs", number), own);
    }
    must(model_write(model, "cpuset", path, "cgroup.procs", number), path);
}

static void add_role(struct model *model, const struct model_guest *guest, pid_t tid,
                     const char *word, unsigned index, const char *comm)
{
    cleanup_free char *role = model_format("%s%u", word, index);

    make_role(model, guest, role);
    model_add_thread(model, guest->pid, tid, comm);
    place(model, guest, tid, role);
}

void model_add_guest(struct model *model, const struct model_guest *guest)
{
    cleanup_free char *file = pid_file(guest), *number = model_format("%d\n", (int)guest->pid);

    make_own(model, guest);
    make_role(model, guest, "emulator");
    model_add_process(model, guest->pid, "qemu-system-x86");
    place_process(model, guest);
    for (unsigned i = 0; i < guest->vcpus; i++) {
        cleanup_free char *comm = model_format("CPU %u/TCG", i);

        add_role(model, guest, guest->pid + 1 + (pid_t)i, "vcpu", i, comm);
    }
    for (unsigned i = 1; i <= guest->iothreads; i++) {
        cleanup_free char *comm = model_format("IO iothread%u", i);

        add_role(model, guest, guest->pid + 100 + (pid_t)i, "iothread", i, comm);
    }
    model_set_file(model, file, number);
}

static void remove_below(struct model *model, const char *controller, struct model_node *node)
{
    cleanup_free char *path = model_node_path(node);

    while (node->child)
        remove_below(model, controller, node->child);
    must(model_rmdir(model, controller, path + 1), path);
}

void model_remove_guest(struct model *model, const struct model_guest *guest)
{
    static const char *const controllers[] = {"cpu", "cpuset", "memory"};
    cleanup_free char *own = own_path(model, guest), *file = pid_file(guest);

    model_end_process(model, guest->pid);
    for (unsigned i = 0; i < ARRAY_SIZE(controllers); i++) {
        struct model_node *node = model_find(model_hierarchy(model, controllers[i]), own);

        if (node)
            remove_below(model, controllers[i], node);
    }
    model_set_file(model, file, NULL);
}

/* ---- a text --------------------------------------------------------------------------------- */

#define WORDS_MAX 6

static const char *without_slash(const char *path)
{
    return path + strspn(path, "/");
}

static bool describe_guest(struct model *model, char **w)
{
    struct model_guest guest = {.name = w[1],
                                .id = atoi(w[2]),
                                .pid = atoi(w[3]),
                                .vcpus = (unsigned)atoi(w[4]),
                                .iothreads = (unsigned)atoi(w[5]),
                                .memory = 64u << 20};

    model_add_guest(model, &guest);
    return true;
}

static bool describe_node(struct model *model, char **w)
{
    model_make(model, w[1], without_slash(w[2]));
    return true;
}

static bool describe_set(struct model *model, char **w)
{
    return model_write(model, w[1], without_slash(w[2]), w[3], w[4]) == 0;
}

static bool describe_process(struct model *model, char **w)
{
    model_add_process(model, atoi(w[1]), w[2]);
    return true;
}

static bool describe_thread(struct model *model, char **w)
{
    model_add_thread(model, atoi(w[1]), atoi(w[2]), "thread");
    return true;
}

static bool describe_place(struct model *model, char **w)
{
    return model_place(model, atoi(w[1]), w[2], without_slash(w[3])) == 0;
}

static bool describe_affinity(struct model *model, char **w)
{
    return model_set_affinity(model, atoi(w[1]), w[2]) == 0;
}

static bool describe_file(struct model *model, char **w)
{
    cleanup_free char *text = model_format("%s\n", w[2]);

    model_set_file(model, w[1], text);
    return true;
}

static const struct verb {
    const char *name;
    unsigned words; /* with the verb; the last one is the rest of the line */
    bool (*run)(struct model *model, char **words);
} verbs[] = {
    {"guest", 6, describe_guest},       {"node", 3, describe_node},
    {"set", 5, describe_set},           {"process", 3, describe_process},
    {"thread", 3, describe_thread},     {"place", 4, describe_place},
    {"affinity", 3, describe_affinity}, {"file", 3, describe_file},
};

static bool describe_line(struct model *model, char *line)
{
    char *words[WORDS_MAX + 1] = {0};

    line += strspn(line, " \t");
    if (!*line || *line == '#')
        return true;
    for (unsigned i = 0; i < ARRAY_SIZE(verbs); i++) {
        const struct verb *verb = &verbs[i];
        size_t length = strlen(verb->name);
        unsigned count = 0;

        if (strncmp(line, verb->name, length) != 0 || line[length] != ' ')
            continue;
        while (line && count < verb->words) {
            words[count] = line;
            if (++count < verb->words) {
                line += strcspn(line, " ");
                line = *line ? line + strspn(line, " ") : NULL;
            }
        }
        if (count < verb->words)
            return false;
        for (unsigned word = 0; word + 1 < count; word++)
            words[word][strcspn(words[word], " ")] = '\0';
        return verb->run(model, words);
    }
    return false;
}

unsigned model_describe(struct model *model, const char *text)
{
    cleanup_free char *copy = model_format("%s", text);
    char *at = copy, *line;

    for (unsigned number = 1; (line = strsep(&at, "\n")); number++)
        if (!describe_line(model, line))
            return number;
    return 0;
}
