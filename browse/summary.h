/*
 * The parts of the Summary, which view_summary.c puts on one page. They hold nothing. UI thread.
 */
#ifndef SCHEDTOP_BROWSE_SUMMARY_H
#define SCHEDTOP_BROWSE_SUMMARY_H

#include "browse/view.h"

/* Lines for what the doctor found, summary_findings.c: the gravest. */
int summary_findings_count(const struct trace_data *data);
void summary_draw_findings(struct pane pane, const struct trace_data *data);

/* Of all Ps, 0...1; negative: unknown. */
double summary_busy(const struct trace_data *data);
/* Ps with their share and what they did over time, summary_procs.c. Mends `place`. */
int summary_procs_count(const struct trace_data *data);
void summary_draw_procs(struct pane pane, const struct trace_data *data, struct view_place *place);

#endif
