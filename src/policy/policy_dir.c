/* Policy folders, as systemd reads drop-ins: one file for each name, from the first folder that has
 * it. What is wrong now keeps what was in force under its name. It watches nothing. */
#include "policy/policy_dir.h"

#include "policy/policy_internal.h"
#include "policy/policy_read.h"

#include "base/array.h"
#include "base/error.h"

#include <string.h>
#include <sys/stat.h>

const char *const *policy_folders(const char *const *given)
{
    static const char *const folders[] = {"/etc/vmpin/policies.d", "/run/vmpin/policies.d",
                                          "/usr/lib/vmpin/policies.d", NULL};

    return given ? given : folders;
}

/* What a name stands for. */
struct entry {
    char *name;
    const char *folder;       /* whose file it is */
    int fd;                   /* the folder, borrowed; -1 with `kept` */
    struct policy_file *kept; /* borrowed from `last`: the folder cannot be asked now */
};

struct loading {
    const struct policy_load *load;
    const struct policy_set *last; /* NULL: none */
    struct policy_set *set;
    struct policy_problems *problems;
    struct entry *entries;
    size_t count, size;
    struct buffer text;
};

static int file_problem(struct loading *loading, const char *path, const char *text)
{
    return policy_problems_add(loading->problems, path, "", 0, 0, "%s", text);
}

static struct policy_file *last_by_name(const struct policy_set *last, const char *name)
{
    for (size_t i = 0; last && i < last->file_count; i++)
        if (strcmp(policy_file_name(last->files[i]), name) == 0)
            return last->files[i];
    return NULL;
}

/* ---- what each name stands for -------------------------------------------------------------- */

static int entry_add(struct loading *loading, const struct entry *entry)
{
    for (size_t i = 0; i < loading->count; i++)
        if (strcmp(loading->entries[i].name, entry->name) == 0)
            return 0;
    if (array_grow(&loading->entries, loading->count, &loading->size) < 0)
        return -ENOMEM;
    loading->entries[loading->count] = *entry;
    loading->entries[loading->count].name = strdup(entry->name);
    if (!loading->entries[loading->count].name)
        return -ENOMEM;
    loading->count++;
    return 0;
}

/* The folder cannot be asked: its files stay as they were. */
static int keep_folder(struct loading *loading, const char *folder)
{
    size_t length = strlen(folder);
    int r = 0;

    for (size_t i = 0; loading->last && r == 0 && i < loading->last->file_count; i++) {
        struct policy_file *file = loading->last->files[i];
        const char *name = policy_file_name(file);

        if ((size_t)(name - file->path) == length + 1 && strncmp(file->path, folder, length) == 0)
            r = entry_add(
                loading,
                &(struct entry){.name = (char *)name, .folder = folder, .fd = -1, .kept = file});
    }
    return r == 0 ? policy_set_add_folder(loading->set, folder) : r;
}

static void note_want(struct loading *loading, int r)
{
    loading->problems->again |= error_is_want(r);
}

static int folder_wrong(struct loading *loading, const char *folder, const char *what)
{
    bool was = loading->last && policy_set_has_folder(loading->last, folder);
    cleanup_free char *text = NULL;
    int r;

    if (asprintf(&text, "%s%s", what, was ? "; what was in force from it stays" : "") < 0) {
        text = NULL;
        return -ENOMEM;
    }
    r = file_problem(loading, folder, text);
    return r == 0 && was ? keep_folder(loading, folder) : r;
}

static int add_names(struct loading *loading, const char *folder, int fd)
{
    struct policy_names names = {0};
    int r = policy_folder_names(fd, &names);

    if (r == -ENOMEM)
        return r;
    note_want(loading, r);
    if (r < 0)
        return folder_wrong(loading, folder, "the folder cannot be read");
    for (size_t i = 0; r == 0 && i < names.count; i++)
        r = entry_add(loading, &(struct entry){.name = names.names[i], .folder = folder, .fd = fd});
    policy_names_release(&names);
    return r == 0 ? policy_set_add_folder(loading->set, folder) : r;
}

