/*
 * The one interface of everything that can tell something about a process. A source is driven by
 * the collector, on the collector's thread and loop, and never blocks there for longer than a
 * memory read.
 */
#ifndef SCHEDTOP_COLLECT_SOURCE_H
#define SCHEDTOP_COLLECT_SOURCE_H

#include <uv.h>

#include "collect/lane_sink.h"
#include "collect/target.h"
#include "metrics/snapshot.h"
#include "util/status.h"

/* What the collector wants of a source for the snapshot that is due; the rest others deliver. */
enum {
	WANT_SCHED = 1 << 0,   /* sched, P and M rows */
	WANT_METRICS = 1 << 1, /* runtime fields and histograms */
	WANT_ATTACH = 1 << 2,  /* the right to read its memory, which the target can grant */
	WANT_GROUPS = 1 << 3,  /* groups of goroutines, when the source thinks it is time for them */
};

/* What came of that; asked once as long as it is ATTACH_UNASKED. */
enum attach { ATTACH_UNASKED, ATTACH_GRANTED, ATTACH_REFUSED };

struct source {
	const struct source_ops *ops; /* the first member of every source's own struct */
	enum attach attach;           /* by the source; the collector may have it asked again */
	uint64_t detail; /* set by the collector: the group of goroutines to read one by one, 0 none */
	/* Set by the collector when nobody else can tell of the target: called by the source, on the
	   loop, whenever there is something to fill a snapshot with, and at the end; own_ns is the
	   target's own time of that. It may be closed in there. NULL: snapshots come at the collector's
	   pace. */
	void (*ready)(int64_t own_ns, void *arg);
	void *ready_arg;
};

struct source_ops {
	const char *name; /* as --source names it */
	enum origin origin;
	int64_t sample_period_ns; /* how often it can be asked for lane samples; 0: never */

	/* Finds its way to the target. On failure the sentence says why, and the collector goes on
	 * without. */
	enum status (*open)(struct source **out, const struct target *target, uv_loop_t *loop,
	                    struct error *error);
	/* Nothing of it runs on the loop any more once `closed` was called; then it is freed. */
	void (*close)(struct source *source, void (*closed)(void *arg), void *arg);
	/* The fast tier: adds one lane sample, now or when it arrives. NULL when sample_period_ns is 0.
	 */
	enum status (*sample)(struct source *source, struct lane_sink *sink, struct error *error);
	/* Fills what can be had at once and the snapshot does not have yet, with origin and time.
	   STATUS_EXITED: the target is gone. On other failures the sentence is shown to the user. NULL:
	   nothing can. */
	enum status (*fill)(struct source *source, struct snapshot *s, struct error *error);
	/* Starts what takes time for the snapshot due now; calls `done` once, when it has arrived or
	   failed. NULL for sources that answer at once. */
	void (*begin)(struct source *source, unsigned want, void (*done)(void *arg), void *arg);
	/* The same as `fill` with what has arrived, before the snapshot is published; NULL without
	   begin. */
	enum status (*complete)(struct source *source, struct snapshot *s, struct error *error);
};

extern const struct source_ops source_memory, source_agent, source_schedtrace, source_pprof,
	source_os;

#endif
