/*
 * The one line for who sees the screen for the first time: above the bottom line, until any key.
 * UI thread.
 */
#ifndef SCHEDTOP_TUI_GREETING_H
#define SCHEDTOP_TUI_GREETING_H

#include "tui/canvas.h"
#include "tui/means.h"

/* Is it to be shown? Asked for once by each screen. */
bool greeting_wanted(const struct means *means);
/* Over the last row but one of a page. */
void greeting_draw(struct pane page, const struct keymap *keys, enum context context);
/* A key or a click: it is not shown any more, now or later. */
void greeting_dismiss(bool *shown, const struct means *means);

#endif
