#include "trace/distribution.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

enum { STEPS = 1 << DISTRIBUTION_BITS };

void distribution_finish(struct distribution *d)
{
	for (size_t i = 0; i < DISTRIBUTION_OCTAVES; i++)
		free(d->octave[i]);
	memset(d, 0, sizeof *d);
}

bool distribution_add_octave(struct distribution *d, unsigned octave)
{
	d->octave[octave] = calloc(STEPS, sizeof *d->octave[octave]);
	return d->octave[octave] != NULL;
}

static int64_t upper_of(unsigned octave, uint64_t step)
{
	return (int64_t)(((step + 1) << octave) - 1);
}

int64_t distribution_percentile(const struct distribution *d, double ratio)
{
	if (d->count == 0)
		return 0;
	uint64_t rank = (uint64_t)ceil(ratio * (double)d->count), seen = 0;
	if (rank == 0)
		return d->min_ns;
	for (unsigned octave = 0; octave < DISTRIBUTION_OCTAVES; octave++) {
		if (!d->octave[octave])
			continue;
		for (uint64_t step = 0; step < STEPS; step++) {
			seen += d->octave[octave][step];
			if (seen >= rank) {
				int64_t upper = upper_of(octave, step);
				return upper < d->max_ns ? upper : d->max_ns;
			}
		}
	}
	return d->max_ns;
}

bool distribution_next(const struct distribution *d, struct distribution_step *step)
{
	for (uint32_t i = step->next; i < DISTRIBUTION_OCTAVES * STEPS; i++) {
		unsigned octave = i >> DISTRIBUTION_BITS;
		uint64_t at = i & (STEPS - 1);
		if (!d->octave[octave]) {
			i |= STEPS - 1; /* to the next octave */
		} else if (d->octave[octave][at]) {
			*step = (struct distribution_step){upper_of(octave, at), d->octave[octave][at], i + 1};
			return true;
		}
	}
	return false;
}
