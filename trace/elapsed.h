/*
 * Durations of times that nobody vouches for: a clock may step back or jump beyond all bounds, and
 * sums stop at the largest number instead of wrapping. Any thread.
 */
#ifndef SCHEDTOP_TRACE_ELAPSED_H
#define SCHEDTOP_TRACE_ELAPSED_H

#include <stdint.h>

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

#endif
