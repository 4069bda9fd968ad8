#include <stdio.h>
#include <string.h>

#include "tui/distribution.h"
#include "tui/layout.h"
#include "tui/plot.h"
#include "tui/view.h"
#include "tui/wait_history.h"
#include "util/clock.h"
#include "util/text.h"

/*
 * Latency: distributions, not points. On top the histograms of the wait to run and of GC pauses,
 * seen over three windows at once; then their percentiles and the others' as a table; below, how
 * p50 and p99 went over the same time as the lanes of the Overview.
 */

#define DASH       "–"
#define WIDE       100 /* two histograms side by side */
#define WIDE_TABLE 147 /* all percentiles */

/* --- windows -------------------------------------------------------------------------------- */

static const struct {
	const char *name;
	int64_t span_ns; /* < 0: since the process started */
} window_info[PLOT_WINDOWS] = {
	{"10 s", 10 * NS_PER_S},
	{"1 min", 60 * NS_PER_S},
	{"start", -1},
};

/* One histogram over all windows. */
struct windows {
	enum histogram_id id;
	struct histogram h[PLOT_WINDOWS];
	int64_t covered_ns[PLOT_WINDOWS]; /* -1: unknown */
	bool is_short;                    /* the first two are one: there was no more time yet */
};

static void windows_init(struct windows *w, const struct history *h, enum histogram_id id)
{
	w->id = id;
	for (int i = 0; i < PLOT_WINDOWS; i++)
		derive_histogram(h, id, window_info[i].span_ns, &w->h[i], &w->covered_ns[i]);
	w->is_short = w->covered_ns[0] > 0 && w->covered_ns[0] == w->covered_ns[1];
}

static void windows_finish(struct windows *w)
{
	for (int i = 0; i < PLOT_WINDOWS; i++)
		histogram_finish(&w->h[i]);
}

/* "10 s", or what it really covers when that is something else: just attached, or read rarely. */
static void window_name(char *to, size_t size, int i, int64_t covered_ns)
{
	int64_t span_ns = window_info[i].span_ns;
	int64_t off_ns = covered_ns > span_ns ? covered_ns - span_ns : span_ns - covered_ns;
	if (span_ns > 0 && covered_ns > 0 && off_ns > span_ns / 11)
		view_age(to, size, covered_ns + NS_PER_S / 2);
	else
		snprintf(to, size, "%s", window_info[i].name);
}

/* --- histograms ----------------------------------------------------------------------------- */

/* "Wait to run  ⣿ 10 s  │ 1 min  ○ start", the axis' end above the bars, "events" above the counts.
 */
static void draw_title(struct pane pane, const char *title, const struct windows *w,
                       const struct distribution *d)
{
	char text[64];
	struct pane bars = distribution_bars(pane);
	int x = pane_text(pane, 0, 0, STYLE_LABEL, title);
	for (int i = 0; i < PLOT_WINDOWS; i++) {
		if (i == 1 && w->is_short)
			continue;
		window_name(text, sizeof text, i, w->covered_ns[i]);
		if (x + 5 + canvas_text_width(pane.canvas, text) > pane.width - 8)
			break;
		pane_glyph(pane, x + 2, 0, plot_window_style(i), plot_window_glyph(i, pane.canvas));
		x = pane_text(pane, x + 4, 0, STYLE_DIM, text);
	}
	text_percent(text, sizeof text, d->share_max);
	int at = bars.x - pane.x + bars.width - canvas_text_width(pane.canvas, text);
	if (d->rows > 0 && at > x + 1)
		pane_text(pane, at, 0, STYLE_DIM, text);
	pane_right(pane, 0, STYLE_DIM, "events");
}

