/* Policy files: whatever is taken must match, resolve, be checked and survive being saved; whatever
 * is refused must say why. */
#include "policy/policy_dir.h"
#include "policy/resolve.h"

#include "cgroup/set.h"

#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static struct host *make_host(int version)
{
    static const char v1[] =
        "1 0 0:1 / /c rw - cgroup c rw,cpu\n2 0 0:2 / /s rw - cgroup c rw,cpuset\n"
        "3 0 0:3 / /m rw - cgroup c rw,memory\n";
    static const char v2[] = "1 0 0:1 / /c rw - cgroup2 c rw\n";
    struct host *host = calloc(1, sizeof(*host));

    if (!host || mounts_parse(version == 1 ? v1 : v2, &host->mounts, NULL) < 0)
        abort();
    if (version == 2) {
        free(host->mounts->hierarchies[0].controllers);
        host->mounts->hierarchies[0].controllers = strdup("cpu,cpuset,memory");
    }
    if (cg_set_parse("0-7", &host->cpus_present, NULL) < 0 ||
        cg_set_parse("0-6", &host->cpus_online, NULL) < 0 ||
        cg_set_parse("0-1", &host->nodes_online, NULL) < 0)
        abort();
    return host;
}

static void resolve(const struct policy_set *set, const struct host *host)
{
    static unsigned iothreads[] = {1};
    static struct facts_metadata metadata[] = {{(char *)"u", (char *)"a/@b", (char *)"c"}};
    struct facts guest = {.uuid = "6ba7b810-9dad-11d1-80b4-00c04fd430c8",
                          .name = (char *)"db1",
                          .title = (char *)"t",
                          .vcpus_maximum = 2,
                          .memory_maximum = 8ull << 30,
                          .iothreads = iothreads,
                          .iothread_count = 1,
                          .metadata = metadata,
                          .metadata_count = 1};
    struct policy_problems problems = {0};
    struct desired desired;

    if (policy_resolve(set, &guest, host, &desired) < 0 ||
        policy_check_host(set, host, &problems) < 0)
        abort();
    for (size_t i = 1; i < desired.cells.count; i++)
        if (cell_compare(&desired.cells.cells[i - 1], &desired.cells.cells[i]) >= 0)
            abort();
    desired_release(&desired);
    policy_problems_release(&problems);
}

static void save_and_restore(const struct policy_set *set)
{
    cleanup_policy_set struct policy_set *again = NULL;
    cleanup_free char *text = NULL;
    struct policy_problems problems = {0};

    if (policy_set_save(set, NULL, &text) < 0 ||
        policy_set_restore(text, strlen(text), &again, &problems, NULL) < 0 || problems.count > 0 ||
        policy_set_count(again) != policy_set_count(set))
        abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static struct host *v1, *v2;
    cleanup_policy_set struct policy_set *set = NULL;
    struct policy_problems problems = {0};
    int r = policy_parse("fuzz.json", (const char *)data, size, &set, &problems);

    if (!v1) {
        v1 = make_host(1);
        v2 = make_host(2);
    }
    if ((r == 0) != (set != NULL) || (r == 0) != (problems.count == 0) || (r != 0 && r != -EINVAL))
        abort();
    for (size_t i = 0; i < problems.count; i++)
        free(policy_problem_text(&problems.problems[i]));
    policy_problems_release(&problems);
    if (set) {
        resolve(set, v1);
        resolve(set, v2);
        save_and_restore(set);
    }
    return 0;
}
