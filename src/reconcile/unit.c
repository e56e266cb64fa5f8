#include "reconcile/unit.h"

#include <string.h>
#include <time.h>

static const struct property {
    const char *attribute;
    int version;
    const char *name;
    uint64_t unset; /* what the kernel has, and systemd writes, where nothing is on record */
} properties[] = {
    {"cpu.weight", 2, "CPUWeight", 100},
    {"cpu.shares", 1, "CPUShares", 1024},
};

static const struct property *property_of(const struct cg_attr *attr)
{
    for (size_t i = 0; i < ARRAY_SIZE(properties); i++)
        if (properties[i].version == attr->version &&
            strcmp(properties[i].attribute, attr->name) == 0)
            return &properties[i];
    return NULL;
}

const char *unit_property(const struct cg_attr *attr)
{
    const struct property *property = property_of(attr);

    return property ? property->name : NULL;
}

static bool ends_with(const char *text, const char *suffix)
{
    size_t length = strlen(text), tail = strlen(suffix);

    return length > tail && strcmp(text + length - tail, suffix) == 0;
}

const char *unit_in_path(const char *path)
{
    const char *slash = strrchr(path, '/'), *name = slash ? slash + 1 : path;

    return ends_with(name, ".scope") || ends_with(name, ".slice") ? name : NULL;
}

struct unit unit_of(const struct binding *binding, const struct host *host)
{
    const struct place *place = host->systemd ? binding_place(binding, host, "cpu") : NULL;
    const char *name = place ? unit_in_path(place->path) : NULL;
    struct unit unit = {0};

    if (!name || !ends_with(name, ".scope"))
        return unit;
    unit.name = name;
    unit.attr = place->hierarchy->version == 2 ? attr_by_name("cpu.weight", 2)
                                               : attr_by_name("cpu.shares", 1);
    return unit;
}

/* The last line of the property counts; an empty one is no value. -ENODATA: there is none. */
static int parse_drop_in(char *text, const char *property, uint64_t *ret)
{
    size_t length = strlen(property);
    int r = -ENODATA;
    char *save = NULL;

    for (char *line = strtok_r(text, "\n", &save); line; line = strtok_r(NULL, "\n", &save)) {
        char *end;

        if (strncmp(line, property, length) != 0 || line[length] != '=')
            continue;
        *ret = strtoull(line + length + 1, &end, 10);
        r = end == line + length + 1 ? -ENODATA : 0;
    }
    return r;
}

int unit_read(const struct host *host, const struct unit *unit, struct buffer *scratch,
              struct cg_value **ret, struct cg_error **err)
{
    const struct property *property = property_of(unit->attr);
    cleanup_free char *file = NULL;
    uint64_t value = property->unset;
    int r;

    if (asprintf(&file, "run/systemd/transient/%s.d/50-%s.conf", unit->name, property->name) < 0) {
        file = NULL;
        return error_out_of_memory(err);
    }
    r = host->kernel->read(host->kernel, host->root, file, scratch);
    if (r == -ENOMEM)
        return error_out_of_memory(err);
    if (r < 0 && r != -ENOENT)
        return error_set(err, -r, "/%s: %s", file, strerror(-r));
    if (r == 0 && parse_drop_in(scratch->data, property->name, &value) < 0)
        value = property->unset;
    return cg_value_from_uint(unit->attr, value, ret, err);
}

static void note_error(struct unit_call *call, const char *error)
{
    free(call->error);
    call->error = error ? strdup(error) : NULL;
}

void unit_ask(struct unit_call *call, struct systemd *systemd, const struct unit *unit,
              const struct cg_value *value)
{
    const struct property *property = property_of(unit->attr);
    cleanup_error struct cg_error *error = NULL;
    uint64_t number = property->unset;

    if (cg_value_uint(value, &number) == 0 && number == property->unset)
        number = UNIT_NOT_SET;
    call->systemd = systemd;
    if (systemd->set_property(systemd, unit->name, property->name, number, call, &error) < 0)
        unit_call_end(call, error ? cg_error_text(error) : "out of memory");
}

static uint64_t now_ms(void)
{
    struct timespec now;

    clock_gettime(CLOCK_MONOTONIC, &now);
    return (uint64_t)now.tv_sec * 1000 + (uint64_t)now.tv_nsec / 1000000;
}

bool unit_wait(struct unit_call *call, unsigned *ms)
{
    uint64_t start = now_ms(), waited = 0;

    while (call->systemd && waited < *ms) {
        if (call->systemd->wait(call->systemd, *ms - (unsigned)waited) < 0)
            break;
        waited = now_ms() - start;
    }
    *ms = waited < *ms ? *ms - (unsigned)waited : 0;
    return !call->systemd;
}

void unit_call_end(struct unit_call *call, const char *error)
{
    struct systemd *systemd = steal_pointer(&call->systemd);

    note_error(call, error);
    if (systemd->answered)
        systemd->answered(call, systemd->data);
}

void unit_call_release(struct unit_call *call)
{
    if (call->systemd)
        call->systemd->cancel(call->systemd, call);
    call->systemd = NULL;
    note_error(call, NULL);
}
