/* What keys and the mouse do to the Timeline, drawn from a trace that never was. */
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <setjmp.h>

#include <cmocka.h>

#include "browse/view_timeline.h"

#include <inttypes.h>
#include <locale.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "tests/unit/timeline_fake.h"
#include "tests/unit/tui_fixture.h"
#include "util/clock.h"

#define WIDTH  120
#define HEIGHT 40

static const struct fake_timeline usual = {.procs = 4, .length_ns = 20 * NS_PER_MS, .exact = true};

/* The view as the frame holds it. */
struct screen {
	struct trace_data data;
	struct timeline_view *view;
	struct view_place place;
	struct trace_request request;
	struct canvas *canvas;
	char *text; /* of the last picture */
};

static void draw(struct screen *s)
{
	struct pane page = pane_of(s->canvas);
	canvas_clear(s->canvas);
	trace_view_timeline.draw(pane_sub(page, 0, 1, page.width, page.height - 2), &s->data, &s->place,
	                         s->view);
	free(s->text);
	s->text = fixture_text(s->canvas);
}

static void open_screen(struct screen *s, const struct fake_timeline *how, int width, int height,
                        bool ascii)
{
	*s = (struct screen){.data = {.path = "x", .timeline = fake_timeline(how)},
	                     .view = trace_view_timeline.create(),
	                     .canvas = canvas_create(width, height, ascii)};
	assert_non_null(s->view);
	assert_non_null(s->canvas);
	draw(s);
}

static void close_screen(struct screen *s)
{
	trace_view_timeline.destroy(s->view);
	timeline_source_destroy(s->data.timeline);
	canvas_destroy(s->canvas);
	free(s->text);
}

static enum loop_next act(struct screen *s, const struct trace_action *action)
{
	s->request = (struct trace_request){0};
	enum loop_next next =
		trace_view_timeline.act(&s->data, &s->place, s->view, action, &s->request);
	draw(s);
	return next;
}

static enum loop_next press(struct screen *s, int key)
{
	const struct binding *b = keymap_find(&keymap_default, key, CONTEXT_TRACE_TIMELINE);
	assert_non_null(b);
	return act(s, &(struct trace_action){b->command, b->argument, {.key = key}});
}

static void presses(struct screen *s, const char *keys)
{
	for (; *keys; keys++)
		press(s, *keys);
}

static enum loop_next command(struct screen *s, enum command command, const char *argument)
{
	return act(s, &(struct trace_action){.command = command, .argument = argument});
}

static void mouse(struct screen *s, int key, int x, int y)
{
	assert_int_equal(act(s, &(struct trace_action){.input = {key, x, y}}), LOOP_DRAW);
}

static const struct span *selected(const struct screen *s)
{
	return timeline_selected_span(s->view, s->data.timeline);
}

/* Row of the canvas that a lane's name stands in. */
static int row_of(const struct screen *s, size_t lane)
{
	return s->view->lanes_y + (int)lane * s->view->lane_height;
}

/* --- windows ---------------------------------------------------------------------------------- */

static void the_first_picture_is_of_the_whole_trace(void **state)
{
	(void)state;
	struct screen s;
	open_screen(&s, &usual, WIDTH, HEIGHT, false);
	const struct timeline_want *want = fake_timeline_wanted(s.data.timeline);
	assert_int_equal(want->from_ns, FAKE_START_NS);
	assert_int_equal(want->to_ns, FAKE_START_NS + usual.length_ns);
	assert_int_equal(want->columns, TIMELINE_PARTS * s.view->columns);
	assert_int_equal(want->lanes, 4);
	fixture_shows(s.text, "0.0000 – 0.0200 s");
	fixture_shows(s.text, "4 Ps in this window");
	close_screen(&s);
}

