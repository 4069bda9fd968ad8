/* The life of the screen's state, what comes in, and the picture. */
#include "tui/app.h"

#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

#include "tui/greeting.h"
#include "tui/help.h"
#include "tui/sentinel.h"
#include "tui/tui.h"
#include "util/clock.h"

#define TRACE_NS (3 * NS_PER_S)

enum status app_init(struct app *app, struct session *session, int64_t interval_ns,
                     struct error *error)
{
	*app = (struct app){
		.session = session,
		.means = &means_default,
		.keys = &keymap_default,
		.interval_ns = interval_ns,
		.span_ns = VIEW_SPAN_NS,
		.trace_ns = TRACE_NS,
		.history = history_create(TUI_HISTORY_NS, TUI_HISTORY_BYTES),
	};
	limits_init(&app->limits);
	return app->history ? STATUS_OK : error_no_memory(error);
}

void app_set_means(struct app *app, const struct means *means)
{
	app->means = means;
	app->keys = means->keys;
	app->take.copies_off = !means->copies;
	app->greeting = greeting_wanted(means);
}

void app_finish(struct app *app)
{
	history_destroy(app->history);
	app->history = NULL;
	app_forget_findings(app);
	take_finish(&app->take, true);
	setup_close(&app->setup);
}

void app_tell_time(struct app *app, int64_t now_ns, int64_t wall_ns)
{
	app->now_ns = now_ns;
	app->wall_ns = wall_ns;
}

void app_tell_playback(struct app *app, const struct playback_state *playback)
{
	app_tell_time(app, playback->monotonic_ns, playback->wall_ns);
	app->playback = *playback;
	/* What lies ahead is there already when somebody has gone back. */
	history_rewind(app->history, app->now_ns);
}

void app_notify(struct app *app, enum style style, const char *format, ...)
{
	va_list args;
	va_start(args, format);
	vsnprintf(app->notice, sizeof app->notice, format, args);
	va_end(args);
	app->notice_style = style;
	app->notice_end_ns = app->now_ns + APP_NOTICE_NS;
}

/* --- snapshots ------------------------------------------------------------------------------ */

void app_set_history(struct app *app, struct history *history)
{
	const struct snapshot *newest = history_get(history, 0);
	history_destroy(app->history);
	app->history = history;
	app_forget_findings(app);
	if (newest)
		app->state = newest->state;
	if (app->playback.recorded)
		history_rewind(history, app->now_ns);
}

/* Nothing of one process may be compared with another. */
static void start_over(struct app *app, const struct snapshot *s)
{
	char name[sizeof s->where];
	struct history *fresh = history_create(TUI_HISTORY_NS, TUI_HISTORY_BYTES);
	if (!fresh)
		return;
	app_set_history(app, fresh);
	app->paused = false;
	app->panel.last = app->panel.last_trace = (struct capture_state){0};
	for (size_t i = 0; i < APP_VIEWS_MAX; i++) {
		app->place[i].chosen = app->place[i].anchored = false;
		app->place[i].expanded = 0;
	}
	app_order_detail(app);
	snapshot_name(s, name, sizeof name);
	app_notify(app, STYLE_STRONG,
	           s->life ? "%s tells of a new run of the program" : "now watching %s", name);
}

/* The history holds what was known: the last word of a process that is gone knows nothing but that,
   and would only hide the values before it. */
void app_add(struct app *app, const struct snapshot *s)
{
	const struct snapshot *first = history_first(app->history);
	bool other = app->state == TARGET_EXITED && s->state != TARGET_EXITED;
	if (first && (!snapshot_same_process(first, s) || other))
		start_over(app, s);
	if (s->state == TARGET_EXITED && app->state != TARGET_EXITED)
		app->exited_ns = s->monotonic_ns;
	app->state = s->state;
	if (s->state == TARGET_EXITED && history_first(app->history))
		snapshot_unref(s);
	else
		history_add(app->history, s);
	app_keep_moment(app);
}

/* What the sentinel does is said at once; its values are drawn with the next snapshot. */
static bool look_at_sentinel(struct app *app)
{
	char news[sizeof app->notice];
	struct sentinel_state now;
	if (!app->session)
		return false;
	session_get_sentinel(app->session, &now);
	bool changed = now.changes != app->sentinel.changes;
	if (sentinel_news(&app->sentinel, &now, news, sizeof news))
		app_notify(app, STYLE_WARNING, "%s", news);
	app->sentinel = now;
	return changed;
}

