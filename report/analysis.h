/*
 * One pass over a trace with every analysis that a report needs. The caller owns the structure and
 * everything in it until analysis_finish; one thread.
 */
#ifndef SCHEDTOP_REPORT_ANALYSIS_H
#define SCHEDTOP_REPORT_ANALYSIS_H

#include "report/kinds.h"
#include "report/top.h"
#include "trace/activity.h"
#include "trace/blocking.h"
#include "trace/gc.h"
#include "trace/goroutines.h"
#include "trace/mmu.h"
#include "trace/procs.h"
#include "trace/reader.h"
#include "trace/regions.h"
#include "trace/samples.h"
#include "trace/states.h"
#include "trace/tasks.h"
#include "trace/window.h"

struct analysis_options {
	bool one_thread;        /* see trace_options */
	bool strict;            /* stop where Go's own reader stops */
	unsigned kinds;         /* bits of enum report_kind; what nobody asks for is not looked at */
	int64_t from_ns, to_ns; /* since the trace began; INT64_MAX: to its end */
	uint64_t goroutine;     /* this one alone, where goroutines are told; 0: all */
	struct task_filter task;
	bool task_rows; /* of each type of task some of every duration are kept */
	/* What of these kinds nobody asks for: */
	bool no_activity; /* what happened when */
	int64_t mmu_ns;   /* windows of other lengths; 0: all are asked for */
	struct trace_progress progress;
	/* Called with each goroutine when it ends and with all that are left at the end; and when the
	   part begins, since those before it don't count. May be NULL, both. */
	void (*finished)(void *self, const struct goroutine_time *g);
	void (*restarted)(void *self);
	void *finished_self;
	const struct window_member *also; /* more that is shown the same part of the trace */
	size_t alsos;
	struct spells
		*spells; /* walked with the analyses that look at the same; NULL: nobody listens */
	/* Stands between the pass and all of them: to let another thread look at what they have so far,
	   and to end the pass early. `inner` lives as long as the pass. NULL: nothing does. */
	struct trace_visitor (*wrap)(void *self, const struct trace_visitor *inner);
	void *wrap_self;
};

struct analysis {
	const char *path; /* the caller's; "-" is standard input */
	struct analysis_options options;
	uint64_t file_bytes; /* as they lie on disk; 0: a pipe */
	const char *packing; /* "gzip", "zstd" or NULL */
	struct trace_summary summary;
	struct names names;
	struct goroutines goroutines;
	struct top most_running, most_runnable;
	struct stacks stacks; /* of all that follow */
	struct blocking blocking;
	struct procs procs;
	struct activity activity;
	struct gc gc;
	struct mmu mmu;
	struct states states; /* of some of these and the spells, when all of them are asked for */
	struct tasks tasks;
	struct regions regions;
	struct samples samples;
};

/* Opens the file and looks at its header. A sentence that names the file when that can't be read as
   a trace; then there is nothing to finish. */
enum status analysis_open(struct input *in, const char *path, struct error *error);
/* STATUS_OK also for a damaged trace, unless there is nothing of one: see analysis_verdict.
   Otherwise a sentence that names the file. Call analysis_finish in any case. */
enum status analysis_read(struct analysis *analysis, const char *path,
                          const struct analysis_options *options, struct error *error);
/* STATUS_DAMAGED, with a sentence that names the file and the first damage, or STATUS_OK. */
enum status analysis_verdict(const struct analysis *analysis, struct error *error);
/* The same of an input that is open; it stays the caller's. */
enum status analysis_read_input(struct analysis *analysis, struct input *in, const char *path,
                                const struct analysis_options *options, struct error *error);
void analysis_finish(struct analysis *analysis);

static inline bool analysis_wants(const struct analysis *analysis, enum report_kind kind)
{
	return analysis->options.kinds >> kind & 1;
}

#endif
