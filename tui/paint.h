/*
 * Makes of what a terminal shows what it shall show, in as few bytes as come together easily: only
 * the cells that differ, the shortest way to each of them, and of the looks only what changes. It
 * knows what the terminal understands from its `means` alone; who owns the terminal (term.h) writes
 * the bytes, if possible in one go. Belongs to one thread.
 *
 * A frame leaves the terminal in its plain look, so that what others write is not coloured.
 */
#ifndef SCHEDTOP_TUI_PAINT_H
#define SCHEDTOP_TUI_PAINT_H

#include <stdbool.h>
#include <stddef.h>

#include "tui/canvas.h"
#include "tui/theme.h"

#define PAINT_BYTES_MAX       32 /* of one sequence, with its terminator */
#define PAINT_ATTRIBUTE_COUNT 4  /* bits of enum style_attribute */

enum paint_way {
	PAINT_TO,     /* column a of row b */
	PAINT_COLUMN, /* column a of this row */
	PAINT_RIGHT,  /* a cells on */
};

/* Sequences without padding; an empty one is not understood. Plain, clear and `move` must be. */
struct paint_means {
	struct theme_look look[STYLE_COUNT]; /* as the terminal can show it */
	char color[STYLE_COUNT][PAINT_BYTES_MAX], back[STYLE_COUNT][PAINT_BYTES_MAX];
	char attribute[PAINT_ATTRIBUTE_COUNT][PAINT_BYTES_MAX];
	char plain[PAINT_BYTES_MAX]; /* no attributes, the terminal's own colours */
	char clear[PAINT_BYTES_MAX]; /* the whole screen */
	char erase[PAINT_BYTES_MAX]; /* to the end of the row */
	bool corner_scrolls;         /* the last cell of the last row can't be written */
	/* Writes the sequence with its terminator to `to`, of PAINT_BYTES_MAX bytes, and returns its
	   length; 0: there is none. */
	size_t (*move)(char *to, enum paint_way way, int a, int b);
};

struct paint;

struct paint *paint_create(void); /* NULL when out of memory */
void paint_destroy(struct paint *p);

/* Nobody knows any more what the terminal shows: the next frame writes every cell. */
void paint_forget(struct paint *p);
/* Adds what changes the picture into this one. False when out of memory: then that is not known. */
bool paint_frame(struct paint *p, const struct paint_means *means, const struct canvas *canvas);

/* Adds bytes that draw nothing, behind what was added before. False when out of memory. */
bool paint_send(struct paint *p, const char *bytes, size_t length);

/* What has not been taken yet. */
const char *paint_bytes(const struct paint *p, size_t *length);
void paint_take(struct paint *p, size_t length);

#endif
