/*
 * A picture of a whole trace in fixed memory: for each P and each thread what it did in each of
 * some thousand bins, and levels of the whole process. When the trace outgrows the bins, two become
 * one; when lanes come, they share the memory. A visitor; the caller owns it, one thread.
 */
#ifndef SCHEDTOP_TRACE_INDEX_H
#define SCHEDTOP_TRACE_INDEX_H

#include "trace/idmap.h"
#include "trace/lane_change.h"

enum { INDEX_BINS_MOST = 32768, INDEX_BINS_LEAST = 256 };

/* Of idle to syscall; the rest of the bin is unknown, or nobody's. */
enum { INDEX_STATES = SPAN_SYSCALL };

struct index_cell {
	float ns[INDEX_STATES]; /* by enum span_state - 1 */
	float margin_ns;        /* of the goroutine over all others, see lane_cell */
	uint32_t goroutine, switches;
};

struct index_lane {
	/* What each change looks at. */
	int64_t since_ns;   /* so far all is counted */
	int64_t bin_end_ns; /* of the bin that this moment lies in */
	uint64_t goroutine; /* 0: none */
	uint8_t state;      /* that goes on */
	/* Of the open bin. */
	uint32_t switches;
	uint64_t favourite;
	int64_t margin_ns;
	int64_t ns[SPAN_STATES];

	uint64_t id;
	struct index_cell *cell; /* one for each bin; NULL: there are too many lanes */
};

enum index_level_kind {
	INDEX_HEAP,
	INDEX_GOAL,
	INDEX_RUNNABLE,
	INDEX_MARKING, /* 0 or 1 */
	INDEX_STOPPED,
	INDEX_LEVELS
};

struct index_level {
	bool known; /* now */
	bool seen;  /* it was known once: there is something in the cells */
	int64_t since_ns, bin_end_ns, level;
	double area; /* of the open bin: level * ns */
	int64_t most;
	struct index_level_cell {
		float area, most; /* most < 0: unknown */
	} * cell;
};

/* Lanes of one kind. */
struct index_lanes {
	struct index_lane *lane;
	size_t n, capacity;
	struct idmap of_id;
	uint32_t *of_slot; /* index + 1, 0: not looked up yet */
	size_t slots;
};

struct index {
	size_t budget; /* bytes of cells; 0: 12 MiB */

	bool begun, ended;
	bool torn; /* behind a gap, until the next block */
	int64_t first_ns, last_ns;
	unsigned shift; /* a bin is 2^shift ns wide */
	size_t bins;    /* that there is room for, a power of two; 0 before the first block */
	struct index_lanes proc, thread;
	struct index_level level[INDEX_LEVELS];
	struct lane_work work;
};

/* All zero, with `budget` set if wanted, is a good start. */
void index_finish(struct index *index);
struct trace_visitor index_visitor(struct index *index);

/* --- reading it: any thread, while no visitor is called -----------------------------------------
 */

static inline int64_t index_bin_ns(const struct index *index)
{
	return INT64_C(1) << index->shift;
}
/* n cells of equal width over [from_ns, to_ns). false: there is no such lane, all is unknown. */
bool index_cells(const struct index *index, struct lane lane, int64_t from_ns, int64_t to_ns,
                 struct lane_cell *cell, size_t n);
void index_levels(const struct index *index, enum index_level_kind kind, int64_t from_ns,
                  int64_t to_ns, struct counter_cell *cell, size_t n);
/* IDs in their order; returns how many there are, which may be more than `room`. */
size_t index_lane_ids(const struct index *index, enum lane_kind kind, struct lane *lane,
                      size_t room);
/* Goroutines that lead on Ps in the window, the longest first; returns how many. */
size_t index_goroutines(const struct index *index, int64_t from_ns, int64_t to_ns,
                        struct lane *lane, size_t room);

#endif
