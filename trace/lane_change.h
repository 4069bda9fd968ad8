/*
 * What an event changes on the lanes of Ps and threads: at most one P and the thread that it is on.
 * The index and the exact spans both go by it. The caller owns all; one thread.
 */
#ifndef SCHEDTOP_TRACE_LANE_CHANGE_H
#define SCHEDTOP_TRACE_LANE_CHANGE_H

#include "trace/gc_workers.h"
#include "trace/lanes.h"

/* In proc_state: what the thread does that the P was found on. */
#define SPAN_AS_THREAD SPAN_STATES

struct lane_change {
	int64_t at_ns;
	uint32_t proc, thread; /* slots; TRACE_NONE: it goes on as it was */
	uint32_t goroutine;    /* slot, or TRACE_NONE */
	uint8_t proc_state, thread_state;
	uint8_t until; /* what the goroutine did, which ran until now; SPAN_UNKNOWN: as was thought */
	bool whole;    /* the goroutine has been at it since it began to run */
};

/* Which goroutines work for the collector, by slot. */
struct lane_work {
	struct gc_workers workers;
	uint8_t *flags;
	size_t slots;
};

/* All zero is a good start. */
void lane_work_finish(struct lane_work *work);
/* Room for the block's goroutines. false: no memory. */
bool lane_work_prepare(struct lane_work *work, const struct trace_block *block);
void lane_work_gap(struct lane_work *work);

/* Of an event that is no transition of a goroutine. false: nothing changes. */
bool lane_change_other(struct lane_work *work, const struct trace_block *block,
                       const struct trace_event *e, struct lane_change *change);

static inline uint8_t lane_running(const struct lane_work *work, uint32_t goroutine)
{
	return work->flags[goroutine] ? SPAN_GC : SPAN_RUNNING;
}

/* A transition tells whether its goroutine is a worker. Returns what it did while it ran. */
uint8_t lane_work_judge(struct lane_work *work, const struct trace_event *e);

/* Of a transition. false: nothing changes, but `until` is set. */
static inline bool lane_change_transition(struct lane_work *work, const struct trace_block *block,
                                          const struct trace_event *e, struct lane_change *change)
{
	change->until = gc_workers_learn(&work->workers, block, e) ? lane_work_judge(work, e)
	                                                           : (uint8_t)SPAN_UNKNOWN;
	uint8_t state = e->p == TRACE_NONE ? SPAN_IDLE : SPAN_SCHED;
	uint32_t goroutine = TRACE_NONE;
	if (e->to == GO_RUNNING) {
		state = lane_running(work, e->subject);
		goroutine = e->subject;
	} else if (e->to == GO_SYSCALL) {
		state = SPAN_SYSCALL;
		goroutine = e->subject;
	} else if (e->from != GO_RUNNING && e->from != GO_SYSCALL) {
		return false; /* it was on no thread and is on none */
	}
	if (e->to == TRACE_NOT_EXIST)
		work->flags[e->subject] = 0;
	uint32_t proc = e->p;
	if (e->type == EV_GO_DESTROY_SYSCALL) { /* the P was taken away before */
		state = SPAN_IDLE;
		proc = TRACE_NONE;
	}
	/* That it runs is told again, and only now what it works at. */
	bool again = e->from == e->to;
	/* Format 1 names some on a P that they have nothing to do with. */
	if ((again && !change->until) || e->m == TRACE_NONE)
		return false;
	*change = (struct lane_change){.at_ns = trace_since(block, e),
	                               .proc = proc,
	                               .thread = e->m,
	                               .goroutine = goroutine,
	                               .proc_state = state,
	                               .thread_state = state,
	                               .until = change->until,
	                               .whole = again};
	return true;
}

#endif
