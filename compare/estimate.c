#include "compare/estimate.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

const char *const metric_words[METRICS] = {[METRIC_COUNT] = "count",
                                           [METRIC_TOTAL] = "total",
                                           [METRIC_MEDIAN] = "median",
                                           [METRIC_P99] = "p99"};

/* --- resamples ------------------------------------------------------------------------------- */

void resamples_finish(struct resamples *r)
{
	free(r->within);
	free(r->between);
	free(r->seconds);
	free(r->sorted);
	memset(r, 0, sizeof *r);
}

/* A run that is too short stays as it is. */
static bool can_cut(const struct run *run)
{
	return run->slices / 2 >= RESAMPLE_BLOCK;
}

/* Blocks begin anywhere; behind the last slice comes the first (Politis and Romano's circular
   blocks), so that all are drawn equally often. */
static void draw_blocks(struct dice *dice, const struct run *run, uint16_t *weight)
{
	uint32_t n = (uint32_t)run->slices;
	for (uint32_t drawn = 0; drawn < n; drawn += RESAMPLE_BLOCK) {
		uint32_t start = dice_below(dice, n);
		for (uint32_t i = 0; i < RESAMPLE_BLOCK && drawn + i < n; i++)
			weight[run->first + (start + i) % n]++;
	}
}

static void draw_within(struct dice *dice, const struct side *side, uint16_t *weight)
{
	for (size_t i = 0; i < side->runs; i++) {
		const struct run *run = &side->run[i];
		if (can_cut(run))
			draw_blocks(dice, run, weight);
		else
			for (size_t k = 0; k < run->slices; k++)
				weight[run->first + k] = 1;
	}
}

static void draw_between(struct dice *dice, const struct side *side, uint16_t *weight)
{
	for (size_t i = 0; i < side->runs; i++) {
		const struct run *run = &side->run[dice_below(dice, (uint32_t)side->runs)];
		for (size_t k = 0; k < run->slices; k++)
			weight[run->first + k]++;
	}
}

static uint16_t *draw(const struct side *side, uint64_t seed,
                      void (*one)(struct dice *dice, const struct side *side, uint16_t *weight))
{
	uint16_t *all = calloc(RESAMPLES * side->slices, sizeof *all);
	struct dice dice = {seed};
	for (size_t i = 0; all && i < RESAMPLES; i++)
		one(&dice, side, all + i * side->slices);
	return all;
}

bool resamples_init(struct resamples *r, const struct side *side, uint64_t seed)
{
	bool within = false, between = side->runs > 1;
	*r = (struct resamples){.slices = side->slices};
	for (size_t i = 0; i < side->runs; i++) {
		r->sampled = r->sampled || side->run[i].sampled;
		if (can_cut(&side->run[i])) {
			within = true;
			r->strata++;
			r->within_freedom += (double)side->run[i].slices / RESAMPLE_BLOCK - 1;
		}
	}
	r->between_freedom = (double)side->runs - 1;
	if (side->slices == 0)
		return true;
	if (within)
		r->within = draw(side, seed, draw_within);
	if (between)
		r->between = draw(side, ~seed, draw_between);
	r->seconds = calloc(side->slices, sizeof *r->seconds);
	r->sorted = calloc(SERIES_SAMPLES, sizeof *r->sorted);
	if ((within && !r->within) || (between && !r->between) || !r->seconds || !r->sorted)
		return false;
	for (size_t i = 0; i < side->runs; i++)
		for (size_t k = 0; k < side->run[i].slices; k++)
			r->seconds[side->run[i].first + k] = run_slice_seconds(&side->run[i], k);
	return true;
}

/* --- the numbers ----------------------------------------------------------------------------- */

static int by_ns(const void *a, const void *b)
{
	float x = ((const struct sample *)a)->ns, y = ((const struct sample *)b)->ns;
	return (x > y) - (x < y);
}

/* From the end that is nearer: of p99 that is a hundredth of the way. */
size_t weighted_quantile(const struct sample *sample, size_t n, const uint16_t *weight,
                         double ratio)
{
	uint64_t all = 0, seen = 0;
	for (size_t i = 0; i < n; i++)
		all += weight[sample[i].slice];
	if (all == 0)
		return SIZE_MAX;
	uint64_t rank = (uint64_t)ceil(ratio * (double)all);
	rank = rank == 0 ? 1 : rank;
	if (ratio < 0.75) {
		size_t i = 0;
		while ((seen += weight[sample[i].slice]) < rank)
			i++;
		return i;
	}
	size_t i = n - 1;
	while ((seen += weight[sample[i].slice]) < all - rank + 1)
		i--;
	return i;
}

/* One series, ready to be asked with different weights. */
struct counted {
	const struct series *series;
	const struct resamples *resamples;
	size_t samples;
	double durations[SIDE_RUNS], above[SIDE_RUNS]; /* by slice; of estimate_excess */
};

/* Beside the metrics. */
#define EXCESS METRICS

static double excess_of(const struct counted *c, const uint16_t *weight)
{
	double above = 0, all = 0;
	for (size_t i = 0; i < c->resamples->slices; i++) {
		above += c->above[i] * weight[i];
		all += c->durations[i] * weight[i];
	}
	return all > 0 ? above / all : -1;
}

