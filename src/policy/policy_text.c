/* The grammars inside strings. No JSON and no host here: "all" stays a word until resolve. */
#include "policy/policy_text.h"

#include "base/error.h"
#include "cgroup/set.h"
#include "cgroup/text.h"

#include <string.h>

#define FACTOR_DIGITS 6 /* before and behind the point: POLICY_TIMES_ONE is that fine */

/* ---- sizes ---------------------------------------------------------------------------------- */

static const struct {
    const char *name;
    unsigned shift;
} units[] = {{"", 0}, {"KiB", 10}, {"MiB", 20}, {"GiB", 30}, {"TiB", 40}};

static int size_step(const char *text, uint64_t *ret)
{
    const char *at = text;
    uint64_t number;
    int r = text_number(&at, &number);

    if (r < 0)
        return r;
    for (size_t i = 0; i < ARRAY_SIZE(units); i++) {
        if (strcmp(at, units[i].name) != 0)
            continue;
        if (number > UINT64_MAX >> units[i].shift)
            return -ERANGE;
        *ret = number << units[i].shift;
        return 0;
    }
    return -EINVAL;
}

static int size_error(int r, const char *text, const char *forms, struct cg_error **err)
{
    cleanup_free char *quoted = text_quote(text);

    if (!quoted)
        return error_out_of_memory(err);
    if (r == -ERANGE)
        return error_set(err, ERANGE, "%s is out of range: more than 64 bits hold", quoted);
    return error_set(err, EINVAL, "%s is no size: write %s", quoted, forms);
}

/* "1.25" as 1250000 millionths. */
static int factor_step(const char *text, uint64_t *ret)
{
    const char *at = text;
    uint64_t whole, part = 0, unit = POLICY_TIMES_ONE;

    if (text_number(&at, &whole) < 0 || at - text > FACTOR_DIGITS)
        return -EINVAL;
    if (*at == '.') {
        if (!text_is_digit(*++at))
            return -EINVAL;
        for (; text_is_digit(*at) && unit > 1; at++) {
            unit /= 10;
            part += unit * (uint64_t)(*at - '0');
        }
    }
    if (*at || whole + part == 0)
        return -EINVAL;
    *ret = whole * POLICY_TIMES_ONE + part;
    return 0;
}

int policy_size_parse(const char *text, struct policy_size *ret, struct cg_error **err)
{
    struct policy_size size = {.kind = POLICY_SIZE_BYTES};
    int r = 0;

    if (strcmp(text, "max") == 0) {
        size.kind = POLICY_SIZE_NO_LIMIT;
    } else if (strcmp(text, "guest") == 0) {
        size.kind = POLICY_SIZE_GUEST_PLUS;
    } else if (strncmp(text, "guest+", 6) == 0) {
        size.kind = POLICY_SIZE_GUEST_PLUS;
        r = size_step(text + 6, &size.number);
    } else if (strncmp(text, "guest*", 6) == 0) {
        size.kind = POLICY_SIZE_GUEST_TIMES;
        r = factor_step(text + 6, &size.number);
    } else {
        r = size_step(text, &size.number);
    }
    if (r == 0 && size.kind == POLICY_SIZE_BYTES && size.number > POLICY_SIZE_MAX)
        r = -ERANGE;
    if (r == -ERANGE)
        return error_set(err, ERANGE,
                         "is out of range: the kernel takes up to %llu bytes; for no limit write "
                         "\"max\"",
                         POLICY_SIZE_MAX);
    if (r < 0)
        return size_error(r, text,
                          "\"8GiB\" (or KiB, MiB, TiB), \"guest+1GiB\", \"guest*1.25\" "
                          "or \"max\"",
                          err);
    *ret = size;
    return 0;
}

/* ---- CPU bandwidth -------------------------------------------------------------------------- */

int quota_parse(const char *text, struct cg_quota *ret, struct cg_error **err)
{
    struct cg_quota quota = {.quota_us = CG_NO_LIMIT, .period_us = POLICY_PERIOD_DEFAULT};
    const char *at = text;
    cleanup_free char *quoted = NULL;
    int r = 0;

    if (strncmp(at, "max", 3) == 0)
        at += 3;
    else
        r = text_number(&at, &quota.quota_us);
    if (r == 0 && *at == ' ') {
        at++;
        r = text_number(&at, &quota.period_us);
    }
    if (r == 0 && !*at) {
        *ret = quota;
        return 0;
    }
    quoted = text_quote(text);
    if (!quoted)
        return error_out_of_memory(err);
    return error_set(err, EINVAL,
                     "%s is no CPU bandwidth: write \"QUOTA PERIOD\" in microseconds, \"QUOTA\" or "
                     "\"max\"",
                     quoted);
}

int quota_check(const struct cg_quota *quota, struct cg_error **err)
{
    if (quota->quota_us != CG_NO_LIMIT &&
        (quota->quota_us < POLICY_QUOTA_MIN || quota->quota_us > POLICY_QUOTA_MAX))
        return error_set(err, ERANGE, "the quota %llu is out of range: %u to %llu microseconds",
                         (unsigned long long)quota->quota_us, POLICY_QUOTA_MIN, POLICY_QUOTA_MAX);
    if (quota->period_us < POLICY_PERIOD_MIN || quota->period_us > POLICY_PERIOD_MAX)
        return error_set(err, ERANGE, "the period %llu is out of range: %u to %u microseconds",
                         (unsigned long long)quota->period_us, POLICY_PERIOD_MIN,
                         POLICY_PERIOD_MAX);
    return 0;
}

/* ---- lists ---------------------------------------------------------------------------------- */

