#include "cgroup/guest_path.h"

#include "cgroup/text.h"

#include <limits.h>
#include <string.h>

#define UUID_LENGTH 36

/* libvirt's drivers that make control groups. A scope's name has nothing else that tells a guest
 * from any other machine of systemd's. */
static const char *const drivers[] = {"qemu", "lxc", "ch"};

static bool is_driver(const char *name, size_t length)
{
    for (size_t i = 0; i < ARRAY_SIZE(drivers); i++)
        if (strlen(drivers[i]) == length && strncmp(name, drivers[i], length) == 0)
            return true;
    return false;
}

static int hex_digit(char c)
{
    if (text_is_digit(c))
        return c - '0';
    return c >= 'a' && c <= 'f' ? c - 'a' + 10 : c >= 'A' && c <= 'F' ? c - 'A' + 10 : -1;
}

/* Undoes systemd's escaping of a unit's name (systemd.unit(5)): "\x2d" is '-', '-' is '/'. */
static char *unit_unescape(const char *name, size_t length)
{
    char *text = malloc(length + 1), *to = text;

    for (size_t i = 0; text && i < length;) {
        int high = i + 3 < length ? hex_digit(name[i + 2]) : -1,
            low = high >= 0 ? hex_digit(name[i + 3]) : -1;

        if (name[i] == '\\' && name[i + 1] == 'x' && low >= 0 && (high || low)) {
            *to++ = (char)(high << 4 | low);
            i += 4;
        } else {
            *to++ = name[i] == '-' ? '/' : name[i];
            i++;
        }
    }
    if (text)
        *to = '\0';
    return text;
}

bool guest_is_uuid(const char *text)
{
    for (size_t i = 0; i < UUID_LENGTH; i++) {
        bool dash = i == 8 || i == 13 || i == 18 || i == 23;

        if (dash ? text[i] != '-' : hex_digit(text[i]) < 0)
            return false;
    }
    return !text[UUID_LENGTH];
}

/* "2-web1" or, where libvirt dropped every character of the name, "2". */
static bool split_id(const char *text, int *ret_id, const char **ret_name)
{
    uint64_t id;

    if (text_number(&text, &id) < 0 || id > INT_MAX || (*text && *text != '-'))
        return false;
    *ret_id = (int)id;
    *ret_name = *text ? text + 1 : "";
    return true;
}

/* What libvirt calls the machine: DRIVER-ID-NAME, or DRIVER-embed-HASH-ID-NAME where the driver
 * runs inside a program. (A session's USER-DRIVER-... has no control groups.) */
static bool split_machine(const char *text, size_t *ret_driver_length, int *ret_id,
                          const char **ret_name)
{
    size_t length = strcspn(text, "-");
    const char *rest = text + length;

    if (!*rest || !is_driver(text, length))
        return false;
    rest++;
    if (strncmp(rest, "embed-", 6) == 0 && strchr(rest + 6, '-'))
        rest = strchr(rest + 6, '-') + 1;
    *ret_driver_length = length;
    return split_id(rest, ret_id, ret_name);
}

static int directory_fill(struct guest_directory *ret, const char *driver, size_t driver_length,
                          const char *name, const char *uuid, int id)
{
    struct guest_directory directory = {.id = id};

    directory.driver = strndup(driver, driver_length);
    directory.name = name && *name ? strdup(name) : NULL;
    directory.uuid = uuid ? strdup(uuid) : NULL;
    if (!directory.driver || (name && *name && !directory.name) || (uuid && !directory.uuid)) {
        guest_directory_release(&directory);
        return -ENOMEM;
    }
    *ret = directory;
    return 0;
}

/* "machine-qemu\x2d2\x2dweb1.scope", and "machine-qemu\x2dweb1.scope" of libvirt before 1.3. */
static int scope_parse(const char *name, struct guest_directory *ret)
{
    static const char before[] = "machine-", behind[] = ".scope";
    size_t length = strlen(name), skip = strlen(before), driver_length;
    cleanup_free char *machine = NULL;
    const char *guest;
    int id;

    if (length <= skip + strlen(behind) || strncmp(name, before, skip) != 0 ||
        strcmp(name + length - strlen(behind), behind) != 0)
        return -ENOENT;
    machine = unit_unescape(name + skip, length - skip - strlen(behind));
    if (!machine)
        return -ENOMEM;
    if (split_machine(machine, &driver_length, &id, &guest))
        return directory_fill(ret, machine, driver_length, guest, NULL, id);
    driver_length = strcspn(machine, "-");
    if (machine[driver_length] && machine[driver_length + 1] && is_driver(machine, driver_length))
        return directory_fill(ret, machine, driver_length, machine + driver_length + 1, NULL, -1);
    return -ENOENT;
}

