#include "guest/json_memory.h"

#include <stdalign.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>

#define RESERVE (256u << 10)

/* jansson's allocator is the whole program's, and so is this. */
static bool lacked;
static alignas(max_align_t) char reserve[RESERVE];
static size_t used, blocks; /* of the reserve; its blocks are used again when all are free */

static void *from_reserve(size_t size)
{
    const size_t unit = alignof(max_align_t);
    char *memory = reserve + used;

    if (size > RESERVE - used - unit) {
        fputs("vmpin: out of memory\n", stderr);
        abort(); /* rather than let jansson write where it must not */
    }
    used += (size + unit - 1) / unit * unit;
    blocks++;
    return memory;
}

static void *allocate(size_t size)
{
    void *memory = malloc(size);

    if (memory)
        return memory;
    lacked = true;
    return from_reserve(size);
}

static void release(void *memory)
{
    char *at = memory;

    if (at < reserve || at >= reserve + RESERVE)
        free(memory);
    else if (--blocks == 0)
        used = 0;
}

void json_memory_watch(void)
{
    json_set_alloc_funcs(allocate, release);
    lacked = false;
}

void json_memory_lack(void)
{
    lacked = true;
}

bool json_memory_lacked(void)
{
    return lacked;
}

char *json_memory_text(const json_t *json, size_t flags)
{
    char *text = json_dumps(json, flags);

    if (!text || !lacked)
        return text;
    release(text);
    return NULL;
}
