#include "compare/comparison.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "compare/significance.h"

/* What runs of one program differ by on a machine that others use, too, as standard deviations of
   logarithms; several runs of a side tell it themselves. How much gets done, and how long something
   waits, hangs on all else that runs: such a machine may well halve it. What is typical of the
   program's own work hardly does. */
static const double run_to_run[ITEM_KINDS][METRICS] = {
	/* count, total, median, p99 */
	[ITEM_REGION] = {0.2, 0.2, 0, 0.15},
	[ITEM_TASK] = {0.2, 0.2, 0, 0.15},
	[ITEM_START] = {0.2, 0.2, 0, 0.15},
	[ITEM_SITE] = {0.2, 0.2, 0.2, 0.2},
};

/* --- one change ------------------------------------------------------------------------------ */

/* The change's part that no margin excuses, measured by its standard error. */
static void test(const struct estimate *before, const struct estimate *after, double margin,
                 struct change *change)
{
	double a = before->variance, b = after->variance, variance = a + b;
	double distance = log(change->ratio), beyond = fabs(distance) - log1p(margin);
	double freedom = variance * variance / (a * a / before->freedom + b * b / after->freedom);
	double error = sqrt(variance), reach = significance_student_inverse(0.05, freedom) * error;
	change->judged = true;
	change->low = exp(distance - reach);
	change->high = exp(distance + reach);
	change->p = beyond > 0 ? significance_student(beyond / error, freedom) : 1;
}

/* A quantile jumps where durations leave a gap, and its logarithm's variance doesn't tell. So the
   shares of durations beyond the middle between both quantiles must differ, too. */
static double test_excess(const struct row *row, const struct resamples r[SIDES],
                          enum metric metric)
{
	struct estimate e[SIDES];
	double middle = sqrt(row->side[BEFORE][metric].value * row->side[AFTER][metric].value);
	for (int side = 0; side < SIDES; side++) {
		e[side] = estimate_excess(&row->item->series[side], &r[side], middle);
		if (!e[side].judged)
			return 1;
	}
	double share = (e[BEFORE].value + e[AFTER].value) / 2, variance = 0, doubt = 0;
	for (int side = 0; side < SIDES; side++) {
		/* Never less than if they were independent. */
		double least = share * (1 - share) / (double)row->item->series[side].samples;
		double v = fmax(e[side].variance, least);
		variance += v;
		doubt += v * v / e[side].freedom;
	}
	double distance = fabs(e[AFTER].value - e[BEFORE].value);
	return variance > 0
	           ? significance_student(distance / sqrt(variance), variance * variance / doubt)
	           : 1;
}

/* One side has none. Had both the same rate, each of those that were seen would have been on this
   side with a chance of its share of the time; those that come together count as one (Przyborowski
   and Wilenski's test, with as many events as the variance says there are). */
static void test_absence(const struct estimate *there, double seconds, double other_seconds,
                         struct change *change)
{
	double events = 1 / there->variance;
	change->judged = true;
	change->p = 2 * pow(seconds / (seconds + other_seconds), events);
}

/* Time per second: what a change of each number alone would make. */
static double impact_of(const struct row *row, enum metric metric)
{
	const struct estimate *a = row->side[BEFORE], *b = row->side[AFTER];
	double change = fabs(b[metric].value - a[metric].value);
	double rate = fmax(a[METRIC_COUNT].value, b[METRIC_COUNT].value);
	double total = fmax(a[METRIC_TOTAL].value, b[METRIC_TOTAL].value);
	switch (metric) {
	case METRIC_COUNT:
		return rate > 0 ? change / rate * total : 0;
	case METRIC_MEDIAN:
		return change * rate;
	case METRIC_P99:
		return change * rate / 100; /* one in a hundred takes as long */
	default:
		return change;
	}
}

static void compare(const struct comparison *c, struct row *row, const struct resamples r[SIDES],
                    enum metric metric, double margin)
{
	const struct estimate *a = &row->side[BEFORE][metric], *b = &row->side[AFTER][metric];
	const struct series *series = row->item->series;
	double seconds[SIDES] = {side_seconds(c->side[BEFORE]), side_seconds(c->side[AFTER])};
	struct change *change = &row->change[metric];
	*change = (struct change){.p = 1};
	/* What samples have missed is not gone. */
	if (metric != METRIC_TOTAL && (r[BEFORE].sampled || r[AFTER].sampled))
		return;
	if (a->known && b->known) {
		change->known = true;
		change->ratio = b->value / a->value;
		if (a->judged && b->judged)
			test(a, b, margin, change);
		if (change->judged && (metric == METRIC_MEDIAN || metric == METRIC_P99))
			change->p = fmax(change->p, test_excess(row, r, metric));
	} else if (a->known && series[AFTER].count == 0 && series[AFTER].ns == 0) {
		change->known = true;
		if (a->judged && metric == METRIC_COUNT)
			test_absence(a, seconds[BEFORE], seconds[AFTER], change);
	} else if (b->known && series[BEFORE].count == 0 && series[BEFORE].ns == 0) {
		change->known = true;
		change->ratio = INFINITY;
		if (b->judged && metric == METRIC_COUNT)
			test_absence(b, seconds[AFTER], seconds[BEFORE], change);
	}
	if (change->known)
		change->impact_ns = impact_of(row, metric);
}

