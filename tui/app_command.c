/* What each command does, and the line after ':'. */
#include <ctype.h>
#include <inttypes.h>
#include <stdio.h>

#include "tui/app.h"
#include "util/clock.h"
#include "util/text.h"

#define MINUTE_NS       (60 * NS_PER_S)
#define INTERVAL_MIN_NS (50 * NS_PER_MS)
#define INTERVAL_MAX_NS (60 * MINUTE_NS)
#define TRACE_MIN_NS    NS_PER_S /* as the agent takes them */
#define TRACE_MAX_NS    (30 * NS_PER_S)

/* What + and - and z and Z go through. */
static const int64_t interval_steps[] = {
	50 * NS_PER_MS, 100 * NS_PER_MS, 200 * NS_PER_MS, 500 * NS_PER_MS, NS_PER_S,
	2 * NS_PER_S,   5 * NS_PER_S,    10 * NS_PER_S,   30 * NS_PER_S,   60 * NS_PER_S,
};
static const int64_t span_steps[] = {
	15 * NS_PER_S, 30 * NS_PER_S, MINUTE_NS, 2 * MINUTE_NS, 5 * MINUTE_NS, 10 * MINUTE_NS,
};
#define COUNT_OF(array) (sizeof(array) / sizeof *(array))

/* The step above or below `value`; itself at the end of the steps. */
static int64_t next_step(const int64_t *step, size_t n, int64_t value, bool up)
{
	for (size_t i = 0; i < n; i++) {
		int64_t candidate = step[up ? i : n - 1 - i];
		if (up ? candidate > value : candidate < value)
			return candidate;
	}
	return value;
}

static struct view_place *place_of(struct app *app)
{
	return &app->place[app->view];
}

static enum loop_next complain(struct app *app, enum command command, const char *why)
{
	app_notify(app, STYLE_WARNING, "%s: %s", command_info[command].name, why);
	return LOOP_DRAW;
}

/* The same, and what the key that takes traces does about it. */
static enum loop_next complain_with_capture(struct app *app, enum command command, const char *why,
                                            const char *use)
{
	char key[KEY_NAME_MAX];
	keymap_way(key, sizeof key, app->keys, COMMAND_CAPTURE, views[app->view]->context, app->ascii);
	app_notify(app, STYLE_WARNING, "%s: %s; %s %s", command_info[command].name, why, key, use);
	return LOOP_DRAW;
}

/* A duration; otherwise false, and the user is told. */
static bool duration(struct app *app, enum command command, const char *argument, int64_t *ns)
{
	if (argument && text_parse_duration(argument, ns))
		return true;
	complain(app, command, "that takes a time, such as 250ms, 3s or 2m");
	return false;
}

/* --- screen and views ----------------------------------------------------------------------- */

static enum loop_next quit(struct app *app, enum command command, const char *argument)
{
	(void)command, (void)argument;
	if (!app->quit_warning || app->state == TARGET_EXITED || app->now_ns < app->quit_end_ns)
		return LOOP_END;
	app->quit_end_ns = app->now_ns + APP_NOTICE_NS;
	app_notify(app, STYLE_WARNING, "%s", app->quit_warning);
	return LOOP_DRAW;
}

static enum loop_next redraw(struct app *app, enum command command, const char *argument)
{
	(void)app, (void)command, (void)argument;
	return LOOP_REDRAW;
}

static enum loop_next open_help(struct app *app, enum command command, const char *argument)
{
	(void)command, (void)argument;
	app->help = true;
	app->help_place = (struct view_place){0};
	return LOOP_DRAW;
}

static enum loop_next open_setup(struct app *app, enum command command, const char *argument)
{
	(void)argument;
	if (!app->means->setup)
		return complain(app, command, "there is no file of settings here");
	setup_open(&app->setup, app->means->setup);
	return LOOP_DRAW;
}

static enum loop_next use_theme(struct app *app, enum command command, const char *argument)
{
	struct error error = {0};
	if (!argument || !app->use_theme)
		return complain(app, command, argument ? "there are no others here" : "that takes a name");
	if (app->use_theme(argument, app->arg, &error) == STATUS_OK)
		return LOOP_REDRAW;
	app_notify(app, STYLE_WARNING, "%s", error.text);
	return LOOP_DRAW;
}