static void zoom_and_pan_ask_for_what_is_shown(void **state)
{
	(void)state;
	struct screen s;
	open_screen(&s, &usual, WIDTH, HEIGHT, false);
	press(&s, 'w');
	assert_int_equal(timeline_width(s.view->window), 10 * NS_PER_MS);
	assert_int_equal(s.view->window.from_ns, FAKE_START_NS + 5 * NS_PER_MS);
	press(&s, 'a');
	assert_in_range(s.view->window.from_ns, FAKE_START_NS + 2500 * NS_PER_US,
	                FAKE_START_NS + 2600 * NS_PER_US);
	assert_int_equal(fake_timeline_wanted(s.data.timeline)->from_ns, s.view->window.from_ns);
	presses(&s, "DDDD");
	assert_int_equal(s.view->window.to_ns, FAKE_START_NS + usual.length_ns);
	press(&s, KEYMAP_HOME);
	assert_int_equal(s.view->window.from_ns, FAKE_START_NS);
	presses(&s, "sss");
	assert_int_equal(timeline_width(s.view->window), usual.length_ns);
	command(&s, COMMAND_SPAN, "2ms");
	assert_int_equal(timeline_width(s.view->window), 2 * NS_PER_MS);
	command(&s, COMMAND_AT, "7ms");
	assert_int_equal(s.view->cursor_ns, FAKE_START_NS + 7 * NS_PER_MS);
	assert_true(s.view->window.from_ns < s.view->cursor_ns);
	assert_true(s.view->window.to_ns > s.view->cursor_ns);
	press(&s, '0');
	assert_int_equal(timeline_width(s.view->window), usual.length_ns);
	assert_int_equal(command(&s, COMMAND_AT, "a while"), LOOP_DRAW);
	assert_non_null(strstr(s.request.notice, "takes a time"));
	close_screen(&s);
}

static void keys_zoom_at_the_selected_moment(void **state)
{
	(void)state;
	struct screen s;
	open_screen(&s, &usual, WIDTH, HEIGHT, false);
	mouse(&s, KEYMAP_CLICK, s.view->graph_x + 20, row_of(&s, 1));
	int64_t at = s.view->cursor_ns;
	for (int i = 0; i < 8; i++) {
		press(&s, 'w');
		assert_in_range(timeline_column(s.view->window, s.view->columns, at), 19, 21);
	}
	assert_int_equal(s.view->cursor_ns, at);
	close_screen(&s);
}

static void the_wheel_zooms_at_the_pointer(void **state)
{
	(void)state;
	struct screen s;
	open_screen(&s, &usual, WIDTH, HEIGHT, false);
	int64_t at = timeline_moment(s.view->window, s.view->columns, 70);
	for (int i = 0; i < 6; i++)
		mouse(&s, KEYMAP_WHEEL_UP, s.view->graph_x + 70, 20);
	assert_true(timeline_width(s.view->window) < 2 * NS_PER_MS);
	assert_in_range(timeline_column(s.view->window, s.view->columns, at), 69, 71);
	for (int i = 0; i < 6; i++)
		mouse(&s, KEYMAP_WHEEL_DOWN, s.view->graph_x + 70, 20);
	assert_in_range(timeline_width(s.view->window), usual.length_ns - 100, usual.length_ns);
	close_screen(&s);
}

static void what_is_dragged_stays_under_the_pointer(void **state)
{
	(void)state;
	struct screen s;
	open_screen(&s, &usual, WIDTH, HEIGHT, false);
	presses(&s, "ww");
	int x = s.view->graph_x + 30, y = row_of(&s, 0);
	int64_t at = timeline_moment(s.view->window, s.view->columns, 30);
	mouse(&s, KEYMAP_CLICK, x, y);
	static const int steps[] = {1, 2, 25, -7, 40, 0};
	for (size_t i = 0; i < sizeof steps / sizeof *steps; i++) {
		mouse(&s, KEYMAP_DRAG, x + steps[i], y + 1);
		assert_in_range(timeline_column(s.view->window, s.view->columns, at), 30 + steps[i] - 1,
		                30 + steps[i] + 1);
	}
	/* One that began on the names moves nothing. */
	struct timeline_window before = s.view->window;
	mouse(&s, KEYMAP_CLICK, 1, y);
	mouse(&s, KEYMAP_DRAG, 50, y);
	assert_int_equal(s.view->window.from_ns, before.from_ns);
	close_screen(&s);
}

