/* jansson answers a lack of memory as it does a wrong text, and may print half a text for the whole
 * one. Where that has consequences (a state is saved, or set aside as damaged) it must be known. */
#ifndef GUEST_JSON_MEMORY_H
#define GUEST_JSON_MEMORY_H

#include <stdbool.h>

/* From now on jansson's allocations are looked at. */
void json_memory_watch(void);
/* Has one failed since? */
bool json_memory_lacked(void);

#endif
