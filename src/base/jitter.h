/* Pauses that are not all alike, so that those who wait for the same thing do not come all at once.
 */
#ifndef BASE_JITTER_H
#define BASE_JITTER_H

#include <stdint.h>

/* A throw of the dice for jitter(); 0 where the kernel has no random numbers yet. */
unsigned char jitter_throw(void);
/* Takes up to a quarter off the pause: 0 nothing, 255 the most. */
uint64_t jitter(uint64_t pause, unsigned char thrown);

#endif
