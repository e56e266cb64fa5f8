/* Text from elsewhere (guest names, titles, file names) made safe to show: control characters and
 * bytes that are not UTF-8 become \xNN, so no name can move the cursor. A backslash stays as it is:
 * systemd's own names are full of \x2d, and a user must be able to paste them. */
#ifndef BASE_ESCAPE_H
#define BASE_ESCAPE_H

#include "base/cleanup.h"

#include <stdarg.h>

/* The escaped copy, owned by the caller; NULL when out of memory. */
char *text_escape(const char *text);

/* One line: the prefix, then the text, escaped. */
void text_print_line(FILE *to, const char *prefix, const char *format, va_list arguments)
    printf_like(3, 0);

/* A json_dump_callback_t: prints a piece of JSON in ASCII to `file`, a FILE, with DEL escaped,
 * which jansson leaves as it is. -1: it could not. */
int text_print_json(const char *piece, size_t size, void *file);

#endif
