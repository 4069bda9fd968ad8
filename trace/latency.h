/*
 * Waits to run by who waited: a distribution for each pair of the function that a goroutine starts
 * with and the function that created it. A visitor. It grows with the goroutines that live at one
 * time; of groups there are at most LATENCY_GROUPS. The caller owns it and the stacks it shares;
 * one thread.
 */
#ifndef SCHEDTOP_TRACE_LATENCY_H
#define SCHEDTOP_TRACE_LATENCY_H

#include "trace/distribution.h"
#include "trace/event.h"
#include "trace/stacks.h"

enum { LATENCY_GROUPS = 256 /* further ones are counted as one, the last */ };

struct latency_group {
	uint32_t function, creator; /* names; NAME_NONE: unknown, or not known yet at that time */
	bool others;                /* of all groups beyond LATENCY_GROUPS */
	struct distribution wait;
	uint64_t open; /* waits that go on when the trace ends; they are in no distribution */
	/* The longest wait. */
	uint64_t longest_goroutine; /* ID */
	int64_t longest_begin_ns;
};

/* What is known of a goroutine. */
struct latency_goroutine {
	int64_t since_ns;
	uint32_t function, creator; /* names */
	uint32_t group;             /* index + 1; 0: not looked up yet */
	bool known, runnable;
};

struct latency {
	struct stacks *stacks;
	uint64_t only; /* this goroutine alone; 0: all */

	struct latency_group *group;
	size_t groups, group_capacity;
	struct idmap group_of;
	struct latency_goroutine *slot;
	size_t slots;
};

/* All zero, with `stacks` set, is a good start. */
void latency_finish(struct latency *latency);
struct trace_visitor latency_visitor(struct latency *latency);
void latency_restart(void *latency, int64_t time_ns);

#endif
