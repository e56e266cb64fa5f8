/* libvirt's names for the control groups of guests, in every layout that is in use: what a path or
 * a directory's name says about guest and role. Pure; names are hints (libvirt drops characters
 * and cuts), ids are exact. Facts: libvirt's src/util/vircgroup.c, systemd's unit name escaping. */
#ifndef CGROUP_GUEST_PATH_H
#define CGROUP_GUEST_PATH_H

#include "base/error.h"
#include "cgroup/cgtree.h"

/* "vcpu0", "emulator", "iothread1": anything else is CG_ROLE_NONE. */
struct cg_role role_from_name(const char *name);
/* The directory's name, e.g. "vcpu3"; "" for CG_ROLE_VM. Returns `into`. */
#define ROLE_NAME_SIZE 24
const char *role_directory(struct cg_role role, char into[ROLE_NAME_SIZE]);
/* The same, with "vm" for CG_ROLE_VM: the name that users see and policies use. */
const char *role_name(struct cg_role role, char into[ROLE_NAME_SIZE]);
int role_compare(struct cg_role a, struct cg_role b); /* vm, emulator, vcpu 0.., iothread 0.. */

/* What one directory's name says: "machine-qemu\x2d2\x2dweb1.scope", "qemu-2-web1.libvirt-qemu",
 * "UUID.libvirt-qemu". */
struct guest_directory {
    char *driver; /* "qemu", "ch", "lxc" */
    char *name;   /* unescaped, as libvirt cut it; NULL where the path bears none */
    char *uuid;   /* NULL where it bears none */
    int id;       /* -1 where it bears none */
};
bool guest_is_uuid(const char *text);
/* -ENOENT: not a guest's directory. */
int guest_directory_parse(const char *name, struct guest_directory *ret);
void guest_directory_release(struct guest_directory *directory);

/* A process's place in one hierarchy, split: the path of the guest's own node, whether `libvirt/`
 * lies between it and its children, and the role of the node that the process is in. */
struct guest_path {
    char *vm;       /* "machine.slice/machine-qemu\x2d2\x2dweb1.scope", no slash in front */
    bool delegated; /* VM/libvirt/ROLE (v2) rather than VM/ROLE */
    struct cg_role role;
};
/* -ENOENT: the path does not lead into a guest's node. */
int guest_path_parse(const char *path, struct guest_path *ret);
void guest_path_release(struct guest_path *path);

/* One line of /proc/PID/cgroup (proc(5)): "4:memory:/machine/x" */
struct cgroup_line {
    int version;             /* 2 for "0::" */
    const char *controllers; /* in the text, not NUL-terminated */
    size_t controllers_length;
    const char *path;
    size_t path_length;
};
/* Steps through the text of /proc/PID/cgroup: *at starts at it. True while there is a line; a line
 * that is none is skipped. */
bool cgroup_line_next(const char **at, struct cgroup_line *ret);

#endif
