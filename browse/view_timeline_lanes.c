#include "browse/view_timeline.h"

#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "tui/plot.h"
#include "util/text.h"

/*
 * One lane: its name in the gutter, and its time in cells. A cell whose time is all of one state is
 * filled with that state's glyph; one that covers many spans shows their mix, by height where a
 * lane has one row and as a stack where it has more. Exact spans get labels.
 */

#define PURE        0.98 /* share from which a cell is filled by one state, as far as anyone sees */
#define STRONG      0.25 /* from this share on a state gets its full colour */
#define HALF        0.75 /* share of half a cell that makes it a filled half */
#define EMPTY       0.1
#define FILLED      (1.0 / 16) /* what fills less of a cell of a stack is not seen */
#define LEVELS      8
#define PARTS       2 /* of a cell: braille shows them side by side */
#define COLUMNS     CANVAS_WIDTH_MAX
#define SHARE_WIDTH 24 /* of a gutter of goroutines that has room for their share */
#define LABEL_ROOM  4  /* cells of its bar that a label leaves at least */
#define NAME_LEAST  6  /* cells of a name that are worth showing behind a number */

static const enum state state_of[SPAN_STATES] = {
	[SPAN_UNKNOWN] = STATE_UNKNOWN,
	[SPAN_IDLE] = STATE_IDLE,
	[SPAN_SCHED] = STATE_SCHEDULER,
	[SPAN_RUNNING] = STATE_RUNNING,
	[SPAN_GC] = STATE_GC,
	[SPAN_SYSCALL] = STATE_SYSCALL,
	[SPAN_RUNNABLE] = STATE_RUNNABLE,
	[SPAN_BLOCKED] = STATE_BLOCKED,
};

const struct state_look *timeline_state_look(enum span_state state)
{
	return &state_look[state_of[state]];
}

/* From the bottom of a stack: what keeps a P busy first. Idle and blocked are not activity. */
static const enum span_state order[] = {SPAN_RUNNING, SPAN_GC, SPAN_SYSCALL, SPAN_SCHED,
                                        SPAN_RUNNABLE};
#define ORDER_COUNT (sizeof order / sizeof *order)

/* What is drawn in one place. */
struct look {
	uint32_t glyph;
	enum style style;
};

uint32_t timeline_state_glyph(enum span_state state, bool ascii)
{
	return state_glyph(state_of[state], ascii);
}

/* --- which lanes ------------------------------------------------------------------------------ */

static bool is_same(struct lane a, struct lane b)
{
	return a.kind == b.kind && a.id == b.id;
}

int timeline_row_of(const struct timeline_view *v, struct lane lane)
{
	for (size_t i = 0; i < v->lanes; i++)
		if (is_same(v->lane[i], lane))
			return (int)i;
	return -1;
}

/* Has the window become another one, rather than moved a little? */
static bool has_moved_far(const struct timeline_view *v)
{
	int64_t from = v->window.from_ns > v->chosen.from_ns ? v->window.from_ns : v->chosen.from_ns;
	int64_t to = v->window.to_ns < v->chosen.to_ns ? v->window.to_ns : v->chosen.to_ns;
	return timeline_width(v->window) != timeline_width(v->chosen) ||
	       to - from < timeline_width(v->window) / 2;
}

static void add_lane(struct timeline_view *v, struct lane lane)
{
	if (v->lanes < TIMELINE_LANES && timeline_row_of(v, lane) < 0)
		v->lane[v->lanes++] = lane;
}

/*
 * Goroutines that ran longest come first. A window that is moved a little, and spans that become
 * exact, only add some at the end: what is on the screen stays where it is. The selected one keeps
 * its row even when all others are exchanged around it.
 */