/* *ret_fd is -1 where the folder cannot be asked. */
static int add_folder(struct loading *loading, const char *folder, bool required, int *ret_fd)
{
    cleanup_error struct cg_error *err = NULL;
    bool was = loading->last && policy_set_has_folder(loading->last, folder);
    int r = policy_folder_open(folder, loading->load, ret_fd, &err);

    if (r == 0)
        return add_names(loading, folder, *ret_fd);
    if (r == -ENOMEM || !err)
        return -ENOMEM;
    note_want(loading, r);
    if (r != -ENOENT)
        return folder_wrong(loading, folder, cg_error_text(err));
    if (was)
        return folder_wrong(loading, folder, "the folder is gone");
    return required ? folder_wrong(loading, folder, "there is no such folder") : 0;
}

/* ---- files ---------------------------------------------------------------------------------- */

/* The file is wrong: the version that was in force, else nothing, under a name that stays taken. */
static int keep_last(struct loading *loading, const char *path, const char *name)
{
    cleanup_policy_file struct policy_file *nothing = NULL;
    struct policy_file *last = last_by_name(loading->last, name);
    int r = 0;

    if (loading->last)
        r = file_problem(loading, path,
                         last && last->text
                             ? "is wrong, so the last good version of it stays in force"
                             : "is wrong and has no last good version: nothing of it is in force");
    if (r < 0)
        return r;
    if (last)
        return policy_set_add_file(loading->set, last);
    nothing = policy_file_new(path);
    return nothing ? policy_set_add_file(loading->set, nothing) : -ENOMEM;
}

static int add_parsed(struct loading *loading, const char *path, const char *name)
{
    cleanup_policy_file struct policy_file *file = NULL;
    struct policy_file *last = last_by_name(loading->last, name);
    const struct buffer *text = &loading->text;
    int r;

    if (last && last->text && last->length == text->length && strcmp(last->path, path) == 0 &&
        memcmp(last->text, text->data, text->length) == 0)
        return policy_set_add_file(loading->set, last);
    r = policy_file_parse(path, text->data, text->length, &file, loading->problems);
    if (r == -EINVAL)
        return keep_last(loading, path, name);
    return r < 0 ? r : policy_set_add_file(loading->set, file);
}

static int add_masked(struct loading *loading, const char *path)
{
    cleanup_policy_file struct policy_file *masked = policy_file_new(path);

    return masked ? policy_set_add_file(loading->set, masked) : -ENOMEM;
}

static int add_entry(struct loading *loading, const struct entry *entry)
{
    cleanup_error struct cg_error *err = NULL;
    cleanup_free char *path = NULL;
    int r;

    if (entry->kept)
        return policy_set_add_file(loading->set, entry->kept);
    if (asprintf(&path, "%s/%s", entry->folder, entry->name) < 0) {
        path = NULL;
        return -ENOMEM;
    }
    r = policy_file_read(entry->fd, entry->name, loading->load, &loading->text, &err);
    if (r == 0)
        return add_parsed(loading, path, entry->name);
    if (r == 1)
        return add_masked(loading, path);
    if (r == -ENOENT && !err)
        return 0;
    if (r == -ENOMEM || !err)
        return -ENOMEM;
    note_want(loading, r);
    r = file_problem(loading, path, cg_error_text(err));
    return r < 0 ? r : keep_last(loading, path, entry->name);
}

/* --------------------------------------------------------------------------------------------- */

static int entry_compare(const void *a, const void *b)
{
    return strcmp(((const struct entry *)a)->name, ((const struct entry *)b)->name);
}

