/*
 * What `go tool trace -pprof` counts: how often and how long goroutines were in one kind of state,
 * by the full stack with which they got into it. By the clock of Go's reader, so that the numbers
 * are those of Go's tool. A visitor; it grows with the different stacks of the trace and with the
 * goroutines that live at one time. The caller owns it; one thread.
 */
#ifndef SCHEDTOP_TRACE_PROFILE_H
#define SCHEDTOP_TRACE_PROFILE_H

#include "trace/event.h"
#include "trace/profile_kinds.h"
#include "trace/profile_lives.h"
#include "trace/stacks.h"
#include "trace/tasks.h"

struct profile_record {
	uint32_t stack;  /* number in stacks, or STACK_NONE */
	uint32_t reason; /* a name, of PROFILE_BLOCKED alone */
	bool open;       /* still there when the trace ended */
	uint64_t count;
	int64_t total_ns; /* of PROFILE_CPU 0: a trace doesn't tell how often samples were taken */
};

struct profile_goroutine {
	int64_t since_ns; /* of the state that is counted */
	int64_t truly_ns; /* the same; for what a generation names first, since that began */
	int64_t early_ns; /* of `early` */
	uint32_t record;  /* index + 1; 0: in no such state */
	uint32_t early;   /* what was counted before it ran for the first time, index + 1 */
	bool ran;
	bool callback; /* made by a thread of C: see profile_lives.h */
};

struct profile {
	enum profile_kind kind;
	bool still_blocked;        /* count what is open at the end as well */
	int64_t from_ns, to_ns;    /* since the first event; INT64_MAX: to the end */
	uint64_t goroutine;        /* this one alone; 0: all */
	bool of_tasks;             /* only what is done for the tasks that this filter wants */
	struct task_filter filter; /* trace_id is not looked at */

	struct stacks stacks;
	struct profile_record *record;
	size_t records, record_capacity;
	struct idmap record_of; /* the two of a stack and reason that are not open and open */
	struct profile_goroutine *slot;
	size_t slots;
	struct profile_lives lives;
	uint8_t *reason_fits; /* by name: 0 not asked for yet, 1 no, 2 yes */
	size_t reasons;
	struct tasks tasks; /* who works for what */
	bool begun;
	int64_t begin_ns, end_ns; /* of the part that is counted */
	int64_t sync_ns;          /* when the generation began */
};

/* All zero, with what stands above `stacks` set, is a good start. */
void profile_finish(struct profile *profile);
struct trace_visitor profile_visitor(struct profile *profile);

#endif
