#include "browse/view_timeline.h"

#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "util/text.h"

/* What keys, commands and the mouse do to the Timeline, and what searches bring it. */

#define KEY_ZOOM   2.0
#define WHEEL_ZOOM 1.5
#define PAN_PART   4 /* of the window that a key pans by */
#define SPAN_ROOM  4 /* part of a span that is shown on each side of it */

#define MOMENT_NS 1000000 /* shown around a moment that another view sends here */

struct act {
	const struct trace_data *data;
	struct timeline_view *v;
	struct view_place *place;
	const struct trace_action *action;
	struct trace_request *request;
};

__attribute__((format(printf, 3, 4))) static void tell(struct timeline_view *v, enum style style,
                                                       const char *format, ...)
{
	va_list args;
	va_start(args, format);
	vsnprintf(v->note, sizeof v->note, format, args);
	va_end(args);
	v->note_style = style;
}

static enum loop_next complain(const struct act *a, const char *why)
{
	snprintf(a->request->notice, sizeof a->request->notice, "%s", why);
	a->request->notice_style = STYLE_WARNING;
	return LOOP_DRAW;
}

/* --- what is selected ------------------------------------------------------------------------- */

const struct span *timeline_selected_span(const struct timeline_view *v,
                                          const struct timeline_source *source)
{
	const struct span *span = NULL;
	if (!v->selected ||
	    timeline_source_spans(source, v->on, v->cursor_ns, v->cursor_ns + 1, &span) == 0)
		return NULL;
	return span;
}

static bool is_inside(const struct timeline_view *v, int64_t at_ns)
{
	return at_ns >= v->window.from_ns && at_ns < v->window.to_ns;
}

static int64_t middle(struct timeline_window w)
{
	return w.from_ns + timeline_width(w) / 2;
}

static void choose_window(struct timeline_view *v, struct timeline_window window)
{
	v->window = window;
	v->begun = true;
	v->awaited = (struct trace_target){0};
}

static bool is_quiet(const struct span *span)
{
	return span->state == SPAN_IDLE || span->state == SPAN_UNKNOWN;
}

/* The moment of a column to select: in the span that most of it is, rather a busy one. */
static int64_t moment_in(const struct timeline_view *v, struct lane lane, int column)
{
	int64_t from_ns = timeline_moment(v->window, v->columns, column);
	int64_t to_ns = timeline_moment(v->window, v->columns, column + 1), at_ns = from_ns, most = 0;
	const struct span *span;
	bool busy = false;
	if (to_ns <= from_ns)
		to_ns = from_ns + 1;
	size_t n = timeline_source_spans(v->source, lane, from_ns, to_ns, &span);
	for (size_t i = 0; i < n; i++) {
		int64_t begin = span[i].begin_ns > from_ns ? span[i].begin_ns : from_ns;
		int64_t end = span[i].end_ns < to_ns ? span[i].end_ns : to_ns;
		bool better =
			is_quiet(&span[i]) ? !busy && end - begin > most : !busy || end - begin > most;
		if (!better)
			continue;
		busy = !is_quiet(&span[i]);
		most = end - begin;
		at_ns = begin;
	}
	return at_ns;
}

static void select_at(struct timeline_view *v, struct lane lane, int64_t at_ns)
{
	v->selected = true;
	v->scrolled = false;
	v->on = lane;
	v->cursor_ns = at_ns;
}

/* Where there is no selection: the middle of the first lane on the screen. false: no lanes. */
static bool begin_selection(struct act *a)
{
	struct timeline_view *v = a->v;
	if (v->lanes == 0)
		return false;
	size_t row = a->place->top >= 0 && (size_t)a->place->top < v->lanes ? (size_t)a->place->top : 0;
	select_at(v, v->lane[row], moment_in(v, v->lane[row], v->columns / 2));
	return true;
}

/* --- lanes ------------------------------------------------------------------------------------ */

static enum loop_next move_lane(struct act *a)
{
	struct timeline_view *v = a->v;
	int last = (int)v->lanes - 1;
	if (!v->selected || last < 0) {
		begin_selection(a);
		return LOOP_DRAW;
	}
	int row = timeline_row_of(v, v->on);
	enum command command = a->action->command;
	row = command == COMMAND_FIRST  ? 0
	      : command == COMMAND_LAST ? last
	                                : row + view_step(a->place, command);
	row = row < 0 ? 0 : row > last ? last : row;
	if (!is_inside(v, v->cursor_ns))
		v->cursor_ns = middle(v->window);
	int column = timeline_column(v->window, v->columns, v->cursor_ns);
	select_at(v, v->lane[row], moment_in(v, v->lane[row], column));
	return LOOP_DRAW;
}

