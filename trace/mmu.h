/*
 * How much of the Ps the collector leaves to the program: on the whole, and at worst in any stretch
 * of time of a given length, the minimum mutator utilization (internal/trace/gc.go). Stops of the
 * world for the collector, its dedicated and fractional workers and mark assists count against it.
 * A visitor of fixed size but for the goroutines alive; the caller owns it, one thread.
 */
#ifndef SCHEDTOP_TRACE_MMU_H
#define SCHEDTOP_TRACE_MMU_H

#include "trace/gc_workers.h"

enum {
	MMU_WINDOWS = 10,
	MMU_STEPS = 512, /* changes nearer to each other than a window's 512th are drawn together, which
	                    moves its minimum by less than half a percent */
	MMU_POINTS = MMU_STEPS + 4,
};
extern const int64_t mmu_window_ns[MMU_WINDOWS];

struct mmu_point {
	int64_t at_ns;
	double taken_ns; /* from the program until then, of all Ps: 0...at_ns */
};

struct mmu_window {
	bool known; /* the trace is long enough */
	double worst_taken_ns;
	int64_t worst_at_ns; /* when the worst window begins */

	struct mmu_point point[MMU_POINTS]; /* a ring */
	unsigned first, last, points;
	unsigned over; /* of the points, those whose own window is over: the first, or none yet */
};

struct mmu {
	int64_t only_ns; /* windows of this length alone; 0: of all */

	bool begun;
	int64_t first_ns, last_ns;
	double taken_ns;
	struct mmu_window window[MMU_WINDOWS];

	uint64_t procs;
	uint64_t busy; /* goroutines that run for the collector */
	uint64_t stops;
	struct gc_workers workers;
	uint8_t *flags; /* by goroutine's slot */
	size_t slots;
};

/* All zero, with `only_ns` set if wanted, is a good start. */
void mmu_finish(struct mmu *mmu);
struct trace_visitor mmu_visitor(struct mmu *mmu);
void mmu_restart(void *mmu, int64_t time_ns);

/* --- what states.c shows by itself ---------------------------------------------------------- */

/* Room for the block's goroutines. false: no memory. */
bool mmu_prepare(struct mmu *mmu, const struct trace_block *block);
/* Of a goroutine that has flags, as few have, or of which it is not known what it does. */
void mmu_transition(struct mmu *mmu, const struct trace_block *block, const struct trace_event *e);
/* What is no transition. */
void mmu_other(struct mmu *mmu, const struct trace_block *block, const struct trace_event *e);

/* 0...1; negative: unknown. Of one window, and on the whole. */
double mmu_minimum(const struct mmu *mmu, size_t window);
double mmu_mean(const struct mmu *mmu);

#endif
