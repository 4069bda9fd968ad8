/* Summary: was it starved, blocked, collecting, or idle, and when? */
#include <stdio.h>
#include <string.h>

#include "browse/goroutines.h"
#include "browse/summary.h"
#include "trace/elapsed.h"
#include "tui/layout.h"
#include "tui/plot.h"
#include "util/text.h"

enum {
	LABEL_WIDTH = 12,
	FIGURES_WIDTH = 29 /* before graphs */,
	FACTS = 6,
	LEVELS = 5,
	LEVEL_MOST = 5
};

/* --- facts ---------------------------------------------------------------------------------- */

/* "label value", one behind the other, as long as they fit whole. */
struct facts {
	struct pane line;
	int x;
};

static struct facts begin_facts(struct pane line, const char *label)
{
	pane_text(line, 0, 0, STYLE_LABEL, label);
	return (struct facts){line, LABEL_WIDTH};
}

static void add_fact(struct facts *f, enum style style, const char *value, const char *what)
{
	const struct canvas *canvas = f->line.canvas;
	int width = canvas_text_width(canvas, value) + 1 + canvas_text_width(canvas, what);
	if (f->x + width > f->line.width) {
		f->x = f->line.width; /* nor those that follow */
		return;
	}
	int x = pane_text(f->line, f->x, 0, style, value);
	f->x = pane_text(f->line, x + 1, 0, STYLE_DIM, what) + 2;
}

static void add_count(struct facts *f, uint64_t n, const char *what)
{
	char text[32];
	text_count(text, sizeof text, n > INT64_MAX ? INT64_MAX : (int64_t)n);
	add_fact(f, STYLE_TEXT, text, what);
}

static void add_duration(struct facts *f, enum style style, int64_t ns, const char *what)
{
	char text[32];
	text_duration(text, sizeof text, (double)ns, f->line.canvas->ascii);
	add_fact(f, style, text, what);
}

static void draw_cpu(struct pane line, const struct trace_data *data)
{
	const struct procs *procs = &data->analysis->procs;
	struct facts f = begin_facts(line, "CPU");
	double ratio = summary_busy(data);
	char text[16];
	if (ratio < 0) {
		pane_fit(line, f.x, 0, STYLE_DIM, "unknown: no P was seen");
		return;
	}
	text_percent(text, sizeof text, ratio);
	add_fact(&f, STYLE_STRONG, text, "busy");
	text_percent(text, sizeof text, ratio < 1 ? 1 - ratio : 0);
	add_fact(&f, STYLE_STRONG, text, "idle");
	add_count(&f, procs_available(procs), procs->gomaxprocs ? "GOMAXPROCS" : "Ps seen");
	add_count(&f, procs->threads, "threads");
}

static void draw_goroutines(struct pane line, const struct trace_data *data)
{
	const struct goroutines *g = &data->analysis->goroutines;
	struct facts f = begin_facts(line, "Goroutines");
	if (g->only) {
		pane_fit(line, f.x, 0, STYLE_DIM, "one alone was asked for");
		return;
	}
	add_count(&f, g->seen, "seen");
	add_count(&f, g->created, "created");
	add_count(&f, g->ended, "ended");
	add_count(&f, g->most_alive, "at most at a time");
}

/* Those that live are in no sum yet. */
static void draw_states(struct pane line, const struct trace_data *data)
{
	const struct goroutines *g = &data->analysis->goroutines;
	int64_t state_ns[GO_STATUS_COUNT];
	memcpy(state_ns, g->state_ns, sizeof state_ns);
	for (size_t i = 0; i < g->slots; i++) {
		const struct goroutine_time *one = &g->slot[i];
		if (one->state == TRACE_NOT_EXIST || (g->only && g->only != one->id))
			continue;
		for (size_t k = 0; k < GO_STATUS_COUNT; k++)
			add_ns(&state_ns[k], one->state_ns[k]);
		add_ns(&state_ns[one->state], elapsed_ns(one->since_ns, data->last_ns));
	}
	begin_facts(line, "Their time");
	goroutines_draw_states(pane_sub(line, LABEL_WIDTH, 0, line.width - LABEL_WIDTH, 1), state_ns);
}

