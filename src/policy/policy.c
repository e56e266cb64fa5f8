/* The life of policies, files and sets, and of the problems that a file has. Nothing is parsed or
 * read here. */
#include "policy/policy_internal.h"

#include "base/array.h"
#include "base/escape.h"
#include "cgroup/guest_path.h"

#include <stdarg.h>
#include <string.h>

/* ---- problems ------------------------------------------------------------------------------- */

static void problem_release(struct policy_problem *problem)
{
    free(problem->file);
    free(problem->pointer);
    free(problem->text);
}

void policy_problems_release(struct policy_problems *problems)
{
    for (size_t i = 0; i < problems->count; i++)
        problem_release(&problems->problems[i]);
    free(problems->problems);
    *problems = (struct policy_problems){0};
}

int policy_problems_add(struct policy_problems *problems, const char *file, const char *pointer,
                        int line, int column, const char *format, ...)
{
    struct policy_problem problem = {.line = line, .column = column};
    va_list args;

    problem.file = strdup(file);
    problem.pointer = pointer ? strdup(pointer) : NULL;
    va_start(args, format);
    if (vasprintf(&problem.text, format, args) < 0)
        problem.text = NULL;
    va_end(args);
    if (!problem.file || !problem.text || (pointer && !problem.pointer) ||
        array_grow(&problems->problems, problems->count, &problems->size) < 0) {
        problem_release(&problem);
        return -ENOMEM;
    }
    problems->problems[problems->count++] = problem;
    return 0;
}

char *policy_problem_text(const struct policy_problem *problem)
{
    cleanup_free char *text = NULL;
    int r;

    if (problem->line > 0)
        r = asprintf(&text, "%s:%d:%d: %s", problem->file, problem->line,
                     problem->column > 0 ? problem->column : 1, problem->text);
    else if (problem->pointer && *problem->pointer)
        r = asprintf(&text, "%s: %s: %s", problem->file, problem->pointer, problem->text);
    else
        r = asprintf(&text, "%s: %s", problem->file, problem->text);
    if (r < 0) {
        text = NULL;
        return NULL;
    }
    return text_escape(text);
}

char *pointer_append(const char *pointer, const char *key)
{
    size_t length = strlen(pointer);
    char *joined = malloc(length + 2 * strlen(key) + 2), *to;

    if (!joined)
        return NULL;
    memcpy(joined, pointer, length);
    to = joined + length;
    *to++ = '/';
    for (; *key; key++) {
        if (*key == '~' || *key == '/') {
            *to++ = '~';
            *to++ = *key == '~' ? '0' : '1';
        } else {
            *to++ = *key;
        }
    }
    *to = '\0';
    return joined;
}

/* ---- policies ------------------------------------------------------------------------------- */

const char *pattern_name(struct policy_pattern pattern, char into[PATTERN_NAME_SIZE])
{
    if (pattern.glob)
        snprintf(into, PATTERN_NAME_SIZE, "%s",
                 pattern.kind == CG_ROLE_VCPU ? "vcpu*" : "iothread*");
    else
        role_name((struct cg_role){pattern.kind, pattern.index}, into);
    return into;
}

void policy_setting_release(struct policy_setting *setting)
{
    free(setting->written);
    if (policy_attributes[setting->attribute].kind != POLICY_KIND_LIST)
        return;
    for (size_t i = 0; i < setting->list_count; i++)
        cg_set_unref(setting->lists[i].set);
    free(setting->lists);
}

struct policy *policy_free(struct policy *policy)
{
    if (!policy)
        return NULL;
    free(policy->name);
    match_free(policy->match);
    for (size_t i = 0; i < policy->setting_count; i++)
        policy_setting_release(&policy->settings[i]);
    free(policy->settings);
    origin_unref(policy->origin);
    free(policy);
    return NULL;
}

const struct policy_setting *policy_setting_find(const struct policy *policy,
                                                 struct policy_pattern pattern,
                                                 enum policy_attribute attribute)
{
    for (size_t i = 0; i < policy->setting_count; i++) {
        const struct policy_setting *s = &policy->settings[i];

        if (s->attribute == attribute && s->pattern.kind == pattern.kind &&
            s->pattern.glob == pattern.glob && s->pattern.index == pattern.index)
            return s;
    }
    return NULL;
}

