/* A domain's XML as facts. A pure function of untrusted bytes: no network, no entity, no document
 * type, and memory that does not grow with the metadata. The elements are those of
 * https://libvirt.org/formatdomain.html. */
#ifndef HELPER_DOMAIN_XML_H
#define HELPER_DOMAIN_XML_H

#include "guest/facts.h"

/* Beyond these the metadata is left out (metadata_cut), the XML refused. */
#define METADATA_LIMIT   (64u << 10) /* bytes, flattened; the title's too */
#define DOMAIN_XML_LIMIT (64u << 20) /* bytes; libvirt's own protocol carries 4 MiB */

/* All of the facts but `persistent`, which is not in the XML; `driver` is the connection's. -EINVAL
 * names the element. */
int domain_xml_parse(const char *xml, size_t length, const char *driver, struct facts **ret,
                     struct cg_error **err);

/* The same of the file that libvirt keeps for a guest that runs, or is being started
 * (/run/libvirt/qemu/NAME.xml): a <domstatus> with the live <domain> in it, and much beside. *ret
 * is NULL if it is not being started. Its format is libvirt's private one, so what it says is a
 * hint. */
int domain_status_parse(const char *xml, size_t length, const char *driver, struct facts **ret,
                        struct cg_error **err);

#endif
