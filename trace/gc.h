/*
 * The collector: its cycles, stops of the world by kind, what goroutines had to assist with,
 * sweeping, the heap. A visitor; the caller owns it, one thread.
 */
#ifndef SCHEDTOP_TRACE_GC_H
#define SCHEDTOP_TRACE_GC_H

#include "trace/distribution.h"
#include "trace/event.h"

enum { STW_KINDS = 64 /* a runtime has about 20; further ones are counted with the last */ };

struct stw_kind {
	uint32_t name;
	struct distribution pause;
};

struct gc {
	struct stw_kind *kind;
	size_t kinds, kind_capacity;
	struct distribution pause, mark, assist, sweep;
	uint64_t swept_bytes, reclaimed_bytes;
	bool has_heap, has_goal;
	uint64_t heap_min, heap_max, heap_last, goal_min, goal_max, goal_last; /* bytes */
	uint64_t unfinished; /* ranges whose end the trace doesn't show */

	int64_t mark_since_ns;
	int64_t *stw_since_ns, *assist_since_ns; /* by goroutine's slot */
	int64_t *sweep_since_ns;                 /* by P's slot */
	size_t slots, proc_slots;
};

void gc_init(struct gc *gc);
void gc_finish(struct gc *gc);
struct trace_visitor gc_visitor(struct gc *gc);
void gc_restart(void *gc, int64_t time_ns);

#endif
