#include "tui/view.h"

#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "doctor/show.h"
#include "tui/findings.h"
#include "tui/layout.h"
#include "tui/overview.h"
#include "tui/plot.h"
#include "util/clock.h"
#include "util/text.h"

/*
 * Overview: "is it starved, blocked, collecting, or idle?" This file lays out the page and draws
 * what stands at its foot; overview_summary.c has the lines in the middle, overview_lanes.c the
 * Ps.
 */

#define SEPARATOR(pane) ((pane).canvas->ascii ? " | " : " · ")
#define SEPARATOR_WIDTH 3

/* --- foot ----------------------------------------------------------------------------------- */

/* What the collector does at this moment, if it does something and there is room. */
static void draw_phase(struct pane pane, const struct snapshot *s)
{
	static const char *const name[GC_PHASE_COUNT] = {
		[GC_MARK] = "GC marks",
		[GC_MARK_TERMINATION] = "GC ends",
	};
	int64_t phase;
	if (!fields_get(&s->sched, SCHED_GC_PHASE, &phase) || phase <= GC_OFF ||
	    phase >= GC_PHASE_COUNT || pane.width < SEPARATOR_WIDTH + (int)sizeof "GC marks")
		return;
	int x = pane_text(pane, 0, 0, STYLE_DIM, SEPARATOR(pane));
	pane_text(pane, x, 0, STYLE_GC, name[phase]);
}

/* "global queue 118 · timers 2,310 · GC marks" and what the strips' glyphs mean. */
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
	x = pane_text(pane, x, 0, known && !rows.stale ? STYLE_TEXT : STYLE_DIM, known ? text : "–");
	/* From a column of its own, so that it stays where it is. */
	int legend = pane.width >= 100 ? 48 : 36;
	if (rows.s && !rows.stale)
		draw_phase(pane_sub(pane, x, 0, legend - x, 1), rows.s);
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

/* --- findings ------------------------------------------------------------------------------- */

#define FINDINGS_SHOWN 2
#define SLUG_WIDTH     26

/* Those that are worth a look now, the worst first. */
static size_t worst_findings(const struct view_data *data, const struct finding **worst)
{
	const struct findings *all = data->findings;
	size_t n = 0;
	for (size_t i = 0; all && i < all->n && n < FINDINGS_SHOWN; i++)
		if (all->finding[i]->severity >= SEVERITY_WARNING)
			worst[n++] = all->finding[i];
	return n;
}

/* "! cpu-saturation   goroutines that are ready wait 13 ms ...    Enter"; without keys the last is
   left out. */
static void draw_finding(struct pane row, const struct finding *f, const struct keymap *keys)
{
	char key[KEY_NAME_MAX];
	char text[512];
	int slug = row.width < 100 ? SLUG_WIDTH - 5 : SLUG_WIDTH;
	struct pane what = pane_sub(row, 3 + slug, 0, row.width - slug - 11, 1);
	finding_draw_mark(pane_sub(row, 1, 0, 1, 1), f);
	pane_fit(pane_sub(row, 3, 0, slug - 1, 1), 0, 0, STYLE_STRONG, slug_word(f->slug));
	finding_text(text, sizeof text, f->summary ? f->summary : "", row.canvas->ascii);
	pane_fit(what, 0, 0, STYLE_TEXT, text);
	if (keys && what.width > 0)
		pane_right(pane_sub(row, 0, 0, row.width - 1, 1), 0, STYLE_KEY,
		           keymap_hint(key, sizeof key, keys, COMMAND_EXPAND, CONTEXT_OVERVIEW,
		                       row.canvas->ascii));
}

static void draw_findings(struct pane pane, const struct view_data *data)
{
	const struct finding *worst[FINDINGS_SHOWN];
	size_t n = worst_findings(data, worst);
	for (size_t i = 0; i < n && (int)i < pane.height; i++)
		draw_finding(pane_row(pane, (int)i), worst[i],
		             i > 0        ? NULL
		             : data->keys ? data->keys
		                          : &keymap_default);
}

/* --- page ----------------------------------------------------------------------------------- */

enum {
	ROW_GAP_HEADER,
	ROW_SUMMARY, /* and the next OVERVIEW_LINE_COUNT - 1 */
	ROW_GAP_LANES = ROW_SUMMARY + OVERVIEW_LINE_COUNT,
	ROW_LANES,
	ROW_QUEUES,
	ROW_GAP_ALL,
	ROW_ALL,
	ROW_GAP_TROUBLE,
	ROW_TROUBLE,
	ROW_GAP_FINDINGS,
	ROW_FINDINGS,
	ROW_COUNT,
};
#define ALL_LEAST 7
#define ALL_MOST  51

