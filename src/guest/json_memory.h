/* jansson answers a lack of memory as it does a wrong text, and may print half a text for the whole
 * one. Where that has consequences (a state is saved, or set aside as damaged) it must be known.
 * Worse, it does not look whether its own buffer could grow, and writes behind its end if not: so
 * it is given a reserve of 256 KiB then; where that is not enough, the program ends. */
#ifndef GUEST_JSON_MEMORY_H
#define GUEST_JSON_MEMORY_H

#include <jansson.h>
#include <stdbool.h>

/* From now on jansson's allocations are looked at. */
void json_memory_watch(void);
/* One beside jansson's has failed, of which what is made of it knows nothing. */
void json_memory_lack(void);
/* Has one failed since? */
bool json_memory_lacked(void);
/* json_dumps(), but NULL where memory has lacked. free() the text. */
char *json_memory_text(const json_t *json, size_t flags);

#endif
