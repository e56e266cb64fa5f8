/* Lists of CPUs: what is taken is shown in a form that is the same set again. */
#include "fuzz.h"

#include "base/error.h"
#include "cgroup/set.h"

static void check_inverse(const struct cg_set *set)
{
    cleanup_free char *list = NULL;
    cleanup_set struct cg_set *again = NULL;
    size_t count = 0;

    assert(cg_set_format(set, &list) == 0);
    assert(cg_set_parse(list, &again, NULL) == 0);
    assert(cg_set_equal(set, again));
    for (int n = -1; (n = cg_set_next(set, n)) >= 0; count++)
        assert(cg_set_has(set, (unsigned)n));
    assert(count == cg_set_count(set));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    cleanup_free char *text = fuzz_text(data, size);
    cleanup_error struct cg_error *error = NULL;
    cleanup_set struct cg_set *set = NULL;
    int r = cg_set_parse(text, &set, &error);

    if (r == 0)
        check_inverse(set);
    else
        assert(!set && cg_error_errno(error) == -r && *cg_error_text(error));
    return 0;
}
