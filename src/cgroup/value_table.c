/* Values that are many numbers, or names. Their kinds differ in what stands on a line and in how a
 * number is spelled; all are kept as rows of (key, sub, number). Keys are kept as they stand. */
#include "base/error.h"
#include "cgroup/text.h"
#include "cgroup/value.h"

#include <inttypes.h>
#include <limits.h>
#include <string.h>

#define COLUMNS_MAX 8

struct parse {
    const struct cg_attr *attr;
    enum value_source source;
    struct cg_value *value;
    const char *columns[COLUMNS_MAX]; /* COLUMNS: the names in the first line */
    size_t column_count;
};

static size_t rows_at_most(const char *text)
{
    size_t words = 0;

    for (const char *s = text; *s; s++)
        words += !text_is_space(*s) && (s == text || text_is_space(s[-1]));
    return words;
}

/* Percentages: pressure's averages, and io.stat's of block/blk-iocost.c. */
static bool is_hundredths(enum cg_kind kind, const char *sub)
{
    if (!sub)
        return false;
    return kind == CG_PRESSURE ? strncmp(sub, "avg", 3) == 0 : strcmp(sub, "cost.vrate") == 0;
}

/* Whether a cell may be CG_NO_LIMIT. */
static bool may_be_unlimited(const struct cg_attr *attr)
{
    return attr->kind == CG_RATES || attr->says_max;
}

/* "max" is CG_NO_LIMIT; so is a rate of 0, as the kernel takes it; a weight of 0 is "default". */
static int cell_parse(const struct cg_attr *attr, const char *sub, const char *text, uint64_t *ret)
{
    enum cg_kind kind = attr->kind;
    int r;

    if (may_be_unlimited(attr) && strcmp(text, "max") == 0) {
        *ret = CG_NO_LIMIT;
        return 0;
    }
    if (kind == CG_WEIGHTS && strcmp(text, "default") == 0) {
        *ret = 0;
        return 0;
    }
    r = is_hundredths(kind, sub) ? text_hundredths(&text, ret) : text_number(&text, ret);
    if (r == 0 && kind == CG_RATES && *ret == 0)
        *ret = CG_NO_LIMIT;
    return r == 0 && *text ? -EINVAL : r;
}

/* Of two spellings, the one that cell_parse() reads as the number. */
static void cell_format(const struct cg_attr *attr, const char *sub, uint64_t number,
                        char into[VALUE_NUMBER_SIZE])
{
    enum cg_kind kind = attr->kind;

    if (number == CG_NO_LIMIT && may_be_unlimited(attr))
        snprintf(into, VALUE_NUMBER_SIZE, "%s", kind == CG_RATES ? "0" : "max");
    else if (kind == CG_WEIGHTS && number == 0)
        snprintf(into, VALUE_NUMBER_SIZE, "default");
    else if (is_hundredths(kind, sub))
        snprintf(into, VALUE_NUMBER_SIZE, "%" PRIu64 ".%02" PRIu64, number / 100, number % 100);
    else
        snprintf(into, VALUE_NUMBER_SIZE, "%" PRIu64, number);
}

static char *next_word(char **at)
{
    char *word;

    do
        word = strsep(at, " \t\r");
    while (word && !*word);
    return word;
}

static const char default_key[] = "default";

static bool is_device(const char *key)
{
    unsigned major, minor;

    return text_device(&key, &major, &minor) == 0 && !*key;
}

static bool is_written(const struct cg_attr *attr, const char *key)
{
    for (const char *const *word = attr->words; word && *word; word++)
        if (strcmp(*word, key) == 0)
            return true;
    return !attr->words;
}

/* What a user says must be what the kernel would take. */
static int check_row(const struct parse *parse, const struct cg_row *row)
{
    const struct cg_attr *attr = parse->attr;

    if ((attr->kind == CG_RATES && !is_device(row->key)) ||
        (attr->kind == CG_WEIGHTS && strcmp(row->key, default_key) != 0 && !is_device(row->key)))
        return -EINVAL;
    if (parse->source == VALUE_FROM_KERNEL)
        return 0;
    if (attr->kind == CG_TASKS && row->number > INT_MAX)
        return -ERANGE;
    if (attr->kind == CG_NAMES && !(attr->flags & CG_ATTR_READ_ONLY) && *row->key != '+' &&
        *row->key != '-')
        return -EINVAL;
    if (row->number == CG_NO_LIMIT && may_be_unlimited(attr))
        return 0;
    if (!attr->max || !row->key || !is_written(attr, row->key) ||
        (attr->kind == CG_WEIGHTS && row->number == 0 && strcmp(row->key, default_key) != 0))
        return 0;
    return row->number < attr->min || row->number > attr->max ? -ERANGE : 0;
}