/* --- spans ------------------------------------------------------------------------------------ */

static void a_click_selects_the_span_that_is_there(void **state)
{
	(void)state;
	struct screen s;
	open_screen(&s, &usual, WIDTH, HEIGHT, false);
	presses(&s, "wwww");
	mouse(&s, KEYMAP_CLICK, s.view->graph_x + 40, row_of(&s, 2) + 1);
	const struct span *span = selected(&s);
	assert_non_null(span);
	assert_int_equal(s.view->on.kind, LANE_P);
	assert_int_equal(s.view->on.id, 2);
	assert_in_range(40, timeline_column(s.view->window, s.view->columns, span->begin_ns),
	                timeline_column(s.view->window, s.view->columns, span->end_ns - 1));
	char name[32];
	snprintf(name, sizeof name, "G%" PRIu64, span->goroutine);
	fixture_shows(s.text, name);
	fixture_shows(s.text, timeline_state_look(span->state)->word);
	close_screen(&s);
}

/* Where spans are wider than cells the arrows visit each of them, but for idle time. */
static void arrows_walk_from_span_to_span(void **state)
{
	(void)state;
	struct screen s;
	open_screen(&s, &usual, 300, HEIGHT, false);
	command(&s, COMMAND_SPAN, "200us");
	press(&s, KEYMAP_ENTER);
	const struct span *before = selected(&s);
	assert_non_null(before);
	for (int i = 0; i < 60; i++) {
		struct span was = *selected(&s);
		press(&s, KEYMAP_RIGHT);
		const struct span *now = selected(&s);
		assert_non_null(now);
		assert_true(now->state != SPAN_IDLE);
		assert_true(now->begin_ns >= was.end_ns);
		/* What was passed over is idle, or too short to be seen. */
		const struct span *between;
		size_t n =
			timeline_source_spans(s.data.timeline, s.view->on, was.end_ns, now->begin_ns, &between);
		for (size_t k = 0; was.end_ns < now->begin_ns && k < n; k++)
			assert_true(between[k].state == SPAN_IDLE ||
			            between[k].end_ns - between[k].begin_ns < 2000);
	}
	int64_t far = s.view->cursor_ns;
	for (int i = 0; i < 90; i++)
		press(&s, KEYMAP_LEFT);
	assert_true(s.view->cursor_ns < far - 200 * NS_PER_US);
	assert_true(s.view->cursor_ns >= s.view->window.from_ns);
	assert_true(s.view->cursor_ns < s.view->window.to_ns);
	close_screen(&s);
}

static void arrows_walk_by_cells_where_spans_are_smaller(void **state)
{
	(void)state;
	struct screen s;
	open_screen(&s, &usual, WIDTH, HEIGHT, false);
	press(&s, KEYMAP_ENTER);
	int column = timeline_column(s.view->window, s.view->columns, s.view->cursor_ns);
	for (int i = 1; i <= 10; i++) {
		press(&s, KEYMAP_RIGHT);
		assert_int_equal(timeline_column(s.view->window, s.view->columns, s.view->cursor_ns),
		                 column + i);
	}
	for (int i = 9; i >= 0; i--) {
		press(&s, KEYMAP_LEFT);
		assert_int_equal(timeline_column(s.view->window, s.view->columns, s.view->cursor_ns),
		                 column + i);
	}
	close_screen(&s);
}

static void enter_shows_the_whole_span(void **state)
{
	(void)state;
	struct screen s;
	open_screen(&s, &usual, WIDTH, HEIGHT, false);
	presses(&s, "wwwww");
	press(&s, KEYMAP_ENTER);
	struct timeline_window before = s.view->window;
	struct span span = *selected(&s);
	press(&s, KEYMAP_ENTER);
	assert_true(s.view->window.from_ns < span.begin_ns && s.view->window.to_ns > span.end_ns);
	assert_true(timeline_width(s.view->window) < 2 * (span.end_ns - span.begin_ns) + 10);
	press(&s, KEYMAP_BACKSPACE);
	assert_int_equal(s.view->window.from_ns, before.from_ns);
	assert_int_equal(s.view->window.to_ns, before.to_ns);
	close_screen(&s);
}

