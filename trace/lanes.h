/*
 * The lanes of a timeline: what a P, a thread (M) or a goroutine was doing from when to when. Spans
 * are exact and follow each other without gaps; a cell sums up those of one stretch of time. Plain
 * data; who makes it says who owns it.
 */
#ifndef SCHEDTOP_TRACE_LANES_H
#define SCHEDTOP_TRACE_LANES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum lane_kind { LANE_P, LANE_M, LANE_G, LANE_KINDS };

struct lane {
	enum lane_kind kind;
	uint64_t id; /* as the trace writes it: number of the P, of the thread, of the goroutine */
};

enum span_state {
	SPAN_UNKNOWN,  /* the trace doesn't tell, or it isn't read yet; a goroutine that isn't there */
	SPAN_IDLE,     /* P or M: nothing to do; of an M also what the trace doesn't tell */
	SPAN_SCHED,    /* P or M: it has a P, but no goroutine: the scheduler looks for one */
	SPAN_RUNNING,  /* runs Go code */
	SPAN_GC,       /* runs for the collector: a mark worker, or a goroutine that assists */
	SPAN_SYSCALL,  /* P or M: in a system call; a P only while it wasn't taken away for it */
	SPAN_RUNNABLE, /* goroutine: waits for a P */
	SPAN_BLOCKED,  /* goroutine: waits for something else */
	SPAN_STATES
};

#define LANE_NO_ID UINT64_MAX /* no P, no thread */

/* Times are nanoseconds on the trace's own clock, as trace_event.at_ns. */
struct span {
	int64_t begin_ns, end_ns; /* begin < end */
	uint64_t goroutine;       /* 0: none */
	uint64_t proc, thread;    /* that it ran on, or LANE_NO_ID */
	/* Who made it runnable, when that was seen: of a runnable span and the running one behind it.
	 */
	uint64_t waker; /* goroutine; 0: unknown, or nobody's goroutine (network poller, timer) */
	int64_t woken_ns;
	uint32_t wake_stack; /* of the waker, a number as `stack` */
	/* Where it blocked, entered the system call, or (running) left off; STACK_NONE: unknown. */
	uint32_t stack;
	uint32_t reason;     /* name: what it waits for, or why it left off; NAME_NONE: unknown */
	uint8_t state;       /* enum span_state */
	bool woken;          /* woken_ns is known */
	bool created;        /* the waker created it */
	bool begins_earlier; /* begin_ns is where reading began, not where it did */
	bool ends_later;     /* end_ns is where reading ended */
};

/* All of one lane between two moments. */
struct lane_cell {
	double ns[SPAN_STATES]; /* they sum up to the width; SPAN_UNKNOWN is the rest */
	uint64_t goroutine;     /* one that ran (or sat in system calls) for more than half of the time
	                           that any did, if there is such a one; else one of them, or 0 */
	double goroutine_ns;    /* at least so much longer than all the others together; 0: unsure */
	double switches;        /* goroutines that began to run */
};

/* The goroutine that has more than half of all the votes wins (Boyer and Moore); votes of parts can
   be joined. */
static inline void lane_vote(uint64_t *favourite, double *margin, uint64_t goroutine, double ns)
{
	if (*favourite == goroutine) {
		*margin += ns;
	} else if (ns <= *margin) {
		*margin -= ns;
	} else {
		*favourite = goroutine;
		*margin = ns - *margin;
	}
}

/* Where the i-th of n equal parts of a window begins. */
static inline int64_t window_part(int64_t from_ns, int64_t to_ns, size_t i, size_t n)
{
	return i == n ? to_ns : from_ns + (int64_t)((double)(to_ns - from_ns) * (double)i / (double)n);
}

/* How much two stretches have in common. */
static inline int64_t common_ns(int64_t a_from, int64_t a_to, int64_t b_from, int64_t b_to)
{
	int64_t from = a_from > b_from ? a_from : b_from, to = a_to < b_to ? a_to : b_to;
	return to > from ? to - from : 0;
}

/* A goroutine is on the P or the thread, and nobody else's can be. */
static inline bool span_is_busy(uint8_t state)
{
	return state >= SPAN_RUNNING && state <= SPAN_SYSCALL;
}

/* Counts the part of the span that lies in the cell's stretch of time. */
void lane_cell_add(struct lane_cell *cell, const struct span *span, int64_t from_ns, int64_t to_ns);
/* What the cell lacks is unknown; of a thread it is idle while there is a trace. */
void lane_cell_fill(struct lane_cell *cell, enum lane_kind kind, int64_t from_ns, int64_t to_ns,
                    int64_t trace_first_ns, int64_t trace_last_ns);

/* A range that concerns the whole process. */
struct lane_range {
	int64_t begin_ns, end_ns;
	uint32_t name; /* why the world was stopped; NAME_NONE for the collector */
	bool begins_earlier, ends_later;
};

enum band { BAND_GC /* marking */, BAND_STW /* the world is stopped */, BANDS };
enum counter { COUNTER_HEAP /* bytes */, COUNTER_GOAL /* bytes */, COUNTER_RUNNABLE, COUNTERS };

/* A counter between two moments. */
struct counter_cell {
	bool known;
	double mean, most;
};

#endif
