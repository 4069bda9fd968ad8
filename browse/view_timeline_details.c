#include "browse/view_timeline.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "util/text.h"

/*
 * Below the lanes: the selected span with who woke it and the stacks; what a cell is a mix of where
 * there is no single span; without a selection what all Ps did in the window, which is the legend
 * as well.
 */

#define TWO_COLUMNS   100 /* widths from which stacks stand beside the facts, */
#define THREE_COLUMNS 160 /* and beside each other */
#define LABEL_WIDTH   11
#define FINER         100
#define FRAMES_MAX    32
#define FILE_MAX      64 /* bytes of a file's name without its folders */

/* What the parts are drawn from. */
struct details {
	const struct timeline_view *view;
	const struct timeline_source *source;
	const struct keymap *keys;
	bool ascii;
};

static struct details details_of(const struct timeline_picture *p, const struct canvas *canvas)
{
	const struct keymap *keys = p->data->keys ? p->data->keys : &keymap_default;
	return (struct details){p->view, p->data->timeline, keys, canvas->ascii};
}

/* Finer than columns tell it. */
static void moment_text(char *to, size_t size, const struct details *d, int64_t at_ns)
{
	int64_t step = timeline_resolution(d->view->window, d->view->columns) / FINER;
	timeline_time_text(to, size, at_ns - d->view->first_ns, step > 0 ? step : 1);
}

/* "u finds the wake-up", by the key that it has here, or what is to be typed. */
static const char *way_text(char *to, size_t size, const struct details *d, enum command command,
                            const char *does)
{
	char key[KEY_NAME_MAX];
	keymap_way(key, sizeof key, d->keys, command, CONTEXT_TRACE_TIMELINE, d->ascii);
	snprintf(to, size, "%s %s", key, does);
	return to;
}

/* Draws "label  value" and returns where the value ends. */
static int draw_fact(struct pane pane, int y, const char *label, enum style style,
                     const char *value)
{
	pane_text(pane_sub(pane, 0, 0, LABEL_WIDTH, pane.height), 1, y, STYLE_LABEL, label);
	return pane_fit(pane, LABEL_WIDTH, y, style, value);
}

/* --- a span ----------------------------------------------------------------------------------- */

static void draw_what(struct pane pane, const struct details *d, const struct span *span)
{
	const struct state_look *look = timeline_state_look(span->state);
	char length[32], name[TIMELINE_NAME_MAX] = "", text[64];
	text_duration(length, sizeof length, (double)(span->end_ns - span->begin_ns), d->ascii);
	bool cut = span->begins_earlier || span->ends_later;
	snprintf(text, sizeof text, "%s %s%s", look->word, cut ? "≥ " : "", length);
	pane_glyph(pane, 1, 0, look->style, timeline_state_glyph(span->state, d->ascii));
	int x = pane_fit(pane, 3, 0, STYLE_STRONG, text);
	if (span->goroutine)
		timeline_goroutine_name(name, sizeof name, d->source, span->goroutine);
	x = pane_fit(pane, x + 2, 0, STYLE_TEXT, name);
	if (span->proc != LANE_NO_ID)
		x = pane_print(pane, x + 2, 0, STYLE_DIM, "P%" PRIu64, span->proc);
	if (span->thread != LANE_NO_ID)
		pane_print(pane, x + 1, 0, STYLE_DIM, "M%" PRIu64, span->thread);
}

static void draw_when(struct pane pane, int y, const struct details *d, const struct span *span)
{
	char from[32], to[32], text[96];
	moment_text(from, sizeof from, d, span->begin_ns);
	moment_text(to, sizeof to, d, span->end_ns);
	snprintf(text, sizeof text, "%s%s – %s%s", span->begins_earlier ? "before " : "", from, to,
	         span->ends_later ? " and on" : "");
	draw_fact(pane, y, "when", STYLE_TEXT, text);
}

/* The span that holds the wake-up: of a blocked one, it ended that. */
static const struct span *with_wake_up(const struct details *d, const struct span *span)
{
	const struct span *next;
	if (span->state != SPAN_BLOCKED ||
	    timeline_source_spans(d->source, d->view->on, span->end_ns, span->end_ns + 1, &next) == 0)
		return span;
	return next;
}

