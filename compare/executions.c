/* What goroutines do, for a comparison: how long those that start with one function run, and how
   long they wait where. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "compare/pass.h"
#include "trace/elapsed.h"
#include "trace/slots.h"
#include "trace/transition.h"

void executions_finish(struct executions *x)
{
	free(x->slot);
	stacks_finish(&x->stacks);
	idmap_finish(&x->site_of);
	stack_memo_finish(&x->start_memo);
	stack_memo_finish(&x->site_memo);
	memset(x, 0, sizeof *x);
}

static bool grow(struct executions *x, size_t slots)
{
	static const struct execution blank = {.state = TRACE_NOT_EXIST};
	return SLOTS_FIT(x->slot, x->slots, slots, &blank);
}

/* --- names ----------------------------------------------------------------------------------- */

/* Item of the function at the stack's root; TRACE_NONE: unknown. */
static uint32_t start_of(struct executions *x, const struct trace_block *block, uint64_t stack)
{
	bool dense = stack < x->start_memo.limit;
	if (dense && x->start_memo.of[stack])
		return (uint32_t)(x->start_memo.of[stack] - 1);
	uint32_t function = stack_function(block, stack, true);
	uint32_t item = function == NAME_NONE || function == NAME_ERROR
	                    ? TRACE_NONE
	                    : pass_item(x->pass, ITEM_START, function);
	if (dense)
		x->start_memo.of[stack] = (uint64_t)item + 1;
	return item;
}

/* "main.serve (chan receive)". Lines are no part of a site's name: they move from one version of a
   program to the next. */
static uint32_t find_site(struct executions *x, const struct trace_block *block, uint32_t function,
                          uint32_t reason, bool syscall)
{
	char name[2 * TRACE_MAX_STRING + 8];
	uint64_t key = (uint64_t)function << 32 | (uint64_t)reason << 1 | syscall;
	uint32_t item = idmap_get(&x->site_of, key);
	if (item != IDMAP_NONE)
		return item;
	const struct name *where = names_get(block->names, function);
	const struct name *what = names_get(block->names, reason);
	int n = syscall ? snprintf(name, sizeof name, "%.*s (syscall)", (int)where->length, where->text)
	                : snprintf(name, sizeof name, "%.*s (%.*s)", (int)where->length, where->text,
	                           (int)what->length, what->length ? what->text : "");
	size_t length = n < 0 ? 0 : (size_t)n < sizeof name ? (size_t)n : sizeof name - 1;
	item = items_find(x->pass->items, ITEM_SITE, name, length);
	pass_check(x->pass, item != ITEM_ERROR && idmap_put(&x->site_of, key, item));
	return item;
}

/* Where the event blocks: an item; TRACE_NONE: unknown. */
static uint32_t site_of(struct executions *x, const struct trace_block *block,
                        const struct trace_event *e)
{
	bool syscall = e->to == GO_SYSCALL;
	uint64_t stack = e->arg[2], how = (uint64_t)(e->name << 1 | syscall);
	bool dense = stack < x->site_memo.limit;
	if (dense && x->site_memo.of[stack] && x->site_memo.of[stack] >> 32 == how)
		return (uint32_t)x->site_memo.of[stack] - 1;
	uint32_t number = stacks_number(&x->stacks, block, stack);
	pass_check(x->pass, number != STACK_ERROR);
	uint32_t frame =
		number == STACK_ERROR ? UINT32_MAX : stacks_where(&x->stacks, block->names, number);
	uint32_t function = frame == UINT32_MAX ? NAME_NONE : x->stacks.frame[frame].function;
	uint32_t site =
		function == NAME_NONE ? TRACE_NONE : find_site(x, block, function, e->name, syscall);
	if (dense)
		x->site_memo.of[stack] = how << 32 | (uint32_t)(site + 1);
	return site;
}

/* --- goroutines ------------------------------------------------------------------------------ */

