#include "bare.h"

#include <err.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static void *grown(void *list, size_t count, size_t size)
{
    if (count & (count - 1)) /* room is doubled at each power of two */
        return list;
    list = reallocarray(list, count ? count * 2 : 1, size);
    if (!list)
        err(EXIT_FAILURE, "bare");
    return list;
}

static char *copy(const char *text)
{
    char *own = strdup(text);

    if (!own)
        err(EXIT_FAILURE, "bare");
    return own;
}

static struct bare_file file_of(const char *line)
{
    struct bare_file file = {.name = copy(line + 2)};

    if (*line == 'W') {
        char *space = strchr(file.name, ' ');

        if (!space)
            errx(EXIT_FAILURE, "%s: nothing to write", line);
        *space = '\0';
        file.text = copy(space + 1);
    }
    return file;
}

static void add_line(struct bare *bare, int *root, const char *line)
{
    struct bare_node *node = bare->count ? &bare->nodes[bare->count - 1] : NULL;

    switch (*line) {
    case 'H':
        *root = open(line + 2, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
        if (*root < 0)
            err(EXIT_FAILURE, "%s", line + 2);
        break;
    case 'N':
        bare->nodes = grown(bare->nodes, bare->count, sizeof(*bare->nodes));
        bare->nodes[bare->count++] = (struct bare_node){.path = copy(line + 2), .root = *root};
        break;
    default:
        if (!node)
            errx(EXIT_FAILURE, "a file without a node");
        node->files = grown(node->files, node->count, sizeof(*node->files));
        node->files[node->count++] = file_of(line);
        break;
    }
}

struct bare bare_load(const char *list)
{
    struct bare bare = {0};
    FILE *file = fopen(list, "re");
    char line[4096];
    int root = -1;

    if (!file)
        err(EXIT_FAILURE, "%s", list);
    while (fgets(line, sizeof(line), file)) {
        line[strcspn(line, "\n")] = '\0';
        add_line(&bare, &root, line);
    }
    fclose(file);
    return bare;
}

static void run_file(int dir, const struct bare_file *file)
{
    char text[4096];
    int fd = openat(dir, file->name, (file->text ? O_WRONLY : O_RDONLY) | O_CLOEXEC);

    if (fd < 0 ||
        (file->text ? write(fd, file->text, strlen(file->text)) : read(fd, text, sizeof(text))) < 0)
        err(EXIT_FAILURE, "%s", file->name);
    close(fd);
}

void bare_run(const struct bare *bare)
{
    for (size_t i = 0; i < bare->count; i++) {
        const struct bare_node *node = &bare->nodes[i];
        int dir = openat(node->root, node->path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);

        if (dir < 0)
            err(EXIT_FAILURE, "%s", node->path);
        for (size_t k = 0; k < node->count; k++)
            run_file(dir, &node->files[k]);
        close(dir);
    }
}

size_t bare_files(const struct bare *bare)
{
    size_t files = 0;

    for (size_t i = 0; i < bare->count; i++)
        files += bare->nodes[i].count;
    return files;
}

void bare_release(struct bare *bare)
{
    for (size_t i = 0; i < bare->count; i++) {
        for (size_t k = 0; k < bare->nodes[i].count; k++) {
            free(bare->nodes[i].files[k].name);
            free(bare->nodes[i].files[k].text);
        }
        free(bare->nodes[i].files);
        free(bare->nodes[i].path);
    }
    free(bare->nodes);
    *bare = (struct bare){0};
}