/* "qemu-2-web1.libvirt-qemu", "UUID.libvirt-qemu", "web1.libvirt-qemu". */
static int suffixed_parse(const char *name, struct guest_directory *ret)
{
    static const char mark[] = ".libvirt-";
    const char *found = NULL, *driver, *guest;
    cleanup_free char *machine = NULL;
    size_t length;
    int id;

    for (const char *s = name; (s = strstr(s, mark)); s++)
        found = s;
    if (!found || found == name)
        return -ENOENT;
    driver = found + strlen(mark);
    if (!*driver || strspn(driver, "abcdefghijklmnopqrstuvwxyz") != strlen(driver))
        return -ENOENT;
    machine = strndup(name, (size_t)(found - name));
    if (!machine)
        return -ENOMEM;
    if (split_machine(machine, &length, &id, &guest) && strlen(driver) == length &&
        strncmp(machine, driver, length) == 0)
        return directory_fill(ret, driver, length, guest, NULL, id);
    return guest_is_uuid(machine) ? directory_fill(ret, driver, strlen(driver), NULL, machine, -1)
                                  : directory_fill(ret, driver, strlen(driver), machine, NULL, -1);
}

int guest_directory_parse(const char *name, struct guest_directory *ret)
{
    int r = scope_parse(name, ret);

    return r == -ENOENT ? suffixed_parse(name, ret) : r;
}

void guest_directory_release(struct guest_directory *directory)
{
    free(directory->driver);
    free(directory->name);
    free(directory->uuid);
    *directory = (struct guest_directory){.id = -1};
}

/* The next component of a path; *at moves behind it. Its length is 0 at the end. */
static size_t component(const char **at, const char **ret)
{
    size_t length;

    while (**at == '/')
        ++*at;
    *ret = *at;
    length = strcspn(*at, "/");
    *at += length;
    return length;
}

static bool component_is(const char *component, size_t length, const char *name)
{
    return strlen(name) == length && strncmp(component, name, length) == 0;
}

static int is_guest_directory(const char *name, size_t length)
{
    cleanup_free char *copy = strndup(name, length);
    struct guest_directory directory;
    int r = copy ? guest_directory_parse(copy, &directory) : -ENOMEM;

    if (r == 0)
        guest_directory_release(&directory);
    return r;
}

/* How far the path leads to its first guest's node, which ends there. libvirt before 1.0.5 had
 * .../libvirt/DRIVER/NAME, and some of its successors machine/DRIVER/NAME: two names around a
 * driver's word, not one, tell. */
static int find_guest(const char *path, size_t *ret_end)
{
    bool in_libvirt = false, in_driver = false;
    const char *at = path, *name;
    size_t length;

    while ((length = component(&at, &name)) > 0) {
        int r = is_guest_directory(name, length);

        if (r == 0 || (r == -ENOENT && in_driver)) {
            *ret_end = (size_t)(at - path);
            return 0;
        }
        if (r != -ENOENT)
            return r;
        in_driver = in_libvirt && is_driver(name, length);
        in_libvirt = component_is(name, length, "libvirt") || component_is(name, length, "machine");
    }
    return -ENOENT;
}

int guest_path_parse(const char *path, struct guest_path *ret)
{
    struct guest_path split = {.role = {.kind = CG_ROLE_VM}};
    const char *at, *name;
    size_t end = 0, length;
    int r;

    while (*path == '/')
        path++;
    r = find_guest(path, &end);
    if (r < 0)
        return r;
    at = path + end;
    length = component(&at, &name);
    if (component_is(name, length, "libvirt")) {
        split.delegated = true;
        length = component(&at, &name);
    }
    if (length > 0) {
        cleanup_free char *child = strndup(name, length);

        if (!child)
            return -ENOMEM;
        split.role = role_from_name(child);
        /* What a role's node contains, if anything, is none of libvirt's. */
        if (component(&at, &name) > 0)
            split.role = (struct cg_role){.kind = CG_ROLE_NONE};
    }
    split.vm = strndup(path, end);
    if (!split.vm)
        return -ENOMEM;
    *ret = split;
    return 0;
}

void guest_path_release(struct guest_path *path)
{
    free(path->vm);
    *path = (struct guest_path){.vm = NULL};
}

static bool line_parse(const char *line, size_t length, struct cgroup_line *ret)
{
    const char *colon = memchr(line, ':', length), *second, *end = line + length;

    if (!colon || colon == line || strspn(line, "0123456789") != (size_t)(colon - line))
        return false;
    second = memchr(colon + 1, ':', (size_t)(end - colon - 1));
    if (!second || second + 1 == end || second[1] != '/')
        return false;
    ret->controllers = colon + 1;
    ret->controllers_length = (size_t)(second - colon - 1);
    ret->path = second + 1;
    ret->path_length = (size_t)(end - second - 1);
    ret->version = line[0] == '0' && colon == line + 1 && ret->controllers_length == 0 ? 2 : 1;
    return true;
}

bool cgroup_line_next(const char **at, struct cgroup_line *ret)
{
    while (**at) {
        const char *line = *at;
        size_t length = strcspn(line, "\n");
        struct cgroup_line parsed;

        *at = line + length + (line[length] == '\n');
        if (!line_parse(line, length, &parsed))
            continue;
        *ret = parsed;
        return true;
    }
    return false;
}
