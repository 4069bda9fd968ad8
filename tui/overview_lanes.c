#include "tui/overview.h"

#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "tui/layout.h"
#include "tui/plot.h"
#include "tui/wait_history.h"
#include "util/clock.h"
#include "util/text.h"

/*
 * One row per P, or per group of Ps when the user has them made compact: what it did over the last
 * minute or more, and what it does now. The columns are a table; which of them are shown depends on
 * the width alone.
 */

#define UTIL_NS   NS_PER_S /* utilization is over this or the last interval */
#define CELLS_MAX 60 /* cells that the span is cut into at most: a wider strip shows more time */

/* What a row is drawn from. */
struct lane {
	const struct view_data *data;
	const struct snapshot *now;    /* the newest with P rows */
	const struct snapshot *before; /* the one to take rates from; NULL: none */
	int64_t cell_ns;               /* time that a cell of the strip stands for */
	struct lane_share share;       /* over the time of UTIL_NS */
	size_t p, n;                   /* the first P, and how many of them; mostly one */
};

static const struct fields *fields_of(const struct lane *lane)
{
	return &lane->now->p[lane->p].f;
}

/* The sum of a field over the Ps of the row; unknown when it is unknown of one. */
static bool sum_field(const struct lane *lane, int field, int64_t *sum)
{
	int64_t value;
	*sum = 0;
	for (size_t i = 0; i < lane->n; i++) {
		if (!fields_get(&lane->now->p[lane->p + i].f, field, &value))
			return false;
		*sum += value;
	}
	return true;
}

/* --- columns -------------------------------------------------------------------------------- */

static void draw_number(struct pane pane, bool known, int64_t n)
{
	char text[32];
	text_count(text, sizeof text, n);
	if (known)
		pane_right(pane, 0, n ? STYLE_TEXT : STYLE_DIM, text);
	else
		view_unknown(pane);
}

static void draw_share(struct pane pane, bool known, double ratio)
{
	char text[32];
	text_percent(text, sizeof text, ratio);
	if (known)
		pane_right(pane, 0, ratio > 0 ? STYLE_TEXT : STYLE_DIM, text);
	else
		view_unknown(pane);
}

static void draw_p(struct pane pane, const struct lane *lane)
{
	if (lane->n == 1)
		pane_print(pane, 0, 0, STYLE_LABEL, "%zu", lane->p);
	else
		pane_print(pane, 0, 0, STYLE_LABEL, "%zu%s%zu", lane->p, pane.canvas->ascii ? "-" : "–",
		           lane->p + lane->n - 1);
}

static void draw_util(struct pane pane, const struct lane *lane)
{
	draw_share(pane, lane->share.known, lane->share.known ? lane_share_busy(&lane->share) : 0);
}

static void draw_gc(struct pane pane, const struct lane *lane)
{
	double sampled = 1 - lane->share.share[LANE_UNKNOWN];
	draw_share(pane, lane->share.known, lane->share.share[LANE_GC] / sampled);
}

static void draw_syscall(struct pane pane, const struct lane *lane)
{
	double sampled = 1 - lane->share.share[LANE_UNKNOWN];
	draw_share(pane, lane->share.known, lane->share.share[LANE_SYSCALL] / sampled);
}

static void draw_queue(struct pane pane, const struct lane *lane)
{
	int64_t size, next;
	bool known = sum_field(lane, P_RUNQSIZE, &size);
	bool has_next = sum_field(lane, P_RUNNEXT, &next);
	draw_number(pane, known, size + (has_next ? next : 0));
}

static void draw_timers(struct pane pane, const struct lane *lane)
{
	int64_t timers;
	bool known = sum_field(lane, P_TIMERSLEN, &timers);
	draw_number(pane, known, timers);
}

static void draw_m(struct pane pane, const struct lane *lane)
{
	int64_t m;
	char text[32] = "";
	bool known = fields_get(fields_of(lane), P_M, &m);
	if (!known) {
		view_unknown(pane);
	} else if (m != FIELD_NIL) {
		snprintf(text, sizeof text, "M%" PRId64, m);
		pane_right(pane, 0, STYLE_TEXT, text);
	}
}

