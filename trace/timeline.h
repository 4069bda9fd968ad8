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

/* Changes by few within one bin, summed without a look at the bins. */
struct timeline_stretch {
	int64_t since_ns, level, most;
	int64_t moment; /* sum of the changes, each times its distance from since_ns */
};

/* From now on, for a level that has begun. How long: until the bin ends; from change to change
   where whole numbers don't hold as much, or time stepped back. */
static inline int64_t timeline_begin(const struct timeline *t, struct timeline_stretch *s,
                                     int64_t now_ns)
{
	*s = (struct timeline_stretch){t->since_ns, t->level, t->most[t->bins - 1], 0};
	return now_ns >= t->since_ns && t->bin_ns <= INT64_C(1) << 48 ? t->bin_end_ns : INT64_MIN;
}

/* By -1...1; at most 2^14 times. */
static inline void timeline_change(struct timeline_stretch *s, int64_t now_ns, int change)
{
	s->level += change;
	s->moment += change * (now_ns - s->since_ns);
	s->most = s->level > s->most ? s->level : s->most;
}

/* At the time of the last change, or later in the bin. */
static inline void timeline_end(struct timeline *t, const struct timeline_stretch *s,
                                int64_t now_ns)
{
	t->area[t->bins - 1] += (double)s->level * (double)(now_ns - s->since_ns) - (double)s->moment;
	t->most[t->bins - 1] = s->most;
	t->level = s->level;
	t->since_ns = now_ns;
}

/* Bins without the last when that has hardly begun. */
size_t timeline_whole_bins(const struct timeline *t);
/* Of one bin, weighted by time. */
double timeline_mean(const struct timeline *t, size_t bin);

#endif
