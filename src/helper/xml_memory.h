/* libxml2 answers a lack of memory as it does a wrong document, or as if an attribute were not
 * there; a guest would be left out for the one, and told half for the other. So its allocations are
 * looked at. */
#ifndef HELPER_XML_MEMORY_H
#define HELPER_XML_MEMORY_H

#include <stdbool.h>

/* From now on libxml2's allocations, everybody's in this process, are looked at. */
void xml_memory_watch(void);
/* Has one failed since? */
bool xml_memory_lacked(void);

#endif
