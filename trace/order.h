/*
 * Puts the events of all threads in one order and validates it, as the reference reader does
 * (internal/trace/order.go): each thread's next event waits in a heap ordered by time, and the
 * first that fits the scheduler's state so far goes next. The caller owns the order; one thread.
 */
#ifndef SCHEDTOP_TRACE_ORDER_H
#define SCHEDTOP_TRACE_ORDER_H

#include <signal.h>

#include "trace/event.h"

struct order;

/* What the order let pass because it is tolerant. */
struct order_repairs {
	uint64_t regions; /* ends of regions that fit no start, or not the innermost */
	uint64_t stacks;  /* IDs of stacks that aren't there */
	uint64_t strings;
	uint64_t times; /* that step back; format 1 alone */
};

enum order_result { ORDER_OK, ORDER_BROKEN, ORDER_NO_MEMORY, ORDER_STOPPED };

struct order_options {
	bool tolerant;
	/* at_ns is time_ns, so that durations are those of Go's reader; and with its one mistake: a
	   blocking syscall of a trace of Go 1.21 or older ends for it at a CPU sample. */
	bool reference_clock;
	const volatile sig_atomic_t *stop; /* NULL, or becomes non-zero to stop soon */
	bool one_thread;                   /* visitors are called on the caller's */
	struct names *names;               /* to keep names in; NULL: they die with the order */
	const struct trace_help *help;     /* NULL: none */
};

/* NULL: no memory. Visitors are called in turn and must outlive the order. */
struct order *order_create(const struct trace_visitor *visitors, size_t n,
                           const struct order_options *options);
void order_destroy(struct order *order);

/* Shows the visitors one generation. ORDER_BROKEN: the rest of it was not shown; order_problem
 * tells. */
enum order_result order_generation(struct order *order, struct generation *g, struct input *in);
/* Forgets the state of everything: what follows does not join on to what was. */
enum order_result order_gap(struct order *order);
/* The last sync event, and `end` for the visitors. */
enum order_result order_end(struct order *order);

const char *order_problem(const struct order *order);
uint64_t order_events(const struct order *order);
int64_t order_first_ns(const struct order *order);
int64_t order_last_ns(const struct order *order); /* of the last event shown */
const struct order_repairs *order_repairs(const struct order *order);

#endif
