/*
 * How much time a trace of Go 1.25 or newer covers, told from the headers of its batches as they go
 * by: nothing is kept and no event is read, so a capture can ask without reading its file again.
 * The bytes are not trusted; what does not fit makes the answer unknown. The caller owns the
 * structure; one thread.
 */
#ifndef SCHEDTOP_COLLECT_TRACE_REACH_H
#define SCHEDTOP_COLLECT_TRACE_REACH_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* All zero is a good start. */
struct trace_reach {
	unsigned char head[80]; /* of the batch that comes; first the trace's own */
	size_t have;
	uint64_t skip; /* bytes of it that say nothing */
	bool opened;   /* the trace's header is over */
	bool broken;   /* what came is no such trace */
	bool any;      /* a batch was seen */
	uint64_t first_generation;
	uint64_t from_ticks, to_ticks;
	double ns_per_tick; /* 0: not told yet */
};

/* The next bytes, from the first on. */
void trace_reach_add(struct trace_reach *r, const void *data, size_t size);
/* From the first batch to the last; 0: not known. */
int64_t trace_reach_ns(const struct trace_reach *r);

#endif
