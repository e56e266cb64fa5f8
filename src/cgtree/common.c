/* What the subcommands share: messages, JSON, the way from a NODE to its node. */
#include "cgtree/command.h"

#include "base/error.h"
#include "base/escape.h"

#include <stdarg.h>
#include <string.h>

void message(const char *format, ...)
{
    va_list arguments;

    fflush(stdout); /* where both go to one place, they keep their order */
    va_start(arguments, format);
    text_print_line(stderr, "cgtree: ", format, arguments);
    va_end(arguments);
}

static bool lacks;

void lack_memory(void)
{
    lacks = true;
}

bool memory_lacks(void)
{
    return lacks;
}

int fail(const struct cg_error *error)
{
    int code = cg_error_errno(error);

    message("%s", cg_error_text(error));
    /* To root, EACCES is a rule of the kernel's (v1: outside the parent's set). */
    return (code == EACCES || code == EPERM) && geteuid() != 0 ? EX_NOPERM : EXIT_FAILED;
}

/* Line by line, since a value may have several. */
void print_text(const char *text, const char *end)
{
    while (*text) {
        size_t length = strcspn(text, "\n");
        cleanup_free char *line = strndup(text, length), *safe = line ? text_escape(line) : NULL;

        if (safe)
            fputs(safe, stdout);
        else
            lack_memory();
        if (text[length])
            putchar('\n');
        text += length + (text[length] == '\n');
    }
    fputs(end, stdout);
}

json_t *json_text(const char *text)
{
    cleanup_free char *safe = text ? text_escape(text) : NULL;

    if (!text)
        return json_null();
    if (!safe)
        lack_memory();
    return safe ? json_string(safe) : NULL;
}

int print_json(json_t *document, int status)
{
    const size_t flags = JSON_INDENT(2) | JSON_ENSURE_ASCII | JSON_REAL_PRECISION(15);

    if (!document)
        lack_memory();
    if (!lacks && json_dump_callback(document, text_print_json, stdout, flags) < 0)
        lack_memory();
    json_decref(document);
    putchar('\n');
    return status;
}

int open_tree(struct context *context, unsigned flags, const char *controller)
{
    const char *const controllers[] = {controller, NULL};
    const struct cg_options options = {.size = sizeof(options),
                                       .flags = flags,
                                       .root = context->root,
                                       .controllers = controller ? controllers : NULL};
    cleanup_error struct cg_error *error = NULL;
    int status;

    context->tree = cg_tree_close(context->tree);
    if (cg_tree_open(&options, &context->tree, &error) == 0)
        return 0;
    status = fail(error);
    return status == EXIT_FAILED ? EX_UNAVAILABLE : status;
}

int find_node(struct context *context, const char *name, struct cg_node **ret)
{
    bool is_path = *name == '/';
    int status = open_tree(context, is_path ? CG_GROUPED : CG_GUESTS, NULL);

    if (status)
        return status;
    *ret = cg_tree_find(context->tree, name);
    if (*ret)
        return 0;
    if (is_path)
        message("%s: there is no such control group (see: cgtree tree --grouped)", name);
    else
        message("%s: there is no such guest or node of it, or several guests go by that name "
                "(see: cgtree tree --vms)",
                name);
    return EXIT_FAILED;
}

/* v1's quota is two files and one attribute, which goes by the first one's name. */
static bool is_second_file(const struct cg_attr *attr, const char *name)
{
    const char *second = cg_attr_file(attr, 1);

    return second && strcmp(second, name) == 0;
}

int find_attr(const struct context *context, const char *name, const struct cg_attr **ret)
{
    cleanup_error struct cg_error *error = NULL;
    int r = cg_attr_find(context->tree, name, ret, &error), status;

    if (r < 0) {
        status = fail(error);
        return r == -ENOENT ? EX_USAGE : status;
    }
    if (is_second_file(*ret, name)) {
        message("%s: here this is %s, a \"QUOTA PERIOD\" (files %s and %s)", name,
                cg_attr_name(*ret), cg_attr_file(*ret, 0), name);
        return EX_USAGE;
    }
    if (strcmp(name, cg_attr_name(*ret)) != 0 && cg_attr_flags(*ret) & CG_ATTR_CONVERTED) {
        message("%s: here this is %s, and its values differ: use that name", name,
                cg_attr_name(*ret));
        return EX_USAGE;
    }
    return 0;
}

char *first_controller(const char *controllers)
{
    return strndup(controllers, strcspn(controllers, ","));
}

const char *role_text(struct cg_role role, char into[ROLE_TEXT_SIZE])
{
    static const char *const names[] = {[CG_ROLE_VM] = "vm",
                                        [CG_ROLE_EMULATOR] = "emulator",
                                        [CG_ROLE_VCPU] = "vcpu",
                                        [CG_ROLE_IOTHREAD] = "iothread"};

    if (role.kind == CG_ROLE_NONE)
        return NULL;
    if (role.kind == CG_ROLE_VCPU || role.kind == CG_ROLE_IOTHREAD)
        snprintf(into, ROLE_TEXT_SIZE, "%s%u", names[role.kind], role.index);
    else
        snprintf(into, ROLE_TEXT_SIZE, "%s", names[role.kind]);
    return into;
}
