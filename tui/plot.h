/*
 * Small graphs made of cells: sparklines, stacked bars and the history strip of a P. They draw into
 * the pane they are given, one row high, and hold nothing. UI thread.
 */
#ifndef SCHEDTOP_TUI_PLOT_H
#define SCHEDTOP_TUI_PLOT_H

#include "metrics/derive.h"
#include "tui/canvas.h"

/* How a state of a P looks: colour and glyph say the same. */
struct plot_state {
	enum style style, weak;
	uint32_t glyph, ascii;
	const char *legend;
	double least; /* share of a cell's time from which it is worth showing */
};
extern const struct plot_state plot_state[LANE_STATE_COUNT];

/* The step of ▁▂▃▄▅▆▇█ (ASCII . : - = + * # @) for 0...1. */
uint32_t plot_level(double ratio, bool ascii);

/* One cell per value, the newest at the right edge; NAN leaves its cell blank. `max` fills a cell.
 */
void plot_spark(struct pane pane, enum style style, const double *value, size_t n, double max);

/* The shares of lane states side by side over the whole pane, in the order of the legend; rounding
   never makes the bar longer or shorter than the pane. Unknown shares draw nothing. */
void plot_bar(struct pane pane, const struct lane_share *share);

/*
 * One cell of a strip: the state that the P spent most time in, apart from idle, if that is worth
 * showing; running by its height; idle when nothing was, and blank when nobody looked.
 */
void plot_lane(struct pane pane, int x, const struct lane_share *share);

/* "█ running  ▒ syscall …" from the right edge, as many as fit whole. */
void plot_legend(struct pane pane);

#endif
