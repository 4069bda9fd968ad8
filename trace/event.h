/*
 * What a trace says, event by event, in one order over all threads; and the visitors that are shown
 * it. Events come in blocks: a visitor walks a block with its own small switch, which keeps its
 * data in the cache, and no visitor sees another. Goroutines, Ps and Ms are known by slots, small
 * numbers used again after their owner is gone, so that a visitor's own records are plain arrays.
 * All of it is valid during the call only. Visitors are called one at a time, on one thread,
 * which need not be the caller's; when the pass is over, what they have is the caller's.
 */
#ifndef SCHEDTOP_TRACE_EVENT_H
#define SCHEDTOP_TRACE_EVENT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "trace/format.h"
#include "trace/names.h"
#include "trace/wire.h"
#include "util/status.h"

#define TRACE_NONE UINT32_MAX

/* States of a transition: enum go_status and enum proc_status, where 0 is "not determined yet", and
 * this. */
#define TRACE_NOT_EXIST 5

struct trace_event {
	int64_t time_ns;  /* strictly increasing over the whole trace */
	int64_t at_ns;    /* as it was written, within +-2^61: for durations; it can step back */
	uint64_t arg[3];  /* by type, see below; the last is a stack's ID, of this generation */
	uint32_t g, p, m; /* slots of the context before the event, or TRACE_NONE */
	uint32_t subject; /* slot of the goroutine or P that a transition or a range is about */
	uint32_t name;    /* reason, kind of STW, task, region, log category, label: in names */
	uint8_t type;     /* enum trace_event_type */
	uint8_t from, to; /* of a transition; `to` also the state that an assist or a label finds */
	bool synthetic;   /* stands for a part of another event */
};
/*
 * PROCS_CHANGE arg[0] GOMAXPROCS · GO_CREATE arg[0] stack it starts with · HEAP_* arg[0] bytes ·
 * GC_* arg[0] sequence number · GC_SWEEP_END arg[0] swept, arg[1] reclaimed bytes · USER_TASK_BEGIN
 * arg[0] task, arg[1] parent (0: none) · USER_TASK_END arg[0] task, arg[1] parent, name of the task
 * when it is known · USER_REGION_* arg[0] task · USER_LOG arg[0] task, arg[1] ID of the value's
 * string · CPU_SAMPLE arg[0], arg[1] goroutine's and thread's ID · SYNC arg[0] its number, counted
 * from 1
 */

/* Who has a slot. */
struct trace_slot {
	uint64_t id;
};

/* A type's bit in trace_block.present; the experimental ones have none. */
#define EV_BIT(type) (UINT64_C(1) << (type))

struct trace_block {
	const struct trace_event *event;
	size_t events;
	/* Those that are no transitions of goroutines, in their order: a few of a hundred. */
	const struct trace_event *const *other;
	size_t others;
	uint64_t present;              /* bits of their types: rare ones needn't be looked for */
	struct generation *generation; /* NULL before the first and behind the last one */
	struct names *names;
	int64_t since_ns;    /* when the generation began, see trace_since */
	uint64_t gomaxprocs; /* when a trace of format 1 began; 0: unknown, or PROCS_CHANGE tells */
	/* By slot. */
	const struct trace_slot *goroutine;
	size_t goroutines; /* slots ever used */
	const struct trace_slot *proc;
	size_t procs;
	const struct trace_slot *thread;
	size_t threads;
};

/* The transitions of goroutines lie between the others: the i-th stretch of them, which the i-th
   other event or the block ends. */
static inline const struct trace_event *trace_stretch_begin(const struct trace_block *block,
                                                            size_t i)
{
	return i > 0 ? block->other[i - 1] + 1 : block->event;
}
static inline const struct trace_event *trace_stretch_end(const struct trace_block *block, size_t i)
{
	return i < block->others ? block->other[i] : block->event + block->events;
}
/* For each of the transitions; `continue` and `return` are allowed within. */
#define TRACE_TRANSITIONS(e, block)                                               \
	for (size_t e##_i = 0; e##_i <= (block)->others; e##_i++)                     \
		for (const struct trace_event *e = trace_stretch_begin(block, e##_i),     \
		                              *e##_end = trace_stretch_end(block, e##_i); \
		     e < e##_end; e++)

/* Since when it has been as the event says: what a generation tells of something for the first
   time, where it doesn't say how that came about, has been so since the generation began. */
static inline int64_t trace_since(const struct trace_block *block, const struct trace_event *e)
{
	return e->from == 0 && block->since_ns < e->at_ns ? block->since_ns : e->at_ns;
}

/* Nothing was heard of what the transition is about before. */
static inline bool trace_is_first(const struct trace_event *e)
{
	return e->from == 0 || e->from == TRACE_NOT_EXIST;
}

/* ID of the stack that a transition's goroutine has, or starts with. 0: unknown. */
static inline uint64_t trace_own_stack(const struct trace_event *e)
{
	if (e->type == EV_GO_CREATE || e->type == EV_GO_CREATE_BLOCKED)
		return e->arg[0];
	return e->type == EV_GO_UNBLOCK ? 0 : e->arg[2]; /* that of who woke it */
}

/* What the thread that reads does while it has to wait for the visitors: a part of something, if
   there is any. false: there is none. */
struct trace_help {
	bool (*help)(void *self);
	void *self;
};

struct trace_visitor {
	void *self;
	/* false: no memory; the pass ends. So it does for a visitor that has seen enough; whoever reads
	   can tell by asking it. */
	bool (*events)(void *self, const struct trace_block *block);
	/* The last block of a generation was shown; its tables can still be read. May be NULL. */
	bool (*generation_end)(void *self, const struct trace_block *block);
	/* Events were lost between here and what follows: nothing that is open goes on. May be NULL. */
	void (*gap)(void *self, int64_t time_ns);
	/* The trace ends at this time. May be NULL. */
	void (*end)(void *self, const struct trace_block *block, int64_t time_ns);
};

#endif
