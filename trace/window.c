#include "trace/window.h"

#include "trace/elapsed.h"

static int64_t border(const struct window *w, int64_t since_first)
{
	int64_t at = w->first_ns;
	add_ns(&at, since_first);
	return at;
}

static bool show(struct window *w, const struct trace_block *whole, size_t from, size_t to)
{
	struct trace_block part = *whole;
	part.event += from;
	part.events = to - from;
	while (part.others && part.other[0] < part.event) {
		part.other++;
		part.others--;
	}
	while (part.others && part.other[part.others - 1] >= part.event + part.events)
		part.others--;
	if (w->place == WINDOW_INSIDE && w->from_ns > 0 && part.since_ns < border(w, w->from_ns))
		part.since_ns = border(w, w->from_ns);
	for (size_t i = 0; i < w->members && from < to; i++)
		if (!w->member[i].visitor.events(w->member[i].visitor.self, &part))
			return false;
	return true;
}

static void enter(struct window *w)
{
	w->place = WINDOW_INSIDE;
	for (size_t i = 0; i < w->members && w->from_ns > 0; i++)
		w->member[i].restart(w->member[i].visitor.self, bound_ns(border(w, w->from_ns)));
}

static void leave(struct window *w, const struct trace_block *block, int64_t time_ns)
{
	/* A part that begins behind the end holds nothing. */
	if (w->place == WINDOW_BEFORE)
		enter(w);
	w->place = WINDOW_BEHIND;
	for (size_t i = 0; i < w->members; i++)
		if (w->member[i].visitor.end)
			w->member[i].visitor.end(w->member[i].visitor.self, block, time_ns);
}

/* Events of the block that lie before the time. */
static size_t events_before(const struct trace_block *block, int64_t time_ns)
{
	size_t low = 0, high = block->events;
	while (low < high) {
		size_t middle = (low + high) / 2;
		if (block->event[middle].time_ns < time_ns)
			low = middle + 1;
		else
			high = middle;
	}
	return low;
}

static bool on_events(void *self, const struct trace_block *block)
{
	struct window *w = self;
	size_t at = 0;
	if (!w->begun && block->events) {
		w->begun = true;
		w->first_ns = block->event[0].time_ns;
	}
	if (w->place == WINDOW_BEFORE) {
		at = events_before(block, border(w, w->from_ns));
		if (!show(w, block, 0, at))
			return false;
		if (at == block->events)
			return true;
		enter(w);
	}
	if (w->place == WINDOW_INSIDE) {
		size_t end =
			w->to_ns == INT64_MAX ? block->events : events_before(block, border(w, w->to_ns));
		if (end > at && !show(w, block, at, end))
			return false;
		if (end < block->events)
			leave(w, block, border(w, w->to_ns));
	}
	return true;
}

static bool on_generation_end(void *self, const struct trace_block *block)
{
	const struct window *w = self;
	for (size_t i = 0; i < w->members && w->place != WINDOW_BEHIND; i++)
		if (w->member[i].visitor.generation_end &&
		    !w->member[i].visitor.generation_end(w->member[i].visitor.self, block))
			return false;
	return true;
}

static void on_gap(void *self, int64_t time_ns)
{
	const struct window *w = self;
	for (size_t i = 0; i < w->members && w->place != WINDOW_BEHIND; i++)
		if (w->member[i].visitor.gap)
			w->member[i].visitor.gap(w->member[i].visitor.self, time_ns);
}

static void on_end(void *self, const struct trace_block *block, int64_t time_ns)
{
	struct window *w = self;
	if (w->place != WINDOW_BEHIND)
		leave(w, block, time_ns);
}

struct trace_visitor window_visitor(struct window *window)
{
	return (struct trace_visitor){.self = window,
	                              .events = on_events,
	                              .generation_end = on_generation_end,
	                              .gap = on_gap,
	                              .end = on_end};
}
