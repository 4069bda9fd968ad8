#include "trace/gc.h"

#include <stdlib.h>
#include <string.h>

#include "trace/elapsed.h"
#include "trace/slots.h"
#include "trace/tables.h"

#define NOT_OPEN INT64_MIN

void gc_init(struct gc *gc)
{
	*gc = (struct gc){.mark_since_ns = NOT_OPEN};
}

void gc_finish(struct gc *gc)
{
	for (size_t i = 0; i < gc->kinds; i++)
		distribution_finish(&gc->kind[i].pause);
	free(gc->kind);
	distribution_finish(&gc->pause);
	distribution_finish(&gc->mark);
	distribution_finish(&gc->assist);
	distribution_finish(&gc->sweep);
	free(gc->stw_since_ns);
	free(gc->assist_since_ns);
	free(gc->sweep_since_ns);
	memset(gc, 0, sizeof *gc);
}

static bool grow(struct gc *gc, const struct trace_block *block)
{
	static const int64_t blank = NOT_OPEN;
	size_t slots = gc->slots; /* of both */
	return SLOTS_FIT(gc->stw_since_ns, slots, block->goroutines, &blank) &&
	       SLOTS_FIT(gc->assist_since_ns, gc->slots, block->goroutines, &blank) &&
	       SLOTS_FIT(gc->sweep_since_ns, gc->proc_slots, block->procs, &blank);
}

static bool close_range(struct distribution *d, int64_t *since, int64_t now)
{
	if (*since == NOT_OPEN)
		return true;
	int64_t ns = elapsed_ns(*since, now);
	*since = NOT_OPEN;
	return distribution_add(d, ns);
}

static struct stw_kind *kind_of(struct gc *gc, uint32_t name)
{
	for (size_t i = 0; i < gc->kinds; i++)
		if (gc->kind[i].name == name)
			return &gc->kind[i];
	if (gc->kinds == STW_KINDS)
		return &gc->kind[STW_KINDS - 1];
	if (!wire_grow(&gc->kind, &gc->kind_capacity, gc->kinds, sizeof *gc->kind))
		return NULL;
	gc->kind[gc->kinds] = (struct stw_kind){.name = name};
	return &gc->kind[gc->kinds++];
}

static bool close_stw(struct gc *gc, const struct trace_event *e)
{
	int64_t since = gc->stw_since_ns[e->subject];
	struct stw_kind *kind = kind_of(gc, e->name);
	return kind && close_range(&kind->pause, &gc->stw_since_ns[e->subject], e->at_ns) &&
	       close_range(&gc->pause, &since, e->at_ns);
}

static void note_bytes(bool *has, uint64_t *min, uint64_t *max, uint64_t *last, uint64_t bytes)
{
	if (!*has || bytes < *min)
		*min = bytes;
	if (bytes > *max)
		*max = bytes;
	*last = bytes;
	*has = true;
}

static bool event(struct gc *gc, const struct trace_block *block, const struct trace_event *e)
{
	switch (e->type) {
	case EV_STW_BEGIN:
		gc->stw_since_ns[e->subject] = e->at_ns;
		return true;
	case EV_STW_END:
		return close_stw(gc, e);
	case EV_GC_BEGIN:
		gc->mark_since_ns = e->at_ns;
		return true;
	case EV_GC_ACTIVE:
		if (gc->mark_since_ns == NOT_OPEN)
			gc->mark_since_ns = trace_since(block, e);
		return true;
	case EV_GC_END:
		return close_range(&gc->mark, &gc->mark_since_ns, e->at_ns);
	case EV_GC_MARK_ASSIST_BEGIN:
		gc->assist_since_ns[e->subject] = e->at_ns;
		return true;
	case EV_GC_MARK_ASSIST_ACTIVE:
		if (gc->assist_since_ns[e->subject] == NOT_OPEN)
			gc->assist_since_ns[e->subject] = trace_since(block, e);
		return true;
	case EV_GC_MARK_ASSIST_END:
		return close_range(&gc->assist, &gc->assist_since_ns[e->subject], e->at_ns);
	case EV_GC_SWEEP_BEGIN:
		gc->sweep_since_ns[e->subject] = e->at_ns;
		return true;
	case EV_GC_SWEEP_ACTIVE:
		if (gc->sweep_since_ns[e->subject] == NOT_OPEN)
			gc->sweep_since_ns[e->subject] = trace_since(block, e);
		return true;
	case EV_GC_SWEEP_END:
		gc->swept_bytes += e->arg[0];
		gc->reclaimed_bytes += e->arg[1];
		return close_range(&gc->sweep, &gc->sweep_since_ns[e->subject], e->at_ns);
	case EV_HEAP_ALLOC:
		note_bytes(&gc->has_heap, &gc->heap_min, &gc->heap_max, &gc->heap_last, e->arg[0]);
		return true;
	case EV_HEAP_GOAL:
		note_bytes(&gc->has_goal, &gc->goal_min, &gc->goal_max, &gc->goal_last, e->arg[0]);
		return true;
	default:
		return true;
	}
}

static bool on_events(void *self, const struct trace_block *block)
{
	struct gc *gc = self;
	if (!grow(gc, block))
		return false;
	for (size_t i = 0; i < block->others; i++)
		if (!event(gc, block, block->other[i]))
			return false;
	return true;
}

static void abandon(struct gc *gc, int64_t *since)
{
	gc->unfinished += *since != NOT_OPEN;
	*since = NOT_OPEN;
}

static void on_gap(void *self, int64_t time_ns)
{
	struct gc *gc = self;
	(void)time_ns;
	abandon(gc, &gc->mark_since_ns);
	for (size_t i = 0; i < gc->slots; i++) {
		abandon(gc, &gc->stw_since_ns[i]);
		abandon(gc, &gc->assist_since_ns[i]);
	}
	for (size_t i = 0; i < gc->proc_slots; i++)
		abandon(gc, &gc->sweep_since_ns[i]);
	size_t slots = gc->slots; /* of both */
	slots_drop(&gc->stw_since_ns, &slots);
	slots_drop(&gc->assist_since_ns, &gc->slots);
	slots_drop(&gc->sweep_since_ns, &gc->proc_slots);
}

static void on_end(void *self, const struct trace_block *block, int64_t time_ns)
{
	(void)block;
	on_gap(self, time_ns);
}

static void begin_now(int64_t *since, size_t n, int64_t now)
{
	for (size_t i = 0; i < n; i++)
		if (since[i] != NOT_OPEN)
			since[i] = now;
}

void gc_restart(void *self, int64_t time_ns)
{
	struct gc *gc = self;
	for (size_t i = 0; i < gc->kinds; i++)
		distribution_finish(&gc->kind[i].pause);
	gc->kinds = 0;
	distribution_finish(&gc->pause);
	distribution_finish(&gc->mark);
	distribution_finish(&gc->assist);
	distribution_finish(&gc->sweep);
	gc->swept_bytes = gc->reclaimed_bytes = gc->unfinished = 0;
	gc->heap_min = gc->heap_max = gc->heap_last;
	gc->goal_min = gc->goal_max = gc->goal_last;
	begin_now(&gc->mark_since_ns, 1, time_ns);
	begin_now(gc->stw_since_ns, gc->slots, time_ns);
	begin_now(gc->assist_since_ns, gc->slots, time_ns);
	begin_now(gc->sweep_since_ns, gc->proc_slots, time_ns);
}

struct trace_visitor gc_visitor(struct gc *gc)
{
	return (struct trace_visitor){.self = gc, .events = on_events, .gap = on_gap, .end = on_end};
}