static void draw_histogram(struct pane pane, const char *title, const struct windows *w,
                           const char *limits)
{
	struct distribution d;
	char text[256], name[32];
	struct pane rows = pane_sub(pane, 0, 1, pane.width, pane.height - 1);
	struct histogram shown[PLOT_WINDOWS];
	memcpy(shown, w->h, sizeof shown);
	if (w->is_short)
		shown[1] = (struct histogram){0};
	distribution_make(&d, shown, rows.height);
	draw_title(pane, title, w, &d);
	distribution_draw(rows, &d);
	window_name(name, sizeof name, 0, w->covered_ns[0]);
	if (!d.known[0] && !d.known[PLOT_WINDOWS - 1]) {
		snprintf(text, sizeof text, "– no source tells%s", limits);
		pane_wrap(pane_sub(rows, 2, 0, rows.width - 3, rows.height), STYLE_DIM, text);
	} else if (d.rows == 0)
		pane_text(rows, 2, 0, STYLE_DIM, "none since the process started");
	else if (d.known[0] && d.total[0] == 0 && d.rows < rows.height) {
		snprintf(text, sizeof text, "none in the last %s", name);
		pane_text(rows, 2, d.rows, STYLE_DIM, text);
	}
}

/* --- table ---------------------------------------------------------------------------------- */

/* A line of the table. When the page is low, those with the highest `drop` go first. */
struct line {
	const char *label, *brief;
	enum histogram_id id;
	int window;
	int drop;
};
static const struct line line_info[] = {
	{"Wait to run", "Wait", HISTOGRAM_SCHED_LATENCY, 0, 1},
	{"", "Wait", HISTOGRAM_SCHED_LATENCY, 1, 3},
	{"", "Wait", HISTOGRAM_SCHED_LATENCY, 2, 4},
	{"GC pause", "GC", HISTOGRAM_GC_PAUSE, 0, 8},
	{"", "GC", HISTOGRAM_GC_PAUSE, 1, 2},
	{"", "GC", HISTOGRAM_GC_PAUSE, 2, 7},
	{"  until all stood still", "GC stop", HISTOGRAM_GC_PAUSE_STOPPING, 0, 13},
	{"", "GC stop", HISTOGRAM_GC_PAUSE_STOPPING, 1, 5},
	{"", "GC stop", HISTOGRAM_GC_PAUSE_STOPPING, 2, 12},
	{"Other stop-the-world", "other", HISTOGRAM_OTHER_PAUSE, 0, 11},
	{"", "other", HISTOGRAM_OTHER_PAUSE, 1, 6},
	{"", "other", HISTOGRAM_OTHER_PAUSE, 2, 10},
	{"  until all stood still", "oth stop", HISTOGRAM_OTHER_PAUSE_STOPPING, 1, 9},
};
#define LINE_COUNT (sizeof line_info / sizeof *line_info)

enum {
	CELL_LABEL,
	CELL_P50,
	CELL_P75,
	CELL_P90,
	CELL_P95,
	CELL_P99,
	CELL_P999,
	CELL_MAX,
	CELL_EVENTS,
	CELL_RATE,
	CELLS
};

#define RANGE_CELL(lost)                                \
	{                                                   \
		.min = 12, .want = 13, .gap = 1, .drop = (lost) \
	}
static const struct cell_info {
	const char *heading;
	double q; /* percentiles only */
	struct slot slot;
} cell_info[CELLS] = {
	[CELL_LABEL] = {"", 0, {.min = 13, .want = 32}},
	[CELL_P50] = {"p50", 0.5, RANGE_CELL(3)},
	[CELL_P75] = {"p75", 0.75, RANGE_CELL(0)},
	[CELL_P90] = {"p90", 0.9, RANGE_CELL(5)},
	[CELL_P95] = {"p95", 0.95, RANGE_CELL(0)},
	[CELL_P99] = {"p99", 0.99, RANGE_CELL(0)},
	[CELL_P999] = {"p99.9", 0.999, RANGE_CELL(4)},
	[CELL_MAX] = {"max", 1, RANGE_CELL(2)},
	[CELL_EVENTS] = {"events", 0, {.min = 7, .want = 7, .gap = 2, .drop = 6}},
	[CELL_RATE] = {"/s", 0, {.min = 6, .want = 6, .gap = 2, .drop = 7}},
};

