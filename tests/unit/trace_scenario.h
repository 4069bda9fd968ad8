/*
 * A small program's trace, told event by event with its times, for the tests of the analyses and of
 * the report. The test owns the bytes; one thread.
 */
#ifndef SCHEDTOP_TESTS_UNIT_TRACE_SCENARIO_H
#define SCHEDTOP_TESTS_UNIT_TRACE_SCENARIO_H

#include "report/analysis.h"
#include "tests/unit/trace_builder.h"

/* IDs of strings beside those of build_strings. */
enum {
	S_CHAN = 1,
	S_OUTER,
	S_INNER,
	S_MAIN,
	S_WORKER,
	S_FILE,
	S_GC_MARK,
	S_REQUEST,
	S_DEDICATED,
	S_HOSTILE,
	S_SYNC,
	S_SERVE,
	S_CHANRECV,
	S_CATEGORY,
	S_TRACE_ID,
	S_PREEMPTED,
};
/* IDs of stacks: a worker that receives, main, the start of a worker, one with a hostile name. */
enum { STACK_RECEIVE = 1, STACK_MAIN, STACK_START, STACK_HOSTILE };

/* What the request logs: an OpenTelemetry ID. */
#define SCENARIO_TRACE_ID "trace_id=4bf92f3577b34da6a3ce929d0e0e4736"
#define SCENARIO_START_NS 1000000 /* the first event; times below count from here */

struct scenario {
	struct builder b;
	uint64_t last_ns;
};

/* Header, clock, strings and stacks; opens a batch of thread 7. */
void scenario_begin(struct scenario *s);
/* And goroutine 1 runs on P 0 from the start on. */
void scenario_begin_running(struct scenario *s);
/* An event `at_us` after the start. */
void scenario_event(struct scenario *s, uint64_t at_us, unsigned type, uint64_t a0, uint64_t a1,
                    uint64_t a2, uint64_t a3);
void scenario_end(struct scenario *s);

/* One P of two. Goroutine 1 does a request: a task from 20 to 650 us, blocked on a channel from 100
   to 400, run again at 550. Goroutine 2 waits 140 us to run, makes a system call of 50 us, wakes
   goroutine 1. A stop of the world of 30 us, a cycle of 200 us with an assist of 50 us; goroutine 1
   blocks for ever at 950; goroutine 50 is blocked all the time. The last event is at 1000 us. */
void scenario_service(struct scenario *s);

/* Reads it with every analysis; the trace must be readable. */
void scenario_read(const struct scenario *s, const struct analysis_options *options,
                   struct analysis *analysis);
extern const struct analysis_options scenario_all;
/* Shows it to these visitors alone. `names` are the caller's, all zero; it finishes them. */
void scenario_show(const struct scenario *s, const struct trace_visitor *visitors, size_t n,
                   struct names *names);

#endif
