/*
 * One side of a comparison: its traces, called runs, and the slices that their time is cut into.
 * Slices of a run are equally long, the last may be shorter; they double their length while the run
 * goes on, so that there are never more than there is room for. Time counts from where the run
 * begins and stands still where the trace lost something, so that no clock matters. The caller owns
 * it; one thread.
 */
#ifndef SCHEDTOP_COMPARE_SIDE_H
#define SCHEDTOP_COMPARE_SIDE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum {
	SIDE_RUNS = 256,
	SIDE_SLICES = 64, /* of all runs together, or one of each */
};
#define SIDE_FIRST_SLICE_NS 1000000

struct run {
	const char *path; /* the caller's */
	unsigned version; /* of the trace's header */
	uint64_t events;
	bool damaged;
	bool sampled; /* total times are true; how often and how long each time is unknown */
	size_t first, slices;
	int64_t slice_ns, length_ns;
};

struct side {
	struct run run[SIDE_RUNS];
	size_t runs;
	size_t most;   /* slices of a run, a power of two */
	size_t slices; /* of all runs that have ended */

	/* The run that goes on. */
	bool begun, in_gap;
	int64_t begin_ns; /* when its time would be 0, had nothing been lost */
	int64_t gap_ns;
};

/* For so many runs, 1 to SIDE_RUNS. */
void side_init(struct side *side, size_t runs);
/* The next one; side->runs counts it when it has ended. */
struct run *side_begin(struct side *side, const char *path);
/* Events of this time follow: the first, or behind a gap. */
void side_resume(struct side *side, int64_t time_ns);
/* Events were lost from here on. */
void side_lose(struct side *side, int64_t time_ns);
/* The run counts from this time on. */
void side_restart(struct side *side, int64_t time_ns);
/* The slice of this time; SIZE_MAX: slices have to become twice as long first. */
size_t side_slice(const struct side *side, int64_t time_ns);
/* ...which they are now: the caller folds its series. */
void side_fold(struct side *side);
/* The run ends. true: its last slice was too short and became part of the one before; the caller
   joins its series there, side->slices. */
bool side_end(struct side *side, int64_t time_ns);

double side_seconds(const struct side *side);
/* Length of a slice in seconds. */
double run_slice_seconds(const struct run *run, size_t slice);

#endif
