/* A policy file's bytes to policies. It reads no file, and reports every error of the text, not the
 * first: problems are collected, and what has any is thrown away as a whole. */
#include "policy/parser.h"

#include "base/escape.h"
#include "guest/json_memory.h"

#include <string.h>

#define DEPTH_MAX 2048 /* jansson's own bound, for the message */

/* Line and column (in bytes) of a place in the text, from 1. */
static void place_of(const char *text, const char *at, int *line, int *column)
{
    *line = 1;
    *column = 1;
    for (; text < at; text++) {
        *column = *text == '\n' ? 1 : *column + 1;
        *line += *text == '\n';
    }
}

/* What jansson would put into words of its own. 0, -EINVAL with a problem, -ENOMEM. */
static int check_bytes(struct parser *parser, const char *text, size_t length)
{
    const char *nul = memchr(text, '\0', length);
    size_t blank = 0;
    int line, column, r;

    while (blank < length && memchr(" \t\r\n", text[blank], 4))
        blank++;
    if (blank == length) {
        r = policy_problems_add(parser->problems, parser->file, "", 0, 0,
                                "is empty: write a policy, or remove the file (a link to /dev/null "
                                "masks one of its name in a later folder)");
    } else if (length >= 3 && memcmp(text, "\xef\xbb\xbf", 3) == 0) {
        r = policy_problems_add(parser->problems, parser->file, NULL, 1, 1,
                                "starts with a byte order mark: save it as UTF-8 without one");
    } else if (nul) {
        place_of(text, nul, &line, &column);
        r = policy_problems_add(parser->problems, parser->file, NULL, line, column,
                                "has a NUL byte: save it as UTF-8 text");
    } else {
        return 0;
    }
    return r < 0 ? r : -EINVAL;
}

/* The path is a policy's default name and travels with every cell, to logs and JSON. */
static int check_path(struct parser *parser)
{
    cleanup_free char *safe = text_escape(parser->file);

    if (!safe)
        return -ENOMEM;
    if (strcmp(safe, parser->file) == 0)
        return 0;
    if (policy_problems_add(parser->problems, parser->file, "", 0, 0,
                            "has a name with control characters or that is not UTF-8: rename it") <
        0)
        return -ENOMEM;
    return -EINVAL;
}

static int syntax_problem(struct parser *parser, const json_error_t *error)
{
    const char *file = parser->file;
    int r;

    switch (json_error_code(error)) {
    case json_error_stack_overflow:
        r = policy_problems_add(parser->problems, file, NULL, error->line, error->column,
                                "is nested deeper than %d levels", DEPTH_MAX);
        break;
    case json_error_invalid_utf8:
        r = policy_problems_add(parser->problems, file, NULL, error->line, error->column,
                                "is not valid UTF-8: %s", error->text);
        break;
    case json_error_null_character:
    case json_error_null_byte_in_key:
        r = policy_problems_add(parser->problems, file, NULL, error->line, error->column,
                                "a string must not have \\u0000 in it");
        break;
    default:
        r = policy_problems_add(parser->problems, file, NULL, error->line, error->column,
                                "is not JSON: %s", error->text);
    }
    return r < 0 ? r : -EINVAL;
}

/* The document, or NULL with the reason: -EINVAL and a problem, -ENOMEM. Where keys are there twice
 * it is read all the same, so that the other errors are told too. */
static int load_document(struct parser *parser, const char *text, size_t length, json_t **ret)
{
    json_error_t error;
    int r = check_bytes(parser, text, length);

    if (r < 0)
        return r;
    json_memory_watch();
    *ret = json_loadb(text, length, JSON_REJECT_DUPLICATES, &error);
    if (!*ret && !json_memory_lacked() && json_error_code(&error) == json_error_duplicate_key) {
        *ret = json_loadb(text, length, 0, &error);
        if (*ret)
            report_duplicates(parser, text, length);
    }
    if (!*ret && json_memory_lacked()) /* then the error says nothing */
        return -ENOMEM;
    return *ret ? 0 : syntax_problem(parser, &error);
}

static void read_optional(struct parser *parser, const struct place *place, const json_t *value,
                          void *data)
{
    struct policy *policy = data;
    const char *keys[POLICY_KEYS_SIZE];
    const char *text = parser_string(parser, place, value), *nearest;
    struct policy_key key;

    if (!text)
        return;
    if (policy_key_find_written(text, &key) == 0) {
        policy->optional |= 1u << key.attribute;
        return;
    }
    policy_keys(NULL, keys);
    nearest = nearest_word(text, keys);
    parser_problem(parser, place, "\"%s\" is no attribute: %s%s%s", text,
                   nearest ? "did you mean \"" : "write one as \"memory.high\"",
                   nearest ? nearest : "", nearest ? "\"?" : "");
}

static void read_enforce(struct parser *parser, const struct place *place, const json_t *value,
                         struct policy *policy)
{
    const char *text = parser_string(parser, place, value);

    if (!text)
        return;
    if (strcmp(text, "start") == 0)
        policy->flags |= CELL_ENFORCE_START;
    else if (strcmp(text, "always") != 0)
        parser_problem(parser, place, "must be \"always\" or \"start\", not \"%s\"", text);
}

static void read_flag(struct parser *parser, const struct place *place, const json_t *value,
                      unsigned flag, struct policy *policy)
{
    if (!json_is_boolean(value))
        parser_problem(parser, place, "must be true or false, not %s", json_kind(value));
    else if (json_is_true(value))
        policy->flags |= flag;
}

