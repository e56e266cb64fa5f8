/* Places and problems while a policy's JSON is read. It decides nothing about policies. */
#include "policy/parser.h"

#include "base/error.h"

#include <stdarg.h>
#include <string.h>

/* The place as a JSON pointer; NULL: no memory. free(). */
static char *place_pointer(const struct place *place)
{
    cleanup_free char *above = NULL;
    char number[24];

    if (!place)
        return strdup("");
    above = place_pointer(place->above);
    if (!above)
        return NULL;
    if (place->key)
        return pointer_append(above, place->key);
    snprintf(number, sizeof(number), "%zu", place->index);
    return pointer_append(above, number);
}

void parser_problem(struct parser *parser, const struct place *place, const char *format, ...)
{
    cleanup_free char *pointer = NULL, *text = NULL;
    va_list args;
    int r;

    if (++parser->reported > PARSER_PROBLEMS_MAX || parser->no_memory)
        return;
    va_start(args, format);
    r = vasprintf(&text, format, args);
    va_end(args);
    if (r < 0)
        text = NULL;
    pointer = place_pointer(place);
    if (!text || !pointer ||
        policy_problems_add(parser->problems, parser->file, pointer, 0, 0, "%s", text) < 0)
        parser->no_memory = true;
}

void parser_error(struct parser *parser, const struct place *place, struct cg_error *err)
{
    if (!err || cg_error_errno(err) == ENOMEM)
        parser->no_memory = true;
    else
        parser_problem(parser, place, "%s", cg_error_text(err));
    cg_error_free(err);
}

void parser_unknown_key(struct parser *parser, const struct place *place, const char *nearest,
                        const char *const *all)
{
    char known[256] = "";
    size_t n = 0;

    if (nearest) {
        parser_problem(parser, place, "is not a known key: did you mean \"%s\"?", nearest);
        return;
    }
    for (; all && *all && n < sizeof(known); all++)
        n += (size_t)snprintf(known + n, sizeof(known) - n, "%s%s", n ? ", " : "", *all);
    parser_problem(parser, place, "is not a known key: known here are %s", known);
}

const char *json_kind(const json_t *value)
{
    switch (json_typeof(value)) {
    case JSON_OBJECT:
        return "an object";
    case JSON_ARRAY:
        return "an array";
    case JSON_STRING:
        return "a string";
    case JSON_INTEGER:
        return "a whole number";
    case JSON_REAL:
        return "a number with a fraction";
    case JSON_TRUE:
    case JSON_FALSE:
        return "true or false";
    case JSON_NULL:
        return "null";
    }
    return "something else";
}

const char *parser_string(struct parser *parser, const struct place *place, const json_t *value)
{
    if (json_is_string(value))
        return json_string_value(value);
    parser_problem(parser, place, "must be a string, not %s", json_kind(value));
    return NULL;
}

const json_t *parser_object(struct parser *parser, const struct place *place, const json_t *value)
{
    if (json_is_object(value))
        return value;
    parser_problem(parser, place, "must be an object, not %s", json_kind(value));
    return NULL;
}

char *parser_copy(struct parser *parser, const char *text)
{
    char *copy = strdup(text);

    if (!copy)
        parser->no_memory = true;
    return copy;
}

void parser_each(struct parser *parser, const struct place *place, const json_t *value,
                 const char *empty, parser_fn fn, void *data)
{
    struct place element = {.above = place};

    if (!json_is_array(value)) {
        fn(parser, place, value, data);
        return;
    }
    if (json_array_size(value) == 0 && empty)
        parser_problem(parser, place, "%s", empty);
    for (; element.index < json_array_size(value); element.index++)
        fn(parser, &element, json_array_get(value, element.index), data);
}

void *parser_grow(struct parser *parser, void **array, size_t *count, size_t size)
{
    /* Powers of two, so that a long list is not copied at each element. */
    if ((*count & (*count - 1)) == 0) {
        void *grown = reallocarray(*array, *count ? *count * 2 : 1, size);

        if (!grown) {
            parser->no_memory = true;
            return NULL;
        }
        *array = grown;
    }
    return memset((char *)*array + (*count)++ * size, 0, size);
}
