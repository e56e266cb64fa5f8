/* A guest whose XML is longer than libvirt's protocol carries (4 MiB), or deeper than libxml2
 * takes: whoever may write its metadata can make it so, and must not escape the policies by that.
 * Each fact is asked for by a call of its own; what has none is taken as what allows least. */
#ifndef HELPER_DOMAIN_CALLS_H
#define HELPER_DOMAIN_CALLS_H

#include "guest/facts.h"
#include "helper/connection.h"

/* All facts but `persistent`. -EIO: libvirt's last error tells; -ENOMEM. */
int domain_calls_read(const struct connection *connection, virDomainPtr domain, struct facts **ret);

#endif