/* The others have all their room before there are two more. */
static void share_cells(struct slot slot[CELLS], int width)
{
	for (int i = 0; i < CELLS; i++)
		slot[i] = cell_info[i].slot;
	if (width < WIDE_TABLE) {
		slot[CELL_P75].min = slot[CELL_P75].want = 0;
		slot[CELL_P95].min = slot[CELL_P95].want = 0;
	}
	layout(slot, CELLS, width);
}

static struct pane cell_pane(struct pane row, const struct slot *slot)
{
	return pane_sub(row, slot->at, 0, slot->size, 1);
}

#define LONG_LABEL 30 /* "  until all stood still  1 min" */

static void draw_label(struct pane pane, const struct line *line, int64_t covered_ns, bool named)
{
	char window[32], text[64];
	window_name(window, sizeof window, line->window, covered_ns);
	if (pane.width >= LONG_LABEL) {
		pane_text(pane, 0, 0, STYLE_LABEL, named ? line->label : "");
		pane_right(pane, 0, STYLE_DIM, window);
		return;
	}
	snprintf(text, sizeof text, "%s %s", line->brief, window);
	pane_fit(pane, 0, 0, STYLE_LABEL, text);
}

static void draw_numbers(struct pane row, const struct slot *slot, const struct histogram *h,
                         int64_t covered_ns)
{
	char text[64];
	for (int i = CELL_P50; i <= CELL_MAX; i++) {
		struct percentile p = histogram_percentile(h, cell_info[i].q);
		if (!slot[i].size)
			continue;
		text_duration_range(text, sizeof text, p.lo_ns, p.hi_ns, row.canvas->ascii);
		pane_right(cell_pane(row, &slot[i]), 0, p.known ? STYLE_TEXT : STYLE_DIM,
		           p.known ? text : DASH);
	}
	text_count(text, sizeof text, (int64_t)(h->total & INT64_MAX));
	if (slot[CELL_EVENTS].size)
		pane_right(cell_pane(row, &slot[CELL_EVENTS]), 0, h->total ? STYLE_TEXT : STYLE_DIM,
		           h->bounds ? text : DASH);
	bool known = h->bounds && covered_ns > 0;
	text_rate(text, sizeof text, known ? (double)h->total * 1e9 / (double)covered_ns : 0);
	if (slot[CELL_RATE].size)
		pane_right(cell_pane(row, &slot[CELL_RATE]), 0, STYLE_DIM, known ? text : DASH);
}

static void draw_headings(struct pane row, const struct slot *slot)
{
	for (int i = CELL_P50; i < CELLS; i++)
		if (slot[i].size)
			pane_right(cell_pane(row, &slot[i]), 0, STYLE_DIM, cell_info[i].heading);
}

/* As many lines as fit below the headings, the mutex line last. */
static void share_lines(struct slot line[LINE_COUNT], int height)
{
	for (size_t i = 0; i < LINE_COUNT; i++)
		line[i] = (struct slot){.min = 1, .want = 1, .drop = line_info[i].drop};
	layout(line, LINE_COUNT, height);
}

/* --- mutexes -------------------------------------------------------------------------------- */

/* Time that goroutines waited, from whoever counts it, per second of the window; *covered_ns is
   what that really covers, -1 when it is unknown. */
static struct rate mutex_rate(const struct history *h, int64_t span_ns, int64_t *covered_ns)
{
	const struct snapshot *now = history_get(h, 0);
	int64_t waited_ns, uptime_ns;
	*covered_ns = -1;
	if (span_ns < 0) {
		bool known = (fields_get(&now->sched, SCHED_MUTEX_WAIT_NS, &waited_ns) ||
		              fields_get(&now->runtime, RUNTIME_MUTEX_WAIT_NS, &waited_ns)) &&
		             fields_get(&now->os, OS_UPTIME_NS, &uptime_ns) && uptime_ns > 0;
		return (struct rate){known, known ? (double)waited_ns * 1e9 / (double)uptime_ns : 0};
	}
	const struct snapshot *before = history_at(h, now->monotonic_ns - span_ns);
	bool by_sched = fields_has(&now->sched, SCHED_MUTEX_WAIT_NS);
	int64_t elapsed_ns = by_sched ? now->sched_at.at_ns - before->sched_at.at_ns
	                              : now->runtime_at.at_ns - before->runtime_at.at_ns;
	struct rate rate =
		by_sched ? derive_rate(&before->sched, &now->sched, SCHED_MUTEX_WAIT_NS, elapsed_ns)
				 : derive_rate(&before->runtime, &now->runtime, RUNTIME_MUTEX_WAIT_NS, elapsed_ns);
	if (rate.known)
		*covered_ns = elapsed_ns;
	return rate;
}

