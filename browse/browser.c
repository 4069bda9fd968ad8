#include "browse/browser.h"

#include <ctype.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "browse/header.h"
#include "tui/help.h"
#include "util/clock.h"

#define NOTICE_NS  (4 * NS_PER_S)
#define WHEEL_ROWS 3

const struct trace_view *const trace_views[] = {&trace_view_summary};
const size_t trace_views_count = sizeof trace_views / sizeof(void *);

struct browser {
	struct load *load;
	char *path;
	int64_t now_ns;

	size_t view; /* index into trace_views */
	struct view_place place[TABS_MAX];
	void *own[TABS_MAX]; /* what each view's create made */
	bool help;
	struct view_place help_place;
	char notice[128]; /* in place of the bottom line until notice_end_ns */
	int64_t notice_end_ns;
	enum style notice_style;
	int width, height; /* of the last picture, for the mouse */
};

_Static_assert(sizeof trace_views / sizeof(void *) <= TABS_MAX, "each view has a digit");

static const struct trace_view *view_of(const struct browser *b)
{
	return trace_views[b->view];
}

static struct view_place *place_of(struct browser *b)
{
	return &b->place[b->view];
}

static struct tabs tabs_of(const struct browser *b)
{
	struct tabs tabs = {.n = trace_views_count, .current = b->view};
	for (size_t i = 0; i < trace_views_count; i++)
		tabs.name[i] = trace_views[i]->name;
	return tabs;
}

/* --- life ----------------------------------------------------------------------------------- */

static enum status create_views(struct browser *b, struct error *error)
{
	for (size_t i = 0; i < trace_views_count; i++) {
		if (!trace_views[i]->create)
			continue;
		b->own[i] = trace_views[i]->create();
		if (!b->own[i])
			return error_no_memory(error);
	}
	return STATUS_OK;
}

enum status browser_create(struct browser **out, const struct browser_options *options,
                           struct error *error)
{
	struct browser *b = calloc(1, sizeof *b);
	*out = NULL;
	if (!b)
		return error_no_memory(error);
	b->path = strdup(options->path);
	enum status status = b->path ? create_views(b, error) : error_no_memory(error);
	if (status == STATUS_OK) {
		const struct load_options load = {b->path, options->analysis, options->wake, options->arg};
		status = load_create(&b->load, &load, error);
	}
	if (status != STATUS_OK) {
		browser_destroy(b);
		return status;
	}
	*out = b;
	return STATUS_OK;
}

enum status browser_start(struct browser *b, struct error *error)
{
	return load_start(b->load, error);
}

void browser_destroy(struct browser *b)
{
	if (!b)
		return;
	load_destroy(b->load);
	for (size_t i = 0; i < trace_views_count; i++)
		if (trace_views[i]->destroy && b->own[i])
			trace_views[i]->destroy(b->own[i]);
	free(b->path);
	free(b);
}

void browser_tell_time(struct browser *b, int64_t now_ns)
{
	b->now_ns = now_ns;
}

bool browser_has_loaded(struct browser *b)
{
	bool loading = load_lock(b->load)->loading;
	load_unlock(b->load);
	return !loading;
}

enum status browser_verdict(struct browser *b, struct error *error)
{
	return load_verdict(b->load, error);
}

bool browser_tick(struct browser *b)
{
	return b->notice[0] || !browser_has_loaded(b);
}

__attribute__((format(printf, 3, 4))) static void notify(struct browser *b, enum style style,
                                                         const char *format, ...)
{
	va_list args;
	va_start(args, format);
	vsnprintf(b->notice, sizeof b->notice, format, args);
	va_end(args);
	b->notice_style = style;
	b->notice_end_ns = b->now_ns + NOTICE_NS;
}

/* --- the picture ---------------------------------------------------------------------------- */

static void draw_foot(struct browser *b, struct pane foot)
{
	const struct trace_view *view = view_of(b);
	const struct view_place *place = place_of(b);
	struct tabs tabs = tabs_of(b);
	uint64_t without = 0;
	if (b->notice[0] && b->now_ns >= b->notice_end_ns)
		b->notice[0] = '\0';
	if (b->notice[0]) {
		pane_fit(pane_sub(foot, 0, 0, foot.width - 1, 1), 1, 0, b->notice_style, b->notice);
		return;
	}
	if (place->rows <= place->page && !view->sorts)
		without |= COMMAND_BIT(COMMAND_UP);
	if (place->rows == 0)
		without |= COMMAND_BIT(COMMAND_EXPAND);
	int x = tabs_draw(foot, &tabs);
	keymap_draw(pane_sub(foot, x, 0, foot.width - x, 1), view->context, without);
}

