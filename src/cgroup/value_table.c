/* Values that are many numbers: "KEY VALUE" lines, "KEY SUB=VALUE ..." lines (v1's numa_stat begins
 * them with KEY=VALUE) and plain lists. Keys are kept as they stand; "max" is CG_NO_LIMIT. */
#include "base/error.h"
#include "cgroup/text.h"
#include "cgroup/value.h"

#include <inttypes.h>
#include <string.h>

static size_t rows_at_most(enum cg_kind kind, const char *text)
{
    size_t lines = 1, words = 0;

    for (const char *s = text; *s; s++) {
        lines += *s == '\n';
        words += !text_is_space(*s) && (s == text || text_is_space(s[-1]));
    }
    return kind == CG_TABLE ? lines : words;
}

static int whole_number(const char *text, uint64_t *ret)
{
    int r = 0;

    if (strcmp(text, "max") == 0)
        *ret = CG_NO_LIMIT;
    else
        r = text_number(&text, ret);
    return r == 0 && *text && strcmp(text, "max") != 0 ? -EINVAL : r;
}

/* "NAME=NUMBER": cuts the text at the sign. */
static int assignment(char *text, const char **ret_name, uint64_t *ret)
{
    char *sign = strchr(text, '=');

    if (!sign || sign == text)
        return -EINVAL;
    *sign = '\0';
    *ret_name = text;
    return whole_number(sign + 1, ret);
}

static char *next_word(char **at)
{
    char *word;

    do
        word = strsep(at, " \t\r");
    while (word && !*word);
    return word;
}

static int table_line(struct cg_value *value, char *line)
{
    struct value_row row = {.key = next_word(&line)};
    const char *number = next_word(&line);
    int r;

    if (!row.key)
        return 0;
    r = number && !next_word(&line) ? whole_number(number, &row.number) : -EINVAL;
    if (r == 0)
        value->rows[value->count++] = row;
    return r;
}

static int nested_line(struct cg_value *value, char *line)
{
    char *word = next_word(&line);
    struct value_row row = {.key = word};
    int r = 0;

    if (word && strchr(word, '=')) {
        r = assignment(word, &row.key, &row.number);
        if (r == 0)
            value->rows[value->count++] = row;
    }
    while (r == 0 && (word = next_word(&line))) {
        r = assignment(word, &row.sub, &row.number);
        if (r == 0)
            value->rows[value->count++] = row;
    }
    return r;
}

static int list_line(struct cg_value *value, char *line)
{
    const char *word;
    int r = 0;

    while (r == 0 && (word = next_word(&line))) {
        struct value_row row = {0};

        r = whole_number(word, &row.number);
        if (r == 0)
            value->rows[value->count++] = row;
    }
    return r;
}

static int parse_line(struct cg_value *value, char *line)
{
    switch (value->attr->kind) {
    case CG_TABLE:
        return table_line(value, line);
    case CG_NESTED:
        return nested_line(value, line);
    default:
        return list_line(value, line);
    }
}

int value_table_parse(const struct cg_attr *attr, const char *text, struct cg_value **ret,
                      struct cg_error **err)
{
    size_t rows = rows_at_most(attr->kind, text), length = strlen(text);
    cleanup_value struct cg_value *value =
        value_new(attr, rows * sizeof(struct value_row) + length + 1);
    char *at, *line;

    if (!value)
        return error_out_of_memory(err);
    value->rows = (struct value_row *)(value + 1);
    at = (char *)(value->rows + rows);
    memcpy(at, text, length);
    for (unsigned number = 1; (line = strsep(&at, "\n")); number++) {
        int r = parse_line(value, line);

        if (r < 0)
            return error_set(err, -r, "%s, line %u: not as the kernel's document has it",
                             attr->name, number);
    }
    *ret = steal_pointer(&value);
    return 0;
}

static int append_text(struct buffer *text, const char *more)
{
    return buffer_append(text, more, strlen(more));
}

static int append_number(struct buffer *text, uint64_t number)
{
    char digits[VALUE_NUMBER_SIZE];

    snprintf(digits, sizeof(digits), "%" PRIu64, number);
    return append_text(text, number == CG_NO_LIMIT ? "max" : digits);
}

/* What stands between the number of the row `before` and that of `row`. */
static int append_names(struct buffer *text, const struct value_row *before,
                        const struct value_row *row, enum cg_kind kind)
{
    bool same_line = before && before->key == row->key;
    int r = 0;

    if (kind == CG_LIST)
        return before ? append_text(text, " ") : 0;
    if (!same_line) {
        r = before ? append_text(text, "\n") : 0;
        if (r == 0)
            r = append_text(text, row->key);
    }
    if (r == 0 && row->sub) {
        r = append_text(text, " ");
        if (r == 0)
            r = append_text(text, row->sub);
    }
    return r == 0 ? append_text(text, kind == CG_TABLE ? " " : "=") : r;
}

int value_table_format(const struct cg_value *value, char **ret)
{
    const struct value_row *rows = value->rows;
    cleanup_buffer struct buffer text = {0};
    int r = buffer_append(&text, "", 0);

    for (size_t i = 0; r == 0 && i < value->count; i++) {
        r = append_names(&text, i ? &rows[i - 1] : NULL, &rows[i], value->attr->kind);
        if (r == 0)
            r = append_number(&text, rows[i].number);
    }
    if (r == 0)
        *ret = steal_pointer(&text.data);
    return r;
}

static bool same_text(const char *a, const char *b)
{
    return a && b ? strcmp(a, b) == 0 : a == b;
}

bool value_table_equal(const struct cg_value *a, const struct cg_value *b)
{
    if (a->count != b->count)
        return false;
    for (size_t i = 0; i < a->count; i++) {
        const struct value_row *left = &a->rows[i], *right = &b->rows[i];

        if (left->number != right->number || !same_text(left->key, right->key) ||
            !same_text(left->sub, right->sub))
            return false;
    }
    return true;
}
