/* Which of the kernel's uevents are of a CPU, and how they are received. That the real ones come
 * is for tests/lab/test_cpus.py. */
#include "test.h"

#include "host/uevent.h"

#include <linux/netlink.h>
#include <string.h>
#include <sys/socket.h>

static void uevents_of_a_cpu_are_told_from_others(void **state)
{
    static const struct {
        const char *text;
        bool is;
        unsigned cpu;
    } rows[] = {
        {"offline@/devices/system/cpu/cpu5", true, 5},
        {"online@/devices/system/cpu/cpu128", true, 128},
        {"add@/devices/system/cpu/cpu0", true, 0},
        {"change@/devices/system/cpu/cpu5/cache", false, 0},
        {"add@/devices/system/cpu/cpu", false, 0},
        {"add@/devices/system/cpu/cpufreq", false, 0},
        {"add@/devices/system/cpu/cpu-1", false, 0},
        {"add@/devices/system/cpu/cpu99999999999999999999", false, 0},
        {"online@/devices/system/memory/memory5", false, 0},
        {"libudev", false, 0},
        {"", false, 0},
    };

    for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
        unsigned cpu = 0;

        if (uevent_names_cpu(rows[i].text, &cpu) != rows[i].is || cpu != rows[i].cpu)
            fail_msg("%s", rows[i].text);
    }
}

static void count(unsigned cpu, void *data)
{
    assert_int_equal(cpu, 3);
    ++*(unsigned *)data;
}

static void what_a_socket_without_a_port_says_is_read_until_nothing_is_queued(void **state)
{
    static const char text[] = "offline@/devices/system/cpu/cpu3\0ACTION=offline";
    static const char other[] = "add@/devices/virtual/net/tap0";
    unsigned told = 0;
    int pair[2];

    assert_int_equal(socketpair(AF_UNIX, SOCK_DGRAM | SOCK_NONBLOCK, 0, pair), 0);
    assert_int_equal(send(pair[0], other, sizeof(other), 0), sizeof(other));
    assert_int_equal(send(pair[0], text, sizeof(text), 0), sizeof(text));
    assert_int_equal(uevent_read(pair[1], count, &told), 0);
    assert_int_equal(told, 0);
    assert_int_equal(uevent_read(pair[1], count, &told), 0);
    assert_int_equal(told, 1);
    assert_int_equal(uevent_read(pair[1], count, &told), 0);
    assert_int_equal(told, 1);
    close(pair[0]);
    close(pair[1]);
}

static void what_another_process_sends_is_not_the_kernels(void **state)
{
    static const char text[] = "offline@/devices/system/cpu/cpu3";
    const struct sockaddr_nl group = {.nl_family = AF_NETLINK, .nl_groups = 1};
    int receiver = uevent_open(), sender = uevent_open();
    unsigned told = 0;

    assert_true(receiver >= 0 && sender >= 0);
    if (sendto(sender, text, sizeof(text), 0, (const struct sockaddr *)&group, sizeof(group)) < 0)
        skip(); /* only root may */
    assert_int_equal(uevent_read(receiver, count, &told), 0);
    assert_int_equal(told, 0);
    close(receiver);
    close(sender);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(uevents_of_a_cpu_are_told_from_others),
        cmocka_unit_test(what_a_socket_without_a_port_says_is_read_until_nothing_is_queued),
        cmocka_unit_test(what_another_process_sends_is_not_the_kernels),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
