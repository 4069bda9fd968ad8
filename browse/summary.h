/*
 * The parts of the Summary, which view_summary.c puts on one page. They hold nothing. UI thread.
 */
#ifndef SCHEDTOP_BROWSE_SUMMARY_H
#define SCHEDTOP_BROWSE_SUMMARY_H

#include "browse/view.h"

enum { FINDINGS_MAX = 6 };

struct findings {
	struct finding {
		enum style style;
		const char *view; /* that shows more of it; NULL: none does */
		char text[320];
	} finding[FINDINGS_MAX];
	int n;
};

/* What is beyond all doubt worth a look, the gravest first. */
void summary_find(struct findings *findings, const struct trace_data *data, bool ascii);

/* Of all Ps, 0...1; negative: unknown. */
double summary_busy(const struct trace_data *data);
/* Ps with their share and what they did over time, summary_procs.c. Mends `place`. */
int summary_procs_count(const struct trace_data *data);
void summary_draw_procs(struct pane pane, const struct trace_data *data, struct view_place *place);

#endif
