#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <setjmp.h>

#include <cmocka.h>

#include "tui/app.h"

#include <locale.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "tests/unit/tui_fixture.h"
#include "util/clock.h"

#define WIDTH   120
#define HEIGHT  40
#define WALL_NS (INT64_C(1700000000) * NS_PER_S)

/* The screen at that second of the fixture, a moment after the snapshot came. */
static void tell_second(struct app *app, int second)
{
	app_tell_time(app, FIXTURE_START_NS + second * NS_PER_S + NS_PER_MS,
	              WALL_NS + second * NS_PER_S + NS_PER_MS);
}

static void feed(struct app *app, const struct fixture *f, int from, int to)
{
	for (int second = from; second <= to; second++) {
		tell_second(app, second);
		app_add(app, fixture_snapshot(f, second));
	}
}

static struct app *app_of(int seconds)
{
	struct app *app = malloc(sizeof *app);
	struct error error = {0};
	struct session *session = session_create(NULL, NULL);
	assert_non_null(session);
	assert_int_equal(app_init(app, session, NS_PER_S, &error), STATUS_OK);
	feed(app, &fixture_busy, 1, seconds);
	return app;
}

static void done(struct app *app)
{
	session_destroy(app->session);
	app_finish(app);
	free(app);
}

static char *text_at(struct app *app, int width, int height)
{
	struct canvas *canvas = canvas_create(width, height, false);
	assert_non_null(canvas);
	app_draw(app, canvas);
	char *text = fixture_text(canvas);
	canvas_destroy(canvas);
	return text;
}

static char *text_of(struct app *app)
{
	return text_at(app, WIDTH, HEIGHT);
}

static void assert_shows(struct app *app, const char *part)
{
	char *text = text_of(app);
	if (!strstr(text, part))
		print_error("not shown: \"%s\" in\n%s", part, text);
	assert_non_null(strstr(text, part));
	free(text);
}

static void assert_hides(struct app *app, const char *part)
{
	char *text = text_of(app);
	assert_null(strstr(text, part));
	free(text);
}

static enum loop_next press(struct app *app, int key)
{
	struct tui_input input = {.key = key};
	return app_input(app, &input);
}

static void type(struct app *app, const char *text)
{
	for (; *text; text++)
		press(app, *text);
}

/* What stands between header and bottom line. */
static char *body_of(struct app *app)
{
	char *text = text_of(app), *first = strchr(text, '\n'), *last = text + strlen(text) - 1;
	assert_non_null(first);
	*last = '\0';
	*strrchr(text, '\n') = '\0';
	memmove(text, first + 1, strlen(first));
	return text;
}

/* --- time ----------------------------------------------------------------------------------- */

/* Somebody sets the machine's clock back by a day, while a trace is about to begin: nothing on the
   screen goes by it but the clock. */
static void a_clock_that_jumps_moves_nothing_but_itself(void **state)
{
	(void)state;
	struct app *app = app_of(30);
	press(app, 't');
	char *before = text_of(app);
	app_tell_time(app, app->now_ns, app->wall_ns - 86400 * NS_PER_S - 3600 * NS_PER_S);
	char *after = text_of(app);
	assert_string_not_equal(before, after);
	assert_string_equal(strchr(before, '\n'), strchr(after, '\n'));
	assert_non_null(strstr(after, " live "));
	assert_int_equal(app->panel.stage, PANEL_PROPOSED);
	free(before);
	free(after);
	/* What was read before and after lies on one axis. */
	struct snapshot *s = fixture_snapshot(&fixture_busy, 31);
	s->wall_ns -= 86400 * NS_PER_S;
	app_tell_time(app, FIXTURE_START_NS + 31 * NS_PER_S + NS_PER_MS, s->wall_ns);
	app_add(app, s);
	assert_shows(app, " live ");
	assert_int_equal(history_count(app->history), 31);
	done(app);
}

