#include "helper/domain_sections.h"

#include "helper/domain_xml.h"
#include "helper/number.h"

#include <limits.h>
#include <stdarg.h>
#include <string.h>

/* More than any hypervisor has; what a wrong count may cost. */
#define IOTHREADS_LIMIT 65536

void domain_refuse(struct domain *domain, const char *format, ...)
{
    cleanup_free char *text = NULL;
    va_list args;

    if (domain->status < 0)
        return;
    va_start(args, format);
    if (vasprintf(&text, format, args) < 0)
        text = NULL;
    va_end(args);
    domain->status = error_set(domain->err, EINVAL, "the domain's XML: %s", text ? text : "wrong");
}

void domain_out_of_memory(struct domain *domain)
{
    if (domain->status == 0)
        domain->status = error_out_of_memory(domain->err);
}

/* ---- texts and numbers ---------------------------------------------------------------------- */

static const char *name_of(const xmlNode *node)
{
    return (const char *)node->name;
}

static bool named(const xmlNode *node, const char *name)
{
    return node->type == XML_ELEMENT_NODE && !node->ns && strcmp(name_of(node), name) == 0;
}

static xmlNode *child(const xmlNode *node, const char *name)
{
    for (xmlNode *at = node ? node->children : NULL; at; at = at->next)
        if (named(at, name))
            return at;
    return NULL;
}

static void keep_text(struct domain *domain, const xmlChar *text, char **into)
{
    char *copy = text ? strdup((const char *)text) : NULL;

    if (text && !copy)
        domain_out_of_memory(domain);
    if (!copy)
        return;
    free(*into);
    *into = copy;
}

/* `attribute` NULL: the element's text. A number that is not there leaves *into alone. */
static void read_number(struct domain *domain, xmlNode *node, const char *attribute, unsigned *into)
{
    cleanup_xml xmlChar *text =
        attribute ? xmlGetNoNsProp(node, (const xmlChar *)attribute) : xmlNodeGetContent(node);
    uint64_t number;

    if (!text)
        return;
    if (number_parse((const char *)text, UINT_MAX, &number) < 0)
        domain_refuse(domain, "<%s>%s%s is no number from 0 to %u", name_of(node),
                      attribute ? " " : "", attribute ? attribute : "", UINT_MAX);
    else
        *into = (unsigned)number;
}

static void read_set(struct domain *domain, xmlNode *node, struct cg_set **into)
{
    cleanup_xml xmlChar *list = xmlGetNoNsProp(node, (const xmlChar *)"cpuset");
    cleanup_error struct cg_error *why = NULL;
    struct cg_set *set = NULL;
    int r = list ? cg_set_parse((const char *)list, &set, &why) : 0;

    if (r == -ENOMEM)
        domain_out_of_memory(domain);
    else if (r < 0)
        domain_refuse(domain, "<%s> cpuset is no list of CPUs: %s", name_of(node),
                      cg_error_text(why));
    if (!set)
        return;
    cg_set_unref(*into);
    *into = set;
}

static void read_size(struct domain *domain, xmlNode *node, uint64_t *into)
{
    cleanup_xml xmlChar *unit = xmlGetNoNsProp(node, (const xmlChar *)"unit");
    cleanup_xml xmlChar *text = xmlNodeGetContent(node);
    uint64_t bytes = unit_bytes(unit ? (const char *)unit : ""), number;

    if (bytes == 0)
        domain_refuse(domain, "<%s> has a unit that is not known", name_of(node));
    else if (number_parse((const char *)text, (uint64_t)INT64_MAX / bytes, &number) < 0)
        domain_refuse(domain, "<%s> is no size below 2^63 bytes", name_of(node));
    else
        *into = number * bytes;
}

/* ---- the sections --------------------------------------------------------------------------- */

static void read_name(struct domain *domain, xmlNode *node)
{
    cleanup_xml xmlChar *text = xmlNodeGetContent(node);

    if (text && strlen((const char *)text) > METADATA_LIMIT)
        domain_refuse(domain, "<name> is longer than %u bytes", METADATA_LIMIT);
    else
        keep_text(domain, text, &domain->facts->name);
}

static void read_uuid(struct domain *domain, xmlNode *node)
{
    cleanup_xml xmlChar *text = xmlNodeGetContent(node);

    if (!text || uuid_parse((const char *)text, domain->facts->uuid) < 0)
        domain_refuse(domain, "<uuid> is no UUID");
}

static void read_title(struct domain *domain, xmlNode *node)
{
    cleanup_xml xmlChar *text = xmlNodeGetContent(node);

    if (text && strlen((const char *)text) > METADATA_LIMIT)
        domain->facts->metadata_cut = true;
    else
        keep_text(domain, text, &domain->facts->title);
}

static void read_vcpu(struct domain *domain, xmlNode *node)
{
    read_number(domain, node, NULL, &domain->facts->vcpus_maximum);
    domain->facts->vcpus_current = domain->facts->vcpus_maximum;
    read_number(domain, node, "current", &domain->facts->vcpus_current);
    read_set(domain, node, &domain->facts->cpuset);
}

static void read_memory(struct domain *domain, xmlNode *node)
{
    read_size(domain, node, &domain->facts->memory_maximum);
    domain->has_memory = true;
}

static void read_max_memory(struct domain *domain, xmlNode *node)
{
    read_size(domain, node, &domain->slots);
}

static void read_current_memory(struct domain *domain, xmlNode *node)
{
    read_size(domain, node, &domain->facts->memory_current);
}

/* Hugepages for some of the guest's memory nodes only: the rest counts, so the guest's memory is
 * taken as counting. */
