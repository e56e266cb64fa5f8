/* Roles by name. */
#include "cgroup/guest_path.h"
#include "cgroup/text.h"

#include <limits.h>
#include <stdio.h>
#include <string.h>

static const struct {
    enum cg_role_kind kind;
    const char *name;
    bool numbered;
} roles[] = {
    {CG_ROLE_VM, "vm", false},
    {CG_ROLE_EMULATOR, "emulator", false},
    {CG_ROLE_VCPU, "vcpu", true},
    {CG_ROLE_IOTHREAD, "iothread", true},
};

/* The number as libvirt writes it: no zeros in front. */
static bool plain_number(const char *text, unsigned *ret)
{
    uint64_t number;

    if (text[0] == '0' && text[1])
        return false;
    if (text_number(&text, &number) < 0 || *text || number > UINT_MAX)
        return false;
    *ret = (unsigned)number;
    return true;
}

struct cg_role role_from_name(const char *name)
{
    for (size_t i = 0; i < ARRAY_SIZE(roles); i++) {
        size_t length = strlen(roles[i].name);
        unsigned index = 0;

        if (roles[i].kind == CG_ROLE_VM || strncmp(name, roles[i].name, length) != 0)
            continue;
        if (roles[i].numbered ? plain_number(name + length, &index) : !name[length])
            return (struct cg_role){.kind = roles[i].kind, .index = index};
    }
    return (struct cg_role){.kind = CG_ROLE_NONE};
}

const char *role_name(struct cg_role role, char into[ROLE_NAME_SIZE])
{
    into[0] = '\0';
    for (size_t i = 0; i < ARRAY_SIZE(roles); i++) {
        if (roles[i].kind != role.kind)
            continue;
        if (roles[i].numbered)
            snprintf(into, ROLE_NAME_SIZE, "%s%u", roles[i].name, role.index);
        else
            snprintf(into, ROLE_NAME_SIZE, "%s", roles[i].name);
    }
    return into;
}

const char *role_directory(struct cg_role role, char into[ROLE_NAME_SIZE])
{
    if (role.kind != CG_ROLE_VM)
        return role_name(role, into);
    into[0] = '\0';
    return into;
}

static unsigned rank(struct cg_role role)
{
    for (unsigned i = 0; i < ARRAY_SIZE(roles); i++)
        if (roles[i].kind == role.kind)
            return i + 1;
    return 0;
}

int role_compare(struct cg_role a, struct cg_role b)
{
    if (a.kind != b.kind)
        return rank(a) < rank(b) ? -1 : 1;
    return a.index < b.index ? -1 : a.index > b.index;
}
