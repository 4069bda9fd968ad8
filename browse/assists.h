/*
 * How long goroutines assisted the collector, summed by the function they start with and the one
 * that created them. A visitor of the loading pass, behind that of the goroutines, which it asks
 * who is who. The caller owns it; one thread, or the lock of load.h.
 */
#ifndef SCHEDTOP_BROWSE_ASSISTS_H
#define SCHEDTOP_BROWSE_ASSISTS_H

#include "trace/goroutines.h"
#include "trace/idmap.h"

struct assists {
	const struct goroutines *goroutines;
	struct assist_group {
		uint32_t function, creator;
		int64_t ns;
	} * group;
	size_t groups, capacity;
	struct idmap of;
	int64_t *since_ns; /* by goroutine's slot */
	size_t slots;
};

/* All zero, with `goroutines` set, is a good start. */
void assists_finish(struct assists *assists);
struct trace_visitor assists_visitor(struct assists *assists);
void assists_restart(void *assists, int64_t time_ns);

#endif
