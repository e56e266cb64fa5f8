/* /proc/PID/mountinfo: what is found is whole, and can be found again. */
#include "fuzz.h"

#include "cgroup/mounts.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    cleanup_free char *text = fuzz_text(data, size);
    cleanup_error struct cg_error *error = NULL;
    cleanup_mounts struct cg_mounts *mounts = NULL;

    if (mounts_parse(text, &mounts, &error) < 0) {
        assert(!mounts && strstr(cg_error_text(error), "line"));
        return 0;
    }
    for (size_t i = 0; i < mounts->count; i++) {
        const struct cg_hierarchy *hierarchy = &mounts->hierarchies[i];

        assert(hierarchy->index == i && hierarchy->dir == -1);
        assert(hierarchy->mountpoint[0] == '/');
        assert(hierarchy->version == 1 || hierarchy->version == 2);
        assert(hierarchy->version == 1 || !*hierarchy->controllers);
        if (*hierarchy->controllers && !strchr(hierarchy->controllers, ','))
            assert(mounts_find(mounts, hierarchy->controllers));
    }
    return 0;
}
