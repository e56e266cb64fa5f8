#include "guest/pid_file.h"

#include "base/cleanup.h"

#include <string.h>

#define SUFFIX ".pid"

static const struct {
    char character;
    const char *written;
} escapes[] = {{'&', "&amp;"}, {'<', "&lt;"}, {'>', "&gt;"}, {'"', "&quot;"}, {'\'', "&apos;"}};

char *pid_file_of(const char *guest)
{
    const size_t longest = strlen("&quot;");
    char *file = malloc(strlen(guest) * longest + sizeof(SUFFIX)), *to = file;

    if (!file)
        return NULL;
    for (; *guest; guest++) {
        size_t i = 0;

        while (i < ARRAY_SIZE(escapes) && escapes[i].character != *guest)
            i++;
        if (i < ARRAY_SIZE(escapes))
            to = stpcpy(to, escapes[i].written);
        else
            *to++ = *guest;
    }
    strcpy(to, SUFFIX);
    return file;
}

char *pid_file_guest(const char *file)
{
    size_t length = strlen(file), tail = strlen(SUFFIX);
    char *guest, *to;

    if (length <= tail || strcmp(file + length - tail, SUFFIX) != 0)
        return NULL;
    guest = to = malloc(length);
    if (!guest)
        return NULL;
    for (const char *at = file; at < file + length - tail;) {
        size_t i = 0;

        while (i < ARRAY_SIZE(escapes) &&
               strncmp(at, escapes[i].written, strlen(escapes[i].written)) != 0)
            i++;
        *to++ = i < ARRAY_SIZE(escapes) ? escapes[i].character : *at;
        at += i < ARRAY_SIZE(escapes) ? strlen(escapes[i].written) : 1;
    }
    *to = '\0';
    return guest;
}