/* The lane of another kind that the span was on as well. */
static bool lane_of(const struct span *span, enum lane_kind kind, struct lane *lane)
{
	uint64_t id = kind == LANE_P ? span->proc : kind == LANE_M ? span->thread : span->goroutine;
	*lane = (struct lane){kind, id};
	return kind == LANE_G ? id != 0 : id != LANE_NO_ID;
}

static void change_kind(struct timeline_view *v, enum lane_kind kind)
{
	v->kind = kind;
	v->lanes = 0;
	v->chosen = (struct timeline_window){0};
}

static enum loop_next change_lanes(struct act *a)
{
	static const char *const name[LANE_KINDS] = {"Ps", "threads", "goroutines"};
	struct timeline_view *v = a->v;
	const char *wanted = a->action->argument;
	const struct span *span = timeline_selected_span(v, v->source);
	struct lane lane;
	int kind = ((int)v->kind + 1) % LANE_KINDS;
	for (int i = 0; wanted && *wanted && i < LANE_KINDS; i++)
		if (strncasecmp(name[i], wanted, strlen(wanted)) == 0)
			wanted = "", kind = i;
	if (wanted && *wanted)
		return complain(a, "there are lanes of Ps, threads and goroutines");
	/* The same moment on the other lane, if it was on one. */
	if (span && lane_of(span, (enum lane_kind)kind, &lane))
		v->on = lane;
	else
		v->selected = false;
	change_kind(v, (enum lane_kind)kind);
	a->place->top = 0;
	return LOOP_DRAW;
}

/* --- spans ------------------------------------------------------------------------------------ */

/* A moment in the span or cell beside the one at the cursor. Cells come before spans that are too
   short to be told. */
static int64_t beside(const struct timeline_view *v, int64_t at_ns, int by)
{
	const struct span *span;
	int column = timeline_column(v->window, v->columns, at_ns);
	int64_t cell_ns = by > 0 ? timeline_moment(v->window, v->columns, column + 1)
	                         : timeline_moment(v->window, v->columns, column) - 1;
	if (timeline_source_spans(v->source, v->on, at_ns, at_ns + 1, &span) == 0)
		return cell_ns;
	int64_t next_ns = by > 0 ? span->end_ns : span->begin_ns - 1;
	return by > 0 ? (next_ns > cell_ns ? next_ns : cell_ns)
	              : (next_ns < cell_ns ? next_ns : cell_ns);
}

static enum loop_next step(struct act *a)
{
	struct timeline_view *v = a->v;
	int by = a->action->command == COMMAND_SPAN_NEXT ? 1 : -1;
	const struct span *span;
	if (!v->selected || !is_inside(v, v->cursor_ns)) {
		if (v->selected)
			v->cursor_ns = middle(v->window);
		else
			begin_selection(a);
		return LOOP_DRAW;
	}
	int64_t at_ns = beside(v, v->cursor_ns, by);
	/* Idle time is passed over. */
	if (timeline_source_spans(v->source, v->on, at_ns, at_ns + 1, &span) > 0 && is_quiet(span))
		at_ns = beside(v, at_ns, by);
	if (at_ns < v->all.from_ns)
		at_ns = v->all.from_ns;
	if (at_ns >= v->all.to_ns)
		at_ns = v->all.to_ns - 1;
	if (!is_inside(v, at_ns))
		choose_window(v,
		              timeline_pan(v->window, v->all, by * timeline_width(v->window) / PAN_PART));
	if (!is_inside(v, at_ns))
		choose_window(v, timeline_show(v->window, v->all, at_ns));
	/* Backwards it came to the span's end. */
	if (timeline_source_spans(v->source, v->on, at_ns, at_ns + 1, &span) > 0 &&
	    span->begin_ns >= v->window.from_ns)
		at_ns = span->begin_ns;
	select_at(v, v->on, at_ns);
	return LOOP_DRAW;
}

static void remember(struct timeline_view *v)
{
	if (v->jumps == TIMELINE_JUMPS)
		memmove(v->jump, v->jump + 1, (size_t)--v->jumps * sizeof *v->jump);
	struct lane lane = v->selected ? v->on : (struct lane){v->kind, 0};
	v->jump[v->jumps++] = (struct timeline_spot){v->window, lane, v->cursor_ns, v->selected};
}

