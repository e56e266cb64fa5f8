/* Lists libvirt's guests; shows one of them, or changes the CPUs of its first vCPU (needs root).
 * usage: guest [NAME [CPUS]]
 * Build: cc -o guest guest.c $(pkg-config --cflags --libs libcgtree) */
#include <cgtree.h>

#include <err.h>
#include <stdio.h>
#include <stdlib.h>

static void must(int r, struct cg_error *error)
{
    if (r < 0)
        errx(EXIT_FAILURE, "%s", cg_error_text(error));
}

static void show(const struct cg_tree *tree, const struct cg_node *node, const char *name)
{
    const struct cg_attr *attr = NULL;
    struct cg_error *error = NULL;
    struct cg_value *value = NULL;
    char *text = NULL;

    must(cg_attr_find(tree, name, &attr, &error), error);
    must(cg_read(node, attr, &value, &error), error);
    if (cg_value_format(value, &text) == 0)
        printf("%s of %s: %s\n", cg_attr_name(attr), cg_node_name(node), text);
    free(text);
    cg_value_unref(value);
}

static void show_guest(const struct cg_tree *tree, const struct cg_node *guest)
{
    char *path = NULL;

    if (cg_node_path(guest, &path) == 0)
        printf("path: %s\n", path);
    free(path);
    show(tree, guest, "cpu.shares");
    show(tree, guest, "cpuset.cpus.effective");
    show(tree, guest, "memory.limit_in_bytes");
    for (struct cg_node *vcpu = NULL; (vcpu = cg_guest_node(guest, CG_ROLE_VCPU, vcpu));)
        show(tree, vcpu, "cpuset.cpus.effective");
    for (struct cg_node *node = NULL; (node = cg_guest_node(guest, CG_ROLE_EMULATOR, node));)
        show(tree, node, "cpuset.cpus.effective");
}

static void change_cpus(const struct cg_tree *tree, const struct cg_node *vcpu, const char *cpus)
{
    const struct cg_attr *attr = NULL;
    struct cg_error *error = NULL;
    struct cg_value *value = NULL;

    must(cg_attr_find(tree, "cpuset.cpus", &attr, &error), error);
    must(cg_value_parse(attr, cpus, &value, &error), error);
    must(cg_write(vcpu, attr, value, &error), error);
    cg_value_unref(value);
}

int main(int argc, char **argv)
{
    struct cg_options options = {.size = sizeof(options), .flags = CG_GUESTS};
    struct cg_node *guest = NULL, *vcpu;
    struct cg_error *error = NULL;
    struct cg_tree *tree = NULL;

    must(cg_tree_open(&options, &tree, &error), error);
    if (argc == 1)
        while ((guest = cg_guest_next(tree, guest)))
            printf("%s (id %d)\n", cg_node_guest(guest), cg_node_guest_id(guest));
    if (argc > 1) {
        guest = cg_tree_find(tree, argv[1]);
        if (!guest)
            errx(EXIT_FAILURE, "%s: there is no such guest, or there are several", argv[1]);
        vcpu = cg_guest_node(guest, CG_ROLE_VCPU, NULL);
        if (argc > 2 && vcpu)
            change_cpus(tree, vcpu, argv[2]);
        show_guest(tree, guest);
    }
    cg_tree_close(tree);
    return EXIT_SUCCESS;
}
