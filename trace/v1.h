/*
 * Format 1 of Go's execution traces (Go 1.11 to 1.21), shown as the same events as format 2, the
 * way internal/trace/tracev1.go converts them. The clock's frequency, strings and stacks may come
 * last in such a file, so all of it must be at hand; but it is read in place, by one pass that
 * indexes it and one that merges the Ps, and what is held beside it are the tables and one entry
 * for each syscall that blocked. The caller owns all that it passes; one thread.
 */
#ifndef SCHEDTOP_TRACE_V1_H
#define SCHEDTOP_TRACE_V1_H

#include "trace/order.h"

struct v1;

/* Indexes the trace behind its header; all of it must be in `in`. WIRE_GENERATION, WIRE_DAMAGED
 * with nothing to show, or WIRE_NO_MEMORY. A tolerant reader keeps what lies before damage:
 * WIRE_GENERATION with damage->kind set. */
enum wire_result v1_open(struct v1 **v1, struct input *in, unsigned version, bool tolerant,
                         struct wire_damage *damage);
void v1_close(struct v1 *v1);

/* Shows some more events. ORDER_OK: call again unless v1_at_end. ORDER_BROKEN: order_problem tells
 * why; what came before was shown. */
enum order_result v1_show(struct v1 *v1, struct order *order);
bool v1_at_end(const struct v1 *v1);
/* Bytes of events shown so far. */
uint64_t v1_done(const struct v1 *v1);

#endif
