/* What people see: messages on stderr and tables on stdout, both with text from elsewhere escaped.
 * libsmartcols draws the tables; colour only on a terminal and without NO_COLOR. Nothing is cut to
 * the terminal's width: a line that is too long goes on in the next one. */
#ifndef CLI_OUTPUT_H
#define CLI_OUTPUT_H

#include "base/cleanup.h"

#include <stdbool.h>
#include <stddef.h>

/* "vmpin: TEXT" on stderr, one line, control characters escaped. */
void message(const char *format, ...) printf_like(1, 2);
/* The same text on stdout, without "vmpin: ". */
void print_line(const char *format, ...) printf_like(1, 2);

struct libscols_table;
struct libscols_line;

enum column_flags {
    COLUMN_TREE = 1,  /* lines with a parent hang below it here */
    COLUMN_RIGHT = 2, /* numbers */
    COLUMN_SPARE = 4, /* left out where no line has anything in it */
};

struct column {
    const char *name;
    unsigned flags; /* enum column_flags */
};

enum shade { SHADE_NONE, SHADE_GOOD, SHADE_NOTICE, SHADE_BAD, SHADE_DIM };

/* Failures (memory) stick and are told by table_print(). */
struct table {
    struct libscols_table *table;
    const struct column *columns;
    size_t count;
    unsigned used; /* a bit for each column that has something in it */
    bool failed;
};
/* `columns` must live as long as the table. */
void table_begin(struct table *table, const struct column *columns, size_t count);
/* A new line, below `parent` in the tree column, or on top with NULL. */
struct libscols_line *table_line(struct table *table, struct libscols_line *parent);
/* `text` NULL leaves the field empty. */
void table_set(struct table *table, struct libscols_line *line, size_t column, const char *text,
               enum shade shade);
/* The same of a text that was made for it: NULL means that there was no memory. */
void table_set_made(struct table *table, struct libscols_line *line, size_t column,
                    const char *text, enum shade shade);
int table_print(struct table *table); /* 0 or -ENOMEM, -EIO; nothing is printed for no lines */
void table_end(struct table *table);
#define cleanup_table cleanup_with(table_end)

#endif
