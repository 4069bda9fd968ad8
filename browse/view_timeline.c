#include "browse/view_timeline.h"

#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "trace/elapsed.h"
#include "tui/layout.h"
#include "tui/plot.h"
#include "tui/trail.h"
#include "util/text.h"

/*
 * The page: which window and how good the picture is, counters, bands and the axis, the lanes, and
 * the selected span. All rows but the first and the last share one graph, column by column, so that
 * what happens at one moment stands one above the other.
 */

#define LANE_HEIGHT_MAX 12
#define LANES_LEAST     3
#define TALL            32 /* rows of a page whose counters have two */
#define GUTTER_MIN      17
#define GUTTER_MAX      36
#define GUTTER_RIGHT    1    /* cells of it that stay blank before the graph */
#define STOP_LEAST      0.1  /* and, where the collector marks, to be seen in the band */
#define LINE_LEAST      0.25 /* share of a column that a stop of the world needs for a line */
#define WIDE            100  /* pane from which the gutter has room for names */
#define DETAILS_PART    4    /* of the page's rows that the selected span may take */
#define SCROLL_WIDTH    48   /* at most, of the window's place in the trace */
#define LANES_WIDTH     6    /* "lanes " */
#define DASH            "–"

static void *create(void)
{
	struct timeline_view *v = calloc(1, sizeof *v);
	if (v)
		v->drag_x = -1;
	return v;
}

/* --- layout ----------------------------------------------------------------------------------- */

enum { ROW_STATUS, ROW_HEAP, ROW_RUNNABLE, ROW_BANDS, ROW_AXIS, ROW_LANES, ROW_DETAILS, ROWS };

/* By the page's height and the number of lanes alone: nothing moves when something is selected. */
static void lay_out(struct slot row[ROWS], int height, int lanes)
{
	int counter = height >= TALL ? 2 : 1, details = height / DETAILS_PART;
	int above = 2 * counter + 3, room = height - above - details;
	int wanted = (lanes < 1 ? 1 : lanes) * LANE_HEIGHT_MAX;
	row[ROW_STATUS] = (struct slot){.min = 1, .want = 1, .drop = 4};
	row[ROW_HEAP] = (struct slot){.min = 1, .want = counter, .drop = 6};
	row[ROW_RUNNABLE] = (struct slot){.min = 1, .want = counter, .drop = 5};
	row[ROW_BANDS] = (struct slot){.min = 1, .want = 1, .drop = 3};
	row[ROW_AXIS] = (struct slot){.min = 1, .want = 1, .drop = 2};
	row[ROW_LANES] = (struct slot){.min = LANES_LEAST, .want = wanted < room ? wanted : room};
	row[ROW_DETAILS] = (struct slot){.min = 2, .want = details, .drop = 1, .grow = 1};
	layout(row, ROWS, height);
}

/* As tall as all of them fit, if they do. */
static int lane_height(int room, size_t lanes)
{
	int height = lanes > 0 ? room / (int)lanes : 1;
	return height < 1 ? 1 : height > LANE_HEIGHT_MAX ? LANE_HEIGHT_MAX : height;
}

static int gutter_width(int width, enum lane_kind kind)
{
	int wanted = kind == LANE_G || width >= WIDE ? width / 5 : GUTTER_MIN;
	int most = kind == LANE_G ? GUTTER_MAX : GUTTER_MAX / 2;
	wanted = wanted > most ? most : wanted;
	return wanted < GUTTER_MIN ? GUTTER_MIN : wanted;
}

/* --- the first line --------------------------------------------------------------------------- */

/* Where in the trace the window is: a thumb on a rail. */
static void draw_rail(struct pane pane, const struct timeline_view *v)
{
	bool ascii = pane.canvas->ascii;
	int from = timeline_column(v->all, pane.width, v->window.from_ns);
	int to = timeline_column(v->all, pane.width, v->window.to_ns - 1);
	for (int x = 0; x < pane.width; x++) {
		bool in = x >= from && x <= to;
		pane_glyph(pane, x, 0, in ? STYLE_STRONG : STYLE_DIM,
		           ascii ? (in ? '=' : '-') : (in ? 0x2501 : 0x2500));
	}
}

