#include "base/escape.h"

#include <string.h>

#define DEL 0x7f

/* The length of the UTF-8 character at `s`, 0 when it is none or is a control character. Overlong
 * forms, surrogates and C1 controls count as none: terminals act on some of them. */
static size_t printable(const unsigned char *s)
{
    static const struct {
        unsigned char mask, lead;
        unsigned char length;
        unsigned long least;
    } forms[] = {{0x80, 0x00, 1, 0x20},
                 {0xe0, 0xc0, 2, 0xa0},
                 {0xf0, 0xe0, 3, 0x800},
                 {0xf8, 0xf0, 4, 0x10000}};

    for (size_t i = 0; i < ARRAY_SIZE(forms); i++) {
        unsigned long code;

        if ((s[0] & forms[i].mask) != forms[i].lead)
            continue;
        code = s[0] & (unsigned char)~forms[i].mask;
        for (size_t k = 1; k < forms[i].length; k++) {
            if ((s[k] & 0xc0) != 0x80)
                return 0;
            code = code << 6 | (s[k] & 0x3f);
        }
        if (code < forms[i].least || code == DEL || code > 0x10ffff ||
            (code >= 0xd800 && code <= 0xdfff) || (code >= 0x202a && code <= 0x202e) ||
            (code >= 0x2066 && code <= 0x2069))
            return 0;
        return forms[i].length;
    }
    return 0;
}

char *text_escape(const char *text)
{
    static const char hex[] = "0123456789abcdef";
    char *out = malloc(strlen(text) * 4 + 1), *to = out;

    if (!out)
        return NULL;
    for (const unsigned char *s = (const unsigned char *)text; *s;) {
        size_t n = printable(s);

        if (n == 0) {
            *to++ = '\\';
            *to++ = 'x';
            *to++ = hex[*s >> 4];
            *to++ = hex[*s++ & 15];
            continue;
        }
        memcpy(to, s, n);
        to += n;
        s += n;
    }
    *to = '\0';
    return out;
}

void text_print_line(FILE *to, const char *prefix, const char *format, va_list arguments)
{
    cleanup_free char *text = NULL, *escaped = NULL;

    if (vasprintf(&text, format, arguments) < 0)
        text = NULL;
    escaped = text ? text_escape(text) : NULL;
    fprintf(to, "%s%s\n", prefix, escaped ? escaped : "out of memory");
}

int text_print_json(const char *piece, size_t size, void *file)
{
    for (size_t i = 0; i < size; i++)
        if ((piece[i] == DEL ? fputs("\\u007f", file) : fputc(piece[i], file)) == EOF)
            return -1;
    return 0;
}
