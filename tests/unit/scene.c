#include "test.h"

#include "unit/scene.h"

#include "cgroup/guest_path.h"
#include "cgroup/set.h"
#include "host/host.h"

#include <stdio.h>
#include <stdlib.h>

#define CPUS 8
#define MIB  (UINT64_C(1) << 20)

uint64_t scene_pick(struct scene *s, uint64_t below)
{
    s->random ^= s->random >> 12;
    s->random ^= s->random << 25;
    s->random ^= s->random >> 27;
    return (s->random * UINT64_C(2685821657736338717) >> 11) % below;
}

static char *text(const char *format, ...) printf_like(1, 2);

static char *text(const char *format, ...)
{
    va_list arguments;
    char *made = NULL;

    va_start(arguments, format);
    if (vasprintf(&made, format, arguments) < 0)
        made = NULL;
    va_end(arguments);
    assert_non_null(made);
    return made;
}

/* ---- the host and its guests ---------------------------------------------------------------- */

static void make_guests(struct scene *s, unsigned vcpus, unsigned iothreads)
{
    s->guest = (struct model_guest){.name = "web1",
                                    .id = 2,
                                    .pid = 1000,
                                    .vcpus = vcpus,
                                    .iothreads = iothreads,
                                    .memory = 100 * MIB};
    s->other = (struct model_guest){
        .name = "db1", .id = 3, .pid = 3000, .vcpus = 2, .iothreads = 1, .memory = 50 * MIB};
    model_add_guest(s->model, &s->guest);
    model_add_guest(s->model, &s->other);
}

static struct cg_set *random_set(struct scene *s)
{
    unsigned long bits = scene_pick(s, 1ul << CPUS);
    struct cg_set *set;

    bits |= 1ul << scene_pick(s, CPUS);
    assert_int_equal(cg_set_from_bits(&bits, 1, &set), 0);
    return set;
}

/* libvirt has a pin on record for some of the vCPUs, now and then. */
static void make_pins(struct scene *s, struct facts *facts)
{
    if (scene_pick(s, 4) != 0)
        return;
    facts->vcpu_pins = calloc(1, sizeof(*facts->vcpu_pins));
    assert_non_null(facts->vcpu_pins);
    facts->vcpu_pin_count = 1;
    facts->vcpu_pins[0].index = (unsigned)scene_pick(s, s->guest.vcpus);
    facts->vcpu_pins[0].cpus = random_set(s);
}

static void make_facts(struct scene *s, unsigned vcpus_maximum)
{
    struct facts *facts = calloc(1, sizeof(*facts));

    assert_non_null(facts);
    s->facts = facts;
    snprintf(facts->uuid, sizeof(facts->uuid), "5b0e2c1a-0000-4000-8000-000000000001");
    facts->name = text("%s", s->guest.name);
    facts->driver = text("qemu");
    facts->id = s->guest.id;
    facts->running = true;
    facts->vcpus_current = s->guest.vcpus;
    facts->vcpus_maximum = vcpus_maximum;
    facts->memory_maximum = facts->memory_current = 64 * MIB;
    facts->iothread_count = s->guest.iothreads;
    facts->iothreads = calloc(1 + facts->iothread_count, sizeof(*facts->iothreads));
    assert_non_null(facts->iothreads);
    for (unsigned i = 0; i < facts->iothread_count; i++)
        facts->iothreads[i] = i + 1;
    assert_int_equal(roles_of(facts, &s->roles), 0);
}

static void make_model(struct scene *s, int version, bool forgets)
{
    const struct model_options options = {
        .version = version, .cpus = "0-7", .mems = "0-1", .forgets_masks = forgets};

    s->model = model_new(&options);
}

static void open_host(struct scene *s)
{
    struct cg_error *error = NULL;

    s->fail = kernel_fail_new(model_kernel(s->model));
    if (host_open(&s->fail->kernel, NULL, &s->host, &error) < 0)
        fail_msg("%s", cg_error_text(error));
}

void scene_make(struct scene *s, int version, bool forgets, uint64_t seed)
{
    unsigned vcpus, iothreads;

    *s = (struct scene){.random = (seed + 1) * UINT64_C(0x9E3779B97F4A7C15) | 1};
    make_model(s, version, forgets);
    if (scene_pick(s, 5) == 0) { /* a slice above the guests that has not all CPUs */
        const char *slice = version == 2 ? "machine.slice" : "machine";

        model_make(s->model, "cpuset", slice);
        assert_int_equal(model_write(s->model, "cpuset", slice, "cpuset.cpus", "0-5"), 0);
    }
    vcpus = 1 + (unsigned)scene_pick(s, 5);
    iothreads = (unsigned)scene_pick(s, 3);
    make_guests(s, vcpus, iothreads);
    make_facts(s, vcpus + (unsigned)scene_pick(s, 3));
    make_pins(s, s->facts);
    open_host(s);
}

