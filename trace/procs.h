/*
 * Ps: how much of GOMAXPROCS was in use. A P counts as used while it runs,
 * syscalls it was not taken away for included. A visitor; the caller owns it, one thread.
 */
#ifndef SCHEDTOP_TRACE_PROCS_H
#define SCHEDTOP_TRACE_PROCS_H

#include "trace/event.h"

struct proc_time {
	uint64_t id;
	int64_t since_ns; /* INT64_MIN: not running */
	int64_t running_ns;
	uint64_t starts, steals;
};

struct procs {
	struct proc_time *slot; /* as the trace names them first; those of no P have no ID */
	size_t slots;
	size_t n; /* Ps seen */
	struct idmap of_id;
	uint32_t *of_slot; /* of the trace, which are given anew behind a gap: index + 1, or 0 */
	size_t known_slots;
	bool begun;
	int64_t first_ns, last_ns;
	int64_t running_ns;                                  /* of all Ps */
	uint64_t gomaxprocs, gomaxprocs_min, gomaxprocs_max; /* 0: the trace doesn't tell */
	int64_t changed_ns;                                  /* since then it is so, and... */
	double available_ns;                                 /* ...all Ps until then */
	uint64_t threads;                                    /* seen */
};

/* All zero is a good start. */
void procs_finish(struct procs *procs);
struct trace_visitor procs_visitor(struct procs *procs);
void procs_restart(void *procs, int64_t time_ns);
/* GOMAXPROCS, or the Ps seen where the trace doesn't tell. */
uint64_t procs_available(const struct procs *procs);
/* Time of all these Ps until then, whatever their number was meanwhile. */
double procs_available_ns(const struct procs *procs, int64_t until_ns);
/* 0...1; negative: unknown. */
double procs_utilization(const struct procs *procs);

#endif