static void space_freezes_the_view_and_not_the_collection(void **state)
{
	(void)state;
	struct app *app = app_of(60);
	char *before = body_of(app);
	press(app, ' ');
	assert_shows(app, "paused, 0 s ago");
	feed(app, &fixture_busy, 61, 185);
	assert_shows(app, "paused, 2m 05s ago");
	char *after = body_of(app);
	assert_string_equal(after, before);
	press(app, ' ');
	assert_hides(app, "paused");
	assert_int_equal(history_count(app->history), 185);
	char *live = body_of(app);
	assert_string_not_equal(live, before);
	free(before);
	free(after);
	free(live);
	done(app);
}

/* Every view of a moment is what it was at that moment, and the clock too. */
static void the_past_looks_as_it_did_when_it_was_the_present(void **state)
{
	(void)state;
	for (size_t view = 0; view < views_count; view++) {
		struct app *then = app_of(100), *now = app_of(100);
		/* Live, at the very moment of the snapshot: that is where walking goes. */
		app_tell_time(then, FIXTURE_START_NS + 100 * NS_PER_S, WALL_NS + 100 * NS_PER_S);
		then->view = now->view = view;
		char *expected = body_of(then);
		feed(now, &fixture_busy, 101, 160);
		press(now, KEYMAP_LEFT);
		assert_int_equal(app_moment(now), FIXTURE_START_NS + 159 * NS_PER_S);
		app_line(now, "back 59s");
		assert_int_equal(app_moment(now), FIXTURE_START_NS + 100 * NS_PER_S);
		char *drawn = body_of(now);
		assert_string_equal(drawn, expected);
		free(drawn);
		free(expected);
		done(then);
		done(now);
	}
}

static void keys_walk_through_the_history(void **state)
{
	(void)state;
	struct app *app = app_of(300);
	static const struct {
		int key, second;
	} table[] = {
		{KEYMAP_LEFT, 299},
		{KEYMAP_LEFT, 298},
		{KEYMAP_RIGHT, 299},
		{'[', 289},
		{'{', 229},
		{']', 239},
		{KEYMAP_SHIFT_LEFT, 229},
		{'}', 289},
		{KEYMAP_HOME, 1},
		{KEYMAP_LEFT, 1},
		{'[', 1},
		{KEYMAP_RIGHT, 2},
		{'}', 62},
		{'}', 122},
		{KEYMAP_SHIFT_RIGHT, 132},
	};
	for (size_t i = 0; i < sizeof table / sizeof *table; i++) {
		press(app, table[i].key);
		assert_true(app->paused);
		assert_int_equal((app_moment(app) - FIXTURE_START_NS) / NS_PER_S, table[i].second);
	}
	for (int i = 0; i < 10; i++)
		press(app, '}');
	assert_int_equal((app_moment(app) - FIXTURE_START_NS) / NS_PER_S, 300);
	press(app, KEYMAP_END);
	assert_false(app->paused);
	done(app);
}

static void a_moment_that_leaves_the_history_moves_with_the_oldest(void **state)
{
	(void)state;
	struct app *app = app_of(10);
	press(app, KEYMAP_HOME);
	feed(app, &fixture_busy, 11, 700);
	assert_int_equal((app_moment(app) - FIXTURE_START_NS) / NS_PER_S, 100);
	assert_shows(app, "paused, 10m 00s ago");
	done(app);
}

static void time_keys_do_nothing_before_the_first_snapshot(void **state)
{
	(void)state;
	static const int key[] = {KEYMAP_LEFT, KEYMAP_RIGHT, '[', ']', KEYMAP_HOME, KEYMAP_END, ' '};
	struct app *app = app_of(0);
	tell_second(app, 1);
	for (size_t i = 0; i < sizeof key / sizeof *key; i++) {
		press(app, key[i]);
		assert_shows(app, "waiting for the first reading");
	}
	feed(app, &fixture_busy, 1, 3);
	assert_shows(app, "orders-api");
	done(app);
}

