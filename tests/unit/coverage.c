#include "coverage.h"

#include "test.h"

#include "base/file.h"
#include "cgroup/value.h"

#include <ctype.h>
#include <dirent.h>
#include <inttypes.h>
#include <stdio.h>

#define ATTEMPTS   20 /* a value may change between being read raw and typed */
#define LINE_WIDTH 100

void names_add(struct names *names, const char *name)
{
    for (size_t i = 0; i < names->count; i++)
        if (strcmp(names->list[i], name) == 0)
            return;
    names->list = reallocarray(names->list, names->count + 1, sizeof(*names->list));
    assert_non_null(names->list);
    names->list[names->count] = strdup(name);
    assert_non_null(names->list[names->count++]);
}

static int by_name(const void *a, const void *b)
{
    return strcmp(*(char *const *)a, *(char *const *)b);
}

void names_tell(struct names *names, const char *what)
{
    int column = printf("# %s (%zu):", what, names->count);

    if (names->count > 0)
        qsort(names->list, names->count, sizeof(*names->list), by_name);
    for (size_t i = 0; names->count > 0 && i < names->count; i++) {
        if (column + (int)strlen(names->list[i]) >= LINE_WIDTH)
            column = printf("\n#  ") - 1;
        column += printf(" %s", names->list[i]);
    }
    printf("\n");
    fflush(stdout);
}

void names_release(struct names *names)
{
    for (size_t i = 0; i < names->count; i++)
        free(names->list[i]);
    free(names->list);
    *names = (struct names){0};
}

void coverage_release(struct coverage *coverage)
{
    names_release(&coverage->read);
    names_release(&coverage->other);
    names_release(&coverage->unknown);
    names_release(&coverage->wrong);
}

char *controller_of(const struct cg_hierarchy *hierarchy)
{
    char *one = hierarchy->version == 2
                    ? strdup("")
                    : strndup(hierarchy->controllers, strcspn(hierarchy->controllers, ","));

    assert_non_null(one);
    return one;
}

struct cg_tree *open_hierarchy(const char *root, const struct cg_hierarchy *hierarchy,
                               const char *subtree)
{
    cleanup_free char *controller = controller_of(hierarchy);
    const char *const controllers[] = {controller, NULL}, *const subtrees[] = {subtree, NULL};
    const struct cg_options options = {.size = sizeof(options),
                                       .root = root,
                                       .controllers = controllers,
                                       .subtrees = subtree ? subtrees : NULL};
    cleanup_error struct cg_error *error = NULL;
    struct cg_tree *tree = NULL;

    if (cg_tree_open(&options, &tree, &error) < 0)
        fail_msg("%s", cg_error_text(error));
    return tree;
}

/* White space made one blank, none at the ends; without `exact`, a number is a 0. */
static char *plain(const char *text, bool exact)
{
    char *made = malloc(strlen(text) + 1), *to = made;

    assert_non_null(made);
    for (const char *s = text; *s; s++) {
        if (isspace((unsigned char)*s)) {
            if (to > made && to[-1] != ' ')
                *to++ = ' ';
        } else if (!exact && isdigit((unsigned char)*s)) {
            if (to == made || to[-1] != '0')
                *to++ = '0';
        } else {
            *to++ = *s;
        }
    }
    while (to > made && to[-1] == ' ')
        to--;
    *to = '\0';
    return made;
}

/* v1 shows "no limit" as the biggest number of whole pages. */
static bool says_no_limit(const char *raw)
{
    return strncmp(raw, "max", 3) == 0 || strncmp(raw, "-1", 2) == 0 ||
           strtoull(raw, NULL, 10) >= (uint64_t)INT64_MAX - (UINT64_C(1) << 35);
}

/* A device without any I/O yet is a line of io.stat without a number (6.1): it is no row. */
static char *with_numbers(enum cg_kind kind, const char *raw)
{
    char *copy = strdup(raw), *made = calloc(1, strlen(raw) + 2), *at = copy, *line;

    assert_true(copy && made);
    while ((line = strsep(&at, "\n")))
        if (kind != CG_NESTED || strchr(line, '='))
            strcat(strcat(made, line), at ? "\n" : "");
    free(copy);
    return made;
}

static bool is_same(const struct cg_value *value, const char *raw, bool exact)
{
    enum cg_kind kind = cg_attr_kind(cg_value_attr(value));
    cleanup_free char *text = NULL, *left = NULL, *right = NULL, *lines = with_numbers(kind, raw);
    uint64_t number = 0;

    if ((kind == CG_SIZE || kind == CG_LIMIT) && cg_value_uint(value, &number) == 0 &&
        number == CG_NO_LIMIT)
        return says_no_limit(raw);
    if (kind == CG_TASKS && !exact)
        return true;
    assert_int_equal(cg_value_format(value, &text), 0);
    left = plain(text, exact);
    right = plain(lines, exact);
    return strcmp(left, right) == 0;
}

