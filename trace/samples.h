/*
 * CPU samples, which a trace holds when the program's CPU profiler ran along: how often each stack
 * was met. A visitor. It grows with the different stacks; the caller owns it and the stacks it
 * shares, one thread.
 */
#ifndef SCHEDTOP_TRACE_SAMPLES_H
#define SCHEDTOP_TRACE_SAMPLES_H

#include "trace/event.h"
#include "trace/stacks.h"

struct samples {
	struct stacks *stacks;
	uint64_t only; /* this goroutine alone; 0: all */

	uint64_t total, no_goroutine; /* on a thread that ran none */
	uint64_t *count;              /* by number of stack */
	size_t limit;
	int64_t first_ns, last_ns, gap_ns; /* when they were taken, and the longest time between two */
};

/* All zero, with `stacks` set, is a good start. */
void samples_finish(struct samples *samples);
struct trace_visitor samples_visitor(struct samples *samples);
void samples_restart(void *samples, int64_t time_ns);

/* A function in the samples: how often it ran, and how often it or what it called. */
struct sample_function {
	uint32_t function; /* name */
	uint32_t met;      /* as the how-manieth, from leaves to roots of stacks as they came */
	uint64_t flat, cumulative;
};
/* All of them, the most often running first; the caller frees. NULL: none, or no memory. */
struct sample_function *samples_functions(const struct samples *samples, size_t *n);

#endif