#define MUTEX_WIDTH 11 /* "38.8 ms/s" */

/* "Mutex wait   10 s 3.2 ms/s   1 min 2.9 ms/s   start …": a second a second is one goroutine that
   always waits. */
static void draw_mutex(struct pane pane, const struct view_data *data)
{
	char text[64], number[32], window[32];
	int x = pane_text(pane, 0, 0, STYLE_LABEL, "Mutex wait");
	int64_t before_ns = -1;
	for (int i = 0; i < PLOT_WINDOWS; i++) {
		int64_t covered_ns;
		struct rate rate = mutex_rate(data->history, window_info[i].span_ns, &covered_ns);
		if (covered_ns > 0 && covered_ns == before_ns) {
			rate.known = false; /* the same as the one before it */
			covered_ns = -1;
		}
		before_ns = covered_ns;
		window_name(window, sizeof window, i, covered_ns);
		text_duration(number, sizeof number, rate.per_s, pane.canvas->ascii);
		snprintf(text, sizeof text, "%s/s", number);
		int end = x + 2 + 5 + 1 + MUTEX_WIDTH; /* "1 min" is the longest name */
		if (end > pane.width)
			return;
		pane_text(pane, x + 2, 0, STYLE_DIM, window);
		pane_right(pane_sub(pane, end - MUTEX_WIDTH, 0, MUTEX_WIDTH, 1), 0,
		           rate.known ? STYLE_TEXT : STYLE_DIM, rate.known ? text : DASH);
		x = end;
	}
	static const char meaning[] = "1 s/s: as if one goroutine waited all the time";
	if (x + 4 + (int)sizeof meaning <= pane.width)
		pane_text(pane, x + 4, 0, STYLE_DIM, meaning);
}

/* --- page ----------------------------------------------------------------------------------- */

enum {
	PART_TOP_GAP,
	PART_HISTOGRAM,
	PART_TABLE_GAP,
	PART_TABLE,
	PART_MUTEX,
	PART_HISTORY_GAP,
	PART_HISTORY,
	PARTS,
};

/* What a low terminal gives up, first to last: air, the chart, mutexes; histogram and table share.
 */
static void share_page(struct slot part[PARTS], int height)
{
	static const struct slot table[PARTS] = {
		[PART_TOP_GAP] = {.min = 1, .want = 1, .drop = 5},
		[PART_HISTOGRAM] = {.min = 4, .want = 7, .drop = 1, .grow = 3},
		[PART_TABLE_GAP] = {.min = 1, .want = 1, .drop = 6},
		[PART_TABLE] = {.min = 3, .want = 6},
		[PART_MUTEX] = {.min = 1, .want = 1, .drop = 2},
		[PART_HISTORY_GAP] = {.min = 1, .want = 1, .drop = 4},
		[PART_HISTORY] = {.min = 4, .want = 5, .drop = 3, .grow = 2},
	};
	memcpy(part, table, sizeof table);
	/* Half of what is left is for lines of the table, until it has all of them. */
	int least = 0, lines = 1 + (int)LINE_COUNT;
	for (int i = 0; i < PARTS; i++)
		least += table[i].want;
	if (height > least) {
		int want = table[PART_TABLE].want + (height - least) / 2;
		part[PART_TABLE].want = want < lines ? want : lines;
	}
	layout(part, PARTS, height);
}