static void the_past_of_a_process_that_has_exited_was_live(void **state)
{
	(void)state;
	struct app *app = app_of(20);
	struct snapshot *last = fixture_snapshot(&fixture_busy, 21);
	last->state = TARGET_EXITED;
	tell_second(app, 21);
	app_add(app, last);
	assert_shows(app, "exited");
	press(app, KEYMAP_LEFT);
	assert_shows(app, "paused, 2 s ago");
	assert_hides(app, " old");
	done(app);
}

static void zoom_goes_through_its_steps_and_stops_at_the_ends(void **state)
{
	(void)state;
	struct app *app = app_of(5);
	for (int i = 0; i < 20; i++)
		press(app, 'z');
	assert_int_equal(app->span_ns, 15 * NS_PER_S);
	press(app, '>');
	assert_int_equal(app->span_ns, 30 * NS_PER_S);
	for (int i = 0; i < 20; i++)
		press(app, 'Z');
	assert_int_equal(app->span_ns, 600 * NS_PER_S);
	app_line(app, "span 45s");
	assert_int_equal(app->span_ns, 45 * NS_PER_S);
	app_line(app, "span 1h");
	assert_int_equal(app->span_ns, 45 * NS_PER_S);
	assert_shows(app, "span: that is 15s to 10m");
	done(app);
}

/* --- orders --------------------------------------------------------------------------------- */

static void plus_and_minus_order_another_interval(void **state)
{
	(void)state;
	struct app *app = app_of(5);
	press(app, '+');
	struct order order = session_take(app->session);
	assert_int_equal(order.kind, ORDER_INTERVAL);
	assert_int_equal(order.value, 2 * NS_PER_S);
	assert_shows(app, "a snapshot every 2 s");
	press(app, '-');
	press(app, '-');
	session_take(app->session);
	assert_int_equal(session_take(app->session).value, NS_PER_S / 2);
	app_line(app, "int 250ms");
	assert_int_equal(session_take(app->session).value, NS_PER_S / 4);
	app_line(app, "interval 1ms");
	assert_int_equal(session_take(app->session).kind, ORDER_NONE);
	assert_shows(app, "interval: that is 50ms to 1h");
	app_line(app, "interval soon");
	assert_shows(app, "interval: that takes a time");
	done(app);
}

static void a_process_that_took_over_is_offered_and_followed(void **state)
{
	(void)state;
	struct app *app = app_of(5);
	session_tell_successor(app->session, 5678);
	assert_hides(app, "5678");
	press(app, KEYMAP_ENTER);
	assert_int_equal(session_take(app->session).kind, ORDER_NONE);
	press(app, '1');
	struct snapshot *last = fixture_snapshot(&fixture_busy, 6);
	last->state = TARGET_EXITED;
	app_add(app, last);
	assert_shows(app, "it has exited; a new process 5678 of the same program runs: press Enter");
	char *text = text_at(app, 40, 10);
	assert_non_null(strstr(text, "exited; 5678 took over: Enter follows"));
	free(text);
	press(app, KEYMAP_ENTER);
	struct order order = session_take(app->session);
	assert_int_equal(order.kind, ORDER_FOLLOW);
	assert_int_equal(order.value, 5678);

	/* Its snapshots begin a history of their own. */
	press(app, ' ');
	for (int second = 10; second < 13; second++) {
		struct snapshot *s = fixture_snapshot(&fixture_busy, second);
		s->pid = 5678;
		tell_second(app, second);
		app_add(app, s);
	}
	assert_int_equal(history_count(app->history), 3);
	assert_shows(app, "orders-api 5678");
	assert_shows(app, " live ");
	done(app);
}

