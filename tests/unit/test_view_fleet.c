/*
 * The screen of a fleet: its pictures, what keys do to it, and what holds at every size.
 */
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <setjmp.h>

#include <cmocka.h>

#include "tui/view_fleet.h"

#include <locale.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "tests/unit/tui_fixture.h"
#include "util/clock.h"

#define NOW_NS          (1000 * NS_PER_S)
#define WALL_NS         (1790000000 * NS_PER_S)
#define COUNT_OF(array) (sizeof(array) / sizeof *(array))

static const struct siphash_key id_key = {{3, 3}};

struct world {
	struct fleet_board *board;
	struct fleet_view view;
};

static void set(struct fleet_instance *instance, enum fleet_metric metric, double value)
{
	fleet_set(instance, metric, value, value);
}

/* Ranges as the buckets of client_golang: powers of ten. */
static void set_bucket(struct fleet_instance *instance, enum fleet_metric metric, double ns)
{
	double lo = pow(10, floor(log10(ns)));
	fleet_set(instance, metric, lo, 10 * lo);
}

static void fill(struct fleet_instance *instance, int i)
{
	bool bad = i % 20 == 7;
	instance->state = i % 25 == 3 ? FLEET_DOWN : i % 40 == 9 ? FLEET_STALE : FLEET_UP;
	instance->scraped_ns = WALL_NS - 9 * NS_PER_S;
	snprintf(instance->version, sizeof instance->version, "go1.26.%d", i % 3);
	set(instance, FLEET_PROCS, 8);
	set(instance, FLEET_CORES, bad ? 7.9 : 2.5 + i % 5 * 0.1);
	set(instance, FLEET_GOROUTINES, bad ? 43000 : 1200 + i % 7);
	set_bucket(instance, FLEET_WAIT_P50, 3e3);
	set_bucket(instance, FLEET_WAIT_P99, bad ? 3e7 : 3e5);
	if (i % 3)
		set_bucket(instance, FLEET_PAUSE_P99, 3e5);
	else
		fleet_set(instance, FLEET_PAUSE_P99, -INFINITY, 472e3);
	set(instance, FLEET_HEAP, (64 << 20) + i * 1000);
	set(instance, FLEET_RSS, (128 << 20) + i * 1000);
	set(instance, FLEET_THREADS, 14);
	set(instance, FLEET_UPTIME, 3e14 + i * 1e9);
}

static struct fleet *make_fleet(int n)
{
	struct fleet *fleet = fleet_create();
	fleet->monotonic_ns = NOW_NS - 4 * NS_PER_S;
	fleet->wall_ns = WALL_NS;
	fleet->took_ns = 40 * NS_PER_MS;
	fleet->window_ns = 60 * NS_PER_S;
	fleet->whole = true;
	for (int i = 0; i < n; i++) {
		char name[32];
		snprintf(name, sizeof name, "10.0.%d.%d:8080", i / 200, i % 200);
		const struct fleet_labels labels = {name, i % 2 ? "api" : "orders", ""};
		struct fleet_instance *instance = fleet_find(fleet, fleet_id(&id_key, &labels), &labels);
		assert_non_null(instance);
		fill(instance, i);
	}
	assert_int_equal(fleet_finish(fleet), STATUS_OK);
	return fleet;
}

static void open_world(struct world *w, int n)
{
	w->board = fleet_board_create();
	assert_non_null(w->board);
	fleet_view_init(&w->view, w->board);
	w->view.server = "http://prometheus:9090";
	w->view.match = "{job=~\"api|orders\"}";
	w->view.interval_ns = 10 * NS_PER_S;
	fleet_view_tell_time(&w->view, NOW_NS, WALL_NS);
	if (n >= 0)
		fleet_board_publish(w->board, make_fleet(n));
	fleet_view_wake(&w->view);
}

static void close_world(struct world *w)
{
	fleet_view_finish(&w->view);
	fleet_board_close(w->board);
	fleet_board_destroy(w->board);
}

/* What was wished for: a wave, of another phase for each row. */
static void draw_waves(struct world *w)
{
	struct fleet_wish wish;
	bool fresh;
	assert_true(fleet_board_wait(w->board, 0, &wish, &fresh));
	struct fleet_trends *trends = calloc(1, sizeof *trends);
	*trends = (struct fleet_trends){.n = wish.n,
	                                .points = wish.points,
	                                .metric = wish.metric,
	                                .span_ns = wish.span_ns,
	                                .wall_ns = WALL_NS,
	                                .value = calloc(wish.n * wish.points + 1, sizeof(double))};
	memcpy(trends->id, wish.id, sizeof wish.id);
	for (size_t i = 0; i < wish.n; i++)
		for (size_t k = 0; k < wish.points; k++)
			trends->value[i * wish.points + k] =
				k < wish.points / 5 ? NAN : 0.4 + 0.3 * sin((double)k / 5 + (double)i);
	fleet_board_publish_trends(w->board, trends);
	fleet_view_wake(&w->view);
}

