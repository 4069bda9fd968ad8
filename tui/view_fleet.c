#include "tui/view_fleet.h"

#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "tui/fleet_columns.h"
#include "tui/header.h"
#include "tui/help.h"
#include "tui/plot.h"
#include "util/clock.h"
#include "util/text.h"

#define SEPARATOR(pane) ((pane).canvas->ascii ? " | " : " · ")

enum { ROW_HEADER, ROW_SERVER, ROW_NOTE, ROW_HEADINGS, ROW_USUAL, ROW_LIST };

/* What trends cover. */
static const struct {
	int64_t ns;
	const char *words;
} spans[] = {
	{900 * NS_PER_S, "15 min"},
	{3600 * NS_PER_S, "1 h"},
	{21600 * NS_PER_S, "6 h"},
	{86400 * NS_PER_S, "24 h"},
};
#define SPANS        ((int)(sizeof spans / sizeof *spans))
#define SPAN_DEFAULT 1

/* --- the list --------------------------------------------------------------------------------- */

/* Room for every row; what does not fit into memory is not shown. */
static void make_room(struct fleet_view *view)
{
	size_t n = view->fleet->n;
	if (n <= view->room)
		return;
	uint32_t *shown = realloc(view->shown, n * sizeof *shown);
	if (shown)
		view->shown = shown;
	int64_t *id = realloc(view->id, n * sizeof *id);
	if (id)
		view->id = id;
	if (shown && id)
		view->room = n;
}

static bool matches(const struct filter *filter, const struct fleet_instance *instance)
{
	char text[900];
	snprintf(text, sizeof text, "%s %s %s %s %s", instance->name, instance->job, instance->more,
	         instance->version, fleet_state_name[instance->state]);
	return filter_matches(filter, text);
}

static int compare(const void *a, const void *b, void *arg)
{
	const struct fleet_view *view = arg;
	const struct fleet_instance *row = view->fleet->instance;
	return fleet_column_compare(&fleet_column[view->place.sort % FLEET_COLUMNS],
	                            &row[*(const uint32_t *)a], &row[*(const uint32_t *)b],
	                            view->place.reversed);
}

/* Which rows there are, in which order. Returns how many. */
static int make_list(struct fleet_view *view)
{
	size_t rows = 0;
	struct filter filter;
	make_room(view);
	filter_open(&filter, view->place.filter);
	for (size_t i = 0; i < view->fleet->n && rows < view->room; i++)
		if (matches(&filter, &view->fleet->instance[i]))
			view->shown[rows++] = (uint32_t)i;
	filter_close(&filter);
	if (rows)
		qsort_r(view->shown, rows, sizeof *view->shown, compare, view);
	for (size_t i = 0; i < rows; i++)
		view->id[i] = (int64_t)view->fleet->instance[view->shown[i]].id;
	return (int)rows;
}

/* Right after make_list. */
static const struct fleet_instance *instance_of(const struct fleet_view *view, int row)
{
	return &view->fleet->instance[view->shown[row]];
}

/* There may be another fleet since the list was made: it was not drawn yet, or help lies over it.
 */
const struct fleet_instance *fleet_view_selected(const struct fleet_view *view)
{
	if (!view->fleet || view->place.selected >= view->place.rows)
		return NULL;
	uint64_t id = (uint64_t)view->id[view->place.selected];
	for (size_t i = 0; i < view->fleet->n; i++)
		if (view->fleet->instance[i].id == id)
			return &view->fleet->instance[i];
	return NULL;
}

/* --- trends ----------------------------------------------------------------------------------- */

/* What the list is sorted by, or the first that this fleet has of what matters most. */
static enum fleet_metric trend_metric(const struct fleet_view *view)
{
	static const enum fleet_metric usual[] = {FLEET_CPU, FLEET_CORES, FLEET_GOROUTINES,
	                                          FLEET_WAIT_P99};
	const struct fleet_column *sort = &fleet_column[view->place.sort % FLEET_COLUMNS];
	if (sort->kind == FLEET_COLUMN_METRIC && sort->metric != FLEET_UPTIME)
		return sort->metric;
	for (size_t i = 0; i < sizeof usual / sizeof *usual; i++)
		if (view->fleet->usual[usual[i]].n > 0)
			return usual[i];
	return FLEET_CPU;
}