bool app_tick(struct app *app)
{
	const struct snapshot *newest = history_get(app->history, 0);
	char trouble[sizeof app->notice];
	if (app->session && session_take_trouble(app->session, trouble, sizeof trouble))
		app_notify(app, STYLE_WARNING, "%s", trouble);
	bool acted = look_at_sentinel(app), saved = app_take_news(app);
	return app_capture_update(app) || acted || saved || !newest ||
	       app->now_ns - newest->monotonic_ns > NS_PER_S || app->notice[0];
}

/* --- the picture ---------------------------------------------------------------------------- */

static void clock_text(char *to, size_t size, int64_t wall_ns)
{
	time_t seconds = (time_t)(wall_ns / NS_PER_S);
	struct tm local;
	to[0] = '\0';
	if (localtime_r(&seconds, &local))
		strftime(to, size, "%H:%M:%S", &local);
}

/* What the views see: the present, or the moment that is shown as if it were now. */
static struct view_data data_of(const struct app *app, char *clock, size_t size,
                                const struct capture_state *capture)
{
	struct view_data data = {
		.history = app->history,
		.state = app->state,
		.now_ns = app_moment(app),
		.clock = clock,
		.span_ns = app->span_ns,
		.paused = app->paused,
		.playback = app->playback,
		.capture = app->session ? capture : NULL,
		.sentinel = app->sentinel.rules > 0 ? &app->sentinel : NULL,
		.findings = app->looked ? &app->findings : NULL,
		.keys = app->keys,
		.inside = app->inside,
	};
	const struct snapshot *shown = history_get(app->history, 0);
	int64_t wall_ns = app->wall_ns;
	if (app->paused) {
		data.behind_ns = app->now_ns - app->moment_ns;
		if (shown)
			wall_ns = shown->wall_ns + app->moment_ns - shown->monotonic_ns;
	}
	if (shown && (app->paused || app->playback.recorded) &&
	    (app->state != TARGET_EXITED || data.now_ns < app->exited_ns))
		data.state = shown->state;
	clock_text(clock, size, wall_ns);
	return data;
}

/* The offer to go on with the process that took over, if there is one. */
static bool offer_text(const struct app *app, char *to, size_t size, int width)
{
	pid_t pid = app->session && app->state == TARGET_EXITED ? session_successor(app->session) : 0;
	if (pid <= 0)
		return false;
	const struct snapshot *shown = history_get(app->history, 0);
	bool wide = width >= 80;
	char key[KEY_NAME_MAX];
	/* Where rows can be opened, their key goes along. */
	enum context context = views[app->view]->context;
	if (!*keymap_hint(key, sizeof key, app->keys, COMMAND_EXPAND, context, app->ascii))
		keymap_way(key, sizeof key, app->keys, COMMAND_FOLLOW, context, app->ascii);
	if (shown && shown->pid == pid)
		snprintf(to, size,
		         wide ? "process %ld has executed a new program: press %s to follow"
		              : "%ld is a new program: %s follows",
		         (long)pid, key);
	else
		snprintf(to, size,
		         wide ? "it has exited; a new process %ld of the same program runs: press %s to "
		                "follow"
		              : "exited; %ld took over: %s follows",
		         (long)pid, key);
	return true;
}

static void draw_notice(struct pane foot, enum style style, const char *text)
{
	pane_clear(foot);
	pane_fit(pane_sub(foot, 0, 0, foot.width - 1, 1), 1, 0, style, text);
}

/* The bottom line is the keys' unless there is something to type or to say. */
static void draw_foot(struct app *app, struct pane foot)
{
	char text[160];
	if (app->notice[0] && app->now_ns >= app->notice_end_ns)
		app->notice[0] = '\0';
	if (app->prompt.lead) {
		struct command_names names = app_names(app);
		text[0] = '\0';
		if (app->prompt.lead == ':')
			command_line_hint(&names, app->prompt.text, text, sizeof text);
		else
			snprintf(text, sizeof text, "%s", prompt_hint(app->prompt.lead));
		prompt_draw(foot, &app->prompt, text);
	} else if (app->notice[0]) {
		draw_notice(foot, app->notice_style, app->notice);
	} else if (offer_text(app, text, sizeof text, foot.width)) {
		draw_notice(foot, STYLE_WARNING, text);
	}
}

