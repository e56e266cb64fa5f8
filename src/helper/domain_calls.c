#include "helper/domain_calls.h"

#include "helper/domain_metadata.h"
#include "helper/domain_xml.h"
#include "helper/xml_memory.h"

#include <libvirt/virterror.h>
#include <limits.h>
#include <string.h>

#define KIB 1024

struct asking {
    virDomainPtr domain;
    struct facts *facts;
    int host_cpus, map_length;
    unsigned char *map; /* one pin as libvirt tells it */
};

static int ask_numbers(struct asking *asking)
{
    struct facts *facts = asking->facts;
    int active = virDomainIsActive(asking->domain);
    int maximum = virDomainGetVcpusFlags(asking->domain, VIR_DOMAIN_VCPU_MAXIMUM);
    int current = virDomainGetVcpusFlags(asking->domain, VIR_DOMAIN_AFFECT_CURRENT);
    virDomainInfo info;

    if (active < 0 || maximum < 0 || current < 0 || virDomainGetInfo(asking->domain, &info) < 0 ||
        virDomainGetUUIDString(asking->domain, facts->uuid) < 0)
        return -EIO;
    facts->id = active == 1 ? (int)virDomainGetID(asking->domain) : -1;
    facts->running = facts->id >= 0; /* it may just have ended */
    facts->vcpus_maximum = (unsigned)maximum;
    facts->vcpus_current = (unsigned)current;
    facts->memory_maximum = (uint64_t)info.maxMem * KIB;
    facts->memory_current = (uint64_t)info.memory * KIB;
    return 0;
}

/* libvirt takes the namespace off what it hands out. */
static int read_own_element(const char *element, struct facts *facts)
{
    cleanup_free char *xml = NULL;
    xmlTextReader *reader;
    int length, r = -EINVAL;

    length =
        asprintf(&xml, "<metadata><v xmlns=\"%s\">%s</v></metadata>", VMPIN_NAMESPACE, element);
    if (length < 0) {
        xml = NULL;
        return -ENOMEM;
    }
    xml_memory_watch();
    reader = xmlReaderForMemory(xml, length, NULL, "UTF-8", XML_PARSE_NONET | XML_PARSE_NOERROR);
    if (reader && xmlTextReaderRead(reader) == 1)
        r = domain_metadata_read(reader, facts);
    xmlFreeTextReader(reader);
    return xml_memory_lacked() ? -ENOMEM : r;
}

/* Of the metadata vmpin's own element alone: the rest matches nothing. */
static int ask_texts(struct asking *asking)
{
    struct facts *facts = asking->facts;
    cleanup_free char *own = virDomainGetMetadata(asking->domain, VIR_DOMAIN_METADATA_ELEMENT,
                                                  VMPIN_NAMESPACE, VIR_DOMAIN_AFFECT_CURRENT);
    bool none = !own && virGetLastErrorCode() == VIR_ERR_NO_DOMAIN_METADATA;
    int r = own ? read_own_element(own, facts) : 0;

    if (r == -ENOMEM)
        return r;
    /* Where that is too long as well, nobody knows that the guest may be touched. */
    if (r < 0 || (!own && !none))
        facts->ignore = true;
    facts->metadata_cut = true;
    facts->title = virDomainGetMetadata(asking->domain, VIR_DOMAIN_METADATA_TITLE, NULL,
                                        VIR_DOMAIN_AFFECT_CURRENT);
    if (facts->title && strlen(facts->title) > METADATA_LIMIT) {
        free(facts->title);
        facts->title = NULL;
    }
    return 0;
}

/* *ret NULL: all of the host's CPUs, which is what libvirt tells where there is no pin. */
static int set_of_map(const struct asking *asking, const unsigned char *map, struct cg_set **ret)
{
    const size_t width = sizeof(unsigned long) * CHAR_BIT;
    const size_t words = (size_t)asking->host_cpus / width + 1;
    cleanup_free unsigned long *bits = calloc(words, sizeof(*bits));
    bool all = true;

    if (!bits)
        return -ENOMEM;
    for (int cpu = 0; cpu < asking->host_cpus; cpu++) {
        bool used = VIR_CPU_USED(map, cpu);

        all = all && used;
        bits[(size_t)cpu / width] |= (unsigned long)used << (size_t)cpu % width;
    }
    return all ? 0 : cg_set_from_bits(bits, words, ret);
}

static int add_pin(const struct asking *asking, unsigned index, const unsigned char *map,
                   struct facts_pin *pins, size_t *count)
{
    struct cg_set *cpus = NULL;
    int r = set_of_map(asking, map, &cpus);

