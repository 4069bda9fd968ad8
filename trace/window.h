/*
 * Counts a part of a trace only. Everything before it is shown to the analyses, because what a
 * goroutine is doing when the part begins was said earlier; then they are told to forget what they
 * have counted. And as the first generation names last who has nothing to tell, the analyses hear
 * of them when the part is over. The caller owns it and the members; one thread.
 */
#ifndef SCHEDTOP_TRACE_WINDOW_H
#define SCHEDTOP_TRACE_WINDOW_H

#include "trace/event.h"

struct window_member {
	struct trace_visitor visitor;
	/* Count from this time on; states go on. */
	void (*restart)(void *self, int64_t time_ns);
};

enum window_place {
	WINDOW_BEFORE,
	WINDOW_INSIDE,
	WINDOW_CLOSING, /* behind it, and not all that there was in it has been named */
	WINDOW_BEHIND,
};

struct window {
	const struct window_member *member;
	size_t members;
	int64_t from_ns, to_ns; /* since the first event; INT64_MAX: to the end */

	bool begun;
	bool named;       /* all that there is: a generation was shown to its end */
	int64_t first_ns; /* of the trace */
	enum window_place place;
	/* While it closes, by slot of goroutines: */
	struct trace_slot *owner; /* who had it when the window ended, or was named since */
	size_t owners;
	uint8_t *holder; /* enum holder: whether it still is that one's */
	size_t holders;
};

/* All zero, with the members up to `to_ns` set, is a good start. */
void window_finish(struct window *window);
struct trace_visitor window_visitor(struct window *window);

#endif
