#include "metrics/histogram.h"

#include <float.h>
#include <math.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>

struct histogram_bounds {
	atomic_uint refs;
	bool permanent; /* constant data of the program: never counted, never freed */
	size_t n;
	const double *ns; /* behind the struct, in the same allocation, unless permanent */
};

struct histogram_bounds *histogram_bounds_create(const double *bound_ns, size_t n)
{
	if (n < 2 || n > (SIZE_MAX - sizeof(struct histogram_bounds)) / sizeof *bound_ns)
		return NULL;
	for (size_t i = 0; i < n; i++) {
		if (isnan(bound_ns[i]) || (i > 0 && bound_ns[i] <= bound_ns[i - 1]))
			return NULL;
	}
	struct histogram_bounds *bounds = malloc(sizeof *bounds + n * sizeof *bound_ns);
	if (!bounds)
		return NULL;
	memcpy(bounds + 1, bound_ns, n * sizeof *bound_ns);
	atomic_init(&bounds->refs, 1);
	bounds->permanent = false;
	bounds->n = n;
	bounds->ns = (const double *)(bounds + 1);
	return bounds;
}

static struct histogram_bounds *histogram_bounds_ref(struct histogram_bounds *bounds)
{
	if (!bounds->permanent)
		atomic_fetch_add_explicit(&bounds->refs, 1, memory_order_relaxed);
	return bounds;
}

void histogram_bounds_unref(struct histogram_bounds *bounds)
{
	if (!bounds || bounds->permanent)
		return;
	if (atomic_fetch_sub_explicit(&bounds->refs, 1, memory_order_acq_rel) == 1)
		free(bounds);
}

size_t histogram_bounds_count(const struct histogram_bounds *bounds)
{
	return bounds->n;
}

const double *histogram_bounds_ns(const struct histogram_bounds *bounds)
{
	return bounds->ns;
}

/* The runtime tells its metrics in seconds; the way to nanoseconds costs the last bits of a double.
 */
static bool same_bound(double a, double b)
{
	return a == b || fabs(a - b) <= 1e-12 * fmax(fabs(a), fabs(b));
}

bool histogram_bounds_equal(const struct histogram_bounds *a, const struct histogram_bounds *b)
{
	if (a == b)
		return true;
	if (!a || !b || a->n != b->n)
		return false;
	for (size_t i = 0; i < a->n; i++) {
		if (!same_bound(a->ns[i], b->ns[i]))
			return false;
	}
	return true;
}

/*
 * Points h at the counts between the first and the last non-zero one. The one allocation is exactly
 * as large as what is kept: a snapshot has five of these and the history hundreds of snapshots.
 */
static enum status keep_counts(struct histogram *h, struct histogram_bounds *bounds,
                               const uint64_t *count, size_t buckets)
{
	*h = (struct histogram){0};
	size_t first = 0, end = buckets;
	while (first < end && count[first] == 0)
		first++;
	while (end > first && count[end - 1] == 0)
		end--;
	uint64_t total = 0;
	for (size_t i = first; i < end; i++) {
		if (__builtin_add_overflow(total, count[i], &total))
			return STATUS_DAMAGED;
	}
	if (first < end) {
		h->count = malloc((end - first) * sizeof *count);
		if (!h->count)
			return STATUS_FAILED;
		memcpy(h->count, count + first, (end - first) * sizeof *count);
		h->first = (uint32_t)first;
		h->n = (uint32_t)(end - first);
	}
	h->total = total;
	h->bounds = histogram_bounds_ref(bounds);
	return STATUS_OK;
}

enum status histogram_init(struct histogram *h, struct histogram_bounds *bounds,
                           const uint64_t *count)
{
	if (bounds->n - 1 > UINT32_MAX) {
		*h = (struct histogram){0};
		return STATUS_DAMAGED;
	}
	return keep_counts(h, bounds, count, bounds->n - 1);
}

void histogram_finish(struct histogram *h)
{
	histogram_bounds_unref(h->bounds);
	free(h->count);
	*h = (struct histogram){0};
}

enum status histogram_copy(struct histogram *to, const struct histogram *from)
{
	*to = (struct histogram){0};
	if (!from->bounds)
		return STATUS_OK;
	enum status status = keep_counts(to, from->bounds, from->count, from->n);
	if (status == STATUS_OK && to->n)
		to->first += from->first;
	return status;
}

uint64_t histogram_bucket(const struct histogram *h, size_t bucket)
{
	return bucket >= h->first && bucket - h->first < h->n ? h->count[bucket - h->first] : 0;
}

enum status histogram_window(struct histogram *out, const struct histogram *now,
                             const struct histogram *before)
{
	if (!before)
		return histogram_copy(out, now);
	*out = (struct histogram){0};
	if (!now->bounds || !before->bounds || !histogram_bounds_equal(now->bounds, before->bounds))
		return STATUS_OK;
	for (uint32_t i = 0; i < before->n; i++) {
		if (before->count[i] > histogram_bucket(now, before->first + i))
			return STATUS_OK;
	}
	if (now->n == 0)
		return histogram_copy(out, now);
	uint64_t *count = malloc(now->n * sizeof *count);
	if (!count)
		return STATUS_FAILED;
	for (uint32_t i = 0; i < now->n; i++)
		count[i] = now->count[i] - histogram_bucket(before, now->first + i);
	enum status status = keep_counts(out, now->bounds, count, now->n);
	if (status == STATUS_OK && out->n)
		out->first += now->first;
	free(count);
	return status;
}