/* Who made it runnable, and how long that took to bear fruit. */
static void draw_waker(struct pane pane, int y, const struct details *d, const struct span *span)
{
	char who[TIMELINE_NAME_MAX] = "the runtime (poller, timer, scheduler)", when[32], before[32],
		 text[80];
	const struct span *woken = with_wake_up(d, span);
	const char *label = woken != span ? "ended by" : woken->created ? "created by" : "woken by";
	if (!woken->woken) {
		draw_fact(pane, y, label, STYLE_DIM,
		          way_text(text, sizeof text, d, COMMAND_WAKER, "finds the wake-up"));
		return;
	}
	if (woken->waker)
		timeline_goroutine_name(who, sizeof who, d->source, woken->waker);
	int x = draw_fact(pane, y, label, STYLE_TEXT, who);
	moment_text(when, sizeof when, d, woken->woken_ns);
	text_duration(before, sizeof before, (double)(span->begin_ns - woken->woken_ns), d->ascii);
	snprintf(text, sizeof text, "%s before, at %s", before, when);
	if (span->begin_ns <= woken->woken_ns)
		snprintf(text, sizeof text, "at %s", when);
	else if (x + 2 + canvas_text_width(pane.canvas, text) > pane.width)
		snprintf(text, sizeof text, "%s before", before);
	if (x + 2 + canvas_text_width(pane.canvas, text) <= pane.width)
		pane_text(pane, x + 2, y, STYLE_DIM, text);
}

static void draw_reason(struct pane pane, int y, const struct details *d, const struct span *span)
{
	static const char *const label[SPAN_STATES] = {
		[SPAN_RUNNING] = "left off", [SPAN_GC] = "left off",       [SPAN_SYSCALL] = "call",
		[SPAN_RUNNABLE] = "because", [SPAN_BLOCKED] = "waits for",
	};
	char reason[TIMELINE_NAME_MAX];
	timeline_clean_name(reason, sizeof reason, timeline_source_name(d->source, span->reason));
	if (reason[0] && label[span->state])
		draw_fact(pane, y, label[span->state], STYLE_TEXT, reason);
}

/* "function  file.go:12": the file without its folders. */
static void frame_text(char *function, size_t function_size, char *place, size_t place_size,
                       const struct details *d, const struct stack_frame *frame)
{
	char file[TIMELINE_NAME_MAX * 4];
	timeline_clean_name(function, function_size, timeline_source_name(d->source, frame->function));
	timeline_clean_name(file, sizeof file, timeline_source_name(d->source, frame->file));
	const char *base = strrchr(file, '/');
	snprintf(place, place_size, "%.*s:%" PRIu32, FILE_MAX, base ? base + 1 : file, frame->line);
}

/* A heading and frames below it, leaf first. Returns the rows used. */
static int draw_stack(struct pane pane, const struct details *d, const char *heading,
                      uint32_t stack)
{
	const struct stack_frame *frame;
	size_t n = stack ? timeline_source_stack(d->source, stack, &frame) : 0;
	int y = 1;
	if (n == 0 || pane.height < 2)
		return 0;
	pane_fit(pane, 1, 0, STYLE_LABEL, heading);
	for (size_t i = 0; i < n && y < pane.height; i++, y++) {
		char function[TIMELINE_NAME_MAX], place[TIMELINE_NAME_MAX];
		struct pane row = pane_row(pane_sub(pane, 0, 0, pane.width - 1, pane.height), y);
		frame_text(function, sizeof function, place, sizeof place, d, &frame[i]);
		int width = canvas_text_width(pane.canvas, place);
		bool whole = row.width - 4 - canvas_text_width(pane.canvas, function) >= width;
		/* The function is what counts: where both don't fit, the place goes. */
		pane_fit(row, 2, 0, STYLE_TEXT, function);
		if (whole)
			pane_right(row, 0, STYLE_DIM, place);
	}
	return y;
}

/* In a narrow pane: one line of frames, as far as it goes. */
static void draw_chain(struct pane pane, const struct details *d, uint32_t stack)
{
	const struct stack_frame *frame;
	size_t n = stack ? timeline_source_stack(d->source, stack, &frame) : 0, used = 0;
	char text[1024] = "";
	for (size_t i = 0; i < n && i < FRAMES_MAX && used < sizeof text; i++) {
		char function[TIMELINE_NAME_MAX], place[TIMELINE_NAME_MAX];
		frame_text(function, sizeof function, place, sizeof place, d, &frame[i]);
		used += (size_t)snprintf(text + used, sizeof text - used, "%s%s %s", i ? " ← " : "",
		                         function, place);
	}
	pane_wrap(pane_sub(pane, 1, 0, pane.width - 2, pane.height), STYLE_DIM, text);
}

