/* What is in force as one JSON text, and back: the last good version of each file outlives the
 * process that read it. Texts are parsed anew on the way back, so the format does not change with
 * the meaning of policies.
 *
 *   {"format": 1, "folders": ["/etc/vmpin/policies.d"],
 *    "files": [{"path": "...", "text": "..." or null}],
 *    "problems": [{"file": "...", "pointer": "..." or null, "line": 0, "column": 0, "text":
 * "..."}]} */
#include "policy/policy_dir.h"

#include "policy/policy_internal.h"

#include "base/error.h"
#include "base/escape.h"
#include "guest/json_memory.h"

#include <jansson.h>
#include <string.h>

#define STATE_FORMAT 1

/* ---- save ----------------------------------------------------------------------------------- */

/* 1 and *ret, or 0 for a name that no good file has (policy_json.c, check_path()). */
static int save_name(const char *name, json_t **ret)
{
    cleanup_free char *safe = text_escape(name);

    if (!safe)
        return -ENOMEM;
    if (strcmp(safe, name) != 0)
        return 0;
    *ret = json_string(name);
    return *ret ? 1 : -ENOMEM;
}

static int save_folders(const struct policy_set *set, json_t *folders)
{
    int r = 0;

    for (size_t i = 0; r >= 0 && i < set->folder_count; i++) {
        json_t *folder;

        r = save_name(set->folders[i], &folder);
        if (r > 0)
            r = json_array_append_new(folders, folder) < 0 ? -ENOMEM : 0;
    }
    return r;
}

static int save_files(const struct policy_set *set, json_t *files)
{
    int r = 0;

    for (size_t i = 0; r >= 0 && i < set->file_count; i++) {
        const struct policy_file *file = set->files[i];
        json_t *path;

        r = save_name(file->path, &path);
        if (r > 0)
            r = json_array_append_new(
                files,
                json_pack("{s:o, s:o}", "path", path, "text",
                          file->text ? json_stringn(file->text, file->length) : json_null()));
    }
    return r < 0 ? -ENOMEM : 0;
}

/* Names and texts may quote bytes that are not UTF-8. */
static int save_problems(const struct policy_problems *problems, json_t *array)
{
    for (size_t i = 0; problems && i < problems->count; i++) {
        const struct policy_problem *p = &problems->problems[i];
        cleanup_free char *file = text_escape(p->file), *text = text_escape(p->text);
        cleanup_free char *pointer = p->pointer ? text_escape(p->pointer) : NULL;

        if (!file || !text || (p->pointer && !pointer))
            return -ENOMEM;
        if (json_array_append_new(array, json_pack("{s:s, s:s?, s:i, s:i, s:s}", "file", file,
                                                   "pointer", pointer, "line", p->line, "column",
                                                   p->column, "text", text)) < 0)
            return -ENOMEM;
    }
    return 0;
}

int policy_set_save(const struct policy_set *set, const struct policy_problems *problems,
                    char **ret_text)
{
    json_t *folders, *files, *array, *state;
    char *text = NULL;
    int r;

    json_memory_watch();
    folders = json_array();
    files = json_array();
    array = json_array();
    state = json_pack("{s:i, s:o, s:o, s:o}", "format", STATE_FORMAT, "folders", folders, "files",
                      files, "problems", array);
    r = state ? save_folders(set, folders) : -ENOMEM;
    if (r >= 0)
        r = save_files(set, files);
    if (r >= 0)
        r = save_problems(problems, array);
    if (r >= 0)
        text = json_memory_text(state, JSON_COMPACT | JSON_ENSURE_ASCII);
    json_decref(state);
    if (!text)
        return -ENOMEM;
    *ret_text = text;
    return 0;
}

/* ---- restore -------------------------------------------------------------------------------- */

static int restore_folders(const json_t *folders, struct policy_set *set)
{
    int r = 0;

    for (size_t i = 0; r == 0 && i < json_array_size(folders); i++) {
        const char *folder = json_string_value(json_array_get(folders, i));

        r = folder ? policy_set_add_folder(set, folder) : -EINVAL;
    }
    return r;
}

/* A text that this version does not take any more is a problem of that file, not of the state. */
static int restore_file(const char *path, const json_t *text, struct policy_set *set,
                        struct policy_problems *problems)
{
    cleanup_policy_file struct policy_file *file = NULL;
    int r = -EINVAL;

    if (json_is_string(text))
        r = policy_file_parse(path, json_string_value(text), json_string_length(text), &file,
                              problems);
    if (r == -EINVAL) {
        file = policy_file_new(path);
        r = file ? 0 : -ENOMEM;
    }
    return r < 0 ? r : policy_set_add_file(set, file);
}

static int restore_files(const json_t *files, struct policy_set *set,
                         struct policy_problems *problems)
{
    int r = 0;

    for (size_t i = 0; r == 0 && i < json_array_size(files); i++) {
        const json_t *file = json_array_get(files, i), *text = json_object_get(file, "text");
        const char *path = json_string_value(json_object_get(file, "path"));

        if (!path || !(json_is_string(text) || json_is_null(text)))
            return -EINVAL;
        r = restore_file(path, text, set, problems);
    }
    return r;
}

static int restore_problems(const json_t *array, struct policy_problems *problems)
{
    int r = 0;

    for (size_t i = 0; r == 0 && i < json_array_size(array); i++) {
        const json_t *p = json_array_get(array, i);
        const char *file = json_string_value(json_object_get(p, "file"));
        const char *text = json_string_value(json_object_get(p, "text"));

        if (!file || !text)
            return -EINVAL;
        r = policy_problems_add(problems, file, json_string_value(json_object_get(p, "pointer")),
                                (int)json_integer_value(json_object_get(p, "line")),
                                (int)json_integer_value(json_object_get(p, "column")), "%s", text);
    }
    return r;
}

static int restore_state(const json_t *state, struct policy_set *set,
                         struct policy_problems *problems)
{
    const json_t *folders = json_object_get(state, "folders");
    const json_t *files = json_object_get(state, "files");
    const json_t *array = json_object_get(state, "problems");
    int r;

    if (!json_is_array(folders) || !json_is_array(files) || !json_is_array(array))
        return -EINVAL;
    r = restore_folders(folders, set);
    if (r == 0)
        r = restore_files(files, set, problems);
    return r < 0 ? r : restore_problems(array, problems);
}

int policy_set_restore(const char *text, size_t length, struct policy_set **ret,
                       struct policy_problems *ret_problems, struct cg_error **err)
{
    cleanup_policy_set struct policy_set *set = policy_set_new();
    struct policy_problems problems = {0};
    json_error_t error;
    json_t *state;
    json_int_t format;
    int r = -EINVAL;

    json_memory_watch();
    state = json_loadb(text, length, JSON_REJECT_DUPLICATES, &error);
    format = json_integer_value(json_object_get(state, "format"));
    if (!set || json_memory_lacked())
        r = -ENOMEM;
    else if (format == STATE_FORMAT)
        r = restore_state(state, set, &problems);
    json_decref(state);
    if (r < 0)
        policy_problems_release(&problems);
    if (r == -ENOMEM)
        return error_out_of_memory(err);
    if (r < 0)
        return error_set(err, EINVAL, "this is not the state of policies that vmpin keeps");
    *ret_problems = problems;
    *ret = steal_pointer(&set);
    return 0;
}