/* --- lanes ------------------------------------------------------------------------------------ */

static void other_lanes_show_the_same_moment(void **state)
{
	(void)state;
	struct screen s;
	open_screen(&s, &usual, WIDTH, HEIGHT, false);
	presses(&s, "wwww");
	press(&s, KEYMAP_ENTER);
	press(&s, KEYMAP_DOWN);
	struct span span = *selected(&s);
	assert_true(span.goroutine != 0);
	press(&s, 'b');
	fixture_shows(s.text, "threads");
	assert_int_equal(s.view->on.id, span.thread);
	press(&s, 'b');
	fixture_shows(s.text, "goroutines");
	assert_int_equal(s.view->on.id, span.goroutine);
	assert_int_equal(selected(&s)->begin_ns, span.begin_ns);
	assert_true(timeline_row_of(s.view, s.view->on) >= 0);
	press(&s, 'b');
	assert_int_equal(s.view->on.id, span.proc);
	command(&s, COMMAND_GROUP, "gor");
	assert_int_equal(s.view->kind, LANE_G);
	command(&s, COMMAND_GROUP, "cats");
	assert_non_null(strstr(s.request.notice, "there are lanes of"));
	close_screen(&s);
}

static void the_selected_lane_is_on_the_screen(void **state)
{
	(void)state;
	const struct fake_timeline many = {.procs = 64, .length_ns = 5 * NS_PER_MS, .exact = true};
	static const int keys[] = {KEYMAP_DOWN,    KEYMAP_DOWN, 'G', KEYMAP_UP, KEYMAP_PAGE_UP,
	                           KEYMAP_PAGE_UP, 'g',         'b', 'G',       KEYMAP_PAGE_UP};
	struct screen s;
	open_screen(&s, &many, 80, 24, false);
	for (size_t i = 0; i < sizeof keys / sizeof *keys; i++) {
		char name[32];
		press(&s, keys[i]);
		int row = timeline_row_of(s.view, s.view->on);
		assert_true(row >= s.place.top && row < s.place.top + s.place.page);
		timeline_lane_name(name, sizeof name, s.view->on);
		fixture_shows(s.text, name);
	}
	/* The wheel over the names scrolls, and leaves the selection alone. */
	struct lane on = s.view->on;
	int top = s.place.top;
	mouse(&s, KEYMAP_WHEEL_UP, 2, 12);
	assert_int_equal(s.place.top, top - 3);
	assert_int_equal(s.view->on.id, on.id);
	close_screen(&s);
}

static void lanes_of_goroutines_stay_in_place_when_the_window_moves_a_little(void **state)
{
	(void)state;
	struct screen s;
	open_screen(&s, &usual, WIDTH, HEIGHT, false);
	presses(&s, "bbwww");
	struct lane before[TIMELINE_LANES];
	size_t n = s.view->lanes;
	memcpy(before, s.view->lane, n * sizeof *before);
	press(&s, 'd');
	assert_true(s.view->lanes >= n);
	for (size_t i = 0; i < n; i++)
		assert_int_equal(s.view->lane[i].id, before[i].id);
	close_screen(&s);
}

/* --- exact or not ----------------------------------------------------------------------------- */

static void lanes_are_marked_until_they_are_exact(void **state)
{
	(void)state;
	struct fake_timeline late = usual;
	late.exact = false;
	struct screen s;
	open_screen(&s, &late, WIDTH, HEIGHT, false);
	presses(&s, "wwww");
	fixture_shows(s.text, "~ reading spans 40 %");
	fixture_shows(s.text, " %~");
	press(&s, KEYMAP_ENTER);
	assert_null(selected(&s));
	fixture_shows(s.text, "exact spans are still to come");
	fake_timeline_arrive(s.data.timeline);
	draw(&s);
	assert_null(strchr(s.text, '~'));
	assert_non_null(selected(&s));
	close_screen(&s);
}

