/* Facts as JSON and back: "facts" in message.h tells the keys. What the facts mean together is not
 * checked, but for an id and `running`, which bind a guest to its processes. */
#include "guest/message_json.h"

#include "guest/json_memory.h"

#include <limits.h>

/* Pointers into an array, "/facts/KEY/INDEX". */
#define PLACE_SIZE 64

/* The reader of element `index` of the array `key`; an element that is no object is refused. */
static struct reader element_reader(struct reader *reader, const json_t *array, const char *key,
                                    size_t index, char place[PLACE_SIZE])
{
    struct reader inner = *reader;

    snprintf(place, PLACE_SIZE, "%s/%s/%zu", reader->where, key, index);
    inner.where = place;
    inner.object = json_array_get(array, index);
    if (!json_is_object(inner.object))
        inner.status = error_set(inner.err, EINVAL, "%s must be an object", place);
    return inner;
}

static void read_iothreads(struct reader *reader, struct facts *facts)
{
    const json_t *array = reader_array(reader, "iothreads");
    size_t count = json_array_size(array);

    if (count == 0)
        return;
    facts->iothreads = calloc(count, sizeof(*facts->iothreads));
    if (!facts->iothreads) {
        reader_out_of_memory(reader);
        return;
    }
    facts->iothread_count = count;
    for (size_t i = 0; i < count; i++) {
        const json_t *value = json_array_get(array, i);
        json_int_t number = json_integer_value(value);

        if (!json_is_integer(value) || number < 0 || number > UINT_MAX)
            reader_refuse(reader, "iothreads", "must hold whole numbers from 0 to %u", UINT_MAX);
        else
            facts->iothreads[i] = (unsigned)number;
    }
}

static void read_pins(struct reader *reader, const char *key, struct facts_pin **ret,
                      size_t *ret_count)
{
    const json_t *array = reader_array(reader, key);
    size_t count = json_array_size(array);

    if (count == 0)
        return;
    *ret = calloc(count, sizeof(**ret));
    if (!*ret) {
        reader_out_of_memory(reader);
        return;
    }
    *ret_count = count;
    for (size_t i = 0; i < count && reader->status == 0; i++) {
        char place[PLACE_SIZE];
        struct reader inner = element_reader(reader, array, key, i, place);

        reader_unsigned(&inner, "index", REQUIRED, &(*ret)[i].index);
        reader_set(&inner, "cpus", REQUIRED, &(*ret)[i].cpus);
        reader->status = inner.status;
    }
}

static void read_metadata(struct reader *reader, struct facts *facts)
{
    const json_t *array = reader_array(reader, "metadata");
    size_t count = json_array_size(array);
    cleanup_free struct facts_metadata *entries = NULL;

    if (count == 0)
        return;
    entries = calloc(count, sizeof(*entries));
    if (!entries) {
        reader_out_of_memory(reader);
        return;
    }
    for (size_t i = 0; i < count && reader->status == 0; i++) {
        char place[PLACE_SIZE];
        struct reader inner = element_reader(reader, array, "metadata", i, place);

        entries[i].namespace_uri = reader_string(&inner, "namespace", REQUIRED);
        entries[i].path = reader_string(&inner, "path", REQUIRED);
        entries[i].value = reader_string(&inner, "value", REQUIRED);
        reader->status = inner.status;
    }
    if (reader->status == 0 && facts_set_metadata(facts, entries, count) < 0)
        reader_out_of_memory(reader);
}

static void read_identity(struct reader *reader, struct facts *facts)
{
    const char *uuid = reader_string(reader, "uuid", REQUIRED);
    uint64_t id = UINT64_MAX;

    if (uuid && uuid_parse(uuid, facts->uuid) < 0)
        reader_refuse(reader, "uuid", "is no UUID");
    reader_text(reader, "name", REQUIRED, &facts->name);
    reader_text(reader, "title", OPTIONAL, &facts->title);
    reader_text(reader, "driver", REQUIRED, &facts->driver);
    reader_number(reader, "id", OPTIONAL, INT_MAX, &id);
    facts->id = id == UINT64_MAX ? -1 : (int)id;
    facts->running = facts->id >= 0;
    reader_bool(reader, "running", &facts->running);
    if (facts->running != (facts->id >= 0))
        reader_refuse(reader, "running", "is %s, but the guest has %s id",
                      facts->running ? "true" : "false", facts->running ? "no" : "an");
    reader_bool(reader, "persistent", &facts->persistent);
    reader_bool(reader, "ignore", &facts->ignore);
}

static void read_resources(struct reader *reader, struct facts *facts)
{
    reader_unsigned(reader, "vcpus_maximum", REQUIRED, &facts->vcpus_maximum);
    facts->vcpus_current = facts->vcpus_maximum;
    reader_unsigned(reader, "vcpus_current", OPTIONAL, &facts->vcpus_current);
    reader_number(reader, "memory_maximum", REQUIRED, INT64_MAX, &facts->memory_maximum);
    facts->memory_current = facts->memory_maximum;
    reader_number(reader, "memory_current", OPTIONAL, INT64_MAX, &facts->memory_current);
    reader_bool(reader, "hugepages", &facts->hugepages);
    reader_bool(reader, "locked_memory", &facts->locked_memory);
    reader_unsigned(reader, "host_devices", OPTIONAL, &facts->host_devices);
    reader_unsigned(reader, "cpu_shares", OPTIONAL, &facts->cpu_shares);
    reader_text(reader, "numatune_mode", OPTIONAL, &facts->numatune_mode);
    reader_text(reader, "partition", OPTIONAL, &facts->partition);
    read_iothreads(reader, facts);
}

