/*
 * Looks for a moment in a trace: where something is named, where a goroutine runs next, who woke it
 * and whom it wakes. Reading may begin with any generation (see places.h) that the moment can't lie
 * before. A visitor that ends the pass when it has what it looks for; the caller owns it, one
 * thread.
 */
#ifndef SCHEDTOP_TRACE_SEARCH_H
#define SCHEDTOP_TRACE_SEARCH_H

#include "trace/event.h"
#include "trace/lanes.h"
#include "trace/slots.h"
#include "trace/stacks.h"

enum find_kind {
	/* A span in which `text` occurs: "G12" or "12" is a goroutine; else a part of its reason, of
	   the function that the goroutine starts with, or of a function of its stack. */
	FIND_TEXT,
	FIND_GOROUTINE, /* the next span in which `goroutine` runs */
	/* A wake-up backwards: the moment when `goroutine` was last made runnable before from_ns. The
	   hit is the waker's span then (or, when nobody's goroutine did it, the woken one's). */
	FIND_WAKER,
	/* A wake-up forwards: the first goroutine that `goroutine` makes runnable from from_ns on. The
	   hit is the runnable span of that one. */
	FIND_WOKEN,
};

enum { FIND_TEXT_MOST = 96 };

struct timeline_find {
	enum find_kind kind;
	int64_t from_ns; /* looks at spans that begin behind it; backwards: before it */
	bool backwards;  /* FIND_TEXT and FIND_GOROUTINE */
	uint64_t goroutine;
	char text[FIND_TEXT_MOST];
};

struct timeline_hit {
	struct span span;              /* its names and stacks are 0 */
	struct lane lane;              /* the goroutine's */
	int64_t at_ns;                 /* of the wake-up, or where the span begins */
	char function[FIND_TEXT_MOST]; /* the goroutine's start function, cut; "": unknown */
	char reason[FIND_TEXT_MOST];
};

struct search_goroutine;

struct search {
	struct timeline_find query;
	uint64_t end_offset; /* look no further than the generation that ends there; 0: to the end */

	bool found;
	struct timeline_hit hit;
	bool done; /* the visitor ended the pass by itself */
	bool no_memory;

	uint32_t open; /* slot of the hit's goroutine while its span goes on, or TRACE_NONE */
	struct search_goroutine *goroutine;
	size_t goroutines;
	struct slots_touched touched; /* in this generation */
	uint8_t *name;                /* by number: does the text occur in it? */
	size_t names;
	struct stack_memo stack, root; /* the same of stacks; names of outermost functions, + 1 */
};

/* Text that is the number of a goroutine becomes one. */
void search_init(struct search *search, const struct timeline_find *query);
void search_finish(struct search *search);
struct trace_visitor search_visitor(struct search *search);
/* Does it look for the last moment before a time, not for the first one behind it? */
bool search_is_backwards(const struct timeline_find *query);

#endif