static void why_there_are_no_exact_spans_is_told(void **state)
{
	(void)state;
	struct fake_timeline broken = usual;
	broken.broken = true;
	struct screen s;
	open_screen(&s, &broken, WIDTH, HEIGHT, false);
	fixture_shows(s.text, "standard input can't be read again");
	close_screen(&s);
}

/* --- wake-ups --------------------------------------------------------------------------------- */

/* A runnable span of a goroutine that another one woke. */
static struct span woken_span(const struct screen *s)
{
	const struct span *span =
		fake_timeline_span(s->data.timeline, 2, SPAN_RUNNABLE, FAKE_START_NS + 5 * NS_PER_MS);
	assert_non_null(span);
	assert_true(span->waker != 0);
	return *span;
}

static void a_wake_up_is_followed_back_and_on(void **state)
{
	(void)state;
	struct screen s;
	open_screen(&s, &usual, WIDTH, HEIGHT, false);
	struct span span = woken_span(&s);
	command(&s, COMMAND_GROUP, "goroutines");
	command(&s, COMMAND_SPAN, "500us");
	s.view->selected = true;
	s.view->on = (struct lane){LANE_G, 2};
	s.view->cursor_ns = span.begin_ns;
	press(&s, 'u');
	assert_int_equal(s.view->on.id, span.waker);
	assert_int_equal(s.view->cursor_ns, span.woken_ns);
	assert_true(s.view->window.from_ns <= span.woken_ns && s.view->window.to_ns > span.woken_ns);
	char name[32];
	snprintf(name, sizeof name, "G%" PRIu64, span.waker);
	fixture_shows(s.text, name);
	press(&s, 'U');
	const struct timeline_find *find = fake_timeline_sought(s.data.timeline);
	assert_int_equal(find->kind, FIND_WOKEN);
	assert_int_equal(find->goroutine, span.waker);
	assert_int_equal(s.view->cursor_ns, span.woken_ns);
	press(&s, KEYMAP_BACKSPACE);
	assert_int_equal(s.view->on.id, span.waker);
	press(&s, KEYMAP_BACKSPACE);
	assert_int_equal(s.view->on.id, 2);
	assert_int_equal(s.view->cursor_ns, span.begin_ns);
	press(&s, KEYMAP_BACKSPACE);
	assert_non_null(strstr(s.request.notice, "no jump"));
	close_screen(&s);
}

static void of_a_blocked_span_the_one_who_ended_it_is_found(void **state)
{
	(void)state;
	struct screen s;
	open_screen(&s, &usual, WIDTH, HEIGHT, false);
	struct span span = woken_span(&s);
	command(&s, COMMAND_GROUP, "goroutines");
	command(&s, COMMAND_SPAN, "500us");
	s.view->selected = true;
	s.view->on = (struct lane){LANE_G, 2};
	s.view->cursor_ns = span.begin_ns - 1;
	draw(&s);
	assert_int_equal(selected(&s)->state, SPAN_BLOCKED);
	press(&s, 'u');
	assert_int_equal(s.view->on.id, span.waker);
	assert_int_equal(s.view->cursor_ns, span.woken_ns);
	close_screen(&s);
}

/* On lanes of Ps who was woken is seen where it runs: it waits on none. */
static void on_lanes_of_ps_the_woken_one_is_shown_running(void **state)
{
	(void)state;
	struct screen s;
	open_screen(&s, &usual, WIDTH, HEIGHT, false);
	struct span span = woken_span(&s);
	const struct span *runs = fake_timeline_span(s.data.timeline, 2, SPAN_RUNNING, span.begin_ns);
	command(&s, COMMAND_SPAN, "500us");
	s.view->selected = true;
	s.view->on = (struct lane){LANE_P, runs->proc};
	s.view->cursor_ns = runs->begin_ns;
	draw(&s);
	press(&s, 'u');
	assert_int_equal(s.view->kind, LANE_P);
	assert_int_equal(selected(&s)->goroutine, span.waker);
	press(&s, KEYMAP_BACKSPACE);
	assert_int_equal(s.view->kind, LANE_P);
	assert_int_equal(s.view->cursor_ns, runs->begin_ns);
	press(&s, 'U');
	assert_int_equal(s.view->kind, LANE_P);
	assert_int_equal(selected(&s)->state, SPAN_RUNNING);
	close_screen(&s);
}