static struct canvas *drawn(struct world *w, int width, int height, bool ascii)
{
	struct canvas *canvas = canvas_create(width, height, ascii);
	assert_non_null(canvas);
	fleet_view_draw(canvas, &w->view);
	return canvas;
}

static char *text_of(struct world *w, int width, int height, bool ascii)
{
	struct canvas *canvas = drawn(w, width, height, ascii);
	char *text = fixture_text(canvas);
	canvas_destroy(canvas);
	return text;
}

static void press(struct world *w, int key)
{
	fleet_view_input(&(struct tui_input){.key = key}, &w->view);
}

/* --- pictures --------------------------------------------------------------------------------- */

static void pictures_equal_their_goldens(void **state)
{
	(void)state;
	static const struct {
		const char *name;
		int width, height;
		bool ascii;
		int n;
	} table[] = {
		{"fleet-80x24", 80, 24, false, 60},    {"fleet-80x24-ascii", 80, 24, true, 60},
		{"fleet-120x40", 120, 40, false, 60},  {"fleet-160x50", 160, 50, false, 60},
		{"fleet-few-80x24", 80, 24, false, 3},
	};
	for (size_t i = 0; i < COUNT_OF(table); i++) {
		struct world w;
		open_world(&w, table[i].n);
		free(text_of(&w, table[i].width, table[i].height, table[i].ascii));
		draw_waves(&w);
		char *text = text_of(&w, table[i].width, table[i].height, table[i].ascii);
		assert_true(fixture_is_golden(table[i].name, text));
		free(text);
		close_world(&w);
	}
}

static void nothing_overlaps_at_any_size(void **state)
{
	(void)state;
	static const int widths[] = {40, 41, 57, 60, 79, 80, 99, 100, 119, 120, 160, 200, 300};
	static const int heights[] = {10, 11, 24, 50, 100};
	static const int fleets[] = {-1, 0, 1, 3, 60, 300};
	for (size_t f = 0; f < COUNT_OF(fleets); f++) {
		struct world w;
		open_world(&w, fleets[f]);
		for (size_t i = 0; i < COUNT_OF(widths) * COUNT_OF(heights); i++) {
			int width = widths[i % COUNT_OF(widths)], height = heights[i / COUNT_OF(widths)];
			struct canvas *canvas = drawn(&w, width, height, i % 2);
			assert_int_equal(canvas->overdrawn, 0);
			char *text = fixture_text(canvas);
			fixture_shows(text, "fleet");
			fixture_shows(text, "q quit");
			free(text);
			canvas_destroy(canvas);
		}
		close_world(&w);
	}
}

/* --- keys and news ---------------------------------------------------------------------------- */

static const char *selected(struct world *w)
{
	const struct fleet_view *view = &w->view;
	return view->fleet->instance[view->shown[view->place.selected]].name;
}

static void who_needs_attention_stands_first(void **state)
{
	(void)state;
	struct world w;
	open_world(&w, 60);
	char *text = text_of(&w, 80, 24, false);
	const char *down = strstr(text, " down "), *stale = strstr(strstr(text, "median"), " stale "),
			   *high = strstr(strstr(text, "median"), "▲"),
			   *up = strstr(strstr(text, "median"), " up ");
	assert_true(down && stale && high && up);
	assert_true(stale < high);
	assert_true(strstr(text, "10.0.0.3:8080") < stale);
	free(text);
	close_world(&w);
}

static void the_selection_follows_its_instance(void **state)
{
	(void)state;
	struct world w;
	open_world(&w, 60);
	free(text_of(&w, 80, 24, false));
	for (int i = 0; i < 9; i++)
		press(&w, KEYMAP_DOWN);
	free(text_of(&w, 80, 24, false));
	char before[64];
	snprintf(before, sizeof before, "%s", selected(&w));
	for (int i = 0; i < FLEET_METRICS; i++) {
		press(&w, 's');
		free(text_of(&w, 160, 24, false));
		assert_string_equal(selected(&w), before);
	}
	press(&w, 'S');
	fleet_board_publish(w.board, make_fleet(300));
	fleet_view_wake(&w.view);
	free(text_of(&w, 80, 24, false));
	assert_string_equal(selected(&w), before);
	close_world(&w);
}

