#include "trace/blocking.h"

#include <stdlib.h>
#include <string.h>

#include "trace/elapsed.h"
#include "trace/slots.h"
#include "trace/tables.h"

void blocking_finish(struct blocking *a)
{
	free(a->site);
	free(a->slot);
	stack_memo_finish(&a->site_of_stack);
	idmap_finish(&a->site_of);
	memset(a, 0, sizeof *a);
}

/* Index + 1; 0: no memory. */
static uint32_t find_site(struct blocking *a, uint32_t stack, uint32_t reason, bool syscall)
{
	uint64_t key = (uint64_t)stack << 32 | (uint64_t)reason << 1 | syscall;
	uint32_t known = idmap_get(&a->site_of, key);
	if (known != IDMAP_NONE)
		return known + 1;
	if (!wire_grow(&a->site, &a->site_capacity, a->sites, sizeof *a->site) ||
	    !idmap_put(&a->site_of, key, (uint32_t)a->sites))
		return 0;
	a->site[a->sites] = (struct block_site){.stack = stack, .reason = reason, .syscall = syscall};
	return (uint32_t)++a->sites;
}

uint32_t blocking_look_up_site(struct blocking *a, const struct trace_block *block,
                               const struct trace_event *e)
{
	bool own = e->type != EV_GO_CREATE_BLOCKED && e->type != EV_GO_CREATE_SYSCALL;
	uint32_t stack = own ? stacks_number(a->stacks, block, e->arg[2]) : STACK_NONE;
	if (stack == STACK_ERROR)
		return 0;
	uint32_t site = find_site(a, stack, e->name, e->to == GO_SYSCALL);
	if (own && e->arg[2] < a->site_of_stack.limit)
		a->site_of_stack.of[e->arg[2]] =
			(uint64_t)(e->name << 1 | (e->to == GO_SYSCALL)) << 32 | site;
	return site;
}

static bool is_counted(const struct blocking *a, uint8_t state)
{
	return a->runnable ? state == GO_RUNNABLE : state == GO_WAITING || state == GO_SYSCALL;
}

bool blocking_transition(struct blocking *a, const struct trace_block *block,
                         const struct trace_event *e)
{
	struct blocked *g = &a->slot[e->subject];
	/* A status says again what is known, unless it is the first that is heard of it. */
	if (e->from == e->to)
		return true;
	if (g->site)
		blocking_close(a, g, bounded_elapsed_ns(g->since_ns, e->at_ns));
	if (!is_counted(a, e->to) || (a->only && block->goroutine[e->subject].id != a->only))
		return true;
	g->since_ns = trace_since(block, e);
	g->site = e->type == EV_GO_BLOCK || e->type == EV_GO_SYSCALL_BEGIN || a->runnable
	              ? blocking_site(a, block, e, e->to == GO_SYSCALL)
	              : blocking_look_up_site(a, block, e);
	g->always = e->from == GO_BAD;
	return g->site != 0;
}

bool blocking_prepare(struct blocking *a, const struct trace_block *block)
{
	return SLOTS_FIT(a->slot, a->slots, block->goroutines, NULL) &&
	       (!block->generation || stack_memo_begin(&a->site_of_stack, block->generation));
}

static bool on_events(void *self, const struct trace_block *block)
{
	struct blocking *a = self;
	if (!blocking_prepare(a, block))
		return false;
	TRACE_TRANSITIONS(e, block)
	if (!blocking_transition(a, block, e))
		return false;
	return true;
}

static void on_gap(void *self, int64_t time_ns)
{
	struct blocking *a = self;
	for (size_t i = 0; i < a->slots; i++)
		if (a->slot[i].site)
			blocking_close(a, &a->slot[i], elapsed_ns(a->slot[i].since_ns, time_ns));
	slots_drop(&a->slot, &a->slots);
}

static void on_end(void *self, const struct trace_block *block, int64_t time_ns)
{
	struct blocking *a = self;
	for (size_t i = 0; i < a->sites; i++)
		a->site[i].ended_max_ns = a->site[i].max_ns;
	for (size_t i = 0; i < a->slots; i++) {
		struct blocked *g = &a->slot[i];
		if (!g->site)
			continue;
		struct block_site *site = &a->site[g->site - 1];
		int64_t ns = elapsed_ns(g->since_ns, time_ns);
		if (site->open++ == 0 || ns > site->open_max_ns) {
			site->open_max_ns = ns;
			site->open_goroutine = i < block->goroutines ? block->goroutine[i].id : 0;
		}
		site->open_always += g->always;
		add_ns(&site->open_ns, ns);
		blocking_close(a, g, ns);
	}
}

void blocking_restart(void *self, int64_t time_ns)
{
	struct blocking *a = self;
	for (size_t i = 0; i < a->sites; i++)
		a->site[i] = (struct block_site){.stack = a->site[i].stack,
		                                 .reason = a->site[i].reason,
		                                 .syscall = a->site[i].syscall};
	for (size_t i = 0; i < a->slots; i++) {
		a->slot[i].since_ns = time_ns;
		a->slot[i].always = a->slot[i].site != 0;
	}
}

struct trace_visitor blocking_visitor(struct blocking *a)
{
	return (struct trace_visitor){.self = a, .events = on_events, .gap = on_gap, .end = on_end};
}