static void choose_goroutines(struct timeline_view *v, const struct timeline_source *source)
{
	struct lane found[TIMELINE_LANES];
	size_t n = timeline_source_goroutines(source, v->window.from_ns, v->window.to_ns, found,
	                                      TIMELINE_LANES);
	bool keep = v->selected && v->on.kind == LANE_G;
	if (v->lanes == 0 || v->lane[0].kind != LANE_G || has_moved_far(v)) {
		int row = keep ? timeline_row_of(v, v->on) : -1;
		v->lanes = 0;
		for (size_t i = 0; i < n && (int)v->lanes < row; i++)
			if (!is_same(found[i], v->on))
				add_lane(v, found[i]);
		v->chosen = v->window;
	}
	if (keep)
		add_lane(v, v->on);
	for (size_t i = 0; i < n; i++)
		add_lane(v, found[i]);
}

void timeline_choose_lanes(struct timeline_view *v, const struct timeline_source *source)
{
	if (v->kind == LANE_G) {
		choose_goroutines(v, source);
		return;
	}
	size_t n = timeline_source_lanes(source, v->kind, v->lane, TIMELINE_LANES);
	v->lanes = n < TIMELINE_LANES ? n : TIMELINE_LANES;
	v->chosen = (struct timeline_window){0};
}

/* --- names ------------------------------------------------------------------------------------ */

void timeline_lane_name(char *to, size_t size, struct lane lane)
{
	static const char letter[LANE_KINDS] = {[LANE_P] = 'P', [LANE_M] = 'M', [LANE_G] = 'G'};
	snprintf(to, size, "%c%" PRIu64, letter[lane.kind], lane.id);
}

void timeline_clean_name(char *to, size_t size, const char *name)
{
	text_clean(to, size, name, strlen(name));
}

void timeline_goroutine_name(char *to, size_t size, const struct timeline_source *source,
                             uint64_t goroutine)
{
	const char *function = timeline_source_function(source, goroutine);
	int used = snprintf(to, size, "G%" PRIu64, goroutine);
	if (!function || !*function || (size_t)used + 2 > size)
		return;
	to[used++] = ' ';
	timeline_clean_name(to + used, size - (size_t)used, function);
}

/* What a span says in its place: of a P or M whom it ran, of a goroutine where, or why it waits. */
static void label_text(char *to, size_t size, const struct timeline_source *source,
                       struct lane lane, const struct span *span)
{
	const char *reason = timeline_source_name(source, span->reason);
	bool runs = span->state == SPAN_RUNNING || span->state == SPAN_GC;
	to[0] = '\0';
	if (lane.kind != LANE_G && span->goroutine)
		timeline_goroutine_name(to, size, source, span->goroutine);
	else if (lane.kind == LANE_G && runs && span->proc != LANE_NO_ID)
		snprintf(to, size, "%sP%" PRIu64, span->state == SPAN_GC ? "GC on " : "", span->proc);
	else if (lane.kind == LANE_G && span->state == SPAN_BLOCKED && *reason)
		timeline_clean_name(to, size, reason);
	else if (lane.kind == LANE_G && span->state >= SPAN_SYSCALL)
		snprintf(to, size, "%s", timeline_state_look(span->state)->word);
}

/* --- cells ------------------------------------------------------------------------------------ */

/* A column of a lane: the two halves of its time, as shares of states. */
struct column {
	double half[PARTS][SPAN_STATES], share[SPAN_STATES];
	double busy[PARTS]; /* of the halves: neither idle nor blocked nor unknown */
	double switches;
	uint64_t goroutine;
};

static void fill_column(struct column *c, const struct lane_cell cell[PARTS])
{
	*c = (struct column){.switches = cell[0].switches + cell[1].switches,
	                     .goroutine = cell[0].goroutine};
	for (int i = 0; i < PARTS; i++) {
		double width = 0;
		for (int s = 0; s < SPAN_STATES; s++)
			width += cell[i].ns[s];
		for (int s = 0; s < SPAN_STATES && width > 0; s++) {
			c->half[i][s] = cell[i].ns[s] / width;
			c->share[s] += c->half[i][s] / PARTS;
		}
		for (size_t s = 0; s < ORDER_COUNT; s++)
			c->busy[i] += c->half[i][order[s]];
	}
}

