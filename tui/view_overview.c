#include "tui/view.h"

#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "tui/layout.h"
#include "tui/overview.h"
#include "tui/plot.h"
#include "util/clock.h"
#include "util/text.h"

/*
 * Overview: "is it starved, blocked, collecting, or idle?" This file lays out the page and draws
 * what stands at its edges; overview_summary.c has the lines in the middle, overview_lanes.c the
 * Ps.
 */

#define SEPARATOR(pane) ((pane).canvas->ascii ? " | " : " · ")
#define SEPARATOR_WIDTH 3

/* --- header --------------------------------------------------------------------------------- */

struct state_look {
	const char *text;
	enum style style;
};
static const struct state_look state_look[TARGET_STATE_COUNT] = {
	[TARGET_LIVE] = {"live", STYLE_RUNNING},
	[TARGET_STOPPED] = {"stopped", STYLE_WARNING},
	[TARGET_EXITED] = {"exited", STYLE_WARNING},
};

/* "live", "stopped", or how long nothing has been heard. */
static enum style describe_state(const struct view_data *data, const struct snapshot *newest,
                                 char *to, size_t size)
{
	char age[32];
	enum target_state state = data->state;
	bool silent = view_is_stale(data, newest->monotonic_ns);
	view_age(age, sizeof age, data->now_ns - newest->monotonic_ns);
	if (state == TARGET_EXITED)
		snprintf(to, size, "exited %s ago", age);
	else if (silent && state == TARGET_LIVE)
		snprintf(to, size, "silent %s", age);
	else if (silent)
		snprintf(to, size, "%s, %s old", state_look[state].text, age);
	else
		snprintf(to, size, "%s", state_look[state].text);
	return silent ? STYLE_WARNING : state_look[state].style;
}

/* How often the lanes are looked at, to the next of 1, 2, 5, 10...: a timer that is late now and
   then must not make the header flicker. 0: hardly more often than the snapshots. */
static int lane_hz(const struct snapshot *s)
{
	static const int nominal[] = {5, 10, 20, 50, 100, 200, 500, 1000};
	const struct lanes *lanes = &s->lanes;
	if (lanes->samples < 2)
		return 0;
	int64_t span_ns = lanes->at_ns[lanes->samples - 1] - lanes->start_ns;
	double hz = span_ns > 0 ? (double)lanes->samples * (double)NS_PER_S / (double)span_ns : 0;
	int nearest = 0;
	for (size_t i = 0; i < sizeof nominal / sizeof *nominal; i++)
		if (hz > nominal[i] * 0.7)
			nearest = nominal[i];
	return nearest;
}

/* "memory 100 Hz, agent 1 s"; the operating system is named when there is nothing better. */
static void describe_sources(const struct view_data *data, const struct snapshot *newest, char *to,
                             size_t size)
{
	bool used[ORIGIN_COUNT] = {false};
	struct view_part part[PART_COUNT];
	char period[32];
	for (int i = 0; i < PART_COUNT; i++) {
		part[i] = view_part(data, (enum view_part_id)i);
		if (!part[i].s || part[i].stale)
			continue;
		enum origin origin = i == PART_OS        ? part[i].s->os_at.origin
		                     : i == PART_RUNTIME ? part[i].s->runtime_at.origin
		                                         : part[i].s->sched_at.origin;
		used[origin] = true;
	}
	used[ORIGIN_OS] = used[ORIGIN_OS] && !used[ORIGIN_MEMORY] && !used[ORIGIN_AGENT];
	text_duration(period, sizeof period, (double)newest->interval_ns, true);
	if (newest->interval_ns % NS_PER_S == 0)
		view_age(period, sizeof period, newest->interval_ns);

	to[0] = '\0';
	for (int origin = ORIGIN_MEMORY; origin < ORIGIN_COUNT; origin++) {
		size_t length = strlen(to);
		int hz = (enum origin)origin == newest->lanes.origin ? lane_hz(newest) : 0;
		if (!used[origin])
			continue;
		if (hz > 0)
			snprintf(to + length, size - length, "%s%s %d Hz", length ? ", " : "",
			         origin_name[origin], hz);
		else
			snprintf(to + length, size - length, "%s%s %s", length ? ", " : "", origin_name[origin],
			         period);
	}
}

/* Facts about the target from the left. Where room is short the uptime goes first, then the
 * sources. */
