/*
 * The one interface of everything that can tell something about a process. A source is driven by the
 * collector on the collector's thread and loop; it never blocks there for longer than a memory read.
 */
#ifndef SCHEDTOP_COLLECT_SOURCE_H
#define SCHEDTOP_COLLECT_SOURCE_H

#include <uv.h>

#include "collect/target.h"
#include "metrics/snapshot.h"
#include "util/status.h"

struct source;

/* Lane samples on their way into the next snapshot; the collector owns it. `state` has one entry per P. */
struct lane_sink;
void lane_sink_add(struct lane_sink *sink, enum origin origin, int64_t at_ns, const uint8_t *state, size_t procs);

struct source_ops {
	const char *name; /* as --source names it */
	enum origin origin;
	int64_t sample_period_ns; /* how often `sample` wants to be called; 0: never */

	/* Finds its way to the target. On failure the sentence says why, and the collector goes on without. */
	enum status (*open)(struct source **out, const struct target *target, uv_loop_t *loop, struct error *error);
	void (*close)(struct source *source);
	/* The fast tier: adds one lane sample. May be NULL. */
	enum status (*sample)(struct source *source, struct lane_sink *sink, struct error *error);
	/* Starts what takes time for the snapshot due now; calls `done` when it has arrived or failed. NULL for
	   sources that answer at once. */
	void (*begin)(struct source *source, void (*done)(void *arg), void *arg);
	/* Fills what it knows and the snapshot does not have yet, with origin and time. */
	enum status (*fill)(struct source *source, struct snapshot *s, struct error *error);
};

extern const struct source_ops source_memory, source_agent, source_os;

#endif
