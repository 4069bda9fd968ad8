/*
 * What groups of goroutines went through on their way to a P: how long they waited for one after
 * they were woken or created, how long after they had to give one up, and how long they kept one.
 * Short stretches never get here, so it costs little; how many there were in all the analyses
 * know. The family of rules that fills it owns it; one thread.
 */
#ifndef SCHEDTOP_DOCTOR_CPU_GROUPS_H
#define SCHEDTOP_DOCTOR_CPU_GROUPS_H

#include "doctor/situations.h"
#include "doctor/witness.h"
#include "report/analysis.h"
#include "trace/distribution.h"

enum {
	CPU_GROUPS = 256,        /* further ones are left out */
	CPU_WAIT_NS = 1000000,   /* shorter waits for a P are not looked at */
	CPU_BURST_NS = 10000000, /* nor are shorter bursts */
	CPU_SLICE_NS = 10000000, /* a P is taken away after that, ... */
	CPU_STALL_NS = 25000000  /* ... so whoever runs longer at a stretch stood still */
};

/* The longest of some stretches. */
struct cpu_longest {
	int64_t ns, begin_ns, end_ns;
	uint64_t goroutine; /* ID */
	uint32_t stack;
};

/* Goroutines that start with one function and were created by one function. */
struct cpu_group {
	uint32_t function, creator; /* names; NAME_NONE: unknown */
	uint32_t parent;            /* name: what the goroutine that created them starts with */
	struct distribution waits;  /* for a P, after they were woken or created */
	int64_t waits_starved_ns;   /* of them, while no P was idle */
	int64_t first_ns;           /* of them, before their first run */
	int64_t sliced_ns;          /* waits for a P after one was taken away */
	struct cpu_longest wait;    /* of `waits` */
	uint64_t bursts;            /* as long as the limit or longer */
	int64_t burst_ns;           /* what they ran in them, */
	int64_t burst_wall_ns;      /* from their beginnings to their ends, */
	int64_t burst_starved_ns;   /* and while others were runnable and no P idle, */
	int64_t burst_idle_ns;      /* or one was idle */
	struct cpu_longest burst;

	/* Known when the trace is over. */
	const struct goroutine_kind *kind; /* of the same goroutines, in the analysis; NULL: none */
	bool serves;                       /* somebody waits for what they do */
	bool polls; /* gives its P up again and again by itself: no loop that keeps it */
};

struct cpu_groups {
	double burst_ns; /* bursts from here on are counted */
	struct cpu_group *group;
	size_t n, capacity;
	struct idmap of;
	/* By goroutine's slot: of its burst so far, what it can't have run. Nobody is preempted late
	   but by a kernel that runs other things, and its bursts are no longer for that. */
	int64_t *stalled_ns;
	size_t slots;
};

void cpu_groups_finish(struct cpu_groups *groups);
void cpu_groups_clear(struct cpu_groups *groups);
/* A wait for a P, a stretch of running, or a burst. false: no memory. */
bool cpu_groups_spell(struct cpu_groups *groups, const struct witness *w, uint32_t slot,
                      const struct spell *spell);
/* The trace is over: fills in what is known only now. */
void cpu_groups_settle(struct cpu_groups *groups, const struct analysis *analysis,
                       struct situations *situations);

/* How many of the durations are this long or longer. */
uint64_t distribution_count_from(const struct distribution *d, int64_t ns);

#endif