static void nobody_woke_what_the_poller_did(void **state)
{
	(void)state;
	struct screen s;
	open_screen(&s, &usual, WIDTH, HEIGHT, false);
	const struct span *span =
		fake_timeline_span(s.data.timeline, 7, SPAN_RUNNABLE, FAKE_START_NS + 2 * NS_PER_MS);
	assert_int_equal(span->waker, 0);
	command(&s, COMMAND_GROUP, "goroutines");
	command(&s, COMMAND_SPAN, "500us");
	s.view->selected = true;
	s.view->on = (struct lane){LANE_G, 7};
	s.view->cursor_ns = span->begin_ns;
	press(&s, 'u');
	fixture_shows(s.text, "by the runtime, no goroutine");
	assert_int_equal(s.view->on.id, 7);
	s.view->selected = false;
	press(&s, 'u');
	assert_non_null(strstr(s.request.notice, "select"));
	close_screen(&s);
}

/* --- search and marks ------------------------------------------------------------------------- */

static void a_search_goes_from_hit_to_hit(void **state)
{
	(void)state;
	struct fake_timeline late = usual;
	late.exact = false;
	struct screen s;
	open_screen(&s, &late, WIDTH, HEIGHT, false);
	press(&s, 'n');
	assert_non_null(strstr(s.request.notice, "nothing to search for"));
	command(&s, COMMAND_SEARCH, "read");
	fixture_shows(s.text, "searching");
	fake_timeline_arrive(s.data.timeline);
	draw(&s);
	int64_t first = s.view->cursor_ns;
	assert_true(s.view->selected);
	press(&s, 'n');
	draw(&s);
	int64_t second = s.view->cursor_ns;
	assert_true(second > first);
	press(&s, 'N');
	draw(&s);
	assert_int_equal(s.view->cursor_ns, first);
	command(&s, COMMAND_SEARCH, "sel\x1b[31m");
	draw(&s);
	fixture_shows(s.text, "no later span has sel?[31m");
	close_screen(&s);
}

static void two_marks_tell_the_time_between_them(void **state)
{
	(void)state;
	struct screen s;
	open_screen(&s, &usual, WIDTH, HEIGHT, false);
	command(&s, COMMAND_AT, "4ms");
	press(&s, 'm');
	command(&s, COMMAND_AT, "6.5ms");
	fixture_shows(s.text, "a to here: 2.50 ms");
	press(&s, 'm');
	fixture_shows(s.text, "a to b: 2.50 ms");
	/* A third takes the place of the older one; at a mark, it goes. */
	command(&s, COMMAND_AT, "6ms");
	press(&s, 'm');
	fixture_shows(s.text, "a to b: 500 µs");
	press(&s, 'm');
	assert_int_equal(s.view->marks, 1);
	assert_int_equal(s.view->mark_ns[0], FAKE_START_NS + 6500 * NS_PER_US);
	close_screen(&s);
}

static void marks_beside_the_window_are_not_taken_for_each_other(void **state)
{
	(void)state;
	struct screen s;
	open_screen(&s, &usual, WIDTH, HEIGHT, false);
	command(&s, COMMAND_AT, "4ms");
	press(&s, 'm');
	command(&s, COMMAND_AT, "5ms");
	s.view->begun = true;
	s.view->window =
		(struct timeline_window){FAKE_START_NS + 15 * NS_PER_MS, FAKE_START_NS + 16 * NS_PER_MS};
	press(&s, 'm');
	assert_int_equal(s.view->marks, 2);
	close_screen(&s);
}