static enum loop_next zoom_to_span(struct act *a)
{
	struct timeline_view *v = a->v;
	const struct span *span = timeline_selected_span(v, v->source);
	if (!v->selected)
		return begin_selection(a) ? LOOP_DRAW : LOOP_GO_ON;
	remember(v);
	if (!span) {
		choose_window(v, timeline_zoom(v->window, v->all, v->cursor_ns, 1 / KEY_ZOOM));
		return LOOP_DRAW;
	}
	int64_t room = (span->end_ns - span->begin_ns) / SPAN_ROOM + 1;
	choose_window(v, timeline_clamp((struct timeline_window){span->begin_ns - room,
	                                                         span->end_ns + room},
	                                v->all));
	v->cursor_ns = span->begin_ns;
	return LOOP_DRAW;
}

static enum loop_next go_back(struct act *a)
{
	struct timeline_view *v = a->v;
	if (v->jumps == 0)
		return complain(a, "there is no jump to go back from");
	const struct timeline_spot *spot = &v->jump[--v->jumps];
	choose_window(v, timeline_clamp(spot->window, v->all));
	if (spot->lane.kind != v->kind)
		change_kind(v, spot->lane.kind);
	if (spot->selected)
		select_at(v, spot->lane, spot->at_ns);
	else
		v->selected = false;
	return LOOP_DRAW;
}

/* --- time ------------------------------------------------------------------------------------- */

static enum loop_next zoom(struct act *a)
{
	struct timeline_view *v = a->v;
	double factor = a->action->command == COMMAND_ZOOM_IN ? 1 / KEY_ZOOM : KEY_ZOOM;
	bool at_cursor = v->selected && is_inside(v, v->cursor_ns);
	int64_t at_ns = at_cursor ? v->cursor_ns : middle(v->window);
	choose_window(v, timeline_zoom(v->window, v->all, at_ns, factor));
	return LOOP_DRAW;
}

/* By a part of the window, by all of it, or by a time. */
static enum loop_next pan(struct act *a)
{
	struct timeline_view *v = a->v;
	const char *by = a->action->argument;
	/* By whole columns, so that the cells are the ones that the source has beside the window. */
	int64_t ns = timeline_moment(v->window, v->columns, v->columns / PAN_PART) - v->window.from_ns;
	if (by && strcmp(by, "window") == 0)
		ns = timeline_width(v->window);
	else if (by && !text_parse_duration(by, &ns))
		return complain(a, "that takes a time, such as 10ms");
	if (ns < 1)
		ns = 1;
	if (a->action->command == COMMAND_EARLIER)
		ns = -ns;
	choose_window(v, timeline_pan(v->window, v->all, ns));
	return LOOP_DRAW;
}

static enum loop_next go_to_end(struct act *a)
{
	struct timeline_view *v = a->v;
	int64_t whole = timeline_width(v->all);
	choose_window(v, timeline_pan(v->window, v->all,
	                              a->action->command == COMMAND_OLDEST ? -whole : whole));
	return LOOP_DRAW;
}

static enum loop_next show_whole(struct act *a)
{
	remember(a->v);
	a->v->begun = false;
	a->v->window = a->v->all;
	return LOOP_DRAW;
}

static enum loop_next set_width(struct act *a)
{
	struct timeline_view *v = a->v;
	int64_t ns;
	if (!a->action->argument || !text_parse_duration(a->action->argument, &ns) || ns <= 0)
		return complain(a, "span: that takes a time, such as 10ms");
	int64_t at_ns = v->selected && is_inside(v, v->cursor_ns) ? v->cursor_ns : middle(v->window);
	double factor = (double)ns / (double)timeline_width(v->window);
	choose_window(v, timeline_zoom(v->window, v->all, at_ns, factor));
	return LOOP_DRAW;
}

static enum loop_next go_to_time(struct act *a)
{
	struct timeline_view *v = a->v;
	int64_t ns;
	if (!a->action->argument || !text_parse_duration(a->action->argument, &ns))
		return complain(a, "at: that takes a time since the trace began, such as 1.204s");
	if (ns >= timeline_width(v->all))
		return complain(a, "at: the trace ends before that");
	remember(v);
	if (!v->selected)
		begin_selection(a);
	v->cursor_ns = v->first_ns + ns;
	choose_window(v, timeline_show(v->window, v->all, v->cursor_ns));
	return LOOP_DRAW;
}

