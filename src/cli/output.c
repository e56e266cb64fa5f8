/* The only file that knows libsmartcols. Escaping is ours (text_escape), so that messages, tables
 * and what a user pastes back agree; the library's own would escape systemd's \x2d again. */
#include "cli/output.h"

#include "base/escape.h"

#include <libsmartcols.h>
#include <stdarg.h>
#include <string.h>

void message(const char *format, ...)
{
    va_list arguments;

    fflush(stdout); /* where both go to one place, they keep their order */
    va_start(arguments, format);
    text_print_line(stderr, "vmpin: ", format, arguments);
    va_end(arguments);
}

void print_line(const char *format, ...)
{
    va_list arguments;

    va_start(arguments, format);
    text_print_line(stdout, "", format, arguments);
    va_end(arguments);
}

static bool coloured(void)
{
    const char *no = getenv("NO_COLOR");
    const char *terminal = getenv("TERM");

    return isatty(STDOUT_FILENO) && !(no && *no) && terminal && strcmp(terminal, "dumb") != 0;
}

void table_begin(struct table *table, const struct column *columns, size_t count)
{
    *table = (struct table){.table = scols_new_table(), .columns = columns, .count = count};
    if (!table->table) {
        table->failed = true;
        return;
    }
    scols_table_enable_noencoding(table->table, 1);
    scols_table_enable_colors(table->table, coloured());
    for (size_t i = 0; i < count; i++) {
        int flags = (columns[i].flags & COLUMN_TREE ? SCOLS_FL_TREE : 0) |
                    (columns[i].flags & COLUMN_RIGHT ? SCOLS_FL_RIGHT : 0);

        if (!scols_table_new_column(table->table, columns[i].name, 0, flags))
            table->failed = true;
    }
}

struct libscols_line *table_line(struct table *table, struct libscols_line *parent)
{
    struct libscols_line *line = NULL;

    if (!table->failed)
        line = scols_table_new_line(table->table, parent);
    if (!line)
        table->failed = true;
    return line;
}

void table_set(struct table *table, struct libscols_line *line, size_t column, const char *text,
               enum shade shade)
{
    static const char *const colours[] = {[SHADE_GOOD] = "green",
                                          [SHADE_NOTICE] = "yellow",
                                          [SHADE_BAD] = "red",
                                          [SHADE_DIM] = "gray"};
    char *escaped;

    if (table->failed || !text)
        return;
    table->used |= 1u << column;
    escaped = text_escape(text);
    if (!escaped || scols_line_refer_data(line, column, escaped) < 0) {
        free(escaped);
        table->failed = true;
        return;
    }
    if (shade != SHADE_NONE)
        scols_cell_set_color(scols_line_get_cell(line, column), colours[shade]);
}

void table_set_made(struct table *table, struct libscols_line *line, size_t column,
                    const char *text, enum shade shade)
{
    if (text)
        table_set(table, line, column, text, shade);
    else
        table->failed = true;
}

int table_print(struct table *table)
{
    if (table->failed)
        return -ENOMEM;
    if (scols_table_is_empty(table->table))
        return 0;
    for (size_t i = 0; i < table->count; i++) {
        struct libscols_column *column = scols_table_get_column(table->table, i);

        if (table->columns[i].flags & COLUMN_SPARE && !(table->used & 1u << i))
            scols_column_set_flags(column, scols_column_get_flags(column) | SCOLS_FL_HIDDEN);
    }
    if (scols_print_table(table->table) == 0)
        return 0;
    return ferror(stdout) ? -EIO : -ENOMEM;
}

void table_end(struct table *table)
{
    scols_unref_table(table->table);
    table->table = NULL;
}