void browser_draw(struct browser *b, struct canvas *canvas)
{
	struct pane page = pane_of(canvas);
	struct view_place *place = place_of(b);
	const struct trace_view *view = view_of(b);
	b->width = canvas->width;
	b->height = canvas->height;
	place->heading_y = 0;
	memset(place->heading, 0, sizeof place->heading); /* of another width */
	const struct trace_data *data = load_lock(b->load);
	trace_header_draw(pane_row(page, 0), data);
	if (data->last_ns > data->first_ns) {
		view->draw(pane_sub(page, 0, 1, page.width, page.height - 2), data, place, b->own[b->view]);
	} else {
		place->rows = place->page = 0;
		pane_text(page, 1, 2, STYLE_DIM,
		          data->loading ? "reading the first events" : "it holds no events");
	}
	load_unlock(b->load);
	draw_foot(b, pane_row(page, page.height - 1));
	if (b->help) {
		const struct help help = {view->name, view->context, tabs_of(b), COMMAND_TRACE};
		help_draw(pane_sub(page, 0, 1, page.width, page.height - 1), &help, &b->help_place);
	}
}

/* --- commands that work in every view ------------------------------------------------------- */

static enum loop_next complain(struct browser *b, enum command command, const char *why)
{
	notify(b, STYLE_WARNING, "%s: %s", command_info[command].name, why);
	return LOOP_DRAW;
}

static enum loop_next quit(struct browser *b, enum command command, const char *argument)
{
	(void)b, (void)command, (void)argument;
	return LOOP_END;
}

static enum loop_next redraw(struct browser *b, enum command command, const char *argument)
{
	(void)b, (void)command, (void)argument;
	return LOOP_REDRAW;
}

static enum loop_next open_help(struct browser *b, enum command command, const char *argument)
{
	(void)command, (void)argument;
	b->help = true;
	b->help_place = (struct view_place){0};
	return LOOP_DRAW;
}

static enum loop_next show_view(struct browser *b, enum command command, const char *argument)
{
	size_t length = argument ? strlen(argument) : 0;
	for (size_t i = 0; i < trace_views_count && length; i++) {
		char number[] = {(char)('1' + i), '\0'};
		if (strncasecmp(trace_views[i]->name, argument, length) != 0 &&
		    strcmp(number, argument) != 0)
			continue;
		b->view = i;
		return LOOP_DRAW;
	}
	/* A digit without a view is no mistake worth a sentence. */
	return length == 1 && isdigit((unsigned char)*argument)
	           ? LOOP_GO_ON
	           : complain(b, command, "there is no such view");
}

static enum loop_next turn_views(struct browser *b, enum command command, const char *argument)
{
	(void)argument;
	size_t by = command == COMMAND_VIEW_NEXT ? 1 : trace_views_count - 1;
	b->view = (b->view + by) % trace_views_count;
	return LOOP_DRAW;
}

static enum loop_next move(struct browser *b, enum command command, const char *argument)
{
	(void)argument;
	if (view_of(b)->sorts)
		view_move(place_of(b), command);
	else
		view_scroll(place_of(b), command);
	return LOOP_DRAW;
}

static enum loop_next close_open(struct browser *b, enum command command, const char *argument)
{
	struct view_place *place = place_of(b);
	(void)command, (void)argument;
	if (!place->filter[0])
		return LOOP_END;
	place->filter[0] = '\0';
	return LOOP_DRAW;
}

/* The number of the name among those of a view, after the one that is chosen where none is given;
   -1: there is none. */
static int choose(const char *const *names, const char *argument, int chosen)
{
	int n = 0;
	for (; names && names[n]; n++)
		if (argument && strncasecmp(names[n], argument, strlen(argument)) == 0)
			return n;
	return argument || n == 0 ? -1 : (chosen + 1) % n;
}

static enum loop_next sort(struct browser *b, enum command command, const char *argument)
{
	struct view_place *place = place_of(b);
	if (!view_of(b)->sorts)
		return complain(b, command, "this view is no list");
	int found = choose(view_of(b)->sorts, argument, place->sort);
	if (found < 0)
		return complain(b, command, "there is no such column");
	place->sort = found;
	place->reversed = false;
	notify(b, STYLE_DIM, "sorted by %s", view_of(b)->sorts[found]);
	return LOOP_DRAW;
}

static enum loop_next reverse(struct browser *b, enum command command, const char *argument)
{
	(void)argument;
	if (!view_of(b)->sorts)
		return complain(b, command, "this view is no list");
	place_of(b)->reversed = !place_of(b)->reversed;
	return LOOP_DRAW;
}

static enum loop_next group(struct browser *b, enum command command, const char *argument)
{
	struct view_place *place = place_of(b);
	if (!view_of(b)->groups)
		return complain(b, command, "this view has no groups");
	int found = choose(view_of(b)->groups, argument, place->grouping);
	if (found < 0)
		return complain(b, command, "its rows can't be grouped by that");
	place->grouping = found;
	place->expanded = 0;
	notify(b, STYLE_DIM, "grouped by %s", view_of(b)->groups[found]);
	return LOOP_DRAW;
}

typedef enum loop_next act_fn(struct browser *b, enum command command, const char *argument);

