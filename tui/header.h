/*
 * The top line of every view: who is watched, by what means, and how fresh that is. It reads the
 * data of view.h and holds nothing. UI thread.
 */
#ifndef SCHEDTOP_TUI_HEADER_H
#define SCHEDTOP_TUI_HEADER_H

#include "tui/view.h"

/* Into the pane's first row; there is a snapshot. */
void header_draw(struct pane pane, const struct view_data *data);

#endif
