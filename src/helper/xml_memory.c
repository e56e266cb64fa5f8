#include "helper/xml_memory.h"

#include <libxml/xmlmemory.h>
#include <stdlib.h>
#include <string.h>

/* libxml2's allocator is the whole program's, and so is this. */
static bool lacked;

static void *looked_at(void *memory)
{
    if (!memory)
        lacked = true;
    return memory;
}

static void *allocate(size_t size)
{
    return looked_at(malloc(size));
}

static void *allocate_anew(void *old, size_t size)
{
    return looked_at(realloc(old, size));
}

static char *copy(const char *text)
{
    return looked_at(strdup(text));
}

void xml_memory_watch(void)
{
    xmlMemSetup(free, allocate, allocate_anew, copy);
    lacked = false;
}

bool xml_memory_lacked(void)
{
    return lacked;
}
