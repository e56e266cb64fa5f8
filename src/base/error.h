/* The error object of libcgtree and of every layer above it: an errno for programs and one
 * sentence for people (what was refused, where, and what to do). Functions that can fail take a
 * `struct cg_error **err` last; it may be NULL, and is left alone on success. */
#ifndef BASE_ERROR_H
#define BASE_ERROR_H

#include "base/cleanup.h"

#include <stdbool.h>

struct cg_error {
    int code; /* a positive errno */
    char *text;
};

/* Sets *err (replacing what was there) and returns -code, so that `return error_set(...)` reads
 * well. With err NULL only the return value is left. */
int error_set(struct cg_error **err, int code, const char *format, ...) printf_like(3, 4);

/* Puts "FORMAT: " in front of the text of *err, if there is one. Returns `r`, whatever it is. */
int error_prefix(struct cg_error **err, int r, const char *format, ...) printf_like(3, 4);

int error_out_of_memory(struct cg_error **err);

/* -ENOMEM, -EMFILE, -ENFILE: memory or descriptors ran out, which tells nothing of what was asked
 * for; least of all that it is not there. */
bool error_is_want(int r);

/* The public faces, declared in cgtree.h too. */
#pragma GCC visibility push(default)
int cg_error_errno(const struct cg_error *error);
const char *cg_error_text(const struct cg_error *error);
struct cg_error *cg_error_free(struct cg_error *error);
#pragma GCC visibility pop
DEFINE_CLEANUP(struct cg_error *, cg_error_free);
#define cleanup_error cleanup_with(cg_error_freep)

#endif