void scene_make_plain(struct scene *s, int version, bool forgets)
{
    *s = (struct scene){.random = 1};
    make_model(s, version, forgets);
    make_guests(s, 3, 1);
    make_facts(s, 4);
    open_host(s);
}

void scene_release(struct scene *s)
{
    host_free(s->host);
    assert_int_equal(model_handles(s->model), 0);
    kernel_fail_free(s->fail);
    model_free(s->model);
    facts_free(s->facts);
    free(s->roles.roles);
    *s = (struct scene){0};
}

/* ---- values --------------------------------------------------------------------------------- */

static char *list_of(struct scene *s)
{
    cleanup_set struct cg_set *set = random_set(s);
    char *list;

    assert_int_equal(cg_set_format(set, &list), 0);
    return list;
}

static char *random_value(struct scene *s, const struct cg_attr *attr)
{
    uint64_t quota = 2000 + scene_pick(s, 400000), period = 1000 + scene_pick(s, 200000);
    bool none = scene_pick(s, 4) == 0;

    switch ((int)attr->kind) {
    case CG_SET:
        if (strcmp(attr->name, "cpuset.mems") == 0)
            return text("%s", (const char *[]){"0", "1", "0-1"}[scene_pick(s, 3)]);
        return list_of(s);
    case CG_QUOTA:
        if (attr->version == 1)
            return text("%lld %llu", none ? -1LL : (long long)quota, (unsigned long long)period);
        return none ? text("max %llu", (unsigned long long)period)
                    : text("%llu %llu", (unsigned long long)quota, (unsigned long long)period);
    case CG_SIZE:
        if (none)
            return text("%s", attr->version == 1 ? "-1" : "max");
        return text("%llu", (unsigned long long)(400 * MIB + scene_pick(s, 2000 * MIB)));
    }
    return text("%llu", (unsigned long long)(2 + scene_pick(s, 9998)));
}

static const char *random_attribute(struct scene *s, bool on_vm)
{
    static const char *const names[] = {
        "cpuset.cpus",
        "cpuset.cpus",
        "cpu.shares",
        "cpu.cfs_quota_us",
        "cpu.cfs_quota_us",
        "memory.limit_in_bytes",
        "memory.memsw_limit_in_bytes",
        "memory.soft_limit_in_bytes",
    };
    static const char *const v2[] = {"memory.swap.max", "memory.high", "memory.low"};
    const char *name = names[scene_pick(s, on_vm ? ARRAY_SIZE(names) : 5)];

    if (strcmp(name, "memory.memsw_limit_in_bytes") == 0)
        name = "memory.memsw.limit_in_bytes";
    if (on_vm && s->host->mounts->hierarchies[0].version == 2 && scene_pick(s, 3) == 0)
        name = v2[scene_pick(s, ARRAY_SIZE(v2))];
    return name;
}

static struct cg_role random_role(struct scene *s)
{
    return s->roles.roles[scene_pick(s, s->roles.count)];
}

/* ---- targets -------------------------------------------------------------------------------- */

static void add_target(struct cells *cells, struct cg_role role, const struct cg_attr *attr,
                       const char *value, const char *policy)
{
    struct cell cell = {.role = role, .attr = attr, .flags = CELL_MIGRATE};
    cleanup_free char *said = text("policy %s", policy);
    struct cg_error *error = NULL;

    if (cg_value_parse(attr, value, &cell.value, &error) < 0)
        fail_msg("%s: %s", attr->name, cg_error_text(error));
    cell.origin = origin_new(policy, said);
    assert_non_null(cell.origin);
    assert_int_equal(cells_set(cells, &cell), 0);
    origin_unref(cell.origin);
    cg_value_unref(cell.value);
}

void scene_target(struct scene *s, struct cg_role role, const char *attribute, const char *value,
                  const char *name, struct cells *cells)
{
    const struct cg_attr *attr;

    assert_int_equal(attr_find(s->host->mounts, attribute, &attr), 0);
    add_target(cells, role, attr, value, name);
}