static struct pane part_pane(struct pane page, const struct slot *part)
{
	return pane_sub(page, 1, part->at, page.width - 2, part->size);
}

static void draw_table(struct pane pane, const struct windows *all)
{
	struct slot cell[CELLS], line[LINE_COUNT];
	enum histogram_id named = HISTOGRAM_COUNT;
	const struct histogram unknown = {0};
	share_cells(cell, pane.width);
	draw_headings(pane_row(pane, 0), cell);
	share_lines(line, pane.height - 1);
	for (size_t i = 0; i < LINE_COUNT; i++) {
		const struct windows *w = &all[line_info[i].id];
		if (!line[i].size)
			continue;
		struct pane row = pane_row(pane, 1 + line[i].at);
		struct line shown = line_info[i];
		/* There are no older events yet than those in the line above. */
		bool again = w->is_short && shown.window == 1 && i > 0 && line[i - 1].size &&
		             line_info[i - 1].id == shown.id;
		for (size_t first = i; !shown.label[0]; first--)
			shown.label = line_info[first].label;
		int64_t covered_ns = again ? -1 : w->covered_ns[shown.window];
		draw_label(cell_pane(row, &cell[CELL_LABEL]), &shown, covered_ns, named != shown.id);
		draw_numbers(row, cell, again ? &unknown : &w->h[shown.window], covered_ns);
		named = shown.id;
	}
}

static void draw_histograms(struct pane pane, const struct windows *all, const char *limits)
{
	const struct windows *wait = &all[HISTOGRAM_SCHED_LATENCY];
	if (pane.width < WIDE) {
		draw_histogram(pane, "Wait to run", wait, limits);
		return;
	}
	int left = (pane.width - 4) / 2;
	draw_histogram(pane_sub(pane, 0, 0, left, pane.height), "Wait to run", wait, limits);
	draw_histogram(pane_sub(pane, left + 4, 0, pane.width - left - 4, pane.height), "GC pause",
	               &all[HISTOGRAM_GC_PAUSE], "");
}

/* The last word of a source that fell silent is dim, and says how old it is. */
static void mark_stale(struct pane page, const struct view_data *data)
{
	char age[32], text[48];
	const struct snapshot *newest = history_get(data->history, 0);
	const struct stamp *read = &newest->histogram_at[HISTOGRAM_SCHED_LATENCY];
	int64_t at_ns = read->origin != ORIGIN_NONE ? read->at_ns : newest->monotonic_ns;
	if (data->state != TARGET_EXITED && !view_is_stale(data, at_ns))
		return;
	pane_restyle(page, STYLE_DIM);
	view_age(age, sizeof age, data->now_ns - at_ns);
	snprintf(text, sizeof text, " %s old ", age);
	/* In the place of a heading: there is no other that is always free. */
	int width = canvas_text_width(page.canvas, text);
	struct pane corner = pane_sub(page, page.width - width, 0, width, 1);
	pane_clear(corner);
	pane_right(corner, 0, STYLE_WARNING, text);
}

static void draw(struct pane page, const struct view_data *data, struct view_place *place)
{
	struct slot part[PARTS];
	struct windows all[HISTOGRAM_COUNT];
	view_fit(place, 0, 0);
	share_page(part, page.height);
	for (int id = 0; id < HISTOGRAM_COUNT; id++)
		windows_init(&all[id], data->history, (enum histogram_id)id);
	if (part[PART_HISTOGRAM].size)
		draw_histograms(part_pane(page, &part[PART_HISTOGRAM]), all, view_limits(data));
	draw_table(part_pane(page, &part[PART_TABLE]), all);
	if (part[PART_MUTEX].size)
		draw_mutex(part_pane(page, &part[PART_MUTEX]), data);
	if (part[PART_HISTORY].size)
		wait_history_draw(part_pane(page, &part[PART_HISTORY]), data);
	mark_stale(page, data);
	for (int id = 0; id < HISTOGRAM_COUNT; id++)
		windows_finish(&all[id]);
}

const struct view view_latency = {"Latency", CONTEXT_LATENCY, draw, NULL, NULL};
