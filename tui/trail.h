/*
 * Where the user is below a view's first page: "Goroutines › main.worker › G12", in the first line
 * below the header. It is shown where Escape leads one step back up it, and nowhere else. A plain
 * value that borrows its texts. UI thread.
 */
#ifndef SCHEDTOP_TUI_TRAIL_H
#define SCHEDTOP_TUI_TRAIL_H

#include "tui/canvas.h"

#define TRAIL_STEPS 3

struct trail {
	const char *step[TRAIL_STEPS]; /* from the view's name on; NULL after the last */
};

/* Cells of it as a whole. */
int trail_width(const struct canvas *canvas, const struct trail *trail);
/* From x to the pane's edge; where that is short, the longest steps lose their middles. Returns as
   pane_text does. */
int trail_draw(struct pane line, int x, const struct trail *trail);

#endif