/* Those of the rows that are on the screen. */
static void wish(const struct fleet_view *view, const struct slot *trend, const struct pane *list)
{
	struct fleet_wish wish = {.metric = trend_metric(view), .span_ns = spans[view->span].ns};
	if (trend->size < 2 || !view->fleet->whole)
		return;
	wish.points = (size_t)trend->size * (size_t)plot_density(list->canvas);
	if (wish.points > FLEET_POINTS_MAX)
		wish.points = FLEET_POINTS_MAX;
	for (int i = 0; i < list->height && view->place.top + i < view->place.rows; i++)
		if (wish.n < FLEET_PAGE_MAX)
			wish.id[wish.n++] = instance_of(view, view->place.top + i)->id;
	fleet_board_wish(view->board, &wish);
}

/* Are these what the column shows now? They may be those of a moment ago. */
static const struct fleet_trends *fitting(const struct fleet_view *view)
{
	const struct fleet_trends *trends = view->trends;
	bool fits =
		trends && trends->metric == trend_metric(view) && trends->span_ns == spans[view->span].ns;
	return fits ? trends : NULL;
}

/* The top of all of them: graphs side by side are of one scale. */
static double trends_max(const struct fleet_trends *trends)
{
	double max = fleet_metric_info[trends->metric].unit == FLEET_SHARE ? 1 : 0;
	for (size_t i = 0; i < trends->n * trends->points; i++)
		if (trends->value[i] > max)
			max = trends->value[i];
	return max;
}

static void draw_trend(struct pane cell, const struct fleet_trends *trends, uint64_t id)
{
	for (size_t i = 0; i < trends->n; i++)
		if (trends->id[i] == id)
			plot_spark(cell, STYLE_RUNNING, &trends->value[i * trends->points], trends->points,
			           trends_max(trends));
}

/* "CPU 1 h to 98 %" */
static void draw_trend_heading(struct pane cell, const struct fleet_view *view)
{
	const struct fleet_trends *trends = fitting(view);
	char text[96], top[40] = "";
	if (trends) {
		double max = trends_max(trends);
		fleet_text(top, sizeof top, trends->metric, (struct fleet_range){max, max},
		           cell.canvas->ascii);
	}
	/* Of what it is, the mark of the sorted column says where there is no room for more. */
	if (cell.width >= 24)
		snprintf(text, sizeof text, "%s, %s%s%s", fleet_metric_info[trend_metric(view)].heading,
		         spans[view->span].words, *top ? " to " : "", top);
	else
		snprintf(text, sizeof text, "%s%s%s", spans[view->span].words, *top ? " to " : "", top);
	pane_fit(cell, 0, 0, STYLE_DIM, text);
}

/* --- drawing ---------------------------------------------------------------------------------- */

static struct pane cell_of(struct pane line, const struct slot *slot)
{
	return pane_sub(view_list_inside(line), slot->at, 0, slot->size, 1);
}

static void draw_headings(struct pane line, const struct slot *slot, struct fleet_view *view)
{
	memset(view->sorted, 0, sizeof view->sorted);
	view_begin(&view->place);
	for (int i = 0; i < FLEET_COLUMNS; i++) {
		const struct fleet_column *column = &fleet_column[i];
		if (!slot[i].size)
			continue;
		struct pane cell = cell_of(line, &slot[i]);
		if (column->kind == FLEET_COLUMN_TREND) {
			draw_trend_heading(cell, view);
			continue;
		}
		view->sorted[i] = true;
		bool right = column->kind == FLEET_COLUMN_METRIC;
		cell.width -= right; /* the cell of the marks */
		view_draw_heading(cell, &view->place, i, column->heading, right);
	}
}

static void draw_row(struct pane line, const struct slot *slot, const struct fleet_view *view,
                     const struct fleet_instance *instance)
{
	const struct fleet_trends *trends = fitting(view);
	for (int i = 0; i < FLEET_COLUMNS; i++) {
		if (!slot[i].size)
			continue;
		struct pane cell = cell_of(line, &slot[i]);
		if (fleet_column[i].kind != FLEET_COLUMN_TREND)
			fleet_column_draw(cell, &fleet_column[i], instance);
		else if (trends)
			draw_trend(cell, trends, instance->id);
	}
}

