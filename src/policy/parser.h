/* What the files that read policy JSON share: where in the document they are, and how they report.
 * jansson's types are seen by these files alone. */
#ifndef POLICY_PARSER_H
#define POLICY_PARSER_H

#include "policy/policy_internal.h"

#include <jansson.h>

#define PARSER_PROBLEMS_MAX 1000 /* a file; beyond, they are counted only */

struct parser {
    const char *file;
    struct policy_problems *problems;
    size_t reported;
    bool no_memory; /* sticky: everything is thrown away in the end */
};

/* A place in the document, as a chain on the stack. */
struct place {
    const struct place *above; /* NULL: the document itself */
    const char *key;           /* NULL: `index` of an array */
    size_t index;
};

/* Adds a problem at that place. */
void parser_problem(struct parser *parser, const struct place *place, const char *format, ...)
    printf_like(3, 4);
/* The same from an error object, which is released. */
void parser_error(struct parser *parser, const struct place *place, struct cg_error *err);
/* A key that is not known: names the nearest (NULL: none) or all (NULL-terminated). */
void parser_unknown_key(struct parser *parser, const struct place *place, const char *nearest,
                        const char *const *all);

const char *json_kind(const json_t *value); /* "a string", "an array" */
/* NULL and a problem when it is of another type. Borrowed. */
const char *parser_string(struct parser *parser, const struct place *place, const json_t *value);
const json_t *parser_object(struct parser *parser, const struct place *place, const json_t *value);
/* strdup() into the parser's account. */
char *parser_copy(struct parser *parser, const char *text);

/* Calls `fn` for the value, or for each element where it is an array; an empty one is a problem
 * with the text `empty` (NULL: it may be empty). */
typedef void (*parser_fn)(struct parser *parser, const struct place *place, const json_t *value,
                          void *data);
void parser_each(struct parser *parser, const struct place *place, const json_t *value,
                 const char *empty, parser_fn fn, void *data);

/* Room for one more element of `size` bytes in an array of `count`; zeroed; NULL: no memory. */
void *parser_grow(struct parser *parser, void **array, size_t *count, size_t size);

/* read_match.c: always a match, as far as it could be read; NULL: no memory. */
struct match *read_match(struct parser *parser, const struct place *place, const json_t *value);
/* read_apply.c: adds to policy->settings. */
void read_apply(struct parser *parser, const struct place *place, const json_t *value,
                struct policy *policy);
/* duplicates.c: every duplicate key of a text that is JSON otherwise. */
void report_duplicates(struct parser *parser, const char *text, size_t length);

#endif
