/* Shows the control groups of one controller, makes one, restricts it to one CPU and removes it.
 * Needs root. Build: cc -o tree tree.c $(pkg-config --cflags --libs libcgtree) */
#include <cgtree.h>

#include <err.h>
#include <stdio.h>
#include <stdlib.h>

static void must(int r, struct cg_error *error)
{
    if (r < 0)
        errx(EXIT_FAILURE, "%s", cg_error_text(error));
}

/* The attribute goes by its v1 or v2 name on every host. */
static const struct cg_attr *attribute(const struct cg_tree *tree, const char *name)
{
    const struct cg_attr *attr = NULL;
    struct cg_error *error = NULL;

    must(cg_attr_find(tree, name, &attr, &error), error);
    return attr;
}

/* The CPUs that the node's tasks may really run on. The value is the caller's. */
static struct cg_value *read_cpus(const struct cg_tree *tree, const struct cg_node *node)
{
    struct cg_error *error = NULL;
    struct cg_value *value = NULL;

    must(cg_read(node, attribute(tree, "cpuset.cpus.effective"), &value, &error), error);
    return value;
}

static void show_cpus(const struct cg_tree *tree, const struct cg_node *node)
{
    struct cg_value *value = read_cpus(tree, node);
    char *text = NULL, *path = NULL;

    if (cg_value_format(value, &text) == 0 && cg_node_path(node, &path) == 0)
        printf("%s may use the CPUs %s\n", path, text);
    free(text);
    free(path);
    cg_value_unref(value);
}

static void restrict_to_one_cpu(const struct cg_tree *tree, const struct cg_node *node)
{
    const struct cg_attr *cpus = attribute(tree, "cpuset.cpus");
    struct cg_value *now = read_cpus(tree, node), *one = NULL;
    const struct cg_set *set = NULL;
    struct cg_error *error = NULL;
    char list[16];

    must(cg_value_set(now, &set), NULL);
    snprintf(list, sizeof(list), "%d", cg_set_next(set, -1));
    must(cg_value_parse(cpus, list, &one, &error), error);
    must(cg_write(node, cpus, one, &error), error);
    cg_value_unref(one);
    cg_value_unref(now);
}

int main(void)
{
    static const char *const controllers[] = {"cpuset", NULL};
    struct cg_options options = {.size = sizeof(options), .controllers = controllers};
    struct cg_error *error = NULL;
    struct cg_tree *tree = NULL;
    struct cg_node *root, *test = NULL;

    must(cg_tree_open(&options, &tree, &error), error);
    root = cg_tree_root(tree);
    for (struct cg_node *child = cg_node_child(root); child; child = cg_node_sibling(child))
        printf("there is %s\n", cg_node_name(child));
    show_cpus(tree, root);

    must(cg_node_create(root, "libcgtree-test", &test, &error), error);
    show_cpus(tree, test);
    restrict_to_one_cpu(tree, test);
    show_cpus(tree, test);
    must(cg_node_delete(test, &error), error);
    cg_tree_close(tree);
    return EXIT_SUCCESS;
}
