/* Finds the hierarchies in mountinfo. It believes the mount table alone: links such as
 * /sys/fs/cgroup/cpu -> cpu,cpuacct and /proc/cgroups are not asked. */
#include "cgroup/mounts.h"

#include "cgroup/text.h"

#include <string.h>

/* proc(5): "36 35 98:0 / /mnt rw,noatime master:1 - ext3 /dev/root rw". */
struct mount_line {
    const char *root, *mountpoint, *type, *options;
};

static char *next_field(char **at)
{
    return *at ? strsep(at, " ") : NULL;
}

static int line_split(char *line, struct mount_line *ret)
{
    char *at = line, *field, *id = next_field(&at), *parent = next_field(&at),
         *device = next_field(&at);
    struct mount_line split;

    if (!id || !text_is_digit(*id) || !parent || !device || !strchr(device, ':'))
        return -EINVAL;
    split.root = next_field(&at);
    split.mountpoint = next_field(&at);
    if (!next_field(&at))
        return -EINVAL;
    do
        field = next_field(&at);
    while (field && strcmp(field, "-") != 0);
    split.type = next_field(&at);
    if (!next_field(&at))
        return -EINVAL;
    split.options = next_field(&at);
    if (!split.options || *split.mountpoint != '/')
        return -EINVAL;
    *ret = split;
    return 0;
}

/* seq_file's mangle_path(): space, tab, newline and backslash stand as \NNN, octal. */
static char *path_decode(const char *text)
{
    char *path = strdup(text), *to = path;

    for (const char *from = text; path && *from; to++) {
        if (from[0] == '\\' && from[1] >= '0' && from[1] <= '3' && from[2] >= '0' &&
            from[2] <= '7' && from[3] >= '0' && from[3] <= '7') {
            *to = (char)((from[1] - '0') << 6 | (from[2] - '0') << 3 | (from[3] - '0'));
            from += 4;
        } else {
            *to = *from++;
        }
    }
    if (path)
        *to = '\0';
    return path;
}

/* cgroup_v1's options that are no controllers: cgroup1_show_options() in the kernel. */
static bool is_mount_flag(const char *option)
{
    static const char *const flags[] = {
        "rw",           "ro",      "xattr", "noprefix", "none", "clone_children", "cpuset_v2_mode",
        "favordynmods", "seclabel"};

    for (size_t i = 0; i < ARRAY_SIZE(flags); i++)
        if (strcmp(option, flags[i]) == 0)
            return true;
    return strncmp(option, "release_agent=", strlen("release_agent=")) == 0 ||
           strncmp(option, "context=", strlen("context=")) == 0;
}

static char *controllers_of(const char *options)
{
    cleanup_free char *copy = strdup(options);
    cleanup_buffer struct buffer list = {0};
    char *at = copy, *option;
    int r = copy ? buffer_append(&list, "", 0) : -ENOMEM;

    while (r == 0 && (option = strsep(&at, ","))) {
        if (!*option || is_mount_flag(option))
            continue;
        r = list.length ? buffer_append(&list, ",", 1) : 0;
        if (r == 0)
            r = buffer_append(&list, option, strlen(option));
    }
    return r < 0 ? NULL : steal_pointer(&list.data);
}

static void hierarchy_release(struct cg_hierarchy *hierarchy)
{
    free(hierarchy->mountpoint);
    free(hierarchy->controllers);
}

static bool is_known(const struct cg_mounts *mounts, const struct cg_hierarchy *hierarchy)
{
    for (size_t i = 0; i < mounts->count; i++)
        if (mounts->hierarchies[i].version == hierarchy->version &&
            strcmp(mounts->hierarchies[i].controllers, hierarchy->controllers) == 0)
            return true;
    return false;
}

static int mounts_add(struct cg_mounts *mounts, const struct mount_line *line)
{
    struct cg_hierarchy hierarchy = {.version = strcmp(line->type, "cgroup2") == 0 ? 2 : 1,
                                     .dir = -1};
    struct cg_hierarchy *grown;

    hierarchy.mountpoint = path_decode(line->mountpoint);
    hierarchy.controllers = hierarchy.version == 2 ? strdup("") : controllers_of(line->options);
    if (!hierarchy.mountpoint || !hierarchy.controllers) {
        hierarchy_release(&hierarchy);
        return -ENOMEM;
    }
    if (is_known(mounts, &hierarchy)) {
        hierarchy_release(&hierarchy);
        return 0;
    }
    grown = reallocarray(mounts->hierarchies, mounts->count + 1, sizeof(*grown));
    if (!grown) {
        hierarchy_release(&hierarchy);
        return -ENOMEM;
    }
    hierarchy.index = (unsigned)mounts->count;
    grown[mounts->count++] = hierarchy;
    mounts->hierarchies = grown;
    return 0;
}

