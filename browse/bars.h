/*
 * A distribution of a trace as rows of bars, with another one to compare it with: each row is a
 * range of durations, each bar the share of that distribution's own events. Rows are whole powers
 * of two, where the distribution's counts are exact. Plain values. UI thread.
 */
#ifndef SCHEDTOP_BROWSE_BARS_H
#define SCHEDTOP_BROWSE_BARS_H

#include "trace/distribution.h"
#include "tui/canvas.h"

enum { BARS_ROWS_MAX = 64 };

struct bars {
	int rows;         /* 0: nothing has happened */
	int octaves;      /* powers of two in a row */
	int first;        /* the first row begins at 2^first ns, or at 0 where that is 0 */
	double share_max; /* of the events of one distribution in one row, rounded up */
	bool compared;    /* there is another one */
	uint64_t total, other_total;
	struct bars_row {
		uint64_t count, other;
	} row[BARS_ROWS_MAX];
};

/* From the shortest that happened in either to the longest, in at most `rows` rows. `other` may be
   NULL. */
void bars_make(struct bars *bars, const struct distribution *d, const struct distribution *other,
               int rows);
/* The range of a row, [lo, hi) in ns. */
void bars_range(const struct bars *bars, int row, double *lo_ns, double *hi_ns);
/* One row of the pane: its range, its bar and how many. */
void bars_draw_row(struct pane line, const struct bars *bars, int row);
/* What stands above them: the title, what bars and marks are, and where the axis ends. */
void bars_draw_title(struct pane line, const struct bars *bars, const char *title, const char *what,
                     const char *other);

#endif
