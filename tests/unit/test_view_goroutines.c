#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <setjmp.h>

#include <cmocka.h>

#include "tui/view.h"

#include <locale.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "metrics/goroutine_table.h"
#include "tests/unit/goroutine_fixture.h"
#include "tests/unit/tui_fixture.h"
#include "tui/app.h"
#include "util/clock.h"

#define SECONDS 30
#define GROUPS  8 /* of fixture_busy; two more are the runtime's */

static struct canvas *draw(const struct history *h, int width, int height, bool ascii,
                           struct view_place *place)
{
	struct view_place top = {0};
	struct canvas *canvas = canvas_create(width, height, ascii);
	assert_non_null(canvas);
	struct view_data data = {.history = h,
	                         .state = TARGET_LIVE,
	                         .now_ns = history_get(h, 0)->monotonic_ns + NS_PER_MS,
	                         .clock = "12:31:07"};
	frame_draw(canvas, &view_goroutines, &data, place ? place : &top, 0);
	assert_int_equal(canvas->overdrawn, 0);
	return canvas;
}

static char *text_of(const struct history *h, int width, int height, struct view_place *place)
{
	struct canvas *canvas = draw(h, width, height, false, place);
	char *text = fixture_text(canvas);
	assert_non_null(text);
	canvas_destroy(canvas);
	return text;
}

/* The first line that has the text; free() it. */
static char *line_with(const char *text, const char *part)
{
	const char *at = strstr(text, part);
	if (!at)
		fail_msg("not shown: \"%s\" in\n%s", part, text);
	while (at > text && at[-1] != '\n')
		at--;
	return strndup(at, strcspn(at, "\n"));
}

static int64_t key_of_largest(const struct history *h)
{
	return (int64_t)history_get(h, 0)->goroutines->by[GOROUTINES_BY_CREATOR].group[0].key;
}

static void pictures_equal_their_goldens(void **state)
{
	(void)state;
	static const int sizes[][2] = {{80, 24}, {120, 40}, {200, 50}};
	struct history *h = fixture_history(&fixture_busy, SECONDS);
	size_t wrong = 0;
	for (int i = 0; i < 12; i++) {
		int width = sizes[i / 4][0], height = sizes[i / 4][1];
		bool ascii = i % 2, open = i / 2 % 2;
		char name[128];
		struct view_place place = {.expanded = open ? key_of_largest(h) : 0};
		snprintf(name, sizeof name, "goroutines%s-%dx%d%s", open ? "-open" : "", width, height,
		         ascii ? "-ascii" : "");
		struct canvas *canvas = draw(h, width, height, ascii, &place);
		char *text = fixture_text(canvas);
		wrong += !fixture_is_golden(name, text);
		free(text);
		canvas_destroy(canvas);
	}
	history_destroy(h);
	assert_int_equal(wrong, 0);
}

static void the_summary_tells_how_many_and_what_reading_them_costs(void **state)
{
	(void)state;
	struct history *h = fixture_history(&fixture_busy, SECONDS);
	char *text = text_of(h, 120, 40, NULL);
	fixture_shows(text, " 12,453 goroutines in 8 groups · sampled every 2 s (0.4 % of a core)");
	fixture_shows(text, "9 of the runtime not shown");
	free(text);
	history_destroy(h);
}

static void a_group_tells_its_numbers(void **state)
{
	(void)state;
	struct history *h = fixture_history(&fixture_busy, SECONDS);
	char *text = text_of(h, 120, 40, NULL), *line = line_with(text, "chan send");
	fixture_shows(line, "11,200");
	fixture_shows(line, "+840");
	fixture_shows(line, "> 12m 04s");
	fixture_shows(line, "main.fanOut  fanout.go:");
	fixture_shows(line, "main.worker");
	free(line);
	line = line_with(text, "runnable");
	fixture_shows(line, "412");
	fixture_shows(line, "< 1 s");
	free(line);
	/* How long it has run is not known, and where it stands neither. */
	line = line_with(text, "running");
	fixture_shows(line, "–");
	assert_null(strstr(line, "0 s"));
	free(line);
	free(text);
	history_destroy(h);
}

static void evidence_stands_below_and_its_mark_in_the_row(void **state)
{
	(void)state;
	struct history *h = history_create(600 * NS_PER_S, (size_t)64 << 20);
	for (int second = 1; second <= 30; second++)
		history_add(h, fixture_snapshot(&fixture_busy, second));
	char *text = text_of(h, 120, 40, NULL), *line = line_with(text, "chan send");
	assert_int_equal(line[strlen(line) - 1], '!');
	free(line);
	fixture_shows(text,
	              "! like a leak: +840 a minute and never fewer, the oldest waits > 12m 04s in "
	              "chan send, created by main.fanOut");
	fixture_shows(text, "! like a deadlock: 42 wait in sync.Mutex.Lock, half of them for 75 s");
	line = line_with(text, "IO wait");
	assert_null(strchr(line, '!'));
	free(line);
	free(text);
	history_destroy(h);
}

