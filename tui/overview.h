/*
 * The parts that the Overview is made of, each drawn into a pane of its own: one line of the
 * summary, or the block of lanes. They read the data of view.h and hold nothing. UI thread.
 */
#ifndef SCHEDTOP_TUI_OVERVIEW_H
#define SCHEDTOP_TUI_OVERVIEW_H

#include "tui/view.h"

enum overview_line {
	OVERVIEW_CPU,
	OVERVIEW_GOROUTINES,
	OVERVIEW_THREADS,
	OVERVIEW_WAIT,
	OVERVIEW_PAUSES,
	OVERVIEW_LINE_COUNT,
};

/* Into the first row of the pane; the counts of threads go on in the next ones, if there are any.
 */
void overview_draw_line(struct pane pane, enum overview_line line, const struct view_data *data);

/* Rows in which all counts of threads have room. */
int overview_threads_rows(int width);

/* Rows that the lanes would fill where there is room for so many: one for each P, or for as many of
   them as share one. 0: there are none, and a sentence says why. */
int overview_lanes_rows(const struct view_data *data, const struct view_place *place, int room);
/* A row of headings and then the lanes; when they don't fit, the last row says how many more there
 * are. */
void overview_draw_lanes(struct pane pane, const struct view_data *data, struct view_place *place);

/* Where there is room below: what all Ps did, in the cells of their strips, and how long goroutines
   waited meanwhile. */
void overview_draw_all(struct pane pane, const struct view_data *data);

#endif
