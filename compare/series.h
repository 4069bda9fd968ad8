/*
 * What was measured of one thing on one side of a comparison: how often it happened and how long it
 * took in all, exactly, for each slice of time; and the durations of its instances, of which an
 * even sample is kept when there are many. The caller owns it; one thread.
 */
#ifndef SCHEDTOP_COMPARE_SERIES_H
#define SCHEDTOP_COMPARE_SERIES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "compare/dice.h"

enum { SERIES_SAMPLES = 16384 /* durations kept of one thing */ };

struct series_slice {
	double count, ns;
};

struct sample {
	float ns; /* exact to 1 in 10 million */
	uint32_t slice;
};

struct series {
	struct series_slice *slice;
	size_t slices; /* there is room for */
	double count, ns;
	uint64_t instances; /* whole ones, whose durations are known */
	struct sample *sample;
	size_t samples, sample_capacity;
	unsigned thinned; /* an instance was kept with a probability of 2^-thinned */
	struct dice dice;
};

/* All zero, perhaps with a seed, is empty. */
void series_finish(struct series *s);

/* It happened, it took time, an instance of it took so long; each by itself, since the first is
   known before the others. false: no memory. */
bool series_count(struct series *s, size_t slice);
bool series_spend(struct series *s, size_t slice, int64_t ns);
bool series_instance(struct series *s, size_t slice, int64_t ns);

/* Throws coins over the samples until there are at most so many. */
void series_thin(struct series *s, size_t most);
/* From slice `first` on two become one. */
void series_fold(struct series *s, size_t first);
/* The slice becomes part of the one before it. */
void series_join(struct series *s, size_t slice);

#endif
