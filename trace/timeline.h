/*
 * A level over time (Ps that run, bytes of heap, ...) in a fixed number of bins: the mean and the
 * largest value of each. When the trace outgrows the bins, two become one. The caller owns it; one
 * thread.
 */
#ifndef SCHEDTOP_TRACE_TIMELINE_H
#define SCHEDTOP_TRACE_TIMELINE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum { TIMELINE_BINS = 64 };

struct timeline {
	bool begun;
	int64_t first_ns, since_ns;
	int64_t bin_ns, bin_end_ns; /* the end of the bin that since_ns lies in */
	int64_t level;
	size_t bins;                /* in use, the last one not to its end */
	double area[TIMELINE_BINS]; /* level * ns */
	int64_t most[TIMELINE_BINS];
};

/* Forgets the past; the level stays. */
void timeline_restart(struct timeline *t, int64_t now_ns);
/* Up to now the level was as it was. */
void timeline_advance_slow(struct timeline *t, int64_t now_ns);

static inline void timeline_advance(struct timeline *t, int64_t now_ns)
{
	if (__builtin_expect(!t->begun || now_ns >= t->bin_end_ns, 0)) {
		timeline_advance_slow(t, now_ns);
	} else if (now_ns > t->since_ns) {
		t->area[t->bins - 1] += (double)t->level * (double)(now_ns - t->since_ns);
		t->since_ns = now_ns;
	}
}

static inline void timeline_set(struct timeline *t, int64_t now_ns, int64_t level)
{
	timeline_advance(t, now_ns);
	t->level = level;
	if (level > t->most[t->bins - 1])
		t->most[t->bins - 1] = level;
}

/* Bins without the last when that has hardly begun. */
size_t timeline_whole_bins(const struct timeline *t);
/* Of one bin, weighted by time. */
double timeline_mean(const struct timeline *t, size_t bin);

#endif
