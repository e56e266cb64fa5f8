#include "policy_world.h"

#include "cgroup/guest_path.h"
#include "cgroup/set.h"

static const char mounts_v1[] =
    "30 20 0:25 / /sys/fs/cgroup/cpu rw - cgroup cgroup rw,cpu,cpuacct\n"
    "31 20 0:26 / /sys/fs/cgroup/cpuset rw - cgroup cgroup rw,cpuset\n"
    "32 20 0:27 / /sys/fs/cgroup/memory rw - cgroup cgroup rw,memory\n";
static const char mounts_v2[] = "30 20 0:25 / /sys/fs/cgroup rw - cgroup2 cgroup2 rw\n";

static struct cg_set *set_of(const char *list)
{
    struct cg_set *set = NULL;

    assert_int_equal(cg_set_parse(list, &set, NULL), 0);
    return set;
}

struct host *world_host_without(int version, const char *controller)
{
    struct host *host = calloc(1, sizeof(*host));
    char *at;

    assert_non_null(host);
    host->root = host->proc = host->sys = host->libvirt_run = -1;
    assert_int_equal(mounts_parse(version == 1 ? mounts_v1 : mounts_v2, &host->mounts, NULL), 0);
    for (size_t i = 0; i < host->mounts->count; i++) {
        struct cg_hierarchy *hierarchy = &host->mounts->hierarchies[i];

        if (hierarchy->version == 2) {
            free(hierarchy->controllers);
            hierarchy->controllers = strdup("cpuset,cpu,memory");
        }
        at = controller ? strstr(hierarchy->controllers, controller) : NULL;
        if (at)
            *at = '-';
    }
    host->cpus_present = set_of("0-7");
    host->cpus_online = set_of("0-6");
    host->nodes_online = set_of("0-1");
    host->topology =
        (struct topology){.nodes = calloc(2, sizeof(struct topology_node)), .count = 2};
    assert_non_null(host->topology.nodes);
    host->topology.nodes[0] = (struct topology_node){set_of("0"), set_of("0-3")};
    host->topology.nodes[1] = (struct topology_node){set_of("1"), set_of("4-7")};
    return host;
}

struct host *world_host(int version)
{
    return world_host_without(version, NULL);
}

struct facts world_guest(void)
{
    static unsigned iothreads[] = {1, 2};

    return (struct facts){.uuid = "6ba7b810-9dad-11d1-80b4-00c04fd430c8",
                          .name = (char *)"db1",
                          .driver = (char *)"qemu",
                          .id = 3,
                          .running = true,
                          .vcpus_maximum = 4,
                          .vcpus_current = 4,
                          .memory_maximum = WORLD_MEMORY,
                          .memory_current = WORLD_MEMORY,
                          .iothreads = iothreads,
                          .iothread_count = 2};
}

struct policy_set *world_policies(const char *text)
{
    struct policy_problems problems = {0};
    struct policy_set *set = NULL;

    if (policy_parse("/etc/test.json", text, strlen(text), &set, &problems) < 0)
        fail_msg("%s", problems.count ? policy_problem_text(&problems.problems[0]) : "no memory");
    return set;
}

struct policy_set *world_policy(const char *apply)
{
    cleanup_free char *text = NULL;

    assert_true(asprintf(&text, "{\"match\": {}, \"apply\": %s}", apply) > 0);
    return world_policies(text);
}

char *world_value(const struct desired *desired, const char *role, const char *attribute)
{
    for (size_t i = 0; i < desired->cells.count; i++) {
        const struct cell *cell = &desired->cells.cells[i];
        char name[ROLE_NAME_SIZE], *text = NULL;

        if (strcmp(role_name(cell->role, name), role) == 0 &&
            strcmp(cell->attr->name, attribute) == 0) {
            assert_int_equal(cell->target, CELL_FILE);
            assert_int_equal(cg_value_format(cell->value, &text), 0);
            return text;
        }
    }
    return NULL;
}

const char *world_refusal(const struct desired *desired, const char *role, const char *attribute)
{
    for (size_t i = 0; i < desired->refusals.count; i++) {
        const struct refusal *refusal = &desired->refusals.refusals[i];
        char name[ROLE_NAME_SIZE];

        if (strcmp(role_name(refusal->role, name), role) == 0 &&
            strcmp(refusal->attribute, attribute) == 0)
            return refusal->text;
    }
    return NULL;
}

bool world_problem(const struct policy_problems *problems, const char *pointer, const char *text)
{
    for (size_t i = 0; i < problems->count; i++) {
        const struct policy_problem *p = &problems->problems[i];

        if (strcmp(p->pointer ? p->pointer : "-", pointer) == 0 && strstr(p->text, text))
            return true;
    }
    return false;
}
