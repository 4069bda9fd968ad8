#include "browse/browser.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "browse/browser_state.h"
#include "browse/header.h"
#include "tui/greeting.h"
#include "tui/help.h"
#include "util/clock.h"

#define NOTICE_NS (4 * NS_PER_S)

const struct trace_view *const trace_views[] = {
	&trace_view_summary, &trace_view_goroutines, &trace_view_latency,  &trace_view_blocking,
	&trace_view_tasks,   &trace_view_gc,         &trace_view_timeline, &trace_view_findings,
};
const size_t trace_views_count = sizeof trace_views / sizeof(void *);

_Static_assert(sizeof trace_views / sizeof(void *) <= TABS_MAX, "each view has a digit");

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
	b->part = options->analysis;
	b->means = options->means ? options->means : &means_default;
	b->keys = b->means->keys;
	b->inside = options->inside;
	b->take.copies_off = !b->means->copies;
	b->greeting = greeting_wanted(b->means);
	b->path = strdup(options->path);
	enum status status = b->path ? create_views(b, error) : error_no_memory(error);
	if (status == STATUS_OK) {
		const struct load_options load = {.path = b->path,
		                                  .analysis = options->analysis,
		                                  .limits = options->limits,
		                                  .keys = b->keys,
		                                  .wake = options->wake,
		                                  .arg = options->arg};
		status = load_create(&b->load, &load, error);
	}
	if (status != STATUS_OK) {
		browser_destroy(b);
		return status;
	}
	*out = b;
	return STATUS_OK;
}

/* Who asks for a goroutine or for tasks wants to see those. */
static void show_wanted(struct browser *b)
{
	const struct analysis_options *o = &b->part;
	const bool tasks = o->task.id || o->task.type || o->task.trace_id;
	const struct trace_request request = {
		.view = o->goroutine ? CONTEXT_TRACE_GOROUTINES
	            : tasks      ? CONTEXT_TRACE_TASKS
	                         : CONTEXT_TRACE_SUMMARY,
		.target = {.goroutine = o->goroutine, .to_ns = -1},
	};
	browser_carry_out(b, load_lock(b->load), &request);
	load_unlock(b->load);
}

enum status browser_start(struct browser *b, struct error *error)
{
	enum status status = load_start(b->load, error);
	if (status == STATUS_OK)
		show_wanted(b);
	return status;
}

void browser_destroy(struct browser *b)
{
	if (!b)
		return;
	load_destroy(b->load);
	for (size_t i = 0; i < trace_views_count; i++)
		if (trace_views[i]->destroy && b->own[i])
			trace_views[i]->destroy(b->own[i]);
	take_finish(&b->take, !b->inside); /* else there is a screen yet */
	setup_close(&b->setup);
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
	return browser_take_news(b) || b->notice[0] || !browser_has_loaded(b);
}

void browser_notify(struct browser *b, enum style style, const char *format, ...)
{
	va_list args;
	va_start(args, format);
	vsnprintf(b->notice, sizeof b->notice, format, args);
	va_end(args);
	b->notice_style = style;
	b->notice_end_ns = b->now_ns + NOTICE_NS;
}

/* --- the picture ---------------------------------------------------------------------------- */

static void draw_prompt(struct browser *b, struct pane foot)
{
	char hint[160];
	snprintf(hint, sizeof hint, "%s",
	         view_of(b)->sorts ? prompt_hint(b->prompt.lead)
	                           : "a goroutine (G12), part of a reason to wait or of a function");
	struct command_names names = browser_names(b);
	if (b->prompt.lead == ':')
		command_line_hint(&names, b->prompt.text, hint, sizeof hint);
	prompt_draw(foot, &b->prompt, hint);
}

static void draw_foot(struct browser *b, struct pane foot)
{
	const struct trace_view *view = view_of(b);
	const struct view_place *place = place_of(b);
	struct tabs tabs = tabs_of(b);
	uint64_t without = view->without ? view->without(b->own[b->view]) : 0;
	if (b->notice[0] && b->now_ns >= b->notice_end_ns)
		b->notice[0] = '\0';
	if (b->prompt.lead) {
		draw_prompt(b, foot);
		return;
	}
	if (b->notice[0]) {
		pane_fit(pane_sub(foot, 0, 0, foot.width - 1, 1), 1, 0, b->notice_style, b->notice);
		return;
	}
	if (place->rows <= place->page && !view->sorts)
		without |= COMMAND_BIT(COMMAND_UP);
	if (place->rows == 0)
		without |= COMMAND_BIT(COMMAND_EXPAND);
	int x = tabs_draw(foot, &tabs);
	keymap_draw(pane_sub(foot, x, 0, foot.width - x, 1), b->keys, view->context, without);
}

