/*
 * The exact spans of some lanes within a window of time, and their sums in equal cells. Reading may
 * begin with any generation (see places.h): what goes on then is told as far as it is known, and
 * reading goes on behind the window until every lane is. A visitor; the caller owns it and what is
 * found in it, one thread.
 */
#ifndef SCHEDTOP_TRACE_SPANS_H
#define SCHEDTOP_TRACE_SPANS_H

#include "trace/lane_change.h"
#include "trace/slots.h"
#include "trace/stacks.h"

enum {
	SPANS_MOST = 1 << 16 /* in all lanes */,
	RANGES_MOST = 1 << 14,
	FUNCTIONS_MOST = 1 << 16,
	LEADERS = 64
};

/* One that is wanted. */
struct span_lane {
	struct lane lane;
	struct span *span;
	size_t n, capacity;
	bool dense;             /* there were too many spans: none are kept */
	bool known;             /* something was heard of it */
	struct lane_cell *cell; /* columns of them */
	/* What goes on; a state of SPAN_UNKNOWN doesn't. */
	struct span open;
	uint32_t slot; /* of its goroutine */
};

struct span_ranges {
	struct lane_range *range;
	size_t n, capacity;
	bool full; /* there were more */
	bool open;
	struct lane_range now;
};

/* What the lanes need of a goroutine, by slot. */
struct span_goroutine;

struct spans {
	/* The wish; see spans_wish. */
	int64_t from_ns, to_ns;
	size_t columns;
	struct span_lane *lane;
	size_t lanes;
	int64_t first_ns; /* of the trace; threads are idle from then on */
	size_t most;      /* spans in all lanes */

	/* What was found. */
	struct span_ranges band[BANDS];
	struct span_leader {
		uint64_t goroutine;
		int64_t busy_ns;
	} leader[LEADERS]; /* of all goroutines, those that ran longest in the window; longest first */
	size_t leaders;
	struct stacks stacks;
	struct idmap function_of; /* goroutine -> index in... */
	uint32_t *function;       /* names */
	size_t functions, function_capacity;
	bool done; /* all of the window was seen: the visitor ended the pass by itself, or it ended */

	struct lane_work work;
	struct idmap lane_of[LANE_KINDS];
	uint32_t *of_slot[LANE_KINDS]; /* index of the lane + 1 */
	size_t slots[LANE_KINDS], resolved[LANE_KINDS];
	struct span_goroutine *goroutine;
	size_t goroutines;
	struct slots_touched touched; /* in this generation */
	struct stack_memo root_of;    /* name of a stack's outermost function, + 1 */
	int64_t seen_ns;
	size_t unknown; /* lanes of which nothing was heard yet */
	bool no_memory;
};

/* false: no memory. The lanes are copied; call spans_finish in any case. */
bool spans_wish(struct spans *spans, const struct lane *lane, size_t lanes, int64_t from_ns,
                int64_t to_ns, size_t columns, int64_t first_ns);
void spans_finish(struct spans *spans);
/* When it has seen the window, it ends the pass: `done` tells that from a lack of memory. */
struct trace_visitor spans_visitor(struct spans *spans);
/* The function that the goroutine starts with; NAME_NONE: unknown. */
uint32_t spans_function(const struct spans *spans, uint64_t goroutine);

#endif
