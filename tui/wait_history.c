#include "tui/wait_history.h"

#include <math.h>

#include "tui/plot.h"
#include "tui/series.h"
#include "util/text.h"

#define AXIS_WIDTH 9  /* "≤ 14.7 ms" */
#define WIDTH_MIN  30 /* for the title */

/* The least value there is; INFINITY when there is none. */
static double least(const double *value, int n)
{
	double min = INFINITY;
	for (int i = 0; i < n; i++)
		if (value[i] < min)
			min = value[i];
	return min;
}

/* Powers of two around the values, so that the axis stands still while they move a little. */
static void choose_axis(double *min, double *max)
{
	*max = exp2(ceil(log2(*max)));
	*min = exp2(floor(log2(*min)));
	if (*min > *max / 4)
		*min = *max / 4;
}

static void draw_axis(struct pane pane, double min, double max, int64_t span_ns)
{
	char text[48];
	struct pane marks = pane_sub(pane, 0, 1, AXIS_WIDTH, pane.height - 2);
	text_duration(text, sizeof text, max, pane.canvas->ascii);
	pane_right(pane_row(marks, 0), 0, STYLE_DIM, text);
	text_duration(text, sizeof text, min, pane.canvas->ascii);
	if (marks.height > 1)
		pane_right(pane_row(marks, marks.height - 1), 0, STYLE_DIM, text);
	/* Halfway up a logarithmic axis, where a row is just there. */
	text_duration(text, sizeof text, sqrt(min * max), pane.canvas->ascii);
	if (marks.height >= 5 && marks.height % 2)
		pane_right(pane_row(marks, marks.height / 2), 0, STYLE_DIM, text);
	struct pane foot =
		pane_sub(pane, AXIS_WIDTH + 1, pane.height - 1, pane.width - AXIS_WIDTH - 1, 1);
	char age[32];
	view_age(age, sizeof age, span_ns);
	pane_print(foot, 0, 0, STYLE_DIM, "%s ago", age);
	pane_right(foot, 0, STYLE_DIM, "now");
}

void wait_history_draw(struct pane pane, const struct view_data *data)
{
	double p50[SERIES_MAX], p99[SERIES_MAX];
	struct pane chart =
		pane_sub(pane, AXIS_WIDTH + 1, 1, pane.width - AXIS_WIDTH - 1, pane.height - 2);
	int n = chart.width * plot_density(pane.canvas);
	n = n < SERIES_MAX ? n : SERIES_MAX;
	if (pane.width < WIDTH_MIN || n < 1 || chart.height < 1)
		return;
	int64_t step_ns = series_step_ns(data, view_span(data), n);
	/* Steps are whole nanoseconds: where they fall short of the span there is one more. */
	n = (int)((view_span(data) + step_ns - 1) / step_ns);
	n = n < SERIES_MAX ? n : SERIES_MAX;
	double max = series_percentile(data, HISTOGRAM_SCHED_LATENCY, 0.99, step_ns, p99, n);
	series_percentile(data, HISTOGRAM_SCHED_LATENCY, 0.5, step_ns, p50, n);
	double min = fmin(least(p50, n), least(p99, n));
	const struct plot_line line[] = {
		{p50, STYLE_TEXT, '.', true},
		{p99, STYLE_RUNNABLE, '*', false},
	};
	bool ascii = pane.canvas->ascii;
	int x = pane_text(pane, 0, 0, STYLE_LABEL, "Wait to run");
	x = pane_text(pane, x + 2, 0, STYLE_RUNNABLE, ascii ? "***" : "━━━");
	x = pane_text(pane, x + 1, 0, STYLE_DIM, "p99");
	x = pane_text(pane, x + 2, 0, STYLE_TEXT, ascii ? "..." : "┅┅┅");
	static const char whole[] = "p50, upper ends";
	pane_text(pane, x + 1, 0, STYLE_DIM, x + (int)sizeof whole <= pane.width ? whole : "p50");
	if (!(max > 0)) {
		bool known = history_get(data->history, 0)->histogram[HISTOGRAM_SCHED_LATENCY].bounds;
		pane_text(chart, 0, 0, STYLE_DIM,
		          known ? "none in this time" : "– nothing known of this time");
		return;
	}
	choose_axis(&min, &max);
	plot_chart(chart, line, sizeof line / sizeof *line, (size_t)n, min, max);
	draw_axis(pane, min, max, view_span(data));
}
