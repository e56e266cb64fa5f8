/* Values about devices: the rules of v1's devices controller, and the rates of blkio.throttle. */
#include "base/error.h"
#include "cgroup/text.h"
#include "cgroup/value.h"

#include <inttypes.h>
#include <string.h>

static const struct {
    char letter;
    unsigned bit;
} accesses[] = {{'r', CG_DEVICE_READ}, {'w', CG_DEVICE_WRITE}, {'m', CG_DEVICE_MKNOD}};

static int access_parse(const char *word, unsigned *ret)
{
    unsigned access = 0;

    for (; *word; word++) {
        unsigned bit = 0;

        for (size_t i = 0; i < ARRAY_SIZE(accesses); i++)
            bit |= accesses[i].letter == *word ? accesses[i].bit : 0;
        if (!bit)
            return -EINVAL;
        access |= bit;
    }
    *ret = access;
    return access ? 0 : -EINVAL;
}

static int number_or_any(const char **at, unsigned *ret)
{
    uint64_t number;

    if (**at == '*') {
        ++*at;
        *ret = CG_DEVICE_ANY;
        return 0;
    }
    if (text_number(at, &number) < 0 || number >= CG_DEVICE_ANY)
        return -EINVAL;
    *ret = (unsigned)number;
    return 0;
}

static int skip_blanks(const char **at)
{
    if (**at != ' ' && **at != '\t')
        return -EINVAL;
    *at += strspn(*at, " \t");
    return 0;
}

#define ACCESS_ALL (CG_DEVICE_READ | CG_DEVICE_WRITE | CG_DEVICE_MKNOD)

static bool is_everything(const struct cg_device_rule *rule)
{
    return rule->major == CG_DEVICE_ANY && rule->minor == CG_DEVICE_ANY &&
           rule->access == ACCESS_ALL;
}

/* "TYPE MAJOR:MINOR ACCESS", or "a" alone, which is everything. Behind an "a" the kernel reads no
 * further (security/device_cgroup.c), so no other rule may stand there. */
static int rule_parse(const char *line, struct cg_device_rule *ret)
{
    struct cg_device_rule rule = {
        .type = *line, .major = CG_DEVICE_ANY, .minor = CG_DEVICE_ANY, .access = ACCESS_ALL};
    const char *at = line + 1;

    if (!*line || !strchr("abc", *line))
        return -EINVAL;
    if (*line == 'a' && !*at) {
        *ret = rule;
        return 0;
    }
    if (skip_blanks(&at) < 0 || number_or_any(&at, &rule.major) < 0 || *at++ != ':' ||
        number_or_any(&at, &rule.minor) < 0 || skip_blanks(&at) < 0 ||
        access_parse(at, &rule.access) < 0 || (rule.type == 'a' && !is_everything(&rule)))
        return -EINVAL;
    *ret = rule;
    return 0;
}

static char *trim(char *line)
{
    size_t length;

    while (text_is_space(*line))
        line++;
    length = strlen(line);
    while (length > 0 && text_is_space(line[length - 1]))
        line[--length] = '\0';
    return line;
}

static size_t count_lines(const char *text)
{
    size_t lines = 1;

    for (; *text; text++)
        lines += *text == '\n';
    return lines;
}

int value_device_parse(const struct cg_attr *attr, const char *text, enum value_source source,
                       struct cg_value **ret, struct cg_error **err)
{
    cleanup_value struct cg_value *value =
        value_new(attr, count_lines(text) * sizeof(struct cg_device_rule));
    cleanup_free char *copy = strdup(text);
    char *at = copy, *line;

    if (!value || !copy)
        return error_out_of_memory(err);
    value->rules = (struct cg_device_rule *)(value + 1);
    for (unsigned number = 1; (line = strsep(&at, "\n")); number++) {
        line = trim(line);
        if (!*line)
            continue;
        if (rule_parse(line, &value->rules[value->count]) < 0)
            return error_set(err, EINVAL,
                             "%s, line %u: not a rule like \"c 1:3 rwm\" (b or c; numbers or *; "
                             "r, w, m), nor \"a\" for everything",
                             attr->name, number);
        value->count++;
    }
    *ret = steal_pointer(&value);
    return 0;
}

