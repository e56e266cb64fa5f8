#include "guest/json_memory.h"

#include <jansson.h>
#include <stdlib.h>

/* jansson's allocator is the whole program's, and so is this. */
static bool lacked;

static void *allocate(size_t size)
{
    void *memory = malloc(size);

    lacked |= !memory;
    return memory;
}

void json_memory_watch(void)
{
    json_set_alloc_funcs(allocate, free);
    lacked = false;
}

bool json_memory_lacked(void)
{
    return lacked;
}