static enum loop_next open_line(struct app *app, enum command command, const char *argument)
{
	(void)command;
	app->themes = app->list_themes ? app->list_themes(app->theme, THEMES_MAX) : 0;
	app->paths.n = 0;
	if (app->session)
		session_order(app->session, ORDER_PROCESSES, 0);
	prompt_open(&app->prompt, ':', argument ? argument : "");
	return LOOP_DRAW;
}

static const char *view_name(size_t i)
{
	return i < views_count ? views[i]->name : NULL;
}

static enum loop_next show_view(struct app *app, enum command command, const char *argument)
{
	int found = view_named(argument, view_name);
	if (found >= 0) {
		app->view = (size_t)found;
		return LOOP_DRAW;
	}
	/* A digit without a view is no mistake worth a sentence. */
	return argument && isdigit((unsigned char)argument[0]) && !argument[1]
	           ? LOOP_GO_ON
	           : complain(app, command, "there is no such view");
}

static enum loop_next turn_views(struct app *app, enum command command, const char *argument)
{
	(void)argument;
	size_t by = command == COMMAND_VIEW_NEXT ? 1 : views_count - 1;
	app->view = (app->view + by) % views_count;
	return LOOP_DRAW;
}

/* --- lists ---------------------------------------------------------------------------------- */

static enum loop_next move(struct app *app, enum command command, const char *argument)
{
	(void)argument;
	if (views[app->view]->sorts)
		view_move(place_of(app), command);
	else
		view_scroll(place_of(app), command);
	return LOOP_DRAW;
}

static bool is_list(struct app *app, enum command command)
{
	if (!views[app->view]->sorts)
		complain(app, command, "this view is no list");
	return views[app->view]->sorts != NULL;
}

static enum loop_next filter(struct app *app, enum command command, const char *argument)
{
	struct view_place *place = place_of(app);
	if (!is_list(app, command))
		return LOOP_DRAW;
	if (argument) { /* typed after ':' */
		snprintf(place->filter, sizeof place->filter, "%s", argument);
		return LOOP_DRAW;
	}
	snprintf(app->filter_before, sizeof app->filter_before, "%s", place->filter);
	prompt_open(&app->prompt, '\\', place->filter);
	return LOOP_DRAW;
}

static enum loop_next search(struct app *app, enum command command, const char *argument)
{
	if (!is_list(app, command))
		return LOOP_DRAW;
	if (argument || command != COMMAND_SEARCH) {
		app_search(app, argument, command == COMMAND_SEARCH_PREVIOUS ? -1 : 1);
		return LOOP_DRAW;
	}
	take_begin(&app->take, place_of(app));
	prompt_open(&app->prompt, '/', "");
	return LOOP_DRAW;
}

static enum loop_next copy(struct app *app, enum command command, const char *argument)
{
	(void)command, (void)argument;
	app_copy(app);
	return LOOP_DRAW;
}

static enum loop_next save(struct app *app, enum command command, const char *argument)
{
	(void)command;
	app_save(app, argument);
	return LOOP_DRAW;
}

/* A group that closes keeps the selection. */
static void collapse(struct view_place *place)
{
	place->selected_id = place->expanded;
	place->chosen = place->anchored = true;
	place->expanded = 0;
}

static enum loop_next close_open(struct app *app, enum command command, const char *argument)
{
	struct view_place *place = place_of(app);
	(void)command, (void)argument;
	if (app->inside && !place->expanded && !place->filter[0])
		return LOOP_END;
	if (place->expanded)
		collapse(place);
	else
		place->filter[0] = '\0';
	return LOOP_DRAW;
}

static enum loop_next sort(struct app *app, enum command command, const char *argument)
{
	const char *why = view_sort(place_of(app), views[app->view]->sorts, command, argument);
	if (why)
		return complain(app, command, why);
	app_notify(app, STYLE_DIM, "sorted by %s", views[app->view]->sorts[place_of(app)->sort]);
	return LOOP_DRAW;
}

