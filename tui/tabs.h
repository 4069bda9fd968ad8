/*
 * The tabs in the bottom line of a screen with several views. It holds nothing. UI thread.
 */
#ifndef SCHEDTOP_TUI_TABS_H
#define SCHEDTOP_TUI_TABS_H

#include <stddef.h>

#include "tui/canvas.h"

#define TABS_MAX 9 /* as many as there are digits */

struct tabs {
	const char *name[TABS_MAX]; /* the first is number 1 */
	size_t n, current;
};

/* From the left; returns where the keys may begin. Where room is short, all but the current one
   have the first letters of their names, then all have, then their numbers alone. */
int tabs_draw(struct pane line, const struct tabs *tabs);
/* The tab at these cells of the canvas, from 0; -1: none is there. */
int tabs_at(const struct canvas *canvas, const struct tabs *tabs, int x, int y);

#endif
