#include "browse/assists.h"

#include <stdlib.h>
#include <string.h>

#include "trace/elapsed.h"
#include "trace/slots.h"
#include "trace/tables.h"

#define NOT_OPEN INT64_MIN

void assists_finish(struct assists *a)
{
	free(a->group);
	free(a->since_ns);
	idmap_finish(&a->of);
	memset(a, 0, sizeof *a);
}

static bool make_room(struct assists *a, size_t slots)
{
	static const int64_t blank = NOT_OPEN;
	return SLOTS_FIT(a->since_ns, a->slots, slots, &blank);
}

static bool add(struct assists *a, const struct goroutine_time *g, int64_t ns)
{
	uint64_t key = (uint64_t)g->function << 32 | g->creator;
	uint32_t i = idmap_get(&a->of, key);
	if (i == IDMAP_NONE) {
		i = (uint32_t)a->groups;
		if (!wire_grow(&a->group, &a->capacity, a->groups, sizeof *a->group) ||
		    !idmap_put(&a->of, key, i))
			return false;
		a->group[a->groups++] = (struct assist_group){g->function, g->creator, 0};
	}
	add_ns(&a->group[i].ns, ns);
	return true;
}

/* A slot is given to another goroutine in a later block only, so that it still tells whose it was.
 */
static bool close_assist(struct assists *a, uint32_t slot, int64_t at_ns)
{
	const struct goroutines *all = a->goroutines;
	int64_t since_ns = a->since_ns[slot];
	a->since_ns[slot] = NOT_OPEN;
	if (since_ns == NOT_OPEN || slot >= all->slots ||
	    (all->only && all->only != all->slot[slot].id))
		return true;
	return add(a, &all->slot[slot], elapsed_ns(since_ns, at_ns));
}

static bool on_events(void *self, const struct trace_block *block)
{
	const uint64_t wanted = EV_BIT(EV_GC_MARK_ASSIST_BEGIN) | EV_BIT(EV_GC_MARK_ASSIST_ACTIVE) |
	                        EV_BIT(EV_GC_MARK_ASSIST_END);
	struct assists *a = self;
	if (!(block->present & wanted))
		return true;
	if (!make_room(a, block->goroutines))
		return false;
	for (size_t i = 0; i < block->others; i++) {
		const struct trace_event *e = block->other[i];
		if (e->type == EV_GC_MARK_ASSIST_BEGIN)
			a->since_ns[e->subject] = e->at_ns;
		else if (e->type == EV_GC_MARK_ASSIST_ACTIVE && a->since_ns[e->subject] == NOT_OPEN)
			a->since_ns[e->subject] = trace_since(block, e);
		else if (e->type == EV_GC_MARK_ASSIST_END && !close_assist(a, e->subject, e->at_ns))
			return false;
	}
	return true;
}

static void on_gap(void *self, int64_t time_ns)
{
	struct assists *a = self;
	(void)time_ns;
	slots_drop(&a->since_ns, &a->slots);
}

/* The goroutines have been told of the end before, but know each other still. */
static void on_end(void *self, const struct trace_block *block, int64_t time_ns)
{
	struct assists *a = self;
	(void)block;
	for (size_t i = 0; i < a->slots; i++)
		close_assist(a, (uint32_t)i, time_ns); /* out of memory loses one; nobody is left to tell */
}

void assists_restart(void *self, int64_t time_ns)
{
	struct assists *a = self;
	a->groups = 0;
	idmap_clear(&a->of);
	for (size_t i = 0; i < a->slots; i++)
		if (a->since_ns[i] != NOT_OPEN)
			a->since_ns[i] = time_ns;
}

struct trace_visitor assists_visitor(struct assists *a)
{
	return (struct trace_visitor){.self = a, .events = on_events, .gap = on_gap, .end = on_end};
}
