/*
 * Graphs made of cells: sparklines, stacked bars, the history strip of a P, overlaid distributions
 * and charts. They draw into the pane they are given and hold nothing. The canvas says what they
 * are made of: braille, blocks or ASCII; whatever it is, colour never says anything alone. UI
 * thread.
 */
#ifndef SCHEDTOP_TUI_PLOT_H
#define SCHEDTOP_TUI_PLOT_H

#include "metrics/derive.h"
#include "tui/canvas.h"
#include "tui/state.h"

/* The step of ▁▂▃▄▅▆▇█ (ASCII . : - = + * # @) for 0...1. */
uint32_t plot_level(double ratio, bool ascii);

/* Values that a cell of a sparkline or a chart can show side by side: 2 in braille, else 1. */
int plot_density(const struct canvas *canvas);

/* One row, the newest value at the right edge; NAN leaves its place blank. `max` fills a cell. */
void plot_spark(struct pane pane, enum style style, const double *value, size_t n, double max);

/* The same over all rows of the pane, filled from its foot. */
void plot_area(struct pane pane, enum style style, const double *value, size_t n, double max);

/* The shares of lane states side by side over the whole pane, in the order of the legend; rounding
   never makes the bar longer or shorter than the pane. Unknown shares draw nothing. */
void plot_bar(struct pane pane, const struct lane_share *share);

/*
 * One cell of a strip: the state that the P spent most time in, apart from idle, if that is worth
 * showing; running by its height; idle when nothing was, and blank when nobody looked.
 */
void plot_lane(struct pane pane, int x, const struct lane_share *share);

/* A column of the pane: the shares of lane states one above the other, idle on top and blank. Blank
   as a whole when nobody looked. */
void plot_stack(struct pane pane, int x, const struct lane_share *share);

/*
 * One row of a distribution seen over several windows, each as the share 0...1 of its own events:
 * the first is a bar, the others are a mark where their bar would end. 0 and NAN draw nothing.
 * `max` reaches the right edge.
 */
#define PLOT_WINDOWS 3
void plot_overlay(struct pane pane, const double share[PLOT_WINDOWS], double max);
/* What stands for window i: glyph and style. */
uint32_t plot_window_glyph(int i, const struct canvas *canvas);
enum style plot_window_style(int i);

/* Values over time in a chart whose height is logarithmic, `min` at its foot and `max` at its top.
   The lines may be told apart without colour: one joins its points, a dotted one does not, and in
   ASCII each has a character. Where they meet, the one that stands last is seen. */
struct plot_line {
	const double *value; /* [n], oldest first; NAN: none */
	enum style style;
	char ascii;
	bool dotted;
};
#define PLOT_LINES_MAX 4 /* more are left out */
void plot_chart(struct pane pane, const struct plot_line *line, size_t lines, size_t n, double min,
                double max);

/* Of shares that are stacked from 0 on: the number of the one that fills most of lo...hi, -1 for
   none, and which part of it all of them fill. */
int plot_stacked(const double *share, size_t n, double lo, double hi, double *filled);

/* "█ running  ▒ syscall …" from the right edge, as many as fit whole. */
void plot_legend(struct pane pane);

#endif