static double value_of(const struct counted *c, enum metric metric, const uint16_t *weight)
{
	const struct series *s = c->series;
	double sum = 0, seconds = 0;
	if (metric == METRIC_MEDIAN || metric == METRIC_P99) {
		size_t i = weighted_quantile(c->resamples->sorted, c->samples, weight,
		                             metric == METRIC_MEDIAN ? 0.5 : 0.99);
		return i == SIZE_MAX ? 0 : (double)c->resamples->sorted[i].ns;
	}
	for (size_t i = 0; i < c->resamples->slices; i++) {
		seconds += c->resamples->seconds[i] * weight[i];
		if (i < s->slices)
			sum += (metric == METRIC_COUNT ? s->slice[i].count : s->slice[i].ns) * weight[i];
	}
	return seconds > 0 ? sum / seconds : 0;
}

/* A number as its variance is taken of. NaN: there is none. */
static double scaled(const struct counted *c, enum metric metric, const uint16_t *weight)
{
	double value = metric == EXCESS ? excess_of(c, weight) : value_of(c, metric, weight);
	if (metric == EXCESS)
		return value < 0 ? NAN : value;
	return value > 0 ? log(value) : NAN;
}

/* Variance over the resamples; < 0: too many of them hold nothing. */
static double spread(const struct counted *c, enum metric metric, const uint16_t *weights)
{
	double n = 0, mean = 0, squares = 0;
	for (size_t i = 0; i < RESAMPLES; i++) {
		double x = scaled(c, metric, weights + i * c->resamples->slices), step = x - mean;
		if (isnan(x))
			continue;
		n++;
		mean += step / n;
		squares += step * (x - mean);
	}
	return n < RESAMPLES * 0.95 ? -1 : squares / (n - 1);
}

/* A bootstrap over n things finds (n - 1) / n of the variance; where it draws within each of
   several strata, their degrees of freedom of all their things. */
static double unbiased(double variance, double freedom, double strata)
{
	return variance * (freedom + strata) / freedom;
}

/* What whole runs differ by holds what is within them. So the larger of both counts, with the
   degrees of freedom of that one alone. */
static bool judge(const struct counted *c, enum metric metric, double assumed, struct estimate *e)
{
	const struct resamples *r = c->resamples;
	double within = 0, between = 0;
	if (!r->within && !r->between)
		return false;
	if (r->within) {
		within = unbiased(spread(c, metric, r->within), r->within_freedom, r->strata);
		if (within < 0)
			return false;
	}
	if (r->between) {
		between = unbiased(spread(c, metric, r->between), r->between_freedom, 1);
		if (between < 0)
			return false;
	}
	double doubt = between > within ? between * between / r->between_freedom
	               : within > 0     ? within * within / r->within_freedom
	                                : 0;
	e->variance = fmax(within, between);
	if (!r->between)
		e->variance += assumed * assumed; /* without a doubt */
	e->freedom =
		doubt > 0 ? e->variance * e->variance / doubt : r->within_freedom + r->between_freedom;
	return true;
}

/* What no bootstrap sees: a clock has steps, and one instance more or less is no change. */
static double least_variance(const struct series *s, enum metric metric, double value)
{
	double step = metric == METRIC_COUNT   ? 0.5 / s->count
	              : metric == METRIC_TOTAL ? (s->count > 0 ? 0.5 / s->count : 0)
	                                       : RESOLUTION_NS / value;
	return step * step;
}

static size_t active_slices(const struct series *s)
{
	size_t n = 0;
	for (size_t i = 0; i < s->slices; i++)
		n += s->slice[i].count > 0 || s->slice[i].ns > 0;
	return n;
}

void estimate_series(const struct series *s, const struct resamples *r,
                     const double assumed[METRICS], struct estimate estimate[METRICS])
{
	const uint64_t p99 = s->instances;
	const bool counted = !r->sampled;
	const bool spread_out = active_slices(s) >= JUDGE_SLICES;
	const struct {
		bool tell, judge;
	} rule[METRICS] = {
		[METRIC_COUNT] = {counted && s->count > 0, s->count >= JUDGE_INSTANCES},
		/* what goroutines run counts without any that began */
		[METRIC_TOTAL] = {s->ns > 0, s->count == 0 || s->count >= JUDGE_INSTANCES},
		[METRIC_MEDIAN] = {counted && s->samples > 0, s->instances >= JUDGE_INSTANCES},
		[METRIC_P99] = {counted && p99 >= P99_TELL, p99 >= P99_JUDGE},
	};
	struct counted c = {.series = s, .resamples = r};
	uint16_t once[SIDE_RUNS];
	for (size_t i = 0; i < SIDE_RUNS; i++)
		once[i] = 1;
	for (size_t i = 0; i < s->samples; i++)
		if (s->sample[i].slice < r->slices)
			r->sorted[c.samples++] = s->sample[i];
	qsort(r->sorted, c.samples, sizeof *r->sorted, by_ns);
	for (enum metric m = 0; m < METRICS; m++) {
		struct estimate *e = &estimate[m];
		*e = (struct estimate){.value = r->slices ? value_of(&c, m, once) : 0};
		e->known = rule[m].tell && e->value > 0;
		e->judged = e->known && rule[m].judge && spread_out && judge(&c, m, assumed[m], e);
		if (e->judged)
			e->variance += least_variance(s, m, e->value);
	}
}

struct estimate estimate_excess(const struct series *s, const struct resamples *r, double threshold)
{
	struct estimate e = {0};
	struct counted c = {.series = s, .resamples = r};
	double above = 0;
	for (size_t i = 0; i < s->samples; i++) {
		uint32_t slice = s->sample[i].slice;
		if (slice >= r->slices)
			continue;
		bool is_above = (double)s->sample[i].ns > threshold;
		c.samples++;
		c.durations[slice]++;
		c.above[slice] += is_above;
		above += is_above;
	}
	e.known = c.samples > 0;
	e.value = e.known ? above / (double)c.samples : 0;
	e.judged = e.known && judge(&c, EXCESS, 0, &e);
	return e;
}
