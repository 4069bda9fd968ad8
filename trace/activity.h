/*
 * What happened when: Ps that run, goroutines that wait for one, threads in system calls, cycles of
 * the collector and the heap, as levels over time. A visitor; the caller owns it, one thread.
 */
#ifndef SCHEDTOP_TRACE_ACTIVITY_H
#define SCHEDTOP_TRACE_ACTIVITY_H

#include "trace/event.h"
#include "trace/timeline.h"

struct activity {
	struct timeline running;            /* Ps */
	struct timeline runnable, syscalls; /* goroutines */
	struct timeline marking;            /* 0 or 1 */
	struct timeline heap, goal;         /* bytes; without bins while nobody told */
};

/* All zero is a good start. */
struct trace_visitor activity_visitor(struct activity *activity);
void activity_restart(void *activity, int64_t time_ns);

#endif
