#include "host/uevent.h"

#include <linux/netlink.h>
#include <string.h>
#include <sys/socket.h>

#define KERNEL_GROUP 1    /* group 2 is udev's own */
#define UEVENT_SIZE  4096 /* more than the kernel's UEVENT_BUFFER_SIZE */

int uevent_open(void)
{
    const struct sockaddr_nl address = {.nl_family = AF_NETLINK, .nl_groups = KERNEL_GROUP};
    cleanup_close int fd =
        socket(AF_NETLINK, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, NETLINK_KOBJECT_UEVENT);

    if (fd < 0 || bind(fd, (const struct sockaddr *)&address, sizeof(address)) < 0)
        return -errno;
    return steal_fd(&fd);
}

bool uevent_names_cpu(const char *text, unsigned *ret)
{
    static const char folder[] = "@/devices/system/cpu/cpu";
    const char *at = strchr(text, '@');
    char *end;
    unsigned long number;

    if (!at || strncmp(at, folder, strlen(folder)) != 0)
        return false;
    at += strlen(folder);
    if (*at < '0' || *at > '9')
        return false;
    errno = 0;
    number = strtoul(at, &end, 10);
    if (errno || *end || number >= UEVENT_ANY_CPU)
        return false;
    *ret = (unsigned)number;
    return true;
}

int uevent_read(int socket, uevent_fn fn, void *data)
{
    char text[UEVENT_SIZE + 1];
    struct sockaddr_nl sender = {0};
    socklen_t size = sizeof(sender);
    ssize_t n = recvfrom(socket, text, UEVENT_SIZE, 0, (struct sockaddr *)&sender, &size);
    unsigned cpu;

    if (n < 0 && errno == ENOBUFS) {
        fn(UEVENT_ANY_CPU, data);
        return 0;
    }
    if (n < 0)
        return errno == EAGAIN || errno == EINTR ? 0 : -errno;
    text[n] = '\0';
    /* Whoever may send to the group has a port; the kernel has none. */
    if (sender.nl_pid == 0 && uevent_names_cpu(text, &cpu))
        fn(cpu, data);
    return 0;
}
