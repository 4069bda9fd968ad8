/* What keys, the mouse and the line after ':' do to the screen of a fleet. */
#include <stdio.h>
#include <string.h>
#include <strings.h>

#include "tui/command_line.h"
#include "tui/fleet_columns.h"
#include "tui/help.h"
#include "tui/view_fleet.h"

static enum loop_next say(struct fleet_view *view, const char *sentence)
{
	snprintf(view->notice, sizeof view->notice, "%s", sentence);
	return LOOP_DRAW;
}

/* When it started follows from when it was asked and how long it has been up. */
static int64_t start_of(const struct fleet_view *view, const struct fleet_instance *instance)
{
	if (!fleet_known(instance, FLEET_UPTIME))
		return 0;
	return view->fleet->wall_ns - (int64_t)fleet_point(instance->value[FLEET_UPTIME]);
}

static enum loop_next open_selected(struct fleet_view *view)
{
	const struct fleet_instance *instance = fleet_view_selected(view);
	if (!instance)
		return LOOP_GO_ON;
	view->target.started_ns = start_of(view, instance);
	snprintf(view->target.name, sizeof view->target.name, "%s", instance->name);
	snprintf(view->target.job, sizeof view->target.job, "%s", instance->job);
	snprintf(view->notice, sizeof view->notice, "looking for a way to %s", instance->name);
	view->opening = true;
	fleet_board_ask(view->board, &view->target);
	return LOOP_DRAW;
}

/* by: 1 or -1 */
static enum loop_next sort_by_next(struct fleet_view *view, int by)
{
	struct view_place *place = &view->place;
	for (int i = 1; i <= FLEET_COLUMNS; i++) {
		int next = (place->sort + (by > 0 ? i : FLEET_COLUMNS - i)) % FLEET_COLUMNS;
		if (!view->sorted[next])
			continue;
		place->sort = next;
		break;
	}
	place->reversed = false;
	return LOOP_DRAW;
}

/* NULL: it can't be sorted by it. */
static const char *column_name(int i)
{
	return fleet_column[i].kind == FLEET_COLUMN_TREND ? NULL : fleet_column[i].heading;
}

static enum loop_next sort_by(struct fleet_view *view, const char *name)
{
	for (int i = 0; i < FLEET_COLUMNS; i++) {
		const char *heading = column_name(i);
		if (!heading || strncasecmp(heading, name, strlen(name)) != 0)
			continue;
		view->place.sort = i;
		view->place.reversed = false;
		return LOOP_DRAW;
	}
	return say(view, "sort: there is no such column");
}

/* Esc first takes back what it can. */
static enum loop_next leave(struct fleet_view *view)
{
	if (!view->place.filter[0])
		return LOOP_GO_ON;
	view->place.filter[0] = '\0';
	return LOOP_DRAW;
}

static enum loop_next open_setup(struct fleet_view *view)
{
	if (!view->setup_source)
		return say(view, "setup: there is no file of settings here");
	setup_open(&view->setup, view->setup_source);
	return LOOP_DRAW;
}

static enum loop_next filter(struct fleet_view *view, const char *text)
{
	struct view_place *place = &view->place;
	if (text) {
		snprintf(place->filter, sizeof place->filter, "%s", text);
		return LOOP_DRAW;
	}
	snprintf(view->filter_before, sizeof view->filter_before, "%s", place->filter);
	prompt_open(&view->prompt, '\\', place->filter);
	return LOOP_DRAW;
}

/* --- what is taken out ---------------------------------------------------------------------- */

/* Draws with another place, and gives the user's back. */
static void draw_place(struct canvas *canvas, struct view_place *place, void *arg)
{
	struct fleet_view *view = arg;
	struct view_place own = view->place;
	view->place = *place;
	view->reading = true;
	fleet_view_draw_page(canvas, view);
	view->reading = false;
	*place = view->place;
	view->place = own;
}

static struct listing listing_of(struct fleet_view *view)
{
	return (struct listing){.view = "Fleet",
	                        .is_list = true,
	                        .ascii = view->ascii,
	                        .width = view->width,
	                        .height = view->height,
	                        .place = &view->place,
	                        .draw = draw_place,
	                        .arg = view};
}

static enum loop_next search(struct fleet_view *view, enum command command, const char *text)
{
	struct listing listing = listing_of(view);
	if (!text && command == COMMAND_SEARCH) {
		take_begin(&view->take, &view->place);
		prompt_open(&view->prompt, '/', "");
		return LOOP_DRAW;
	}
	take_search(&view->take, &listing, &view->place, text,
	            command == COMMAND_SEARCH_PREVIOUS ? -1 : 1);
	return say(view, view->take.said);
}

static enum loop_next copy(struct fleet_view *view)
{
	struct listing listing = listing_of(view);
	take_copy(&view->take, &listing);
	return say(view, view->take.said);
}

static enum loop_next save(struct fleet_view *view, const char *argument)
{
	struct listing listing = listing_of(view);
	take_save(&view->take, &listing, argument);
	return say(view, view->take.said);
}

