/* A tree of many nodes beside a bare walk over the same directories: time and memory a node.
 * usage: bench_tree SUBTREE ROUNDS CONTROLLER... Prints NAME VALUE lines for bench.py. */
#include "timing.h"

#include "base/cleanup.h"
#include "base/error.h"
#include "cgroup/cgtree.h"

#include <err.h>
#include <fcntl.h>
#include <malloc.h>
#include <string.h>

/* What a bare walk keeps: the same that makes a node an identity. */
struct bare {
    struct bare *parent, *child, *sibling;
    uint64_t id;
    char name[];
};

static size_t bare_count;

static struct bare *bare_new(struct bare *parent, const char *name, uint64_t id)
{
    struct bare *bare = malloc(sizeof(*bare) + strlen(name) + 1);

    if (!bare)
        err(EXIT_FAILURE, "bare");
    *bare = (struct bare){.parent = parent, .id = id};
    strcpy(bare->name, name);
    if (parent) {
        bare->sibling = parent->child;
        parent->child = bare;
    }
    bare_count++;
    return bare;
}

static void bare_free(struct bare *bare)
{
    for (struct bare *child = bare->child, *next; child; child = next) {
        next = child->sibling;
        bare_free(child);
    }
    free(bare);
}

static void bare_walk(int above, const char *name, struct bare *at)
{
    int fd = openat(above, name, O_RDONLY | O_DIRECTORY | O_CLOEXEC | O_NOFOLLOW);
    DIR *dir = fd < 0 ? NULL : fdopendir(fd); /* getdents64(2) */
    const struct dirent *entry;

    if (!dir && errno == ENOENT)
        return; /* somebody's guest that ended */
    if (!dir)
        err(EXIT_FAILURE, "%s", name);
    while ((entry = readdir(dir)))
        if (entry->d_type == DT_DIR && entry->d_name[0] != '.')
            bare_walk(dirfd(dir), entry->d_name, bare_new(at, entry->d_name, entry->d_ino));
    closedir(dir);
}

static size_t memory(void)
{
    return mallinfo2().uordblks;
}

struct measured {
    struct samples time, refresh, bare;
    size_t nodes, directories, node_memory, bare_memory;
    size_t after; /* memory in use when all is closed */
};

static struct cg_tree *open_tree(const char *subtree, const char *const *controllers)
{
    const char *const subtrees[] = {subtree, NULL};
    struct cg_options options = {.size = sizeof(options),
                                 .flags = CG_GROUPED,
                                 .controllers = controllers,
                                 .subtrees = subtrees};
    struct cg_error *error = NULL;
    struct cg_tree *tree = NULL;

    if (cg_tree_open(&options, &tree, &error) < 0)
        errx(EXIT_FAILURE, "%s", cg_error_text(error));
    return tree;
}

static void measure_bare(const struct cg_tree *tree, const char *subtree,
                         const char *const *controllers, struct measured *m)
{
    struct bare *tops[16];
    size_t before = memory(), count = 0;
    uint64_t since = timing_cpu();

    bare_count = 0;
    for (; controllers[count]; count++) {
        char *path = NULL;

        if (cg_node_full_path(cg_tree_find(tree, subtree), controllers[count], &path) < 0)
            errx(EXIT_FAILURE, "%s: no %s", subtree, controllers[count]);
        tops[count] = bare_new(NULL, subtree, 0);
        bare_walk(AT_FDCWD, path, tops[count]);
        free(path);
    }
    samples_add(&m->bare, timing_cpu() - since);
    m->bare_memory = memory() - before;
    m->directories = bare_count;
    while (count > 0)
        bare_free(tops[--count]);
}

static void measure(const char *subtree, const char *const *controllers, struct measured *m)
{
    size_t before = memory();
    uint64_t since = timing_cpu();
    struct cg_tree *tree = open_tree(subtree, controllers);
    struct cg_error *error = NULL;

    samples_add(&m->time, timing_cpu() - since);
    m->node_memory = memory() - before;
    m->nodes = 0;
    for (struct cg_node *n = NULL; (n = cg_node_next(cg_tree_root(tree), n, false));)
        m->nodes++;
    measure_bare(tree, subtree, controllers, m);
    since = timing_cpu();
    if (cg_tree_refresh(tree, NULL, &error) < 0)
        errx(EXIT_FAILURE, "%s", cg_error_text(error));
    samples_add(&m->refresh, timing_cpu() - since);
    cg_tree_close(tree);
    m->after = memory();
}

int main(int argc, char **argv)
{
    struct measured m = {0};
    size_t first;
    unsigned rounds = argc > 3 ? (unsigned)strtoul(argv[2], NULL, 10) : 0;

    if (rounds == 0 || rounds > ROUNDS_MOST)
        errx(EXIT_FAILURE, "usage: bench_tree SUBTREE ROUNDS CONTROLLER...");
    /* What is made once (stdio's, the C library's) is not counted as left. */
    measure(argv[1], (const char *const *)argv + 3, &m);
    first = m.after;
    for (unsigned i = 1; i < rounds; i++)
        measure(argv[1], (const char *const *)argv + 3, &m);
    tell("nodes", (double)m.nodes);
    tell("directories", (double)m.directories);
    tell_median("open", &m.time);
    tell_median("refresh", &m.refresh);
    tell_median("bare", &m.bare);
    tell("ratio", samples_ratio(&m.time, &m.bare));
    tell("refresh_ratio", samples_ratio(&m.refresh, &m.bare));
    tell("memory", (double)m.node_memory);
    tell("bare_memory", (double)m.bare_memory);
    tell("left", (double)m.after - (double)first);
    return EXIT_SUCCESS;
}
