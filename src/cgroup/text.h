/* The few steps that every parser of kernel text here is made of. */
#ifndef CGROUP_TEXT_H
#define CGROUP_TEXT_H

#include "base/cleanup.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

static inline bool text_is_space(char c)
{
    return c == ' ' || c == '\n' || c == '\t' || c == '\r';
}

static inline bool text_is_digit(char c)
{
    return c >= '0' && c <= '9';
}

/* Decimal digits at *at, stepping over them. -EINVAL: none there; -ERANGE: beyond 64 bits. */
int text_number(const char **at, uint64_t *ret);
/* The same, or hexadecimal digits behind "0x". */
int text_any_number(const char **at, uint64_t *ret);

/* Is it one of the words that white space separates? */
bool text_has_word(const char *words, const char *word, size_t length);

/* The same of a number with two decimals at most ("12.5"), in hundredths. More decimals: -EINVAL.
 */
int text_hundredths(const char **at, uint64_t *ret);

/* "MAJOR:MINOR" of a device, stepping over it. -EINVAL: not there. */
int text_device(const char **at, unsigned *ret_major, unsigned *ret_minor);

/* A new string, owned by the caller. -ENOMEM, and *ret is left alone. */
int text_print(char **ret, const char *format, ...) printf_like(2, 3);

/* The text between quotes, safe to show (base/escape.h), without the white space around it and cut
 * where it is long. Owned by the caller; NULL when out of memory. */
char *text_quote(const char *text);

#endif
