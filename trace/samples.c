#include "trace/samples.h"

#include <stdlib.h>
#include <string.h>

#include "trace/elapsed.h"
#include "trace/slots.h"
#include "trace/tables.h"

void samples_finish(struct samples *a)
{
	free(a->count);
	memset(a, 0, sizeof *a);
}

static void note_time(struct samples *a, int64_t time_ns)
{
	if (a->total == 0)
		a->first_ns = a->last_ns = time_ns;
	int64_t gap_ns = bounded_elapsed_ns(a->last_ns, time_ns);
	if (gap_ns > a->gap_ns)
		a->gap_ns = gap_ns;
	if (time_ns > a->last_ns)
		a->last_ns = time_ns;
}

static bool count(struct samples *a, const struct trace_block *block, const struct trace_event *e)
{
	if (a->only && e->arg[0] != a->only)
		return true;
	uint32_t number = stacks_number(a->stacks, block, e->arg[2]);
	if (number == STACK_ERROR)
		return false;
	if (!SLOTS_FIT(a->count, a->limit, (size_t)number + 1, NULL))
		return false;
	note_time(a, e->time_ns);
	a->count[number]++;
	a->total++;
	a->no_goroutine += e->arg[0] == 0;
	return true;
}

static bool on_events(void *self, const struct trace_block *block)
{
	if (!(block->present & EV_BIT(EV_CPU_SAMPLE)))
		return true;
	for (size_t i = 0; i < block->others; i++)
		if (block->other[i]->type == EV_CPU_SAMPLE && !count(self, block, block->other[i]))
			return false;
	return true;
}

void samples_restart(void *self, int64_t time_ns)
{
	struct samples *a = self;
	(void)time_ns;
	if (a->limit)
		memset(a->count, 0, a->limit * sizeof *a->count);
	a->total = a->no_goroutine = 0;
	a->gap_ns = 0;
}

struct trace_visitor samples_visitor(struct samples *a)
{
	return (struct trace_visitor){.self = a, .events = on_events};
}

/* --- functions ------------------------------------------------------------------------------- */

struct function_table {
	struct sample_function *function;
	size_t n, capacity;
	struct idmap of_name;
	uint32_t *last; /* stack in which it was counted last */
	size_t last_capacity;
};

static bool add(struct function_table *t, uint32_t name, uint32_t stack, uint64_t n, bool leaf)
{
	uint32_t i = t->n ? idmap_get(&t->of_name, name) : IDMAP_NONE;
	if (i == IDMAP_NONE) {
		if (!wire_grow(&t->function, &t->capacity, t->n, sizeof *t->function) ||
		    !wire_grow(&t->last, &t->last_capacity, t->n, sizeof *t->last) ||
		    !idmap_put(&t->of_name, name, (uint32_t)t->n))
			return false;
		t->function[t->n] = (struct sample_function){.function = name, .met = (uint32_t)t->n};
		t->last[t->n] = STACK_NONE;
		i = (uint32_t)t->n++;
	}
	struct sample_function *function = &t->function[i];
	function->flat += leaf ? n : 0;
	/* One that calls itself counts once. */
	function->cumulative += t->last[i] == stack ? 0 : n;
	t->last[i] = stack;
	return true;
}

static bool add_stack(struct function_table *t, const struct stacks *stacks, uint32_t number,
                      uint64_t n)
{
	const struct stack *stack = &stacks->stack[number - 1];
	for (uint32_t k = 0; k < stack->frames; k++)
		if (!add(t, stacks->frame[stack->first + k].function, number, n, k == 0))
			return false;
	return true;
}

static int by_flat(const void *a, const void *b)
{
	const struct sample_function *x = a, *y = b;
	if (x->flat != y->flat)
		return x->flat < y->flat ? 1 : -1;
	if (x->cumulative != y->cumulative)
		return x->cumulative < y->cumulative ? 1 : -1;
	/* Numbers of names depend on which thread asked first. */
	return (x->met > y->met) - (x->met < y->met);
}

struct sample_function *samples_functions(const struct samples *a, size_t *n)
{
	struct function_table t = {0};
	bool ok = true;
	for (uint32_t i = 1; ok && i < a->limit && i <= a->stacks->n; i++)
		if (a->count[i])
			ok = add_stack(&t, a->stacks, i, a->count[i]);
	free(t.last);
	idmap_finish(&t.of_name);
	if (!ok) {
		free(t.function);
		t.function = NULL;
		t.n = 0;
	}
	*n = t.n;
	if (t.n)
		qsort(t.function, t.n, sizeof *t.function, by_flat);
	return t.function;
}
