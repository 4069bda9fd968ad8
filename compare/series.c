#include "compare/series.h"

#include <stdlib.h>
#include <string.h>

enum { FIRST_SLICES = 16, FIRST_SAMPLES = 16 };

void series_finish(struct series *s)
{
	free(s->slice);
	free(s->sample);
	memset(s, 0, sizeof *s);
}

static bool reserve(struct series *s, size_t slice)
{
	if (slice < s->slices)
		return true;
	size_t n = s->slices ? s->slices : FIRST_SLICES;
	while (n <= slice)
		n *= 2;
	struct series_slice *grown = reallocarray(s->slice, n, sizeof *grown);
	if (!grown)
		return false;
	memset(grown + s->slices, 0, (n - s->slices) * sizeof *grown);
	s->slice = grown;
	s->slices = n;
	return true;
}

bool series_count(struct series *s, size_t slice)
{
	if (!reserve(s, slice))
		return false;
	s->slice[slice].count++;
	s->count++;
	return true;
}

bool series_spend(struct series *s, size_t slice, int64_t ns)
{
	if (!reserve(s, slice))
		return false;
	s->slice[slice].ns += (double)ns;
	s->ns += (double)ns;
	return true;
}

/* Each stays with a probability of one half, whatever became of the others: what is left is an even
   sample, and what comes later joins it by as many throws. */
static void halve(struct series *s)
{
	size_t kept = 0;
	for (size_t i = 0; i < s->samples; i++)
		if (dice_rare(&s->dice, 1))
			s->sample[kept++] = s->sample[i];
	s->samples = kept;
	s->thinned++;
}

void series_thin(struct series *s, size_t most)
{
	/* 2^63 instances don't come about. */
	while (s->samples > most && s->thinned < 62)
		halve(s);
}

bool series_instance(struct series *s, size_t slice, int64_t ns)
{
	s->instances++;
	if (!dice_rare(&s->dice, s->thinned))
		return true;
	if (s->samples == SERIES_SAMPLES) {
		unsigned before = s->thinned;
		series_thin(s, SERIES_SAMPLES - 1);
		if (!dice_rare(&s->dice, s->thinned - before))
			return true;
	}
	if (s->samples == s->sample_capacity) {
		size_t n = s->sample_capacity ? s->sample_capacity * 2 : FIRST_SAMPLES;
		struct sample *grown = reallocarray(s->sample, n, sizeof *grown);
		if (!grown)
			return false;
		s->sample = grown;
		s->sample_capacity = n;
	}
	s->sample[s->samples++] = (struct sample){(float)ns, (uint32_t)slice};
	return true;
}

static void move(struct series *s, size_t from, size_t to)
{
	if (from == to || from >= s->slices)
		return;
	s->slice[to].count += s->slice[from].count;
	s->slice[to].ns += s->slice[from].ns;
	s->slice[from] = (struct series_slice){0};
}

void series_fold(struct series *s, size_t first)
{
	for (size_t i = first; i < s->slices; i++)
		move(s, i, first + (i - first) / 2);
	for (size_t i = 0; i < s->samples; i++)
		if (s->sample[i].slice >= first)
			s->sample[i].slice = (uint32_t)(first + (s->sample[i].slice - first) / 2);
}

void series_join(struct series *s, size_t slice)
{
	move(s, slice, slice - 1);
	for (size_t i = 0; i < s->samples; i++)
		if (s->sample[i].slice == slice)
			s->sample[i].slice--;
}
