/* libvirt's names for the places of guests; the expected ones are what libvirt made on real hosts.
 */
#include "cgroup/partition.h"

#include "tests/unit/test.h"

static const struct {
    const char *partition, *directory, *slice;
} places[] = {
    {"/machine", "machine", "machine.slice"},
    {"/tenant-a", "tenant-a.partition", "tenant\\x2da.slice"},
    {"/custom/deep", "custom.partition/deep.partition", "custom.slice/custom-deep.slice"},
    {"/machine/grey", "machine/grey.partition", "machine.slice/machine-grey.slice"},
    {"/x.y/machine", "x.y/machine.partition", "x.y.slice/x.y-machine.slice"},
    {"//a//b/", "a.partition/b.partition", "a.slice/a-b.slice"},
    {"/\xc3\xbc", "\xc3\xbc.partition", "\\xc3\\xbc.slice"},
    {"/.a", ".a", "\\x2ea.slice"},
    {"/", "", ""},
    {"", "", ""},
};

static void a_partition_is_a_directory_where_systemd_does_not_run(void **state)
{
    for (size_t i = 0; i < ARRAY_SIZE(places); i++) {
        cleanup_free char *path = partition_directory(places[i].partition);

        assert_string_equal(path, places[i].directory);
    }
}

static void a_partition_is_a_slice_where_it_does(void **state)
{
    for (size_t i = 0; i < ARRAY_SIZE(places); i++) {
        cleanup_free char *path = partition_slice(places[i].partition);

        assert_string_equal(path, places[i].slice);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_partition_is_a_directory_where_systemd_does_not_run),
        cmocka_unit_test(a_partition_is_a_slice_where_it_does),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