/* What the picture is worth, or what is under way. */
static enum style work_text(char *to, size_t size, const struct timeline_view *v,
                            const struct timeline_status *status)
{
	int percent = status->progress >= 0 ? (int)(status->progress * 100) : -1;
	if (v->note[0]) {
		snprintf(to, size, "%s", v->note);
		return v->note_style;
	}
	if (v->finding)
		snprintf(to, size, "searching%s", v->find.kind == FIND_TEXT ? "" : " the wake-up");
	else if (status->work == WORK_SPANS && percent > 0)
		snprintf(to, size, "~ reading spans %d %%", percent);
	else if (status->work == WORK_SPANS)
		snprintf(to, size, "~ reading spans");
	else if (status->work == WORK_UNAVAILABLE)
		snprintf(to, size, "~ %s", status->why);
	else
		to[0] = '\0';
	return status->work == WORK_NONE ? STYLE_DIM : STYLE_WARNING;
}

/* "a 1.2040 s  b 1.2061 s  2.10 ms between": empty without marks. */
static void marks_text(char *to, size_t size, const struct timeline_view *v, bool ascii)
{
	char a[32], between[32];
	int64_t step = timeline_resolution(v->window, v->columns);
	to[0] = '\0';
	if (v->marks == 0)
		return;
	timeline_time_text(a, sizeof a, v->mark_ns[0] - v->first_ns, step);
	int64_t other = v->marks > 1 ? v->mark_ns[1] : v->cursor_ns;
	if (v->marks < 2 && !v->selected) {
		snprintf(to, size, "a %s", a);
		return;
	}
	text_duration(between, sizeof between, fabs((double)(other - v->mark_ns[0])), ascii);
	snprintf(to, size, v->marks > 1 ? "a to b: %s" : "a to here: %s", between);
}

/* "lanes Ps"; where something is selected, "Ps › P0 › G12". */
struct where {
	char lane[32], goroutine[32];
	struct trail trail;
	bool selected;
};

static void find_where(struct where *to, const struct timeline_view *v, const struct span *span)
{
	static const char *const kinds[LANE_KINDS] = {"Ps", "threads", "goroutines"};
	*to = (struct where){.trail = {{kinds[v->kind]}}, .selected = v->selected};
	if (!v->selected)
		return;
	timeline_lane_name(to->lane, sizeof to->lane, v->on);
	to->trail.step[1] = to->lane;
	if (!span || !span->goroutine || v->kind == LANE_G)
		return;
	snprintf(to->goroutine, sizeof to->goroutine, "G%" PRIu64, span->goroutine);
	to->trail.step[2] = to->goroutine;
}

static int where_width(const struct canvas *canvas, const struct where *where)
{
	return trail_width(canvas, &where->trail) + (where->selected ? 0 : LANES_WIDTH);
}

static void draw_where(struct pane pane, const struct where *where)
{
	int x = pane.width - where_width(pane.canvas, where);
	if (pane.width <= 0)
		return;
	if (where->selected) {
		trail_draw(pane, x > 0 ? x : 0, &where->trail);
		return;
	}
	pane_text(pane, x, 0, STYLE_LABEL, "lanes");
	pane_text(pane, x + LANES_WIDTH, 0, STYLE_TEXT, where->trail.step[0]);
}