static void draw_list(struct pane list, const struct slot *slot, struct fleet_view *view)
{
	struct view_place *place = &view->place;
	int rows = make_list(view); /* moves view->id */
	view_select(place, view->id, rows, list.height);
	place->list_y = list.y;
	for (int i = 0; i < list.height && place->top + i < place->rows; i++) {
		struct pane line = pane_row(list, i);
		draw_row(line, slot, view, instance_of(view, place->top + i));
		if (place->top + i != place->selected)
			continue;
		view_draw_selected(line);
	}
}

/* "9 s old  12:31:07" at the right edge; returns where it begins. */
static int draw_age(struct pane line, const struct fleet_view *view)
{
	char age[32], text[64], clock[16] = "";
	time_t seconds = (time_t)(view->wall_ns / NS_PER_S);
	struct tm tm;
	int64_t age_ns = view->now_ns - view->fleet->monotonic_ns;
	int64_t late_ns = 2 * view->interval_ns + 2 * view->fleet->took_ns + 5 * NS_PER_S;
	view_age(age, sizeof age, age_ns);
	snprintf(text, sizeof text, "%s old", age);
	if (line.width >= 60 && localtime_r(&seconds, &tm))
		strftime(clock, sizeof clock, "  %H:%M:%S", &tm);
	int clock_x = line.width - 1 - canvas_text_width(line.canvas, clock);
	int x = clock_x - canvas_text_width(line.canvas, text);
	pane_text(line, clock_x, 0, STYLE_DIM, clock);
	pane_text(line, x, 0, age_ns > late_ns || view->trouble[0] ? STYLE_WARNING : STYLE_RUNNING,
	          text);
	return x;
}

static void say_count(char *to, size_t size, size_t n, const char *word, bool always)
{
	char number[24];
	text_count(number, sizeof number, (int64_t)n);
	to[0] = '\0';
	if (n || always)
		snprintf(to, size, "%s %s", number, word);
}

/* "60 instances · 57 up · 2 down · 4 stand out" */
static void draw_header(struct pane line, const struct fleet_view *view)
{
	enum { ALL, UP, DOWN, STALE, GONE, OUT, FACTS };
	static const int by_weight[FACTS] = {ALL, DOWN, OUT, STALE, UP, GONE};
	const struct fleet *fleet = view->fleet;
	char fact[FACTS][HEADER_FACT];
	size_t out = 0;
	for (size_t i = 0; i < fleet->n; i++)
		out += fleet_marks(&fleet->instance[i]) > 0;
	say_count(fact[ALL], HEADER_FACT, fleet->n, fleet->n == 1 ? "instance" : "instances", true);
	say_count(fact[UP], HEADER_FACT, fleet->in_state[FLEET_UP], "up", true);
	say_count(fact[DOWN], HEADER_FACT, fleet->in_state[FLEET_DOWN], "down", false);
	say_count(fact[STALE], HEADER_FACT, fleet->in_state[FLEET_STALE], "stale", false);
	say_count(fact[GONE], HEADER_FACT, fleet->in_state[FLEET_GONE], "gone", false);
	say_count(fact[OUT], HEADER_FACT, out, out == 1 ? "stands out" : "stand out", false);
	int right = draw_age(line, view);
	int x = pane_text(line, 1, 0, STYLE_STRONG, "fleet");
	header_draw_facts(pane_sub(line, 0, 0, right - 2, 1), x, (const char(*)[HEADER_FACT])fact,
	                  by_weight, FACTS);
}

/* "1 to 18 of 60", "12 with "api""; returns where it begins. */
static int draw_position(struct pane line, const struct fleet_view *view)
{
	const struct view_place *place = &view->place;
	char text[400] = "";
	if (place->filter[0])
		snprintf(text, sizeof text, "%d with \"%s\"", place->rows, place->filter);
	else if (place->rows > place->page)
		snprintf(text, sizeof text, "%d to %d of %d", place->top + 1, place->top + place->page,
		         place->rows);
	int x = line.width - 1 - canvas_text_width(line.canvas, text);
	if (x < line.width / 3)
		return line.width;
	pane_text(line, x, 0, STYLE_DIM, text);
	return x;
}