static int add_row(struct parse *parse, struct cg_row row, const char *number)
{
    int r = number ? cell_parse(parse->attr, row.sub, number, &row.number) : 0;

    if (r == 0)
        r = check_row(parse, &row);
    if (r == 0)
        parse->value->rows[parse->value->count++] = row;
    return r;
}

/* "KEY NUMBER"; SPLIT has "KEY SUB NUMBER" too, v2's WEIGHTS the default's "NUMBER". */
static int table_line(struct parse *parse, char *line)
{
    const char *key = next_word(&line), *second = next_word(&line), *third = next_word(&line);

    if (!key)
        return 0;
    if (!second && parse->attr->kind == CG_WEIGHTS && parse->attr->version == 2)
        return add_row(parse, (struct cg_row){.key = default_key}, key);
    if (!second || (third && parse->attr->kind != CG_SPLIT) || next_word(&line))
        return -EINVAL;
    return third ? add_row(parse, (struct cg_row){.key = key, .sub = second}, third)
                 : add_row(parse, (struct cg_row){.key = key}, second);
}

/* "NAME=NUMBER": cuts the text at the sign. */
static int cut_assignment(char *text, const char **ret_number)
{
    char *sign = strchr(text, '=');

    if (!sign || sign == text)
        return -EINVAL;
    *sign = '\0';
    *ret_number = sign + 1;
    return 0;
}

/* "KEY SUB=NUMBER ..."; v1's numa_stat begins its lines with KEY=NUMBER. */
static int nested_line(struct parse *parse, char *line)
{
    char *key = next_word(&line), *word = key;
    const char *number;
    int r = 0;

    if (key && strchr(key, '=')) {
        r = cut_assignment(key, &number);
        if (r == 0)
            r = add_row(parse, (struct cg_row){.key = key}, number);
    }
    while (r == 0 && (word = next_word(&line))) {
        r = cut_assignment(word, &number);
        if (r == 0)
            r = add_row(parse, (struct cg_row){.key = key, .sub = word}, number);
    }
    return r;
}

static int list_line(struct parse *parse, char *line)
{
    bool names = parse->attr->kind == CG_NAMES;
    const char *word;
    int r = 0;

    while (r == 0 && (word = next_word(&line)))
        r = add_row(parse, (struct cg_row){.key = names ? word : NULL}, names ? NULL : word);
    return r;
}

static int columns_header(struct parse *parse, char *line)
{
    const char *word = next_word(&line);

    if (!word)
        return 0;
    if (strcmp(word, parse->attr->words[0]) != 0)
        return -EINVAL;
    while ((word = next_word(&line))) {
        if (parse->column_count == COLUMNS_MAX)
            return -EINVAL;
        parse->columns[parse->column_count++] = word;
    }
    return parse->column_count ? 0 : -EINVAL;
}

static int columns_line(struct parse *parse, char *line)
{
    const char *key, *word;
    size_t column = 0;
    int r = 0;

    if (!parse->column_count)
        return columns_header(parse, line);
    key = next_word(&line);
    while (r == 0 && (word = next_word(&line)))
        r = column == parse->column_count
                ? -EINVAL
                : add_row(parse, (struct cg_row){.key = key, .sub = parse->columns[column++]},
                          word);
    return r == 0 && key && column < parse->column_count ? -EINVAL : r;
}

static int parse_line(struct parse *parse, char *line)
{
    switch (parse->attr->kind) {
    case CG_NESTED:
    case CG_PRESSURE:
        return nested_line(parse, line);
    case CG_LIST:
    case CG_TASKS:
    case CG_NAMES:
        return list_line(parse, line);
    case CG_COLUMNS:
        return columns_line(parse, line);
    default:
        return table_line(parse, line);
    }
}

int value_table_parse(const struct cg_attr *attr, const char *text, enum value_source source,
                      struct cg_value **ret, struct cg_error **err)
{
    size_t rows = rows_at_most(text), length = strlen(text);
    cleanup_value struct cg_value *value =
        value_new(attr, rows * sizeof(struct cg_row) + length + 1);
    struct parse parse = {.attr = attr, .source = source, .value = value};
    char *at, *line;

    if (!value)
        return error_out_of_memory(err);
    value->rows = (struct cg_row *)(value + 1);
    at = (char *)(value->rows + rows);
    memcpy(at, text, length);
    for (unsigned number = 1; (line = strsep(&at, "\n")); number++) {
        int r = parse_line(&parse, line);

        if (r < 0)
            return error_set(err, -r, "%s, line %u: %s", attr->name, number,
                             r == -ERANGE ? "a number is out of range"
                                          : "not as the kernel's document has it");
    }
    *ret = steal_pointer(&value);
    return 0;
}