static void the_runtimes_own_are_shown_on_demand(void **state)
{
	(void)state;
	struct history *h = fixture_history(&fixture_busy, SECONDS);
	struct view_place place = {0};
	char *text = text_of(h, 120, 40, &place);
	assert_int_equal(place.rows, GROUPS);
	assert_null(strstr(text, "GC worker"));
	free(text);
	place.all = true;
	text = text_of(h, 120, 40, &place);
	assert_int_equal(place.rows, GROUPS + 2);
	fixture_shows(text, "GC worker (idle)");
	fixture_shows(text, "12,453 goroutines in 8 groups");
	free(text);
	history_destroy(h);
}

static int rows_with(const struct history *h, const char *filter)
{
	struct view_place place = {0};
	snprintf(place.filter, sizeof place.filter, "%s", filter);
	free(text_of(h, 120, 40, &place));
	return place.rows;
}

static void the_filter_is_text_or_an_expression_or_what_is_neither(void **state)
{
	(void)state;
	struct history *h = fixture_history(&fixture_busy, SECONDS);
	assert_int_equal(rows_with(h, "CHAN"), 2);
	assert_int_equal(rows_with(h, "chan (send|receive)"), 2);
	assert_int_equal(rows_with(h, "!chan"), GROUPS - 2);
	assert_int_equal(rows_with(h, "!chan|wait"), 3);
	assert_int_equal(rows_with(h, "net/http.(*Server)"), 1);
	assert_int_equal(rows_with(h, "main.("), 2); /* half typed */
	assert_int_equal(rows_with(h, "!"), GROUPS);
	assert_int_equal(rows_with(h, "(((((a{1,250}){1,250}){1,250}){1,250}){1,250})"), 0);
	assert_int_equal(rows_with(h, "(.)\\1"), 0);
	assert_int_equal(rows_with(h, "fanout.go:[0-9]+"), GROUPS);
	assert_int_equal(rows_with(h, "leak"), 1);
	history_destroy(h);
}

static void every_column_sorts_all_groups(void **state)
{
	(void)state;
	struct history *h = fixture_history(&fixture_busy, SECONDS);
	for (int sort = 0; view_goroutines.sorts[sort]; sort++)
		for (int reversed = 0; reversed < 2; reversed++) {
			struct view_place place = {.sort = sort, .reversed = reversed, .all = true};
			char *text = text_of(h, 200, 50, &place);
			assert_int_equal(place.rows, GROUPS + 2);
			fixture_shows(text, reversed ? "▲" : "▼");
			assert_true(place.heading[sort].width > 0);
			free(text);
		}
	struct view_place place = {.sort = 1}; /* growth */
	char *text = text_of(h, 120, 40, &place);
	assert_true(strstr(text, "chan send") < strstr(text, "IO wait"));
	free(text);
	history_destroy(h);
}

static void grouped_by_frame_it_is_the_same_goroutines(void **state)
{
	(void)state;
	struct history *h = fixture_history(&fixture_busy, SECONDS);
	struct view_place place = {.grouping = GOROUTINES_BY_TOP};
	char *text = text_of(h, 80, 24, &place), *line = line_with(text, "chan send");
	fixture_shows(text, "12,453 goroutines in 8 groups");
	fixture_shows(line, "main.worker  fanout.go:");
	free(line);
	free(text);
	history_destroy(h);
}

static void the_selection_follows_its_group(void **state)
{
	(void)state;
	struct history *h = fixture_history(&fixture_busy, SECONDS);
	struct view_place place = {0};
	canvas_destroy(draw(h, 80, 24, true, &place));
	assert_int_equal(place.selected_id, key_of_largest(h));
	assert_int_equal(place.selected_group, key_of_largest(h));
	place.chosen = true;
	place.reversed = true;
	struct canvas *canvas = draw(h, 80, 24, true, &place);
	assert_int_equal(place.selected, GROUPS - 1);
	assert_int_equal(canvas_at(canvas, 0, place.list_y + GROUPS - 1)->glyph, '>');
	canvas_destroy(canvas);
	history_destroy(h);
}

