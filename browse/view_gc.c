/* GC: how long did the collector stop, slow down and take from the program, and why so often? */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>

#include "browse/table.h"
#include "browse/view.h"
#include "browse/words.h"
#include "trace/elapsed.h"
#include "tui/plot.h"
#include "util/text.h"

enum { WIDE = 100, AXIS_WIDTH = 10, POINTS_MAX = 2 * CANVAS_WIDTH_MAX };

/* A chart on a linear axis from 0 up to 1: plot_chart's is logarithmic. */
#define LINEAR(value) exp(value)
#define LINEAR_MIN    1.0
#define LINEAR_MAX    2.718281828459045

/* --- ranges --------------------------------------------------------------------------------- */

enum {
	COLUMN_WHAT,
	COLUMN_COUNT,
	COLUMN_TOTAL,
	COLUMN_P50,
	COLUMN_P90,
	COLUMN_P99,
	COLUMN_MAX,
	COLUMNS
};
static const struct table_column column[COLUMNS] = {
	[COLUMN_WHAT] = {"", -1, true, {.min = 22, .want = 34}},
	[COLUMN_COUNT] = {"COUNT", -1, false, {.min = 7, .want = 7, .gap = 1}},
	[COLUMN_TOTAL] = {"TOTAL", -1, false, {.min = 8, .want = 8, .gap = 1}},
	[COLUMN_P50] = {"P50", -1, false, {.min = 8, .want = 8, .gap = 1, .drop = 2}},
	[COLUMN_P90] = {"P90", -1, false, {.min = 8, .want = 8, .gap = 1, .drop = 3}},
	[COLUMN_P99] = {"P99", -1, false, {.min = 8, .want = 8, .gap = 1, .drop = 1}},
	[COLUMN_MAX] = {"MAX", -1, false, {.min = 8, .want = 8, .gap = 1}},
};

struct range {
	char what[PAGE_CELL];
	const struct distribution *d;
	enum style style;
};

enum { FIXED_RANGES = 4, RANGES_MAX = FIXED_RANGES + STW_KINDS };

static int by_total(const void *x, const void *y)
{
	const struct range *a = x, *b = y;
	return a->d->sum_ns < b->d->sum_ns ? 1 : a->d->sum_ns > b->d->sum_ns ? -1 : 0;
}

/* What the collector does, then each kind of stop of the world, most time first. */
static int list_ranges(struct range range[RANGES_MAX], const struct canvas *canvas,
                       const struct trace_data *data)
{
	const struct gc *gc = &data->analysis->gc;
	const struct {
		const char *what;
		const struct distribution *d;
		enum style style;
	} fixed[FIXED_RANGES] = {
		{"Marking, concurrent", &gc->mark, STYLE_GC},
		{"Mark assists", &gc->assist, STYLE_GC},
		{"Sweeping", &gc->sweep, STYLE_GC},
		{"Stops of the world", &gc->pause, STYLE_WARNING},
	};
	int n = 0;
	for (int i = 0; i < FIXED_RANGES; i++, n++) {
		snprintf(range[n].what, PAGE_CELL, "%s", fixed[i].what);
		range[n].d = fixed[i].d;
		range[n].style = fixed[i].style;
	}
	for (size_t i = 0; i < gc->kinds && n < RANGES_MAX; i++, n++) {
		char name[PAGE_CELL];
		words_name(name, canvas, &data->analysis->names, gc->kind[i].name, "(no reason)");
		snprintf(range[n].what, PAGE_CELL, "  %.*s", PAGE_CELL - 4, name);
		range[n].d = &gc->kind[i].pause;
		range[n].style = STYLE_TEXT;
	}
	qsort(range + FIXED_RANGES, (size_t)(n - FIXED_RANGES), sizeof *range, by_total);
	return n;
}

static void draw_range(struct pane line, const struct table *table, const struct range *range)
{
	const struct distribution *d = range->d;
	bool known = d->count > 0;
	table_text(line, table, COLUMN_WHAT, STYLE_LABEL, range->what);
	table_times(line, table, COLUMN_COUNT, STYLE_TEXT, d->count);
	table_duration(line, table, COLUMN_TOTAL, STYLE_STRONG, d->sum_ns, known);
	table_longest(line, table, COLUMN_P50, STYLE_TEXT, distribution_percentile(d, .5), known);
	table_longest(line, table, COLUMN_P90, STYLE_TEXT, distribution_percentile(d, .9), known);
	table_longest(line, table, COLUMN_P99, STYLE_TEXT, distribution_percentile(d, .99), known);
	table_longest(line, table, COLUMN_MAX, STYLE_TEXT, d->max_ns, known);
}