static void read_memory_backing(struct domain *domain, xmlNode *node)
{
    xmlNode *hugepages = child(node, "hugepages");

    domain->facts->locked_memory = child(node, "locked") != NULL;
    domain->facts->hugepages = hugepages != NULL;
    for (xmlNode *at = hugepages ? hugepages->children : NULL; at; at = at->next)
        if (named(at, "page") && xmlHasProp(at, (const xmlChar *)"nodeset"))
            domain->facts->hugepages = false;
}

static void read_iothreads(struct domain *domain, xmlNode *node)
{
    read_number(domain, node, NULL, &domain->iothreads);
    if (domain->iothreads > IOTHREADS_LIMIT)
        domain_refuse(domain, "<iothreads> is beyond %u", IOTHREADS_LIMIT);
}

static void read_iothread_ids(struct domain *domain, xmlNode *node)
{
    struct facts *facts = domain->facts;
    size_t count = 0;

    for (xmlNode *at = node->children; at; at = at->next)
        count += named(at, "iothread");
    free(facts->iothreads);
    facts->iothread_count = 0;
    facts->iothreads = calloc(count + 1, sizeof(*facts->iothreads));
    if (!facts->iothreads)
        domain_out_of_memory(domain);
    for (xmlNode *at = node->children; at && domain->status == 0; at = at->next)
        if (named(at, "iothread"))
            read_number(domain, at, "id", &facts->iothreads[facts->iothread_count++]);
}

static void read_pins(struct domain *domain, xmlNode *node, const char *name, const char *attribute,
                      struct facts_pin **ret, size_t *ret_count)
{
    size_t count = 0;

    for (xmlNode *at = node->children; at; at = at->next)
        count += named(at, name);
    if (count == 0 || *ret)
        return;
    *ret = calloc(count, sizeof(**ret));
    if (!*ret)
        domain_out_of_memory(domain);
    for (xmlNode *at = node->children; at && domain->status == 0; at = at->next) {
        struct facts_pin *pin = &(*ret)[*ret_count];

        if (!named(at, name))
            continue;
        ++*ret_count;
        read_number(domain, at, attribute, &pin->index);
        read_set(domain, at, &pin->cpus);
        if (!pin->cpus)
            domain_refuse(domain, "<%s> has no cpuset", name);
    }
}

static void read_cputune(struct domain *domain, xmlNode *node)
{
    struct facts *facts = domain->facts;
    xmlNode *emulator = child(node, "emulatorpin"), *shares = child(node, "shares");

    if (shares)
        read_number(domain, shares, NULL, &facts->cpu_shares);
    read_pins(domain, node, "vcpupin", "vcpu", &facts->vcpu_pins, &facts->vcpu_pin_count);
    read_pins(domain, node, "iothreadpin", "iothread", &facts->iothread_pins,
              &facts->iothread_pin_count);
    if (emulator)
        read_set(domain, emulator, &facts->emulator_pin);
}

static void read_numatune(struct domain *domain, xmlNode *node)
{
    xmlNode *memory = child(node, "memory");
    cleanup_xml xmlChar *mode = memory ? xmlGetNoNsProp(memory, (const xmlChar *)"mode") : NULL;

    keep_text(domain, mode, &domain->facts->numatune_mode);
}

static void read_resource(struct domain *domain, xmlNode *node)
{
    xmlNode *partition = child(node, "partition");
    cleanup_xml xmlChar *path = partition ? xmlNodeGetContent(partition) : NULL;

    keep_text(domain, path, &domain->facts->partition);
}

static const struct domain_section sections[] = {
    {"name", read_name},
    {"uuid", read_uuid},
    {"title", read_title},
    {"vcpu", read_vcpu},
    {"memory", read_memory},
    {"maxMemory", read_max_memory},
    {"currentMemory", read_current_memory},
    {"memoryBacking", read_memory_backing},
    {"iothreads", read_iothreads},
    {"iothreadids", read_iothread_ids},
    {"cputune", read_cputune},
    {"numatune", read_numatune},
    {"resource", read_resource},
};

const struct domain_section *domain_section_find(const char *name)
{
    for (size_t i = 0; i < ARRAY_SIZE(sections); i++)
        if (strcmp(sections[i].name, name) == 0)
            return &sections[i];
    return NULL;
}

/* ---- all together --------------------------------------------------------------------------- */

/* libvirt gives the iothreads without an id of their own the lowest numbers that are free. */
static void fill_iothreads(struct domain *domain)
{
    struct facts *facts = domain->facts;
    size_t given = facts->iothread_count, at = 0;
    unsigned *larger;

    if (domain->status < 0 || domain->iothreads <= given)
        return;
    larger = reallocarray(facts->iothreads, domain->iothreads, sizeof(*larger));
    if (!larger) {
        domain_out_of_memory(domain);
        return;
    }
    facts->iothreads = larger;
    for (unsigned id = 1; facts->iothread_count < domain->iothreads; id++) {
        while (at < given && larger[at] < id)
            at++;
        if (at == given || larger[at] != id)
            larger[facts->iothread_count++] = id;
    }
}

static void sort(struct domain *domain)
{
    if (facts_sort(domain->facts) < 0)
        domain_refuse(domain, "an iothread or a pin is there twice");
}

void domain_finish(struct domain *domain, const char *driver)
{
    struct facts *facts = domain->facts;

    sort(domain);
    fill_iothreads(domain);
    sort(domain);
    if (!facts->name || !facts->uuid[0] || !domain->has_memory)
        domain_refuse(domain, "there is no <%s>",
                      !facts->name      ? "name"
                      : !facts->uuid[0] ? "uuid"
                                        : "memory");
    if (facts->memory_current == 0)
        facts->memory_current = facts->memory_maximum;
    if (domain->slots > facts->memory_maximum)
        facts->memory_maximum = domain->slots;
    keep_text(domain, (const xmlChar *)driver, &facts->driver);
}