/* The state that a cell is drawn as: what most of it is, but activity goes before quiet. */
static enum span_state main_state(const struct column *c)
{
	enum span_state state = SPAN_UNKNOWN;
	double most = 0;
	for (size_t i = 0; i < ORDER_COUNT; i++)
		if (c->share[order[i]] >= timeline_state_look(order[i])->least &&
		    c->share[order[i]] > most) {
			state = order[i];
			most = c->share[state];
		}
	if (state != SPAN_UNKNOWN || c->share[SPAN_UNKNOWN] > 0.5)
		return state;
	return c->share[SPAN_BLOCKED] > c->share[SPAN_IDLE] ? SPAN_BLOCKED : SPAN_IDLE;
}

/* Dots of one half of a braille cell, filled from the bottom; at least one. */
static uint32_t dots(double busy, int half)
{
	static const uint8_t bit[PARTS][4] = {{0x40, 0x04, 0x02, 0x01}, {0x80, 0x20, 0x10, 0x08}};
	uint32_t set = 0;
	for (int i = 0; i < 4 && (i == 0 || busy > i / 4.0); i++)
		set |= bit[half][i];
	return set;
}

/* A cell that running and something else share: a half that is filled, or both by height. */
static uint32_t mixed_glyph(const struct column *c, const struct canvas *canvas)
{
	double busy = (c->busy[0] + c->busy[1]) / PARTS;
	if (canvas->ascii)
		return busy >= 0.5 ? '#' : busy >= STRONG / 2 ? '+' : '-';
	if (c->busy[0] >= HALF && c->busy[1] <= EMPTY)
		return 0x258c; /* left half block */
	if (c->busy[1] >= HALF && c->busy[0] <= EMPTY)
		return 0x2590;
	if (canvas->blocks)
		return 0x2581 + (uint32_t)(fmin(busy, 0.999) * (LEVELS - 1));
	uint32_t set = 0;
	for (int i = 0; i < PARTS; i++)
		if (c->busy[i] > 0)
			set |= dots(c->busy[i], i);
	return set ? 0x2800 + set : ' ';
}

/* A lane of one row. */
static struct look look_of(const struct column *c, const struct canvas *canvas)
{
	enum span_state state = main_state(c);
	const struct state_look *look = timeline_state_look(state);
	struct look drawn = {timeline_state_glyph(state, canvas->ascii),
	                     c->share[state] < STRONG ? look->weak : look->style};
	if (state == SPAN_RUNNING && c->share[state] < PURE)
		drawn.glyph = mixed_glyph(c, canvas);
	else if (state == SPAN_RUNNING && c->switches >= 1)
		/* One goroutine followed another: the seam is seen where there are no more of them. */
		drawn.glyph = canvas->ascii ? '|' : c->switches < 1.5 ? 0x258a : 0x2588;
	return drawn;
}

/* Row `row` of `rows` of a taller lane, counted from the bottom. */
static struct look stacked_look(const struct column *c, const struct canvas *canvas, int row,
                                int rows)
{
	double filled, stacked[ORDER_COUNT];
	for (size_t i = 0; i < ORDER_COUNT; i++)
		stacked[i] = c->share[order[i]];
	int found =
		plot_stacked(stacked, ORDER_COUNT, row / (double)rows, (row + 1) / (double)rows, &filled);
	enum span_state state = found < 0 ? SPAN_IDLE : order[found];
	if (row == 0 && filled < FILLED) {
		struct look quiet = look_of(c, canvas);
		return quiet;
	}
	if (filled < FILLED || (state != SPAN_RUNNING && filled < 0.5 && row > 0))
		return (struct look){' ', STYLE_TEXT};
	struct look drawn = {timeline_state_glyph(state, canvas->ascii),
	                     timeline_state_look(state)->style};
	if (state == SPAN_RUNNING && canvas->ascii)
		drawn.glyph = filled >= 0.5 ? '#' : '-';
	else if (state == SPAN_RUNNING && filled < PURE)
		drawn.glyph = plot_level(filled - FILLED, false);
	else if (state == SPAN_RUNNING && c->share[state] >= PURE && c->switches >= 1 &&
	         c->switches < 1.5)
		drawn.glyph = 0x258a;
	return drawn;
}

/* --- one lane --------------------------------------------------------------------------------- */

