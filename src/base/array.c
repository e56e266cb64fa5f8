#include "base/array.h"

#include <string.h>

#define SIZE_FIRST 8

int array_grow_by(void *array, size_t count, size_t *size, size_t element)
{
    size_t more = *size ? 2 * *size : SIZE_FIRST;
    void *elements;

    if (count < *size)
        return 0;
    memcpy(&elements, array, sizeof(elements)); /* a pointer to whatever type */
    elements = reallocarray(elements, more, element);
    if (!elements)
        return -ENOMEM;
    memcpy(array, &elements, sizeof(elements));
    *size = more;
    return 0;
}
