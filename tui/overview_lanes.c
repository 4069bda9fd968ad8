#include "tui/overview.h"

#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "tui/layout.h"
#include "tui/plot.h"
#include "util/clock.h"
#include "util/text.h"

/*
 * One row per P: what it did over the last minute or more, and what it does now. The columns are a
 * table; which of them are shown depends on the width alone.
 */

#define STRIP_NS (60 * NS_PER_S) /* what a strip shows at least */
#define STEP_NS  (NS_PER_S / 2)  /* a cell of the strip is a multiple of it */
#define UTIL_NS  NS_PER_S        /* utilization is over this or the last interval */

/* What a row is drawn from. */
struct lane {
	const struct view_data *data;
	const struct snapshot *now;    /* the newest with P rows */
	const struct snapshot *before; /* the one to take rates from; NULL: none */
	int64_t cell_ns;               /* time that a cell of the strip stands for */
	struct lane_share share;       /* over the time of UTIL_NS */
	size_t p;
};

static const struct fields *fields_of(const struct lane *lane)
{
	return &lane->now->p[lane->p].f;
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
	pane_print(pane, 0, 0, STYLE_LABEL, "%zu", lane->p);
}

/* Cells lie on whole multiples of cell_ns, so that what has been drawn only moves left. */
static void draw_strip(struct pane pane, const struct lane *lane)
{
	const struct history *h = lane->data->history;
	int64_t now_ns = history_get(h, 0)->monotonic_ns;
	int64_t last = (now_ns - 1) / lane->cell_ns;
	for (int x = 0; x < pane.width; x++) {
		int64_t from_ns = (last - (pane.width - 1 - x)) * lane->cell_ns;
		int64_t to_ns = from_ns + lane->cell_ns;
		struct lane_share share =
			derive_lane_window(h, lane->p, from_ns, to_ns < now_ns ? to_ns : now_ns);
		plot_lane(pane, x, &share);
	}
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
	int64_t size = 0, next = 0;
	bool known = fields_get(fields_of(lane), P_RUNQSIZE, &size);
	fields_get(fields_of(lane), P_RUNNEXT, &next);
	draw_number(pane, known, size + next);
}

static void draw_timers(struct pane pane, const struct lane *lane)
{
	int64_t timers = 0;
	bool known = fields_get(fields_of(lane), P_TIMERSLEN, &timers);
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
	struct rate rate = {.known = false};
	if (lane->before)
		rate = derive_schedticks(lane->before, lane->now, lane->p);
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
	fields_get(fields_of(lane), P_CURG, &curg);
	fields_get(fields_of(lane), P_LANE, &state);
	if (curg == FIELD_NIL) {
		bool valid = state >= 0 && state < LANE_STATE_COUNT;
		pane_fit(pane, 0, 0, STYLE_DIM, without[valid ? state : LANE_UNKNOWN]);
		return;
	}
	int x = pane_print(pane, 0, 0, STYLE_TEXT, "G%-*" PRId64 " ", pane.width < 32 ? 5 : 8, curg);
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
	void (*draw)(struct pane pane, const struct lane *lane);
} column[COLUMN_COUNT] = {
	[COLUMN_P] = {"P", false, {.min = 3, .want = 3}, draw_p},
	[COLUMN_STRIP] = {"", false, {.gap = 1, .grow = 2, .drop = 1}, draw_strip},
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

/* A strip takes 2/5 of a wide line before other columns are added, and half before they widen. */
static void share_columns(struct slot slot[COLUMN_COUNT], int width)
{
	for (int i = 0; i < COLUMN_COUNT; i++)
		slot[i] = column[i].slot;
	int strip = width * 2 / 5 < width - 52 ? width * 2 / 5 : width - 52;
	slot[COLUMN_STRIP].min = strip > 16 ? strip : 16;
	slot[COLUMN_STRIP].want = slot[COLUMN_STRIP].min;
	layout(slot, COLUMN_COUNT, width);
}

/* --- the block ------------------------------------------------------------------------------ */

/* The time of one cell: as short as STEP_NS allows to show STRIP_NS, never shorter than the
   snapshots are apart. */
static int64_t strip_cell_ns(int width, int64_t interval_ns)
{
	int64_t cell_ns = width > 0 ? STRIP_NS / width : STRIP_NS;
	if (cell_ns < interval_ns)
		cell_ns = interval_ns;
	cell_ns = (cell_ns + STEP_NS - 1) / STEP_NS * STEP_NS;
	return cell_ns < NS_PER_S ? NS_PER_S : cell_ns;
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
	view_age(age, sizeof age, span_ns);
	pane_print(strip, 0, 0, STYLE_DIM, "last %s", age);
	if (rows->stale) {
		view_age(age, sizeof age, rows->age_ns);
		char text[48];
		snprintf(text, sizeof text, "%s old", age);
		pane_right(strip, 0, STYLE_WARNING, text);
	}
}

int overview_lanes_rows(const struct view_data *data)
{
	struct view_part rows = view_part(data, PART_ROWS);
	return rows.s ? (int)rows.s->np : 0;
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

static void draw_lane(struct pane pane, const struct slot slot[COLUMN_COUNT], struct lane *lane)
{
	int64_t now_ns = history_get(lane->data->history, 0)->monotonic_ns;
	int64_t span_ns = lane->now->interval_ns > UTIL_NS ? lane->now->interval_ns : UTIL_NS;
	lane->share = derive_lane_window(lane->data->history, lane->p, now_ns - span_ns, now_ns);
	for (int i = 0; i < COLUMN_COUNT; i++)
		if (slot[i].size)
			column[i].draw(pane_sub(pane, slot[i].at, 0, slot[i].size, 1), lane);
}

/* "+12 more: P12 to P23" */
static void draw_more(struct pane pane, int shown, const struct view_place *place)
{
	int below = place->rows - place->top - shown, above = place->top;
	int x = 0;
	if (below > 0)
		x = pane_print(pane, x, 0, STYLE_DIM, "+%d more %s: P%d to P%d", below,
		               below == 1 ? "P" : "Ps", place->top + shown, place->rows - 1);
	if (above > 0)
		pane_print(pane, x, 0, STYLE_DIM, "%s%d above", below > 0 ? ", " : "+", above);
}

void overview_draw_lanes(struct pane pane, const struct view_data *data, struct view_place *place)
{
	struct view_part rows = view_part(data, PART_ROWS);
	if (!rows.s) {
		view_fit(place, 0, pane.height);
		pane_text(pane, 1, 0, STYLE_DIM, "No lanes: no source tells what the Ps are doing");
		return;
	}
	struct pane table = pane_sub(pane, 1, 0, pane.width - 2, pane.height);
	struct slot slot[COLUMN_COUNT];
	share_columns(slot, table.width);
	struct lane lane = {.data = data, .now = rows.s};
	lane.before = rows_before(data->history, rows.s);
	lane.cell_ns = strip_cell_ns(slot[COLUMN_STRIP].size, rows.s->interval_ns);
	draw_headings(table, slot, lane.cell_ns * slot[COLUMN_STRIP].size, &rows);

	int count = (int)rows.s->np, page = pane.height - 1;
	if (count > page && page > 1)
		page--; /* the last row says what is missing */
	view_fit(place, count, page);
	for (int i = 0; i < page && place->top + i < count; i++) {
		struct pane line = pane_row(table, 1 + i);
		lane.p = (size_t)place->top + (size_t)i;
		draw_lane(line, slot, &lane);
		if (rows.stale)
			pane_restyle(line, STYLE_DIM);
	}
	if (count > page)
		draw_more(pane_row(table, 1 + page), page, place);
}