#define WHY_LINES   3 /* of what a source can't know */
#define LANES_LEAST 4

static int sum_of_wants(const struct slot row[ROW_COUNT])
{
	int sum = 0;
	for (int i = 0; i < ROW_COUNT; i++)
		sum += row[i].want;
	return sum;
}

/* What a low terminal gives up, first to last: air, troubles, queues, and lines of the summary. */
static void share_rows(struct slot row[ROW_COUNT], int height, const struct view_data *data,
                       const struct view_place *place, int troubles)
{
	static const int line_drop[OVERVIEW_LINE_COUNT] = {
		[OVERVIEW_CPU] = 2,  [OVERVIEW_GOROUTINES] = 3, [OVERVIEW_THREADS] = 6,
		[OVERVIEW_WAIT] = 3, [OVERVIEW_PAUSES] = 5,
	};
	memset(row, 0, ROW_COUNT * sizeof *row);
	row[ROW_GAP_HEADER] = (struct slot){.min = 1, .want = 1, .drop = 12};
	for (int i = 0; i < OVERVIEW_LINE_COUNT; i++)
		row[ROW_SUMMARY + i] = (struct slot){.min = 1, .want = 1, .drop = line_drop[i]};
	row[ROW_GAP_LANES] = (struct slot){.min = 1, .want = 1, .drop = 11};
	if (overview_lanes_rows(data, place, 1) > 0)
		row[ROW_QUEUES] = (struct slot){.min = 1, .want = 1, .drop = 8};
	if (troubles > 0) {
		row[ROW_GAP_TROUBLE] = (struct slot){.min = 1, .want = 1, .drop = 10};
		row[ROW_TROUBLE] = (struct slot){.min = 1, .want = troubles, .drop = 7};
	}
	const struct finding *worst[FINDINGS_SHOWN];
	int findings = (int)worst_findings(data, worst);
	if (findings > 0) {
		row[ROW_GAP_FINDINGS] = (struct slot){.min = 1, .want = 1, .drop = 9, .grow = 1};
		row[ROW_FINDINGS] = (struct slot){.min = 1, .want = findings, .drop = 2};
	}
	/* With a row of headings, or in their place the sentence that there are none. */
	int room = height - sum_of_wants(row) - 1;
	int lanes = overview_lanes_rows(data, place, room > LANES_LEAST ? room : LANES_LEAST);
	int least = lanes < LANES_LEAST ? lanes : LANES_LEAST;
	/* Where there are none, why takes some lines. */
	int why = *view_limits(data) ? WHY_LINES : 0;
	row[ROW_LANES] = (struct slot){.min = 1 + least, .want = 1 + lanes + why, .drop = 1};
	/* What is left when everything has all that it wants, but for a gap. */
	int left = height - sum_of_wants(row) - 1;
	if (lanes > 0 && left >= ALL_LEAST) {
		/* An odd number, so that axes have a middle. */
		int all = left < ALL_MOST ? left - (left + 1) % 2 : ALL_MOST;
		row[ROW_GAP_ALL] = (struct slot){.min = 1, .want = 1, .drop = 14};
		row[ROW_ALL] = (struct slot){.min = all, .want = all, .drop = 13};
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
	struct slot row[ROW_COUNT];
	share_rows(row, page.height, data, place, count_trouble_lines(page, newest));
	for (int i = 0; i < OVERVIEW_LINE_COUNT; i++)
		if (row[ROW_SUMMARY + i].size)
			overview_draw_line(row_pane(page, &row[ROW_SUMMARY + i]), (enum overview_line)i, data);
	overview_draw_lanes(row_pane(page, &row[ROW_LANES]), data, place);
	if (row[ROW_QUEUES].size)
		draw_queues(row_pane(page, &row[ROW_QUEUES]), data);
	if (row[ROW_ALL].size)
		overview_draw_all(row_pane(page, &row[ROW_ALL]), data);
	draw_troubles(row_pane(page, &row[ROW_TROUBLE]), newest);
	if (row[ROW_FINDINGS].size)
		draw_findings(row_pane(page, &row[ROW_FINDINGS]), data);
}

const struct view view_overview = {"Overview", CONTEXT_OVERVIEW, draw, NULL, NULL};
