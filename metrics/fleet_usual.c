#include "metrics/fleet_usual.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

/* 1.4826 times the median distance is the standard deviation, where values are normal. */
#define SCALE 1.4826
#define LIMIT 3.5
#define SHARE 0.25

static int rising(const void *a, const void *b)
{
	const double *one = a, *other = b;
	return (*one > *other) - (*one < *other);
}

/* Sorts them. */
static double median_of(double *value, size_t n)
{
	qsort(value, n, sizeof *value, rising);
	double low = value[(n - 1) / 2], high = value[n / 2];
	return low == high ? low : low + (high - low) / 2;
}

static struct fleet_usual usual_of(const struct fleet_instance *instance, size_t n,
                                   enum fleet_metric metric, double *scratch)
{
	struct fleet_usual usual = {0};
	for (size_t i = 0; i < n; i++)
		if (fleet_known(&instance[i], metric))
			scratch[usual.n++] = fleet_point(instance[i].value[metric]);
	if (usual.n == 0)
		return usual;
	usual.median = median_of(scratch, usual.n);
	for (size_t i = 0; i < usual.n; i++)
		scratch[i] = fabs(scratch[i] - usual.median);
	usual.mad = median_of(scratch, usual.n);
	return usual;
}

static void mark(struct fleet_instance *instance, size_t n, enum fleet_metric metric,
                 const struct fleet_usual *usual)
{
	double far = fmax(LIMIT * SCALE * usual->mad, SHARE * fabs(usual->median));
	far = fmax(far, fleet_metric_info[metric].least);
	for (size_t i = 0; i < n; i++) {
		const struct fleet_range *range = &instance[i].value[metric];
		if (!fleet_known(&instance[i], metric))
			continue;
		double point = fleet_point(*range);
		if (point - usual->median > far && range->lo >= usual->median)
			instance[i].high |= FLEET_BIT(metric);
		else if (usual->median - point > far)
			instance[i].low |= FLEET_BIT(metric);
	}
}

/* The instances of one job, which stand side by side. */
static size_t job_length(const struct fleet *fleet, size_t first)
{
	size_t end = first + 1;
	while (end < fleet->n && strcmp(fleet->instance[end].job, fleet->instance[first].job) == 0)
		end++;
	return end - first;
}

enum status fleet_find_outliers(struct fleet *fleet)
{
	double *scratch = calloc(fleet->n + 1, sizeof *scratch);
	if (!scratch)
		return STATUS_FAILED;
	for (int metric = 0; metric < FLEET_METRICS; metric++)
		fleet->usual[metric] =
			usual_of(fleet->instance, fleet->n, (enum fleet_metric)metric, scratch);
	for (size_t at = 0, n; at < fleet->n; at += n) {
		n = job_length(fleet, at);
		for (int i = 0; i < FLEET_METRICS; i++) {
			enum fleet_metric metric = (enum fleet_metric)i;
			if (fleet_metric_info[metric].least <= 0)
				continue;
			struct fleet_usual usual = usual_of(&fleet->instance[at], n, metric, scratch);
			if (usual.n < FLEET_LIKE_MIN)
				usual = fleet->usual[metric];
			if (usual.n >= FLEET_LIKE_MIN)
				mark(&fleet->instance[at], n, metric, &usual);
		}
	}
	free(scratch);
	return STATUS_OK;
}
