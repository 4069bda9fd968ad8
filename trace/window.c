#include "trace/window.h"

#include <stdlib.h>
#include <string.h>

#include "trace/elapsed.h"
#include "trace/slots.h"
#include "trace/transition.h"

enum { LATE = 64 }; /* shown at once */

void window_finish(struct window *w)
{
	free(w->owner);
	free(w->holder);
	w->owner = NULL;
	w->holder = NULL;
	w->owners = w->holders = 0;
}

static int64_t border(const struct window *w, int64_t since_first)
{
	int64_t at = w->first_ns;
	add_ns(&at, since_first);
	return at;
}

static bool show_members(const struct window *w, struct trace_block *part)
{
	if (w->place != WINDOW_BEFORE && w->from_ns > 0 && part->since_ns < border(w, w->from_ns))
		part->since_ns = border(w, w->from_ns);
	for (size_t i = 0; i < w->members && part->events; i++)
		if (!w->member[i].visitor.events(w->member[i].visitor.self, part))
			return false;
	return true;
}

static bool show(const struct window *w, const struct trace_block *whole, size_t from, size_t to)
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
	return show_members(w, &part);
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

/* --- what is named late -------------------------------------------------------------------------
 */

/* It tells what was so all the while, and nothing that happened. */
static bool is_naming(const struct trace_event *e)
{
	switch (e->type) {
	case EV_GO_STATUS:
	case EV_GO_STATUS_STACK:
	case EV_PROC_STATUS:
		return e->from == 0;
	case EV_GC_ACTIVE:
	case EV_GC_MARK_ASSIST_ACTIVE:
	case EV_GC_SWEEP_ACTIVE:
		return true;
	default:
		return false;
	}
}

/* Whose a slot is to the members, who hear nothing of what happens while the window closes. */
enum holder {
	HOLDER_KNOWN, /* who was there when it ended, or will be named */
	HOLDER_LATER, /* nobody's: who has it came behind the window */
	HOLDER_GONE,  /* still that of one who ended behind it */
};

static void note_holder(const struct window *w, const struct trace_event *e)
{
	uint8_t *holder = &w->holder[e->subject];
	if (e->from == TRACE_NOT_EXIST && *holder == HOLDER_KNOWN)
		*holder = HOLDER_LATER;
	if (e->to == TRACE_NOT_EXIST)
		*holder = *holder == HOLDER_LATER ? HOLDER_KNOWN : HOLDER_GONE;
}

/* It is about a goroutine whose slot is another one's to the members. */
static bool is_taken(const struct window *w, const struct trace_event *e)
{
	bool of_goroutine = is_go_transition(e->type) || e->type == EV_GC_MARK_ASSIST_ACTIVE;
	return of_goroutine && w->holder[e->subject] != HOLDER_KNOWN;
}

/* What is left of it for the members: the slots are still those of who had them then. */
static struct trace_block as_it_closed(const struct window *w, const struct trace_block *block)
{
	struct trace_block part = *block;
	part.goroutine = w->owner;
	if (part.goroutines > w->owners)
		part.goroutines = w->owners;
	return part;
}

static bool begin_to_close(struct window *w, const struct trace_block *block)
{
	w->place = WINDOW_CLOSING;
	if (!SLOTS_FIT(w->owner, w->owners, block->goroutines, NULL))
		return false;
	if (block->goroutines)
		memcpy(w->owner, block->goroutine, block->goroutines * sizeof *w->owner);
	return true;
}

/* As if it was said when the window ended. */
static bool show_late(const struct window *w, const struct trace_block *whole,
                      struct trace_event *event, size_t n)
{
	const struct trace_event *other[LATE];
	struct trace_block part = as_it_closed(w, whole);
	part.event = event;
	part.events = n;
	part.other = other;
	part.others = 0;
	for (size_t i = 0; i < n; i++) {
		event[i].time_ns = border(w, w->to_ns);
		event[i].at_ns = bound_ns(event[i].time_ns);
		if (!is_go_transition(event[i].type))
			other[part.others++] = &event[i];
	}
	return show_members(w, &part);
}

static bool hear_late(struct window *w, const struct trace_block *block, size_t from)
{
	struct trace_event late[LATE];
	size_t n = 0;
	if (!SLOTS_FIT(w->owner, w->owners, block->goroutines, NULL) ||
	    !SLOTS_FIT(w->holder, w->holders, block->goroutines, NULL))
		return false;
	for (size_t i = from; i < block->events; i++) {
		const struct trace_event *e = &block->event[i];
		bool is_transition = is_go_transition(e->type);
		if (is_transition)
			note_holder(w, e);
		if (!is_naming(e) || is_taken(w, e))
			continue;
		if (is_transition)
			w->owner[e->subject] = block->goroutine[e->subject];
		late[n++] = *e;
		if (n < LATE)
			continue;
		if (!show_late(w, block, late, n))
			return false;
		n = 0;
	}
	return show_late(w, block, late, n);
}

static void leave_late(struct window *w, const struct trace_block *block)
{
	const struct trace_block part = as_it_closed(w, block);
	leave(w, &part, border(w, w->to_ns));
}

/* --- the visitor --------------------------------------------------------------------------------
 */

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
		if (end == block->events)
			return true;
		at = end;
		if (w->named || block->since_ns == INT64_MAX) /* format 1 names all when it begins */
			leave(w, block, border(w, w->to_ns));
		else if (!begin_to_close(w, block))
			return false;
	}
	return w->place != WINDOW_CLOSING || hear_late(w, block, at);
}

static bool on_generation_end(void *self, const struct trace_block *block)
{
	struct window *w = self;
	w->named = true;
	if (w->place == WINDOW_CLOSING)
		leave_late(w, block);
	for (size_t i = 0; i < w->members && w->place != WINDOW_BEHIND; i++)
		if (w->member[i].visitor.generation_end &&
		    !w->member[i].visitor.generation_end(w->member[i].visitor.self, block))
			return false;
	return true;
}

static void on_gap(void *self, int64_t time_ns)
{
	struct window *w = self;
	w->named = false;
	for (size_t i = 0; i < w->members && w->place != WINDOW_BEHIND; i++)
		if (w->member[i].visitor.gap)
			w->member[i].visitor.gap(w->member[i].visitor.self, time_ns);
}

static void on_end(void *self, const struct trace_block *block, int64_t time_ns)
{
	struct window *w = self;
	if (w->place == WINDOW_CLOSING)
		leave_late(w, block);
	else if (w->place != WINDOW_BEHIND)
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