static void draw_status(struct pane row, const struct timeline_picture *p)
{
	const struct timeline_view *v = p->view;
	const struct timeline_source *source = p->data->timeline;
	struct where where;
	char from[32], to[32], width[32], window[128], work[192], marks[64];
	struct timeline_status status = timeline_source_status(source);
	int64_t step = timeline_resolution(v->window, v->columns);
	bool ascii = row.canvas->ascii;
	find_where(&where, v, p->span);
	timeline_time_text(from, sizeof from, v->window.from_ns - v->first_ns, step);
	timeline_time_text(to, sizeof to, v->window.to_ns - v->first_ns, step);
	from[strlen(from) - 2] = '\0'; /* the unit stands once */
	text_duration(width, sizeof width, (double)timeline_width(v->window), ascii);
	snprintf(window, sizeof window, "%s – %s", from, to);
	enum style style = work_text(work, sizeof work, v, &status);
	marks_text(marks, sizeof marks, v, ascii);
	int work_width = canvas_text_width(row.canvas, work);
	int most = row.width / 2;
	struct slot slot[] = {
		{.min = canvas_text_width(row.canvas, window), .drop = 0},
		{.min = (int)strlen(width) + 7, .drop = 4, .gap = 3},
		{.min = canvas_text_width(row.canvas, marks), .drop = 2, .gap = 3},
		{.min = 8, .want = SCROLL_WIDTH, .drop = 6, .gap = 3},
		{.min = work_width < most ? work_width : most, .drop = 1, .gap = 3},
		{.min = where_width(row.canvas, &where), .drop = 5, .gap = 3, .grow = 1},
	};
	enum { WINDOW, WIDTH, MARKS, RAIL, WORK, WHERE, SLOTS };
	for (int i = 0; i < SLOTS; i++)
		if (i != RAIL)
			slot[i].want = slot[i].min;
	row = pane_sub(row, 1, 0, row.width - 2, 1);
	layout(slot, SLOTS, row.width);
	struct pane at[SLOTS];
	for (int i = 0; i < SLOTS; i++)
		at[i] = pane_sub(row, slot[i].at, 0, slot[i].size, 1);
	pane_fit(at[WINDOW], 0, 0, STYLE_STRONG, window);
	if (at[WIDTH].width > 0) {
		int x = pane_text(at[WIDTH], 0, 0, STYLE_LABEL, "window ");
		pane_text(at[WIDTH], x, 0, STYLE_TEXT, width);
	}
	pane_fit(at[MARKS], 0, 0, STYLE_KEY, marks);
	if (timeline_width(v->all) > timeline_width(v->window))
		draw_rail(at[RAIL], v);
	draw_where(at[WHERE], &where);
	pane_fit(at[WORK], 0, 0, style, work);
}

/* --- counters, bands and the axis ------------------------------------------------------------- */

static void draw_gutter_value(struct pane gutter, const char *label, const char *value)
{
	int right = gutter.width - GUTTER_RIGHT;
	int x = pane_fit(pane_sub(gutter, 0, 0, right, 1), 1, 0, STYLE_LABEL, label);
	pane_right(pane_sub(gutter, x + 1, 0, right - x - 1, 1), 0, STYLE_TEXT, value);
}

static void draw_counter(struct pane gutter, struct pane graph, const struct timeline_picture *p,
                         enum counter counter)
{
	struct counter_cell cell[CANVAS_WIDTH_MAX * 2];
	double value[CANVAS_WIDTH_MAX * 2] = {0}, most = 0;
	char text[32] = DASH;
	bool known = false;
	struct timeline_window w = p->view->window;
	size_t n = (size_t)graph.width * (size_t)plot_density(graph.canvas);
	timeline_source_counter(p->data->timeline, counter, w.from_ns, w.to_ns, cell, n);
	for (size_t i = 0; i < n; i++) {
		value[i] = cell[i].known ? cell[i].most : NAN;
		known = known || cell[i].known;
		if (cell[i].known)
			most = fmax(most, cell[i].most);
	}
	const int64_t whole = most < 0x1p63 ? (int64_t)most : INT64_MAX;
	if (known && counter == COUNTER_HEAP)
		text_bytes(text, sizeof text, whole);
	else if (known)
		text_count(text, sizeof text, whole);
	draw_gutter_value(gutter, counter == COUNTER_HEAP ? "heap" : "runnable", text);
	plot_area(graph, counter == COUNTER_HEAP ? STYLE_GC : STYLE_RUNNABLE, value, n, most);
}

