#include "helper/status.h"

#include "base/buffer.h"
#include "helper/domain_xml.h"
#include "helper/output.h"

#include <string.h>
#include <sys/socket.h>

/* The names of libvirt's drivers are short. */
#define DRIVER_SIZE 32

/* The file, or -EAGAIN, -EPIPE. More than one is not sent, and would not fit. */
static int receive(int socket, char driver[DRIVER_SIZE])
{
    union {
        char room[CMSG_SPACE(sizeof(int))];
        struct cmsghdr align;
    } control;
    struct iovec text = {.iov_base = driver, .iov_len = DRIVER_SIZE - 1};
    struct msghdr message = {.msg_iov = &text,
                             .msg_iovlen = 1,
                             .msg_control = control.room,
                             .msg_controllen = sizeof(control.room)};
    ssize_t n = recvmsg(socket, &message, MSG_DONTWAIT | MSG_CMSG_CLOEXEC);
    const struct cmsghdr *rights = n > 0 ? CMSG_FIRSTHDR(&message) : NULL;
    int file;

    if (n == 0 || (n < 0 && errno != EAGAIN && errno != EINTR))
        return -EPIPE;
    if (!rights || rights->cmsg_level != SOL_SOCKET || rights->cmsg_type != SCM_RIGHTS ||
        rights->cmsg_len != CMSG_LEN(sizeof(file)))
        return -EAGAIN;
    driver[n] = '\0';
    memcpy(&file, CMSG_DATA(rights), sizeof(file));
    return file;
}

static int read_facts(int file, const char *driver, struct facts **ret, struct cg_error **err)
{
    cleanup_buffer struct buffer text = {0};
    int r = buffer_read(&text, file, DOMAIN_XML_LIMIT);

    if (r < 0)
        return error_set(err, -r, "%s", strerror(-r));
    r = domain_status_parse(text.data, text.length, driver, ret, err);
    if (r < 0 || !*ret)
        return r;
    /* Whether it will ever, libvirt is to tell. */
    (*ret)->running = false;
    (*ret)->id = -1;
    return 0;
}

int status_take(int socket, const char *driver)
{
    char its_driver[DRIVER_SIZE];
    cleanup_close int file = receive(socket, its_driver);
    cleanup_message struct message message = {.type = MESSAGE_GUEST, .event = EVENT_LAUNCHING};
    cleanup_error struct cg_error *err = NULL;
    int r;

    if (file < 0)
        return file == -EPIPE ? file : 0;
    if (driver && strcmp(driver, its_driver) != 0)
        return 0;
    r = read_facts(file, its_driver, &message.facts, &err);
    if (r == 0 && message.facts)
        r = output_message(&message);
    if (r < 0 && r != -EPIPE)
        complain("libvirt's file of a guest that it is starting: %s",
                 err ? cg_error_text(err) : strerror(-r));
    return 0;
}