static void t_takes_a_trace_and_takes_it_back(void **state)
{
	(void)state;
	struct app *app = app_of(30);
	assert_int_equal(press(app, 't'), LOOP_DRAW);
	assert_shows(app, "A trace of 3 s begins in 2 s");
	assert_int_equal(press(app, KEYMAP_ENTER), LOOP_DRAW);
	struct order order = session_take(app->session);
	assert_int_equal(order.kind, ORDER_CAPTURE);
	assert_int_equal(order.value, 3 * NS_PER_S);
	/* Other keys work on beside it. */
	press(app, ' ');
	assert_true(app->paused);
	press(app, 't');
	assert_int_equal(session_take(app->session).kind, ORDER_CANCEL);
	struct capture_state over = {.phase = CAPTURE_CANCELLED};
	session_tell_capture(app->session, &over);
	assert_true(app_tick(app));
	assert_shows(app, "cancelled");
	assert_true(app->paused);
	press(app, KEYMAP_ESCAPE);
	assert_hides(app, "cancelled");
	type(app, ":trace 31s");
	press(app, KEYMAP_ENTER);
	assert_shows(app, "1s to 30s");
	type(app, ":trace 10");
	press(app, KEYMAP_ENTER);
	assert_shows(app, "A trace of 10 s");
	done(app);
}

/* The panel measures the present while the past is on the screen. */
static void a_trace_is_judged_by_the_present(void **state)
{
	(void)state;
	struct app *app = app_of(30);
	press(app, KEYMAP_HOME);
	assert_true(app->paused);
	int64_t moment_ns = app->moment_ns;
	press(app, 't');
	assert_int_equal(app->panel.cost.basis, TRACE_BASIS_STARTS);
	assert_int_equal(app->moment_ns, moment_ns);
	assert_int_equal(history_get(app->history, 0)->monotonic_ns, moment_ns);
	done(app);
}

static void an_order_that_failed_is_told_in_its_sentence(void **state)
{
	(void)state;
	struct app *app = app_of(30);
	session_tell_trouble(app->session, "process 8 is not a Go program");
	app_tick(app);
	assert_shows(app, "process 8 is not a Go program");
	done(app);
}

static void without_a_session_orders_are_refused_in_words(void **state)
{
	(void)state;
	struct app *app = app_of(3);
	session_destroy(app->session);
	app->session = NULL;
	press(app, '+');
	assert_shows(app, "this is a recording: its interval is what it was");
	app_line(app, "follow 17");
	assert_shows(app, "this is a recording, of one process");
	done(app);
}

static enum status take_theme(const char *name, void *arg, struct error *error)
{
	if (strcmp(name, "light") != 0)
		return error_set(error, STATUS_NO_TARGET, "there is no theme '%s'", name);
	*(bool *)arg = true;
	return STATUS_OK;
}

static void another_theme_is_taken_by_its_name(void **state)
{
	(void)state;
	bool taken = false;
	struct app *app = app_of(3);
	app_line(app, "theme light");
	assert_shows(app, "theme: there are no others here");
	app->use_theme = take_theme;
	app->arg = &taken;
	app_line(app, "theme");
	assert_shows(app, "theme: that takes a name");
	app_line(app, "theme pink");
	assert_shows(app, "there is no theme 'pink'");
	assert_false(taken);
	assert_int_equal(app_line(app, "theme light"), LOOP_REDRAW);
	assert_true(taken);
	done(app);
}

/* --- help and the line ---------------------------------------------------------------------- */

static void help_lists_every_key_of_the_view_and_every_command(void **state)
{
	(void)state;
	for (size_t view = 0; view < views_count; view++) {
		struct app *app = app_of(3);
		app->view = view;
		press(app, '?');
		char *text = text_at(app, 120, 120);
		enum context context = views[view]->context;
		for (const struct binding *b = app->keys->row; b->command; b++) {
			char names[64], row[160];
			if (!(b->contexts & context) || keymap_is_alias(app->keys, b, context))
				continue;
			const char *help = b->help ? b->help : command_info[b->command].help;
			if (b->command == COMMAND_VIEW) {
				size_t number = (size_t)(b->argument[0] - '0');
				help = number <= views_count ? views[number - 1]->name : NULL;
			}
			keymap_names(names, sizeof names, app->keys, b, context, false);
			snprintf(row, sizeof row, "   %s", names);
			if (help)
				assert_non_null(strstr(text, row));
			if (help)
				assert_non_null(strstr(text, help));
		}
		for (int i = COMMAND_NONE + 1; i < COMMAND_COUNT; i++)
			if (command_info[i].screens & COMMAND_LIVE)
				assert_non_null(strstr(text, command_info[i].help));
		assert_non_null(strstr(text, views[view]->name));
		free(text);
		press(app, KEYMAP_ESCAPE);
		assert_false(app->help);
		done(app);
	}
}

