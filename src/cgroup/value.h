/* Values inside libcgtree: what cgtree.h does not show. */
#ifndef CGROUP_VALUE_H
#define CGROUP_VALUE_H

#include "cgroup/attr.h"
#include "cgroup/set.h"

DEFINE_CLEANUP(struct cg_value *, cg_value_unref);
#define cleanup_value cleanup_with(cg_value_unrefp)

/* 24 bytes, and what `rows`, `rules` and `text` point at right behind them: an agent keeps
 * thousands. */
struct cg_value {
    unsigned references;
    union {
        unsigned period_us; /* QUOTA */
        unsigned count;     /* of rows or rules */
    };
    const struct cg_attr *attr;
    union {
        uint64_t number;              /* of kinds that are one number; QUOTA: the quota */
        int64_t integer;              /* INT */
        struct cg_set *set;           /* SET: a reference */
        struct cg_row *rows;          /* value_has_rows(); keys point into the text behind */
        struct cg_device_rule *rules; /* DEVICES */
        char *text;                   /* TEXT, WORD */
    };
};

bool value_has_rows(enum cg_kind kind);
/* Whether the kernel takes such a value a line a write. */
bool value_is_lines(enum cg_kind kind);

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

/* `CG_NO_LIMIT` in the attribute's words. */
const char *value_no_limit(const struct cg_attr *attr);
/* Whether the attribute can have none. */
bool value_takes_no_limit(const struct cg_attr *attr);

/* What the attribute's sizes are rounded down to, in bytes, where they are. */
uint64_t value_page(const struct cg_attr *attr);

/* value_table.c: what has rows. */
int value_table_parse(const struct cg_attr *attr, const char *text, enum value_source source,
                      struct cg_value **ret, struct cg_error **err);
int value_table_format(const struct cg_value *value, char **ret);
/* Whether the row has the keys that those of the attribute's lines have. */
bool value_table_takes(const struct cg_attr *attr, const struct cg_row *row);
/* What is written of a TABLE of which only some numbers are. -EINVAL: it has none of them. */
int value_table_written(const struct cg_value *value, char **ret);
bool value_table_equal(const struct cg_value *a, const struct cg_value *b);

/* value_device.c: DEVICES. */
int value_device_parse(const struct cg_attr *attr, const char *text, enum value_source source,
                       struct cg_value **ret, struct cg_error **err);
int value_device_format(const struct cg_value *value, char **ret);
bool value_device_equal(const struct cg_value *a, const struct cg_value *b);

#endif