static void draw_distribution(struct pane line, const char *label, const struct distribution *d,
                              const char *what, bool sampled)
{
	static const struct {
		double ratio;
		const char *name;
	} percentiles[] = {{.5, "p50"}, {.9, "p90"}, {.99, "p99"}, {1, "max"}};
	struct facts f = begin_facts(line, label);
	if (sampled) {
		pane_fit(line, f.x, 0, STYLE_DIM, "unknown: samples can't tell");
		return;
	}
	if (d->count == 0) {
		pane_fit(line, f.x, 0, STYLE_DIM, "none");
		return;
	}
	for (size_t i = 0; i < sizeof percentiles / sizeof *percentiles; i++)
		add_duration(&f, i == 2 ? STYLE_STRONG : STYLE_TEXT,
		             distribution_percentile(d, percentiles[i].ratio), percentiles[i].name);
	add_count(&f, d->count, what);
}

static void draw_gc(struct pane line, const struct trace_data *data)
{
	const struct gc *gc = &data->analysis->gc;
	struct facts f = begin_facts(line, "GC");
	if (!data->summary->sampled_hz)
		add_count(&f, gc->mark.count, "cycles");
	add_duration(&f, STYLE_TEXT, gc->mark.sum_ns, "marking");
	if (!data->summary->sampled_hz)
		add_duration(&f, STYLE_TEXT, gc->assist.sum_ns, "assists");
	if (gc->has_heap) {
		char text[32];
		text_bytes(text, sizeof text, bound_bytes(gc->heap_max));
		add_fact(&f, STYLE_TEXT, text, "heap at most");
	}
}

static void draw_facts(struct pane pane, const struct trace_data *data)
{
	const struct analysis *a = data->analysis;
	bool sampled = a->summary.sampled_hz > 0;
	draw_cpu(pane_row(pane, 0), data);
	draw_distribution(pane_row(pane, 1), "Wait to run", &a->goroutines.latency, "waits", sampled);
	draw_states(pane_row(pane, 2), data);
	draw_goroutines(pane_row(pane, 3), data);
	draw_distribution(pane_row(pane, 4), "Pauses", &a->gc.pause, "stops", sampled);
	draw_gc(pane_row(pane, 5), data);
}

/* --- levels over time ----------------------------------------------------------------------- */

struct level {
	const char *label;
	const struct timeline *timeline;
	enum style style;
	enum { LEVEL_COUNT, LEVEL_BYTES, LEVEL_SHARE } unit;
	double full; /* the top of the graph; 0: the largest value */
};

/* As many as the graph can show side by side. */
static size_t spread(double *to, size_t room, const double *value, size_t n)
{
	if (n == 0)
		return 0;
	for (size_t i = 0; i < room; i++)
		to[i] = value[i * n / room];
	return room;
}

static void draw_level(struct pane pane, const struct level *level)
{
	double value[TIMELINE_BINS], wide[2 * CANVAS_WIDTH_MAX], top = level->full, sum = 0;
	const struct timeline *t = level->timeline;
	size_t n = timeline_whole_bins(t);
	int64_t peak = 0;
	char text[32] = "–";
	struct pane graph = pane_sub(pane, FIGURES_WIDTH, 0, pane.width - FIGURES_WIDTH, pane.height);
	for (size_t i = 0; i < n; i++) {
		value[i] = timeline_mean(t, i);
		sum += value[i];
		if (value[i] > top)
			top = value[i];
		if (t->most[i] > peak)
			peak = t->most[i];
	}
	if (n && level->unit == LEVEL_BYTES)
		text_bytes(text, sizeof text, peak);
	else if (n && level->unit == LEVEL_SHARE)
		text_percent(text, sizeof text, sum / (double)n);
	else if (n)
		text_count(text, sizeof text, peak);
	pane_text(pane, 0, 0, STYLE_LABEL, level->label);
	int x =
		pane_text(pane, LABEL_WIDTH, 0, STYLE_DIM, level->unit == LEVEL_SHARE ? "mean " : "most ");
	pane_text(pane, x, 0, STYLE_TEXT, text);
	size_t room = (size_t)graph.width * (size_t)plot_density(graph.canvas);
	plot_area(graph, level->style, wide, spread(wide, room, value, n), top);
}