static void help_scrolls_and_leaves_the_view_alone(void **state)
{
	(void)state;
	struct app *app = app_of(3);
	press(app, KEYMAP_F1);
	char *text = text_at(app, 40, 10);
	assert_non_null(strstr(text, "Keys of"));
	free(text);
	press(app, 'G');
	text = text_at(app, 40, 10);
	assert_null(strstr(text, "Keys of"));
	assert_non_null(strstr(text, "follow"));
	free(text);
	assert_int_equal(press(app, 'q'), LOOP_DRAW);
	assert_int_equal(press(app, 'q'), LOOP_END);
	done(app);
}

static void a_line_runs_a_command_and_is_brought_back_by_up(void **state)
{
	(void)state;
	struct app *app = app_of(30);
	press(app, ':');
	type(app, "back 10s");
	assert_shows(app, " :back 10s");
	press(app, KEYMAP_ENTER);
	assert_int_equal((app_moment(app) - FIXTURE_START_NS) / NS_PER_S, 20);
	press(app, ':');
	press(app, KEYMAP_UP);
	press(app, KEYMAP_ENTER);
	assert_int_equal((app_moment(app) - FIXTURE_START_NS) / NS_PER_S, 10);
	type(app, ":live");
	press(app, KEYMAP_ENTER);
	assert_false(app->paused);
	type(app, ":nonsense");
	assert_int_equal(press(app, KEYMAP_ENTER), LOOP_DRAW);
	assert_shows(app, "there is no command \"nonsense\"");
	type(app, ":pause now");
	press(app, KEYMAP_ENTER);
	assert_shows(app, "pause: nothing may follow");
	assert_false(app->paused);
	type(app, ":q");
	assert_int_equal(press(app, KEYMAP_ENTER), LOOP_END);
	done(app);
}

static enum status note_path(const char *path, void *arg, struct error *error)
{
	snprintf(arg, 64, "%s", path);
	return strcmp(path, "gone.trace") == 0
	           ? error_set(error, STATUS_NO_TARGET, "gone.trace can't be opened")
	           : STATUS_OK;
}

static void enter_opens_a_trace_that_was_taken(void **state)
{
	(void)state;
	char opened[64] = "";
	struct app *app = app_of(2);
	app_line(app, "open x.trace");
	assert_shows(app, "no trace can be shown here");
	app->open_trace = note_path;
	app->arg = opened;
	app->panel.can_open = true;
	app_line(app, "open");
	assert_shows(app, "none was taken yet");

	press(app, 't');
	press(app, KEYMAP_ENTER);
	assert_string_equal(opened, ""); /* it only began */
	struct capture_state taken = {.phase = CAPTURE_DONE, .path = "gone.trace"};
	session_tell_capture(app->session, &taken);
	app_tick(app);
	assert_shows(app, "Enter opens it");
	press(app, KEYMAP_ENTER);
	assert_shows(app, "gone.trace can't be opened");
	assert_int_equal(app->panel.stage, PANEL_ENDED);

	strcpy(taken.path, "new.trace");
	session_tell_capture(app->session, &taken);
	app->panel.capture = app->panel.last = taken;
	press(app, KEYMAP_ENTER);
	assert_string_equal(opened, "new.trace");
	assert_int_equal(app->panel.stage, PANEL_CLOSED);
	opened[0] = '\0';
	app_line(app, "open");
	assert_string_equal(opened, "new.trace");
	app_line(app, "open other.trace");
	assert_string_equal(opened, "other.trace");
	done(app);
}

