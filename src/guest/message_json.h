/* Reading a JSON object's members with their types checked. The first error stays in the reader and
 * makes the rest of the reading do nothing, so that a caller asks once, at the end. */
#ifndef GUEST_MESSAGE_JSON_H
#define GUEST_MESSAGE_JSON_H

#include "guest/facts.h"

#include <jansson.h>

struct reader {
    const json_t *object;
    const char *where; /* JSON pointer of the object, "" for the line itself */
    int status;        /* 0, or the first error */
    struct cg_error **err;
};

enum presence { OPTIONAL, REQUIRED };

/* -EINVAL into the reader: "WHERE/KEY MESSAGE". */
void reader_refuse(struct reader *reader, const char *key, const char *format, ...)
    printf_like(3, 4);
void reader_out_of_memory(struct reader *reader);

/* An absent member leaves *into alone unless it is REQUIRED. */
const char *reader_string(struct reader *reader, const char *key, enum presence presence);
void reader_text(struct reader *reader, const char *key, enum presence presence, char **into);
void reader_bool(struct reader *reader, const char *key, bool *into);
void reader_number(struct reader *reader, const char *key, enum presence presence, uint64_t maximum,
                   uint64_t *into);
void reader_unsigned(struct reader *reader, const char *key, enum presence presence,
                     unsigned *into);
void reader_set(struct reader *reader, const char *key, enum presence presence,
                struct cg_set **into);
/* The member as an array or object, NULL when it is absent or was refused. */
const json_t *reader_array(struct reader *reader, const char *key);
const json_t *reader_object(struct reader *reader, const char *key, enum presence presence);

/* "facts" as message.h tells. */
int facts_from_json(const json_t *object, struct facts **ret, struct cg_error **err);
/* NULL: a text is not UTF-8, a number is beyond JSON's range, or out of memory. */
json_t *facts_to_json(const struct facts *facts);

#endif
