/*
 * The heap over time, and the collector's work on it: for each of a fixed number of bins the bytes
 * on the heap, the goal, and how long the collector marked, stopped the world and was assisted.
 * When the trace outgrows the bins, two become one. A visitor; the caller owns it, one thread.
 */
#ifndef SCHEDTOP_TRACE_HEAP_H
#define SCHEDTOP_TRACE_HEAP_H

#include "trace/event.h"

enum { HEAP_BINS = 512 /* even */ };

struct heap_bin {
	bool has_heap, has_goal;           /* something was told in this bin */
	uint64_t heap_min, heap_max, goal; /* bytes; the goal is the last one */
	int64_t mark_ns, stopped_ns;       /* at most the bin */
	int64_t assist_ns;                 /* of all goroutines: may be more than the bin */
};

struct heap {
	bool begun;
	int64_t first_ns, last_ns;
	int64_t bin_ns;
	size_t bins; /* in use */
	struct heap_bin bin[HEAP_BINS];

	bool marking;
	uint64_t stops, assists; /* that go on */
	uint8_t *flags;          /* by goroutine's slot: assists, stops the world */
	size_t slots;
};

/* All zero is a good start. */
void heap_finish(struct heap *heap);
struct trace_visitor heap_visitor(struct heap *heap);
void heap_restart(void *heap, int64_t time_ns);

#endif