void app_draw_view(struct app *app, struct canvas *canvas, struct view_place *place)
{
	char clock[16];
	struct capture_state capture = {0};
	if (app->session)
		capture = session_capture(app->session);
	app_look(app);
	struct view_data data = data_of(app, clock, sizeof clock, &capture);
	frame_draw(canvas, views[app->view], &data, place, 0);
}

void app_draw(struct app *app, struct canvas *canvas)
{
	struct pane page = pane_of(canvas);
	const struct view *view = views[app->view];
	app->width = canvas->width;
	app->height = canvas->height;
	app->ascii = canvas->ascii;
	app_draw_view(app, canvas, &app->place[app->view]);
	capture_panel_draw(pane_sub(page, 0, 1, page.width, page.height - 2), &app->panel, app->now_ns,
	                   app->keys, view->context);
	if (app->help)
		frame_draw_help(pane_sub(page, 0, 1, page.width, page.height - 1), view,
		                app->playback.recorded, app->keys, &app->help_place);
	if (app->setup.source) {
		setup_draw(page, &app->setup, app->keys);
		return;
	}
	if (app->greeting && !app->help)
		greeting_draw(page, app->keys, frame_context(view, app->playback.recorded));
	draw_foot(app, pane_row(page, page.height - 1));
}

/* --- inputs --------------------------------------------------------------------------------- */

static struct view_place *place_of(struct app *app)
{
	return &app->place[app->view];
}

static enum loop_next prompt_input(struct app *app, int key)
{
	struct prompt *p = &app->prompt;
	char lead = p->lead;
	enum prompt_event event = prompt_key(p, key);
	if (event == PROMPT_COMPLETE && lead == ':') {
		struct command_names names = app_names(app);
		command_line_complete(&names, p);
	}
	if (event == PROMPT_ACCEPTED && lead == ':') {
		prompt_remember(p, p->text);
		return app_line(app, p->text);
	}
	if (lead == '/')
		app_search_as_typed(app, event, p->text);
	if (lead == '\\') /* rows follow the text as it is typed */
		snprintf(place_of(app)->filter, sizeof place_of(app)->filter, "%s",
		         event == PROMPT_CLOSED ? app->filter_before : p->text);
	return LOOP_DRAW;
}

static void click(struct app *app, int x, int y)
{
	struct canvas size = {.width = app->width, .height = app->height};
	int tab = frame_tab_at(&size, views[app->view], x, y);
	if (tab >= 0) {
		app->view = (size_t)tab;
		app->help = false;
	} else if (!app->help && views[app->view]->sorts) {
		bool opens = views[app->view]->groups || views[app->view] == &view_findings;
		if (view_click(place_of(app), x, y) == VIEW_HIT_SELECTED_ROW && opens)
			app_command(app, COMMAND_EXPAND, NULL);
	}
}

static void wheel(struct app *app, enum command command)
{
	for (int i = 0; i < VIEW_WHEEL_ROWS; i++)
		if (app->help)
			view_scroll(&app->help_place, command);
		else
			app_command(app, command, NULL);
}

static enum loop_next act_on(struct app *app, const struct tui_input *input)
{
	if (app->setup.source)
		return setup_input(&app->setup, app->keys, input);
	switch (input->key) {
	case KEYMAP_CLICK:
		click(app, input->x, input->y);
		return LOOP_DRAW;
	case KEYMAP_WHEEL_UP:
		wheel(app, COMMAND_UP);
		return LOOP_DRAW;
	case KEYMAP_WHEEL_DOWN:
		wheel(app, COMMAND_DOWN);
		return LOOP_DRAW;
	default:
		break;
	}
	if (app->prompt.lead)
		return prompt_input(app, input->key);
	if (app->help)
		return help_input(&app->help, &app->help_place, app->keys, input->key);
	if (app->session && app_capture_key(app, input->key))
		return LOOP_DRAW;
	const struct binding *binding =
		keymap_find(app->keys, input->key, frame_context(views[app->view], app->playback.recorded));
	if (!binding)
		return LOOP_GO_ON;
	app->notice[0] = '\0';
	return app_command(app, binding->command, binding->argument);
}

enum loop_next app_input(struct app *app, const struct tui_input *input)
{
	greeting_dismiss(&app->greeting, app->means);
	enum loop_next next = act_on(app, input);
	app_order_detail(app);
	return next;
}
