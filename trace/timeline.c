#include "trace/timeline.h"

#include <string.h>

#include "trace/elapsed.h"

enum { FIRST_BIN_NS = 10 * 1000 };

void timeline_restart(struct timeline *t, int64_t now_ns)
{
	*t = (struct timeline){
		.begun = true,
		.first_ns = now_ns,
		.since_ns = now_ns,
		.bin_ns = FIRST_BIN_NS,
		.bin_end_ns = now_ns,
		.level = t->level,
		.bins = 1,
		.most = {t->level},
	};
	add_ns(&t->bin_end_ns, FIRST_BIN_NS);
}

/* Two bins become one. */
static void widen(struct timeline *t)
{
	for (size_t i = 0; i < TIMELINE_BINS / 2; i++) {
		t->area[i] = t->area[2 * i] + t->area[2 * i + 1];
		t->most[i] = t->most[2 * i] > t->most[2 * i + 1] ? t->most[2 * i] : t->most[2 * i + 1];
	}
	memset(&t->area[TIMELINE_BINS / 2], 0, sizeof t->area / 2);
	memset(&t->most[TIMELINE_BINS / 2], 0, sizeof t->most / 2);
	t->bin_ns *= 2;
	t->bins = (t->bins + 1) / 2;
}

static int64_t bin_end(const struct timeline *t)
{
	int64_t end = t->first_ns;
	add_ns(&end, (int64_t)t->bins * t->bin_ns);
	return end;
}

void timeline_advance_slow(struct timeline *t, int64_t now)
{
	if (!t->begun)
		timeline_restart(t, now);
	/* Bins as long as centuries are enough. */
	while (elapsed_ns(t->first_ns, now) / TIMELINE_BINS >= t->bin_ns &&
	       t->bin_ns < INT64_MAX / TIMELINE_BINS / 2)
		widen(t);
	for (;;) {
		t->bin_end_ns = bin_end(t);
		bool last = now < t->bin_end_ns || t->bins == TIMELINE_BINS;
		int64_t to = last ? now : t->bin_end_ns;
		t->area[t->bins - 1] += (double)t->level * (double)elapsed_ns(t->since_ns, to);
		if (to > t->since_ns)
			t->since_ns = to;
		if (last)
			return;
		t->most[t->bins++] = t->level;
	}
}

size_t timeline_whole_bins(const struct timeline *t)
{
	int64_t past = elapsed_ns(t->first_ns, t->since_ns);
	return t->bins > 1 && past - (int64_t)(t->bins - 1) * t->bin_ns < t->bin_ns / 8 ? t->bins - 1
	                                                                                : t->bins;
}

double timeline_mean(const struct timeline *t, size_t bin)
{
	int64_t ns = t->bin_ns;
	if (bin + 1 == t->bins)
		ns = elapsed_ns(t->first_ns, t->since_ns) - (int64_t)bin * t->bin_ns;
	return ns > 0 ? t->area[bin] / (double)ns : (double)t->level;
}
