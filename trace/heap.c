#include "trace/heap.h"

#include <stdlib.h>
#include <string.h>

#include "trace/elapsed.h"
#include "trace/slots.h"

enum { FIRST_BIN_NS = 10 * 1000 };

/* Of a goroutine. */
enum { ASSISTS = 1, STOPS = 2 };

void heap_finish(struct heap *heap)
{
	free(heap->flags);
	memset(heap, 0, sizeof *heap);
}

/* --- bins ------------------------------------------------------------------------------------ */

static uint64_t least(uint64_t a, uint64_t b)
{
	return a < b ? a : b;
}

static uint64_t most(uint64_t a, uint64_t b)
{
	return a > b ? a : b;
}

static struct heap_bin join(const struct heap_bin *a, const struct heap_bin *b)
{
	struct heap_bin both = *b;
	if (a->has_heap) {
		both.heap_min = b->has_heap ? least(a->heap_min, b->heap_min) : a->heap_min;
		both.heap_max = most(a->heap_max, b->heap_max); /* 0 where nothing was told */
	}
	both.has_heap = a->has_heap || b->has_heap;
	both.goal = b->has_goal ? b->goal : a->goal;
	both.has_goal = a->has_goal || b->has_goal;
	add_ns(&both.mark_ns, a->mark_ns);
	add_ns(&both.stopped_ns, a->stopped_ns);
	add_ns(&both.assist_ns, a->assist_ns);
	return both;
}

/* Two bins become one. */
static void widen(struct heap *heap)
{
	for (size_t i = 0; i < HEAP_BINS / 2; i++)
		heap->bin[i] = join(&heap->bin[2 * i], &heap->bin[2 * i + 1]);
	memset(&heap->bin[HEAP_BINS / 2], 0, sizeof heap->bin / 2);
	heap->bin_ns *= 2;
	heap->bins = (heap->bins + 1) / 2;
}

static void charge(const struct heap *heap, struct heap_bin *bin, int64_t ns)
{
	if (heap->marking)
		add_ns(&bin->mark_ns, ns);
	if (heap->stops)
		add_ns(&bin->stopped_ns, ns);
	int64_t assisted_ns;
	if (__builtin_mul_overflow(heap->assists, ns, &assisted_ns))
		assisted_ns = INT64_MAX;
	add_ns(&bin->assist_ns, assisted_ns);
}

/* What goes on went on until now; the bin of now is there afterwards, and the last. */
static void advance(struct heap *heap, int64_t now)
{
	if (!heap->begun)
		heap_restart(heap, now);
	/* Bins as long as centuries are enough. */
	while (elapsed_ns(heap->first_ns, now) / HEAP_BINS >= heap->bin_ns &&
	       heap->bin_ns < INT64_MAX / HEAP_BINS / 2)
		widen(heap);
	for (;;) {
		int64_t end = heap->first_ns;
		add_ns(&end, (int64_t)heap->bins * heap->bin_ns);
		bool last = now < end || heap->bins == HEAP_BINS;
		int64_t to = last ? now : end;
		charge(heap, &heap->bin[heap->bins - 1], elapsed_ns(heap->last_ns, to));
		if (to > heap->last_ns)
			heap->last_ns = to;
		if (last)
			return;
		heap->bins++;
	}
}

/* --- events ---------------------------------------------------------------------------------- */

static void note_heap(struct heap_bin *bin, uint64_t bytes)
{
	bin->heap_min = bin->has_heap ? least(bin->heap_min, bytes) : bytes;
	bin->heap_max = most(bin->heap_max, bytes);
	bin->has_heap = true;
}

/* Counts each goroutine once, whatever the trace says. */
static void set_flag(uint8_t *flags, uint8_t flag, bool on, uint64_t *count)
{
	if (((*flags & flag) != 0) == on)
		return;
	*flags ^= flag;
	*count += on ? 1 : UINT64_MAX;
}

static void event(struct heap *heap, const struct trace_event *e)
{
	struct heap_bin *bin;
	switch (e->type) {
	case EV_GC_BEGIN:
	case EV_GC_ACTIVE:
	case EV_GC_END:
		advance(heap, e->time_ns);
		heap->marking = e->type != EV_GC_END;
		break;
	case EV_STW_BEGIN:
	case EV_STW_END:
		advance(heap, e->time_ns);
		set_flag(&heap->flags[e->subject], STOPS, e->type == EV_STW_BEGIN, &heap->stops);
		break;
	case EV_GC_MARK_ASSIST_BEGIN:
	case EV_GC_MARK_ASSIST_ACTIVE:
	case EV_GC_MARK_ASSIST_END:
		advance(heap, e->time_ns);
		set_flag(&heap->flags[e->subject], ASSISTS, e->type != EV_GC_MARK_ASSIST_END,
		         &heap->assists);
		break;
	case EV_HEAP_ALLOC:
		advance(heap, e->time_ns);
		note_heap(&heap->bin[heap->bins - 1], e->arg[0]);
		break;
	case EV_HEAP_GOAL:
		advance(heap, e->time_ns);
		bin = &heap->bin[heap->bins - 1];
		bin->goal = e->arg[0];
		bin->has_goal = true;
		break;
	default:
		break;
	}
}

static bool on_events(void *self, const struct trace_block *block)
{
	struct heap *heap = self;
	if (!SLOTS_FIT(heap->flags, heap->slots, block->goroutines, NULL))
		return false;
	if (block->events)
		advance(heap, block->event[0].time_ns);
	for (size_t i = 0; i < block->others; i++)
		event(heap, block->other[i]);
	return true;
}

static void on_gap(void *self, int64_t time_ns)
{
	struct heap *heap = self;
	advance(heap, time_ns);
	slots_drop(&heap->flags, &heap->slots);
	heap->marking = false;
	heap->stops = heap->assists = 0;
}

static void on_end(void *self, const struct trace_block *block, int64_t time_ns)
{
	(void)block;
	advance(self, time_ns);
}

void heap_restart(void *self, int64_t time_ns)
{
	struct heap *heap = self;
	memset(heap->bin, 0, sizeof heap->bin);
	heap->begun = true;
	heap->first_ns = heap->last_ns = time_ns;
	heap->bin_ns = FIRST_BIN_NS;
	heap->bins = 1;
}

struct trace_visitor heap_visitor(struct heap *heap)
{
	return (struct trace_visitor){.self = heap, .events = on_events, .gap = on_gap, .end = on_end};
}