static enum loop_next reverse(struct app *app, enum command command, const char *argument)
{
	(void)argument;
	const char *why = view_reverse(place_of(app), views[app->view]->sorts);
	return why ? complain(app, command, why) : LOOP_DRAW;
}

/* --- groups --------------------------------------------------------------------------------- */

static bool has_groups(struct app *app, enum command command)
{
	if (!views[app->view]->groups)
		complain(app, command, "this view has no groups");
	return views[app->view]->groups != NULL;
}

/* When the process has exited, the bottom line offers the one that took over. */
static enum loop_next expand(struct app *app, enum command command, const char *argument)
{
	struct view_place *place = place_of(app);
	if (app->session && app->state == TARGET_EXITED && session_successor(app->session) > 0)
		return app_command(app, COMMAND_FOLLOW, argument);
	if (views[app->view] == &view_overview)
		return app_show_worst(app) ? LOOP_DRAW : LOOP_GO_ON;
	if (views[app->view] == &view_findings) {
		app_expand_finding(app);
		return LOOP_DRAW;
	}
	if (!has_groups(app, command) || place->rows == 0)
		return LOOP_DRAW;
	if (place->expanded == place->selected_group)
		collapse(place);
	else
		place->expanded = place->selected_group;
	place->chosen = true;
	return LOOP_DRAW;
}

static enum loop_next group(struct app *app, enum command command, const char *argument)
{
	const char *why = view_group(place_of(app), views[app->view]->groups, argument);
	if (why)
		return complain(app, command, why);
	app_notify(app, STYLE_DIM, "grouped by %s", views[app->view]->groups[place_of(app)->grouping]);
	return LOOP_DRAW;
}

static enum loop_next show_system(struct app *app, enum command command, const char *argument)
{
	(void)argument;
	if (has_groups(app, command))
		place_of(app)->all = !place_of(app)->all;
	return LOOP_DRAW;
}

/* --- time ----------------------------------------------------------------------------------- */

static enum loop_next pause_or_go_on(struct app *app, enum command command, const char *argument)
{
	(void)command, (void)argument;
	app_pause(app, !app_is_paused(app));
	return LOOP_DRAW;
}

static enum loop_next walk(struct app *app, enum command command, const char *argument)
{
	int sign = command == COMMAND_EARLIER ? -1 : 1;
	int64_t by_ns;
	if (!argument)
		app_walk(app, sign);
	else if (duration(app, command, argument, &by_ns))
		app_jump(app, sign * by_ns);
	return LOOP_DRAW;
}

static enum loop_next go_to_end(struct app *app, enum command command, const char *argument)
{
	(void)argument;
	if (command == COMMAND_OLDEST)
		app_go_to_oldest(app);
	else
		app_go_to_newest(app);
	return LOOP_DRAW;
}

static enum loop_next seek(struct app *app, enum command command, const char *argument)
{
	if (!app->player)
		return complain(app, command, "this is no recording; back and forward take a time");
	if (!app->playback.last_wall_ns)
		return complain(app, command, "this recording comes through a pipe");
	if (!argument || !app_seek(app, argument))
		return complain(app, command, "that takes a time of day, such as 03:12:30, or -10m");
	return LOOP_DRAW;
}

static enum loop_next set_speed(struct app *app, enum command command, const char *argument)
{
	if (!app->player)
		return complain(app, command, "this is no recording");
	if (!argument || !app_set_speed(app, argument))
		return complain(app, command, "that is 0.1 to 100, or max");
	return LOOP_DRAW;
}

static enum loop_next set_span(struct app *app, int64_t span_ns)
{
	char text[32];
	app->span_ns = span_ns;
	view_age(text, sizeof text, span_ns);
	app_notify(app, STYLE_DIM, "time axes cover %s", text);
	return LOOP_DRAW;
}

static enum loop_next compact(struct app *app, enum command command, const char *argument)
{
	(void)command;
	(void)argument;
	app->place[app->view].compact = !app->place[app->view].compact;
	return LOOP_DRAW;
}

static enum loop_next span(struct app *app, enum command command, const char *argument)
{
	int64_t ns;
	if (!duration(app, command, argument, &ns))
		return LOOP_DRAW;
	if (ns < span_steps[0] || ns > span_steps[COUNT_OF(span_steps) - 1])
		return complain(app, command, "that is 15s to 10m");
	return set_span(app, ns);
}

