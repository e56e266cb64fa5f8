/* Where the duplicate keys of a document are. jansson refuses the first one and stops; this walks
 * the text (which jansson has found to be JSON otherwise, no deeper than it goes) and reports each
 * with its place. jansson still decodes every key. */
#include "policy/parser.h"

#include <string.h>

struct walk {
    struct parser *parser;
    const char *at, *end;
};

static void walk_value(struct walk *walk, const struct place *place);

static char peek(struct walk *walk)
{
    while (walk->at < walk->end && memchr(" \t\r\n", *walk->at, 4))
        walk->at++;
    return walk->at < walk->end ? *walk->at : '\0';
}

static bool take(struct walk *walk, char c)
{
    if (peek(walk) != c)
        return false;
    walk->at++;
    return true;
}

/* Behind the closing quote. */
static void walk_string(struct walk *walk)
{
    for (walk->at++; walk->at < walk->end && *walk->at != '"'; walk->at++)
        if (*walk->at == '\\')
            walk->at++;
    walk->at++;
}

static json_t *walk_key(struct walk *walk)
{
    const char *start = walk->at;

    walk_string(walk);
    return json_loadb(start, (size_t)(walk->at - start), JSON_DECODE_ANY, NULL);
}

static void walk_object(struct walk *walk, const struct place *place)
{
    json_t *seen = json_object();

    while (seen && peek(walk) == '"') {
        json_t *key = walk_key(walk);
        const char *name = json_string_value(key);
        struct place in_key = {.above = place, .key = name};

        if (!name || !take(walk, ':')) {
            walk->at = walk->end;
        } else {
            if (json_object_get(seen, name))
                parser_problem(walk->parser, &in_key,
                               "is there twice: a key may stand only once in an object");
            else if (json_object_set_new_nocheck(seen, name, json_true()) < 0)
                walk->parser->no_memory = true;
            walk_value(walk, &in_key);
            take(walk, ',');
        }
        json_decref(key);
    }
    if (!seen) {
        walk->parser->no_memory = true;
        walk->at = walk->end;
    }
    json_decref(seen);
    take(walk, '}');
}

static void walk_value(struct walk *walk, const struct place *place)
{
    char c = peek(walk);

    if (c == '{') {
        walk->at++;
        walk_object(walk, place);
    } else if (c == '[') {
        struct place element = {.above = place};

        walk->at++;
        for (; walk->at < walk->end && peek(walk) != ']'; element.index++) {
            walk_value(walk, &element);
            take(walk, ',');
        }
        take(walk, ']');
    } else if (c == '"') {
        walk_string(walk);
    } else {
        while (walk->at < walk->end && !memchr(",]} \t\r\n", *walk->at, 7))
            walk->at++;
    }
}

void report_duplicates(struct parser *parser, const char *text, size_t length)
{
    struct walk walk = {.parser = parser, .at = text, .end = text + length};

    walk_value(&walk, NULL);
}
