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

/* --- what states.c shows by itself ---------------------------------------------------------- */

/* Goroutines' levels between two looks at the bins. */
struct activity_stretch {
	struct timeline_stretch runnable, syscalls;
	int64_t last_ns;  /* of the last transition */
	int64_t until_ns; /* a bin ends */
};
/* The block has events. Shows what is no transition. */
void activity_begin(struct activity *activity, const struct trace_block *block,
                    struct activity_stretch *stretch);
void activity_renew(struct activity *activity, struct activity_stretch *stretch, int64_t now_ns);
void activity_end(struct activity *activity, const struct activity_stretch *stretch);

/* Comes before each change. */
static inline void activity_advance(struct activity *activity, struct activity_stretch *s,
                                    int64_t now_ns)
{
	if (__builtin_expect(now_ns >= s->until_ns, 0))
		activity_renew(activity, s, now_ns);
	s->last_ns = now_ns;
}

static inline void activity_change(struct activity_stretch *s, const struct trace_event *e)
{
	/* "not determined" and "does not exist" are none of both */
	timeline_change(&s->runnable, e->time_ns, (e->to == GO_RUNNABLE) - (e->from == GO_RUNNABLE));
	timeline_change(&s->syscalls, e->time_ns, (e->to == GO_SYSCALL) - (e->from == GO_SYSCALL));
}

#endif
