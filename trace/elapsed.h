/*
 * Durations of times that nobody vouches for: a clock may step back or jump beyond all bounds, and
 * sums stop at the largest number instead of wrapping. Any thread.
 */
#ifndef SCHEDTOP_TRACE_ELAPSED_H
#define SCHEDTOP_TRACE_ELAPSED_H

#include <stdint.h>

/* Times that differ by less than 2^62, so that nobody's subtraction overflows: 73 years. */
static inline int64_t bound_ns(int64_t ns)
{
	const int64_t most = INT64_C(1) << 61;
	if (__builtin_expect(ns > most, 0))
		return most;
	return __builtin_expect(ns < -most, 0) ? -most : ns;
}

/* Of two times that are bounded so; 0 when `to` is not after `from`. */
static inline int64_t bounded_elapsed_ns(int64_t from, int64_t to)
{
	int64_t ns = to - from;
	return ns > 0 ? ns : 0;
}

/* 0 when `to` is not after `from`. */
static inline int64_t elapsed_ns(int64_t from, int64_t to)
{
	if (to <= from)
		return 0;
	uint64_t ns = (uint64_t)to - (uint64_t)from;
	return ns > INT64_MAX ? INT64_MAX : (int64_t)ns;
}

static inline void add_ns(int64_t *sum, int64_t ns)
{
	if (__builtin_expect(__builtin_add_overflow(*sum, ns, sum), 0))
		*sum = INT64_MAX;
}

/* The same of bytes that a file tells of: as many as a signed number holds. */
static inline int64_t bound_bytes(uint64_t n)
{
	return n > INT64_MAX ? INT64_MAX : (int64_t)n;
}

#endif
