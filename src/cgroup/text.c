#include "cgroup/text.h"

#include "base/escape.h"

#include <ctype.h>
#include <limits.h>
#include <stdarg.h>
#include <string.h>

#define QUOTE_LIMIT 60

int text_number(const char **at, uint64_t *ret)
{
    const char *s = *at;
    uint64_t number = 0;

    if (!text_is_digit(*s))
        return -EINVAL;
    for (; text_is_digit(*s); s++)
        if (__builtin_mul_overflow(number, 10, &number) ||
            __builtin_add_overflow(number, (uint64_t)(*s - '0'), &number))
            return -ERANGE;
    *at = s;
    *ret = number;
    return 0;
}

static unsigned hexadecimal(char c)
{
    return text_is_digit(c) ? (unsigned)(c - '0') : (unsigned)((c | 0x20) - 'a') + 10;
}

int text_any_number(const char **at, uint64_t *ret)
{
    const char *s = *at;
    uint64_t number = 0;

    if (s[0] != '0' || (s[1] | 0x20) != 'x')
        return text_number(at, ret);
    s += 2;
    if (!isxdigit((unsigned char)*s))
        return -EINVAL;
    for (; isxdigit((unsigned char)*s); s++) {
        if (number >> 60)
            return -ERANGE;
        number = number << 4 | hexadecimal(*s);
    }
    *at = s;
    *ret = number;
    return 0;
}

bool text_has_word(const char *words, const char *word, size_t length)
{
    for (const char *at = words; *(at += strspn(at, " \n"));) {
        size_t n = strcspn(at, " \n");

        if (n == length && strncmp(at, word, n) == 0)
            return true;
        at += n;
    }
    return false;
}

int text_hundredths(const char **at, uint64_t *ret)
{
    const char *s = *at;
    uint64_t number, hundredths = 0;
    int r = text_number(&s, &number);

    if (r < 0)
        return r;
    if (s[0] == '.') {
        if (!text_is_digit(s[1]))
            return -EINVAL;
        hundredths = (uint64_t)(s[1] - '0') * 10;
        hundredths += text_is_digit(s[2]) ? (uint64_t)(s[2] - '0') : 0;
        s += text_is_digit(s[2]) ? 3 : 2;
    }
    if (__builtin_mul_overflow(number, 100, &number) ||
        __builtin_add_overflow(number, hundredths, &number))
        return -ERANGE;
    if (text_is_digit(*s))
        return -EINVAL;
    *at = s;
    *ret = number;
    return 0;
}

static int device_part(const char **at, unsigned *ret)
{
    uint64_t number;
    int r = text_number(at, &number);

    if (r < 0 || number >= UINT_MAX)
        return -EINVAL;
    *ret = (unsigned)number;
    return 0;
}

int text_device(const char **at, unsigned *ret_major, unsigned *ret_minor)
{
    const char *s = *at;

    if (device_part(&s, ret_major) < 0 || *s++ != ':' || device_part(&s, ret_minor) < 0)
        return -EINVAL;
    *at = s;
    return 0;
}

int text_print(char **ret, const char *format, ...)
{
    char *text = NULL;
    va_list args;
    int n;

    va_start(args, format);
    n = vasprintf(&text, format, args);
    va_end(args);
    if (n < 0)
        return -ENOMEM;
    *ret = text;
    return 0;
}

char *text_quote(const char *text)
{
    cleanup_free char *cut = NULL, *safe = NULL;
    char *quoted = NULL;
    size_t length;
    bool whole;

    while (text_is_space(*text))
        text++;
    length = strlen(text);
    while (length > 0 && text_is_space(text[length - 1]))
        length--;
    whole = length <= QUOTE_LIMIT;
    if (!whole)
        /* Not in the middle of a UTF-8 character. */
        for (length = QUOTE_LIMIT; length > 0 && ((unsigned char)text[length] & 0xc0) == 0x80;)
            length--;
    cut = strndup(text, length);
    safe = cut ? text_escape(cut) : NULL;
    if (!safe || text_print(&quoted, "\"%s%s\"", safe, whole ? "" : "...") < 0)
        return NULL;
    return quoted;
}