char *policy_setting_pointer(const struct policy *policy, const struct policy_setting *setting,
                             int element)
{
    const char *written = policy_attribute_written(setting->attribute, setting->version);
    const char *key = strchr(written, '.') + 1;
    char place[16] = "", tail[16] = "", role[PATTERN_NAME_SIZE];
    char *pointer;

    if (policy->place >= 0)
        snprintf(place, sizeof(place), "/%d", policy->place);
    if (element >= 0)
        snprintf(tail, sizeof(tail), "/%d", element);
    if (asprintf(&pointer, "%s/apply/%s/%.*s/%s%s", place, pattern_name(setting->pattern, role),
                 (int)(key - 1 - written), written, key, tail) < 0)
        return NULL;
    return pointer;
}

/* ---- files ---------------------------------------------------------------------------------- */

struct policy_file *policy_file_new(const char *path)
{
    struct policy_file *file = calloc(1, sizeof(*file));

    if (!file)
        return NULL;
    file->references = 1;
    file->path = strdup(path);
    return file->path ? file : policy_file_unref(file);
}

static struct policy_file *policy_file_ref(struct policy_file *file)
{
    file->references++;
    return file;
}

struct policy_file *policy_file_unref(struct policy_file *file)
{
    if (!file || --file->references > 0)
        return NULL;
    for (size_t i = 0; i < file->count; i++)
        policy_free(file->policies[i]);
    free(file->policies);
    free(file->text);
    free(file->path);
    free(file);
    return NULL;
}

const char *policy_file_name(const struct policy_file *file)
{
    const char *slash = strrchr(file->path, '/');

    return slash ? slash + 1 : file->path;
}

int policy_file_add(struct policy_file *file, struct policy *policy)
{
    struct policy **grown = reallocarray(file->policies, file->count + 1, sizeof(*grown));

    if (!grown) {
        policy_free(policy);
        return -ENOMEM;
    }
    file->policies = grown;
    file->policies[file->count++] = policy;
    return 0;
}

/* ---- sets ----------------------------------------------------------------------------------- */

struct policy_set *policy_set_new(void)
{
    return calloc(1, sizeof(struct policy_set));
}

struct policy_set *policy_set_free(struct policy_set *set)
{
    if (!set)
        return NULL;
    for (size_t i = 0; i < set->file_count; i++)
        policy_file_unref(set->files[i]);
    for (size_t i = 0; i < set->folder_count; i++)
        free(set->folders[i]);
    free(set->files);
    free(set->folders);
    free(set->policies);
    free(set);
    return NULL;
}

int policy_set_add_file(struct policy_set *set, struct policy_file *file)
{
    struct policy_file **files = reallocarray(set->files, set->file_count + 1, sizeof(*files));
    struct policy **policies;

    if (!files)
        return -ENOMEM;
    set->files = files;
    if (file->count > 0) {
        policies = reallocarray(set->policies, set->count + file->count, sizeof(*policies));
        if (!policies)
            return -ENOMEM;
        set->policies = policies;
        memcpy(set->policies + set->count, file->policies, file->count * sizeof(*policies));
        set->count += file->count;
    }
    set->files[set->file_count++] = policy_file_ref(file);
    return 0;
}

bool policy_set_has_folder(const struct policy_set *set, const char *folder)
{
    for (size_t i = 0; i < set->folder_count; i++)
        if (strcmp(set->folders[i], folder) == 0)
            return true;
    return false;
}

int policy_set_add_folder(struct policy_set *set, const char *folder)
{
    char **folders = reallocarray(set->folders, set->folder_count + 1, sizeof(*folders));

    if (!folders)
        return -ENOMEM;
    set->folders = folders;
    folders[set->folder_count] = strdup(folder);
    if (!folders[set->folder_count])
        return -ENOMEM;
    set->folder_count++;
    return 0;
}

size_t policy_set_count(const struct policy_set *set)
{
    return set ? set->count : 0;
}

const char *policy_set_file(const struct policy_set *set, size_t index)
{
    return set->policies[index]->file;
}