static int list_syntax(const char *text, const char *what, struct cg_error **err)
{
    cleanup_free char *quoted = text_quote(text);

    if (!quoted)
        return error_out_of_memory(err);
    return error_set(err, EINVAL, "%s is no list: %s; write \"0-3,8\", \"0-7,^3\" or \"all\"",
                     quoted, what);
}

/* The items from `at` up to the first of the other sign, without their ^, as one kernel list. */
static int run_take(const char **at, bool away, struct cg_set **ret, struct cg_error **err)
{
    cleanup_free char *list = malloc(strlen(*at) + 1);
    char *to = list;

    if (!list)
        return error_out_of_memory(err);
    while (**at && (**at == '^') == away) {
        size_t n;

        *at += away;
        n = strcspn(*at, ",");
        memcpy(to, *at, n);
        to += n;
        *to++ = ',';
        *at += n;
        *at += **at == ',';
    }
    to[-1] = '\0';
    return cg_set_parse(list, ret, err);
}

static int run_apply(struct policy_list *list, const struct cg_set *run, bool away)
{
    struct cg_set *set = NULL;
    int r;

    if (!list->set)
        r = cg_set_union(run, run, &set);
    else if (away && !list->all)
        r = cg_set_difference(list->set, run, &set);
    else
        r = cg_set_union(list->set, run, &set);
    if (r < 0)
        return r;
    cg_set_unref(list->set);
    list->set = set;
    return 0;
}

static int list_step(struct policy_list *list, const char **at, const char *text,
                     struct cg_error **err)
{
    bool away = **at == '^';
    cleanup_set struct cg_set *run = NULL;
    int r = run_take(at, away, &run, err);

    if (r < 0)
        return r;
    if (list->all && !away)
        return list_syntax(text, "\"all\" has them already", err);
    if (away && !list->all && (!list->set || !cg_set_contains(list->set, run)))
        return list_syntax(text, "a ^ takes away only what stands before it", err);
    r = run_apply(list, run, away);
    return r < 0 ? error_out_of_memory(err) : 0;
}

int policy_list_parse(const char *text, struct policy_list *ret, struct cg_error **err)
{
    struct policy_list list = {0};
    const char *at = text, *stray;
    size_t length = strlen(text);
    int r = 0;

    if (strncmp(at, "all", 3) == 0 && (at[3] == ',' || !at[3])) {
        list.all = true;
        at += 3;
        at += *at == ',';
    }
    if (length == 0)
        return error_set(err, EINVAL, "is empty: a guest needs one at least");
    if (text[length - 1] == ',' || *at == ',' || strstr(at, ",,"))
        return list_syntax(text, "a comma has nothing beside it", err);
    stray = at + strspn(at, "0123456789-:/,^");
    if (*stray)
        return list_syntax(text,
                           text_is_space(*stray) ? "it has white space in it"
                                                 : "it has a character that no list has",
                           err);
    while (r == 0 && *at)
        r = list_step(&list, &at, text, err);
    if (r == 0 && !list.all && cg_set_count(list.set) == 0)
        r = list_syntax(text, "nothing is left of it", err);
    if (r < 0) {
        cg_set_unref(list.set);
        return r;
    }
    *ret = list;
    return 0;
}

/* ---- comparisons ---------------------------------------------------------------------------- */

static int number_step(const char *text, bool sizes, uint64_t *ret)
{
    const char *at = text;
    int r;

    if (sizes)
        return size_step(text, ret);
    r = text_number(&at, ret);
    return r < 0 ? r : *at ? -EINVAL : 0;
}

static int span_step(const char *text, const char *dots, bool sizes, struct match_range *ret)
{
    cleanup_free char *low = strndup(text, (size_t)(dots - text));
    int r;

    if (!low)
        return -ENOMEM;
    r = number_step(low, sizes, &ret->low);
    if (r == 0)
        r = number_step(dots + 2, sizes, &ret->high);
    return r == 0 && ret->low > ret->high ? -EDOM : r;
}

static int compare_step(const char *text, bool sizes, struct match_range *ret)
{
    bool or_equal = text[1] == '=';
    uint64_t number;
    int r = number_step(text + 1 + or_equal, sizes, &number);

    *ret = (struct match_range){.low = 0, .high = UINT64_MAX};
    if (r < 0)
        return r;
    if (*text == '>' ? number == UINT64_MAX : number == 0)
        if (!or_equal)
            return -EDOM;
    if (*text == '>')
        ret->low = number + !or_equal;
    else
        ret->high = number - !or_equal;
    return 0;
}

int range_parse(const char *text, bool sizes, struct match_range *ret, struct cg_error **err)
{
    struct match_range range;
    const char *dots = strstr(text, "..");
    cleanup_free char *quoted = NULL;
    int r;

    if (*text == '<' || *text == '>') {
        r = compare_step(text, sizes, &range);
    } else if (dots) {
        r = span_step(text, dots, sizes, &range);
    } else {
        r = number_step(text, sizes, &range.low);
        range.high = range.low;
    }
    if (r == 0) {
        *ret = range;
        return 0;
    }
    quoted = text_quote(text);
    if (r == -ENOMEM || !quoted)
        return error_out_of_memory(err);
    if (r == -EDOM)
        return error_set(err, EDOM, "%s can never be: nothing lies in it", quoted);
    if (r == -ERANGE)
        return error_set(err, ERANGE, "%s is out of range: more than 64 bits hold", quoted);
    return error_set(err, EINVAL, "%s is no comparison: write %s", quoted,
                     sizes ? "\"8GiB\", \">=8GiB\" or \"8GiB..64GiB\""
                           : "\"4\", \">=8\" or \"4..8\"");
}