static enum loop_next zoom(struct app *app, enum command command, const char *argument)
{
	(void)argument;
	return set_span(app, next_step(span_steps, COUNT_OF(span_steps), app->span_ns,
	                               command == COMMAND_ZOOM_OUT));
}

/* --- orders --------------------------------------------------------------------------------- */

static enum loop_next set_interval(struct app *app, int64_t interval_ns)
{
	char text[32];
	if (!app->session) {
		app_notify(app, STYLE_WARNING, "this is a recording: its interval is what it was");
		return LOOP_DRAW;
	}
	app->interval_ns = interval_ns;
	session_order(app->session, ORDER_INTERVAL, interval_ns);
	text_duration(text, sizeof text, (double)interval_ns, true);
	if (interval_ns % NS_PER_S == 0)
		view_age(text, sizeof text, interval_ns);
	app_notify(app, STYLE_DIM, "a snapshot every %s", text);
	return LOOP_DRAW;
}

void app_order_detail(struct app *app)
{
	int64_t wanted = views[app->view]->groups ? place_of(app)->expanded : 0;
	if (app->session && wanted != app->detail)
		session_order(app->session, ORDER_DETAIL, wanted);
	app->detail = wanted;
}

static enum loop_next interval(struct app *app, enum command command, const char *argument)
{
	int64_t ns;
	if (!duration(app, command, argument, &ns))
		return LOOP_DRAW;
	if (ns < INTERVAL_MIN_NS || ns > INTERVAL_MAX_NS)
		return complain(app, command, "that is 50ms to 1h");
	return set_interval(app, ns);
}

static enum loop_next change_interval(struct app *app, enum command command, const char *argument)
{
	(void)argument;
	return set_interval(app, next_step(interval_steps, COUNT_OF(interval_steps), app->interval_ns,
	                                   command == COMMAND_SLOWER));
}

static enum loop_next follow(struct app *app, enum command command, const char *argument)
{
	long pid = 0;
	if (!app->session)
		return complain(app, command, "this is a recording, of one process");
	if (argument && !text_parse_integer(argument, 1, INT32_MAX, &pid))
		return complain(app, command, "that takes a PID");
	if (!argument && app->state != TARGET_EXITED)
		return LOOP_GO_ON;
	if (!argument)
		pid = session_successor(app->session);
	if (pid <= 0)
		return complain(app, command, "no other process of this program runs");
	session_order(app->session, ORDER_FOLLOW, pid);
	app_notify(app, STYLE_DIM, "going on with process %ld", pid);
	return LOOP_DRAW;
}

static enum loop_next capture(struct app *app, enum command command, const char *argument)
{
	int64_t ns = app->trace_ns;
	if (!app->session)
		return complain(app, command, "of a recording no trace can be taken");
	if (argument && !duration(app, command, argument, &ns))
		return LOOP_DRAW;
	if (ns % NS_PER_S || ns < TRACE_MIN_NS || ns > TRACE_MAX_NS)
		return complain(app, command, "that is 1s to 30s, in whole seconds");
	app_capture(app, ns);
	return LOOP_DRAW;
}

static enum loop_next flight(struct app *app, enum command command, const char *argument)
{
	(void)argument;
	if (!app->session)
		return complain(app, command, "nothing can be taken here");
	if (!app_flight(app))
		return complain_with_capture(app, command, "a trace is being taken", "cancels it");
	return LOOP_DRAW;
}

static enum loop_next open_trace(struct app *app, enum command command, const char *argument)
{
	const struct capture_state *last = &app->panel.last;
	if (!app->open_trace)
		return complain(app, command, "no trace can be shown here");
	if (!argument && last->phase != CAPTURE_DONE)
		return complain_with_capture(app, command, "none was taken yet", "takes one");
	app_open_trace(app, argument ? argument : last->path);
	return LOOP_DRAW;
}

/* --- the table ------------------------------------------------------------------------------ */

typedef enum loop_next act_fn(struct app *app, enum command command, const char *argument);

