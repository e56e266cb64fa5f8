/* Numbers and units as libvirt writes them. */
#ifndef HELPER_NUMBER_H
#define HELPER_NUMBER_H

#include <stdint.h>

/* Digits, with white space around them. -EINVAL: something else, or NULL; -ERANGE. */
int number_parse(const char *text, uint64_t maximum, uint64_t *ret);

/* Bytes of one unit (https://libvirt.org/formatdomain.html#memory-allocation): "" is KiB; K and KiB
 * are 1024, KB is 1000. 0: no unit. */
uint64_t unit_bytes(const char *unit);

#endif
