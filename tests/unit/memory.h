/* An allocator that fails when a test wants it to. The test is linked with MEMORY_WRAP (model.mk),
 * so that the linker puts it in the place of libc's for our own code, the tests' included;
 * libraries keep libc's, but for jansson once json_memory_watch() was called. */
#ifndef TESTS_UNIT_MEMORY_H
#define TESTS_UNIT_MEMORY_H

#include <stdbool.h>
#include <stddef.h>

/* The allocation behind the next `after` ones fails, all later ones too when it is `for_good`. */
void memory_fail(long after, bool for_good);
/* Did one fail? From now on none does. */
bool memory_failed(void);
/* What the test itself allocates meanwhile is not counted. */
void memory_spare(bool spare);

#endif
