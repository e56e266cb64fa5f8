/* What is right below <domain>: each element that vmpin reads, one small sub-tree at a time. */
#ifndef HELPER_DOMAIN_SECTIONS_H
#define HELPER_DOMAIN_SECTIONS_H

#include "guest/facts.h"

#include <libxml/tree.h>

/* A domain while its XML is read. */
struct domain {
    struct facts *facts;
    bool has_memory;
    unsigned iothreads; /* <iothreads>: how many; some of them may have an id given */
    uint64_t slots;     /* <maxMemory>, bytes */
    int status;         /* 0, or the first error: what follows does nothing */
    struct cg_error **err;
};

static inline void xml_freep(xmlChar **text)
{
    if (*text)
        xmlFree(*text);
}
#define cleanup_xml cleanup_with(xml_freep)

struct domain_section {
    const char *name;
    void (*read)(struct domain *domain, xmlNode *node);
};
/* NULL: vmpin has no use for it. */
const struct domain_section *domain_section_find(const char *name);
/* After the last: what one alone does not tell, and what must be there. */
void domain_finish(struct domain *domain, const char *driver);

void domain_refuse(struct domain *domain, const char *format, ...) printf_like(2, 3);
void domain_out_of_memory(struct domain *domain);

#endif