static void draw_facts(struct pane pane, const struct view_data *data,
                       const struct snapshot *newest)
{
	enum { VERSION, UPTIME, SOURCES, COUNT };
	static const int by_weight[COUNT] = {VERSION, SOURCES, UPTIME};
	char fact[COUNT][160] = {"", "", ""}, age[32];
	bool fits[COUNT] = {false};
	struct view_part os = view_part(data, PART_OS);
	int64_t uptime_ns;
	int x =
		pane_fit(pane_sub(pane, 0, 0, pane.width * 2 / 5, 1), 1, 0, STYLE_STRONG, newest->program);
	x = pane_print(pane, x + 1, 0, STYLE_TEXT, "%ld", (long)newest->pid);
	snprintf(fact[VERSION], sizeof fact[VERSION], "%s", newest->go_version);
	if (os.s && fields_get(&os.s->os, OS_UPTIME_NS, &uptime_ns)) {
		view_age(age, sizeof age, uptime_ns);
		snprintf(fact[UPTIME], sizeof fact[UPTIME], "up %s", age);
	}
	describe_sources(data, newest, fact[SOURCES], sizeof fact[SOURCES]);
	int room = pane.width - x;
	for (int i = 0; i < COUNT; i++) {
		const char *text = fact[by_weight[i]];
		int width = canvas_text_width(pane.canvas, text) + SEPARATOR_WIDTH;
		fits[by_weight[i]] = text[0] && width <= room;
		room -= fits[by_weight[i]] ? width : 0;
	}
	for (int i = 0; i < COUNT; i++) {
		if (!fits[i])
			continue;
		x = pane_text(pane, x, 0, STYLE_DIM, SEPARATOR(pane));
		x = pane_text(pane, x, 0, STYLE_TEXT, fact[i]);
	}
}

static void draw_header(struct pane pane, const struct view_data *data,
                        const struct snapshot *newest)
{
	char state[64], interval[32], tail[96] = "";
	enum style style = describe_state(data, newest, state, sizeof state);
	text_duration(interval, sizeof interval, (double)newest->interval_ns, true);
	if (newest->interval_ns % NS_PER_S == 0)
		view_age(interval, sizeof interval, newest->interval_ns);
	if (pane.width >= 100)
		snprintf(tail, sizeof tail, "  every %s  %s ", interval, data->clock);
	else if (pane.width >= 60)
		snprintf(tail, sizeof tail, "  %s ", data->clock);
	int right = pane.width - canvas_text_width(pane.canvas, tail);
	pane_text(pane, right, 0, STYLE_DIM, tail);
	int width = canvas_text_width(pane.canvas, state);
	pane_text(pane, right - width - (tail[0] ? 0 : 1), 0, style, state);
	draw_facts(pane_sub(pane, 0, 0, right - width - 2, 1), data, newest);
}

/* --- foot ----------------------------------------------------------------------------------- */

/* "global queue 118 · timers 2,310" and what the strips' glyphs mean. */
static void draw_queues(struct pane pane, const struct view_data *data)
{
	struct view_part rows = view_part(data, PART_ROWS);
	int64_t queue, timers = 0, n;
	char text[32];
	int x = 1;
	bool known = rows.s != NULL;
	for (size_t p = 0; known && p < rows.s->np; p++) {
		known = fields_get(&rows.s->p[p].f, P_TIMERSLEN, &n);
		timers += known ? n : 0;
	}
	bool has_queue = rows.s && fields_get(&rows.s->sched, SCHED_RUNQUEUE, &queue);
	text_count(text, sizeof text, has_queue ? queue : 0);
	x = pane_text(pane, x, 0, STYLE_DIM, "global queue ");
	x = pane_text(pane, x, 0, has_queue && !rows.stale ? STYLE_TEXT : STYLE_DIM,
	              has_queue ? text : "–");
	x = pane_text(pane, x, 0, STYLE_DIM, SEPARATOR(pane));
	x = pane_text(pane, x, 0, STYLE_DIM, "timers ");
	text_count(text, sizeof text, timers);
	pane_text(pane, x, 0, known && !rows.stale ? STYLE_TEXT : STYLE_DIM, known ? text : "–");
	/* From a column of its own, so that it stays where it is. */
	int legend = pane.width >= 100 ? 48 : 36;
	plot_legend(pane_sub(pane, legend, 0, pane.width - legend - 1, 1));
}

/* What each source that can't deliver says, as it stands. Returns the lines it takes; more than the
   pane has are not drawn. */
