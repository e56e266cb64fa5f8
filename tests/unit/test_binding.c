/* In which hierarchies a guest is bound, on a recorded host where libvirt made its nodes in more of
 * them than policies speak of; whether its process still runs, and whose it is. */
#include "test.h"
#include "folder.h"

#include "guest/pid_file.h"
#include "model/kernel_fail.h"
#include "reconcile/binding.h"

#include <stdio.h>
#include <string.h>

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

/* As libvirt writes it. */
static void the_pid_of_a_guest_of_any_name_is_found(void **state)
{
    const struct facts facts = {.name = (char[]){"<R&D> \"it's\" &amp;"},
                                .driver = (char[]){"qemu"}};
    const char *file = "&lt;R&amp;D&gt; &quot;it&apos;s&quot; &amp;amp;.pid";
    cleanup_free char *guest = pid_file_guest(file), *path = NULL;
    char *folder = folder_new();
    struct host *host = NULL;
    pid_t pid;

    assert_string_equal(guest, facts.name);
    assert_null(pid_file_guest(".pid"));
    assert_null(pid_file_guest("web1.xml"));
    folder_unpack_host(folder, "v1-no-systemd");
    assert_true(asprintf(&path, "run/libvirt/qemu/%s", file) > 0);
    folder_write(folder, path, "77\n");
    assert_int_equal(host_open(&kernel_real, folder, &host, NULL), 0);
    assert_int_equal(binding_pid(host, &facts, &pid), 0);
    assert_int_equal(pid, 77);
    host_free(host);
    folder_remove(folder);
}

static bool same_places(const struct binding *a, const struct binding *b)
{
    bool same = a->count == b->count;

    for (size_t i = 0; same && i < a->count; i++)
        same = a->places[i].hierarchy == b->places[i].hierarchy &&
               a->places[i].id == b->places[i].id &&
               a->places[i].delegated == b->places[i].delegated;
    return same;
}

/* False: so many are not opened. */
static bool lack_descriptor(const struct host *host, const struct facts *facts, unsigned at)
{
    cleanup_kernel_fail struct kernel_fail *fail = kernel_fail_new(&kernel_real);
    struct host lacking = *host;
    struct binding binding = {0}, whole = {0};
    int r;

    assert_int_equal(binding_make(host, facts, &whole, NULL), 0);
    lacking.kernel = &fail->kernel;
    fail->open_fails = at;
    r = binding_make(&lacking, facts, &binding, NULL);
    if (r != -EMFILE && (r != 0 || !same_places(&whole, &binding)))
        fail_msg("%s, open %u: %d", facts->name, at, r);
    binding_close(&binding);
    binding_release(&binding);
    binding_close(&whole);
    binding_release(&whole);
    return fail->opens >= at;
}

static void a_node_that_a_descriptor_lacks_for_is_not_taken_for_absent(void **state)
{
    static const char *const hosts[] = {"v1-no-systemd", "v2-systemd"};
    const struct facts guests[] = {
        {.name = (char[]){"cgroup-web1"}, .driver = (char[]){"qemu"}, .id = 16, .running = true},
        {.name = (char[]){"web1"}, .driver = (char[]){"qemu"}, .id = 1, .running = true},
    };

    for (size_t i = 0; i < ARRAY_SIZE(hosts); i++) {
        char *folder = folder_new();
        struct host *host = NULL;
        unsigned at = 1;

        folder_unpack_host(folder, hosts[i]);
        assert_int_equal(host_open(&kernel_real, folder, &host, NULL), 0);
        while (lack_descriptor(host, &guests[i], at))
            at++;
        assert_true(at > 2);
        host_free(host);
        folder_remove(folder);
    }
}

#define STAT(STATE, START)                                                                         \
    "77 (qemu) " STATE " 1 1 1 0 -1 0 0 0 0 0 0 0 0 0 20 0 3 0 " START " 0 0\n"

static void a_bound_process_lives_until_it_has_ended_or_another_one_has_its_pid(void **state)
{
    const struct binding bound = {.pid = 77, .start_time = 500}, ended = {.pid = 78}, none = {0};
    const struct binding unreadable = {.pid = 79};
    char *folder = folder_new();
    struct host *host = NULL;

    folder_unpack_host(folder, "v1-no-systemd");
    folder_write(folder, "proc/77/stat", STAT("S", "500"));
    folder_make(folder, "proc/79/stat");
    assert_int_equal(host_open(&kernel_real, folder, &host, NULL), 0);
    assert_true(binding_lives(&bound, host));
    assert_false(binding_lives(&ended, host));
    assert_false(binding_lives(&none, host));
    assert_true(binding_lives(&unreadable, host));
    folder_write(folder, "proc/77/stat", STAT("S", "501"));
    assert_false(binding_lives(&bound, host));
    folder_write(folder, "proc/77/stat", STAT("Z", "500"));
    assert_false(binding_lives(&bound, host));
    host_free(host);
    folder_remove(folder);
}

#define UUID "8b24f337-1a06-4b43-bb7b-1838f2d8b4da"

/* "|" stands for the NUL behind each argument. */
static bool process_is_for(char *folder, const struct host *host, const char *arguments)
{
    const struct binding binding = {.pid = 77};
    cleanup_free char *path = NULL, *text = strdup(arguments);
    size_t length = strlen(text);
    FILE *file;

    assert_true(asprintf(&path, "%s/proc/77/cmdline", folder) > 0);
    for (char *at = text; (at = strchr(at, '|')); at++)
        *at = '\0';
    file = fopen(path, "w");
    assert_non_null(file);
    assert_int_equal(fwrite(text, 1, length, file), length);
    fclose(file);
    return binding_is_for(&binding, host, UUID);
}

static void a_process_is_a_guests_by_its_uuid_whatever_its_name(void **state)
{
    char *folder = folder_new();
    struct host *host = NULL;

    folder_unpack_host(folder, "v1-no-systemd");
    folder_write(folder, "proc/77/cmdline", "");
    assert_int_equal(host_open(&kernel_real, folder, &host, NULL), 0);
    assert_true(process_is_for(folder, host, "/usr/bin/qemu|-name|guest=a|-uuid|" UUID "|-S|"));
    assert_false(process_is_for(folder, host,
                                "/usr/bin/qemu|-name|guest=-uuid " UUID
                                "|-uuid|d1c45c90-0889-4e10-ac7d-9e2b3a99adb4|-S|"));
    assert_false(process_is_for(folder, host, "/usr/sbin/libvirtd|-d|")); /* not QEMU yet */
    assert_false(process_is_for(folder, host, "/usr/bin/qemu|-uuid|"));
    assert_false(process_is_for(folder, host, "")); /* it ends */
    host_free(host);
    folder_remove(folder);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_guest_is_bound_where_policies_can_ask_for_something),
        cmocka_unit_test(the_pid_of_a_guest_of_any_name_is_found),
        cmocka_unit_test(a_node_that_a_descriptor_lacks_for_is_not_taken_for_absent),
        cmocka_unit_test(a_bound_process_lives_until_it_has_ended_or_another_one_has_its_pid),
        cmocka_unit_test(a_process_is_a_guests_by_its_uuid_whatever_its_name),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