/* Where it comes from, and over what time. */
static void draw_server(struct pane line, const struct fleet_view *view)
{
	char text[900], window[32], every[32];
	int right = draw_position(line, view);
	view_age(window, sizeof window, view->fleet->window_ns);
	view_age(every, sizeof every, view->interval_ns);
	int used = snprintf(text, sizeof text, "%s%s%s%srates over %s", view->server,
	                    *view->match ? " " : "", view->match, SEPARATOR(line), window);
	if (line.width >= 100 && used > 0 && (size_t)used < sizeof text)
		snprintf(text + used, sizeof text - (size_t)used, "%severy %s", SEPARATOR(line), every);
	pane_fit(pane_sub(line, 0, 0, right - 1, 1), 1, 0, STYLE_DIM, text);
}

/* The one thing that is most worth saying. */
static void draw_note(struct pane line, const struct fleet_view *view)
{
	const struct fleet *fleet = view->fleet;
	struct pane room = pane_sub(line, 0, 0, line.width - 1, 1);
	enum fleet_metric missing = 0;
	char text[600];
	if (view->notice[0]) {
		pane_fit(room, 1, 0, STYLE_WARNING, view->notice);
	} else if (view->trouble[0]) {
		pane_fit(room, 1, 0, STYLE_WARNING, view->trouble);
	} else if (fleet->warning[0]) {
		snprintf(text, sizeof text, "the server warns: %s", fleet->warning);
		pane_fit(room, 1, 0, STYLE_WARNING, text);
	} else if (fleet->left_out) {
		pane_print(room, 1, 0, STYLE_WARNING, "more than %d instances: choose with --match",
		           FLEET_INSTANCES_MAX);
	} else if (fleet_missing(fleet, &missing)) {
		const struct fleet_metric_info *info = &fleet_metric_info[missing];
		snprintf(text, sizeof text, "nobody exports %s: %s does", info->source, info->remedy);
		pane_fit(room, 1, 0, STYLE_DIM, text);
	}
}

/* Before the first answer. */
static void draw_waiting(struct pane page, const struct fleet_view *view)
{
	struct pane words = pane_sub(page, 1, 2, page.width - 2, page.height - 4);
	char text[600];
	pane_text(page, 1, 0, STYLE_STRONG, "fleet");
	snprintf(text, sizeof text, "asking %s", view->server);
	pane_wrap(words, view->trouble[0] ? STYLE_WARNING : STYLE_DIM,
	          view->trouble[0] ? view->trouble : text);
}

static void draw_nobody(struct pane list, const struct fleet_view *view)
{
	char text[900];
	if (view->fleet->n > 0)
		snprintf(text, sizeof text, "no instance has \"%s\"", view->place.filter);
	else
		snprintf(text, sizeof text,
		         "%s knows no instance of a Go program%s%s: neither up nor go_goroutines and the "
		         "like have it",
		         view->server, *view->match ? " with " : "", view->match);
	pane_wrap(pane_sub(list, 1, 0, list.width - 2, list.height), STYLE_DIM, text);
}

static void draw_foot(struct pane foot, struct fleet_view *view)
{
	uint64_t without = view->place.filter[0] ? 0 : COMMAND_BIT(COMMAND_CLOSE);
	if (view->prompt.lead) {
		char hint[160];
		struct command_names names = fleet_view_names(view);
		snprintf(hint, sizeof hint, "%s", prompt_hint(view->prompt.lead));
		if (view->prompt.lead == ':')
			command_line_hint(&names, view->prompt.text, hint, sizeof hint);
		prompt_draw(foot, &view->prompt, hint);
		return;
	}
	if (view->place.rows == 0)
		without |= COMMAND_BIT(COMMAND_CHOOSE) | COMMAND_BIT(COMMAND_UP);
	keymap_draw(foot, view->keys, CONTEXT_FLEET, without);
}

