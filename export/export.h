/*
 * A trace in a form that other programs read. One pass, written as it is read; what could be read
 * is written also of a damaged trace. The caller owns all that it passes; one thread.
 */
#ifndef SCHEDTOP_EXPORT_EXPORT_H
#define SCHEDTOP_EXPORT_EXPORT_H

#include "export/choices.h"
#include "trace/profile_kinds.h"
#include "trace/reader.h"
#include "trace/tasks.h"

struct export_options {
	enum export_format format;
	enum redact_level redact;
	int64_t from_ns, to_ns;    /* since the trace began; INT64_MAX: to its end */
	uint64_t goroutine;        /* this one alone; 0: all */
	struct task_filter task;   /* what is done for these tasks */
	enum profile_kind profile; /* of EXPORT_FOLDED, and whether it counts... */
	bool still_blocked;        /* ...what is open at the end */
	bool reference_clock;      /* see order.h; for tests */
	struct trace_progress progress;
};

/* From the trace at `path` to `output`, which appears whole or not at all; "-" is standard input
   and output. STATUS_DAMAGED with a sentence also when all that could be read was written. */
enum status export_trace(const char *path, const char *output, const struct export_options *options,
                         struct error *error);

#endif
