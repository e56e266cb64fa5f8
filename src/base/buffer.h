/* A growing run of bytes, always followed by a NUL that `length` does not count. A zeroed struct
 * is an empty buffer; one buffer serves many reads. */
#ifndef BASE_BUFFER_H
#define BASE_BUFFER_H

#include "base/cleanup.h"

#include <stddef.h>

struct buffer {
    char *data; /* NULL until something was stored */
    size_t length;
    size_t size;
};

void buffer_release(struct buffer *buffer);
#define cleanup_buffer cleanup_with(buffer_release)

/* Room for `more` bytes and the NUL behind `length`. -ENOMEM. */
int buffer_reserve(struct buffer *buffer, size_t more) must_check;
int buffer_append(struct buffer *buffer, const void *data, size_t length) must_check;

/* Replaces the content with what `fd` yields up to its end, at most `limit` bytes: -EFBIG, and
 * the content is cut, when there is more; else 0 or read()'s -errno. */
int buffer_read(struct buffer *buffer, int fd, size_t limit) must_check;
/* The same of a file that is made in one piece, as seq_file(9)'s single_open() does: a read that
 * leaves room was the last. */
int buffer_read_piece(struct buffer *buffer, int fd, size_t limit) must_check;

#endif
