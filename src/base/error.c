/* Error objects. Running out of memory while making one leaves *err NULL: the return value still
 * tells, and nothing here can fail harder than that. */
#include "base/error.h"

#include <stdarg.h>
#include <string.h>

static struct cg_error *error_new(int code, char *text)
{
    struct cg_error *error = text ? malloc(sizeof(*error)) : NULL;

    if (!error) {
        free(text);
        return NULL;
    }
    error->code = code;
    error->text = text;
    return error;
}

int error_set(struct cg_error **err, int code, const char *format, ...)
{
    char *text = NULL;
    va_list args;

    if (!err)
        return -code;
    va_start(args, format);
    if (vasprintf(&text, format, args) < 0)
        text = NULL;
    va_end(args);
    cg_error_free(*err);
    *err = error_new(code, text);
    return -code;
}

int error_prefix(struct cg_error **err, int r, const char *format, ...)
{
    cleanup_free char *before = NULL;
    char *joined = NULL;
    va_list args;

    if (!err || !*err)
        return r;
    va_start(args, format);
    if (vasprintf(&before, format, args) < 0)
        before = NULL;
    va_end(args);
    if (before && asprintf(&joined, "%s: %s", before, (*err)->text) >= 0) {
        free((*err)->text);
        (*err)->text = joined;
    }
    return r;
}

int error_out_of_memory(struct cg_error **err)
{
    return error_set(err, ENOMEM, "out of memory");
}

bool error_is_want(int r)
{
    return r == -ENOMEM || r == -EMFILE || r == -ENFILE;
}

int cg_error_errno(const struct cg_error *error)
{
    return error ? error->code : 0;
}

const char *cg_error_text(const struct cg_error *error)
{
    return error ? error->text : "out of memory";
}

struct cg_error *cg_error_free(struct cg_error *error)
{
    if (error) {
        free(error->text);
        free(error);
    }
    return NULL;
}
