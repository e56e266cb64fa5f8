/* A host below a folder, and the one this runs on. */
#include "test.h"
#include "folder.h"

#include "cgroup/set.h"
#include "host/host.h"

static const char mountinfo[] = "30 25 0:26 / /sys/fs/cgroup rw - cgroup2 cgroup2 rw\n";

static int set_up(void **state)
{
    char *folder = folder_new();

    folder_write(folder, "proc/self/mountinfo", mountinfo);
    folder_write(folder, "sys/fs/cgroup/cgroup.controllers", "cpuset cpu io memory\n");
    folder_write(folder, "sys/devices/system/cpu/present", "0-7\n");
    folder_write(folder, "sys/devices/system/cpu/online", "0-3,6-7\n");
    folder_write(folder, "sys/devices/system/node/online", "0-1\n");
    folder_write(folder, "sys/devices/system/node/node1/meminfo",
                 "Node 1 MemTotal:  2048 kB\nNode 1 MemFree:       100 kB\n");
    *state = folder;
    return 0;
}

static int tear_down(void **state)
{
    folder_remove(*state);
    return 0;
}

static struct host *opened(void **state)
{
    struct host *host = NULL;

    assert_int_equal(host_open(&kernel_real, *state, &host, NULL), 0);
    return host;
}

static void assert_set(const struct cg_set *set, const char *expected)
{
    cleanup_free char *list = NULL;

    assert_int_equal(cg_set_format(set, &list), 0);
    assert_string_equal(list, expected);
}

static void a_host_knows_its_hierarchies_cpus_and_nodes(void **state)
{
    cleanup_host struct host *host = opened(state);

    assert_non_null(mounts_find(host->mounts, "memory"));
    assert_true(mounts_find(host->mounts, "cpu")->dir >= 0);
    assert_set(host->cpus_present, "0-7");
    assert_set(host->cpus_online, "0-3,6-7");
    assert_set(host->nodes_online, "0-1");
    assert_int_equal(host->libvirt_run, -1);
}

static void libvirts_folder_is_opened_where_it_is(void **state)
{
    cleanup_host struct host *host = NULL;

    folder_make(*state, "run/libvirt");
    host = opened(state);
    assert_true(host->libvirt_run >= 0);
}

static void a_refresh_reads_the_sets_again_or_leaves_them(void **state)
{
    cleanup_host struct host *host = opened(state);
    cleanup_error struct cg_error *error = NULL;

    folder_write(*state, "sys/devices/system/cpu/online", "0-7\n");
    assert_int_equal(host_refresh(host, NULL), 0);
    assert_set(host->cpus_online, "0-7");
    folder_write(*state, "sys/devices/system/cpu/online", "0\n");
    folder_write(*state, "sys/devices/system/node/online", "what\n");
    assert_int_equal(host_refresh(host, &error), -EINVAL);
    assert_non_null(strstr(cg_error_text(error), "system/node/online"));
    assert_set(host->cpus_online, "0-7");
}

static void a_kernel_without_numa_has_one_node(void **state)
{
    cleanup_host struct host *host = NULL;
    cleanup_free char *file = NULL;

    assert_true(asprintf(&file, "%s/sys/devices/system/node/online", (char *)*state) > 0);
    assert_int_equal(unlink(file), 0);
    host = opened(state);
    assert_set(host->nodes_online, "0");
}

static void assert_nodes(const struct host *host, const char *cpus, const char *expected)
{
    cleanup_set struct cg_set *asked = NULL, *nodes = NULL;

    assert_int_equal(cg_set_parse(cpus, &asked, NULL), 0);
    assert_int_equal(topology_nodes(&host->topology, asked, &nodes), expected ? 0 : -ENODATA);
    if (expected)
        assert_set(nodes, expected);
}

static void cpus_belong_to_memory_nodes(void **state)
{
    cleanup_host struct host *host = NULL;

    folder_write(*state, "sys/devices/system/node/node0/cpulist", "0-3\n");
    folder_write(*state, "sys/devices/system/node/node1/cpulist", "6-7\n");
    host = opened(state);
    assert_nodes(host, "2", "0");
    assert_nodes(host, "7", "1");
    assert_nodes(host, "0,6", "0-1");
    assert_nodes(host, "4-5", NULL);
}

