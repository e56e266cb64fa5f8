#include "timing.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

static uint64_t now_of(clockid_t clock)
{
    struct timespec now;

    clock_gettime(clock, &now);
    return (uint64_t)now.tv_sec * 1000000000 + (uint64_t)now.tv_nsec;
}

uint64_t timing_now(void)
{
    return now_of(CLOCK_MONOTONIC);
}

uint64_t timing_cpu(void)
{
    return now_of(CLOCK_PROCESS_CPUTIME_ID);
}

void samples_add(struct samples *samples, uint64_t value)
{
    if (samples->count < ROUNDS_MOST)
        samples->list[samples->count++] = value;
}

uint64_t samples_lap(struct samples *samples, uint64_t since)
{
    uint64_t now = timing_now();

    samples_add(samples, now - since);
    return now;
}

static int compare(const void *a, const void *b)
{
    double x = *(const double *)a, y = *(const double *)b;

    return (x > y) - (x < y);
}

static double median(double *list, size_t count)
{
    if (count == 0)
        return 0;
    qsort(list, count, sizeof(*list), compare);
    return count % 2 ? list[count / 2] : (list[count / 2 - 1] + list[count / 2]) / 2;
}

uint64_t samples_median(const struct samples *samples)
{
    double list[ROUNDS_MOST];

    for (size_t i = 0; i < samples->count; i++)
        list[i] = (double)samples->list[i];
    return (uint64_t)median(list, samples->count);
}

double samples_ratio(const struct samples *over, const struct samples *under)
{
    double list[ROUNDS_MOST];

    for (size_t i = 0; i < over->count; i++)
        list[i] = (double)over->list[i] / (double)under->list[i];
    return median(list, over->count);
}

void tell(const char *name, double value)
{
    printf("%s %.6g\n", name, value);
}

void tell_median(const char *name, const struct samples *samples)
{
    tell(name, (double)samples_median(samples));
}