static void tab_completes_as_far_as_it_is_clear(void **state)
{
	(void)state;
	static const struct {
		const char *typed, *completed;
	} table[] = {
		{"int", "interval "}, {"fo", "fo"},
		{"pau", "pause"},     {"view ove", "view Overview"},
		{"xyz", "xyz"},       {"xyz abc", "xyz abc"},
		{"s", "s"}, /* sort, span */
	};
	struct app *app = app_of(1);
	for (size_t i = 0; i < sizeof table / sizeof *table; i++) {
		struct prompt line = {0};
		prompt_open(&line, ':', table[i].typed);
		struct command_names names = app_names(app);
		command_line_complete(&names, &line);
		assert_string_equal(line.text, table[i].completed);
	}
	type(app, ":fo");
	assert_shows(app, "forward  follow");
	press(app, 'l');
	assert_shows(app, "[PID]  Watch this process instead");
	done(app);
}

static size_t themes(char name[][THEME_NAME_MAX], size_t max)
{
	static const char *const some[] = {"dark", "light", "lightning", "my-own"};
	size_t n = 0;
	for (; n < sizeof some / sizeof *some && n < max; n++)
		snprintf(name[n], THEME_NAME_MAX, "%s", some[n]);
	return n;
}

static void the_names_of_themes_are_completed_and_listed(void **state)
{
	(void)state;
	struct app *app = app_of(1);
	app->list_themes = themes;
	type(app, ":theme ");
	assert_shows(app, "dark  light  lightning  my-own");
	type(app, "m");
	press(app, KEYMAP_TAB);
	assert_string_equal(app->prompt.text, "theme my-own");
	press(app, 'U' & 0x1f);
	type(app, "theme l");
	press(app, KEYMAP_TAB);
	assert_string_equal(app->prompt.text, "theme light"); /* and lightning */
	done(app);
}

static void processes_to_follow_are_looked_for_and_completed(void **state)
{
	(void)state;
	static const struct process_name found[] = {{4321, "orders-api"}, {4400, "worker"}};
	struct app *app = app_of(1);
	press(app, ':');
	assert_int_equal(session_take(app->session).kind, ORDER_PROCESSES);
	type(app, "follow ");
	assert_shows(app, "Watch this process instead");
	session_tell_processes(app->session, found, 2);
	assert_shows(app, "4321 orders-api  4400 worker");
	press(app, KEYMAP_TAB);
	assert_string_equal(app->prompt.text, "follow 4");
	type(app, "4");
	press(app, KEYMAP_TAB);
	assert_string_equal(app->prompt.text, "follow 4400");
	press(app, KEYMAP_ENTER);
	struct order order = session_take(app->session);
	assert_int_equal(order.kind, ORDER_FOLLOW);
	assert_int_equal(order.value, 4400);
	done(app);
}

static void an_instance_of_a_fleet_says_so_in_its_first_line(void **state)
{
	(void)state;
	struct app *app = app_of(3);
	assert_hides(app, "fleet");
	app->inside = "fleet";
	assert_shows(app, " fleet › orders-api 4321 · go1");
	assert_int_equal(press(app, KEYMAP_ESCAPE), LOOP_END);
	done(app);
}

static void a_line_is_edited_by_characters(void **state)
{
	(void)state;
	struct prompt p = {0};
	prompt_open(&p, '/', "");
	static const int keys[] = {'a', 0xe9, 0x65e5, KEYMAP_LEFT, KEYMAP_LEFT, 'b', KEYMAP_DELETE};
	for (size_t i = 0; i < sizeof keys / sizeof *keys; i++)
		prompt_key(&p, keys[i]);
	assert_string_equal(p.text, "ab日");
	prompt_key(&p, KEYMAP_END);
	prompt_key(&p, KEYMAP_BACKSPACE);
	assert_string_equal(p.text, "ab");
	for (int i = 0; i < 100; i++)
		prompt_key(&p, 0x65e5);
	assert_true(strlen(p.text) < sizeof p.text);
	prompt_key(&p, 'U' & 0x1f);
	assert_string_equal(p.text, "");
	assert_int_equal(prompt_key(&p, KEYMAP_F1), PROMPT_NOTHING);
	assert_int_equal(prompt_key(&p, 0x85), PROMPT_NOTHING);
	assert_int_equal(prompt_key(&p, KEYMAP_BACKSPACE), PROMPT_CLOSED);
	assert_int_equal(p.lead, 0);
}