/* Once the function is known, what the goroutine ran before counts, too. */
static void attribute(struct executions *x, struct execution *g, uint32_t start, int64_t now)
{
	if (start == TRACE_NONE)
		return; /* another stack will tell */
	g->start = start;
	if (g->whole)
		pass_count(x->pass, start, now);
	if (g->untold_ns)
		pass_spend(x->pass, start, now, g->untold_ns);
	g->untold_ns = 0;
}

static void meet(struct execution *g, const struct trace_block *block, const struct trace_event *e)
{
	*g = (struct execution){.since_ns = trace_since(block, e),
	                        .start = TRACE_NONE,
	                        .site = TRACE_NONE,
	                        .state = e->to,
	                        .whole = e->from == TRACE_NOT_EXIST};
}

static void close_running(struct executions *x, struct execution *g, int64_t now)
{
	int64_t ns = bounded_elapsed_ns(g->since_ns, now);
	add_ns(&g->ran_ns, ns);
	if (g->start == TRACE_NONE)
		add_ns(&g->untold_ns, ns);
	else
		pass_spend(x->pass, g->start, now, ns);
}

static void conclude(struct executions *x, const struct execution *g, int64_t now)
{
	if (g->whole)
		pass_instance(x->pass, g->start, now, g->ran_ns);
}

static void move(struct executions *x, struct execution *g, const struct trace_block *block,
                 const struct trace_event *e)
{
	if (g->state == GO_RUNNING)
		close_running(x, g, e->at_ns);
	else
		pass_add(x->pass, g->site, e->at_ns, bounded_elapsed_ns(g->since_ns, e->at_ns));
	g->site = TRACE_NONE;
	g->since_ns = e->at_ns;
	g->state = e->to;
	if (e->to == TRACE_NOT_EXIST)
		conclude(x, g, e->at_ns);
	else if ((e->to == GO_WAITING || e->to == GO_SYSCALL) && x->kinds >> ITEM_SITE & 1 &&
	         !x->pass->waits)
		g->site = site_of(x, block, e);
}

static void transition(struct executions *x, const struct trace_block *block,
                       const struct trace_event *e)
{
	struct execution *g = &x->slot[e->subject];
	if (x->only && block->goroutine[e->subject].id != x->only)
		return;
	if (g->state == TRACE_NOT_EXIST)
		meet(g, block, e);
	/* Its own stack shows at its root where it started. */
	uint64_t own = trace_own_stack(e);
	if (g->start == TRACE_NONE && own && x->kinds >> ITEM_START & 1)
		attribute(x, g, start_of(x, block, own), e->at_ns);
	if (g->state != e->to) /* else it only says again what is known */
		move(x, g, block, e);
}

static bool on_events(void *self, const struct trace_block *block)
{
	struct executions *x = self;
	if (!grow(x, block->goroutines) ||
	    (block->generation && (!stack_memo_begin(&x->start_memo, block->generation) ||
	                           !stack_memo_begin(&x->site_memo, block->generation))))
		return false;
	TRACE_TRANSITIONS(e, block)
	transition(x, block, e);
	return !x->pass->no_memory;
}

static void on_gap(void *self, int64_t time_ns)
{
	struct executions *x = self;
	for (size_t i = 0; i < x->slots; i++)
		if (x->slot[i].state == GO_RUNNING)
			close_running(x, &x->slot[i], time_ns);
	slots_drop(&x->slot, &x->slots);
}

static void on_end(void *self, const struct trace_block *block, int64_t time_ns)
{
	(void)block;
	on_gap(self, time_ns);
}

void executions_restart(void *self, int64_t time_ns)
{
	struct executions *x = self;
	for (size_t i = 0; i < x->slots; i++) {
		struct execution *g = &x->slot[i];
		g->since_ns = time_ns;
		g->ran_ns = g->untold_ns = 0;
		g->site = TRACE_NONE;
		g->whole = false;
	}
}

struct trace_visitor executions_visitor(struct executions *x)
{
	return (struct trace_visitor){.self = x, .events = on_events, .gap = on_gap, .end = on_end};
}
