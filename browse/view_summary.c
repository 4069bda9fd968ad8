/* Summary: is it starved, blocked, collecting, or idle, and when? */
#include <math.h>
#include <stdio.h>

#include "browse/view.h"
#include "trace/elapsed.h"
#include "tui/plot.h"
#include "util/text.h"

enum { LABEL_WIDTH = 11, FIGURES_WIDTH = 30, PROC_WIDTH = 6, SHARE_WIDTH = 8 };

/* --- utilization ---------------------------------------------------------------------------- */

/* With what goes on while the trace is being read. */
static int64_t running_ns(const struct trace_data *data, const struct proc_time *p)
{
	int64_t ns = p->running_ns;
	if (p->since_ns != INT64_MIN && data->loading)
		add_ns(&ns, elapsed_ns(p->since_ns, data->last_ns));
	return ns;
}

static double wall_ns(const struct trace_data *data)
{
	const struct procs *procs = &data->analysis->procs;
	return (double)elapsed_ns(procs->first_ns, data->loading ? data->last_ns : procs->last_ns);
}

static double busy_ratio(const struct trace_data *data)
{
	const struct procs *procs = &data->analysis->procs;
	double whole = (double)procs_available(procs) * wall_ns(data), busy = 0;
	for (size_t i = 0; i < procs->slots; i++)
		if (procs->slot[i].id != UINT64_MAX)
			busy += (double)running_ns(data, &procs->slot[i]);
	return whole > 0 ? busy / whole : -1;
}

static void draw_busy(struct pane line, const struct trace_data *data)
{
	const struct procs *procs = &data->analysis->procs;
	double ratio = busy_ratio(data);
	char busy[16], idle[16];
	pane_text(line, 1, 0, STYLE_LABEL, "CPU");
	if (ratio < 0) {
		pane_text(line, 1 + LABEL_WIDTH, 0, STYLE_DIM, "no P was seen");
		return;
	}
	text_percent(busy, sizeof busy, ratio);
	text_percent(idle, sizeof idle, ratio < 1 ? 1 - ratio : 0);
	int x = pane_text(line, 1 + LABEL_WIDTH, 0, STYLE_DIM, "busy ");
	x = pane_text(line, x, 0, STYLE_STRONG, busy);
	x = pane_text(line, x, 0, STYLE_DIM, "  idle ");
	x = pane_text(line, x, 0, STYLE_TEXT, idle);
	x = pane_text(line, x, 0, STYLE_DIM, procs->gomaxprocs ? "  GOMAXPROCS " : "  Ps seen ");
	pane_print(line, x, 0, STYLE_TEXT, "%llu", (unsigned long long)procs_available(procs));
}

/* --- levels over time ----------------------------------------------------------------------- */

struct level {
	const char *label;
	const struct timeline *timeline;
	enum style style;
	bool bytes;
};

static void draw_level(struct pane line, const struct level *level, double full)
{
	double value[TIMELINE_BINS], most = full;
	char text[32];
	const struct timeline *t = level->timeline;
	size_t n = timeline_whole_bins(t);
	int64_t peak = 0;
	for (size_t i = 0; i < n; i++) {
		value[i] = timeline_mean(t, i);
		if (value[i] > most)
			most = value[i];
		if (t->most[i] > peak)
			peak = t->most[i];
	}
	pane_text(line, 1, 0, STYLE_LABEL, level->label);
	if (level->bytes)
		text_bytes(text, sizeof text, peak);
	else
		text_count(text, sizeof text, peak);
	int x = pane_text(line, 1 + LABEL_WIDTH, 0, STYLE_DIM, "most ");
	pane_text(line, x, 0, STYLE_TEXT, n ? text : "–");
	struct pane graph =
		pane_sub(line, 1 + FIGURES_WIDTH, 0, line.width - FIGURES_WIDTH - 2, line.height);
	plot_spark(graph, level->style, value, n, most);
}

/* Returns the lines drawn. */
static int draw_levels(struct pane pane, const struct trace_data *data)
{
	const struct activity *act = &data->analysis->activity;
	const struct level levels[] = {
		{"Ps busy", &act->running, STYLE_RUNNING, false},
		{"Runnable", &act->runnable, STYLE_RUNNABLE, false},
		{"In syscall", &act->syscalls, STYLE_SYSCALL, false},
		{"Heap", &act->heap, STYLE_GC, true},
	};
	enum { LEVELS = sizeof levels / sizeof *levels };
	for (int i = 0; i < LEVELS; i++)
		draw_level(pane_row(pane, i), &levels[i],
		           i == 0 ? (double)procs_available(&data->analysis->procs) : 0);
	return LEVELS;
}

/* --- Ps ------------------------------------------------------------------------------------- */

static void draw_proc(struct pane line, const struct trace_data *data, const struct proc_time *p)
{
	char text[32];
	double wall = wall_ns(data), ratio = wall > 0 ? (double)running_ns(data, p) / wall : 0;
	int x = 1;
	snprintf(text, sizeof text, "%llu", (unsigned long long)p->id);
	pane_fit(pane_sub(line, x, 0, PROC_WIDTH, 1), 0, 0, STYLE_LABEL, text);
	x += PROC_WIDTH;
	text_percent(text, sizeof text, ratio);
	pane_right(pane_sub(line, x, 0, SHARE_WIDTH, 1), 0, STYLE_TEXT, text);
	x += SHARE_WIDTH + 2;
	struct pane bar = pane_sub(line, x, 0, line.width - x - 1, 1);
	int full = (int)lround(ratio * bar.width);
	for (int i = 0; i < full && i < bar.width; i++)
		pane_glyph(bar, i, 0, STYLE_RUNNING, bar.canvas->ascii ? '#' : 0x2588);
}

static void draw_procs(struct pane pane, const struct trace_data *data, struct view_place *place)
{
	const struct procs *procs = &data->analysis->procs;
	int rows = 0;
	for (size_t i = 0; i < procs->slots; i++)
		rows += procs->slot[i].id != UINT64_MAX;
	view_fit(place, rows, pane.height > 1 ? pane.height - 1 : 0);
	pane_fit(pane_sub(pane, 1, 0, PROC_WIDTH, 1), 0, 0, STYLE_DIM, "P");
	pane_right(pane_sub(pane, 1 + PROC_WIDTH, 0, SHARE_WIDTH, 1), 0, STYLE_DIM, "BUSY");
	for (int i = 0, row = 0; (size_t)i < procs->slots && row < place->top + place->page; i++) {
		if (procs->slot[i].id == UINT64_MAX)
			continue;
		if (row >= place->top)
			draw_proc(pane_row(pane, 1 + row - place->top), data, &procs->slot[i]);
		row++;
	}
}

static void draw(struct pane pane, const struct trace_data *data, struct view_place *place,
                 void *own)
{
	(void)own;
	draw_busy(pane_row(pane, 0), data);
	int y = 1 + draw_levels(pane_sub(pane, 0, 1, pane.width, pane.height - 1), data) + 1;
	draw_procs(pane_sub(pane, 0, y, pane.width, pane.height - y), data, place);
}

const struct trace_view trace_view_summary = {
	.name = "Summary",
	.context = CONTEXT_TRACE_SUMMARY,
	.draw = draw,
};