static void draw_schedticks(struct pane pane, const struct lane *lane)
{
	char text[32];
	struct rate rate = {.known = lane->before != NULL};
	for (size_t i = 0; rate.known && i < lane->n; i++) {
		struct rate one = derive_schedticks(lane->before, lane->now, lane->p + i);
		rate.known = one.known;
		rate.per_s += one.per_s;
	}
	if (!rate.known) {
		view_unknown(pane);
		return;
	}
	if (rate.per_s < 10)
		text_rate(text, sizeof text, rate.per_s);
	else
		text_count(text, sizeof text, llround(rate.per_s));
	pane_right(pane, 0, rate.per_s > 0 ? STYLE_TEXT : STYLE_DIM, text);
}

/* "encoding/json.Marshal" without what comes before the last slash. */
static const char *base_name(const char *function)
{
	const char *slash = strrchr(function, '/');
	return slash ? slash + 1 : function;
}

/* How long the P has been in the state of its last sample, as far as samples go back without a gap.
 */
static int64_t stretch_ns(const struct lane *lane)
{
	const struct snapshot *s;
	int64_t end_ns = 0, begin_ns = 0;
	uint8_t state = LANE_UNKNOWN;
	for (size_t i = 0; (s = history_get(lane->data->history, i)) != NULL; i++) {
		const struct lanes *lanes = &s->lanes;
		if (lane->p >= lanes->procs)
			break;
		for (size_t at = lanes->samples; at-- > 0;) {
			uint8_t here = lanes->state[at * lanes->procs + lane->p];
			if (end_ns == 0) {
				end_ns = lanes->at_ns[at];
				state = here;
			}
			if (here != state)
				return end_ns - begin_ns;
			begin_ns = lanes->at_ns[at];
		}
	}
	return end_ns - begin_ns;
}

/* "G8812 in a syscall 40 ms" */
static void draw_syscall_stretch(struct pane pane, int x, const struct lane *lane)
{
	char age[32];
	int64_t ns = stretch_ns(lane);
	x = pane_text(pane, x, 0, STYLE_SYSCALL, "in a syscall");
	/* Samples are 10 ms apart at best. */
	if (ns < NS_PER_S)
		snprintf(age, sizeof age, "%" PRId64 " ms", ns / NS_PER_MS);
	else
		view_age(age, sizeof age, ns);
	if (ns > 0)
		pane_fit(pane, x + 1, 0, STYLE_DIM, age);
}

static void draw_group(struct pane pane, const struct lane *lane)
{
	size_t busy = 0;
	int64_t state;
	for (size_t i = 0; i < lane->n; i++) {
		if (!fields_get(&lane->now->p[lane->p + i].f, P_LANE, &state)) {
			pane_text(pane, 0, 0, STYLE_DIM, "–");
			return;
		}
		busy += state == LANE_RUNNING || state == LANE_GC;
	}
	pane_print(pane, 0, 0, busy ? STYLE_TEXT : STYLE_DIM, "%zu of %zu Ps", busy, lane->n);
}

static void draw_running(struct pane pane, const struct lane *lane)
{
	static const char *const without[LANE_STATE_COUNT] = {
		[LANE_UNKNOWN] = "–",
		[LANE_IDLE] = "",
		[LANE_RUNNING] = "–",
		[LANE_GC] = "collecting garbage",
		[LANE_SYSCALL] = "in a syscall",
		[LANE_SCHEDULER] = "looking for work",
	};
	const char *function = lane->now->p[lane->p].running;
	int64_t curg = FIELD_NIL, state = LANE_UNKNOWN;
	if (lane->n > 1) {
		draw_group(pane, lane);
		return;
	}
	fields_get(fields_of(lane), P_CURG, &curg);
	fields_get(fields_of(lane), P_LANE, &state);
	if (curg == FIELD_NIL && state != LANE_SYSCALL) {
		bool valid = state >= 0 && state < LANE_STATE_COUNT;
		pane_fit(pane, 0, 0, STYLE_DIM, without[valid ? state : LANE_UNKNOWN]);
		return;
	}
	int x = 0;
	if (curg != FIELD_NIL)
		x = pane_print(pane, 0, 0, STYLE_TEXT, "G%-*" PRId64 " ", pane.width < 32 ? 5 : 8, curg);
	if (state == LANE_SYSCALL)
		draw_syscall_stretch(pane, x, lane);
	else
		pane_fit(pane, x, 0, STYLE_TEXT, pane.width >= 48 ? function : base_name(function));
}

enum {
	COLUMN_P,
	COLUMN_STRIP,
	COLUMN_UTIL,
	COLUMN_GC,
	COLUMN_SYSCALL,
	COLUMN_QUEUE,
	COLUMN_TIMERS,
	COLUMN_M,
	COLUMN_RATE,
	COLUMN_RUNNING,
	COLUMN_COUNT
};