/* --- views and the mouse -------------------------------------------------------------------- */

static void digits_tab_and_names_show_the_views(void **state)
{
	(void)state;
	struct app *app = app_of(3);
	for (size_t i = 0; i < views_count; i++) {
		press(app, '1' + (int)i);
		assert_int_equal(app->view, i);
		press(app, KEYMAP_TAB);
		assert_int_equal(app->view, (i + 1) % views_count);
		press(app, KEYMAP_SHIFT_TAB);
		assert_int_equal(app->view, i);
		app->view = 0;
		char line[64];
		snprintf(line, sizeof line, "view %s", views[i]->name);
		app_line(app, line);
		assert_int_equal(app->view, i);
	}
	app->view = 0;
	press(app, '9');
	assert_int_equal(app->view, 0);
	app_line(app, "view nowhere");
	assert_shows(app, "view: there is no such view");
	done(app);
}

/* Wherever a tab's number stands on the bottom line, a click there shows its view. */
static void a_click_on_a_tab_shows_its_view(void **state)
{
	(void)state;
	struct app *app = app_of(3);
	static const int width[] = {40, 80, 120, 200};
	for (size_t w = 0; views_count > 1 && w < sizeof width / sizeof *width; w++)
		for (size_t i = 0; i < views_count; i++) {
			app->view = (i + 1) % views_count;
			char *text = text_at(app, width[w], 24), number[24];
			*strrchr(text, '\n') = '\0';
			char *foot = strrchr(text, '\n') + 1;
			snprintf(number, sizeof number, " %zu ", i + 1);
			assert_non_null(strstr(foot, number));
			struct tui_input input = {KEYMAP_CLICK, (int)(strstr(foot, number) - foot) + 1, 23};
			free(text);
			app_input(app, &input);
			assert_int_equal(app->view, i);
		}
	done(app);
}

static void inputs_at_random_never_break_the_picture(void **state)
{
	(void)state;
	static const int special[] = {
		KEYMAP_UP,    KEYMAP_DOWN,   KEYMAP_LEFT,      KEYMAP_RIGHT,      KEYMAP_PAGE_UP,
		KEYMAP_HOME,  KEYMAP_END,    KEYMAP_TAB,       KEYMAP_SHIFT_TAB,  KEYMAP_ENTER,
		KEYMAP_F1,    KEYMAP_ESCAPE, KEYMAP_BACKSPACE, KEYMAP_PAGE_DOWN,  KEYMAP_CLICK,
		KEYMAP_CLICK, KEYMAP_CLICK,  KEYMAP_WHEEL_UP,  KEYMAP_WHEEL_DOWN,
	};
	struct app *app = app_of(30);
	uint64_t dice = 12345;
	for (int i = 0; i < 4000; i++) {
		dice = dice * UINT64_C(6364136223846793005) + 1442695040888963407U;
		unsigned roll = (unsigned)(dice >> 33);
		struct tui_input input = {.x = (int)(roll >> 8 & 127) - 3, .y = (int)(roll >> 16 & 63) - 3};
		input.key = roll & 1 ? special[(roll >> 1) % (sizeof special / sizeof *special)]
		                     : ' ' + (int)(roll >> 1) % 95;
		app_input(app, &input);
		if (i % 37 == 0)
			feed(app, &fixture_busy, 31 + i / 37, 31 + i / 37);
		if (i % 3 == 0) {
			char *text = text_at(app, 40 + (int)(roll % 100), 10 + (int)(roll % 40));
			assert_non_null(text);
			free(text);
		}
	}
	done(app);
}

