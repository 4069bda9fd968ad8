/*
 * Where goroutines block and make system calls, and which are still there when the trace ends: time
 * by stack and reason. A visitor. It grows with the different stacks of the trace and with the
 * goroutines that live at one time. The caller owns it and the stacks it shares; one thread.
 */
#ifndef SCHEDTOP_TRACE_BLOCKING_H
#define SCHEDTOP_TRACE_BLOCKING_H

#include "trace/event.h"
#include "trace/stacks.h"

struct block_site {
	uint32_t stack, reason; /* numbers in stacks and names; unknown where it began earlier */
	bool syscall;
	uint64_t count;
	int64_t total_ns, max_ns;
	uint64_t open;        /* of count: still there at the end */
	uint64_t open_always; /* of open: there all the time */
	int64_t open_max_ns;
	uint64_t open_goroutine; /* the ID of the one that is longest there */
};

struct blocked {
	int64_t since_ns;
	uint32_t site; /* index + 1; 0: not blocked */
	bool always;   /* since the beginning */
};

/* A stack nearly always blocks in one way: the site found last. */
struct site_memo {
	uint32_t key;  /* reason << 1 | syscall */
	uint32_t site; /* index + 1; 0: none yet */
};

struct blocking {
	struct stacks *stacks;
	uint64_t only; /* this goroutine alone; 0: all */

	struct block_site *site;
	size_t sites, site_capacity;
	struct idmap site_of;
	struct blocked *slot;
	size_t slots;
	struct site_memo *memo; /* by the ID of a stack of one generation */
	size_t memos;
	uint64_t generation, offset; /* which one */
};

/* All zero, with `stacks` set, is a good start. */
void blocking_finish(struct blocking *blocking);
struct trace_visitor blocking_visitor(struct blocking *blocking);
void blocking_restart(void *blocking, int64_t time_ns);

#endif