void fleet_view_tick(struct fleet_view *view)
{
	if (take_news(&view->take))
		say(view, view->take.said);
}

/* --- commands ------------------------------------------------------------------------------- */

static enum loop_next fleet_view_command(struct fleet_view *view, enum command command,
                                         const char *argument)
{
	struct view_place *place = &view->place;
	switch (command) {
	case COMMAND_QUIT:
		return LOOP_END;
	case COMMAND_CLOSE:
		return leave(view);
	case COMMAND_REDRAW:
		return LOOP_REDRAW;
	case COMMAND_CHOOSE:
		return open_selected(view);
	case COMMAND_HELP:
		view->help = true;
		view->help_place = (struct view_place){0};
		return LOOP_DRAW;
	case COMMAND_SETUP:
		return open_setup(view);
	case COMMAND_LINE:
		view->paths.n = 0;
		prompt_open(&view->prompt, ':', argument ? argument : "");
		return LOOP_DRAW;
	case COMMAND_FILTER:
		return filter(view, argument);
	case COMMAND_SEARCH:
	case COMMAND_SEARCH_NEXT:
	case COMMAND_SEARCH_PREVIOUS:
		return search(view, command, argument);
	case COMMAND_COPY:
		return copy(view);
	case COMMAND_SAVE:
		return save(view, argument);
	case COMMAND_SORT:
		return argument ? sort_by(view, argument) : sort_by_next(view, 1);
	case COMMAND_SORT_PREVIOUS:
		return sort_by_next(view, -1);
	case COMMAND_REVERSE:
		place->reversed = !place->reversed;
		return LOOP_DRAW;
	case COMMAND_ZOOM_IN:
	case COMMAND_ZOOM_OUT:
		fleet_view_zoom(view, command == COMMAND_ZOOM_IN ? -1 : 1);
		return LOOP_DRAW;
	default:
		view_move(place, command);
		return LOOP_DRAW;
	}
}

/* --- the line at the bottom ----------------------------------------------------------------- */

static const char *word(const void *arg, enum command command, size_t i)
{
	(void)arg;
	for (int column = 0; command == COMMAND_SORT && column < FLEET_COLUMNS; column++)
		if (column_name(column) && i-- == 0)
			return column_name(column);
	return NULL;
}

struct command_names fleet_view_names(struct fleet_view *view)
{
	return (struct command_names){COMMAND_FLEET, word, view, &view->paths};
}

static enum loop_next carry_out(struct fleet_view *view, const char *text)
{
	struct command_line line = command_line_read(text, COMMAND_FLEET);
	if (line.command)
		return fleet_view_command(view, line.command, line.has_argument ? line.argument : NULL);
	return say(view, line.complaint);
}

static enum loop_next type(struct fleet_view *view, int key)
{
	struct prompt *p = &view->prompt;
	char lead = p->lead;
	enum prompt_event event = prompt_key(p, key);
	struct command_names names = fleet_view_names(view);
	struct listing listing = listing_of(view);
	switch (lead) {
	case ':':
		if (event == PROMPT_COMPLETE)
			command_line_complete(&names, p);
		if (event != PROMPT_ACCEPTED)
			return LOOP_DRAW;
		prompt_remember(p, p->text);
		return carry_out(view, p->text);
	case '/':
		view->take.said[0] = '\0';
		take_key(&view->take, &listing, &view->place, event, p->text);
		return say(view, view->take.said);
	default:
		snprintf(view->place.filter, sizeof view->place.filter, "%s",
		         event == PROMPT_CLOSED ? view->filter_before : p->text);
		return LOOP_DRAW;
	}
}

/* --- inputs --------------------------------------------------------------------------------- */

static bool is_wheel(const struct tui_input *input)
{
	return input->key == KEYMAP_WHEEL_UP || input->key == KEYMAP_WHEEL_DOWN;
}

static enum loop_next wheel(struct fleet_view *view, enum command command)
{
	view_wheel(&view->place, view->help ? &view->help_place : NULL, command);
	return LOOP_DRAW;
}

enum loop_next fleet_view_input(const struct tui_input *input, void *arg)
{
	struct fleet_view *view = arg;
	if (view->setup.source)
		return setup_input(&view->setup, view->keys, input);
	if (is_wheel(input))
		return wheel(view, input->key == KEYMAP_WHEEL_UP ? COMMAND_UP : COMMAND_DOWN);
	if (view->help)
		return help_input(&view->help, &view->help_place, view->keys, input->key);
	if (!view->opening)
		view->notice[0] = '\0';
	if (input->key == KEYMAP_CLICK) {
		bool again = view_click(&view->place, input->x, input->y) == VIEW_HIT_SELECTED_ROW;
		return again ? open_selected(view) : LOOP_DRAW;
	}
	if (view->prompt.lead)
		return type(view, input->key);
	const struct binding *binding = keymap_find(view->keys, input->key, CONTEXT_FLEET);
	return binding ? fleet_view_command(view, binding->command, binding->argument) : LOOP_GO_ON;
}