static const char *stack_heading(const struct span *span)
{
	switch (span->state) {
	case SPAN_BLOCKED:
		return "waits at";
	case SPAN_SYSCALL:
		return "system call at";
	default:
		return "left off at";
	}
}

static int draw_facts(struct pane pane, const struct details *d, const struct span *span)
{
	int y = 0;
	draw_what(pane, d, span);
	draw_when(pane, ++y, d, span);
	if (span->goroutine)
		draw_waker(pane, ++y, d, span);
	if (span->reason)
		draw_reason(pane, ++y, d, span);
	return y + 1;
}

static void draw_span(struct pane pane, const struct details *d, const struct span *span)
{
	const struct span *woken = with_wake_up(d, span);
	const char *waker = woken->created ? "created at" : "woken at";
	if (pane.width < TWO_COLUMNS) {
		int used = draw_facts(pane, d, span);
		draw_chain(pane_sub(pane, 0, used, pane.width, pane.height - used), d,
		           span->stack ? span->stack : woken->wake_stack);
		return;
	}
	int parts = pane.width < THREE_COLUMNS ? 2 : 3;
	int facts = parts == 2 ? pane.width / 2 : pane.width * 2 / 5;
	int rest = (pane.width - facts) / (parts - 1);
	draw_facts(pane_sub(pane, 0, 0, facts - 1, pane.height), d, span);
	struct pane stack = pane_sub(pane, facts, 0, rest, pane.height), wake = stack;
	if (parts == 3) {
		stack.width--;
		wake = pane_sub(pane, facts + rest, 0, rest, pane.height);
	} else if (span->stack && woken->wake_stack) {
		/* One above the other: each has the rows that the other doesn't need. */
		stack.height = pane.height - pane.height / 2;
		wake = pane_sub(wake, 0, stack.height, rest, pane.height / 2);
	}
	draw_stack(stack, d, stack_heading(span), span->stack);
	draw_stack(wake, d, waker, woken->wake_stack);
}

/* --- a cell, or the whole window -------------------------------------------------------------- */

/* In the order of the legend. */
static const enum span_state listed[] = {SPAN_RUNNING, SPAN_GC,    SPAN_SYSCALL, SPAN_RUNNABLE,
                                         SPAN_BLOCKED, SPAN_SCHED, SPAN_IDLE};

/* "█ running 62 %  ░ GC 3.1 % …", as many as fit whole; those that nothing is of are left out
   unless they are to be the legend of the lanes: a P is never runnable or blocked. */
static void draw_shares(struct pane row, const struct lane_cell *cell, bool legend,
                        enum lane_kind kind)
{
	double width = 0;
	int x = 1;
	for (int s = 0; s < SPAN_STATES; s++)
		width += cell->ns[s];
	for (size_t i = 0; i < sizeof listed / sizeof *listed && width > 0; i++) {
		const struct state_look *look = timeline_state_look(listed[i]);
		char share[16], text[48];
		bool waits = listed[i] == SPAN_RUNNABLE || listed[i] == SPAN_BLOCKED;
		if (legend ? waits && kind != LANE_G : !(cell->ns[listed[i]] > 0))
			continue;
		text_percent(share, sizeof share, cell->ns[listed[i]] / width);
		snprintf(text, sizeof text, "%s%s%s", look->word, legend && waits ? "" : " ",
		         legend && waits ? "" : share);
		int cells = canvas_text_width(row.canvas, text);
		if (x + 2 + cells > row.width)
			return;
		pane_glyph(row, x, 0, look->style, timeline_state_glyph(listed[i], row.canvas->ascii));
		pane_text(row, x + 2, 0, STYLE_DIM, text);
		x += cells + 5;
	}
}

/* Of several cells one; of the goroutines the one that is sure of the longest time. */
static void add_cells(struct lane_cell *sum, const struct lane_cell *cell, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		for (int s = 0; s < SPAN_STATES; s++)
			sum->ns[s] += cell[i].ns[s];
		sum->switches += cell[i].switches;
		if (!sum->goroutine || cell[i].goroutine_ns > sum->goroutine_ns) {
			sum->goroutine = cell[i].goroutine;
			sum->goroutine_ns = cell[i].goroutine_ns;
		}
	}
}

