/* The plain data of a guest: order, comparison, release. Where facts come from and what is done
 * with them is not known here. */
#include "guest/facts.h"

#include <ctype.h>
#include <string.h>

int uuid_parse(const char *text, char ret[UUID_SIZE])
{
    if (strnlen(text, UUID_SIZE) != UUID_SIZE - 1)
        return -EINVAL;
    for (size_t i = 0; i < UUID_SIZE - 1; i++) {
        bool dash = i == 8 || i == 13 || i == 18 || i == 23;

        if (dash ? text[i] != '-' : !isxdigit((unsigned char)text[i]))
            return -EINVAL;
    }
    for (size_t i = 0; i < UUID_SIZE; i++)
        ret[i] = (char)tolower((unsigned char)text[i]);
    return 0;
}

static const struct cg_set *pin_find(const struct facts_pin *pins, size_t count, unsigned index)
{
    size_t low = 0, high = count;

    while (low < high) {
        size_t middle = low + (high - low) / 2;

        if (pins[middle].index == index)
            return pins[middle].cpus;
        if (pins[middle].index < index)
            low = middle + 1;
        else
            high = middle;
    }
    return NULL;
}

const struct cg_set *facts_pin(const struct facts *facts, struct cg_role role)
{
    const struct cg_set *own = NULL;

    switch (role.kind) {
    case CG_ROLE_EMULATOR:
        own = facts->emulator_pin;
        break;
    case CG_ROLE_VCPU:
        own = pin_find(facts->vcpu_pins, facts->vcpu_pin_count, role.index);
        break;
    case CG_ROLE_IOTHREAD:
        own = pin_find(facts->iothread_pins, facts->iothread_pin_count, role.index);
        break;
    case CG_ROLE_NONE:
    case CG_ROLE_VM:
        return NULL;
    }
    return own ? own : facts->cpuset;
}

unsigned facts_vcpus(const struct facts *facts)
{
    static const unsigned bound = 16384;

    return facts->vcpus_maximum < bound ? facts->vcpus_maximum : bound;
}

static char *put(char **to, const char *text)
{
    size_t size = strlen(text) + 1;
    char *at = *to;

    memcpy(at, text, size);
    *to += size;
    return at;
}

static bool same_namespace(const struct facts_metadata *entries, size_t i)
{
    return i > 0 && strcmp(entries[i].namespace_uri, entries[i - 1].namespace_uri) == 0;
}

int facts_set_metadata(struct facts *facts, const struct facts_metadata *entries, size_t count)
{
    size_t size = count * sizeof(*entries);
    struct facts_metadata *copy;
    char *text;

    for (size_t i = 0; i < count; i++) {
        if (!same_namespace(entries, i))
            size += strlen(entries[i].namespace_uri) + 1;
        size += strlen(entries[i].path) + 1 + strlen(entries[i].value) + 1;
    }
    copy = size ? malloc(size) : NULL;
    if (size && !copy)
        return -ENOMEM;
    text = (char *)(copy + count);
    for (size_t i = 0; i < count; i++) {
        copy[i].namespace_uri = same_namespace(entries, i) ? copy[i - 1].namespace_uri
                                                           : put(&text, entries[i].namespace_uri);
        copy[i].path = put(&text, entries[i].path);
        copy[i].value = put(&text, entries[i].value);
    }
    free(facts->metadata);
    facts->metadata = copy;
    facts->metadata_count = count;
    return 0;
}

static int number_compare(const void *a, const void *b)
{
    unsigned x = *(const unsigned *)a, y = *(const unsigned *)b;

    return x < y ? -1 : x > y;
}

int facts_add_iothread(struct facts *facts, unsigned id)
{
    size_t at = 0;
    unsigned *larger;

    while (at < facts->iothread_count && facts->iothreads[at] < id)
        at++;
    if (at < facts->iothread_count && facts->iothreads[at] == id)
        return 0;
    larger = reallocarray(facts->iothreads, facts->iothread_count + 1, sizeof(*larger));
    if (!larger)
        return -ENOMEM;
    memmove(&larger[at + 1], &larger[at], (facts->iothread_count - at) * sizeof(*larger));
    larger[at] = id;
    facts->iothreads = larger;
    facts->iothread_count++;
    return 1;
}

static int pin_compare(const void *a, const void *b)
{
    return number_compare(&((const struct facts_pin *)a)->index,
                          &((const struct facts_pin *)b)->index);
}