#define FIXED(width, lost)                                  \
	{                                                       \
		.min = width, .want = width, .gap = 2, .drop = lost \
	}

static const struct column {
	const char *heading;
	bool right; /* a number */
	struct slot slot;
	void (*draw)(struct pane pane, const struct lane *lane); /* NULL: draw_strips does */
} column[COLUMN_COUNT] = {
	[COLUMN_P] = {"P", false, {.min = 3, .want = 3}, draw_p},
	[COLUMN_STRIP] = {"", false, {.gap = 1, .grow = 2, .drop = 1}, NULL},
	[COLUMN_UTIL] = {"util", true, FIXED(5, 2), draw_util},
	[COLUMN_GC] = {"GC", true, FIXED(5, 8), draw_gc},
	[COLUMN_SYSCALL] = {"sys", true, FIXED(5, 9), draw_syscall},
	[COLUMN_QUEUE] = {"queue", true, FIXED(5, 3), draw_queue},
	[COLUMN_TIMERS] = {"timers", true, FIXED(6, 10), draw_timers},
	[COLUMN_M] = {"M", true, FIXED(4, 7), draw_m},
	[COLUMN_RATE] = {"sched/s", true, FIXED(7, 6), draw_schedticks},
	[COLUMN_RUNNING] = {"running",
                        false,
                        {.min = 20, .want = 36, .gap = 2, .grow = 1, .drop = 5},
                        draw_running},
};

/* A strip takes a third of a wide line, and the function a quarter, before other columns are added.
 */
static void share_columns(struct slot slot[COLUMN_COUNT], int width, bool groups)
{
	for (int i = 0; i < COLUMN_COUNT; i++)
		slot[i] = column[i].slot;
	if (groups) {
		slot[COLUMN_P].min = slot[COLUMN_P].want = 7; /* "248–255" */
		slot[COLUMN_M].min = slot[COLUMN_M].want = 0; /* they have many */
	}
	int strip = width / 3 < width - 52 ? width / 3 : width - 52;
	slot[COLUMN_STRIP].min = strip > 16 ? strip : 16;
	slot[COLUMN_STRIP].want = slot[COLUMN_STRIP].min;
	struct slot *running = &slot[COLUMN_RUNNING];
	int quarter = width / 4 < running->want ? width / 4 : running->want;
	if (running->min < quarter)
		running->min = quarter;
	layout(slot, COLUMN_COUNT, width);
}

/* --- the block ------------------------------------------------------------------------------ */

/* How far the samples of a snapshot are apart; without any, it is all there is to see. */
static int64_t sample_ns(const struct snapshot *s)
{
	const struct lanes *lanes = &s->lanes;
	if (lanes->samples == 0)
		return s->interval_ns;
	return (lanes->at_ns[lanes->samples - 1] - lanes->start_ns) / (int64_t)lanes->samples;
}

/* The time of one cell: as short as it may be to show the span, and long enough for a few samples.
   Rounded up, so that it hardly ever changes. */
static int64_t strip_cell_ns(int width, int64_t span_ns, const struct snapshot *s)
{
	int cells = width < CELLS_MAX ? width : CELLS_MAX;
	int64_t cell_ns = cells > 0 ? span_ns / cells : span_ns, least_ns = 4 * sample_ns(s);
	if (cell_ns < least_ns)
		cell_ns = least_ns < s->interval_ns ? least_ns : s->interval_ns;
	int64_t step_ns = cell_ns < NS_PER_S ? NS_PER_S / 20 : NS_PER_S / 2;
	return (cell_ns + step_ns - 1) / step_ns * step_ns;
}

static void draw_headings(struct pane pane, const struct slot slot[COLUMN_COUNT], int64_t span_ns,
                          const struct view_part *rows)
{
	char age[32];
	for (int i = 0; i < COLUMN_COUNT; i++) {
		struct pane cell = pane_sub(pane, slot[i].at, 0, slot[i].size, 1);
		if (column[i].right)
			pane_right(cell, 0, STYLE_DIM, column[i].heading);
		else
			pane_text(cell, 0, 0, STYLE_DIM, column[i].heading);
	}
	struct pane strip = pane_sub(pane, slot[COLUMN_STRIP].at, 0, slot[COLUMN_STRIP].size, 1);
	char text[48];
	if (rows->stale) {
		view_age(age, sizeof age, rows->age_ns);
		snprintf(text, sizeof text, "%s old", age);
		pane_right(strip, 0, STYLE_WARNING, text);
		strip.width -= canvas_text_width(strip.canvas, text) + 1;
	}
	/* Whole or not at all: half a number would be a lie. */
	view_age(age, sizeof age, span_ns);
	snprintf(text, sizeof text, "last %s", age);
	if (canvas_text_width(strip.canvas, text) <= strip.width)
		pane_text(strip, 0, 0, STYLE_DIM, text);
}

