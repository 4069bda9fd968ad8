/*
 * A histogram of the runtime as rows of bars, seen over several windows at once. distribution_make
 * gathers the runtime's buckets into rows of whole powers of two, distribution_draw draws them.
 * Plain values. UI thread.
 */
#ifndef SCHEDTOP_TUI_DISTRIBUTION_H
#define SCHEDTOP_TUI_DISTRIBUTION_H

#include "metrics/histogram.h"
#include "tui/canvas.h"
#include "tui/plot.h"

#define DISTRIBUTION_ROWS_MAX 40

/* Row i counts the buckets that begin in [lo_ns, hi_ns). */
struct distribution_row {
	double lo_ns, hi_ns; /* lo_ns of the first may be -INFINITY */
	uint64_t count[PLOT_WINDOWS];
};

struct distribution {
	int rows;         /* 0: no window has any events */
	double share_max; /* of the events of a window in one row, rounded up to one of a few steps */
	bool known[PLOT_WINDOWS];
	uint64_t total[PLOT_WINDOWS];
	struct distribution_row row[DISTRIBUTION_ROWS_MAX];
};

/* From the shortest that happened in any window to the longest, in at most `rows` rows, each a
   power of two wide, all the same. */
void distribution_make(struct distribution *d, const struct histogram window[PLOT_WINDOWS],
                       int rows);

/* One pane row for each: its range, its bar, and in the last columns how many there were in the
   first window. */
void distribution_draw(struct pane pane, const struct distribution *d);
/* Where the bars are, for what stands above them. */
struct pane distribution_bars(struct pane pane);

#endif
