/* Values of every attribute: the first byte chooses the row, the second whose text it is. What is
 * taken is shown in a form that is the same value again. */
#include "fuzz.h"

#include "cgroup/value.h"

static const struct cg_attr *choose(uint8_t number)
{
    const struct cg_attr *attr = attr_next(NULL);

    while (number-- > 0) {
        attr = attr_next(attr);
        if (!attr)
            attr = attr_next(NULL);
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
    attr = choose(data[0]);
    source = data[1] & 1 ? VALUE_FROM_KERNEL : VALUE_FROM_USER;
    text = fuzz_text(data + 2, size - 2);
    r = value_parse(attr, text, source, &value, &error);
    if (r == 0)
        check_inverse(attr, value, source);
    else
        assert(!value && cg_error_errno(error) == -r && *cg_error_text(error));
    return 0;
}