static int draw_troubles(struct pane pane, const struct snapshot *newest)
{
	int y = 0;
	for (int i = 0; i < ORIGIN_COUNT; i++) {
		char text[sizeof newest->trouble[i] + 32];
		if (!newest->trouble[i][0])
			continue;
		snprintf(text, sizeof text, "%s: %s", origin_name[i], newest->trouble[i]);
		y += pane_wrap(pane_sub(pane, 1, y, pane.width - 2, pane.height), STYLE_DIM, text);
	}
	return y;
}

/* Lines that they would take on a page of this width. */
static int count_trouble_lines(struct pane page, const struct snapshot *newest)
{
	return draw_troubles((struct pane){page.canvas, 0, 0, page.width, 0}, newest);
}

/* --- page ----------------------------------------------------------------------------------- */

enum {
	ROW_HEADER,
	ROW_GAP_HEADER,
	ROW_SUMMARY, /* and the next OVERVIEW_LINE_COUNT - 1 */
	ROW_GAP_LANES = ROW_SUMMARY + OVERVIEW_LINE_COUNT,
	ROW_LANES,
	ROW_QUEUES,
	ROW_GAP_TROUBLE,
	ROW_TROUBLE,
	ROW_COUNT,
};

/* What a low terminal gives up, first to last: air, troubles, queues, and lines of the summary. */
static void share_rows(struct slot row[ROW_COUNT], int height, int lanes, int troubles)
{
	static const int line_drop[OVERVIEW_LINE_COUNT] = {
		[OVERVIEW_CPU] = 2,  [OVERVIEW_GOROUTINES] = 3, [OVERVIEW_THREADS] = 6,
		[OVERVIEW_WAIT] = 3, [OVERVIEW_PAUSES] = 5,
	};
	memset(row, 0, ROW_COUNT * sizeof *row);
	row[ROW_HEADER] = (struct slot){.min = 1, .want = 1, .drop = 0};
	row[ROW_GAP_HEADER] = (struct slot){.min = 1, .want = 1, .drop = 12};
	for (int i = 0; i < OVERVIEW_LINE_COUNT; i++)
		row[ROW_SUMMARY + i] = (struct slot){.min = 1, .want = 1, .drop = line_drop[i]};
	row[ROW_GAP_LANES] = (struct slot){.min = 1, .want = 1, .drop = 11};
	int least = lanes < 4 ? lanes : 4;
	/* With a row of headings, or in their place the sentence that there are none. */
	row[ROW_LANES] = (struct slot){.min = 1 + least, .want = 1 + lanes, .drop = 1};
	if (lanes > 0)
		row[ROW_QUEUES] = (struct slot){.min = 1, .want = 1, .drop = 8};
	if (troubles > 0) {
		row[ROW_GAP_TROUBLE] = (struct slot){.min = 1, .want = 1, .drop = 10};
		row[ROW_TROUBLE] = (struct slot){.min = 1, .want = troubles, .drop = 7};
	}
	layout(row, ROW_COUNT, height);
}

static struct pane row_pane(struct pane page, const struct slot *row)
{
	return pane_sub(page, 0, row->at, page.width, row->size);
}

static void draw(struct pane page, const struct view_data *data, struct view_place *place)
{
	const struct snapshot *newest = history_get(data->history, 0);
	unsigned without = 1U << COMMAND_UP;
	if (!newest) {
		pane_text(page, 1, 0, STYLE_STRONG, "schedtop");
		pane_text(page, 1, 2, STYLE_DIM, "waiting for the first reading");
		keymap_draw(pane_row(page, page.height - 1), CONTEXT_OVERVIEW, without);
		return;
	}
	struct slot row[ROW_COUNT];
	struct pane keys = pane_row(page, page.height - 1);
	share_rows(row, page.height - 1, overview_lanes_rows(data), count_trouble_lines(page, newest));
	draw_header(row_pane(page, &row[ROW_HEADER]), data, newest);
	for (int i = 0; i < OVERVIEW_LINE_COUNT; i++)
		if (row[ROW_SUMMARY + i].size)
			overview_draw_line(row_pane(page, &row[ROW_SUMMARY + i]), (enum overview_line)i, data);
	overview_draw_lanes(row_pane(page, &row[ROW_LANES]), data, place);
	if (row[ROW_QUEUES].size)
		draw_queues(row_pane(page, &row[ROW_QUEUES]), data);
	draw_troubles(row_pane(page, &row[ROW_TROUBLE]), newest);
	keymap_draw(keys, CONTEXT_OVERVIEW, place->rows > place->page ? 0 : without);
}

const struct view view_overview = {"Overview", CONTEXT_OVERVIEW, draw};