static void draw_levels(struct pane pane, const struct trace_data *data)
{
	const struct activity *act = &data->analysis->activity;
	const double procs = (double)procs_available(&data->analysis->procs);
	const struct level levels[LEVELS] = {
		{"Ps busy", &act->running, STYLE_RUNNING, LEVEL_COUNT, procs},
		{"Runnable", &act->runnable, STYLE_RUNNABLE, LEVEL_COUNT, 0},
		{"In syscalls", &act->syscalls, STYLE_SYSCALL, LEVEL_COUNT, 0},
		{"GC marking", &act->marking, STYLE_GC, LEVEL_SHARE, 1},
		{"Heap", &act->heap, STYLE_GC, LEVEL_BYTES, 0},
	};
	int each = (pane.height - 1) / LEVELS;
	for (int i = 0; i < LEVELS; i++)
		draw_level(pane_sub(pane, 0, 1 + i * each, pane.width, each), &levels[i]);
	char begin[48], end[48];
	/* Of the part that is counted. */
	const struct timeline *t = &act->running;
	const bool ascii = pane.canvas->ascii;
	text_duration(begin, sizeof begin, (double)elapsed_ns(data->first_ns, t->first_ns), ascii);
	text_duration(end, sizeof end, (double)elapsed_ns(data->first_ns, t->since_ns), ascii);
	pane_fit(pane, 0, 0, STYLE_DIM, "Over time");
	if (!t->begun)
		return;
	pane_text(pane, FIGURES_WIDTH, 0, STYLE_DIM, t->first_ns > data->first_ns ? begin : "0");
	pane_right(pane_row(pane, 0), 0, STYLE_DIM, end);
}

/* --- the page ------------------------------------------------------------------------------- */

static void draw(struct pane pane, const struct trace_data *data, struct view_place *place,
                 void *own)
{
	enum { AT_FINDINGS, AT_FACTS, AT_LEVELS, AT_PROCS, PARTS };
	struct pane page = pane_sub(pane, 1, 0, pane.width - 2, pane.height);
	int procs = 1 + summary_procs_count(data);
	int findings = summary_findings_count(data);
	(void)own;
	struct slot slot[PARTS] = {
		[AT_FINDINGS] = {.min = findings, .want = findings, .drop = 1},
		[AT_FACTS] = {.min = 3, .want = FACTS, .gap = 0},
		[AT_LEVELS] = {.min = 1 + LEVELS, .want = 1 + LEVELS, .gap = 1, .drop = 3},
		[AT_PROCS] = {.min = 3, .want = procs, .gap = 1, .drop = 2},
	};
	if (findings == 0)
		slot[AT_FINDINGS].drop = PARTS;
	/* Tall terminals get taller graphs: those of the levels half of what is left, the Ps the rest.
	 */
	int left = page.height - findings - FACTS - 1 - LEVELS - procs - 2;
	int taller = left > 0 ? left / (2 * LEVELS) : 0;
	taller = taller < LEVEL_MOST - 1 ? taller : LEVEL_MOST - 1;
	slot[AT_LEVELS].want += taller * LEVELS;
	slot[AT_LEVELS].min = slot[AT_LEVELS].want;
	slot[AT_PROCS].grow = 1;
	layout(slot, PARTS, page.height);
	struct pane part[PARTS];
	for (int i = 0; i < PARTS; i++)
		part[i] = pane_sub(page, 0, slot[i].at, page.width, slot[i].size);
	summary_draw_findings(part[AT_FINDINGS], data);
	draw_facts(part[AT_FACTS], data);
	if (slot[AT_LEVELS].size)
		draw_levels(part[AT_LEVELS], data);
	if (slot[AT_PROCS].size)
		summary_draw_procs(part[AT_PROCS], data, place);
	else
		view_fit(place, 0, 0);
}

const struct trace_view trace_view_summary = {
	.name = "Summary",
	.context = CONTEXT_TRACE_SUMMARY,
	.draw = draw,
};