static bool one_setting(size_t i, struct setup_item *to, void *arg)
{
	(void)arg;
	*to = (struct setup_item){.name = "theme", .text = "The colours.", .origin = "default"};
	return i == 0;
}

static void settings_are_there_as_on_every_screen(void **state)
{
	(void)state;
	struct world w;
	static const struct setup_source source = {.item = one_setting};
	struct means means = means_default;
	open_world(&w, 3);
	press(&w, KEYMAP_F2);
	char *text = text_of(&w, 80, 24, false);
	fixture_shows(text, "there is no file of settings here");
	free(text);
	means.setup = &source;
	fleet_view_set_means(&w.view, &means);
	press(&w, KEYMAP_F2);
	text = text_of(&w, 80, 24, false);
	fixture_shows(text, "SETTING");
	fixture_shows(text, "theme");
	free(text);
	press(&w, KEYMAP_ESCAPE);
	text = text_of(&w, 80, 24, false);
	fixture_shows(text, "3 instances");
	free(text);
	close_world(&w);
}

static void the_wheel_moves_what_is_shown(void **state)
{
	(void)state;
	struct world w;
	open_world(&w, 60);
	free(text_of(&w, 80, 24, false));
	press(&w, KEYMAP_WHEEL_DOWN);
	assert_int_equal(w.view.place.selected, 3);
	press(&w, '?');
	free(text_of(&w, 80, 10, false));
	press(&w, KEYMAP_WHEEL_DOWN);
	assert_int_equal(w.view.help_place.top, 3);
	assert_int_equal(w.view.place.selected, 3);
	close_world(&w);
}

static void a_filter_shows_some_and_esc_all(void **state)
{
	(void)state;
	struct world w;
	open_world(&w, 60);
	press(&w, '\\');
	for (const char *key = "10.0.0.12:"; *key; key++)
		press(&w, *key);
	press(&w, KEYMAP_ENTER);
	char *text = text_of(&w, 80, 24, false);
	assert_int_equal(w.view.place.rows, 1);
	fixture_shows(text, "1 with \"10.0.0.12:\"");
	free(text);
	press(&w, KEYMAP_ESCAPE);
	free(text_of(&w, 80, 24, false));
	assert_int_equal(w.view.place.rows, 60);
	close_world(&w);
}

static void trends_are_wished_for_the_rows_on_the_screen_alone(void **state)
{
	(void)state;
	struct world w;
	struct fleet_wish wish;
	bool fresh;
	open_world(&w, 300);
	free(text_of(&w, 120, 24, false));
	assert_true(fleet_board_wait(w.board, 0, &wish, &fresh));
	assert_true(fresh);
	assert_int_equal(wish.n, 24 - 6);
	assert_int_equal(wish.metric, FLEET_CPU);
	assert_true(wish.span_ns == 3600 * NS_PER_S);
	free(text_of(&w, 120, 24, false));
	assert_true(fleet_board_wait(w.board, 0, &wish, &fresh));
	assert_false(fresh);
	press(&w, 'Z');
	press(&w, 'G');
	free(text_of(&w, 120, 24, false));
	assert_true(fleet_board_wait(w.board, 0, &wish, &fresh));
	assert_true(fresh);
	assert_true(wish.span_ns == 21600 * NS_PER_S);
	close_world(&w);
}

static void what_is_wrong_is_said(void **state)
{
	(void)state;
	struct world w;
	open_world(&w, -1);
	char *text = text_of(&w, 80, 24, false);
	fixture_shows(text, "asking http://prometheus:9090");
	free(text);
	fleet_board_tell(w.board, "http://prometheus:9090 does not answer");
	fleet_view_wake(&w.view);
	text = text_of(&w, 80, 24, false);
	fixture_shows(text, "does not answer");
	free(text);
	struct fleet *fleet = make_fleet(3);
	snprintf(fleet->warning, sizeof fleet->warning, "one store is gone");
	fleet_board_publish(w.board, fleet);
	fleet_board_tell(w.board, "");
	fleet_view_wake(&w.view);
	text = text_of(&w, 80, 24, false);
	fixture_shows(text, "the server warns: one store is gone");
	fixture_shows(text, "4 s old");
	free(text);
	close_world(&w);
}

static void what_nobody_exports_is_said_with_its_remedy(void **state)
{
	(void)state;
	struct world w;
	open_world(&w, -1);
	struct fleet *fleet = fleet_create();
	const struct fleet_labels labels = {"a:1", "api", ""};
	fleet->whole = true;
	struct fleet_instance *instance = fleet_find(fleet, 1, &labels);
	instance->state = FLEET_UP;
	set(instance, FLEET_CORES, 1);
	set(instance, FLEET_PROCS, 4);
	set(instance, FLEET_GOROUTINES, 9);
	assert_int_equal(fleet_finish(fleet), STATUS_OK);
	fleet_board_publish(w.board, fleet);
	fleet_view_wake(&w.view);
	char *text = text_of(&w, 160, 24, false);
	fixture_shows(text, "nobody exports go_sched_latencies_seconds: ");
	fixture_shows(text, "WithGoCollectorRuntimeMetrics");
	free(text);
	close_world(&w);
}

