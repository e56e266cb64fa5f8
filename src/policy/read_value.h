/* One role's part of a policy while it is read: a value for each attribute, and what was written
 * for it. */
#ifndef POLICY_READ_VALUE_H
#define POLICY_READ_VALUE_H

#include "policy/parser.h"

struct setting_reading {
    struct policy_setting setting;
    bool good;           /* the setting is complete and may be kept */
    const char *key;     /* as written; NULL: not there */
    const char *second;  /* the second key, v1's period; NULL: not there */
    const json_t *value; /* of `key` */
    const json_t *second_value;
    uint64_t period_us;
};

struct role_reading {
    struct policy_pattern pattern;
    struct setting_reading readings[POLICY_ATTRIBUTES];
};

/* Reads the value of one key, whose place->above is the controller. */
void read_value(struct parser *parser, const struct place *place, const json_t *value,
                const struct policy_key *key, struct role_reading *role);

/* Joins quota and period and checks what two keys of the role demand of each other. `place` is the
 * role's. */
void finish_role(struct parser *parser, const struct place *place, struct role_reading *role);

#endif
