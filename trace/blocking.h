/*
 * Where goroutines block and make system calls, and which are still there when the trace ends: time
 * by stack and reason. Or, in an instance of its own, where they are made runnable, and how long
 * they then wait for a P. A visitor. It grows with the different stacks of the trace and with the
 * goroutines that live at one time. The caller owns it and the stacks it shares; one thread.
 */
#ifndef SCHEDTOP_TRACE_BLOCKING_H
#define SCHEDTOP_TRACE_BLOCKING_H

#include "trace/elapsed.h"
#include "trace/event.h"
#include "trace/stacks.h"

struct block_site {
	uint32_t stack, reason; /* numbers in stacks and names; unknown where it began earlier */
	bool syscall;
	uint64_t count;
	int64_t total_ns, max_ns;
	uint64_t open;        /* of count: still there at the end */
	uint64_t open_always; /* of open: there all the time */
	int64_t open_ns;      /* of total_ns */
	int64_t open_max_ns;
	int64_t ended_max_ns;    /* of those that ended; known at the end */
	uint64_t open_goroutine; /* the ID of the one that is longest there */
};

struct blocked {
	int64_t since_ns;
	uint32_t site; /* index + 1; 0: not blocked */
	bool always;   /* since the beginning */
};

struct blocking {
	struct stacks *stacks;
	uint64_t only; /* this goroutine alone; 0: all */
	/* Waits to run instead; the stack is the one that created, woke or preempted the goroutine.
	   Such an instance is none for states.c. */
	bool runnable;

	struct block_site *site;
	size_t sites, site_capacity;
	struct idmap site_of;
	struct blocked *slot;
	size_t slots;
	/* A stack nearly always blocks in one way: reason << 1 | syscall, and below that 32 bits of the
	   site found last, its index + 1. */
	struct stack_memo site_of_stack;
};

/* All zero, with `stacks` and perhaps `runnable` set, is a good start. */
void blocking_finish(struct blocking *blocking);
struct trace_visitor blocking_visitor(struct blocking *blocking);
void blocking_restart(void *blocking, int64_t time_ns);

/* --- what states.c shows by itself ---------------------------------------------------------- */

/* Room for the block's goroutines and its generation's stacks. false: no memory. */
bool blocking_prepare(struct blocking *blocking, const struct trace_block *block);
/* Any transition. false: no memory. */
bool blocking_transition(struct blocking *blocking, const struct trace_block *block,
                         const struct trace_event *e);
/* Where the event blocks, index + 1; 0: no memory. */
uint32_t blocking_look_up_site(struct blocking *blocking, const struct trace_block *block,
                               const struct trace_event *e);

/* The same of EV_GO_BLOCK, of EV_GO_SYSCALL_BEGIN and of what makes runnable. */
static inline uint32_t blocking_site(struct blocking *a, const struct trace_block *block,
                                     const struct trace_event *e, bool syscall)
{
	const struct stack_memo *memo = &a->site_of_stack;
	uint64_t known = e->arg[2] < memo->limit ? memo->of[e->arg[2]] : 0;
	if (__builtin_expect(known && known >> 32 == (e->name << 1 | syscall), 1))
		return (uint32_t)known;
	return blocking_look_up_site(a, block, e);
}

/* false: no memory. */
static inline bool blocking_begin(struct blocking *a, const struct trace_block *block,
                                  const struct trace_event *e, bool syscall)
{
	struct blocked *g = &a->slot[e->subject];
	g->since_ns = e->at_ns;
	g->site = blocking_site(a, block, e, syscall);
	g->always = false;
	return g->site != 0;
}

static inline void blocking_close(struct blocking *a, struct blocked *g, int64_t ns)
{
	struct block_site *site = &a->site[g->site - 1];
	site->count++;
	add_ns(&site->total_ns, ns);
	if (ns > site->max_ns)
		site->max_ns = ns;
	g->site = 0;
}

#endif
