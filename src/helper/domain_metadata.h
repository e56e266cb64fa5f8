/* <metadata>, flattened as facts.h tells, element by element as the reader comes by. */
#ifndef HELPER_DOMAIN_METADATA_H
#define HELPER_DOMAIN_METADATA_H

#include "guest/facts.h"

#include <libxml/xmlreader.h>

/* The reader stands on <metadata> and is left on its end. Sets metadata, metadata_cut and ignore.
 * 0; -EINVAL: the XML ends or is wrong (the reader's handler knows more); -ENOMEM. */
int domain_metadata_read(xmlTextReader *reader, struct facts *facts);

#endif