static void draw_ranges(struct pane pane, const struct range *range, int n,
                        struct view_place *place, bool sampled)
{
	struct table table;
	table_layout(&table, column, COLUMNS, pane.width);
	table.sampled = sampled;
	table_draw_headings(pane_row(pane, 0), &table, place);
	view_fit(place, n, pane.height - 1);
	for (int i = place->top; i < n && i < place->top + place->page; i++)
		draw_range(pane_row(pane, 1 + i - place->top), &table, &range[i]);
}

/* --- in one line ---------------------------------------------------------------------------- */

static int draw_word(struct pane line, int x, const char *word, const char *number)
{
	if (x + canvas_text_width(line.canvas, word) + canvas_text_width(line.canvas, number) + 1 >
	    line.width)
		return x;
	x = pane_text(line, x, 0, STYLE_DIM, word);
	return pane_text(line, pane_text(line, x + 1, 0, STYLE_STRONG, number), 0, STYLE_DIM, "  ");
}

static void draw_summary(struct pane line, const struct trace_data *data)
{
	const struct analysis *a = data->analysis;
	const struct gc *gc = &a->gc;
	double mean = mmu_mean(&a->mmu);
	char text[32];
	int x = 0;
	text_count(text, sizeof text, (int64_t)(gc->mark.count & INT64_MAX));
	if (!data->summary->sampled_hz)
		x = draw_word(line, x, "cycles", text);
	text_percent(text, sizeof text, 1 - mean);
	if (mean >= 0)
		x = draw_word(line, x, "taken from the program", text);
	text_bytes(text, sizeof text, bound_bytes(gc->heap_max));
	if (gc->has_heap)
		x = draw_word(line, x, "heap at most", text);
	text_bytes(text, sizeof text, bound_bytes(gc->goal_max));
	if (gc->has_goal)
		x = draw_word(line, x, "goal at most", text);
	text_bytes(text, sizeof text, bound_bytes(gc->reclaimed_bytes));
	if (gc->sweep.count)
		draw_word(line, x, "reclaimed by sweeping", text);
}

/* --- charts --------------------------------------------------------------------------------- */

/* The labels at the top and the foot of an axis; the rest of the pane. */
static struct pane draw_axis(struct pane pane, const char *top, const char *foot)
{
	pane_right(pane_sub(pane, 0, 0, AXIS_WIDTH - 1, 1), 0, STYLE_DIM, top);
	pane_right(pane_sub(pane, 0, pane.height - 1, AXIS_WIDTH - 1, 1), 0, STYLE_DIM, foot);
	return pane_sub(pane, AXIS_WIDTH, 0, pane.width - AXIS_WIDTH, pane.height);
}

/* What the window would be at x of n points, on a logarithmic axis; the ends of the windows that
   are known. */
static double mmu_at(const struct mmu *mmu, size_t known, size_t x, size_t n)
{
	double first = log((double)mmu_window_ns[0]);
	double last = log((double)mmu_window_ns[known - 1]);
	double at = first + (last - first) * (double)x / (double)(n - 1);
	size_t i = 1;
	while (i + 1 < known && log((double)mmu_window_ns[i]) < at)
		i++;
	double left = log((double)mmu_window_ns[i - 1]), right = log((double)mmu_window_ns[i]);
	double share = fmin(fmax((at - left) / (right - left), 0), 1);
	return mmu_minimum(mmu, i - 1) * (1 - share) + mmu_minimum(mmu, i) * share;
}