/* The collector's marking, and over it where the world stood still. */
static void draw_bands(struct pane gutter, struct pane graph, const struct timeline_picture *p)
{
	double gc[CANVAS_WIDTH_MAX] = {0}, stw[CANVAS_WIDTH_MAX] = {0}, sum = 0;
	struct timeline_window w = p->view->window;
	bool ascii = graph.canvas->ascii;
	char text[32] = DASH;
	int known = 0;
	timeline_source_band(p->data->timeline, BAND_GC, w.from_ns, w.to_ns, gc, (size_t)graph.width);
	timeline_source_band(p->data->timeline, BAND_STW, w.from_ns, w.to_ns, stw, (size_t)graph.width);
	for (int x = 0; x < graph.width; x++) {
		known += !isnan(gc[x]);
		sum += isnan(gc[x]) ? 0 : gc[x];
		/* Zoomed out, each collection has its stops in the same cell. */
		if (stw[x] >= STOP_LEAST || (stw[x] > 0 && gc[x] <= 0))
			pane_glyph(graph, x, 0, STYLE_STRONG, ascii ? '|' : 0x2503);
		else if (gc[x] > 0)
			pane_glyph(graph, x, 0, gc[x] >= 0.5 ? STYLE_GC_FILL : STYLE_GC,
			           timeline_state_glyph(SPAN_GC, ascii));
	}
	if (known)
		text_percent(text, sizeof text, sum / known);
	draw_gutter_value(gutter, "GC", text);
}

/* Over the axis, on purpose: letters of marks and the cursor. */
static void draw_pointers(struct pane graph, const struct timeline_view *v)
{
	bool ascii = graph.canvas->ascii;
	for (int i = 0; i < v->marks; i++)
		pane_mark(graph, timeline_column(v->window, graph.width, v->mark_ns[i]), 0, STYLE_KEY,
		          (uint32_t)('a' + i));
	if (v->selected)
		pane_mark(graph, timeline_column(v->window, graph.width, v->cursor_ns), 0, STYLE_KEY,
		          ascii ? 'V' : 0x25bc);
}

static void draw_axis(struct pane gutter, struct pane graph, const struct timeline_view *v)
{
	struct timeline_window w = v->window;
	int64_t step = timeline_step(w, graph.width, v->first_ns);
	int64_t since = w.from_ns - v->first_ns;
	char text[32];
	bool ascii = graph.canvas->ascii;
	text_duration(text, sizeof text, (double)step, ascii);
	draw_gutter_value(gutter, "each", text);
	for (int64_t at = (since / step + (since % step > 0)) * step; at < w.to_ns - v->first_ns;
	     at += step) {
		int x = timeline_column(w, graph.width, v->first_ns + at);
		timeline_time_text(text, sizeof text, at, step);
		pane_glyph(graph, x, 0, STYLE_DIM, ascii ? '|' : 0x2575);
		if (x + 1 + (int)strlen(text) <= graph.width)
			pane_text(graph, x + 1, 0, STYLE_DIM, text);
	}
	draw_pointers(graph, v);
}

/* Lines down through the lanes, the one that matters most last. */
static void find_lines(struct timeline_picture *p, int columns, bool ascii)
{
	const struct timeline_view *v = p->view;
	double stw[CANVAS_WIDTH_MAX] = {0};
	timeline_source_band(p->data->timeline, BAND_STW, v->window.from_ns, v->window.to_ns, stw,
	                     (size_t)columns);
	for (int x = 0; x < columns; x++)
		if (stw[x] >= LINE_LEAST)
			p->line[x] = (struct timeline_line){ascii ? '|' : 0x2503, STYLE_GC};
	int cursor = timeline_column(v->window, columns, v->cursor_ns);
	if (v->selected && cursor >= 0 && cursor < columns)
		p->line[cursor] = (struct timeline_line){ascii ? '|' : 0x250a, STYLE_DIM};
	for (int i = 0; i < v->marks; i++) {
		int x = timeline_column(v->window, columns, v->mark_ns[i]);
		if (x >= 0 && x < columns)
			p->line[x] = (struct timeline_line){ascii ? '|' : 0x2506, STYLE_KEY};
	}
}