    if (r == 0 && cpus)
        pins[(*count)++] = (struct facts_pin){.index = index, .cpus = cpus};
    return r;
}

/* A driver that has not got such a call has nothing of the kind. */
static int unanswered(void)
{
    return virGetLastErrorCode() == VIR_ERR_NO_SUPPORT ? 0 : -EIO;
}

static int ask_vcpu_pins(struct asking *asking)
{
    struct facts *facts = asking->facts;
    unsigned vcpus = facts_vcpus(facts);
    cleanup_free unsigned char *maps = calloc(vcpus, (size_t)asking->map_length);
    int told, r = 0;

    facts->vcpu_pins = calloc(vcpus, sizeof(*facts->vcpu_pins));
    if (!maps || !facts->vcpu_pins)
        return -ENOMEM;
    told = virDomainGetVcpuPinInfo(asking->domain, (int)vcpus, maps, asking->map_length,
                                   VIR_DOMAIN_AFFECT_CURRENT);
    for (int i = 0; r == 0 && i < told; i++)
        r = add_pin(asking, (unsigned)i, VIR_GET_CPUMAP(maps, asking->map_length, i),
                    facts->vcpu_pins, &facts->vcpu_pin_count);
    return told < 0 ? unanswered() : r;
}

static int ask_emulator_pin(struct asking *asking)
{
    int told = virDomainGetEmulatorPinInfo(asking->domain, asking->map, asking->map_length,
                                           VIR_DOMAIN_AFFECT_CURRENT);

    if (told < 0)
        return unanswered();
    return told > 0 ? set_of_map(asking, asking->map, &asking->facts->emulator_pin) : 0;
}

static int take_iothread(struct asking *asking, const virDomainIOThreadInfo *info)
{
    struct facts *facts = asking->facts;
    size_t length =
        info->cpumaplen < asking->map_length ? (size_t)info->cpumaplen : (size_t)asking->map_length;

    memset(asking->map, 0, (size_t)asking->map_length);
    memcpy(asking->map, info->cpumap, length);
    facts->iothreads[facts->iothread_count++] = info->iothread_id;
    return add_pin(asking, info->iothread_id, asking->map, facts->iothread_pins,
                   &facts->iothread_pin_count);
}

static int ask_iothreads(struct asking *asking)
{
    struct facts *facts = asking->facts;
    virDomainIOThreadInfo **infos = NULL;
    int count = virDomainGetIOThreadInfo(asking->domain, &infos, VIR_DOMAIN_AFFECT_CURRENT), r = 0;

    if (count < 0)
        return unanswered();
    facts->iothreads = calloc((size_t)count + 1, sizeof(*facts->iothreads));
    facts->iothread_pins = calloc((size_t)count + 1, sizeof(*facts->iothread_pins));
    if (!facts->iothreads || !facts->iothread_pins)
        r = -ENOMEM;
    for (int i = 0; i < count; i++) {
        if (r == 0)
            r = take_iothread(asking, infos[i]);
        virDomainIOThreadInfoFree(infos[i]);
    }
    free(infos);
    return r == 0 && facts_sort(facts) < 0 ? -EIO : r;
}

int domain_calls_read(const struct connection *connection, virDomainPtr domain, struct facts **ret)
{
    cleanup_facts struct facts *facts = calloc(1, sizeof(*facts));
    const char *name = virDomainGetName(domain);
    struct asking asking = {.domain = domain, .facts = facts};
    cleanup_free unsigned char *map = NULL;
    int r;

    asking.host_cpus = virNodeGetCPUMap(connection->libvirt, NULL, NULL, 0);
    if (asking.host_cpus <= 0 || !name)
        return -EIO;
    asking.map_length = VIR_CPU_MAPLEN(asking.host_cpus);
    asking.map = map = calloc(1, (size_t)asking.map_length);
    if (!facts || !map)
        return -ENOMEM;
    facts->name = strdup(name);
    facts->driver = strdup(connection->driver);
    facts->locked_memory = true; /* not known: it is not moved */
    r = facts->name && facts->driver ? ask_numbers(&asking) : -ENOMEM;
    if (r == 0)
        r = ask_texts(&asking);
    if (r == 0)
        r = ask_vcpu_pins(&asking);
    if (r == 0)
        r = ask_emulator_pin(&asking);
    if (r == 0)
        r = ask_iothreads(&asking);
    if (r == 0)
        *ret = steal_pointer(&facts);
    return r;
}