/* The snapshot before `now` that has rows too. */
static const struct snapshot *rows_before(const struct history *h, const struct snapshot *now)
{
	const struct snapshot *s;
	bool passed = false;
	for (size_t i = 0; (s = history_get(h, i)) != NULL; i++) {
		if (passed && s->np > 0)
			return s;
		passed = passed || s == now;
	}
	return NULL;
}

/* The time of cell x of a strip. Cells lie on whole multiples of cell_ns, so that what has been
   drawn only moves left. */
static void cell_window(const struct lane *lane, int x, int width, int64_t *from_ns, int64_t *to_ns)
{
	int64_t now_ns = history_get(lane->data->history, 0)->monotonic_ns;
	int64_t last = (now_ns - 1) / lane->cell_ns;
	*from_ns = (last - (width - 1 - x)) * lane->cell_ns;
	*to_ns = *from_ns + lane->cell_ns < now_ns ? *from_ns + lane->cell_ns : now_ns;
}

#define ROWS_AT_ONCE 64

/* The strips of all rows of the pane, from that of `lane` on. Cell by cell, not row by row: what
   neighbours did at one time is found at one go. */
static void draw_strips(struct pane pane, const struct lane *lane)
{
	const struct history *h = lane->data->history;
	struct lane_share share[ROWS_AT_ONCE];
	int64_t from_ns, to_ns;
	for (int x = 0; x < pane.width; x++) {
		cell_window(lane, x, pane.width, &from_ns, &to_ns);
		for (int y = 0, n; y < pane.height; y += n) {
			size_t p = lane->p + (size_t)y * lane->n;
			n = 1;
			if (lane->n == 1) {
				n = pane.height - y < ROWS_AT_ONCE ? pane.height - y : ROWS_AT_ONCE;
				derive_lane_windows(h, p, (size_t)n, from_ns, to_ns, share);
			} else {
				size_t left = lane->now->np - p;
				share[0] = derive_lane_mean(h, p, lane->n < left ? lane->n : left, from_ns, to_ns);
			}
			for (int i = 0; i < n; i++)
				plot_lane(pane_row(pane, y + i), x, &share[i]);
		}
	}
}

static void draw_lane(struct pane pane, const struct slot slot[COLUMN_COUNT], struct lane *lane)
{
	int64_t now_ns = history_get(lane->data->history, 0)->monotonic_ns;
	int64_t span_ns = lane->now->interval_ns > UTIL_NS ? lane->now->interval_ns : UTIL_NS;
	lane->share = derive_lane_mean(lane->data->history, lane->p, lane->n, now_ns - span_ns, now_ns);
	for (int i = 0; i < COLUMN_COUNT; i++)
		if (slot[i].size && column[i].draw)
			column[i].draw(pane_sub(pane, slot[i].at, 0, slot[i].size, 1), lane);
}

/* "+12 more: P12 to P23" */
static void draw_more(struct pane pane, int shown, const struct view_place *place)
{
	int below = place->rows - place->top - shown, above = place->top;
	int x = 0;
	if (below == 1)
		x = pane_print(pane, x, 0, STYLE_DIM, "+1 more P: P%d", place->rows - 1);
	else if (below > 0)
		x = pane_print(pane, x, 0, STYLE_DIM, "+%d more Ps: P%d to P%d", below, place->top + shown,
		               place->rows - 1);
	if (above > 0)
		pane_print(pane, x, 0, STYLE_DIM, "%s%d above", below > 0 ? ", " : "+", above);
}

/* How many Ps share a row, so that all of them are seen: a power of two. */
static int group_size(int procs, int rows)
{
	int size = 1;
	while (rows > 0 && (procs + size - 1) / size > rows)
		size *= 2;
	return size;
}

/* How many Ps share a row of a page like this one. */
static int ps_of_row(const struct view_place *place, int procs, int page)
{
	return place->compact ? group_size(procs, page) : 1;
}

int overview_lanes_rows(const struct view_data *data, const struct view_place *place, int room)
{
	struct view_part rows = view_part(data, PART_ROWS);
	int procs = rows.s ? (int)rows.s->np : 0, size = ps_of_row(place, procs, room);
	return (procs + size - 1) / size;
}