static act_fn *const act[COMMAND_COUNT] = {
	[COMMAND_QUIT] = quit,
	[COMMAND_REDRAW] = redraw,
	[COMMAND_HELP] = open_help,
	[COMMAND_CLOSE] = close_open,
	[COMMAND_UP] = move,
	[COMMAND_DOWN] = move,
	[COMMAND_PAGE_UP] = move,
	[COMMAND_PAGE_DOWN] = move,
	[COMMAND_FIRST] = move,
	[COMMAND_LAST] = move,
	[COMMAND_SORT] = sort,
	[COMMAND_REVERSE] = reverse,
	[COMMAND_GROUP] = group,
	[COMMAND_VIEW] = show_view,
	[COMMAND_VIEW_NEXT] = turn_views,
	[COMMAND_VIEW_PREVIOUS] = turn_views,
};

/* --- what a view does ----------------------------------------------------------------------- */

static void carry_out(struct browser *b, const struct trace_data *data,
                      const struct trace_request *request)
{
	if (request->notice[0])
		notify(b, request->notice_style, "%s", request->notice);
	for (size_t i = 0; request->view && i < trace_views_count; i++) {
		if (trace_views[i]->context != request->view)
			continue;
		b->view = i;
		if (trace_views[i]->visit)
			trace_views[i]->visit(data, &b->place[i], b->own[i], &request->target);
	}
}

static enum loop_next ask_view(struct browser *b, const struct trace_action *action)
{
	struct trace_request request = {.target = {.to_ns = -1}};
	if (!view_of(b)->act)
		return LOOP_GO_ON;
	const struct trace_data *data = load_lock(b->load);
	enum loop_next next = view_of(b)->act(data, place_of(b), b->own[b->view], action, &request);
	carry_out(b, data, &request);
	load_unlock(b->load);
	return next;
}

static enum loop_next do_action(struct browser *b, const struct trace_action *action)
{
	enum loop_next next = ask_view(b, action);
	if (next != LOOP_GO_ON || !act[action->command])
		return next;
	return act[action->command](b, action->command, action->argument);
}

enum loop_next browser_command(struct browser *b, enum command command, const char *argument)
{
	return do_action(b, &(struct trace_action){.command = command, .argument = argument});
}

/* --- inputs --------------------------------------------------------------------------------- */

static enum loop_next help_input(struct browser *b, int key)
{
	const struct binding *binding = keymap_find(key, CONTEXT_HELP);
	if (!binding)
		return LOOP_GO_ON;
	if (binding->command == COMMAND_REDRAW)
		return LOOP_REDRAW;
	if (binding->command == COMMAND_CLOSE)
		b->help = false;
	else
		view_scroll(&b->help_place, binding->command);
	return LOOP_DRAW;
}

static enum loop_next click(struct browser *b, const struct tui_input *input)
{
	struct canvas size = {.width = b->width, .height = b->height};
	struct tabs tabs = tabs_of(b);
	int tab = tabs_at(&size, &tabs, input->x, input->y);
	if (tab >= 0) {
		b->view = (size_t)tab;
		b->help = false;
		return LOOP_DRAW;
	}
	if (b->help)
		return LOOP_GO_ON;
	enum loop_next next = ask_view(b, &(struct trace_action){.input = *input});
	if (next != LOOP_GO_ON || !view_of(b)->sorts)
		return next;
	if (view_click(place_of(b), input->x, input->y) == VIEW_HIT_SELECTED_ROW)
		browser_command(b, COMMAND_EXPAND, NULL);
	return LOOP_DRAW;
}

static enum loop_next wheel(struct browser *b, const struct tui_input *input)
{
	enum command command = input->key == KEYMAP_WHEEL_UP ? COMMAND_UP : COMMAND_DOWN;
	if (!b->help) {
		enum loop_next next = ask_view(b, &(struct trace_action){.input = *input});
		if (next != LOOP_GO_ON)
			return next;
	}
	for (int i = 0; i < WHEEL_ROWS; i++)
		if (b->help)
			view_scroll(&b->help_place, command);
		else
			browser_command(b, command, NULL);
	return LOOP_DRAW;
}

enum loop_next browser_input(struct browser *b, const struct tui_input *input)
{
	if (input->key == KEYMAP_CLICK)
		return click(b, input);
	if (input->key == KEYMAP_WHEEL_UP || input->key == KEYMAP_WHEEL_DOWN)
		return wheel(b, input);
	if (input->key == KEYMAP_DRAG)
		return b->help ? LOOP_GO_ON : ask_view(b, &(struct trace_action){.input = *input});
	if (b->help)
		return help_input(b, input->key);
	const struct binding *binding = keymap_find(input->key, view_of(b)->context);
	if (!binding)
		return LOOP_GO_ON;
	b->notice[0] = '\0';
	return do_action(b, &(struct trace_action){binding->command, binding->argument, *input});
}