static void escape_closes_one_thing_after_the_other(void **state)
{
	(void)state;
	struct screen s;
	open_screen(&s, &usual, WIDTH, HEIGHT, false);
	press(&s, KEYMAP_ENTER);
	press(&s, 'm');
	assert_int_equal(press(&s, KEYMAP_ESCAPE), LOOP_DRAW);
	assert_false(s.view->selected);
	assert_int_equal(press(&s, KEYMAP_ESCAPE), LOOP_DRAW);
	assert_int_equal(s.view->marks, 0);
	assert_int_equal(press(&s, KEYMAP_ESCAPE), LOOP_GO_ON);
	close_screen(&s);
}

static void another_view_can_ask_for_a_goroutine(void **state)
{
	(void)state;
	struct screen s;
	open_screen(&s, &usual, WIDTH, HEIGHT, false);
	const struct trace_target target = {.goroutine = 5,
	                                    .from_ns = FAKE_START_NS + 3 * NS_PER_MS,
	                                    .to_ns = FAKE_START_NS + 4 * NS_PER_MS};
	trace_view_timeline.visit(&s.data, &s.place, s.view, &target);
	draw(&s);
	assert_int_equal(s.view->kind, LANE_G);
	assert_int_equal(s.view->on.id, 5);
	assert_int_equal(timeline_width(s.view->window), NS_PER_MS);
	assert_int_equal(selected(&s)->state, SPAN_RUNNING);
	close_screen(&s);
}

static void another_view_can_ask_for_a_moment(void **state)
{
	(void)state;
	struct screen s;
	open_screen(&s, &usual, WIDTH, HEIGHT, false);
	const int64_t at_ns = FAKE_START_NS + 3 * NS_PER_MS;
	const struct trace_target target = {.goroutine = 5, .from_ns = at_ns, .to_ns = at_ns};
	trace_view_timeline.visit(&s.data, &s.place, s.view, &target);
	draw(&s);
	assert_int_equal(s.view->on.id, 5);
	assert_int_equal(s.view->cursor_ns, at_ns);
	assert_true(s.view->window.from_ns < at_ns && s.view->window.to_ns > at_ns);
	assert_true(timeline_width(s.view->window) <= NS_PER_MS);
	close_screen(&s);
}

/* --- whatever is done ------------------------------------------------------------------------- */

static void assert_sound(const struct screen *s)
{
	const struct timeline_view *v = s->view;
	assert_int_equal(s->canvas->overdrawn, 0);
	assert_true(v->window.from_ns >= FAKE_START_NS && v->window.from_ns < v->window.to_ns);
	assert_true(v->window.to_ns <= v->all.to_ns);
	for (int y = 0; y < s->canvas->height; y++)
		for (int x = 0; x < s->canvas->width; x++) {
			const struct cell *cell = canvas_at(s->canvas, x, y);
			assert_true(cell->glyph >= 0x20 && (cell->glyph < 0x7f || cell->glyph >= 0xa0));
			assert_true(!s->canvas->ascii || cell->glyph < 0x7f);
		}
}

static void no_key_leads_out_of_the_trace(void **state)
{
	(void)state;
	static const int keys[] = {'w',
	                           'w',
	                           's',
	                           'a',
	                           'd',
	                           'A',
	                           'D',
	                           KEYMAP_LEFT,
	                           KEYMAP_RIGHT,
	                           'b',
	                           'u',
	                           'U',
	                           'n',
	                           'N',
	                           'm',
	                           '0',
	                           'g',
	                           'G',
	                           KEYMAP_UP,
	                           KEYMAP_DOWN,
	                           KEYMAP_ENTER,
	                           KEYMAP_ESCAPE,
	                           KEYMAP_BACKSPACE,
	                           KEYMAP_HOME,
	                           KEYMAP_END,
	                           KEYMAP_PAGE_UP,
	                           KEYMAP_PAGE_DOWN};
	static const int mouse_keys[] = {KEYMAP_CLICK, KEYMAP_DRAG, KEYMAP_WHEEL_UP, KEYMAP_WHEEL_DOWN};
	struct fake_timeline how = {.procs = 3, .length_ns = 3 * NS_PER_MS, .exact = true};
	struct screen s;
	uint32_t seed = 1;
	how.hostile = true;
	open_screen(&s, &how, 100, 30, false);
	command(&s, COMMAND_SEARCH, "pre");
	for (int i = 0; i < 600; i++) {
		seed = seed * 1664525U + 1013904223U;
		uint32_t r = seed >> 8;
		if (r % 4 == 0)
			mouse(&s, mouse_keys[r / 4 % 4], (int)(r / 16 % 100), (int)(r / 1600 % 30));
		else
			press(&s, keys[r / 4 % (sizeof keys / sizeof *keys)]);
		assert_sound(&s);
	}
	close_screen(&s);
}

