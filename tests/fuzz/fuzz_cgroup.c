/* /proc/PID/cgroup, and libvirt's and systemd's names in its paths. */
#include "fuzz.h"

#include "cgroup/guest_path.h"

static void check_directory(const char *name)
{
    struct guest_directory directory;

    if (guest_directory_parse(name, &directory) < 0)
        return;
    assert(*directory.driver && directory.id >= -1);
    assert(!directory.name || *directory.name);
    assert(!directory.uuid || strlen(directory.uuid) == 36);
    guest_directory_release(&directory);
}

static void check_path(const char *path)
{
    const char *start = path + strspn(path, "/"), *last = strrchr(path, '/');
    struct guest_path split;
    char name[ROLE_NAME_SIZE];

    check_directory(last ? last + 1 : path);
    if (guest_path_parse(path, &split) < 0)
        return;
    assert(strncmp(start, split.vm, strlen(split.vm)) == 0);
    assert(*split.vm && split.vm[strlen(split.vm) - 1] != '/');
    if (split.role.kind > CG_ROLE_VM)
        assert(role_compare(role_from_name(role_directory(split.role, name)), split.role) == 0);
    guest_path_release(&split);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    cleanup_free char *text = fuzz_text(data, size);
    const char *at = text, *end = text + strlen(text);
    struct cgroup_line line;

    check_path(text);
    while (cgroup_line_next(&at, &line)) {
        cleanup_free char *path = strndup(line.path, line.path_length);

        assert(line.path >= text && line.path + line.path_length <= end);
        assert(line.path[0] == '/' && !memchr(line.path, '\n', line.path_length));
        assert(line.controllers + line.controllers_length < line.path);
        assert(path);
        check_path(path);
    }
    return 0;
}