/* --- marks ------------------------------------------------------------------------------------ */

/* One more; of three the oldest goes; where there is one already it is taken away. */
static enum loop_next set_mark(struct act *a)
{
	struct timeline_view *v = a->v;
	if (!v->selected && !begin_selection(a))
		return LOOP_GO_ON;
	int column = timeline_column(v->window, v->columns, v->cursor_ns);
	for (int i = 0; i < v->marks; i++)
		if (is_inside(v, v->mark_ns[i]) &&
		    timeline_column(v->window, v->columns, v->mark_ns[i]) == column) {
			v->mark_ns[0] = v->mark_ns[TIMELINE_MARKS - 1 - i];
			v->marks--;
			return LOOP_DRAW;
		}
	if (v->marks == TIMELINE_MARKS)
		v->mark_ns[0] = v->mark_ns[--v->marks];
	v->mark_ns[v->marks++] = v->cursor_ns;
	return LOOP_DRAW;
}

static enum loop_next close_open(struct act *a)
{
	struct timeline_view *v = a->v;
	if (v->selected)
		v->selected = false;
	else if (v->marks)
		v->marks = 0;
	else
		return LOOP_GO_ON;
	return LOOP_DRAW;
}

/* --- searches --------------------------------------------------------------------------------- */

static void begin_find(struct timeline_view *v, const struct trace_data *data,
                       const struct timeline_find *find)
{
	timeline_source_find(data->timeline, find);
	v->finding = true;
	v->find = *find;
}

static enum loop_next search(struct act *a)
{
	struct timeline_view *v = a->v;
	enum command command = a->action->command;
	struct timeline_find find = {.kind = FIND_TEXT};
	if (command == COMMAND_SEARCH && !a->action->argument)
		return LOOP_GO_ON; /* the frame asks for it */
	if (command == COMMAND_SEARCH)
		snprintf(v->text, sizeof v->text, "%s", a->action->argument);
	if (!v->text[0])
		return complain(a, "there is nothing to search for yet: / takes it");
	snprintf(find.text, sizeof find.text, "%s", v->text);
	find.backwards = command == COMMAND_SEARCH_PREVIOUS;
	find.from_ns = v->selected ? v->cursor_ns : v->window.from_ns - 1;
	begin_find(v, a->data, &find);
	return LOOP_DRAW;
}

/*
 * Back to who made the goroutine runnable: before it ran, or, while it is blocked, at the end of
 * that. Or on to whom it makes runnable next.
 */
static enum loop_next follow(struct act *a)
{
	struct timeline_view *v = a->v;
	const struct span *span = timeline_selected_span(v, v->source);
	uint64_t goroutine = span                                  ? span->goroutine
	                     : v->selected && v->on.kind == LANE_G ? v->on.id
	                                                           : 0;
	if (!goroutine)
		return complain(a, "select a goroutine's span first");
	struct timeline_find find = {.goroutine = goroutine, .from_ns = v->cursor_ns};
	if (a->action->command == COMMAND_WOKEN) {
		find.kind = FIND_WOKEN;
	} else {
		find.kind = FIND_WAKER;
		if (span && span->state == SPAN_BLOCKED)
			find.from_ns = span->end_ns + 1;
		else if (span && span->woken)
			find.from_ns = span->woken_ns + 1;
		else
			find.from_ns++;
	}
	begin_find(v, a->data, &find);
	return LOOP_DRAW;
}

/* The view of goroutines tells the rest of it. */
static enum loop_next show_goroutine(struct act *a)
{
	const struct span *span = timeline_selected_span(a->v, a->v->source);
	if (!span || !span->goroutine)
		return complain(a, "select a goroutine's span first");
	a->request->view = CONTEXT_TRACE_GOROUTINES;
	a->request->target.goroutine = span->goroutine;
	return LOOP_DRAW;
}

/* Where a hit is seen: on a lane of the kind that is shown or, when it ran on none, the
 * goroutine's. */