static int pins_sort(struct facts_pin *pins, size_t count)
{
    if (count > 0)
        qsort(pins, count, sizeof(*pins), pin_compare);
    for (size_t i = 1; i < count; i++)
        if (pins[i].index == pins[i - 1].index)
            return -EEXIST;
    return 0;
}

int facts_sort(struct facts *facts)
{
    int r;

    if (facts->iothread_count > 0)
        qsort(facts->iothreads, facts->iothread_count, sizeof(unsigned), number_compare);
    for (size_t i = 1; i < facts->iothread_count; i++)
        if (facts->iothreads[i] == facts->iothreads[i - 1])
            return -EEXIST;
    r = pins_sort(facts->vcpu_pins, facts->vcpu_pin_count);
    return r < 0 ? r : pins_sort(facts->iothread_pins, facts->iothread_pin_count);
}

static bool text_equal(const char *a, const char *b)
{
    return a == b || (a && b && strcmp(a, b) == 0);
}

static bool set_equal(const struct cg_set *a, const struct cg_set *b)
{
    return a == b || (a && b && cg_set_equal(a, b));
}

static bool pins_equal(const struct facts_pin *a, size_t a_count, const struct facts_pin *b,
                       size_t b_count)
{
    if (a_count != b_count)
        return false;
    for (size_t i = 0; i < a_count; i++)
        if (a[i].index != b[i].index || !set_equal(a[i].cpus, b[i].cpus))
            return false;
    return true;
}

static bool metadata_equal(const struct facts *a, const struct facts *b)
{
    if (a->metadata_count != b->metadata_count || a->metadata_cut != b->metadata_cut)
        return false;
    for (size_t i = 0; i < a->metadata_count; i++) {
        const struct facts_metadata *x = &a->metadata[i], *y = &b->metadata[i];

        if (strcmp(x->namespace_uri, y->namespace_uri) != 0 || strcmp(x->path, y->path) != 0 ||
            strcmp(x->value, y->value) != 0)
            return false;
    }
    return true;
}

static bool identity_equal(const struct facts *a, const struct facts *b)
{
    return strcmp(a->uuid, b->uuid) == 0 && text_equal(a->name, b->name) &&
           text_equal(a->title, b->title) && text_equal(a->driver, b->driver) && a->id == b->id &&
           a->running == b->running && a->persistent == b->persistent && a->ignore == b->ignore;
}

static bool resources_equal(const struct facts *a, const struct facts *b)
{
    return a->vcpus_maximum == b->vcpus_maximum && a->vcpus_current == b->vcpus_current &&
           a->memory_maximum == b->memory_maximum && a->memory_current == b->memory_current &&
           a->hugepages == b->hugepages && a->locked_memory == b->locked_memory &&
           a->host_devices == b->host_devices && a->cpu_shares == b->cpu_shares &&
           text_equal(a->numatune_mode, b->numatune_mode) &&
           text_equal(a->partition, b->partition) && a->iothread_count == b->iothread_count &&
           (a->iothread_count == 0 ||
            memcmp(a->iothreads, b->iothreads, a->iothread_count * sizeof(unsigned)) == 0);
}

bool facts_equal(const struct facts *a, const struct facts *b)
{
    return identity_equal(a, b) && resources_equal(a, b) && set_equal(a->cpuset, b->cpuset) &&
           set_equal(a->emulator_pin, b->emulator_pin) &&
           pins_equal(a->vcpu_pins, a->vcpu_pin_count, b->vcpu_pins, b->vcpu_pin_count) &&
           pins_equal(a->iothread_pins, a->iothread_pin_count, b->iothread_pins,
                      b->iothread_pin_count) &&
           metadata_equal(a, b);
}

static void pins_free(struct facts_pin *pins, size_t count)
{
    for (size_t i = 0; i < count; i++)
        cg_set_unref(pins[i].cpus);
    free(pins);
}

struct facts *facts_free(struct facts *facts)
{
    if (!facts)
        return NULL;
    free(facts->name);
    free(facts->title);
    free(facts->driver);
    free(facts->numatune_mode);
    free(facts->partition);
    free(facts->iothreads);
    free(facts->metadata);
    cg_set_unref(facts->cpuset);
    cg_set_unref(facts->emulator_pin);
    pins_free(facts->vcpu_pins, facts->vcpu_pin_count);
    pins_free(facts->iothread_pins, facts->iothread_pin_count);
    free(facts);
    return NULL;
}
