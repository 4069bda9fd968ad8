/*
 * The top line of every view: who is watched, by what means, and how fresh that is. It reads the
 * data of view.h and holds nothing. UI thread.
 */
#ifndef SCHEDTOP_TUI_HEADER_H
#define SCHEDTOP_TUI_HEADER_H

#include "tui/view.h"

/* Into the pane's first row; there is a snapshot. */
void header_draw(struct pane pane, const struct view_data *data);

enum { HEADER_FACT = 160, HEADER_FACTS_MAX = 8 };
/* n facts from x on in their order, "" is none. Where room is short those that stand last in
   `by_weight` go first; none is cut. */
void header_draw_facts(struct pane pane, int x, const char (*fact)[HEADER_FACT],
                       const int *by_weight, int n);

#endif
