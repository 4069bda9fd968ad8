/*
 * Which goroutines are the collector's workers. They label themselves each time they begin to run,
 * but labels lie: Go 1.26 and 1.27 leave a P in a worker's mode when the worker that was meant for
 * it does not run (runtime/mgcpacer.go: releaseNextGCMarkWorker), and whatever runs there next has
 * the label. So what a goroutine's stack says counts, as soon as there is one. The caller owns it;
 * one thread.
 */
#ifndef SCHEDTOP_TRACE_GC_WORKERS_H
#define SCHEDTOP_TRACE_GC_WORKERS_H

#include "trace/stacks.h"

enum gc_worker {
	GC_WORKER_UNKNOWN, /* no stack of it was seen yet: its label has to be believed */
	GC_WORKER_NO,
	GC_WORKER_YES,
};

struct gc_workers {
	uint8_t *is; /* enum gc_worker, by slot */
	size_t slots;
	struct stack_memo of_stack; /* enum gc_worker + 1 */
};

/* All zero is a good start. */
void gc_workers_finish(struct gc_workers *workers);
/* Room for the block's goroutines. false: no memory. */
bool gc_workers_prepare(struct gc_workers *workers, const struct trace_block *block);
void gc_workers_gap(struct gc_workers *workers);

/* The transition may tell what is not known of its goroutine. */
static inline bool gc_workers_ask(const struct gc_workers *workers, const struct trace_event *e)
{
	return __builtin_expect(workers->is[e->subject] == GC_WORKER_UNKNOWN, 0) || trace_is_first(e);
}
bool gc_workers_learn_slow(struct gc_workers *workers, const struct trace_block *block,
                           const struct trace_event *e);
/* Looks at its stack if there is need. true: now it is known. */
static inline bool gc_workers_learn(struct gc_workers *workers, const struct trace_block *block,
                                    const struct trace_event *e)
{
	return gc_workers_ask(workers, e) && gc_workers_learn_slow(workers, block, e);
}

/* Is it one, to judge by the label that it has? */
bool gc_workers_label(const struct gc_workers *workers, const struct trace_block *block,
                      const struct trace_event *e);
/* Goroutines that assist allocate, as workers don't. true: that is news. */
bool gc_workers_note_assist(struct gc_workers *workers, const struct trace_event *e);

#endif