static act_fn *const act[COMMAND_COUNT] = {
	[COMMAND_QUIT] = quit,
	[COMMAND_REDRAW] = redraw,
	[COMMAND_HELP] = open_help,
	[COMMAND_THEME] = use_theme,
	[COMMAND_SETUP] = open_setup,
	[COMMAND_LINE] = open_line,
	[COMMAND_CLOSE] = close_open,
	[COMMAND_UP] = move,
	[COMMAND_DOWN] = move,
	[COMMAND_PAGE_UP] = move,
	[COMMAND_PAGE_DOWN] = move,
	[COMMAND_FIRST] = move,
	[COMMAND_LAST] = move,
	[COMMAND_COMPACT] = compact,
	[COMMAND_FILTER] = filter,
	[COMMAND_SEARCH] = search,
	[COMMAND_SEARCH_NEXT] = search,
	[COMMAND_SEARCH_PREVIOUS] = search,
	[COMMAND_COPY] = copy,
	[COMMAND_SAVE] = save,
	[COMMAND_HALF_UP] = move,
	[COMMAND_HALF_DOWN] = move,
	[COMMAND_SORT] = sort,
	[COMMAND_SORT_PREVIOUS] = sort,
	[COMMAND_REVERSE] = reverse,
	[COMMAND_EXPAND] = expand,
	[COMMAND_GROUP] = group,
	[COMMAND_SYSTEM] = show_system,
	[COMMAND_VIEW] = show_view,
	[COMMAND_VIEW_NEXT] = turn_views,
	[COMMAND_VIEW_PREVIOUS] = turn_views,
	[COMMAND_PAUSE] = pause_or_go_on,
	[COMMAND_EARLIER] = walk,
	[COMMAND_LATER] = walk,
	[COMMAND_OLDEST] = go_to_end,
	[COMMAND_NEWEST] = go_to_end,
	[COMMAND_SEEK] = seek,
	[COMMAND_SPEED] = set_speed,
	[COMMAND_SPAN] = span,
	[COMMAND_ZOOM_IN] = zoom,
	[COMMAND_ZOOM_OUT] = zoom,
	[COMMAND_INTERVAL] = interval,
	[COMMAND_SLOWER] = change_interval,
	[COMMAND_FASTER] = change_interval,
	[COMMAND_FOLLOW] = follow,
	[COMMAND_CAPTURE] = capture,
	[COMMAND_FLIGHT] = flight,
	[COMMAND_OPEN] = open_trace,
};

enum loop_next app_command(struct app *app, enum command command, const char *argument)
{
	return act[command] ? act[command](app, command, argument) : LOOP_GO_ON;
}

/* --- the line after ':' --------------------------------------------------------------------- */

enum loop_next app_line(struct app *app, const char *text)
{
	struct command_line line = command_line_read(text, COMMAND_LIVE);
	if (line.command)
		return app_command(app, line.command, line.has_argument ? line.argument : NULL);
	if (line.complaint[0])
		app_notify(app, STYLE_WARNING, "%s", line.complaint);
	return LOOP_DRAW;
}

static const char *word(const void *arg, enum command command, size_t i)
{
	const struct app *app = arg;
	if (command == COMMAND_VIEW)
		return view_name(i);
	if (command == COMMAND_THEME)
		return i < app->themes ? app->theme[i] : NULL;
	if (command == COMMAND_FOLLOW)
		return i < app->processes ? app->process[i] : NULL;
	const char *const *names = command == COMMAND_SORT    ? views[app->view]->sorts
	                           : command == COMMAND_GROUP ? views[app->view]->groups
	                                                      : NULL;
	for (size_t k = 0; names && names[k]; k++)
		if (k == i)
			return names[k];
	return NULL;
}

/* "4321\torders-api": they may have been found since the line was opened. */
static void name_processes(struct app *app)
{
	struct process_name found[SESSION_PROCESSES_MAX];
	app->processes = app->session ? session_processes(app->session, found) : 0;
	for (size_t i = 0; i < app->processes; i++)
		snprintf(app->process[i], sizeof app->process[i], "%ld\t%s", (long)found[i].pid,
		         found[i].program);
}

struct command_names app_names(struct app *app)
{
	name_processes(app);
	return (struct command_names){COMMAND_LIVE, word, app, &app->paths};
}