/*
 * ceil(q * total), where q is meant as the decimal fraction it was written as: 0.07 is a little
 * more than 7/100 in binary, and its rank among 100 events is still 7.
 */
static uint64_t rank_of(double q, uint64_t total)
{
	if (q >= 1)
		return total;
	double rank = ceil(q * (double)total * (1 - 4 * DBL_EPSILON));
	if (rank < 1)
		return 1;
	/* Above 2^53 (double)total may be rounded up, and 2^64 fits no uint64_t. */
	return rank >= (double)total ? total : (uint64_t)rank;
}

struct percentile histogram_percentile(const struct histogram *h, double q)
{
	struct percentile result = {.known = false};
	if (!h->bounds || h->total == 0 || !(q >= 0 && q <= 1))
		return result;
	uint64_t rank = rank_of(q, h->total);
	uint32_t i = 0;
	for (uint64_t seen = h->count[0]; seen < rank; seen += h->count[i])
		i++;
	const double *ns = h->bounds->ns + h->first + i;
	return (struct percentile){.known = true, .lo_ns = ns[0], .hi_ns = ns[1]};
}

/*
 * runtime/histogram.go, timeHistogramMetricsBuckets, in nanoseconds and at compile time: constant
 * data needs no lock and no owner.
 *
 * Go >= 1.20: 40 buckets of 4: bucket 0 is linear below 256 ns, bucket b begins at 2^(b + 7).
 * Go <= 1.19: 45 buckets of 16: bucket 0 is linear below 16 ns, bucket b begins at 2^(b + 3).
 */
#define SUB_BUCKET(digits, shift) (double)((uint64_t)(digits) << (shift))
#define FIVE(bucket, b) \
	bucket(b), bucket((b) + 1), bucket((b) + 2), bucket((b) + 3), bucket((b) + 4)

#define NEW_LO(b, s)  SUB_BUCKET((b) ? (4 | (s)) : (s), (b) ? (b) + 5 : 6)
#define NEW_BUCKET(b) NEW_LO(b, 0), NEW_LO(b, 1), NEW_LO(b, 2), NEW_LO(b, 3)

#define OLD_LO(b, s)   SUB_BUCKET((b) ? (16 | (s)) : (s), (b) ? (b)-1 : 0)
#define OLD_FOUR(b, s) OLD_LO(b, s), OLD_LO(b, (s) + 1), OLD_LO(b, (s) + 2), OLD_LO(b, (s) + 3)
#define OLD_BUCKET(b)  OLD_FOUR(b, 0), OLD_FOUR(b, 4), OLD_FOUR(b, 8), OLD_FOUR(b, 12)

static const double new_bounds_ns[] = {
	-INFINITY,
	FIVE(NEW_BUCKET, 0),
	FIVE(NEW_BUCKET, 5),
	FIVE(NEW_BUCKET, 10),
	FIVE(NEW_BUCKET, 15),
	FIVE(NEW_BUCKET, 20),
	FIVE(NEW_BUCKET, 25),
	FIVE(NEW_BUCKET, 30),
	FIVE(NEW_BUCKET, 35),
	(double)(UINT64_C(1) << 47), /* where overflow begins */
	INFINITY,
};
static const double old_bounds_ns[] = {
	-INFINITY,
	FIVE(OLD_BUCKET, 0),
	FIVE(OLD_BUCKET, 5),
	FIVE(OLD_BUCKET, 10),
	FIVE(OLD_BUCKET, 15),
	FIVE(OLD_BUCKET, 20),
	FIVE(OLD_BUCKET, 25),
	FIVE(OLD_BUCKET, 30),
	FIVE(OLD_BUCKET, 35),
	FIVE(OLD_BUCKET, 40),
	INFINITY,
};
_Static_assert(sizeof new_bounds_ns / sizeof *new_bounds_ns == 163, "as runtime/metrics has them");
_Static_assert(sizeof old_bounds_ns / sizeof *old_bounds_ns == 722, "45 x 16, underflow, +Inf");

static const struct histogram_bounds time_histogram[2] = {
	{.permanent = true, .n = 163, .ns = new_bounds_ns},
	{.permanent = true, .n = 722, .ns = old_bounds_ns},
};

struct histogram_bounds *histogram_bounds_of_time_histogram(bool old_layout)
{
	/* The cast is safe: ref and unref, the only writers, leave permanent bounds alone. */
	return (struct histogram_bounds *)&time_histogram[old_layout];
}

static const char *const layout_name[2] = {"go1.20", "go1.18"};

const char *histogram_layout_name(const struct histogram_bounds *bounds)
{
	for (int old = 0; old < 2; old++) {
		if (histogram_bounds_equal(bounds, &time_histogram[old]))
			return layout_name[old];
	}
	return NULL;
}

struct histogram_bounds *histogram_bounds_of_layout(const char *name)
{
	for (int old = 0; old < 2; old++) {
		if (strcmp(name, layout_name[old]) == 0)
			return histogram_bounds_of_time_histogram(old);
	}
	return NULL;
}