static void a_group_that_is_open_shows_its_goroutines_and_a_stack(void **state)
{
	(void)state;
	struct history *h = fixture_history(&fixture_busy, SECONDS);
	for (int width = 80; width <= 200; width += 40) {
		struct view_place place = {.expanded = key_of_largest(h)};
		char *text = text_of(h, width, 40, &place);
		assert_int_equal(place.rows, GROUPS + GOROUTINE_MEMBERS_MAX);
		fixture_shows(text, "G1 · > 12m 04s");
		fixture_shows(text, "oldest 200 of 11,200");
		fixture_shows(text, "runtime.gopark");
		fixture_shows(text, "main.worker");
		free(text);
		/* The fourth member's stack was not read. */
		for (int i = 0; i < 4; i++)
			view_move(&place, COMMAND_DOWN);
		text = text_of(h, width, 40, &place);
		assert_int_equal(place.selected_id, 4);
		assert_int_equal(place.selected_group, key_of_largest(h));
		fixture_shows(text, "G4 · ");
		fixture_shows(text, "its stack could not be read this time");
		free(text);
	}
	/* A group that was not read one by one. */
	const struct goroutine_set *set = history_get(h, 0)->goroutines;
	struct view_place place = {.expanded = (int64_t)set->by[GOROUTINES_BY_CREATOR].group[3].key};
	char *text = text_of(h, 120, 40, &place);
	assert_int_equal(place.rows, GROUPS);
	fixture_shows(text, "at this moment these goroutines were not");
	free(text);
	history_destroy(h);
}

static void without_goroutines_the_reason_is_told(void **state)
{
	(void)state;
	struct fixture f = fixture_busy;
	f.memory = false;
	f.trouble = "Operation not permitted";
	struct history *h = fixture_history(&f, 3);
	char *text = text_of(h, 120, 40, NULL);
	fixture_shows(text, "which can't be: Operation not permitted");
	free(text);
	history_destroy(h);
	f.trouble = NULL;
	h = fixture_history(&f, 3);
	text = text_of(h, 120, 40, NULL);
	fixture_shows(text, "and that is no source here");
	free(text);
	history_destroy(h);
	h = fixture_history(&fixture_busy, 1);
	text = text_of(h, 120, 40, NULL);
	fixture_shows(text, "Goroutines are read in a moment");
	free(text);
	struct snapshot *s = fixture_snapshot(&fixture_busy, 3);
	snprintf(s->goroutines_trouble, sizeof s->goroutines_trouble, "no descriptor of runtime.sudog");
	history_add(h, s);
	text = text_of(h, 120, 40, NULL);
	fixture_shows(text, "can't be read one by one: no descriptor of runtime.sudog");
	free(text);
	history_destroy(h);
}

static void an_old_reading_says_its_age(void **state)
{
	(void)state;
	struct history *h = fixture_history(&fixture_busy, 10);
	struct fixture f = fixture_busy;
	f.memory = false;
	for (int second = 11; second <= 20; second++)
		history_add(h, fixture_snapshot(&f, second));
	char *text = text_of(h, 120, 40, NULL);
	fixture_shows(text, "read 10 s ago");
	free(text);
	struct snapshot *s = fixture_snapshot(&f, 21);
	snprintf(s->goroutines_trouble, sizeof s->goroutines_trouble, "it reads otherwise each time");
	history_add(h, s);
	history_add(h, fixture_snapshot(&f, 22));
	text = text_of(h, 120, 40, NULL);
	fixture_shows(text, "read 12 s ago: it reads otherwise each time");
	free(text);
	history_destroy(h);
}

/* On a low terminal what the program did stands before what the runtime did below it. */
static void frames_of_the_runtime_make_room(void **state)
{
	(void)state;
	struct history *h = fixture_history(&fixture_busy, SECONDS);
	struct view_place place = {.expanded = key_of_largest(h)};
	char *text = text_of(h, 80, 17, &place);
	fixture_shows(text, "2 of the runtime");
	assert_null(strstr(text, "runtime.gopark"));
	fixture_shows(text, "main.fanOut.func1");
	free(text);
	history_destroy(h);
}

/* --- keys ------------------------------------------------------------------------------------- */

static void press(struct app *app, int key)
{
	struct canvas *canvas = canvas_create(120, 40, false);
	app_input(app, &(struct tui_input){.key = key});
	app_draw(app, canvas);
	canvas_destroy(canvas);
}

static struct order last_order(struct session *session)
{
	struct order order, last = {ORDER_NONE, 0};
	while ((order = session_take(session)).kind != ORDER_NONE)
		last = order;
	return last;
}

