/*
 * Stacks beyond their generation: each different one is kept once, with names for its functions and
 * files. The caller owns the table; one thread.
 */
#ifndef SCHEDTOP_TRACE_STACKS_H
#define SCHEDTOP_TRACE_STACKS_H

#include "trace/event.h"

#define STACK_NONE  0
#define STACK_ERROR UINT32_MAX

struct stack_frame {
	uint32_t function, file; /* names */
	uint32_t line;
};

struct stack {
	uint32_t first, frames; /* in stacks.frame, leaf first */
	uint32_t next;          /* of the same hash, number + 1 */
};

/* Something known of each stack of one generation, by its ID. Go counts IDs up, so that those below
   the number of stacks are nearly all; of others nothing is kept. */
struct stack_memo {
	uint64_t *of; /* 0: not known yet */
	size_t limit;
	uint64_t generation, offset; /* which one */
};

enum { STACKS_OUTGROWN = 64 }; /* of two arrays, each twice as large as the one before */

struct stacks {
	struct stack *stack; /* number n is stack[n - 1] */
	size_t n, capacity;
	struct stack_frame *frame;
	size_t frames, frame_capacity;
	/* Stacks differ if their addresses do, as for pprof; else, if their lines do. */
	bool by_address;
	uint64_t *address; /* of each frame, if so */
	size_t address_capacity;
	/* Others read by number while it grows: what it outgrows stays as it is until the end. */
	bool shared;
	void *outgrown[STACKS_OUTGROWN];
	size_t outgrowns;
	struct idmap of_hash;
	/* The IDs of one generation, as numbers + 1, and those beyond the memo's limit: */
	struct stack_memo number_of;
	struct idmap sparse_number_of;
};

void stack_memo_finish(struct stack_memo *memo);
/* Forgets what it held unless that was of this generation. false: no memory. */
bool stack_memo_begin_slow(struct stack_memo *memo, const struct generation *g);
static inline bool stack_memo_begin(struct stack_memo *memo, const struct generation *g)
{
	return (memo->generation == g->number && memo->offset == g->offset &&
	        g->stacks.n < memo->limit) ||
	       stack_memo_begin_slow(memo, g);
}

/* All zero is an empty table. */
void stacks_finish(struct stacks *stacks);
uint32_t stacks_number_slow(struct stacks *stacks, const struct trace_block *block, uint64_t id);
/* The number of the block's stack, new or known; STACK_NONE for stack 0, STACK_ERROR: no memory. */
static inline uint32_t stacks_number(struct stacks *stacks, const struct trace_block *block,
                                     uint64_t id)
{
	const struct stack_memo *memo = &stacks->number_of;
	const struct generation *g = block->generation;
	if (g && memo->generation == g->number && memo->offset == g->offset && id < memo->limit &&
	    memo->of[id])
		return (uint32_t)(memo->of[id] - 1);
	return stacks_number_slow(stacks, block, id);
}

/* Index in stacks.frame of the innermost frame that is the program's own: not of the runtime, of
   sync or of what lies below package net and os. The leaf where all are such; UINT32_MAX: none. */
uint32_t stacks_where(const struct stacks *stacks, const struct names *names, uint32_t number);

/* Of a goroutine that is preempted in a function without a frame, the root tells no more than that.
 */
bool stack_root_is_preemption(const char *function);
/* The name of the function at a stack's leaf, or of the one at its root, which the goroutine
   started with; NAME_NONE: unknown. */
uint32_t stack_function(const struct trace_block *block, uint64_t id, bool root);

#endif
