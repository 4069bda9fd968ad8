/*
 * Histograms as the Go runtime keeps them: bucket bounds and cumulative event counts.
 *
 * Bounds are immutable, shared and reference counted; a histogram holds one reference. Counts are
 * kept for the span between the first and the last non-zero bucket only. All values are
 * nanoseconds; the first bound may be -INFINITY and the last +INFINITY. A histogram that was never
 * filled (`bounds == NULL`) is unknown, which is not the same as empty (`total == 0`).
 *
 * Thread rules: bounds may be shared between threads; one histogram belongs to one thread at a time
 * or is no longer written.
 */
#ifndef SCHEDTOP_METRICS_HISTOGRAM_H
#define SCHEDTOP_METRICS_HISTOGRAM_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "util/status.h"

/* `n` bounds delimit `n - 1` buckets: bucket i is [bound_ns[i], bound_ns[i + 1]). */
struct histogram_bounds;

/* Takes a copy. NULL when out of memory, when n < 2, a bound is NaN or the bounds do not rise. */
struct histogram_bounds *histogram_bounds_create(const double *bound_ns, size_t n);
void histogram_bounds_unref(struct histogram_bounds *bounds); /* NULL is fine */
size_t histogram_bounds_count(const struct histogram_bounds *bounds);
const double *histogram_bounds_ns(const struct histogram_bounds *bounds);
/* But for the rounding of a way through seconds, in which runtime/metrics tells them. */
bool histogram_bounds_equal(const struct histogram_bounds *a, const struct histogram_bounds *b);

struct histogram {
	struct histogram_bounds *bounds; /* NULL: unknown */
	uint64_t total;                  /* sum of all counts */
	uint32_t first;                  /* bucket of count[0] */
	uint32_t n;                      /* counts kept; 0 when empty */
	uint64_t *count;
};

/* `count` has one entry per bucket of `bounds`; takes a reference, copies the counts. Whatever h
   was is overwritten. STATUS_DAMAGED when the sum of all counts does not fit. On failure h is
   unknown. */
enum status histogram_init(struct histogram *h, struct histogram_bounds *bounds,
                           const uint64_t *count);
void histogram_finish(struct histogram *h); /* leaves an unknown histogram; a zeroed one is fine */
enum status histogram_copy(struct histogram *to, const struct histogram *from);
uint64_t histogram_bucket(const struct histogram *h, size_t bucket);

/*
 * out = now - before, the events of the window between two reads of one cumulative histogram. `out`
 * is unknown when either side is unknown, when the bounds differ or when any bucket fell (the
 * process restarted): a window that can't be known is never guessed. `before == NULL` means "since
 * start".
 */
enum status histogram_window(struct histogram *out, const struct histogram *now,
                             const struct histogram *before);

/* Where a percentile lies: somewhere in [lo_ns, hi_ns); either end may be infinite. */
struct percentile {
	bool known; /* false: unknown histogram or no events */
	double lo_ns, hi_ns;
};

/*
 * The bucket that holds the event of rank ceil(q * total), at least 1, counted over events and
 * never over buckets; 0 <= q <= 1. q = 1 is the bucket of the largest event.
 */
struct percentile histogram_percentile(const struct histogram *h, double q);

/* The bounds of runtime.timeHistogram, in ns: `old_layout` for Go <= 1.19 (45 x 16 buckets and an
   underflow bucket), otherwise 40 x 4 buckets with underflow and overflow. Constant data: it may be
   passed to ref and unref, and need not be. */
struct histogram_bounds *histogram_bounds_of_time_histogram(bool old_layout);

/* What doc/schema.md calls these two: "go1.18" is the old one, "go1.20" the other. Bounds that
   equal neither have no name (NULL), and of another name there are no bounds (NULL). */
const char *histogram_layout_name(const struct histogram_bounds *bounds);
struct histogram_bounds *histogram_bounds_of_layout(const char *name);

#endif
