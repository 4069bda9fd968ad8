#include "tui/view.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>

#include "util/clock.h"
#include "util/text.h"

#define DASH        "–"
#define SECONDS_MAX 120 /* an age is told in seconds up to here */

void view_fit(struct view_place *place, int rows, int page)
{
	place->rows = rows;
	place->page = page;
	if (place->top > rows - page)
		place->top = rows - page;
	if (place->top < 0)
		place->top = 0;
}

int view_step(const struct view_place *place, enum command command)
{
	int page = place->page > 1 ? place->page - 1 : 1, half = page > 1 ? page / 2 : 1;
	return command == COMMAND_UP          ? -1
	       : command == COMMAND_DOWN      ? 1
	       : command == COMMAND_PAGE_UP   ? -page
	       : command == COMMAND_PAGE_DOWN ? page
	       : command == COMMAND_HALF_UP   ? -half
	       : command == COMMAND_HALF_DOWN ? half
	       : command == COMMAND_FIRST     ? -place->rows
	       : command == COMMAND_LAST      ? place->rows
	                                      : 0;
}

void view_scroll(struct view_place *place, enum command command)
{
	place->top += view_step(place, command);
	view_fit(place, place->rows, place->page);
}

void view_move(struct view_place *place, enum command command)
{
	place->selected += view_step(place, command);
	place->chosen = true;
	place->anchored = false;
	view_select(place, NULL, place->rows, place->page);
}

void view_wheel(struct view_place *list, struct view_place *help, enum command command)
{
	for (int i = 0; i < VIEW_WHEEL_ROWS; i++)
		if (help)
			view_scroll(help, command);
		else
			view_move(list, command);
}

/* The number of the name that begins with the argument, or without one that after `chosen`. */
static int choose(const char *const *names, const char *argument, int chosen)
{
	int n = 0;
	for (; names[n]; n++)
		if (argument && strncasecmp(names[n], argument, strlen(argument)) == 0)
			return n;
	return argument || n == 0 ? -1 : (chosen + 1) % n;
}

static int choose_previous(const char *const *names, int chosen)
{
	int n = 0;
	while (names[n])
		n++;
	return n == 0 ? -1 : (chosen + n - 1) % n;
}

static const char NO_LIST[] = "this view is no list";

const char *view_sort(struct view_place *place, const char *const *sorts, enum command command,
                      const char *argument)
{
	if (!sorts)
		return NO_LIST;
	int found = command == COMMAND_SORT_PREVIOUS ? choose_previous(sorts, place->sort)
	                                             : choose(sorts, argument, place->sort);
	if (found < 0)
		return "there is no such column";
	place->sort = found;
	place->reversed = false;
	return NULL;
}

const char *view_reverse(struct view_place *place, const char *const *sorts)
{
	if (!sorts)
		return NO_LIST;
	place->reversed = !place->reversed;
	return NULL;
}

const char *view_group(struct view_place *place, const char *const *groups, const char *argument)
{
	if (!groups)
		return "this view has no groups";
	int found = choose(groups, argument, place->grouping);
	if (found < 0)
		return "its rows can't be grouped by that";
	place->grouping = found;
	place->expanded = 0;
	return NULL;
}

int view_named(const char *argument, const char *(*name)(size_t i))
{
	size_t length = argument ? strlen(argument) : 0;
	for (size_t i = 0; length && name(i); i++) {
		char number[] = {(char)('1' + i), '\0'};
		if (strncasecmp(name(i), argument, length) == 0 || strcmp(number, argument) == 0)
			return (int)i;
	}
	return -1;
}

void view_select(struct view_place *place, const int64_t *id, int rows, int page)
{
	if (!place->chosen)
		place->selected = 0;
	for (int i = 0; id && place->chosen && place->anchored && i < rows; i++)
		if (id[i] == place->selected_id) {
			place->selected = i;
			break;
		}
	if (place->selected >= rows)
		place->selected = rows - 1;
	if (place->selected < 0)
		place->selected = 0;
	place->anchored = id && rows > 0;
	place->selected_id = place->anchored ? id[place->selected] : 0;
	if (place->top > place->selected)
		place->top = place->selected;
	if (place->top <= place->selected - page)
		place->top = place->selected - page + 1;
	view_fit(place, rows, page);
}

int view_selected_row(const struct view_place *place, const int64_t *id, int rows)
{
	for (int i = 0; id && place->anchored && i < rows; i++)
		if (id[i] == place->selected_id)
			return i;
	return place->selected;
}

void view_draw_heading(struct pane cell, struct view_place *place, int sort, const char *name,
                       bool right)
{
	static const char *const marks[2][2] = {{"▼", "▲"}, {"v", "^"}};
	char text[32];
	bool sorts = sort >= 0 && sort < VIEW_COLUMNS_MAX;
	snprintf(text, sizeof text, "%s%s", name,
	         sorts && place->sort == sort ? marks[cell.canvas->ascii][place->reversed] : "");
	if (right)
		pane_right(cell, 0, STYLE_DIM, text);
	else
		pane_fit(cell, 0, 0, STYLE_DIM, text);
	if (place->columns < VIEW_COLUMNS_MAX) {
		struct view_column *column = &place->column[place->columns++];
		snprintf(column->name, sizeof column->name, "%s", name);
		column->x = cell.x;
		column->width = cell.width;
	}
	if (sorts) {
		place->heading_y = cell.y;
		place->heading[sort] = (struct view_heading){cell.x, cell.width};
	}
}