/* Of both files, where the attribute is two. */
static int read_raw(int dir, const struct cg_attr *attr, struct buffer *raw)
{
    cleanup_buffer struct buffer second = {0};
    int r = file_read(dir, attr->name, raw, KERNEL_FILE_LIMIT);

    if (r == 0 && attr->second)
        r = file_read(dir, attr->second, &second, KERNEL_FILE_LIMIT);
    if (r == 0 && attr->second)
        r = buffer_append(raw, second.data, second.length);
    return r;
}

static bool reads_as_it_stands(const struct cg_node *node, const char *controller, int dir,
                               const struct cg_attr *attr, bool exact, struct cg_error **err)
{
    for (unsigned i = 0; i < ATTEMPTS; i++) {
        cleanup_value struct cg_value *value = NULL;
        cleanup_buffer struct buffer raw = {0};

        if (read_raw(dir, attr, &raw) < 0 || cg_read_in(node, controller, attr, &value, err) < 0)
            return false;
        if (is_same(value, raw.data, exact))
            return true;
    }
    error_set(err, EILSEQ, "the value does not say what the file says");
    return false;
}

static void look_at(struct coverage *coverage, const struct cg_node *node, const char *controller,
                    int dir, const char *file, int version, bool exact)
{
    const struct cg_attr *attr = attr_by_name(file, version);
    cleanup_error struct cg_error *error = NULL;
    cleanup_free char *wrong = NULL;

    if (!attr)
        names_add(&coverage->unknown, file);
    else if (cg_attr_flags(attr) & CG_ATTR_WRITE_ONLY)
        names_add(&coverage->other, file);
    else if (reads_as_it_stands(node, controller, dir, attr, exact, &error))
        names_add(&coverage->read, attr->name);
    else if (asprintf(&wrong, "%s: %s\n#  ", file, cg_error_text(error)) > 0)
        names_add(&coverage->wrong, wrong);
}

void coverage_node(struct coverage *coverage, const struct cg_node *node,
                   const struct cg_hierarchy *hierarchy, bool exact)
{
    cleanup_free char *controller = controller_of(hierarchy);
    cleanup_close int dir = -1;
    const struct dirent *entry;
    DIR *files;
    int copy;

    assert_int_equal(cg_node_open(node, controller, &dir, NULL), 0);
    copy = dup(dir);
    files = fdopendir(copy);
    assert_non_null(files);
    while ((entry = readdir(files)))
        if (entry->d_type == DT_REG)
            look_at(coverage, node, controller, dir, entry->d_name, hierarchy->version, exact);
    closedir(files);
}

static bool is_there(const struct coverage *coverage, const char *name)
{
    const struct names *there[] = {&coverage->read, &coverage->other};

    for (size_t i = 0; i < ARRAY_SIZE(there); i++)
        for (size_t k = 0; k < there[i]->count; k++)
            if (strcmp(there[i]->list[k], name) == 0)
                return true;
    return false;
}

static bool has_hierarchy(const struct cg_mounts *mounts, const struct cg_attr *attr)
{
    for (size_t i = 0; i < mounts->count; i++)
        if (attr_is_in(attr, &mounts->hierarchies[i]))
            return true;
    return false;
}

/* "v1 cpuset", "v2" for its own files. */
static void add_controller(struct names *names, const struct cg_attr *attr)
{
    const char *controller = attr->controller ? attr->controller : "";
    cleanup_free char *name = NULL;

    assert_true(asprintf(&name, "v%d%s%s", attr->version, *controller ? "-" : "", controller) > 0);
    names_add(names, name);
}

void coverage_tell(struct coverage *coverage, const struct cg_mounts *mounts)
{
    struct names lacking = {0}, elsewhere = {0};

    for (const struct cg_attr *attr = attr_next(NULL); attr; attr = attr_next(attr)) {
        if (!has_hierarchy(mounts, attr))
            add_controller(&elsewhere, attr);
        else if (!is_there(coverage, attr->name))
            names_add(&lacking, attr->name);
    }
    names_tell(&coverage->read, "read, and what the file says");
    names_tell(&coverage->other, "not to be read");
    names_tell(&lacking, "not on this host");
    names_tell(&elsewhere, "controllers whose attributes have no hierarchy on this host");
    names_tell(&coverage->unknown, "files that no row knows");
    names_tell(&coverage->wrong, "wrong");
    names_release(&lacking);
    names_release(&elsewhere);
}
