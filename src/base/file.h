/* Files below a directory descriptor. Nothing here follows a link out of that directory. */
#ifndef BASE_FILE_H
#define BASE_FILE_H

#include "base/buffer.h"

#include <sys/types.h>

/* Opens the directory `path` ("" or "." is `dir` itself) below `dir`, no component of it a link
 * and none leading out. Returns the descriptor (O_CLOEXEC, owned by the caller) or -errno. */
int directory_open_beneath(int dir, const char *path) must_check;

/* Reads the whole of `path` below `dir` into `buffer` (replacing its content), at most `limit`
 * bytes (-EFBIG). The last component must not be a link (-ELOOP). */
int file_read(int dir, const char *path, struct buffer *buffer, size_t limit) must_check;
/* The same with buffer_read_piece(). */
int file_read_piece(int dir, const char *path, struct buffer *buffer, size_t limit) must_check;

/* One write() of the whole text into an existing file, as control group files want it. A short
 * write is -EIO. */
int file_write(int dir, const char *path, const char *text, size_t length) must_check;

/* Replaces `name` in `dir` by the text so that a reader sees the old or the new, never a part,
 * and neither is lost when the machine stops. Of several processes that do it at once each
 * succeeds, and the last one's text stays; meanwhile a reader may see the beginning of a text. */
int file_replace(int dir, const char *name, const char *text, size_t length,
                 mode_t mode) must_check;
/* The same without waiting for the disk: for what is soon written anew, or worth nothing after the
 * machine's next start. */
int file_publish(int dir, const char *name, const char *text, size_t length,
                 mode_t mode) must_check;

#endif