struct lane_drawing {
	const struct timeline_picture *picture;
	const struct timeline_source *source;
	struct lane lane;
	struct pane graph;
	int bars; /* rows of the bar; one more is for labels where there is more than one */
	const struct span *span;
	size_t spans;
	bool taken[COLUMNS]; /* by a label on the bar */
};

static bool is_selected(const struct lane_drawing *d, const struct span *span)
{
	const struct span *chosen = d->picture->span;
	return chosen && d->picture->view->on.id == d->lane.id && span->begin_ns == chosen->begin_ns &&
	       span->end_ns == chosen->end_ns;
}

/* The columns that a span covers within the graph. */
static void columns_of(const struct lane_drawing *d, const struct span *span, int *from, int *to)
{
	struct timeline_window w = d->picture->view->window;
	int first = timeline_column(w, d->graph.width, span->begin_ns);
	int last = timeline_column(w, d->graph.width, span->end_ns - 1);
	*from = first > 0 ? first : 0;
	*to = last < d->graph.width ? last + 1 : d->graph.width;
}

/* On the bar, leaving some of it to be seen. */
static void draw_inline_label(struct lane_drawing *d, const struct span *span, const char *text)
{
	int from, to, width = canvas_text_width(d->graph.canvas, text);
	columns_of(d, span, &from, &to);
	bool after = from > 0; /* the seam to the one before stays visible */
	int room = to - from - LABEL_ROOM - after;
	const char *space = strchr(text, ' ');
	char number[32];
	if (width > room && d->lane.kind != LANE_G && space) {
		/* Rather the number alone than half a name. */
		snprintf(number, sizeof number, "%.*s", (int)(space - text), text);
		text = number;
		width = canvas_text_width(d->graph.canvas, text);
	}
	if (width > room)
		return;
	enum style style =
		is_selected(d, span) ? STYLE_SELECTED : timeline_state_look(span->state)->weak;
	int x = from + after + 1;
	pane_text(d->graph, x, 0, style, text);
	for (int i = x - 1; i <= x + width && i < COLUMNS; i++)
		d->taken[i] = true;
	pane_glyph(d->graph, x - 1, 0, STYLE_TEXT, ' ');
}

/* Below the bar, cut to the span's width. */
static void draw_label_below(struct lane_drawing *d, const struct span *span, const char *text)
{
	int from, to;
	columns_of(d, span, &from, &to);
	/* The next one may begin in its last cell. */
	int next = timeline_column(d->picture->view->window, d->graph.width, span->end_ns);
	int room = (next < to ? next : to) - from - 1;
	size_t number = strcspn(text, " ");
	char shorter[TIMELINE_NAME_MAX];
	if (room < (int)number || room < 2)
		return;
	if (room < (int)number + NAME_LEAST && canvas_text_width(d->graph.canvas, text) > room) {
		snprintf(shorter, sizeof shorter, "%.*s", (int)number, text);
		text = shorter;
	}
	pane_fit(pane_sub(d->graph, from, d->bars, room, 1), 0, 0,
	         is_selected(d, span) ? STYLE_SELECTED : STYLE_DIM, text);
}

static void draw_labels(struct lane_drawing *d)
{
	char text[TIMELINE_NAME_MAX];
	for (size_t i = 0; i < d->spans; i++) {
		label_text(text, sizeof text, d->source, d->lane, &d->span[i]);
		if (!text[0])
			continue;
		if (d->graph.height > d->bars)
			draw_label_below(d, &d->span[i], text);
		else
			draw_inline_label(d, &d->span[i], text);
	}
}

/* The part of the graph that the selection covers: the span, or where there is none the cell. */
static void selected_columns(const struct lane_drawing *d, int *from, int *to)
{
	const struct timeline_view *v = d->picture->view;
	*from = *to = 0;
	if (!v->selected || v->on.kind != d->lane.kind || v->on.id != d->lane.id)
		return;
	if (d->picture->span) {
		columns_of(d, d->picture->span, from, to);
		return;
	}
	*from = timeline_column(v->window, d->graph.width, v->cursor_ns);
	*to = *from + 1;
}

