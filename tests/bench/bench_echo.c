/* The least that a healer does: waits until the file was written to, and writes its value back.
 *
 *     bench_echo FILE VALUE
 */
#include "base/file.h"

#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/inotify.h>

int main(int argc, char **argv)
{
    int queue = inotify_init1(IN_CLOEXEC);
    char events[4096];

    if (argc != 3 || queue < 0 || inotify_add_watch(queue, argv[1], IN_MODIFY) < 0) {
        perror(argc > 1 ? argv[1] : "usage: bench_echo FILE VALUE");
        return 1;
    }
    puts("ready");
    fflush(stdout);
    while (read(queue, events, sizeof(events)) > 0) {
        cleanup_buffer struct buffer text = {0};

        if (file_read(AT_FDCWD, argv[1], &text, 4096) < 0)
            return 1;
        text.data[strcspn(text.data, "\n")] = '\0';
        if (strcmp(text.data, argv[2]) != 0 &&
            file_write(AT_FDCWD, argv[1], argv[2], strlen(argv[2])) < 0)
            return 1;
    }
    return 1;
}