static void read_name(struct parser *parser, const struct place *place, const json_t *value,
                      struct policy *policy)
{
    const char *text = parser_string(parser, place, value);

    if (text && !*text) {
        parser_problem(parser, place, "is empty: leave it out to use the file's name");
    } else if (text) {
        free(policy->name);
        policy->name = parser_copy(parser, text);
    }
}

static void read_policy_key(struct parser *parser, const struct place *place, const json_t *value,
                            struct policy *policy)
{
    static const char *const keys[] = {"name",    "match", "apply",       "enforce", "optional",
                                       "migrate", "force", "description", "$schema", NULL};
    const char *key = place->key;

    if (strcmp(key, "name") == 0)
        read_name(parser, place, value, policy);
    else if (strcmp(key, "match") == 0)
        policy->match = read_match(parser, place, value);
    else if (strcmp(key, "apply") == 0)
        read_apply(parser, place, value, policy);
    else if (strcmp(key, "enforce") == 0)
        read_enforce(parser, place, value, policy);
    else if (strcmp(key, "optional") == 0)
        parser_each(parser, place, value, NULL, read_optional, policy);
    else if (strcmp(key, "migrate") == 0)
        read_flag(parser, place, value, CELL_MIGRATE, policy);
    else if (strcmp(key, "force") == 0)
        read_flag(parser, place, value, CELL_FORCE, policy);
    else if (strcmp(key, "description") != 0 && strcmp(key, "$schema") != 0)
        parser_unknown_key(parser, place, nearest_word(key, keys), keys);
}

/* "/a/db1.json" is db1. */
static char *default_name(const char *path)
{
    const char *slash = strrchr(path, '/'), *base = slash ? slash + 1 : path;
    size_t n = strlen(base);

    if (n > 5 && strcmp(base + n - 5, ".json") == 0)
        n -= 5;
    return strndup(base, n);
}

static struct origin *policy_origin(const struct policy *policy)
{
    cleanup_free char *text = NULL;

    if (asprintf(&text, "policy %s (%s)", policy->name, policy->file) < 0) {
        text = NULL;
        return NULL;
    }
    return origin_new(policy->name, text);
}

static void read_policy(struct parser *parser, const struct place *place, const json_t *value,
                        struct policy_file *file)
{
    cleanup_policy struct policy *policy = NULL;
    const json_t *object = parser_object(parser, place, value);
    const char *key;
    json_t *inner;

    if (!object)
        return;
    policy = calloc(1, sizeof(*policy));
    if (!policy || !(policy->name = default_name(file->path))) {
        parser->no_memory = true;
        return;
    }
    policy->file = file->path;
    policy->place = place ? (int)place->index : -1;
    json_object_foreach((json_t *)object, key, inner)
    {
        struct place in_key = {.above = place, .key = key};

        read_policy_key(parser, &in_key, inner, policy);
    }
    if (!json_object_get(object, "match"))
        parser_problem(parser, place, "has no \"match\": name the guests ({} is every guest)");
    if (!json_object_get(object, "apply"))
        parser_problem(parser, place, "has no \"apply\": name what to set");
    if (parser->reported > 0 || parser->no_memory)
        return;
    policy->origin = policy_origin(policy);
    if (!policy->origin || policy_file_add(file, steal_pointer(&policy)) < 0)
        parser->no_memory = true;
}

static void read_document(struct parser *parser, const json_t *document, struct policy_file *file)
{
    struct place element = {0};

    if (!json_is_array(document)) {
        read_policy(parser, NULL, document, file);
        return;
    }
    for (; element.index < json_array_size(document); element.index++)
        read_policy(parser, &element, json_array_get(document, element.index), file);
}

static int parser_verdict(struct parser *parser)
{
    parser->no_memory |= json_memory_lacked();
    if (!parser->no_memory && parser->reported > PARSER_PROBLEMS_MAX &&
        policy_problems_add(parser->problems, parser->file, "", 0, 0,
                            "has %zu errors more, which are not shown",
                            parser->reported - PARSER_PROBLEMS_MAX) < 0)
        return -ENOMEM;
    return parser->no_memory ? -ENOMEM : parser->reported > 0 ? -EINVAL : 0;
}

int policy_file_parse(const char *path, const char *text, size_t length, struct policy_file **ret,
                      struct policy_problems *problems)
{
    struct parser parser = {.file = path, .problems = problems};
    cleanup_policy_file struct policy_file *file = policy_file_new(path);
    json_t *document = NULL;
    int r;

    if (!file)
        return -ENOMEM;
    r = check_path(&parser);
    if (r < 0)
        return r;
    r = load_document(&parser, text, length, &document);
    if (r < 0)
        return r;
    read_document(&parser, document, file);
    json_decref(document);
    r = parser_verdict(&parser);
    if (r < 0)
        return r;
    file->text = malloc(length + 1);
    if (!file->text)
        return -ENOMEM;
    memcpy(file->text, text, length);
    file->text[length] = '\0';
    file->length = length;
    *ret = steal_pointer(&file);
    return 0;
}

int policy_parse(const char *path, const char *text, size_t length, struct policy_set **ret,
                 struct policy_problems *problems)
{
    cleanup_policy_file struct policy_file *file = NULL;
    cleanup_policy_set struct policy_set *set = NULL;
    int r = policy_file_parse(path, text, length, &file, problems);

    if (r < 0)
        return r;
    set = policy_set_new();
    if (!set || policy_set_add_file(set, file) < 0)
        return -ENOMEM;
    *ret = steal_pointer(&set);
    return 0;
}