static bool is_whole_hierarchy(const struct mount_line *line)
{
    return (strcmp(line->type, "cgroup") == 0 || strcmp(line->type, "cgroup2") == 0) &&
           strcmp(line->root, "/") == 0;
}

int mounts_parse(const char *mountinfo, struct cg_mounts **ret, struct cg_error **err)
{
    cleanup_mounts struct cg_mounts *mounts = calloc(1, sizeof(*mounts));
    cleanup_free char *copy = strdup(mountinfo);
    char *at = copy, *text;

    if (!mounts || !copy)
        return error_out_of_memory(err);
    for (unsigned number = 1; (text = strsep(&at, "\n")); number++) {
        struct mount_line line;

        if (!*text)
            continue;
        if (line_split(text, &line) < 0)
            return error_set(err, EINVAL, "mountinfo, line %u: not as proc(5) has it", number);
        if (is_whole_hierarchy(&line) && mounts_add(mounts, &line) < 0)
            return error_out_of_memory(err);
    }
    *ret = steal_pointer(&mounts);
    return 0;
}

/* "cpuset cpu io\n" becomes "cpuset,cpu,io". */
static int read_controllers(struct cg_mounts *mounts, struct cg_hierarchy *hierarchy,
                            struct cg_error **err)
{
    cleanup_buffer struct buffer text = {0};
    const struct kernel *k = mounts->kernel;
    int r = k->read(k, hierarchy->dir, "cgroup.controllers", &text);

    if (r < 0)
        return error_set(err, -r, "%s/cgroup.controllers: %s", hierarchy->mountpoint, strerror(-r));
    while (text.length > 0 && text_is_space(text.data[text.length - 1]))
        text.data[--text.length] = '\0';
    for (size_t i = 0; i < text.length; i++)
        if (text_is_space(text.data[i]))
            text.data[i] = ',';
    free(hierarchy->controllers);
    hierarchy->controllers = steal_pointer(&text.data);
    return 0;
}

static int hierarchy_open(struct cg_mounts *mounts, int root, struct cg_hierarchy *hierarchy,
                          struct cg_error **err)
{
    const struct kernel *k = mounts->kernel;
    int dir = k->open_dir(k, root, hierarchy->mountpoint, NULL);

    if (dir < 0)
        return error_set(err, -dir, "%s: %s, though mountinfo says that control groups are there",
                         hierarchy->mountpoint, strerror(-dir));
    hierarchy->dir = dir;
    return hierarchy->version == 2 ? read_controllers(mounts, hierarchy, err) : 0;
}

int mounts_open(const struct kernel *kernel, int root, struct cg_mounts **ret,
                struct cg_error **err)
{
    static const char file[] = "proc/self/mountinfo";
    cleanup_mounts struct cg_mounts *mounts = NULL;
    cleanup_buffer struct buffer text = {0};
    int r = kernel->read(kernel, root, file, &text);

    if (r < 0)
        return error_set(err, -r, "/%s: %s", file, strerror(-r));
    r = mounts_parse(text.data, &mounts, err);
    if (r < 0)
        return r;
    if (mounts->count == 0)
        return error_set(err, ENODEV,
                         "no control group hierarchy is mounted (see /%s); mount one, "
                         "for instance: mount -t cgroup2 none /sys/fs/cgroup",
                         file);
    mounts->kernel = kernel;
    for (size_t i = 0; i < mounts->count; i++) {
        r = hierarchy_open(mounts, root, &mounts->hierarchies[i], err);
        if (r < 0)
            return r;
    }
    *ret = steal_pointer(&mounts);
    return 0;
}

bool hierarchy_has(const struct cg_hierarchy *hierarchy, const char *controller)
{
    size_t length = strcspn(controller, ",");

    if (length == 0 || controller[length])
        return false; /* no controller's name */
    for (const char *at = hierarchy->controllers; at; at = strchr(at, ',')) {
        at += *at == ',';
        if (strncmp(at, controller, length) == 0 && (at[length] == ',' || at[length] == '\0'))
            return true;
    }
    return false;
}

const struct cg_hierarchy *mounts_find(const struct cg_mounts *mounts, const char *controller)
{
    for (size_t i = 0; i < mounts->count; i++)
        if (hierarchy_has(&mounts->hierarchies[i], controller))
            return &mounts->hierarchies[i];
    return NULL;
}

struct cg_mounts *mounts_free(struct cg_mounts *mounts)
{
    if (!mounts)
        return NULL;
    for (size_t i = 0; i < mounts->count; i++) {
        struct cg_hierarchy *hierarchy = &mounts->hierarchies[i];

        if (hierarchy->dir >= 0)
            mounts->kernel->close_dir(mounts->kernel, hierarchy->dir);
        hierarchy_release(hierarchy);
    }
    free(mounts->hierarchies);
    free(mounts);
    return NULL;
}
