/* In which hierarchies a guest is bound: on a recorded host where libvirt made its nodes in more of
 * them than policies speak of. */
#include "test.h"
#include "folder.h"

#include "reconcile/binding.h"

static void a_guest_is_bound_where_policies_can_ask_for_something(void **state)
{
    static const char *const bound[] = {"cpu", "cpuset", "memory"};
    struct facts facts = {
        .name = (char[]){"cgroup-web1"}, .driver = (char[]){"qemu"}, .id = 16, .running = true};
    char *folder = folder_new();
    struct binding binding = {0};
    struct host *host = NULL;

    folder_unpack_host(folder, "v1-no-systemd");
    assert_int_equal(host_open(&kernel_real, folder, &host, NULL), 0);
    assert_int_equal(binding_make(host, &facts, &binding, NULL), 0);
    assert_int_equal(binding.count, ARRAY_SIZE(bound));
    for (size_t i = 0; i < ARRAY_SIZE(bound); i++)
        assert_non_null(binding_place(&binding, host, bound[i]));
    binding_close(&binding);
    binding_release(&binding);
    host_free(host);
    folder_remove(folder);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_guest_is_bound_where_policies_can_ask_for_something),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