/* --- all of them ----------------------------------------------------------------------------- */

/* Each change that is judged is one test more, so that it takes more to be beyond the noise. */
static bool correct(struct comparison *c)
{
	size_t n = 0;
	if (c->rows == 0)
		return true;
	double *p = calloc(c->rows * METRICS, sizeof *p);
	size_t *scratch = calloc(c->rows * METRICS, sizeof *scratch);
	if (p && scratch) {
		for (size_t i = 0; i < c->rows; i++)
			for (size_t m = 0; m < METRICS; m++)
				if (c->row[i].change[m].judged)
					p[n++] = c->row[i].change[m].p;
		significance_adjust(p, scratch, n);
		c->judged = n;
		n = 0;
		for (size_t i = 0; i < c->rows; i++)
			for (size_t m = 0; m < METRICS; m++)
				if (c->row[i].change[m].judged)
					c->row[i].change[m].p = p[n++];
	}
	bool ok = p && scratch;
	free(p);
	free(scratch);
	return ok;
}

static void weigh(struct comparison *c, struct row *row)
{
	double most[2] = {0, 0}; /* of all, of the significant ones */
	for (size_t m = 0; m < METRICS; m++) {
		struct change *change = &row->change[m];
		change->significant = change->judged && change->p <= COMPARISON_LEVEL;
		c->significant += change->significant;
		row->significant = row->significant || change->significant;
		most[0] = fmax(most[0], change->impact_ns);
		if (change->significant)
			most[1] = fmax(most[1], change->impact_ns);
	}
	row->impact_ns = most[row->significant];
}

static int by_impact(const void *a, const void *b)
{
	const struct row *x = a, *y = b;
	if (x->significant != y->significant)
		return x->significant ? -1 : 1;
	if (x->impact_ns != y->impact_ns)
		return x->impact_ns < y->impact_ns ? 1 : -1;
	return (x->item > y->item) - (x->item < y->item);
}

static bool estimate_all(struct comparison *c, struct resamples r[SIDES], double margin)
{
	for (int side = 0; side < SIDES; side++)
		if (!resamples_init(&r[side], c->side[side], COMPARISON_SEED + (uint64_t)side))
			return false;
	for (size_t i = 0; i < c->rows; i++) {
		struct row *row = &c->row[i];
		for (int side = 0; side < SIDES; side++)
			estimate_series(&row->item->series[side], &r[side], run_to_run[row->item->kind],
			                row->side[side]);
		for (enum metric m = 0; m < METRICS; m++)
			compare(c, row, r, m, margin);
	}
	return true;
}

/* A name that was met, such as in the part of the time that doesn't count, is none yet. */
static bool is_there(const struct item *item)
{
	for (int side = 0; side < SIDES; side++)
		if (item->series[side].count > 0 || item->series[side].ns > 0)
			return true;
	return false;
}

bool comparison_make(struct comparison *c, const struct items *items,
                     const struct side *const side[SIDES], double margin)
{
	struct resamples r[SIDES] = {{0}, {0}};
	*c = (struct comparison){.items = items, .side = {side[BEFORE], side[AFTER]}};
	if (items->items == 0)
		return true;
	c->row = reallocarray(NULL, items->items, sizeof *c->row);
	if (!c->row)
		return false;
	for (size_t i = 0; i < items->items; i++)
		if (is_there(&items->item[i]))
			c->row[c->rows++] = (struct row){.item = &items->item[i]};
	bool ok = estimate_all(c, r, margin) && correct(c);
	for (int i = 0; i < SIDES; i++)
		resamples_finish(&r[i]);
	if (!ok)
		return false;
	for (size_t i = 0; i < c->rows; i++)
		weigh(c, &c->row[i]);
	qsort(c->row, c->rows, sizeof *c->row, by_impact);
	return true;
}

void comparison_finish(struct comparison *c)
{
	free(c->row);
	memset(c, 0, sizeof *c);
}
