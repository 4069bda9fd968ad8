#include "metrics/lanes.h"

#include <stdlib.h>
#include <string.h>

/* Copies the samples of `from`, leaving out those that follow another one sooner than gap_ns; the
   last one always stays. Returns how many `to` has now. */
static size_t append(struct lanes *to, size_t n, const struct lanes *from, int64_t gap_ns)
{
	int64_t last_ns = from->start_ns;
	for (size_t i = 0; i < from->samples; i++) {
		if (i + 1 < from->samples && from->at_ns[i] - last_ns < gap_ns)
			continue;
		last_ns = to->at_ns[n] = from->at_ns[i];
		memcpy(to->state + n * to->procs, from->state + i * from->procs, from->procs);
		n++;
	}
	return n;
}

/* A sample that says nobody looked, which makes a gap between the two end where the second begins.
 */
static size_t append_gap(struct lanes *to, size_t n, int64_t until_ns)
{
	to->at_ns[n] = until_ns;
	memset(to->state + n * to->procs, LANE_UNKNOWN, to->procs);
	return n + 1;
}

bool lanes_join(struct lanes *newer, const struct lanes *older, size_t samples_max)
{
	if (!older->samples)
		return true;
	int64_t end_ns = older->at_ns[older->samples - 1];
	if (!newer->samples || newer->procs != older->procs || newer->origin != older->origin ||
	    newer->start_ns < end_ns)
		return false;
	size_t samples = older->samples + newer->samples + 1;
	int64_t span_ns = newer->at_ns[newer->samples - 1] - older->start_ns;
	int64_t gap_ns = samples > samples_max ? span_ns / (int64_t)(samples_max / 2 + 1) : 0;
	struct lanes joined = {.origin = newer->origin, .start_ns = older->start_ns};
	if (lanes_reserve(&joined, samples, newer->procs) != STATUS_OK)
		return false;
	size_t n = append(&joined, 0, older, gap_ns);
	if (newer->start_ns > end_ns)
		n = append_gap(&joined, n, newer->start_ns);
	n = append(&joined, n, newer, gap_ns);

	/* What was left out is given back; a shrinking that fails keeps what there is. */
	int64_t *at_ns = realloc(joined.at_ns, (n + 1) * sizeof *at_ns);
	uint8_t *state = realloc(joined.state, n * joined.procs + 1);
	if (at_ns)
		joined.at_ns = at_ns;
	if (state)
		joined.state = state;
	joined.samples = n;
	free(newer->at_ns);
	free(newer->state);
	*newer = joined;
	return true;
}
