/* The real port over a plain folder, and a thread's own affinity. */
#include "test.h"
#include "folder.h"

#include "cgroup/kernel.h"
#include "cgroup/set.h"

#include <sched.h>
#include <sys/stat.h>

static const struct kernel *const k = &kernel_real;

static int set_up(void **state)
{
    *state = folder_new();
    return 0;
}

static int tear_down(void **state)
{
    folder_remove(*state);
    return 0;
}

static int open_top(void **state)
{
    int dir = k->open_dir(k, KERNEL_TOP, *state, NULL);

    assert_true(dir >= 0);
    return dir;
}

static void a_directory_is_opened_with_its_id(void **state)
{
    int top, dir;
    struct stat status;
    uint64_t id = 0;

    folder_make(*state, "a/b");
    top = open_top(state);
    dir = k->open_dir(k, top, "/a/b", &id);
    assert_true(dir >= 0);
    assert_int_equal(fstat(dir, &status), 0);
    assert_true(id == status.st_ino);
    k->close_dir(k, dir);
    assert_int_equal(k->open_dir(k, top, "none", &id), -ENOENT);
    k->close_dir(k, top);
}

static void a_link_is_never_followed(void **state)
{
    cleanup_free char *link = NULL;
    cleanup_buffer struct buffer text = {0};
    int top;

    folder_make(*state, "real");
    folder_write(*state, "real/file", "x");
    assert_true(asprintf(&link, "%s/link", (char *)*state) > 0);
    assert_int_equal(symlink("real", link), 0);
    top = open_top(state);
    assert_int_equal(k->open_dir(k, top, "link", NULL), -ELOOP);
    assert_int_equal(k->open_dir(k, top, "../", NULL), -EXDEV);
    assert_int_equal(k->read(k, top, "link", &text), -ELOOP);
    k->close_dir(k, top);
}

static void what_was_written_is_read(void **state)
{
    cleanup_buffer struct buffer text = {0};
    int top;

    folder_write(*state, "cpu.shares", "1024\n");
    top = open_top(state);
    assert_int_equal(k->read(k, top, "cpu.shares", &text), 0);
    assert_string_equal(text.data, "1024\n");
    assert_int_equal(k->write(k, top, "cpu.shares", "2048"), 0);
    assert_int_equal(k->read(k, top, "cpu.shares", &text), 0);
    assert_memory_equal(text.data, "2048", 4);
    assert_int_equal(k->write(k, top, "cpu.weight", "1"), -ENOENT);
    assert_int_equal(k->read(k, top, "cpu.weight", &text), -ENOENT);
    k->close_dir(k, top);
}

static void a_threads_affinity_becomes_the_set(void **state)
{
    cleanup_set struct cg_set *set = NULL;
    cpu_set_t before, after;
    int cpu = 0;

    assert_int_equal(sched_getaffinity(0, sizeof(before), &before), 0);
    while (!CPU_ISSET((size_t)cpu, &before))
        cpu++;
    assert_int_equal(cg_set_from_bits((const unsigned long[]){1ul << cpu}, 1, &set), 0);
    assert_int_equal(k->set_affinity(k, 0, set), 0);
    assert_int_equal(sched_getaffinity(0, sizeof(after), &after), 0);
    assert_int_equal(CPU_COUNT(&after), 1);
    assert_true(CPU_ISSET((size_t)cpu, &after));
    assert_int_equal(sched_setaffinity(0, sizeof(before), &before), 0);
}

static void an_empty_affinity_and_a_thread_that_is_gone_are_refused(void **state)
{
    cleanup_set struct cg_set *none = NULL, *one = NULL;

    assert_int_equal(cg_set_parse("", &none, NULL), 0);
    assert_int_equal(cg_set_parse("0", &one, NULL), 0);
    assert_int_equal(k->set_affinity(k, 0, none), -EINVAL);
    assert_int_equal(k->set_affinity(k, 0x7ffffffe, one), -ESRCH);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(a_directory_is_opened_with_its_id, set_up, tear_down),
        cmocka_unit_test_setup_teardown(a_link_is_never_followed, set_up, tear_down),
        cmocka_unit_test_setup_teardown(what_was_written_is_read, set_up, tear_down),
        cmocka_unit_test(a_threads_affinity_becomes_the_set),
        cmocka_unit_test(an_empty_affinity_and_a_thread_that_is_gone_are_refused),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
