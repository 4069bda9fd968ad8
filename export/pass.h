/*
 * One pass over the file of a trace for an export, and the sentences that name the file. What can
 * be read is exported, then the damage counts. The caller owns the structure; one thread.
 */
#ifndef SCHEDTOP_EXPORT_PASS_H
#define SCHEDTOP_EXPORT_PASS_H

#include "trace/reader.h"

struct pass_options {
	const char *path; /* "-" is standard input */
	struct trace_progress progress;
	/* By the clock and with the mistakes of Go's reader where those are all that Go's tools show:
	   in traces of Go 1.21 and older. */
	bool as_reference;
	bool reference_clock; /* see order.h; for tests */
	bool one_thread;
};

struct export_pass {
	struct pass_options options;
	struct trace_summary summary;
	struct names names; /* of all that the visitor saw */
};

/* STATUS_OK also for a damaged trace, unless there is nothing of one: see export_pass_verdict.
   Call export_pass_finish in any case. */
enum status export_pass_read(struct export_pass *pass, const struct pass_options *options,
                             const struct trace_visitor *visitor, struct error *error);
/* The same of an input that is open; it stays the caller's. */
enum status export_pass_read_input(struct export_pass *pass, struct input *in,
                                   const struct pass_options *options,
                                   const struct trace_visitor *visitor, struct error *error);
/* STATUS_DAMAGED with the first damage, or STATUS_OK. */
enum status export_pass_verdict(const struct export_pass *pass, struct error *error);
void export_pass_finish(struct export_pass *pass);

/* The IDs of the tasks with a log that holds this text, in a pass of its own. */
enum status export_pass_find_tasks(const struct pass_options *options, const char *trace_id,
                                   struct idmap *found, struct error *error);

#endif