static void nothing_overlaps_or_leaves_the_screen(void **state)
{
	(void)state;
	static const int widths[] = {40, 57, 60, 79, 80, 99, 100, 120, 160, 237, 300};
	static const int heights[] = {8, 10, 11, 12, 15, 24, 33, 50, 100};
	static const size_t procs[] = {1, 3, 17, 64};
	unsigned turn = 0;
	for (size_t n = 0; n < sizeof procs / sizeof *procs; n++)
		for (size_t w = 0; w < sizeof widths / sizeof *widths; w++)
			for (size_t h = 0; h < sizeof heights / sizeof *heights; h++, turn++) {
				struct fake_timeline how = {.procs = procs[n],
				                            .length_ns = NS_PER_MS,
				                            .hostile = turn % 2,
				                            .exact = turn % 3 > 0,
				                            .broken = turn % 7 == 0};
				struct screen s;
				open_screen(&s, &how, widths[w], heights[h], turn % 5 == 0);
				s.canvas->blocks = turn % 4 == 0;
				assert_sound(&s);
				presses(&s, turn % 6 < 3 ? "bbw" : "ww");
				press(&s, KEYMAP_ENTER);
				press(&s, 'm');
				assert_sound(&s);
				presses(&s, turn % 2 ? "wwww" : "www");
				press(&s, KEYMAP_RIGHT);
				press(&s, 'm');
				assert_sound(&s);
				close_screen(&s);
			}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_first_picture_is_of_the_whole_trace),
		cmocka_unit_test(zoom_and_pan_ask_for_what_is_shown),
		cmocka_unit_test(keys_zoom_at_the_selected_moment),
		cmocka_unit_test(the_wheel_zooms_at_the_pointer),
		cmocka_unit_test(what_is_dragged_stays_under_the_pointer),
		cmocka_unit_test(a_click_selects_the_span_that_is_there),
		cmocka_unit_test(arrows_walk_from_span_to_span),
		cmocka_unit_test(arrows_walk_by_cells_where_spans_are_smaller),
		cmocka_unit_test(enter_shows_the_whole_span),
		cmocka_unit_test(other_lanes_show_the_same_moment),
		cmocka_unit_test(the_selected_lane_is_on_the_screen),
		cmocka_unit_test(lanes_of_goroutines_stay_in_place_when_the_window_moves_a_little),
		cmocka_unit_test(lanes_are_marked_until_they_are_exact),
		cmocka_unit_test(why_there_are_no_exact_spans_is_told),
		cmocka_unit_test(a_wake_up_is_followed_back_and_on),
		cmocka_unit_test(of_a_blocked_span_the_one_who_ended_it_is_found),
		cmocka_unit_test(on_lanes_of_ps_the_woken_one_is_shown_running),
		cmocka_unit_test(nobody_woke_what_the_poller_did),
		cmocka_unit_test(a_search_goes_from_hit_to_hit),
		cmocka_unit_test(two_marks_tell_the_time_between_them),
		cmocka_unit_test(marks_beside_the_window_are_not_taken_for_each_other),
		cmocka_unit_test(escape_closes_one_thing_after_the_other),
		cmocka_unit_test(another_view_can_ask_for_a_goroutine),
		cmocka_unit_test(another_view_can_ask_for_a_moment),
		cmocka_unit_test(no_key_leads_out_of_the_trace),
		cmocka_unit_test(nothing_overlaps_or_leaves_the_screen),
	};
	setlocale(LC_CTYPE, "C.UTF-8");
	return cmocka_run_group_tests_name("view_timeline", tests, NULL, NULL);
}
