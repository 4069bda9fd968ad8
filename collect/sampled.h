/*
 * Makes an execution trace of looks at a process: what each P does, a thousand times a second, and
 * what all goroutines wait for, as often as it can be had. Such a trace shows what there was and
 * for how long, not the order of what happened between two looks, and it says of itself that it is
 * sampled (trace/sampled.h). It is a valid trace all the same: a P that takes over another
 * goroutine lets go of the one before, and what is seen for the first time is made first. The
 * steps for that take a nanosecond each.
 *
 * The owner's thread; times are CLOCK_MONOTONIC.
 */
#ifndef SCHEDTOP_COLLECT_SAMPLED_H
#define SCHEDTOP_COLLECT_SAMPLED_H

#include "goproc/goproc.h"
#include "trace/writer.h"

/* What the process's own tables say. `stack` fills in the frames of a goroutine that does not run,
   leaf first, and returns how many there are, 0: unknown. */
struct sampled_names {
	size_t (*stack)(void *arg, uint32_t handle, int64_t goid, struct goproc_frame *frame,
	                size_t max);
	void (*name)(void *arg, enum goproc_place kind, uint64_t number, struct goproc_frame *frame);
	const char *(*reason)(void *arg, uint8_t reason);
	void *arg;
};

struct sampled;

/* NULL: no memory. */
struct sampled *sampled_create(const struct trace_sink *sink, const struct sampled_names *names);
void sampled_destroy(struct sampled *s); /* NULL is fine */

/* The first look: the Ps there are. From here to the first sampled_look, goroutines are those that
   were there when the trace began. `hz` is how often the Ps will be looked at. */
void sampled_begin(struct sampled *s, const struct goproc_state *state, int64_t wall_ns,
                   unsigned hz);
/* What each P does now. */
void sampled_look(struct sampled *s, const struct goproc_state *state);

/* A reading of all goroutines, in pieces if there are many: sampled_rest before and after each
   piece, and of at most `stacks` of the rows in between whole stacks are asked for. */
void sampled_row(struct sampled *s, const struct goproc_goroutine *row);
void sampled_rest(struct sampled *s, size_t stacks);
/* The reading is over. `all`: who had no row is gone. */
void sampled_read(struct sampled *s, bool all);

/* So far. */
uint64_t sampled_bytes(const struct sampled *s);
/* The end, at that time. As trace_writer_finish. */
bool sampled_finish(struct sampled *s, int64_t at_ns, bool *no_memory);

#endif
