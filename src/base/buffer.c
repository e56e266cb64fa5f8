#include "base/buffer.h"

#include <stdbool.h>
#include <string.h>

void buffer_release(struct buffer *buffer)
{
    free(buffer->data);
    *buffer = (struct buffer){0};
}

int buffer_reserve(struct buffer *buffer, size_t more)
{
    size_t needed = buffer->length + more + 1, size = buffer->size ? buffer->size : 512;
    char *data;

    if (needed <= buffer->size)
        return 0;
    while (size < needed)
        size *= 2;
    data = realloc(buffer->data, size);
    if (!data)
        return -ENOMEM;
    data[buffer->length] = '\0';
    buffer->data = data;
    buffer->size = size;
    return 0;
}

int buffer_append(struct buffer *buffer, const void *data, size_t length)
{
    int r = buffer_reserve(buffer, length);

    if (r < 0)
        return r;
    memcpy(buffer->data + buffer->length, data, length);
    buffer->length += length;
    buffer->data[buffer->length] = '\0';
    return 0;
}

static int read_all(struct buffer *buffer, int fd, size_t limit, bool piece)
{
    buffer->length = 0;
    for (;;) {
        ssize_t n;
        size_t room;
        int r = buffer_reserve(buffer, 4096);

        if (r < 0)
            return r;
        room = buffer->size - buffer->length - 1;
        n = read(fd, buffer->data + buffer->length, room);
        if (n < 0 && errno == EINTR)
            continue;
        if (n < 0)
            return -errno;
        buffer->length += (size_t)n;
        buffer->data[buffer->length] = '\0';
        if (buffer->length > limit) {
            buffer->length = limit;
            buffer->data[limit] = '\0';
            return -EFBIG;
        }
        if (n == 0 || (piece && (size_t)n < room))
            return 0;
    }
}

int buffer_read(struct buffer *buffer, int fd, size_t limit)
{
    return read_all(buffer, fd, limit, false);
}

int buffer_read_piece(struct buffer *buffer, int fd, size_t limit)
{
    return read_all(buffer, fd, limit, true);
}
