/* Times of repeated runs on a machine that does other things too: medians, and ratios of runs made
 * in turn, so that a busy moment hits both sides. */
#ifndef BENCH_TIMING_H
#define BENCH_TIMING_H

#include <stddef.h>
#include <stdint.h>

#define ROUNDS_MOST 1000

struct samples {
    uint64_t list[ROUNDS_MOST];
    size_t count;
};

uint64_t timing_now(void); /* nanoseconds */
/* What this process has used of a CPU: the time of what never waits, whatever else runs. */
uint64_t timing_cpu(void);
void samples_add(struct samples *samples, uint64_t value);
/* Adds the time since `since`, of timing_now(), and returns the present one. */
uint64_t samples_lap(struct samples *samples, uint64_t since);
uint64_t samples_median(const struct samples *samples);
/* The median of over[i] / under[i]. */
double samples_ratio(const struct samples *over, const struct samples *under);

/* "NAME VALUE" on stdout, for bench.py. */
void tell(const char *name, double value);
void tell_median(const char *name, const struct samples *samples);

#endif