/* The minimum of what is left to the program in any window of a length, by that length. */
static void draw_mmu(struct pane pane, const struct trace_data *data)
{
	const struct mmu *mmu = &data->analysis->mmu;
	double value[POINTS_MAX];
	char from[32], to[32];
	size_t known = 0;
	while (known < MMU_WINDOWS && mmu_minimum(mmu, known) >= 0)
		known++;
	pane_fit(pane, 0, 0, STYLE_LABEL, "Least share left to the program (MMU)");
	struct pane chart =
		draw_axis(pane_sub(pane, 0, 1, pane.width, pane.height - 2), "100 %", "0 %");
	size_t n = (size_t)chart.width * (size_t)plot_density(pane.canvas);
	if (known < 2 || n < 2 || n > POINTS_MAX) {
		pane_fit(chart, 1, 0, STYLE_DIM,
		         data->loading ? "not known yet" : "unknown: the trace is shorter than 2 ms");
		return;
	}
	for (size_t i = 0; i < n; i++)
		value[i] = LINEAR(mmu_at(mmu, known, i, n));
	const struct plot_line line = {value, STYLE_RUNNING, '*', false};
	plot_chart(chart, &line, 1, n, LINEAR_MIN, LINEAR_MAX);
	text_duration(from, sizeof from, (double)mmu_window_ns[0], pane.canvas->ascii);
	text_duration(to, sizeof to, (double)mmu_window_ns[known - 1], pane.canvas->ascii);
	struct pane foot = pane_sub(pane, AXIS_WIDTH, pane.height - 1, pane.width - AXIS_WIDTH, 1);
	pane_text(foot, 0, 0, STYLE_DIM, from);
	pane_right(foot, 0, STYLE_DIM, to);
}

/* The bin at a column; time that has not been told of is none. */
static const struct heap_bin *bin_at(const struct heap *heap, size_t x, size_t n)
{
	size_t i = x * heap->bins / n;
	return &heap->bin[i < heap->bins ? i : heap->bins - 1];
}

/* Levels go on until something else is told. */
static void fill_levels(const struct heap *heap, size_t n, double most, double *bytes, double *goal)
{
	double last_heap = NAN, last_goal = NAN;
	size_t bin = 0;
	for (size_t x = 0; x < n; x++) {
		double peak = NAN;
		for (; bin <= x * heap->bins / n && bin < heap->bins; bin++) {
			const struct heap_bin *b = &heap->bin[bin];
			if (b->has_heap)
				peak = isnan(peak) ? (double)b->heap_max : fmax(peak, (double)b->heap_max);
			if (b->has_goal)
				last_goal = (double)b->goal;
		}
		last_heap = isnan(peak) ? last_heap : peak;
		bytes[x] = isnan(last_heap) ? NAN : LINEAR(last_heap / most);
		goal[x] = isnan(last_goal) ? NAN : LINEAR(last_goal / most);
	}
}

/* When the collector marked, and how much it stopped the world. */
static void draw_phases(struct pane line, const struct heap *heap)
{
	for (int x = 0; x < line.width; x++) {
		const struct heap_bin *b = bin_at(heap, (size_t)x, (size_t)line.width);
		double marked = (double)b->mark_ns / (double)heap->bin_ns;
		bool stopped = b->stopped_ns * 4 > heap->bin_ns;
		if (stopped)
			pane_glyph(line, x, 0, STYLE_STRONG, line.canvas->ascii ? '|' : 0x2503);
		else if (marked > 0)
			pane_glyph(line, x, 0, STYLE_GC, plot_level(marked - 1e-9, line.canvas->ascii));
	}
}

static double most_bytes(const struct heap *heap)
{
	double most = 0;
	for (size_t i = 0; i < heap->bins; i++)
		most = fmax(most, fmax((double)heap->bin[i].heap_max, (double)heap->bin[i].goal));
	return most;
}

