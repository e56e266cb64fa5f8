/* Values inside libcgtree: what cgtree.h does not show. */
#ifndef CGROUP_VALUE_H
#define CGROUP_VALUE_H

#include "cgroup/attr.h"
#include "cgroup/set.h"

DEFINE_CLEANUP(struct cg_value *, cg_value_unref);
#define cleanup_value cleanup_with(cg_value_unrefp)

struct value_row {
    const char *key, *sub; /* into the value's own text; NULL where none */
    uint64_t number;
};

/* 24 bytes, and what `rows` and `text` point at right behind them: an agent keeps thousands. */
struct cg_value {
    unsigned references;
    union {
        unsigned period_us; /* QUOTA */
        unsigned count;     /* TABLE, NESTED, LIST: of rows */
    };
    const struct cg_attr *attr;
    union {
        uint64_t number;        /* UINT, FLAG, BITS, SIZE; QUOTA: the quota */
        int64_t integer;        /* INT */
        struct cg_set *set;     /* SET: a reference */
        struct value_row *rows; /* TABLE, NESTED, LIST */
        char *text;             /* TEXT */
    };
};

enum value_source {
    VALUE_FROM_USER,
    VALUE_FROM_KERNEL, /* no range is checked: a group that is idle has the weight 0 */
};

int value_parse(const struct cg_attr *attr, const char *text, enum value_source source,
                struct cg_value **ret, struct cg_error **err);

/* A value with one reference and nothing in it; `extra` bytes more. NULL when out of memory. */
struct cg_value *value_new(const struct cg_attr *attr, size_t extra);

/* What the kernel takes as a write of file `index` of the attribute. */
#define VALUE_NUMBER_SIZE 24
int value_write_text(const struct cg_value *value, unsigned index, char **ret);

/* `CG_NO_LIMIT` in the words of that version of control groups. */
const char *value_no_limit(int version);

/* value_table.c: TABLE, NESTED and LIST. */
int value_table_parse(const struct cg_attr *attr, const char *text, struct cg_value **ret,
                      struct cg_error **err);
int value_table_format(const struct cg_value *value, char **ret);
bool value_table_equal(const struct cg_value *a, const struct cg_value *b);

#endif