static void show_hit(struct timeline_view *v, const struct timeline_hit *hit)
{
	struct lane lane;
	char name[64];
	remember(v);
	if (!lane_of(&hit->span, v->kind, &lane)) {
		lane = hit->lane;
		change_kind(v, LANE_G);
	}
	select_at(v, lane, hit->at_ns);
	choose_window(v, timeline_show(v->window, v->all, hit->at_ns));
	timeline_clean_name(name, sizeof name, hit->function);
	tell(v, STYLE_TEXT, "G%" PRIu64 " %s", hit->span.goroutine, name);
}

void timeline_take_found(struct timeline_view *v, struct timeline_source *source)
{
	struct timeline_hit hit;
	char text[TIMELINE_NAME_MAX];
	if (!v->finding)
		return;
	enum find_result result = timeline_source_found(source, &hit);
	if (result == FIND_PENDING)
		return;
	v->finding = false;
	text_clean(text, sizeof text, v->find.text, strlen(v->find.text));
	if (result == FIND_HIT && v->find.kind == FIND_WOKEN && v->kind != LANE_G) {
		/* It is runnable there, on no P: it is seen where it runs then. */
		const struct timeline_find runs = {.kind = FIND_GOROUTINE,
		                                   .from_ns = hit.at_ns,
		                                   .goroutine = hit.span.goroutine};
		timeline_source_find(source, &runs);
		v->finding = true;
		v->find = runs;
	} else if (result == FIND_HIT && v->find.kind == FIND_WAKER &&
	           hit.span.goroutine == v->find.goroutine) {
		tell(v, STYLE_TEXT, "woken by the runtime, no goroutine");
	} else if (result == FIND_HIT) {
		show_hit(v, &hit);
	} else if (result == FIND_FAILED) {
		tell(v, STYLE_WARNING, "the trace can't be searched");
	} else if (v->find.kind == FIND_TEXT) {
		tell(v, STYLE_WARNING, "no %s span has %s", v->find.backwards ? "earlier" : "later", text);
	} else {
		tell(v, STYLE_WARNING, "no wake-up %s this is in the trace",
		     v->find.kind == FIND_WAKER ? "before" : "after");
	}
}

/* --- the mouse -------------------------------------------------------------------------------- */

static int lane_at(const struct act *a, int y)
{
	const struct timeline_view *v = a->v;
	int line = y - v->lanes_y;
	if (line < 0 || v->lane_height < 1 || line / v->lane_height >= a->place->page)
		return -1;
	int row = a->place->top + line / v->lane_height;
	return row < (int)v->lanes ? row : -1;
}

static enum loop_next click(struct act *a)
{
	struct timeline_view *v = a->v;
	int column = a->action->input.x - v->graph_x, row = lane_at(a, a->action->input.y);
	v->drag_x = column >= 0 && column < v->columns ? a->action->input.x : -1;
	v->dragged = v->window;
	if (row < 0)
		return LOOP_DRAW;
	if (v->drag_x < 0)
		column = is_inside(v, v->cursor_ns) && v->selected
		             ? timeline_column(v->window, v->columns, v->cursor_ns)
		             : v->columns / 2;
	select_at(v, v->lane[row], moment_in(v, v->lane[row], column));
	return LOOP_DRAW;
}

static enum loop_next drag(struct act *a)
{
	struct timeline_view *v = a->v;
	if (v->drag_x < 0)
		return LOOP_DRAW;
	/* From where it began, so that the pointer stays on what it took hold of. */
	int columns = v->drag_x - a->action->input.x;
	int64_t by_ns = timeline_moment(v->dragged, v->columns, abs(columns)) - v->dragged.from_ns;
	choose_window(v, timeline_pan(v->dragged, v->all, columns < 0 ? -by_ns : by_ns));
	return LOOP_DRAW;
}

/* At the pointer; over the names it moves the lanes. */
static enum loop_next wheel(struct act *a)
{
	struct timeline_view *v = a->v;
	const struct tui_input *input = &a->action->input;
	int column = input->x - v->graph_x;
	bool up = input->key == KEYMAP_WHEEL_UP;
	if (column < 0 || column >= v->columns) {
		a->place->top += up ? -VIEW_WHEEL_ROWS : VIEW_WHEEL_ROWS;
		v->scrolled = true;
		return LOOP_DRAW;
	}
	int64_t at_ns = timeline_moment(v->window, v->columns, column);
	choose_window(v, timeline_zoom(v->window, v->all, at_ns, up ? 1 / WHEEL_ZOOM : WHEEL_ZOOM));
	v->drag_x = -1;
	return LOOP_DRAW;
}

/* --- all together ----------------------------------------------------------------------------- */