static void draw_heap(struct pane pane, const struct trace_data *data)
{
	const struct heap *heap = &data->extra->heap;
	double bytes[POINTS_MAX], goal[POINTS_MAX], most = most_bytes(heap);
	char text[32];
	text_bytes(text, sizeof text, most < 9e18 ? (int64_t)most : INT64_MAX);
	int x = pane_text(pane, 0, 0, STYLE_LABEL, "Heap over time");
	if (pane.width >= 60) {
		x = pane_text(pane, x, 0, STYLE_GC, pane.canvas->ascii ? "  * " : "  ━ ");
		x = pane_text(pane, x, 0, STYLE_DIM, "heap");
		x = pane_text(pane, x, 0, STYLE_TEXT, pane.canvas->ascii ? "  . " : "  ┄ ");
		pane_text(pane, x, 0, STYLE_DIM, "goal   below: marking");
	}
	struct pane chart = draw_axis(pane_sub(pane, 0, 1, pane.width, pane.height - 3),
	                              most > 0 ? text : "", most > 0 ? "0 B" : "");
	size_t n = (size_t)chart.width * (size_t)plot_density(pane.canvas);
	struct pane foot = pane_sub(pane, AXIS_WIDTH, pane.height - 1, pane.width - AXIS_WIDTH, 1);
	if (heap->bins)
		draw_phases(pane_sub(pane, AXIS_WIDTH, pane.height - 2, chart.width, 1), heap);
	text_duration(text, sizeof text, (double)elapsed_ns(heap->first_ns, heap->last_ns),
	              pane.canvas->ascii);
	pane_text(foot, 0, 0, STYLE_DIM, "0");
	pane_right(foot, 0, STYLE_DIM, text);
	if (!(most > 0) || n < 1 || n > POINTS_MAX) {
		pane_fit(chart, 1, 0, STYLE_DIM, "the trace tells of no heap");
		return;
	}
	fill_levels(heap, n, most, bytes, goal);
	const struct plot_line line[] = {{goal, STYLE_TEXT, '.', true}, {bytes, STYLE_GC, '*', false}};
	plot_chart(chart, line, 2, n, LINEAR_MIN, LINEAR_MAX);
}

/* --- the page ------------------------------------------------------------------------------- */

enum {
	PART_SUMMARY,
	PART_RANGES,
	PART_CHART_GAP,
	PART_CHARTS,
	PART_SECOND_GAP,
	PART_SECOND,
	PARTS
};

/* Side by side where the screen is wide, else one above the other, the heap first. */
static void share_page(struct slot part[PARTS], int height, int ranges, bool wide)
{
	part[PART_SUMMARY] = (struct slot){.min = 1, .want = 1};
	part[PART_RANGES] = (struct slot){.min = 5, .want = ranges + 1, .gap = 1, .drop = 1};
	part[PART_CHARTS] = (struct slot){.min = 6, .want = 8, .gap = 1, .drop = 2, .grow = 1};
	part[PART_SECOND] =
		(struct slot){.min = wide ? height + 1 : 5, .want = 7, .gap = 1, .drop = 3, .grow = 1};
	part[PART_CHART_GAP] = part[PART_SECOND_GAP] = (struct slot){0};
	if (wide)
		part[PART_SECOND] = (struct slot){0};
	layout(part, PARTS, height);
}

static void draw(struct pane pane, const struct trace_data *data, struct view_place *place,
                 void *own)
{
	struct range range[RANGES_MAX];
	struct slot part[PARTS];
	struct pane page = pane_sub(pane, 1, 0, pane.width - 2, pane.height);
	bool wide = pane.width >= WIDE;
	int n = list_ranges(range, pane.canvas, data);
	(void)own;
	share_page(part, page.height, n, wide);
	draw_summary(pane_row(page, part[PART_SUMMARY].at), data);
	view_fit(place, 0, 0);
	if (part[PART_RANGES].size)
		draw_ranges(pane_sub(page, 0, part[PART_RANGES].at, page.width, part[PART_RANGES].size),
		            range, n, place, data->summary->sampled_hz > 0);
	struct pane charts =
		pane_sub(page, 0, part[PART_CHARTS].at, page.width, part[PART_CHARTS].size);
	if (!part[PART_CHARTS].size)
		return;
	if (!wide) {
		draw_heap(charts, data);
		if (part[PART_SECOND].size)
			draw_mmu(pane_sub(page, 0, part[PART_SECOND].at, page.width, part[PART_SECOND].size),
			         data);
		return;
	}
	int left = (charts.width - 3) * 3 / 5;
	draw_heap(pane_sub(charts, 0, 0, left, charts.height), data);
	draw_mmu(pane_sub(charts, left + 3, 0, charts.width - left - 3, charts.height), data);
}

const struct trace_view trace_view_gc = {
	.name = "GC",
	.context = CONTEXT_TRACE_GC,
	.draw = draw,
};
