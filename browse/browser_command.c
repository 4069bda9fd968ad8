/* What each command does where it does the same in every view, and the line after ':'. */
#include <ctype.h>
#include <stdio.h>

#include "browse/browser_state.h"

static enum loop_next complain(struct browser *b, enum command command, const char *why)
{
	browser_notify(b, STYLE_WARNING, "%s: %s", command_info[command].name, why);
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

static enum loop_next open_setup(struct browser *b, enum command command, const char *argument)
{
	(void)argument;
	if (!b->means->setup)
		return complain(b, command, "there is no file of settings here");
	setup_open(&b->setup, b->means->setup);
	return LOOP_DRAW;
}

static const char *view_name(size_t i)
{
	return i < trace_views_count ? trace_views[i]->name : NULL;
}

static enum loop_next show_view(struct browser *b, enum command command, const char *argument)
{
	int found = view_named(argument, view_name);
	if (found >= 0) {
		b->view = (size_t)found;
		return LOOP_DRAW;
	}
	/* A digit without a view is no mistake worth a sentence. */
	return argument && isdigit((unsigned char)argument[0]) && !argument[1]
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

static enum loop_next sort(struct browser *b, enum command command, const char *argument)
{
	const char *why = view_sort(place_of(b), view_of(b)->sorts, command, argument);
	if (why)
		return complain(b, command, why);
	browser_notify(b, STYLE_DIM, "sorted by %s", view_of(b)->sorts[place_of(b)->sort]);
	return LOOP_DRAW;
}

static enum loop_next reverse(struct browser *b, enum command command, const char *argument)
{
	(void)argument;
	const char *why = view_reverse(place_of(b), view_of(b)->sorts);
	return why ? complain(b, command, why) : LOOP_DRAW;
}

static enum loop_next group(struct browser *b, enum command command, const char *argument)
{
	const char *why = view_group(place_of(b), view_of(b)->groups, argument);
	if (why)
		return complain(b, command, why);
	browser_notify(b, STYLE_DIM, "grouped by %s", view_of(b)->groups[place_of(b)->grouping]);
	return LOOP_DRAW;
}

static enum loop_next open_line(struct browser *b, enum command command, const char *argument)
{
	(void)command;
	b->paths.n = 0;
	prompt_open(&b->prompt, ':', argument ? argument : "");
	return LOOP_DRAW;
}

static enum loop_next filter(struct browser *b, enum command command, const char *argument)
{
	struct view_place *place = place_of(b);
	if (!view_of(b)->sorts)
		return complain(b, command, "this view is no list");
	if (argument) { /* typed after ':' */
		snprintf(place->filter, sizeof place->filter, "%s", argument);
		return LOOP_DRAW;
	}
	snprintf(b->filter_before, sizeof b->filter_before, "%s", place->filter);
	prompt_open(&b->prompt, '\\', place->filter);
	return LOOP_DRAW;
}

/* Without a text the view has left it to us to ask for one. */
static enum loop_next search(struct browser *b, enum command command, const char *argument)
{
	bool list = view_of(b)->sorts != NULL;
	if (!list && (argument || view_of(b)->context != CONTEXT_TRACE_TIMELINE))
		return complain(b, command, "this view can't be searched");
	if (argument || command != COMMAND_SEARCH) {
		browser_search(b, argument, command == COMMAND_SEARCH_PREVIOUS ? -1 : 1);
		return LOOP_DRAW;
	}
	if (list)
		take_begin(&b->take, place_of(b));
	prompt_open(&b->prompt, '/', "");
	return LOOP_DRAW;
}

typedef enum loop_next act_fn(struct browser *b, enum command command, const char *argument);

static act_fn *const act[COMMAND_COUNT] = {
	[COMMAND_QUIT] = quit,
	[COMMAND_REDRAW] = redraw,
	[COMMAND_HELP] = open_help,
	[COMMAND_SETUP] = open_setup,
	[COMMAND_CLOSE] = close_open,
	[COMMAND_UP] = move,
	[COMMAND_DOWN] = move,
	[COMMAND_PAGE_UP] = move,
	[COMMAND_PAGE_DOWN] = move,
	[COMMAND_FIRST] = move,
	[COMMAND_LAST] = move,
	[COMMAND_LINE] = open_line,
	[COMMAND_FILTER] = filter,
	[COMMAND_SEARCH] = search,
	[COMMAND_SEARCH_NEXT] = search,
	[COMMAND_SEARCH_PREVIOUS] = search,
	[COMMAND_COPY] = browser_copy,
	[COMMAND_SAVE] = browser_save,
	[COMMAND_HALF_UP] = move,
	[COMMAND_HALF_DOWN] = move,
	[COMMAND_SORT] = sort,
	[COMMAND_SORT_PREVIOUS] = sort,
	[COMMAND_REVERSE] = reverse,
	[COMMAND_GROUP] = group,
	[COMMAND_VIEW] = show_view,
	[COMMAND_VIEW_NEXT] = turn_views,
	[COMMAND_VIEW_PREVIOUS] = turn_views,
};

/* --- what a view does ----------------------------------------------------------------------- */

void browser_carry_out(struct browser *b, const struct trace_data *data,
                       const struct trace_request *request)
{
	if (request->notice[0])
		browser_notify(b, request->notice_style, "%s", request->notice);
	for (size_t i = 0; request->view && i < trace_views_count; i++) {
		if (trace_views[i]->context != request->view)
			continue;
		b->view = i;
		const char *say = NULL;
		if (trace_views[i]->visit)
			say = trace_views[i]->visit(data, &b->place[i], b->own[i], &request->target);
		if (say)
			browser_notify(b, STYLE_DIM, "%s", say);
	}
}

enum loop_next browser_ask_view(struct browser *b, const struct trace_action *action)
{
	struct trace_request request = {.target = {.to_ns = -1}};
	if (!view_of(b)->act)
		return LOOP_GO_ON;
	const struct trace_data *data = load_lock(b->load);
	enum loop_next next = view_of(b)->act(data, place_of(b), b->own[b->view], action, &request);
	browser_carry_out(b, data, &request);
	load_unlock(b->load);
	return next;
}

enum loop_next browser_act(struct browser *b, const struct trace_action *action)
{
	enum loop_next next = browser_ask_view(b, action);
	if (next != LOOP_GO_ON || !act[action->command])
		return next;
	return act[action->command](b, action->command, action->argument);
}

enum loop_next browser_command(struct browser *b, enum command command, const char *argument)
{
	return browser_act(b, &(struct trace_action){.command = command, .argument = argument});
}

/* --- the line after ':' --------------------------------------------------------------------- */

enum loop_next browser_line(struct browser *b, const char *text)
{
	struct command_line line = command_line_read(text, COMMAND_TRACE);
	if (line.command)
		return browser_command(b, line.command, line.has_argument ? line.argument : NULL);
	if (line.complaint[0])
		browser_notify(b, STYLE_WARNING, "%s", line.complaint);
	return LOOP_DRAW;
}

static const char *word(const void *arg, enum command command, size_t i)
{
	const struct browser *b = arg;
	if (command == COMMAND_VIEW)
		return view_name(i);
	const char *const *names = command == COMMAND_SORT    ? view_of(b)->sorts
	                           : command == COMMAND_GROUP ? view_of(b)->groups
	                                                      : NULL;
	for (size_t k = 0; names && names[k]; k++)
		if (k == i)
			return names[k];
	return NULL;
}

struct command_names browser_names(struct browser *b)
{
	return (struct command_names){COMMAND_TRACE, word, b, &b->paths};
}
