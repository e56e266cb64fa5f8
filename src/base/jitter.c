#include "base/jitter.h"

#include <sys/random.h>

unsigned char jitter_throw(void)
{
    unsigned char thrown = 0;

    return getrandom(&thrown, 1, GRND_NONBLOCK) == 1 ? thrown : 0;
}

uint64_t jitter(uint64_t pause, unsigned char thrown)
{
    return pause - pause * thrown / (4 * UINT64_C(256));
}