/* --- the page --------------------------------------------------------------------------------- */

/* What --from, --to and --goroutine ask for. Their times count from where the trace begins. */
static struct trace_target part_of(const struct trace_data *data, int64_t first_ns)
{
	struct trace_target part = {.to_ns = -1};
	if (!data->analysis)
		return part;
	const struct analysis_options *options = &data->analysis->options;
	part.goroutine = options->goroutine;
	if (options->from_ns > 0 || options->to_ns != INT64_MAX) {
		part.from_ns = part.to_ns = first_ns;
		add_ns(&part.from_ns, options->from_ns);
		add_ns(&part.to_ns, options->to_ns);
		if (options->to_ns == INT64_MAX)
			part.to_ns = INT64_MAX;
	}
	return part;
}

/* Once it is there to be shown. */
static void show_awaited(struct timeline_view *v, const struct trace_data *data, bool whole)
{
	struct trace_target target = v->awaited;
	bool part = target.to_ns > target.from_ns;
	if ((!part && !target.goroutine) || !(whole || (part && target.to_ns <= v->all.to_ns)))
		return;
	if (target.to_ns > v->all.to_ns)
		target.to_ns = v->all.to_ns;
	v->awaited = (struct trace_target){0};
	timeline_show_target(v, data, &target);
}

/* The trace grows while it is read: so does the window, until the user has chosen one. */
void timeline_update(struct timeline_view *v, const struct trace_data *data,
                     const struct timeline_extent *extent)
{
	if (v->source != data->timeline)
		*v = (struct timeline_view){.source = data->timeline,
		                            .awaited = part_of(data, extent->first_ns),
		                            .drag_x = -1};
	v->first_ns = extent->first_ns;
	v->all = (struct timeline_window){extent->first_ns, extent->last_ns > extent->first_ns
	                                                        ? extent->last_ns
	                                                        : extent->first_ns + 1};
	v->window = v->begun ? timeline_clamp(v->window, v->all) : v->all;
	show_awaited(v, data, extent->whole);
}

/* For the lanes on the screen, and some above and below them. */
static void ask(const struct timeline_view *v, struct timeline_source *source, int top, int page)
{
	int some = page / 4 + 1;
	size_t first = top > some ? (size_t)(top - some) : 0;
	size_t last = (size_t)(top > 0 ? top : 0) + (size_t)(page + some);
	if (last > v->lanes)
		last = v->lanes;
	if (first > last)
		first = last;
	const struct timeline_want want = {v->window.from_ns, v->window.to_ns,
	                                   (size_t)v->columns * TIMELINE_PARTS, v->lane + first,
	                                   last - first};
	timeline_source_want(source, &want);
}

static void draw_lanes(struct pane pane, struct timeline_picture *p, int gutter,
                       struct view_place *place)
{
	struct timeline_view *v = p->view;
	int height = lane_height(pane.height, v->lanes);
	view_fit(place, (int)v->lanes, pane.height / height);
	int row = v->selected ? timeline_row_of(v, v->on) : -1;
	if (row >= 0 && !v->scrolled) {
		/* The selected lane stays on the screen, unless the user has scrolled away from it. */
		if (row < place->top)
			place->top = row;
		if (row >= place->top + place->page)
			place->top = row - place->page + 1;
		view_fit(place, (int)v->lanes, place->page);
	}
	v->lanes_y = pane.y;
	v->lane_height = height;
	ask(v, p->data->timeline, place->top, place->page);
	p->span = timeline_selected_span(v, p->data->timeline);
	for (int i = 0; i < place->page && place->top + i < (int)v->lanes; i++) {
		struct pane lane = pane_sub(pane, 0, i * height, pane.width, height);
		timeline_draw_lane(pane_sub(lane, 0, 0, gutter, height),
		                   pane_sub(lane, gutter, 0, pane.width - gutter, height), p,
		                   v->lane[place->top + i]);
	}
	if (v->lanes == 0)
		pane_fit(pane, 1, 0, STYLE_DIM,
		         v->kind == LANE_G ? "no goroutine ran here" : "the trace names none");
}