typedef enum loop_next act_fn(struct act *a);

static act_fn *const acts[COMMAND_COUNT] = {
	[COMMAND_UP] = move_lane,
	[COMMAND_DOWN] = move_lane,
	[COMMAND_PAGE_UP] = move_lane,
	[COMMAND_PAGE_DOWN] = move_lane,
	[COMMAND_HALF_UP] = move_lane,
	[COMMAND_HALF_DOWN] = move_lane,
	[COMMAND_FIRST] = move_lane,
	[COMMAND_LAST] = move_lane,
	[COMMAND_GROUP] = change_lanes,
	[COMMAND_SPAN_PREVIOUS] = step,
	[COMMAND_SPAN_NEXT] = step,
	[COMMAND_EXPAND] = zoom_to_span,
	[COMMAND_JUMP_BACK] = go_back,
	[COMMAND_ZOOM_IN] = zoom,
	[COMMAND_ZOOM_OUT] = zoom,
	[COMMAND_EARLIER] = pan,
	[COMMAND_LATER] = pan,
	[COMMAND_OLDEST] = go_to_end,
	[COMMAND_NEWEST] = go_to_end,
	[COMMAND_WHOLE] = show_whole,
	[COMMAND_SPAN] = set_width,
	[COMMAND_AT] = go_to_time,
	[COMMAND_MARK] = set_mark,
	[COMMAND_CLOSE] = close_open,
	[COMMAND_SEARCH] = search,
	[COMMAND_SEARCH_NEXT] = search,
	[COMMAND_SEARCH_PREVIOUS] = search,
	[COMMAND_WAKER] = follow,
	[COMMAND_WOKEN] = follow,
	[COMMAND_GOROUTINE] = show_goroutine,
};

enum loop_next timeline_act(const struct trace_data *data, struct view_place *place, void *own,
                            const struct trace_action *action, struct trace_request *request)
{
	struct timeline_view *v = own;
	struct act a = {data, v, place, action, request};
	if (!data->timeline || v->source != data->timeline || v->columns < 1)
		return LOOP_GO_ON;
	if (action->command != COMMAND_NONE) {
		v->note[0] = '\0';
		return acts[action->command] ? acts[action->command](&a) : LOOP_GO_ON;
	}
	switch (action->input.key) {
	case KEYMAP_CLICK:
		return click(&a);
	case KEYMAP_DRAG:
		return drag(&a);
	case KEYMAP_WHEEL_UP:
	case KEYMAP_WHEEL_DOWN:
		return wheel(&a);
	default:
		return LOOP_GO_ON;
	}
}

/* A window around a moment, no wider than the one there is. */
static struct timeline_window around(const struct timeline_view *v, int64_t at_ns)
{
	int64_t half = timeline_width(v->window) / 2;
	if (half > MOMENT_NS / 2)
		half = MOMENT_NS / 2;
	if (half < 1)
		half = 1;
	return (struct timeline_window){at_ns - half, at_ns + half};
}

void timeline_show_target(struct timeline_view *v, const struct trace_data *data,
                          const struct trace_target *target)
{
	bool moment = target->to_ns == target->from_ns;
	if (moment)
		choose_window(v, timeline_clamp(around(v, target->from_ns), v->all));
	else if (target->to_ns > target->from_ns)
		choose_window(v, timeline_clamp((struct timeline_window){target->from_ns, target->to_ns},
		                                v->all));
	if (!target->goroutine)
		return;
	change_kind(v, LANE_G);
	if (moment) {
		select_at(v, (struct lane){LANE_G, target->goroutine}, target->from_ns);
		return;
	}
	select_at(v, (struct lane){LANE_G, target->goroutine}, v->window.from_ns);
	/* The cursor goes to where it first runs, if that can be found. */
	const struct timeline_find find = {.kind = FIND_GOROUTINE,
	                                   .from_ns = v->window.from_ns - 1,
	                                   .goroutine = target->goroutine};
	begin_find(v, data, &find);
}

const char *timeline_visit(const struct trace_data *data, struct view_place *place, void *own,
                           const struct trace_target *target)
{
	struct timeline_view *v = own;
	(void)place;
	if (!data->timeline)
		return NULL;
	struct timeline_extent extent = timeline_source_extent(data->timeline);
	timeline_update(v, data, &extent);
	v->awaited = (struct trace_target){0};
	timeline_show_target(v, data, target);
	return NULL;
}
