/* Values of every kind: the first byte chooses the kind, the second whose text it is and the row
 * among those of that kind. What is taken is shown in a form that is the same value again, and made
 * again from its rows. */
#include "fuzz.h"

#include "cgroup/value.h"

static const struct cg_attr *next_of_kind(enum cg_kind kind, const struct cg_attr *after)
{
    const struct cg_attr *attr = attr_next(after);

    while (attr && attr->kind != kind)
        attr = attr_next(attr);
    return attr;
}

static const struct cg_attr *choose(uint8_t kind_number, uint8_t row)
{
    enum cg_kind kind = CG_INT + kind_number % CG_NAMES;
    const struct cg_attr *attr = next_of_kind(kind, NULL);

    while (row-- > 0) {
        attr = next_of_kind(kind, attr);
        if (!attr)
            attr = next_of_kind(kind, NULL);
    }
    return attr;
}

static void check_inverse(const struct cg_attr *attr, const struct cg_value *value,
                          enum value_source source)
{
    cleanup_value struct cg_value *again = NULL;
    cleanup_free char *text = NULL;

    assert(cg_value_format(value, &text) == 0);
    assert(value_parse(attr, text, source, &again, NULL) == 0);
    assert(cg_value_equal(value, again));
    assert(cg_value_rows(value) == cg_value_rows(again));
}

/* The columns' names stand in a line of their own, and nobody writes them. */
static void check_rows(const struct cg_attr *attr, const struct cg_value *value)
{
    cleanup_value struct cg_value *again = NULL;

    if (!value_has_rows(attr->kind) || attr->kind == CG_COLUMNS)
        return;
    assert(cg_value_from_rows(attr, value->rows, value->count, &again, NULL) == 0);
    assert(cg_value_equal(value, again));
}

static void check_rules(const struct cg_attr *attr, const struct cg_value *value)
{
    cleanup_value struct cg_value *again = NULL;

    if (attr->kind != CG_DEVICES)
        return;
    assert(cg_value_from_device_rules(attr, value->rules, value->count, &again, NULL) == 0);
    assert(cg_value_equal(value, again));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    cleanup_error struct cg_error *error = NULL;
    cleanup_value struct cg_value *value = NULL;
    cleanup_free char *text = NULL;
    const struct cg_attr *attr;
    enum value_source source;
    int r;

    if (size < 2)
        return 0;
    attr = choose(data[0], data[1] >> 1);
    source = data[1] & 1 ? VALUE_FROM_KERNEL : VALUE_FROM_USER;
    text = fuzz_text(data + 2, size - 2);
    r = value_parse(attr, text, source, &value, &error);
    if (r < 0) {
        assert(!value && cg_error_errno(error) == -r && *cg_error_text(error));
        return 0;
    }
    check_inverse(attr, value, source);
    if (source == VALUE_FROM_USER) {
        check_rows(attr, value);
        check_rules(attr, value);
    }
    return 0;
}
