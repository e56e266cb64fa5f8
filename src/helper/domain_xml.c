/* The walk through a domain's XML. Elements right below <domain> are handed on one by one, each as
 * a small sub-tree; only <metadata> and <devices> are walked through. What vmpin does not need is
 * skipped unread. */
#include "helper/domain_xml.h"

#include "base/escape.h"
#include "helper/domain_metadata.h"
#include "helper/domain_sections.h"
#include "helper/number.h"
#include "helper/xml_memory.h"

#include <libxml/xmlreader.h>
#include <limits.h>
#include <string.h>

struct walk {
    struct domain domain;
    xmlTextReader *reader;
    int top; /* <domain>'s depth: 0, or 1 in a status file */
    bool in_devices;
    bool starts;     /* it is being started, says a status file */
    char *complaint; /* libxml2's first */
    int line;        /* of it */
};

static void walk_release(struct walk *walk)
{
    if (walk->reader)
        xmlFreeTextReader(walk->reader);
    facts_free(walk->domain.facts);
    free(walk->complaint);
}

/* Devices of the host that a guest reaches by itself: their memory is locked by VFIO or vhost. */
static bool is_host_device(xmlTextReader *reader, const char *name)
{
    cleanup_xml xmlChar *type = xmlTextReaderGetAttribute(reader, (const xmlChar *)"type");
    const char *word = type ? (const char *)type : "";

    if (strcmp(name, "hostdev") == 0)
        return true;
    if (strcmp(name, "interface") == 0)
        return strcmp(word, "hostdev") == 0 || strcmp(word, "vdpa") == 0;
    return strcmp(name, "disk") == 0 &&
           (strcmp(word, "nvme") == 0 || strcmp(word, "vhostvdpa") == 0);
}

static bool has_word(xmlTextReader *reader, const char *attribute, const char *word)
{
    cleanup_xml xmlChar *text = xmlTextReaderGetAttribute(reader, (const xmlChar *)attribute);

    return text && strcmp((const char *)text, word) == 0;
}

/* libvirt writes the file anew at each change of a guest that runs, too. */
static void read_status_root(struct walk *walk, const char *name)
{
    if (strcmp(name, "domstatus") != 0)
        domain_refuse(&walk->domain, "the first element is not <domstatus>");
    walk->starts = has_word(walk->reader, "state", "paused") &&
                   has_word(walk->reader, "reason", "starting up");
}

/* True when what is in it shall be walked through. */
static bool read_root(struct walk *walk, const char *name)
{
    cleanup_xml xmlChar *id = xmlTextReaderGetAttribute(walk->reader, (const xmlChar *)"id");
    struct facts *facts = walk->domain.facts;
    uint64_t number;

    if (strcmp(name, "domain") != 0) {
        if (walk->top == 0)
            domain_refuse(&walk->domain, "the first element is not <domain>");
        return false;
    }
    facts->id = -1;
    facts->running = false;
    if (!id)
        return true;
    if (number_parse((const char *)id, INT_MAX, &number) < 0) {
        domain_refuse(&walk->domain, "<domain> id is no number from 0 to %d", INT_MAX);
        return false;
    }
    facts->id = (int)number;
    facts->running = true;
    return true;
}

/* libxml2 is silent about some of its bounds. */
static void refuse_syntax(struct walk *walk)
{
    if (walk->complaint)
        domain_refuse(&walk->domain, "line %d: %s", walk->line, walk->complaint);
    else
        domain_refuse(&walk->domain, "it cannot be parsed, or is beyond what libxml2 takes");
}

static void read_metadata(struct walk *walk)
{
    int r = domain_metadata_read(walk->reader, walk->domain.facts);

    if (r == -ENOMEM)
        domain_out_of_memory(&walk->domain);
    else if (r < 0)
        refuse_syntax(walk);
}

/* An element right below <domain>. True when what is in it shall be walked through. */
static bool read_section(struct walk *walk, const char *name)
{
    const struct domain_section *section = domain_section_find(name);
    xmlNode *node = section ? xmlTextReaderExpand(walk->reader) : NULL;

    walk->in_devices = strcmp(name, "devices") == 0;
    if (node)
        section->read(&walk->domain, node);
    if (strcmp(name, "metadata") != 0)
        return walk->in_devices;
    read_metadata(walk);
    return true;
}

/* The node that the reader stands on. True when what is in it shall be walked through. */
static bool read_node(struct walk *walk)
{
    const char *name = (const char *)xmlTextReaderConstName(walk->reader);
    int type = xmlTextReaderNodeType(walk->reader);

    if (type == XML_READER_TYPE_DOCUMENT_TYPE || type == XML_READER_TYPE_ENTITY_REFERENCE)
        domain_refuse(&walk->domain, "a document type or entity has no place in it");
    if (type != XML_READER_TYPE_ELEMENT)
        return true;
    switch (xmlTextReaderDepth(walk->reader) - walk->top) {
    case -1:
        read_status_root(walk, name);
        return true;
    case 0:
        return read_root(walk, name);
    case 1:
        return read_section(walk, name);
    }
    if (walk->in_devices && is_host_device(walk->reader, name))
        walk->domain.facts->host_devices++;
    return false;
}

static void on_complaint(void *data, const char *message, xmlParserSeverities severity,
                         xmlTextReaderLocatorPtr locator)
{
    struct walk *walk = data;
    cleanup_free char *line = NULL;

    if (walk->complaint || severity != XML_PARSER_SEVERITY_ERROR)
        return;
    line = strndup(message, strcspn(message, "\n"));
    walk->complaint = line ? text_escape(line) : NULL;
    walk->line = xmlTextReaderLocatorLineNumber(locator);
}

static void read_all(struct walk *walk)
{
    int r = xmlTextReaderRead(walk->reader);

    while (r == 1 && walk->domain.status == 0)
        r = read_node(walk) ? xmlTextReaderRead(walk->reader) : xmlTextReaderNext(walk->reader);
    if (r < 0)
        refuse_syntax(walk);
}

static int parse(const char *xml, size_t length, int top, const char *driver, struct facts **ret,
                 struct cg_error **err)
{
    cleanup_with(walk_release) struct walk walk = {.domain.err = err, .top = top};
    struct domain *domain = &walk.domain;

    if (length > DOMAIN_XML_LIMIT) {
        domain_refuse(domain, "it is longer than %u bytes", DOMAIN_XML_LIMIT);
        return domain->status;
    }
    xml_memory_watch();
    domain->facts = calloc(1, sizeof(*domain->facts));
    walk.reader =
        xmlReaderForMemory(xml, (int)length, NULL, "UTF-8", XML_PARSE_NONET | XML_PARSE_NOCDATA);
    if (!domain->facts || !walk.reader)
        return error_out_of_memory(err);
    domain->facts->vcpus_maximum = domain->facts->vcpus_current = 1;
    xmlTextReaderSetErrorHandler(walk.reader, on_complaint, &walk);
    read_all(&walk);
    domain_finish(domain, driver);
    if (xml_memory_lacked()) /* then what was found, and what was not, says nothing */
        return error_out_of_memory(err);
    if (domain->status < 0)
        return domain->status;
    *ret = top == 0 || walk.starts ? steal_pointer(&domain->facts) : NULL;
    return 0;
}

int domain_xml_parse(const char *xml, size_t length, const char *driver, struct facts **ret,
                     struct cg_error **err)
{
    return parse(xml, length, 0, driver, ret, err);
}

int domain_status_parse(const char *xml, size_t length, const char *driver, struct facts **ret,
                        struct cg_error **err)
{
    return parse(xml, length, 1, driver, ret, err);
}