struct pane view_list_inside(struct pane list)
{
	return pane_sub(list, VIEW_LIST_MARGIN, 0, list.width - VIEW_LIST_MARGIN - 1, list.height);
}

void view_draw_selected(struct pane row)
{
	pane_restyle(row, STYLE_SELECTED);
	pane_glyph(row, 0, 0, STYLE_SELECTED, '>');
}

void view_begin(struct view_place *place)
{
	place->heading_y = 0;
	memset(place->heading, 0, sizeof place->heading); /* of another width */
	place->columns = 0;
	place->detail = (struct view_area){0};
}

void view_tell_detail(struct view_place *place, struct pane pane)
{
	place->detail = (struct view_area){pane.x, pane.y, pane.width, pane.height};
}

static enum view_hit click_heading(struct view_place *place, int x)
{
	for (int i = 0; i < VIEW_COLUMNS_MAX; i++) {
		const struct view_heading *heading = &place->heading[i];
		if (x < heading->x || x >= heading->x + heading->width)
			continue;
		place->reversed = place->sort == i && !place->reversed;
		place->sort = i;
		return VIEW_HIT_HEADING;
	}
	return VIEW_HIT_NOTHING;
}

enum view_hit view_click(struct view_place *place, int x, int y)
{
	int line = y - place->list_y, row = place->top + line;
	if (y > 0 && y == place->heading_y)
		return click_heading(place, x);
	if (line < 0 || line >= place->page || row >= place->rows)
		return VIEW_HIT_NOTHING;
	bool again = place->selected == row;
	place->selected = row;
	place->chosen = true;
	place->anchored = place->anchored && again; /* what was drawn is meant, wherever it is by now */
	return again ? VIEW_HIT_SELECTED_ROW : VIEW_HIT_ROW;
}

int64_t view_span(const struct view_data *data)
{
	return data->span_ns > 0 ? data->span_ns : VIEW_SPAN_NS;
}

/* Was the part read for this snapshot, and when? */
static bool has_part(const struct snapshot *s, enum view_part_id id, int64_t *at_ns)
{
	const struct stamp *const stamps[PART_COUNT] = {
		[PART_SCHED] = &s->sched_at,           [PART_ROWS] = &s->sched_at,
		[PART_RUNTIME] = &s->runtime_at,       [PART_OS] = &s->os_at,
		[PART_GOROUTINES] = &s->goroutines_at,
	};
	*at_ns = stamps[id]->at_ns;
	return stamps[id]->origin != ORIGIN_NONE && (id != PART_ROWS || s->np > 0) &&
	       (id != PART_GOROUTINES || s->goroutines);
}

bool view_is_stale(const struct view_data *data, int64_t at_ns)
{
	const struct snapshot *newest = history_get(data->history, 0);
	int64_t interval_ns = newest ? newest->interval_ns : NS_PER_S;
	return data->now_ns - at_ns > 2 * interval_ns + NS_PER_S;
}

struct view_part view_part(const struct view_data *data, enum view_part_id id)
{
	const struct snapshot *s;
	for (size_t i = 0; (s = history_get(data->history, i)) != NULL; i++) {
		int64_t at_ns;
		if (!has_part(s, id, &at_ns))
			continue;
		int64_t age_ns = data->now_ns > at_ns ? data->now_ns - at_ns : 0;
		bool stale = data->state == TARGET_EXITED || view_is_stale(data, at_ns);
		return (struct view_part){s, age_ns, stale};
	}
	return (struct view_part){0};
}

const char *view_limits(const struct view_data *data)
{
	struct view_part sched = view_part(data, PART_SCHED);
	return sched.s && sched.s->sched_at.origin == ORIGIN_PPROF
	           ? ". net/http/pprof tells of goroutines and memory alone; the rest is known where "
	             "the "
	             "program runs (schedtop -p PID), or by its agent"
	           : "";
}

void view_age(char *to, size_t size, int64_t age_ns)
{
	if (age_ns < SECONDS_MAX * NS_PER_S)
		snprintf(to, size, "%" PRId64 " s", age_ns > 0 ? age_ns / NS_PER_S : 0);
	else
		text_duration(to, size, (double)age_ns, true);
}

void view_unknown(struct pane pane)
{
	pane_right(pane, 0, STYLE_DIM, DASH);
}

void view_count(struct pane pane, bool known, int64_t count, const char *name)
{
	struct pane number = pane_sub(pane, 0, 0, VIEW_COUNT_WIDTH, 1);
	char text[32];
	text_count(text, sizeof text, count);
	if (known)
		pane_right(number, 0, count ? STYLE_TEXT : STYLE_DIM, text);
	else
		view_unknown(number);
	pane_fit(pane, VIEW_COUNT_WIDTH + 1, 0, STYLE_DIM, name);
}