static void draw_cell(struct pane pane, const struct details *d)
{
	const struct timeline_view *v = d->view;
	int column = timeline_column(v->window, v->columns, v->cursor_ns);
	int64_t from_ns = timeline_moment(v->window, v->columns, column);
	int64_t to_ns = timeline_moment(v->window, v->columns, column + 1);
	struct lane_cell part[TIMELINE_PARTS], cell = {.goroutine = 0};
	char lane[32], from[32], width[32], text[160], way[96], name[TIMELINE_NAME_MAX] = "";
	enum timeline_detail detail =
		timeline_source_cells(d->source, v->on, from_ns, to_ns, part, TIMELINE_PARTS);
	add_cells(&cell, part, detail == DETAIL_NONE ? 0 : TIMELINE_PARTS);
	timeline_lane_name(lane, sizeof lane, v->on);
	moment_text(from, sizeof from, d, from_ns);
	text_duration(width, sizeof width, (double)(to_ns - from_ns), d->ascii);
	snprintf(text, sizeof text, "%s at %s, a cell of %s", lane, from, width);
	int x = pane_fit(pane, 1, 0, STYLE_STRONG, text);
	if (detail == DETAIL_EXACT && cell.switches >= 1)
		pane_print(pane, x + 2, 0, STYLE_TEXT, "%.0f goroutines began to run", cell.switches);
	if (detail == DETAIL_NONE) {
		pane_fit(pane, 1, 1, STYLE_DIM, "nothing is known of it yet");
		return;
	}
	draw_shares(pane_row(pane, 1), &cell, false, v->kind);
	if (cell.goroutine)
		timeline_goroutine_name(name, sizeof name, d->source, cell.goroutine);
	if (cell.goroutine)
		draw_fact(pane, 2, cell.goroutine_ns > 0 ? "mostly" : "among them", STYLE_TEXT, name);
	pane_fit(pane, 1, cell.goroutine ? 3 : 2, STYLE_DIM,
	         detail == DETAIL_EXACT ? way_text(way, sizeof way, d, COMMAND_ZOOM_IN,
	                                           "zooms in, until single spans can be told")
	                                : "exact spans are still to come");
}

static void draw_window(struct pane pane, const struct details *d)
{
	const struct timeline_view *v = d->view;
	struct lane proc[TIMELINE_LANES];
	struct lane_cell all = {.goroutine = 0}, cell[CANVAS_WIDTH_MAX * TIMELINE_PARTS];
	size_t cells = (size_t)v->columns * TIMELINE_PARTS;
	char text[160], count[32], stop[32];
	size_t n = timeline_source_lanes(d->source, LANE_P, proc, TIMELINE_LANES);
	for (size_t i = 0; i < n && i < TIMELINE_LANES; i++) {
		enum timeline_detail detail = timeline_source_cells(d->source, proc[i], v->window.from_ns,
		                                                    v->window.to_ns, cell, cells);
		add_cells(&all, cell, detail == DETAIL_NONE ? 0 : cells);
	}
	double stopped = 0;
	timeline_source_band(d->source, BAND_STW, v->window.from_ns, v->window.to_ns, &stopped, 1);
	text_count(count, sizeof count, (int64_t)all.switches);
	text_duration(stop, sizeof stop, stopped * (double)timeline_width(v->window), d->ascii);
	snprintf(text, sizeof text, "%zu Ps in this window, %s goroutine starts%s%s", n, count,
	         stopped > 0 ? ", world stopped for " : "", stopped > 0 ? stop : "");
	pane_fit(pane, 1, 0, STYLE_TEXT, text);
	draw_shares(pane_row(pane, 1), &all, true, v->kind);
	pane_fit(pane, 1, 2, STYLE_DIM,
	         way_text(text, sizeof text, d, COMMAND_EXPAND, "or a click selects a span"));
}

void timeline_draw_details(struct pane pane, const struct timeline_picture *p)
{
	struct details d = details_of(p, pane.canvas);
	if (p->span)
		draw_span(pane, &d, p->span);
	else if (p->view->selected)
		draw_cell(pane, &d);
	else
		draw_window(pane, &d);
}