int facts_from_json(const json_t *object, struct facts **ret, struct cg_error **err)
{
    struct reader reader = {.object = object, .where = "/facts", .err = err};
    cleanup_facts struct facts *facts = calloc(1, sizeof(*facts));

    if (!facts)
        return error_out_of_memory(err);
    read_identity(&reader, facts);
    read_resources(&reader, facts);
    reader_set(&reader, "cpuset", OPTIONAL, &facts->cpuset);
    reader_set(&reader, "emulator_pin", OPTIONAL, &facts->emulator_pin);
    read_pins(&reader, "vcpu_pins", &facts->vcpu_pins, &facts->vcpu_pin_count);
    read_pins(&reader, "iothread_pins", &facts->iothread_pins, &facts->iothread_pin_count);
    read_metadata(&reader, facts);
    reader_bool(&reader, "metadata_cut", &facts->metadata_cut);
    if (reader.status < 0)
        return reader.status;
    if (facts_sort(facts) < 0)
        return error_set(err, EINVAL, "/facts names an iothread or a pin twice");
    *ret = steal_pointer(&facts);
    return 0;
}

/* Adds a member and takes over `value`; NULL fails. */
static bool add(json_t *object, const char *key, json_t *value)
{
    return json_object_set_new_nocheck(object, key, value) == 0;
}

static bool add_text(json_t *object, const char *key, const char *text)
{
    return !text || add(object, key, json_string(text));
}

static bool add_true(json_t *object, const char *key, bool value)
{
    return !value || add(object, key, json_true());
}

static bool add_number(json_t *object, const char *key, uint64_t number)
{
    return number <= INT64_MAX && add(object, key, json_integer((json_int_t)number));
}

static bool add_set(json_t *object, const char *key, const struct cg_set *set)
{
    cleanup_free char *list = NULL;

    if (!set)
        return true;
    if (cg_set_format(set, &list) < 0) {
        json_memory_lack();
        return false;
    }
    return add_text(object, key, list);
}

/* An empty array, put under `key` when there will be something in it. */
static json_t *add_array(json_t *object, const char *key)
{
    json_t *array = json_array();

    return array && add(object, key, array) ? array : NULL;
}

static bool add_iothreads(json_t *object, const struct facts *facts)
{
    json_t *array;

    if (facts->iothread_count == 0)
        return true;
    array = add_array(object, "iothreads");
    for (size_t i = 0; array && i < facts->iothread_count; i++)
        if (json_array_append_new(array, json_integer(facts->iothreads[i])) < 0)
            return false;
    return array;
}

static bool add_pins(json_t *object, const char *key, const struct facts_pin *pins, size_t count)
{
    json_t *array;

    if (count == 0)
        return true;
    array = add_array(object, key);
    for (size_t i = 0; array && i < count; i++) {
        json_t *pin = json_object();

        if (json_array_append_new(array, pin) < 0 || !add_number(pin, "index", pins[i].index) ||
            !add_set(pin, "cpus", pins[i].cpus))
            return false;
    }
    return array;
}

static bool add_metadata(json_t *object, const struct facts *facts)
{
    json_t *array;

    if (facts->metadata_count == 0)
        return true;
    array = add_array(object, "metadata");
    for (size_t i = 0; array && i < facts->metadata_count; i++) {
        json_t *entry = json_object();

        if (json_array_append_new(array, entry) < 0 ||
            !add_text(entry, "namespace", facts->metadata[i].namespace_uri) ||
            !add_text(entry, "path", facts->metadata[i].path) ||
            !add_text(entry, "value", facts->metadata[i].value))
            return false;
    }
    return array;
}

static bool add_identity(json_t *object, const struct facts *facts)
{
    return add_text(object, "uuid", facts->uuid) && add_text(object, "name", facts->name) &&
           add_text(object, "title", facts->title) && add_text(object, "driver", facts->driver) &&
           (facts->id < 0 || add_number(object, "id", (uint64_t)facts->id)) &&
           add(object, "running", json_boolean(facts->running)) &&
           add_true(object, "persistent", facts->persistent) &&
           add_true(object, "ignore", facts->ignore);
}

static bool add_resources(json_t *object, const struct facts *facts)
{
    return add_number(object, "vcpus_maximum", facts->vcpus_maximum) &&
           add_number(object, "vcpus_current", facts->vcpus_current) &&
           add_number(object, "memory_maximum", facts->memory_maximum) &&
           add_number(object, "memory_current", facts->memory_current) &&
           add_true(object, "hugepages", facts->hugepages) &&
           add_true(object, "locked_memory", facts->locked_memory) &&
           (facts->host_devices == 0 || add_number(object, "host_devices", facts->host_devices)) &&
           (facts->cpu_shares == 0 || add_number(object, "cpu_shares", facts->cpu_shares)) &&
           add_text(object, "numatune_mode", facts->numatune_mode) &&
           add_text(object, "partition", facts->partition) && add_iothreads(object, facts);
}

json_t *facts_to_json(const struct facts *facts)
{
    json_t *object = json_object();

    if (object && add_identity(object, facts) && add_resources(object, facts) &&
        add_set(object, "cpuset", facts->cpuset) &&
        add_set(object, "emulator_pin", facts->emulator_pin) &&
        add_pins(object, "vcpu_pins", facts->vcpu_pins, facts->vcpu_pin_count) &&
        add_pins(object, "iothread_pins", facts->iothread_pins, facts->iothread_pin_count) &&
        add_metadata(object, facts) && add_true(object, "metadata_cut", facts->metadata_cut))
        return object;
    json_decref(object);
    return NULL;
}