static void a_cpu_that_goes_offline_stays_with_its_node(void **state)
{
    cleanup_host struct host *host = NULL;

    folder_write(*state, "sys/devices/system/node/node0/cpulist", "0-3\n");
    folder_write(*state, "sys/devices/system/node/node1/cpulist", "6-7\n");
    host = opened(state);
    folder_write(*state, "sys/devices/system/node/node1/cpulist", "\n");
    assert_int_equal(host_refresh(host, NULL), 0);
    assert_nodes(host, "0,6", "0-1");
}

static void a_node_without_memory_is_none(void **state)
{
    cleanup_host struct host *host = NULL;

    folder_write(*state, "sys/devices/system/node/has_memory", "0\n");
    folder_write(*state, "sys/devices/system/node/node0/cpulist", "0-3\n");
    folder_write(*state, "sys/devices/system/node/node1/cpulist", "6-7\n");
    host = opened(state);
    assert_nodes(host, "0,6", "0");
}

static void a_nodes_free_memory_is_told_in_bytes(void **state)
{
    cleanup_host struct host *host = opened(state);
    uint64_t bytes = 0;

    assert_int_equal(host_node_free(host, 1, &bytes), 0);
    assert_int_equal(bytes, 100 * 1024);
    assert_int_equal(host_node_free(host, 0, &bytes), -ENOENT);
    folder_write(*state, "sys/devices/system/node/node1/meminfo", "Node 1 MemTotal: 1 kB\n");
    assert_int_equal(host_node_free(host, 1, &bytes), -EINVAL);
}

static void a_host_without_control_groups_is_refused(void **state)
{
    cleanup_error struct cg_error *error = NULL;
    struct host *host = NULL;

    folder_write(*state, "proc/self/mountinfo", "");
    assert_int_equal(host_open(&kernel_real, *state, &host, &error), -ENODEV);
    assert_null(host);
    assert_non_null(strstr(cg_error_text(error), "mount -t cgroup2"));
}

static void a_mount_that_is_not_there_is_named(void **state)
{
    cleanup_error struct cg_error *error = NULL;
    struct host *host = NULL;

    folder_write(*state, "proc/self/mountinfo",
                 "30 25 0:26 / /elsewhere rw - cgroup cgroup rw,cpu\n");
    assert_int_equal(host_open(&kernel_real, *state, &host, &error), -ENOENT);
    assert_non_null(strstr(cg_error_text(error), "/elsewhere"));
}

static void a_folder_that_is_not_there_is_named(void **state)
{
    cleanup_error struct cg_error *error = NULL;
    struct host *host = NULL;

    assert_int_equal(host_open(&kernel_real, "/nonexistent/x", &host, &error), -ENOENT);
    assert_non_null(strstr(cg_error_text(error), "/nonexistent/x"));
}

static void this_host_is_read(void **state)
{
    cleanup_error struct cg_error *error = NULL;
    cleanup_host struct host *host = NULL;
    int r = host_open(&kernel_real, NULL, &host, &error);

    if (r == -ENODEV)
        skip();
    assert_int_equal(r, 0);
    assert_true(cg_set_contains(host->cpus_present, host->cpus_online));
    assert_true(cg_set_count(host->cpus_online) > 0);
    assert_true(cg_set_count(host->nodes_online) > 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(a_host_knows_its_hierarchies_cpus_and_nodes, set_up,
                                        tear_down),
        cmocka_unit_test_setup_teardown(libvirts_folder_is_opened_where_it_is, set_up, tear_down),
        cmocka_unit_test_setup_teardown(a_refresh_reads_the_sets_again_or_leaves_them, set_up,
                                        tear_down),
        cmocka_unit_test_setup_teardown(a_kernel_without_numa_has_one_node, set_up, tear_down),
        cmocka_unit_test_setup_teardown(cpus_belong_to_memory_nodes, set_up, tear_down),
        cmocka_unit_test_setup_teardown(a_cpu_that_goes_offline_stays_with_its_node, set_up,
                                        tear_down),
        cmocka_unit_test_setup_teardown(a_node_without_memory_is_none, set_up, tear_down),
        cmocka_unit_test_setup_teardown(a_nodes_free_memory_is_told_in_bytes, set_up, tear_down),
        cmocka_unit_test_setup_teardown(a_host_without_control_groups_is_refused, set_up,
                                        tear_down),
        cmocka_unit_test_setup_teardown(a_mount_that_is_not_there_is_named, set_up, tear_down),
        cmocka_unit_test(a_folder_that_is_not_there_is_named),
        cmocka_unit_test(this_host_is_read),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