static void leaving_asks_once_when_it_does_more_than_leave(void **state)
{
	(void)state;
	struct app *app = app_of(10);
	assert_int_equal(press(app, 'q'), LOOP_END);
	app->quit_warning = "this ends the program too";
	assert_int_equal(press(app, 'q'), LOOP_DRAW);
	char *text = text_of(app);
	assert_non_null(strstr(text, "this ends the program too"));
	free(text);
	assert_int_equal(press(app, 'q'), LOOP_END);
	/* Who comes back to it later is asked again. */
	tell_second(app, 60);
	assert_int_equal(press(app, 'q'), LOOP_DRAW);
	app->state = TARGET_EXITED; /* nothing is left to be ended */
	tell_second(app, 120);
	assert_int_equal(press(app, 'q'), LOOP_END);
	done(app);
}

/* It has the same number, and nothing of it may be compared with what went before. */
static void a_program_that_took_over_in_the_same_process_begins_a_new_history(void **state)
{
	(void)state;
	struct app *app = app_of(10);
	struct snapshot *last = fixture_snapshot(&fixture_busy, 11);
	last->state = TARGET_EXITED;
	tell_second(app, 11);
	pid_t pid = last->pid;
	app_add(app, last);
	session_tell_successor(app->session, pid);
	char *text = text_of(app);
	assert_non_null(strstr(text, "has executed a new program: press Enter to follow"));
	free(text);
	feed(app, &fixture_busy, 12, 13);
	assert_int_equal(history_count(app->history), 2);
	assert_int_equal(app->state, TARGET_LIVE);
	done(app);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(leaving_asks_once_when_it_does_more_than_leave),
		cmocka_unit_test(a_program_that_took_over_in_the_same_process_begins_a_new_history),
		cmocka_unit_test(a_clock_that_jumps_moves_nothing_but_itself),
		cmocka_unit_test(space_freezes_the_view_and_not_the_collection),
		cmocka_unit_test(the_past_looks_as_it_did_when_it_was_the_present),
		cmocka_unit_test(keys_walk_through_the_history),
		cmocka_unit_test(a_moment_that_leaves_the_history_moves_with_the_oldest),
		cmocka_unit_test(time_keys_do_nothing_before_the_first_snapshot),
		cmocka_unit_test(the_past_of_a_process_that_has_exited_was_live),
		cmocka_unit_test(zoom_goes_through_its_steps_and_stops_at_the_ends),
		cmocka_unit_test(plus_and_minus_order_another_interval),
		cmocka_unit_test(a_process_that_took_over_is_offered_and_followed),
		cmocka_unit_test(t_takes_a_trace_and_takes_it_back),
		cmocka_unit_test(a_trace_is_judged_by_the_present),
		cmocka_unit_test(an_order_that_failed_is_told_in_its_sentence),
		cmocka_unit_test(without_a_session_orders_are_refused_in_words),
		cmocka_unit_test(another_theme_is_taken_by_its_name),
		cmocka_unit_test(help_lists_every_key_of_the_view_and_every_command),
		cmocka_unit_test(help_scrolls_and_leaves_the_view_alone),
		cmocka_unit_test(a_line_runs_a_command_and_is_brought_back_by_up),
		cmocka_unit_test(enter_opens_a_trace_that_was_taken),
		cmocka_unit_test(tab_completes_as_far_as_it_is_clear),
		cmocka_unit_test(the_names_of_themes_are_completed_and_listed),
		cmocka_unit_test(processes_to_follow_are_looked_for_and_completed),
		cmocka_unit_test(an_instance_of_a_fleet_says_so_in_its_first_line),
		cmocka_unit_test(a_line_is_edited_by_characters),
		cmocka_unit_test(digits_tab_and_names_show_the_views),
		cmocka_unit_test(a_click_on_a_tab_shows_its_view),
		cmocka_unit_test(inputs_at_random_never_break_the_picture),
	};
	setlocale(LC_CTYPE, "C.UTF-8");
	return cmocka_run_group_tests_name("app", tests, NULL, NULL);
}