/* The columns of this width, and what all rows have in common. */
static struct lane begin_lanes(const struct view_data *data, const struct snapshot *rows, int width,
                               bool groups, struct slot slot[COLUMN_COUNT])
{
	struct lane lane = {.data = data, .now = rows};
	share_columns(slot, width, groups);
	lane.before = rows_before(data->history, rows);
	lane.cell_ns = strip_cell_ns(slot[COLUMN_STRIP].size, view_span(data), rows);
	return lane;
}

void overview_draw_lanes(struct pane pane, const struct view_data *data, struct view_place *place)
{
	struct view_part rows = view_part(data, PART_ROWS);
	if (!rows.s) {
		view_fit(place, 0, pane.height);
		char text[256];
		snprintf(text, sizeof text, "No lanes: no source tells what the Ps are doing%s",
		         view_limits(data));
		pane_wrap(pane_sub(pane, 1, 0, pane.width - 2, pane.height), STYLE_DIM, text);
		return;
	}
	int procs = (int)rows.s->np, page = pane.height - 1;
	int size = ps_of_row(place, procs, page), count = (procs + size - 1) / size;
	struct pane table = pane_sub(pane, 1, 0, pane.width - 2, pane.height);
	struct slot slot[COLUMN_COUNT];
	struct lane lane = begin_lanes(data, rows.s, table.width, size > 1, slot);
	draw_headings(table, slot, lane.cell_ns * slot[COLUMN_STRIP].size, &rows);

	if (count > page && page > 1)
		page--; /* the last row says what is missing */
	view_fit(place, count, page);
	int shown = count - place->top < page ? count - place->top : page;
	lane.p = (size_t)place->top * (size_t)size;
	lane.n = (size_t)size;
	draw_strips(pane_sub(table, slot[COLUMN_STRIP].at, 1, slot[COLUMN_STRIP].size, shown), &lane);
	for (int i = 0; i < shown; i++) {
		struct pane line = pane_row(table, 1 + i);
		lane.p = (size_t)(place->top + i) * (size_t)size;
		lane.n = rows.s->np - lane.p < (size_t)size ? rows.s->np - lane.p : (size_t)size;
		draw_lane(line, slot, &lane);
		if (rows.stale)
			pane_restyle(line, STYLE_DIM);
	}
	if (count > page)
		draw_more(pane_row(table, 1 + page), page, place);
}

void overview_draw_all(struct pane pane, const struct view_data *data)
{
	struct view_part rows = view_part(data, PART_ROWS);
	if (!rows.s || pane.height < 3)
		return;
	struct pane table = pane_sub(pane, 1, 0, pane.width - 2, pane.height);
	struct slot slot[COLUMN_COUNT];
	struct lane all = begin_lanes(data, rows.s, table.width, false, slot);
	struct pane strip =
		pane_sub(table, slot[COLUMN_STRIP].at, 0, slot[COLUMN_STRIP].size, pane.height);
	char age[32];
	int right = slot[COLUMN_STRIP].at + strip.width + 2;
	int x = pane_text(table, 0, 0, STYLE_LABEL, "All Ps");
	struct pane title = pane_sub(table, 0, 0, right - 2, 1);
	static const char axis[] = "0 to 100 % of their time";
	bool whole = x + 2 + (int)sizeof axis - 1 <= title.width;
	pane_fit(title, x + 2, 0, STYLE_DIM, whole ? axis : "0 to 100 %");
	struct pane graph = pane_sub(strip, 0, 1, strip.width, strip.height - 2);
	for (int cell = 0; cell < graph.width; cell++) {
		int64_t from_ns, to_ns;
		cell_window(&all, cell, graph.width, &from_ns, &to_ns);
		struct lane_share share = derive_lane_mean(data->history, 0, rows.s->np, from_ns, to_ns);
		plot_stack(graph, cell, &share);
	}
	struct pane foot = pane_row(strip, strip.height - 1);
	view_age(age, sizeof age, all.cell_ns * strip.width);
	pane_print(foot, 0, 0, STYLE_DIM, "%s ago", age);
	pane_right(foot, 0, STYLE_DIM, "now");
	/* Side by side they cover the same time. */
	struct view_data beside = *data;
	beside.span_ns = all.cell_ns * strip.width;
	wait_history_draw(pane_sub(table, right, 0, table.width - right, pane.height), &beside);
	if (rows.stale)
		pane_restyle(table, STYLE_DIM);
}