static int append_text(struct buffer *text, const char *more)
{
    return buffer_append(text, more, strlen(more));
}

static bool same_text(const char *a, const char *b)
{
    return a && b ? strcmp(a, b) == 0 : a == b;
}

static bool is_nested(enum cg_kind kind)
{
    return kind == CG_NESTED || kind == CG_PRESSURE;
}

/* Whether row `i` stands on the line of the one before it: those of a line share their key. The
 * first column begins another line, whatever its key. */
static bool continues_line(const struct cg_value *value, size_t i)
{
    const struct cg_row *row = &value->rows[i];
    enum cg_kind kind = value->attr->kind;

    if (kind == CG_LIST || kind == CG_NAMES)
        return true;
    if (kind == CG_COLUMNS && same_text(row->sub, value->rows[0].sub))
        return false;
    return (is_nested(kind) || kind == CG_COLUMNS) && row->sub && same_text(row[-1].key, row->key);
}

/* The first line of COLUMNS: the names are those of the first line's rows. */
static int append_header(struct buffer *text, const struct cg_value *value)
{
    int r = append_text(text, value->attr->words[0]);

    for (size_t i = 0; r == 0 && i < value->count && (i == 0 || continues_line(value, i)); i++) {
        r = append_text(text, " ");
        if (r == 0)
            r = append_text(text, value->rows[i].sub);
    }
    return r == 0 ? append_text(text, "\n") : r;
}

static int append_row(struct buffer *text, const struct cg_attr *attr, const struct cg_row *row,
                      bool line_begins)
{
    enum cg_kind kind = attr->kind;
    bool assigned = is_nested(kind);
    const char *sub = kind == CG_COLUMNS ? NULL : row->sub;
    char number[VALUE_NUMBER_SIZE];
    int r = row->key && line_begins ? append_text(text, row->key) : 0;

    if (kind == CG_NAMES)
        return r;
    if (r == 0 && sub && line_begins)
        r = append_text(text, " ");
    if (r == 0 && sub)
        r = append_text(text, sub);
    if (r == 0 && (sub || (row->key && line_begins)))
        r = append_text(text, assigned ? "=" : " ");
    cell_format(attr, row->sub, row->number, number);
    return r == 0 ? append_text(text, number) : r;
}

int value_table_format(const struct cg_value *value, char **ret)
{
    enum cg_kind kind = value->attr->kind;
    const struct cg_row *rows = value->rows;
    cleanup_buffer struct buffer text = {0};
    int r = buffer_append(&text, "", 0);

    if (kind == CG_COLUMNS && value->count > 0)
        r = append_header(&text, value);
    for (size_t i = 0; r == 0 && i < value->count; i++) {
        bool begins = i == 0 || !continues_line(value, i);

        r = append_text(&text, i == 0 ? "" : begins ? "\n" : " ");
        if (r == 0)
            r = append_row(&text, value->attr, &rows[i], begins || kind == CG_NAMES);
    }
    if (r == 0)
        *ret = steal_pointer(&text.data);
    return r;
}

int value_table_written(const struct cg_value *value, char **ret)
{
    for (size_t i = 0; i < value->count; i++)
        if (is_written(value->attr, value->rows[i].key))
            return text_print(ret, "%" PRIu64, value->rows[i].number);
    return -EINVAL;
}

/* A word as the kernel's lines have them. */
static bool is_key(enum cg_kind kind, const char *key)
{
    return *key && !strpbrk(key, is_nested(kind) ? " \t\r\n=" : " \t\r\n");
}

bool value_table_takes(const struct cg_attr *attr, const struct cg_row *row)
{
    enum cg_kind kind = attr->kind;
    bool keyed = kind != CG_LIST && kind != CG_TASKS;
    bool may_have_sub = is_nested(kind) || kind == CG_SPLIT || kind == CG_COLUMNS;

    if ((row->key != NULL) != keyed || (row->sub && !may_have_sub) ||
        (!row->sub && kind == CG_COLUMNS))
        return false;
    return (!row->key || is_key(kind, row->key)) && (!row->sub || is_key(kind, row->sub));
}

bool value_table_equal(const struct cg_value *a, const struct cg_value *b)
{
    if (a->count != b->count)
        return false;
    for (size_t i = 0; i < a->count; i++) {
        const struct cg_row *left = &a->rows[i], *right = &b->rows[i];

        if (left->number != right->number || !same_text(left->key, right->key) ||
            !same_text(left->sub, right->sub))
            return false;
    }
    return true;
}
