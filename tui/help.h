/*
 * The help page of a view, made of the tables of keys and commands. It holds nothing but its place.
 * UI thread.
 */
#ifndef SCHEDTOP_TUI_HELP_H
#define SCHEDTOP_TUI_HELP_H

#include "tui/view.h"

/* Over the whole pane, with its own keys in the last row. */
void help_draw(struct pane pane, const struct view *view, struct view_place *place);

#endif