static int load_folders(struct loading *loading, bool required, int fds[])
{
    const char *const *folders = loading->load->folders;
    int r = 0;

    for (size_t i = 0; r == 0 && folders[i]; i++)
        r = add_folder(loading, folders[i], required, &fds[i]);
    if (r == 0 && loading->count > 0)
        qsort(loading->entries, loading->count, sizeof(loading->entries[0]), entry_compare);
    for (size_t i = 0; r == 0 && i < loading->count; i++)
        r = add_entry(loading, &loading->entries[i]);
    return r;
}

static void loading_release(struct loading *loading)
{
    for (size_t i = 0; i < loading->count; i++)
        free(loading->entries[i].name);
    free(loading->entries);
    buffer_release(&loading->text);
}

int policy_dir_load(const struct policy_load *load, bool required, struct policy_set *last,
                    struct policy_set **ret, struct policy_problems *problems)
{
    cleanup_policy_set struct policy_set *set = policy_set_new();
    struct loading loading = {.load = load, .last = last, .set = set, .problems = problems};
    cleanup_free int *fds = NULL;
    size_t count = 0;
    int r;

    while (load->folders[count])
        count++;
    fds = malloc((count + 1) * sizeof(*fds));
    if (!set || !fds)
        return -ENOMEM;
    for (size_t i = 0; i < count; i++)
        fds[i] = -1;
    r = load_folders(&loading, required, fds);
    for (size_t i = 0; i < count; i++)
        closep(&fds[i]);
    loading_release(&loading);
    if (r < 0)
        return r;
    *ret = steal_pointer(&set);
    return 0;
}

/* ---- check ---------------------------------------------------------------------------------- */

static int check_folder(const char *path, const struct policy_load *load, struct policy_set **ret,
                        struct policy_problems *problems)
{
    const char *const folders[] = {path, NULL};
    struct policy_load one = *load;

    one.folders = folders;
    return policy_dir_load(&one, true, NULL, ret, problems);
}

static int check_file(const char *path, const struct policy_load *load, struct policy_set **ret,
                      struct policy_problems *problems)
{
    cleanup_policy_set struct policy_set *set = policy_set_new();
    struct loading loading = {.load = load, .set = set, .problems = problems};
    const char *slash = strrchr(path, '/'), *name = slash ? slash + 1 : path;
    cleanup_free char *folder =
        slash ? strndup(path, slash == path ? 1 : (size_t)(slash - path)) : strdup(".");
    cleanup_error struct cg_error *err = NULL;
    cleanup_close int fd = -1;
    int r;

    if (!set || !folder)
        return -ENOMEM;
    r = policy_folder_open(folder, load, &fd, &err);
    if (r == 0)
        r = policy_file_read(fd, name, load, &loading.text, &err);
    if (r == 0) {
        r = add_parsed(&loading, path, name);
    } else if (r != -ENOMEM) {
        if (r < 0)
            r = file_problem(&loading, path, err ? cg_error_text(err) : "does not exist");
        r = r < 0 ? r : add_masked(&loading, path);
    }
    loading_release(&loading);
    if (r < 0)
        return r;
    *ret = steal_pointer(&set);
    return 0;
}

int policy_check_path(const char *path, bool trust_checked, struct policy_set **set,
                      struct policy_problems *problems, size_t *ret_files)
{
    const struct policy_load load = {.trust_checked = trust_checked, .owner = geteuid()};
    cleanup_policy_set struct policy_set *found = NULL, *joined = policy_set_new();
    struct stat st;
    int r;

    if (!joined)
        return -ENOMEM;
    r = stat(path, &st) == 0 && S_ISDIR(st.st_mode) ? check_folder(path, &load, &found, problems)
                                                    : check_file(path, &load, &found, problems);
    for (size_t i = 0; r == 0 && *set && i < (*set)->file_count; i++)
        r = policy_set_add_file(joined, (*set)->files[i]);
    for (size_t i = 0; r == 0 && i < found->file_count; i++)
        r = policy_set_add_file(joined, found->files[i]);
    if (r < 0)
        return r;
    *ret_files = found->file_count;
    policy_set_free(*set);
    *set = steal_pointer(&joined);
    return 0;
}