static void keys_open_close_and_order(void **state)
{
	(void)state;
	struct app app;
	struct error error = {0};
	struct session *session = session_create(NULL, NULL);
	assert_int_equal(app_init(&app, session, NS_PER_S, &error), STATUS_OK);
	for (int second = 1; second <= 12; second++)
		app_add(&app, fixture_snapshot(&fixture_busy, second));
	app_tell_time(&app, history_get(app.history, 0)->monotonic_ns, 0);
	press(&app, '2');
	struct view_place *place = &app.place[app.view];
	press(&app, KEYMAP_ENTER);
	struct order order = last_order(session);
	assert_int_equal(order.kind, ORDER_DETAIL);
	assert_int_equal(order.value, key_of_largest(app.history));
	assert_int_equal(place->rows, GROUPS + GOROUTINE_MEMBERS_MAX);
	/* From a member Enter goes back to its group. */
	press(&app, KEYMAP_DOWN);
	press(&app, KEYMAP_DOWN);
	assert_int_equal(place->selected_id, 2);
	press(&app, KEYMAP_ENTER);
	assert_int_equal(place->rows, GROUPS);
	assert_int_equal(place->selected, 0);
	order = last_order(session);
	assert_int_equal(order.kind, ORDER_DETAIL);
	assert_int_equal(order.value, 0);
	/* Another view needs no details; the way back orders them anew. */
	press(&app, KEYMAP_ENTER);
	assert_int_not_equal(last_order(session).value, 0);
	press(&app, '1');
	order = last_order(session);
	assert_int_equal(order.kind, ORDER_DETAIL);
	assert_int_equal(order.value, 0);
	press(&app, '2');
	assert_int_equal(last_order(session).value, key_of_largest(app.history));
	/* Esc closes first, then shows all rows. */
	snprintf(place->filter, sizeof place->filter, "main");
	press(&app, KEYMAP_ESCAPE);
	assert_int_equal(place->expanded, 0);
	assert_string_equal(place->filter, "main");
	press(&app, KEYMAP_ESCAPE);
	assert_string_equal(place->filter, "");
	press(&app, 'u');
	assert_int_equal(place->rows, GROUPS + 2);
	press(&app, 'b');
	assert_int_equal(place->grouping, GOROUTINES_BY_TOP);
	app_line(&app, "group creator");
	assert_int_equal(place->grouping, GOROUTINES_BY_CREATOR);
	app_finish(&app);
	session_destroy(session);
}

static void enter_follows_when_the_process_has_exited(void **state)
{
	(void)state;
	struct app app;
	struct error error = {0};
	struct session *session = session_create(NULL, NULL);
	assert_int_equal(app_init(&app, session, NS_PER_S, &error), STATUS_OK);
	for (int second = 1; second <= 4; second++)
		app_add(&app, fixture_snapshot(&fixture_busy, second));
	struct snapshot *last = fixture_snapshot(&fixture_busy, 5);
	last->state = TARGET_EXITED;
	int64_t now_ns = last->monotonic_ns;
	app_add(&app, last);
	app_tell_time(&app, now_ns, 0);
	session_tell_successor(session, 999);
	press(&app, '2');
	press(&app, KEYMAP_ENTER);
	struct order order = last_order(session);
	assert_int_equal(order.kind, ORDER_FOLLOW);
	assert_int_equal(order.value, 999);
	assert_int_equal(app.place[app.view].expanded, 0);
	app_finish(&app);
	session_destroy(session);
}

static void the_past_is_shown_as_it_was(void **state)
{
	(void)state;
	struct app app;
	struct error error = {0};
	assert_int_equal(app_init(&app, NULL, NS_PER_S, &error), STATUS_OK);
	for (int second = 1; second <= 30; second++)
		app_add(&app, fixture_snapshot(&fixture_busy, second));
	app_tell_time(&app, history_get(app.history, 0)->monotonic_ns, 0);
	app_line(&app, "view goroutines");
	app_jump(&app, -10 * NS_PER_S);
	struct canvas *canvas = canvas_create(120, 40, false);
	app_draw(&app, canvas);
	char *text = fixture_text(canvas);
	fixture_shows(text, "11,060"); /* 14 fewer a second */
	free(text);
	canvas_destroy(canvas);
	app_finish(&app);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(pictures_equal_their_goldens),
		cmocka_unit_test(the_summary_tells_how_many_and_what_reading_them_costs),
		cmocka_unit_test(a_group_tells_its_numbers),
		cmocka_unit_test(evidence_stands_below_and_its_mark_in_the_row),
		cmocka_unit_test(the_runtimes_own_are_shown_on_demand),
		cmocka_unit_test(the_filter_is_text_or_an_expression_or_what_is_neither),
		cmocka_unit_test(every_column_sorts_all_groups),
		cmocka_unit_test(grouped_by_frame_it_is_the_same_goroutines),
		cmocka_unit_test(the_selection_follows_its_group),
		cmocka_unit_test(a_group_that_is_open_shows_its_goroutines_and_a_stack),
		cmocka_unit_test(without_goroutines_the_reason_is_told),
		cmocka_unit_test(an_old_reading_says_its_age),
		cmocka_unit_test(frames_of_the_runtime_make_room),
		cmocka_unit_test(keys_open_close_and_order),
		cmocka_unit_test(enter_follows_when_the_process_has_exited),
		cmocka_unit_test(the_past_is_shown_as_it_was),
	};
	setlocale(LC_CTYPE, "C.UTF-8");
	return cmocka_run_group_tests_name("view_goroutines", tests, NULL, NULL);
}