void browser_draw_view(struct browser *b, struct canvas *canvas, struct view_place *place)
{
	struct pane page = pane_of(canvas);
	const struct trace_view *view = view_of(b);
	view_begin(place);
	const struct trace_data *data = load_lock(b->load);
	trace_header_draw(pane_row(page, 0), data, b->inside, place->filter);
	if (data->last_ns > data->first_ns) {
		view->draw(pane_sub(page, 0, 1, page.width, page.height - 2), data, place, b->own[b->view]);
	} else {
		place->rows = place->page = 0;
		pane_text(page, 1, 2, STYLE_DIM,
		          data->loading ? "reading the first events" : "it holds no events");
	}
	load_unlock(b->load);
}

void browser_draw(struct browser *b, struct canvas *canvas)
{
	struct pane page = pane_of(canvas);
	const struct trace_view *view = view_of(b);
	b->width = canvas->width;
	b->height = canvas->height;
	b->ascii = canvas->ascii;
	browser_draw_view(b, canvas, place_of(b));
	draw_foot(b, pane_row(page, page.height - 1));
	if (b->setup.source) {
		setup_draw(page, &b->setup, b->keys);
		return;
	}
	if (b->greeting)
		greeting_draw(page, b->keys, view->context);
	if (b->help) {
		const struct help help = {.name = view->name,
		                          .context = view->context,
		                          .keys = b->keys,
		                          .tabs = tabs_of(b),
		                          .screen = COMMAND_TRACE};
		help_draw(pane_sub(page, 0, 1, page.width, page.height - 1), &help, &b->help_place);
	}
}

/* --- inputs --------------------------------------------------------------------------------- */

static enum loop_next prompt_input(struct browser *b, int key)
{
	struct prompt *p = &b->prompt;
	char lead = p->lead;
	enum prompt_event event = prompt_key(p, key);
	if (event == PROMPT_COMPLETE && lead == ':') {
		struct command_names names = browser_names(b);
		command_line_complete(&names, p);
	}
	if (event == PROMPT_ACCEPTED && lead == ':') {
		prompt_remember(p, p->text);
		return browser_line(b, p->text);
	}
	/* Of a list rows are searched, of the timeline spans. */
	if (lead == '/' && !view_of(b)->sorts)
		return event == PROMPT_ACCEPTED && p->text[0] ? browser_command(b, COMMAND_SEARCH, p->text)
		                                              : LOOP_DRAW;
	if (lead == '/')
		browser_search_as_typed(b, event, p->text);
	if (lead == '\\') /* rows follow the text as it is typed */
		snprintf(place_of(b)->filter, sizeof place_of(b)->filter, "%s",
		         event == PROMPT_CLOSED ? b->filter_before : p->text);
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
	enum loop_next next = browser_ask_view(b, &(struct trace_action){.input = *input});
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
		enum loop_next next = browser_ask_view(b, &(struct trace_action){.input = *input});
		if (next != LOOP_GO_ON)
			return next;
	}
	for (int i = 0; i < VIEW_WHEEL_ROWS; i++)
		if (b->help)
			view_scroll(&b->help_place, command);
		else
			browser_command(b, command, NULL);
	return LOOP_DRAW;
}

enum loop_next browser_input(struct browser *b, const struct tui_input *input)
{
	greeting_dismiss(&b->greeting, b->means);
	if (b->setup.source)
		return setup_input(&b->setup, b->keys, input);
	if (input->key == KEYMAP_CLICK)
		return click(b, input);
	if (input->key == KEYMAP_WHEEL_UP || input->key == KEYMAP_WHEEL_DOWN)
		return wheel(b, input);
	if (b->prompt.lead)
		return prompt_input(b, input->key);
	if (input->key == KEYMAP_DRAG)
		return b->help ? LOOP_GO_ON : browser_ask_view(b, &(struct trace_action){.input = *input});
	if (b->help)
		return help_input(&b->help, &b->help_place, b->keys, input->key);
	const struct binding *binding = keymap_find(b->keys, input->key, view_of(b)->context);
	if (!binding)
		return LOOP_GO_ON;
	b->notice[0] = '\0';
	return browser_act(b, &(struct trace_action){binding->command, binding->argument, *input});
}

/* --- as a screen ---------------------------------------------------------------------------- */

static struct browser *browser_now(void *arg)
{
	browser_tell_time(arg, clock_monotonic_ns());
	return arg;
}

static void draw(struct canvas *canvas, void *arg)
{
	browser_draw(browser_now(arg), canvas);
}

static enum loop_next take_input(const struct tui_input *input, void *arg)
{
	return browser_input(browser_now(arg), input);
}

/* Whoever wakes has something to show. */
static bool on_wake(void *arg)
{
	(void)arg;
	return true;
}

static bool on_tick(void *arg)
{
	return browser_tick(browser_now(arg));
}

static char *copied(void *arg)
{
	struct browser *b = arg;
	return take_copied(&b->take);
}

static void close_screen(void *arg)
{
	browser_destroy(arg);
}

struct screen browser_screen(struct browser *b)
{
	static const struct loop_ops ops = {draw, take_input, on_wake, on_tick, copied};
	return (struct screen){&ops, close_screen, b};
}