static void draw_bars(struct lane_drawing *d, const struct lane_cell *cell)
{
	const struct canvas *canvas = d->graph.canvas;
	int from, to;
	selected_columns(d, &from, &to);
	for (int x = 0; x < d->graph.width; x++) {
		struct column c;
		fill_column(&c, &cell[(size_t)x * PARTS]);
		for (int row = 0; row < d->bars; row++) {
			struct look look =
				d->bars == 1 ? look_of(&c, canvas) : stacked_look(&c, canvas, row, d->bars);
			if (d->taken[x])
				continue;
			const struct timeline_line *line = &d->picture->line[x];
			bool quiet =
				look.glyph == ' ' || look.glyph == timeline_state_glyph(SPAN_IDLE, canvas->ascii);
			if (x >= from && x < to)
				look.style = STYLE_STRONG;
			else if (quiet && line->glyph)
				look = (struct look){line->glyph, line->style};
			if (look.glyph != ' ')
				pane_glyph(d->graph, x, d->bars - 1 - row, look.style, look.glyph);
		}
	}
}

/* --- the gutter ------------------------------------------------------------------------------- */

/* Share of the window that the lane was at work: of a goroutine running, of a P or M not idle,
   as the Summary and the engine's procs count it. */
static double busy_share(const struct lane_cell *cell, size_t n, enum lane_kind kind, bool *known)
{
	double busy = 0, all = 0;
	for (size_t i = 0; i < n; i++) {
		for (int s = SPAN_IDLE; s < SPAN_STATES; s++)
			all += cell[i].ns[s];
		busy += cell[i].ns[SPAN_RUNNING] + cell[i].ns[SPAN_GC];
		if (kind != LANE_G)
			busy += cell[i].ns[SPAN_SYSCALL] + cell[i].ns[SPAN_SCHED];
	}
	*known = all > 0;
	return *known ? busy / all : 0;
}

/* Name, how busy it was, and a mark where the picture is still to become exact. */
static void draw_gutter(struct pane gutter, const struct lane_drawing *d,
                        const struct lane_cell *cell, enum timeline_detail detail)
{
	const struct timeline_view *v = d->picture->view;
	char name[TIMELINE_NAME_MAX], share[16];
	bool known, on = v->selected && v->on.kind == d->lane.kind && v->on.id == d->lane.id;
	double busy = busy_share(cell, (size_t)d->graph.width * PARTS, d->lane.kind, &known);
	if (d->lane.kind == LANE_G)
		timeline_goroutine_name(name, sizeof name, d->source, d->lane.id);
	else
		timeline_lane_name(name, sizeof name, d->lane);
	text_percent(share, sizeof share, busy);
	/* A goroutine's name comes before its share. */
	known = known && (d->lane.kind != LANE_G || gutter.width >= SHARE_WIDTH);
	int right = gutter.width - 1, width = known ? 6 : 0;
	pane_fit(pane_sub(gutter, 0, 0, right - width - 1, 1), 1, 0, on ? STYLE_SELECTED : STYLE_TEXT,
	         name);
	if (known)
		pane_right(pane_sub(gutter, 0, 0, right, 1), 0, STYLE_DIM, share);
	if (detail != DETAIL_EXACT)
		pane_glyph(gutter, right, 0, STYLE_WARNING, '~');
}

void timeline_draw_lane(struct pane gutter, struct pane graph, const struct timeline_picture *p,
                        struct lane lane)
{
	struct lane_cell cell[COLUMNS * PARTS];
	struct timeline_window w = p->view->window;
	const struct timeline_source *source = p->data->timeline;
	struct lane_drawing d = {.picture = p, .source = source, .lane = lane, .graph = graph};
	d.bars = graph.height > 1 ? graph.height - 1 : 1;
	enum timeline_detail detail =
		timeline_source_cells(source, lane, w.from_ns, w.to_ns, cell, (size_t)graph.width * PARTS);
	if (detail == DETAIL_EXACT)
		d.spans = timeline_source_spans(source, lane, w.from_ns, w.to_ns, &d.span);
	draw_labels(&d);
	draw_bars(&d, cell);
	draw_gutter(gutter, &d, cell, detail);
}
