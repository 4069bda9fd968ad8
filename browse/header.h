/*
 * The first line of the browser: which trace, what of it, and whether it can be believed. It holds
 * nothing. UI thread.
 */
#ifndef SCHEDTOP_BROWSE_HEADER_H
#define SCHEDTOP_BROWSE_HEADER_H

#include "browse/view.h"

/* `inside` is the screen that the trace was opened from; NULL: none. `filter` is of the list that
   is shown; "": there is none. */
void trace_header_draw(struct pane pane, const struct trace_data *data, const char *inside,
                       const char *filter);

#endif
