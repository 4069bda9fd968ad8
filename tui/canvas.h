/*
 * A grid of cells that views draw on: one character and one role per cell. The canvas knows nothing
 * of terminals (term.h shows it) and belongs to one thread. Views draw through panes, which are
 * rectangles of a canvas passed by value: nothing drawn through a pane ever leaves it, whatever the
 * text holds.
 *
 * Widths come from wcwidth(3), so the caller has set LC_CTYPE. Control characters and invalid bytes
 * are drawn as '?', characters without a width are left out, and on an ASCII canvas every character
 * is.
 */
#ifndef SCHEDTOP_TUI_CANVAS_H
#define SCHEDTOP_TUI_CANVAS_H

#include <stdbool.h>
#include <stdint.h>

#include "tui/style.h"

#define CANVAS_WIDTH_MAX  1000
#define CANVAS_HEIGHT_MAX 500

struct cell {
	uint32_t glyph; /* a Unicode code point that can be printed */
	uint8_t style;  /* enum style */
	uint8_t width;  /* 1, or 2 for a wide character and then 0 for the cell it covers */
};

struct canvas {
	int width, height;
	bool ascii;
	struct cell *cell; /* [height * width], by rows */
};

/* NULL when out of memory. Sizes are cut to 1...MAX. All cells are blank. */
struct canvas *canvas_create(int width, int height, bool ascii);
void canvas_destroy(struct canvas *canvas); /* NULL is fine */
void canvas_clear(struct canvas *canvas);
const struct cell *canvas_at(const struct canvas *canvas, int x, int y);

struct pane {
	struct canvas *canvas;
	int x, y, width, height; /* in cells of the canvas; width and height are never negative */
};

struct pane pane_of(struct canvas *canvas);
/* The part of x...x+width, y...y+height that lies in `pane`; coordinates are the pane's own. */
struct pane pane_sub(struct pane pane, int x, int y, int width, int height);
struct pane pane_row(struct pane pane, int y);

/* One character. Half a wide one is never left behind: its other half becomes blank. */
void pane_glyph(struct pane pane, int x, int y, enum style style, uint32_t glyph);
/* UTF-8 text from x on; the return value is where the next character would go. */
int pane_text(struct pane pane, int x, int y, enum style style, const char *text);
int pane_print(struct pane pane, int x, int y, enum style style, const char *format, ...)
	__attribute__((format(printf, 5, 6)));
/* Ends at the pane's right edge. Text that is too wide loses its end to an ellipsis. */
void pane_right(struct pane pane, int y, enum style style, const char *text);
/* Starts at x; text that is too wide loses its end to an ellipsis. Returns as pane_text does. */
int pane_fit(struct pane pane, int x, int y, enum style style, const char *text);
/* Text in lines of the pane's width, broken between words where it can be; what does not fit the
   height ends in an ellipsis. Returns the lines it would take. */
int pane_wrap(struct pane pane, enum style style, const char *text);
/* Gives every cell of the pane the style and leaves the characters. */
void pane_restyle(struct pane pane, enum style style);

/* Cells that `text` takes on this canvas. */
int canvas_text_width(const struct canvas *canvas, const char *text);

/* Writes the code point as UTF-8 with its terminator; returns the bytes without it. */
int glyph_encode(uint32_t glyph, char to[5]);

#endif
