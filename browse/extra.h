/*
 * Analyses that the browser alone asks of the loading pass, beside those of a report. The caller
 * owns the structure; one thread, or the lock of load.h.
 */
#ifndef SCHEDTOP_BROWSE_EXTRA_H
#define SCHEDTOP_BROWSE_EXTRA_H

#include "trace/blocking.h"
#include "trace/heap.h"
#include "trace/latency.h"
#include "trace/window.h"

struct extra {
	struct latency latency; /* waits to run by creator */
	struct blocking ready;  /* the same by the stack that made runnable */
	struct heap heap;
};

enum { EXTRA_MEMBERS = 3 };

/* `stacks` are shared; `goroutine`: this one alone, 0: all. */
void extra_init(struct extra *extra, struct stacks *stacks, uint64_t goroutine);
void extra_finish(struct extra *extra);
void extra_members(struct extra *extra, struct window_member member[EXTRA_MEMBERS]);

#endif
