/*
 * Durations counted by size: exact below 256 ns, in steps of less than 1 % above; the count, the
 * sum, the least and the largest are exact. Nothing is sampled. The caller owns it; one thread.
 */
#ifndef SCHEDTOP_TRACE_DISTRIBUTION_H
#define SCHEDTOP_TRACE_DISTRIBUTION_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "trace/elapsed.h"

enum { DISTRIBUTION_BITS = 8, DISTRIBUTION_OCTAVES = 64 - DISTRIBUTION_BITS };

struct distribution {
	uint64_t count;
	int64_t sum_ns, min_ns, max_ns;
	uint64_t *octave[DISTRIBUTION_OCTAVES]; /* 1 << DISTRIBUTION_BITS counts each, or NULL */
};

/* All zero is empty. */
void distribution_finish(struct distribution *d);
/* Octave 0 holds [0, 256) in steps of 1, octave k holds [128 << k, 256 << k) in its upper half. */
static inline unsigned distribution_octave(uint64_t ns)
{
	return (unsigned)(64 - __builtin_clzll(ns | ((1 << DISTRIBUTION_BITS) - 1))) -
	       DISTRIBUTION_BITS;
}
bool distribution_add_octave(struct distribution *d, unsigned octave);
/* Negative durations count as 0. false: no memory. */
static inline bool distribution_add(struct distribution *d, int64_t ns)
{
	if (ns < 0)
		ns = 0;
	unsigned octave = distribution_octave((uint64_t)ns);
	if (__builtin_expect(!d->octave[octave], 0) && !distribution_add_octave(d, octave))
		return false;
	d->octave[octave][(uint64_t)ns >> octave]++;
	if (d->count++ == 0 || ns < d->min_ns)
		d->min_ns = ns;
	if (ns > d->max_ns)
		d->max_ns = ns;
	add_ns(&d->sum_ns, ns);
	return true;
}
/* The smallest duration that at least `ratio` of all do not exceed, as the upper end of its step
   and never more than the largest; 0 of none. */
int64_t distribution_percentile(const struct distribution *d, double ratio);

/* One step that is not empty. All zero before the first. */
struct distribution_step {
	int64_t upper_ns; /* the largest duration in it */
	uint64_t count;
	uint32_t next; /* the step to look at next */
};
/* The next larger one; false: there is none. */
bool distribution_next(const struct distribution *d, struct distribution_step *step);

#endif
