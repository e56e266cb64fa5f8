/* The `match` of a policy, from JSON to struct match. What it means is in match.c. */
#include "policy/parser.h"

#include "policy/policy_text.h"

#include "base/error.h"

#include <ctype.h>
#include <string.h>

#define EMPTY "is an empty list, which no guest matches"

static void read_glob(struct parser *parser, const struct place *place, const json_t *value,
                      void *data)
{
    struct match_texts *texts = data;
    const char *glob = parser_string(parser, place, value);
    char **slot;

    if (!glob)
        return;
    slot = parser_grow(parser, (void **)&texts->texts, &texts->count, sizeof(*slot));
    if (slot)
        *slot = parser_copy(parser, glob);
}

static bool is_uuid(const char *text)
{
    for (size_t i = 0; i < UUID_SIZE - 1; i++) {
        bool dash = i == 8 || i == 13 || i == 18 || i == 23;

        if (dash ? text[i] != '-' : !isxdigit((unsigned char)text[i]))
            return false;
    }
    return text[UUID_SIZE - 1] == '\0';
}

static void read_uuid(struct parser *parser, const struct place *place, const json_t *value,
                      void *data)
{
    const char *text = json_string_value(value);

    if (text && !is_uuid(text))
        parser_problem(parser, place,
                       "is no UUID: write it as `virsh domuuid` shows it, "
                       "\"6ba7b810-9dad-11d1-80b4-00c04fd430c8\"");
    else
        read_glob(parser, place, value, data);
}

struct ranges_reading {
    struct match_ranges *ranges;
    bool sizes;
};

static void read_range(struct parser *parser, const struct place *place, const json_t *value,
                       void *data)
{
    const struct ranges_reading *reading = data;
    struct match_range range = {0}, *slot;
    struct cg_error *err = NULL;

    if (json_is_integer(value)) {
        if (json_integer_value(value) < 0) {
            parser_problem(parser, place, "must not be below 0");
            return;
        }
        range.low = range.high = (uint64_t)json_integer_value(value);
    } else if (!json_is_string(value)) {
        parser_problem(parser, place, "must be a comparison in a string (\">=8\"), not %s",
                       json_kind(value));
        return;
    } else if (range_parse(json_string_value(value), reading->sizes, &range, &err) < 0) {
        parser_error(parser, place, err);
        return;
    }
    slot = parser_grow(parser, (void **)&reading->ranges->ranges, &reading->ranges->count,
                       sizeof(*slot));
    if (slot)
        *slot = range;
}

/* "element/path/@attribute": no empty step, @ in front of the last one alone. */
static bool is_metadata_path(const char *path)
{
    for (;;) {
        size_t n = strcspn(path, "/");
        bool attribute = *path == '@';

        if (n <= attribute || memchr(path + attribute, '@', n - attribute))
            return false;
        if (!path[n])
            return true;
        if (attribute)
            return false;
        path += n + 1;
    }
}

static void read_metadata_path(struct parser *parser, const struct place *place,
                               const char *namespace_uri, const char *path, const json_t *value,
                               struct match *match)
{
    struct match_metadata *slot;

    if (!is_metadata_path(path)) {
        parser_problem(parser, place,
                       "is no path of elements: write \"element/path\" or "
                       "\"element/path/@attribute\"");
        return;
    }
    slot = parser_grow(parser, (void **)&match->metadata, &match->metadata_count, sizeof(*slot));
    if (!slot)
        return;
    slot->namespace_uri = parser_copy(parser, namespace_uri);
    slot->path = parser_copy(parser, path);
    parser_each(parser, place, value, EMPTY, read_glob, &slot->globs);
}

static void read_metadata(struct parser *parser, const struct place *place, const json_t *value,
                          struct match *match)
{
    const json_t *object = parser_object(parser, place, value);
    const char *uri, *path;
    json_t *paths, *globs;

    if (object && json_object_size(object) == 0)
        parser_problem(parser, place, "asks for nothing: name a namespace URI");
    json_object_foreach((json_t *)object, uri, paths)
    {
        struct place in_uri = {.above = place, .key = uri};

        if (!parser_object(parser, &in_uri, paths))
            continue;
        if (json_object_size(paths) == 0)
            parser_problem(parser, &in_uri, "asks for nothing: name an element's path");
        json_object_foreach(paths, path, globs)
        {
            struct place in_path = {.above = &in_uri, .key = path};

            read_metadata_path(parser, &in_path, uri, path, globs, match);
        }
    }
}

static void read_match_key(struct parser *parser, const struct place *place, const json_t *value,
                           struct match *match)
{
    static const char *const keys[] = {"name",  "uuid",   "title", "metadata",
                                       "vcpus", "memory", "not",   NULL};
    const char *key = place->key;

    if (strcmp(key, "name") == 0)
        parser_each(parser, place, value, EMPTY, read_glob, &match->name);
    else if (strcmp(key, "uuid") == 0)
        parser_each(parser, place, value, EMPTY, read_uuid, &match->uuid);
    else if (strcmp(key, "title") == 0)
        parser_each(parser, place, value, EMPTY, read_glob, &match->title);
    else if (strcmp(key, "metadata") == 0)
        read_metadata(parser, place, value, match);
    else if (strcmp(key, "vcpus") == 0)
        parser_each(parser, place, value, EMPTY, read_range,
                    &(struct ranges_reading){&match->vcpus, false});
    else if (strcmp(key, "memory") == 0)
        parser_each(parser, place, value, EMPTY, read_range,
                    &(struct ranges_reading){&match->memory, true});
    else if (strcmp(key, "not") == 0)
        match->not = read_match(parser, place, value);
    else
        parser_unknown_key(parser, place, nearest_word(key, keys), keys);
}

struct match *read_match(struct parser *parser, const struct place *place, const json_t *value)
{
    const json_t *object = parser_object(parser, place, value);
    struct match *match = calloc(1, sizeof(*match));
    const char *key;
    json_t *inner;

    if (!match) {
        parser->no_memory = true;
        return NULL;
    }
    json_object_foreach((json_t *)object, key, inner)
    {
        struct place in_key = {.above = place, .key = key};

        read_match_key(parser, &in_key, inner, match);
    }
    return match;
}
