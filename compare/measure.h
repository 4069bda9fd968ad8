/*
 * Reads traces for a comparison, one after the other: every region and task that began and ended in
 * a trace, every wait, and what goroutines ran, by the function they start with. The caller owns
 * the items and the side; one thread, and the audience's of the trace that is being read.
 */
#ifndef SCHEDTOP_COMPARE_MEASURE_H
#define SCHEDTOP_COMPARE_MEASURE_H

#include "compare/items.h"
#include "compare/side.h"
#include "trace/reader.h"
#include "trace/tasks.h"

struct measure_options {
	bool one_thread;        /* see trace_options */
	unsigned kinds;         /* bits of enum item_kind */
	int64_t from_ns, to_ns; /* since a trace began; INT64_MAX: to its end */
	uint64_t goroutine;     /* this one alone; 0: all */
	struct task_filter task;
	struct trace_progress progress;
};

/* The next run of the side. STATUS_OK also for a damaged trace, unless there is nothing of one;
 *damage tells of it then, with the file's name. */
enum status measure_read(struct items *items, struct side *side, int which, const char *path,
                         const struct measure_options *options, struct error *damage,
                         struct error *error);
/* The same of an input that is open; it stays the caller's. */
enum status measure_read_input(struct items *items, struct side *side, int which, const char *path,
                               struct input *in, const struct measure_options *options,
                               struct error *damage, struct error *error);

#endif
