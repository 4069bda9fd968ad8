/*
 * How the percentiles of the wait to run went over time, as a chart with a title and axes: on the
 * Latency view, and on the Overview where there is room. It reads the data of view.h and holds
 * nothing. UI thread.
 */
#ifndef SCHEDTOP_TUI_WAIT_HISTORY_H
#define SCHEDTOP_TUI_WAIT_HISTORY_H

#include "tui/view.h"

/* A title, the chart, and the axis below it. Nothing where there is no room for a chart. */
void wait_history_draw(struct pane pane, const struct view_data *data);

#endif