static void enter_asks_for_a_way_and_says_when_there_is_none(void **state)
{
	(void)state;
	struct world w;
	struct fleet_target target;
	open_world(&w, 3);
	free(text_of(&w, 80, 24, false));
	press(&w, KEYMAP_ENTER);
	assert_true(fleet_board_wait_target(w.board, &target));
	assert_string_equal(target.name, selected(&w));
	fleet_board_answer(w.board, FLEET_REFUSED, "10.0.0.2 is not on this machine");
	fleet_view_wake(&w.view);
	char *text = text_of(&w, 80, 24, false);
	fixture_shows(text, "10.0.0.2 is not on this machine");
	free(text);
	assert_false(w.view.opened);
	press(&w, KEYMAP_ENTER);
	assert_true(fleet_board_wait_target(w.board, &target));
	fleet_board_answer(w.board, FLEET_OPENED, "");
	fleet_view_wake(&w.view);
	assert_true(w.view.opened);
	close_world(&w);
}

/* News may come between the picture and the key: after them the same row is another instance, or
   none. */
static void enter_is_about_the_instance_that_was_seen(void **state)
{
	(void)state;
	struct world w;
	struct fleet_target target;
	char seen[64];
	open_world(&w, 3);
	free(text_of(&w, 80, 24, false));
	press(&w, KEYMAP_END);
	free(text_of(&w, 80, 24, false));
	snprintf(seen, sizeof seen, "%s", selected(&w));
	struct fleet *fleet = make_fleet(300), *few = fleet_create();
	for (size_t i = 0; i < fleet->n; i++) {
		const struct fleet_instance *instance = &fleet->instance[i];
		const struct fleet_labels labels = {instance->name, instance->job, instance->more};
		if (strcmp(instance->name, seen) == 0)
			assert_non_null(fleet_find(few, instance->id, &labels));
	}
	fleet_unref(fleet);
	assert_int_equal(few->n, 1);
	assert_int_equal(fleet_finish(few), STATUS_OK);
	fleet_board_publish(w.board, few);
	fleet_view_wake(&w.view);
	press(&w, KEYMAP_ENTER);
	assert_true(fleet_board_wait_target(w.board, &target));
	assert_string_equal(target.name, seen);
	fleet_board_publish(w.board, make_fleet(0));
	fleet_view_wake(&w.view);
	w.view.opening = false;
	press(&w, KEYMAP_ENTER);
	assert_false(w.view.opening);
	close_world(&w);
}

static void help_says_what_the_columns_mean(void **state)
{
	(void)state;
	struct world w;
	open_world(&w, 3);
	free(text_of(&w, 160, 50, false));
	press(&w, '?');
	char *text = text_of(&w, 160, 50, false);
	fixture_shows(text, "Keys of the fleet");
	fixture_shows(text, "What is in the columns");
	fixture_shows(text, "Share of GOMAXPROCS that is used.");
	assert_non_null(strstr(text, "Commands after"));
	free(text);
	press(&w, 'q');
	assert_false(w.view.help);
	close_world(&w);
}

int main(void)
{
	setlocale(LC_CTYPE, "C.UTF-8");
	setenv("TZ", "UTC", 1);
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(pictures_equal_their_goldens),
		cmocka_unit_test(nothing_overlaps_at_any_size),
		cmocka_unit_test(who_needs_attention_stands_first),
		cmocka_unit_test(the_selection_follows_its_instance),
		cmocka_unit_test(settings_are_there_as_on_every_screen),
		cmocka_unit_test(the_wheel_moves_what_is_shown),
		cmocka_unit_test(a_filter_shows_some_and_esc_all),
		cmocka_unit_test(trends_are_wished_for_the_rows_on_the_screen_alone),
		cmocka_unit_test(what_is_wrong_is_said),
		cmocka_unit_test(what_nobody_exports_is_said_with_its_remedy),
		cmocka_unit_test(enter_asks_for_a_way_and_says_when_there_is_none),
		cmocka_unit_test(enter_is_about_the_instance_that_was_seen),
		cmocka_unit_test(help_says_what_the_columns_mean),
	};
	return cmocka_run_group_tests_name("view_fleet", tests, NULL, NULL);
}
