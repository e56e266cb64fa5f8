#include "guest/message_json.h"

#include <limits.h>
#include <stdarg.h>
#include <string.h>

void reader_refuse(struct reader *reader, const char *key, const char *format, ...)
{
    cleanup_free char *what = NULL;
    va_list args;

    if (reader->status < 0)
        return;
    va_start(args, format);
    if (vasprintf(&what, format, args) < 0)
        what = NULL;
    va_end(args);
    reader->status =
        error_set(reader->err, EINVAL, "%s/%s %s", reader->where, key, what ? what : "is refused");
}

void reader_out_of_memory(struct reader *reader)
{
    if (reader->status == 0)
        reader->status = error_out_of_memory(reader->err);
}

static const json_t *member(struct reader *reader, const char *key, enum presence presence)
{
    const json_t *value = reader->status < 0 ? NULL : json_object_get(reader->object, key);

    if (!value && presence == REQUIRED)
        reader_refuse(reader, key, "is missing");
    return value;
}

const char *reader_string(struct reader *reader, const char *key, enum presence presence)
{
    const json_t *value = member(reader, key, presence);

    if (value && !json_is_string(value))
        reader_refuse(reader, key, "must be a string");
    return json_string_value(value);
}

void reader_text(struct reader *reader, const char *key, enum presence presence, char **into)
{
    const char *text = reader_string(reader, key, presence);
    char *copy = text ? strdup(text) : NULL;

    if (text && !copy)
        reader_out_of_memory(reader);
    if (copy)
        *into = copy;
}

void reader_bool(struct reader *reader, const char *key, bool *into)
{
    const json_t *value = member(reader, key, OPTIONAL);

    if (value && !json_is_boolean(value))
        reader_refuse(reader, key, "must be true or false");
    else if (value)
        *into = json_is_true(value);
}

void reader_number(struct reader *reader, const char *key, enum presence presence, uint64_t maximum,
                   uint64_t *into)
{
    const json_t *value = member(reader, key, presence);
    json_int_t number = json_integer_value(value);

    if (!value)
        return;
    if (!json_is_integer(value) || number < 0 || (uint64_t)number > maximum)
        reader_refuse(reader, key, "must be a whole number from 0 to %llu",
                      (unsigned long long)maximum);
    else
        *into = (uint64_t)number;
}

void reader_unsigned(struct reader *reader, const char *key, enum presence presence, unsigned *into)
{
    uint64_t number = *into;

    reader_number(reader, key, presence, UINT_MAX, &number);
    *into = (unsigned)number;
}

void reader_set(struct reader *reader, const char *key, enum presence presence,
                struct cg_set **into)
{
    const char *list = reader_string(reader, key, presence);
    cleanup_error struct cg_error *why = NULL;
    int r = list ? cg_set_parse(list, into, &why) : 0;

    if (r == -ENOMEM)
        reader_out_of_memory(reader);
    else if (r < 0)
        reader_refuse(reader, key, "is no list of CPUs: %s", cg_error_text(why));
}

const json_t *reader_array(struct reader *reader, const char *key)
{
    const json_t *value = member(reader, key, OPTIONAL);

    if (value && !json_is_array(value)) {
        reader_refuse(reader, key, "must be an array");
        return NULL;
    }
    return value;
}

const json_t *reader_object(struct reader *reader, const char *key, enum presence presence)
{
    const json_t *value = member(reader, key, presence);

    if (value && !json_is_object(value)) {
        reader_refuse(reader, key, "must be an object");
        return NULL;
    }
    return value;
}
