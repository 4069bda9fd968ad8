/*
 * What an execution trace will cost and what it did cost: its bytes and processor time from how
 * busy the scheduler is, and the scheduler's throughput between two moments. Pure functions over a
 * history; one thread at a time.
 */
#ifndef SCHEDTOP_METRICS_TRACE_COST_H
#define SCHEDTOP_METRICS_TRACE_COST_H

#include "metrics/history.h"
#include "metrics/session.h"

/* How the scheduler's throughput is known, best first. */
enum throughput_unit {
	/* Goroutines that began to run, after waiting or a system call: 8 times the events of
	   /sched/latencies, for which the runtime looks at every eighth (gTrackingPeriod). */
	THROUGHPUT_STARTS,
	/* The sum of all schedticks, which leave out goroutines that are handed the rest of another's
	   time (runnext): a program that passes messages shows few of them. */
	THROUGHPUT_TICKS,
};

struct throughput {
	bool known;
	enum throughput_unit unit;
	double per_s;
};

/* Between the first read and the last that lie in [from_ns, to_ns] (monotonic); unknown when there
   are not two. */
struct throughput derive_throughput(const struct history *h, int64_t from_ns, int64_t to_ns);

/* What an estimate rests on. */
enum trace_basis {
	TRACE_BASIS_NONE,
	TRACE_BASIS_LAST,   /* the bytes of the last capture, in proportion to the throughput then */
	TRACE_BASIS_STARTS, /* THROUGHPUT_STARTS */
	TRACE_BASIS_TICKS,  /* THROUGHPUT_TICKS: a lower end only */
};

struct trace_cost {
	enum trace_basis basis;
	struct throughput now;     /* over the last seconds */
	double bytes_lo, bytes_hi; /* of the whole trace; hi is INFINITY where nothing bounds it */
	double cpu_lo, cpu_hi;     /* processors kept busy by tracing, 1 is one of them */
	bool saturated;            /* hardly an idle moment is left: what tracing takes, work loses */
	double idle_ratio;         /* over the same seconds, if idle_known */
	bool idle_known;
};

/* `last`: a capture that is done, with the throughput while it ran; NULL: there is none. */
struct trace_cost derive_trace_cost(const struct history *h, int64_t duration_ns,
                                    const struct capture_state *last,
                                    const struct throughput *then);

#endif
