#include "trace/latency.h"

#include <stdlib.h>
#include <string.h>

#include "trace/elapsed.h"
#include "trace/slots.h"
#include "trace/tables.h"

void latency_finish(struct latency *a)
{
	for (size_t i = 0; i < a->groups; i++)
		distribution_finish(&a->group[i].wait);
	free(a->group);
	free(a->slot);
	idmap_finish(&a->group_of);
	memset(a, 0, sizeof *a);
}

/* The function at the stack's leaf or root; NAME_NONE where it is unknown. */
static uint32_t function_at(const struct stacks *stacks, uint32_t number, bool root)
{
	if (number == STACK_NONE || number == STACK_ERROR)
		return NAME_NONE;
	const struct stack *stack = &stacks->stack[number - 1];
	return stacks->frame[stack->first + (root ? stack->frames - 1 : 0)].function;
}

/* What the goroutine with this stack starts with; NAME_NONE: another one will tell. */
static uint32_t start_of(const struct latency *a, const struct trace_block *block, uint64_t stack)
{
	uint32_t root = function_at(a->stacks, stacks_number(a->stacks, block, stack), true);
	return stack_root_is_preemption(names_text(block->names, root)) ? NAME_NONE : root;
}

/* Index + 1; 0: no memory. */
static uint32_t group_of(struct latency *a, const struct latency_goroutine *g)
{
	uint64_t key = (uint64_t)g->function << 32 | g->creator;
	uint32_t known = idmap_get(&a->group_of, key);
	if (known != IDMAP_NONE)
		return known + 1;
	if (a->group && a->groups == LATENCY_GROUPS) {
		a->group[LATENCY_GROUPS - 1].others = true;
		return LATENCY_GROUPS;
	}
	if (!wire_grow(&a->group, &a->group_capacity, a->groups, sizeof *a->group) ||
	    !idmap_put(&a->group_of, key, (uint32_t)a->groups))
		return 0;
	a->group[a->groups] = (struct latency_group){.function = g->function, .creator = g->creator};
	return (uint32_t)++a->groups;
}

/* The group that the goroutine is counted in; NULL: no memory. */
static struct latency_group *group_to_charge(struct latency *a, struct latency_goroutine *g)
{
	if (!g->group)
		g->group = group_of(a, g);
	return g->group ? &a->group[g->group - 1] : NULL;
}

static bool note(struct latency *a, struct latency_goroutine *g, uint64_t id, int64_t ns)
{
	struct latency_group *group = group_to_charge(a, g);
	if (!group)
		return false;
	if (group->wait.count == 0 || ns > group->wait.max_ns) {
		group->longest_goroutine = id;
		group->longest_begin_ns = g->since_ns;
	}
	return distribution_add(&group->wait, ns);
}

/* What the event says about where the goroutine comes from. */
static void learn(struct latency *a, struct latency_goroutine *g, const struct trace_block *block,
                  const struct trace_event *e)
{
	uint64_t own = trace_own_stack(e);
	uint32_t was = g->function;
	g->function = start_of(a, block, own);
	if (e->type == EV_GO_CREATE || e->type == EV_GO_CREATE_BLOCKED)
		g->creator = function_at(a->stacks, stacks_number(a->stacks, block, e->arg[2]), false);
	if (g->function != was)
		g->group = 0;
}

static bool transition(struct latency *a, const struct trace_block *block,
                       const struct trace_event *e)
{
	struct latency_goroutine *g = &a->slot[e->subject];
	bool meets = !g->known, ok = true;
	uint64_t id = block->goroutine[e->subject].id;
	if (meets)
		*g = (struct latency_goroutine){.known = true};
	else if (g->runnable && e->to == GO_RUNNING && (!a->only || a->only == id))
		ok = note(a, g, id, bounded_elapsed_ns(g->since_ns, e->at_ns));
	if (meets || e->from != e->to) {
		g->runnable = e->to == GO_RUNNABLE;
		g->since_ns = meets ? trace_since(block, e) : e->at_ns;
	}
	if (e->to == TRACE_NOT_EXIST)
		g->known = false;
	else if (g->function == NAME_NONE)
		learn(a, g, block, e);
	return ok;
}

static bool on_events(void *self, const struct trace_block *block)
{
	struct latency *a = self;
	if (!SLOTS_FIT(a->slot, a->slots, block->goroutines, NULL))
		return false;
	TRACE_TRANSITIONS(e, block)
	if (!transition(a, block, e))
		return false;
	return true;
}

static void on_gap(void *self, int64_t time_ns)
{
	struct latency *a = self;
	(void)time_ns;
	slots_drop(&a->slot, &a->slots);
}

static void on_end(void *self, const struct trace_block *block, int64_t time_ns)
{
	struct latency *a = self;
	for (size_t i = 0; i < block->goroutines && i < a->slots; i++) {
		struct latency_goroutine *g = &a->slot[i];
		bool waits = g->known && g->runnable && (!a->only || a->only == block->goroutine[i].id);
		struct latency_group *of = waits ? group_to_charge(a, g) : NULL;
		if (of)
			of->open++;
	}
	on_gap(self, time_ns);
}

void latency_restart(void *self, int64_t time_ns)
{
	struct latency *a = self;
	for (size_t i = 0; i < a->groups; i++)
		distribution_finish(&a->group[i].wait);
	a->groups = 0;
	idmap_clear(&a->group_of);
	for (size_t i = 0; i < a->slots; i++) {
		a->slot[i].group = 0;
		a->slot[i].since_ns = time_ns;
	}
}

struct trace_visitor latency_visitor(struct latency *a)
{
	return (struct trace_visitor){.self = a, .events = on_events, .gap = on_gap, .end = on_end};
}