void scene_targets(struct scene *s, unsigned count, const char *name, struct cells *ret)
{
    const struct cg_attr *attr;

    for (unsigned i = 0; i < count; i++) {
        struct cg_role role = random_role(s);
        cleanup_free char *value = NULL;

        if (attr_find(s->host->mounts, random_attribute(s, role.kind == CG_ROLE_VM), &attr) < 0)
            continue;
        value = random_value(s, attr);
        add_target(ret, role, attr, value, name);
    }
    if (scene_pick(s, 6) == 0) { /* mems are the same in all of a guest's nodes */
        cleanup_free char *value = NULL;

        assert_int_equal(attr_find(s->host->mounts, "cpuset.mems", &attr), 0);
        value = random_value(s, attr);
        for (size_t i = 0; i < s->roles.count; i++)
            add_target(ret, s->roles.roles[i], attr, value, name);
    }
}

/* ---- what somebody else writes --------------------------------------------------------------- */

static char *node_of(const struct scene *s, const struct cell *cell)
{
    char name[ROLE_NAME_SIZE];
    const char *below = role_directory(cell->role, name);

    if (cell->role.kind == CG_ROLE_VM && cell->attr->version == 2 &&
        strcmp(cell->attr->name, "cpu.weight") != 0)
        below = "libvirt";
    return model_guest_path(s->model, &s->guest, below);
}

static void write_foreign(struct scene *s, const struct cell *cell, char *value)
{
    const struct cg_attr *attr = cell->attr;
    cleanup_free char *path = node_of(s, cell);
    char *space = attr->second ? strchr(value, ' ') : NULL;

    if (!model_exists(s->model, attr->controller, path))
        return;
    if (space)
        *space = '\0';
    /* What the kernel refuses is no old value. */
    model_write(s->model, attr->controller, path, attr->name, value);
    if (space)
        model_write(s->model, attr->controller, path, attr->second, space + 1);
}

void scene_disturb(struct scene *s, unsigned writes)
{
    for (unsigned i = 0; i < writes; i++) {
        struct cell cell = {.role = random_role(s)};
        cleanup_free char *value = NULL;
        const char *name = scene_pick(s, 8) == 0
                               ? "cpuset.mems"
                               : random_attribute(s, cell.role.kind == CG_ROLE_VM);

        if (attr_find(s->host->mounts, name, &cell.attr) < 0)
            continue;
        value = random_value(s, cell.attr);
        write_foreign(s, &cell, value);
    }
}

void scene_open_mems(struct scene *s)
{
    for (size_t i = 0; i < s->roles.count; i++) {
        struct cell cell = {.role = s->roles.roles[i]};
        char value[] = "0-1";

        assert_int_equal(attr_find(s->host->mounts, "cpuset.mems", &cell.attr), 0);
        write_foreign(s, &cell, value);
    }
}

/* ---- what changed --------------------------------------------------------------------------- */

char *scene_line(const struct scene *s, const struct cell *cell, unsigned file)
{
    const struct cg_hierarchy *hierarchy = mounts_find(s->host->mounts, cell->attr->controller);
    cleanup_free char *path = node_of(s, cell);

    return text("%s:/%s %s", hierarchy->version == 2 ? "" : hierarchy->controllers, path,
                cg_attr_file(cell->attr, file));
}

/* A v2 set that is empty grants what its parent has, as the full one does. */
static void fill_empty_set(char *line)
{
    size_t length = strlen(line);

    if (line[0] == ':' && length > 1 && line[length - 1] == ' ')
        memcpy(line + length - 1, "*", 2);
    if (line[0] == ':' && length > 4 && strcmp(line + length - 4, " 0-7") == 0)
        memcpy(line + length - 4, "*", 2);
    if (line[0] == ':' && length > 4 && strcmp(line + length - 4, " 0-1") == 0 &&
        strstr(line, "cpuset.mems"))
        memcpy(line + length - 4, "*", 2);
}

char *scene_changes(const char *before, const char *after)
{
    cleanup_free char *old = strdup(before), *new = strdup(after);
    char *a = old, *b = new, *x, *y, *changes = text("%s", "");

    assert_non_null(old);
    assert_non_null(new);
    while ((x = strsep(&a, "\n")) && (y = strsep(&b, "\n"))) {
        cleanup_free char *said = text("%s", y);
        char *more;

        fill_empty_set(x);
        fill_empty_set(y);
        if (strcmp(x, y) == 0)
            continue;
        more = text("%s%s\n", changes, said);
        free(changes);
        changes = more;
    }
    assert_null(b); /* as many lines as before */
    return changes;
}

bool scene_is_within_guest(const struct scene *s, const char *lines)
{
    cleanup_free char *copy = strdup(lines), *own = model_guest_path(s->model, &s->guest, "");
    char *at = copy, *line;

    assert_non_null(copy);
    while ((line = strsep(&at, "\n"))) {
        const char *path = strchr(line, '/');

        if (*line && (!path || strncmp(path + 1, own, strlen(own)) != 0))
            return false;
    }
    return true;
}