static void draw(struct pane pane, const struct trace_data *data, struct view_place *place,
                 void *own)
{
	struct timeline_view *v = own;
	struct timeline_picture p = {.data = data, .view = v};
	struct timeline_extent extent = {0};
	struct slot row[ROWS];
	if (data->timeline)
		extent = timeline_source_extent(data->timeline);
	if (!extent.known) {
		pane_fit(pane, 1, 1, STYLE_DIM, data->loading ? "reading" : "there is no timeline");
		place->rows = place->page = 0;
		return;
	}
	timeline_source_poll(data->timeline);
	timeline_update(v, data, &extent);
	timeline_take_found(v, data->timeline);
	place->grouping = (int)v->kind;
	int gutter = gutter_width(pane.width, v->kind);
	v->graph_x = pane.x + gutter;
	v->columns = pane.width - gutter;
	timeline_choose_lanes(v, data->timeline);
	find_lines(&p, v->columns, pane.canvas->ascii);
	p.span = timeline_selected_span(v, data->timeline);
	lay_out(row, pane.height, (int)v->lanes);
	struct pane at[ROWS], left[ROWS], graph[ROWS];
	for (int i = 0; i < ROWS; i++) {
		at[i] = pane_sub(pane, 0, row[i].at, pane.width, row[i].size);
		left[i] = pane_sub(at[i], 0, 0, gutter, row[i].size);
		graph[i] = pane_sub(at[i], gutter, 0, v->columns, row[i].size);
	}
	/* First, since it asks for what the others show. */
	draw_lanes(at[ROW_LANES], &p, gutter, place);
	if (row[ROW_STATUS].size)
		draw_status(at[ROW_STATUS], &p);
	if (row[ROW_HEAP].size)
		draw_counter(left[ROW_HEAP], graph[ROW_HEAP], &p, COUNTER_HEAP);
	if (row[ROW_RUNNABLE].size)
		draw_counter(left[ROW_RUNNABLE], graph[ROW_RUNNABLE], &p, COUNTER_RUNNABLE);
	if (row[ROW_BANDS].size)
		draw_bands(left[ROW_BANDS], graph[ROW_BANDS], &p);
	if (row[ROW_AXIS].size)
		draw_axis(left[ROW_AXIS], graph[ROW_AXIS], v);
	if (row[ROW_DETAILS].size)
		view_tell_detail(place, at[ROW_DETAILS]);
	if (row[ROW_DETAILS].size)
		timeline_draw_details(at[ROW_DETAILS], &p);
}

static uint64_t without(const void *own)
{
	const struct timeline_view *v = own;
	uint64_t whole = v->begun ? 0 : COMMAND_BIT(COMMAND_WHOLE);
	return whole | (v->selected ? 0 : COMMAND_BIT(COMMAND_WAKER) | COMMAND_BIT(COMMAND_GOROUTINE));
}

static const char *const groups[] = {"Ps", "threads", "goroutines", NULL};

const struct trace_view trace_view_timeline = {
	.name = "Timeline",
	.context = CONTEXT_TRACE_TIMELINE,
	.groups = groups,
	.create = create,
	.destroy = free,
	.draw = draw,
	.act = timeline_act,
	.without = without,
	.visit = timeline_visit,
};
