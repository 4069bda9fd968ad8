/* Percentiles of histograms as Prometheus tells them. */
#include <math.h>
#include <stdlib.h>

#include "metrics/fleet.h"

static int by_end(const void *a, const void *b)
{
	const struct fleet_bucket *one = a, *other = b;
	return (one->hi > other->hi) - (one->hi < other->hi);
}

size_t fleet_buckets_of_le(struct fleet_bucket *bucket, size_t n)
{
	size_t kept = 0;
	double below = 0;
	if (n == 0)
		return 0;
	qsort(bucket, n, sizeof *bucket, by_end);
	for (size_t i = 0; i < n; i++) {
		if (kept > 0 && bucket[kept - 1].hi == bucket[i].hi)
			bucket[kept - 1].count += bucket[i].count;
		else
			bucket[kept++] = bucket[i];
	}
	for (size_t i = 0; i < kept; i++) {
		/* Rates of neighbours may disagree in their last digits, which is no event. */
		double count = bucket[i].count > below ? bucket[i].count : below;
		bucket[i].lo = i > 0 ? bucket[i - 1].hi : bucket[i].hi > 0 ? 0 : -INFINITY;
		bucket[i].count = count - below;
		below = count;
	}
	return isinf(bucket[kept - 1].hi) && bucket[kept - 1].hi > 0 ? kept : 0;
}

/* promql/quantile.go: the first bucket up to which there are q of all. */
bool fleet_percentile(const struct fleet_bucket *bucket, size_t n, double q,
                      struct fleet_range *range)
{
	double total = 0, below = 0;
	for (size_t i = 0; i < n; i++)
		total += bucket[i].count;
	if (!(total > 0) || isinf(total))
		return false;
	for (size_t i = 0; i < n; i++) {
		if (!(bucket[i].count > 0))
			continue;
		below += bucket[i].count;
		*range = (struct fleet_range){bucket[i].lo, bucket[i].hi};
		if (below >= q * total)
			break;
	}
	return isfinite(range->hi) || (isfinite(range->lo) && range->lo > 0);
}