static void draw_fleet(struct pane page, struct fleet_view *view)
{
	struct slot slot[FLEET_COLUMNS];
	struct pane list = pane_sub(page, 0, ROW_LIST, page.width, page.height - ROW_LIST - 1);
	fleet_columns_layout(view->fleet, slot, view_list_inside(page).width);
	draw_list(list, slot, view);
	if (view->place.rows == 0)
		draw_nobody(list, view);
	draw_headings(pane_row(page, ROW_HEADINGS), slot, view);
	for (int i = 0; i < FLEET_COLUMNS && view->place.rows > 0; i++)
		if (slot[i].size)
			fleet_column_draw_usual(cell_of(pane_row(page, ROW_USUAL), &slot[i]), &fleet_column[i],
			                        view->fleet);
	draw_header(pane_row(page, ROW_HEADER), view);
	draw_server(pane_row(page, ROW_SERVER), view);
	draw_note(pane_row(page, ROW_NOTE), view);
	if (!view->reading)
		wish(view, &slot[FLEET_COLUMNS - 1], &list);
}

void fleet_view_draw_page(struct canvas *canvas, struct fleet_view *view)
{
	struct pane page = pane_of(canvas);
	if (view->fleet)
		draw_fleet(page, view);
	else
		draw_waiting(page, view);
}

void fleet_view_zoom(struct fleet_view *view, int by)
{
	view->span += by;
	view->span = view->span < 0 ? 0 : view->span >= SPANS ? SPANS - 1 : view->span;
}

void fleet_view_draw(struct canvas *canvas, void *arg)
{
	struct fleet_view *view = arg;
	struct pane page = pane_of(canvas);
	if (view->help) {
		const struct help help = {.name = "the fleet",
		                          .context = CONTEXT_FLEET,
		                          .keys = view->keys,
		                          .screen = COMMAND_FLEET,
		                          .title = "What is in the columns",
		                          .note = fleet_notes,
		                          .notes = fleet_note_count};
		help_draw(page, &help, &view->help_place);
		return;
	}
	view->width = canvas->width;
	view->height = canvas->height;
	view->ascii = canvas->ascii;
	if (view->setup.source) {
		setup_draw(page, &view->setup, view->keys);
		return;
	}
	fleet_view_draw_page(canvas, view);
	draw_foot(pane_row(page, page.height - 1), view);
}

/* --- news and time ---------------------------------------------------------------------------- */

static void take_answer(struct fleet_view *view)
{
	char sentence[sizeof view->notice];
	enum fleet_answer answer = fleet_board_answered(view->board, sentence, sizeof sentence);
	if (answer == FLEET_NO_ANSWER || !view->opening)
		return;
	view->opening = false;
	view->opened = answer == FLEET_OPENED;
	snprintf(view->notice, sizeof view->notice, "%s", view->opened ? "" : sentence);
}

bool fleet_view_wake(struct fleet_view *view)
{
	struct fleet *fleet = fleet_board_take(view->board);
	struct fleet_trends *trends = fleet_board_take_trends(view->board);
	if (fleet) {
		fleet_unref(view->fleet);
		view->fleet = fleet;
	}
	if (trends) {
		fleet_trends_free(view->trends);
		view->trends = trends;
	}
	fleet_board_trouble(view->board, view->trouble, sizeof view->trouble);
	take_answer(view);
	return true;
}

void fleet_view_tell_time(struct fleet_view *view, int64_t now_ns, int64_t wall_ns)
{
	view->now_ns = now_ns;
	view->wall_ns = wall_ns;
}

void fleet_view_init(struct fleet_view *view, struct fleet_board *board)
{
	*view = (struct fleet_view){
		.board = board, .server = "", .match = "", .keys = &keymap_default, .span = SPAN_DEFAULT};
	view->place.sort = FLEET_SORT_STATE;
}

void fleet_view_set_means(struct fleet_view *view, const struct means *means)
{
	view->keys = means->keys;
	view->setup_source = means->setup;
	view->take.copies_off = !means->copies;
}

void fleet_view_finish(struct fleet_view *view)
{
	fleet_unref(view->fleet);
	fleet_trends_free(view->trends);
	take_finish(&view->take, true);
	setup_close(&view->setup);
	free(view->shown);
	free(view->id);
	*view = (struct fleet_view){0};
}
