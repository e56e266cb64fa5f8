/* An array that grows by doubling, as (elements, count, size): how many there are, and how many
 * have room. */
#ifndef BASE_ARRAY_H
#define BASE_ARRAY_H

#include "base/cleanup.h"

/* Makes room for one more element. `array` and `size` are addresses. -ENOMEM: the array is as it
 * was. */
#define array_grow(array, count, size) array_grow_by(array, count, size, sizeof(**(array)))
int array_grow_by(void *array, size_t count, size_t *size, size_t element) must_check;

#endif