static void number_text(unsigned number, char into[VALUE_NUMBER_SIZE])
{
    if (number == CG_DEVICE_ANY)
        strcpy(into, "*");
    else
        snprintf(into, VALUE_NUMBER_SIZE, "%u", number);
}

static int append_rule(struct buffer *text, const struct cg_device_rule *rule)
{
    char major[VALUE_NUMBER_SIZE], minor[VALUE_NUMBER_SIZE], access[ARRAY_SIZE(accesses) + 1];
    cleanup_free char *line = NULL;
    size_t letters = 0;

    number_text(rule->major, major);
    number_text(rule->minor, minor);
    for (size_t i = 0; i < ARRAY_SIZE(accesses); i++)
        if (rule->access & accesses[i].bit)
            access[letters++] = accesses[i].letter;
    access[letters] = '\0';
    if (text_print(&line, "%s%c %s:%s %s", text->length ? "\n" : "", rule->type, major, minor,
                   access) < 0)
        return -ENOMEM;
    return buffer_append(text, line, strlen(line));
}

static int format_rules(const struct cg_device_rule *rules, size_t count, char **ret)
{
    cleanup_buffer struct buffer text = {0};
    int r = buffer_append(&text, "", 0);

    for (size_t i = 0; r == 0 && i < count; i++)
        r = append_rule(&text, &rules[i]);
    if (r == 0)
        *ret = steal_pointer(&text.data);
    return r;
}

int value_device_format(const struct cg_value *value, char **ret)
{
    return format_rules(value->rules, value->count, ret);
}

bool value_device_equal(const struct cg_value *a, const struct cg_value *b)
{
    if (a->count != b->count)
        return false;
    for (size_t i = 0; i < a->count; i++) {
        const struct cg_device_rule *left = &a->rules[i], *right = &b->rules[i];

        if (left->type != right->type || left->major != right->major ||
            left->minor != right->minor || left->access != right->access)
            return false;
    }
    return true;
}

int cg_value_device_rule(const struct cg_value *value, size_t index, struct cg_device_rule *ret)
{
    if (value->attr->kind != CG_DEVICES || index >= value->count)
        return -EINVAL;
    *ret = value->rules[index];
    return 0;
}

int cg_value_device_rate(const struct cg_value *value, size_t index, struct cg_device_rate *ret)
{
    struct cg_device_rate rate;
    const char *key;

    if (value->attr->kind != CG_RATES || index >= value->count)
        return -EINVAL;
    key = value->rows[index].key;
    rate.rate = value->rows[index].number;
    /* The key was looked at when the value was made. */
    (void)!text_device(&key, &rate.major, &rate.minor);
    *ret = rate;
    return 0;
}

int cg_value_from_device_rules(const struct cg_attr *attr, const struct cg_device_rule *rules,
                               size_t count, struct cg_value **ret, struct cg_error **err)
{
    cleanup_free char *text = NULL;

    if (attr->kind != CG_DEVICES)
        return error_set(err, EINVAL, "%s takes values of another kind", attr->name);
    for (size_t i = 0; i < count; i++)
        if (!rules[i].type || rules[i].access & ~(unsigned)ACCESS_ALL)
            return error_set(err, EINVAL, "%s: a rule's type or access is none", attr->name);
    if (format_rules(rules, count, &text) < 0)
        return error_out_of_memory(err);
    /* Whether the caller's numbers are a rule, the text tells. */
    return cg_value_parse(attr, text, ret, err);
}

int cg_value_from_device_rates(const struct cg_attr *attr, const struct cg_device_rate *rates,
                               size_t count, struct cg_value **ret, struct cg_error **err)
{
    cleanup_buffer struct buffer text = {0};
    int r = buffer_append(&text, "", 0);

    if (attr->kind != CG_RATES)
        return error_set(err, EINVAL, "%s takes values of another kind", attr->name);
    for (size_t i = 0; r == 0 && i < count; i++) {
        bool none = rates[i].rate == CG_NO_LIMIT;
        cleanup_free char *line = NULL;

        r = text_print(&line, "%u:%u %" PRIu64 "\n", rates[i].major, rates[i].minor,
                       none ? 0 : rates[i].rate);
        if (r == 0)
            r = buffer_append(&text, line, strlen(line));
    }
    return r < 0 ? error_out_of_memory(err) : cg_value_parse(attr, text.data, ret, err);
}
