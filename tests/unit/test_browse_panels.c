/*
 * Latency, Blocking, Tasks and GC of the trace browser: keys go in, pictures come out.
 * service.trace.gz was made by `workload -n 2 -for 250ms http gc tasks leaks files` of tests/trace.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <locale.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "browse/assists.h"
#include "browse/browser.h"
#include "browse/goroutines.h"
#include "browse/leaders.h"
#include "tests/unit/trace_scenario.h"
#include "tests/unit/tui_fixture.h"
#include "trace/sampled.h"

enum { PATIENCE_MS = 60000 };

static void ignore_news(void *arg)
{
	(void)arg;
}

static struct browser *open_part(const char *path, const struct analysis_options *part)
{
	struct browser *browser;
	struct error error = {0};
	const struct browser_options options = {.path = path, .analysis = *part, .wake = ignore_news};
	if (browser_create(&browser, &options, &error) != STATUS_OK ||
	    browser_start(browser, &error) != STATUS_OK)
		fail_msg("%s", error.text);
	browser_tell_time(browser, 0);
	for (int ms = 0; !browser_has_loaded(browser); ms++) {
		assert_true(ms < PATIENCE_MS);
		usleep(1000);
	}
	return browser;
}

static struct browser *open_file(const char *path)
{
	return open_part(path, &(struct analysis_options){.to_ns = INT64_MAX});
}

static struct browser *open_service(void)
{
	const char *root = getenv("srcdir");
	char path[512];
	snprintf(path, sizeof path, "%s/tests/data/service.trace.gz", root ? root : ".");
	return open_file(path);
}

/* The small scenario, which is known to the microsecond. */
static struct browser *open_scenario(void)
{
	struct scenario s;
	char path[] = "/tmp/schedtop-panels-XXXXXX";
	scenario_service(&s);
	int fd = mkstemp(path);
	assert_true(fd >= 0);
	assert_int_equal(write(fd, s.b.data, s.b.n), s.b.n);
	close(fd);
	struct browser *browser = open_file(path);
	unlink(path); /* what is open stays */
	return browser;
}

/* The keys in that view. The list of a view is known once it was drawn. */
static void press(struct browser *browser, const char *view, const char *keys)
{
	struct canvas *canvas = canvas_create(120, 40, false);
	browser_command(browser, COMMAND_VIEW, view);
	browser_draw(browser, canvas);
	for (; *keys; keys++) {
		const struct tui_input input = {.key = *keys == '\n'     ? KEYMAP_ENTER
		                                       : *keys == '\x1b' ? KEYMAP_ESCAPE
		                                                         : *keys};
		browser_input(browser, &input);
		browser_draw(browser, canvas);
	}
	canvas_destroy(canvas);
}

static char *draw(struct browser *browser, int width, int height, bool ascii)
{
	struct canvas *canvas = canvas_create(width, height, ascii);
	assert_non_null(canvas);
	browser_draw(browser, canvas);
	if (canvas->overdrawn)
		print_error("%s", fixture_text(canvas));
	assert_int_equal(canvas->overdrawn, 0);
	char *text = fixture_text(canvas);
	assert_non_null(text);
	canvas_destroy(canvas);
	return text;
}

/* When what goes on beside has come to an end. */
static char *draw_settled(struct browser *browser, int width, int height, bool ascii)
{
	for (int ms = 0;; ms++) {
		char *text = draw(browser, width, height, ascii);
		if (!strstr(text, "reading on") && !strstr(text, "looking for it"))
			return text;
		free(text);
		assert_true(ms < PATIENCE_MS);
		usleep(1000);
	}
}

/* Without the first and the last line, which are the frame's. */
static char *cut(char *text)
{
	char *first = strchr(text, '\n') + 1;
	memmove(text, first, strlen(first) + 1);
	text[strlen(text) - 1] = '\0';
	strrchr(text, '\n')[1] = '\0';
	return text;
}

/* A screen of a golden: the keys that lead there from the first one. */
static const struct {
	const char *name, *view, *keys;
} screens[] = {
	{"latency", "Latency", ""},
	{"latency-group", "Latency", "jjj"},
	{"blocking-network", "Blocking", ""},
	{"blocking-sync", "Blocking", "b\nj\n"},
	{"blocking-scheduler", "Blocking", "bbb"},
	{"blocking-still", "Blocking", "bbbbb"},
	{"tasks", "Tasks", ""},
	{"tasks-type", "Tasks", "\n"},
	{"tasks-task", "Tasks", "\nGk\n"},
	{"gc", "GC", ""},
};
enum { SCREENS = sizeof screens / sizeof *screens };

static void screens_look_as_they_did(void **state)
{
	(void)state;
	static const struct {
		int width, height;
		bool ascii;
	} sizes[] = {{80, 24, false}, {80, 24, true}, {120, 40, false}, {160, 50, false}};
	for (size_t i = 0; i < SCREENS; i++) {
		struct browser *browser = open_service();
		press(browser, screens[i].view, screens[i].keys);
		for (size_t k = 0; k < sizeof sizes / sizeof *sizes; k++) {
			char name[128];
			char *drawn =
				cut(draw_settled(browser, sizes[k].width, sizes[k].height, sizes[k].ascii));
			snprintf(name, sizeof name, "trace-%s-%dx%d%s", screens[i].name, sizes[k].width,
			         sizes[k].height, sizes[k].ascii ? "-ascii" : "");
			assert_true(fixture_is_golden(name, drawn));
			free(drawn);
		}
		browser_destroy(browser);
	}
}

static void every_size_shows_every_screen_without_drawing_twice(void **state)
{
	(void)state;
	for (size_t i = 0; i < SCREENS; i++) {
		struct browser *browser = open_service();
		press(browser, screens[i].view, screens[i].keys);
		for (int width = 40; width <= 220; width += 12)
			for (int height = 10; height <= 60; height += 7)
				free(draw_settled(browser, width, height, width % 24 == 16));
		browser_destroy(browser);
	}
}

/* --- figures that are known ------------------------------------------------------------------ */

static void shows(struct browser *browser, const char *view, const char *keys,
                  const char *const *parts)
{
	press(browser, view, keys);
	char *text = draw_settled(browser, 120, 40, false);
	for (; *parts; parts++)
		fixture_shows(text, *parts);
	free(text);
}

static void latency_shows_what_the_scenario_waits(void **state)
{
	(void)state;
	struct browser *browser = open_scenario();
	/* 140 and 460 us of goroutine 2, 150 us of goroutine 1. */
	shows(browser, "Latency", "",
	      (const char *[]){"750 µs       3", "600 µs       2", "150 µs       1",
	                       "worker.(*Pool).run", "http.(*conn).serve", NULL});
	browser_destroy(browser);
}

static void blocking_shows_each_kind_of_the_scenario(void **state)
{
	(void)state;
	struct browser *browser = open_scenario();
	shows(browser, "Blocking", "", (const char *[]){"Network 0 ns", "none", NULL});
	/* 300 us in a channel; what still waits is told apart. */
	shows(browser, "Blocking", "b",
	      (const char *[]){"Sync 300 µs", "300 µs  100 %", "main.main", NULL});
	shows(browser, "Blocking", "b",
	      (const char *[]){"Syscall 50.0 µs", "worker.(*Pool).run", NULL});
	shows(browser, "Blocking", "b",
	      (const char *[]){"Scheduler 750 µs", "610 µs   81 %", "140 µs   19 %", NULL});
	/* Goroutine 50 all the time, goroutine 1 since 950 us. */
	shows(browser, "Blocking", "bb",
	      (const char *[]){"Still blocked 1.05 ms", "1.00 ms   95 %", NULL});
	browser_destroy(browser);
}

static void tasks_lead_to_one_task(void **state)
{
	(void)state;
	struct browser *browser = open_service();
	press(browser, "Tasks", "");
	char *types = draw(browser, 120, 40, false);
	press(browser, "Tasks", "\n");
	char *type = draw(browser, 120, 40, false);
	assert_string_not_equal(types, type);
	press(browser, "Tasks", "Gk\n");
	char *task = draw_settled(browser, 120, 40, false);
	fixture_shows(task, "Goroutines that worked for it");
	fixture_shows(task, "Regions");
	fixture_shows(task, "Logs");
	/* And back by the same way, to where they were left. */
	press(browser, "Tasks", "\x1b\x1b");
	char *back = draw(browser, 120, 40, false);
	assert_string_equal(types, back);
	free(types);
	free(type);
	free(task);
	free(back);
	browser_destroy(browser);
}

/* A task, its log, a region and a place with a name that would take over a terminal. */
static void tell_hostile(struct scenario *s)
{
	scenario_begin_running(s);
	scenario_event(s, 10, EV_USER_TASK_BEGIN, 5, 0, S_HOSTILE, STACK_HOSTILE);
	scenario_event(s, 20, EV_USER_REGION_BEGIN, 5, S_HOSTILE, STACK_HOSTILE, 0);
	scenario_event(s, 30, EV_USER_LOG, 5, S_HOSTILE, S_HOSTILE, STACK_HOSTILE);
	scenario_event(s, 40, EV_STW_BEGIN, S_HOSTILE, STACK_HOSTILE, 0, 0);
	scenario_event(s, 50, EV_STW_END, 0, 0, 0, 0);
	scenario_event(s, 60, EV_USER_REGION_END, 5, S_HOSTILE, STACK_HOSTILE, 0);
	scenario_event(s, 70, EV_USER_TASK_END, 5, STACK_HOSTILE, 0, 0);
	scenario_event(s, 75, EV_GO_CREATE, 2, STACK_HOSTILE, STACK_HOSTILE, 0);
	scenario_event(s, 80, EV_GO_BLOCK, S_HOSTILE, STACK_HOSTILE, 0, 0);
	scenario_event(s, 90, EV_GO_START, 2, 1, 0, 0);
	scenario_event(s, 95, EV_GO_UNBLOCK, 1, 1, STACK_HOSTILE, 0);
	scenario_event(s, 100, EV_PROC_STOP, 0, 0, 0, 0);
	scenario_end(s);
}

static void hostile_names_show_as_harmless_text(void **state)
{
	(void)state;
	static const struct {
		const char *view, *keys;
	} places[] = {{"Latency", "j"}, {"Blocking", "bbb"}, {"Blocking", "bbbb"},
	              {"Tasks", ""},    {"Tasks", "\n"},     {"Tasks", "\nGk\n"},
	              {"GC", ""}};
	struct scenario s;
	char path[] = "/tmp/schedtop-panels-XXXXXX";
	tell_hostile(&s);
	int fd = mkstemp(path);
	assert_true(fd >= 0);
	assert_int_equal(write(fd, s.b.data, s.b.n), s.b.n);
	close(fd);
	for (size_t i = 0; i < sizeof places / sizeof *places; i++) {
		struct browser *browser = open_file(path);
		press(browser, places[i].view, places[i].keys);
		char *text = draw_settled(browser, 120, 40, i % 2);
		for (const char *p = text; *p; p++)
			assert_true(*p == '\n' || ((unsigned char)*p >= ' ' && *p != 0x7f));
		/* As UTF-8 a C1 control would be two bytes. */
		assert_null(strstr(text, "\xc2\x9b"));
		fixture_shows(text, "evil");
		free(text);
		browser_destroy(browser);
	}
	unlink(path);
}

/* Goroutine 1 was seen to run, to wait and to run again. */
static void build_sampled(struct builder *b)
{
	enum { S_LABEL = 1, S_REASON };
	*b = (struct builder){.n = 0};
	build_header(b, 26);
	build_clock(b, 1, 26);
	build_batch(b, 1, UINT64_MAX, 1);
	build_byte(b, EV_STRINGS);
	build_string(b, S_LABEL, SAMPLED_LABEL "1000");
	build_string(b, S_REASON, "chan receive");
	build_end(b);
	build_batch(b, 1, 7, 1000);
	build_event(b, EV_PROC_STATUS, 0, PROC_RUNNING, 0, 0);
	build_event(b, EV_GO_STATUS, 1, 7, GO_RUNNING, 0);
	build_event(b, EV_GO_BLOCK, S_REASON, 0, 0, 0);
	build_event(b, EV_GO_UNBLOCK, 1, 1, 0, 0);
	build_event(b, EV_GO_START, 1, 2, 0, 0);
	build_event(b, EV_PROC_STATUS, 1, PROC_IDLE, 0, 0);
	build_end(b);
	build_byte(b, EV_END_OF_GENERATION);
}

static void what_samples_do_not_tell_is_unknown(void **state)
{
	(void)state;
	struct builder b;
	char path[] = "/tmp/schedtop-panels-XXXXXX";
	build_sampled(&b);
	int fd = mkstemp(path);
	assert_true(fd >= 0);
	assert_int_equal(write(fd, b.data, b.n), b.n);
	close(fd);
	struct browser *browser = open_file(path);
	/* How long in all, but not how often and how long at most. */
	shows(browser, "Blocking", "b",
	      (const char *[]){"SAMPLED at 1000 Hz", "1 ns  100 %       –        –", NULL});
	shows(browser, "Goroutines", "\n\n",
	      (const char *[]){"G1", "how often it ran is unknown", NULL});
	browser_destroy(browser);
	unlink(path);
}

static void heap_beyond_all_bounds_is_not_less_than_nothing(void **state)
{
	(void)state;
	struct scenario s;
	char path[] = "/tmp/schedtop-panels-XXXXXX";
	scenario_begin(&s);
	scenario_event(&s, 0, EV_PROC_STATUS, 0, PROC_RUNNING, 0, 0);
	scenario_event(&s, 10, EV_HEAP_ALLOC, UINT64_MAX, 0, 0, 0);
	scenario_event(&s, 900, EV_PROC_STOP, 0, 0, 0, 0);
	scenario_end(&s);
	int fd = mkstemp(path);
	assert_true(fd >= 0);
	assert_int_equal(write(fd, s.b.data, s.b.n), s.b.n);
	close(fd);
	struct browser *browser = open_file(path);
	for (size_t i = 0; i < 3; i++)
		shows(browser, (const char *[]){"Summary", "GC", "Timeline"}[i], "",
		      (const char *[]){"8.00 EiB", NULL});
	browser_destroy(browser);
	unlink(path);
}

/* A request's trace ID stands in its logs. */
static void task_that_was_asked_for_is_shown_at_once(void **state)
{
	(void)state;
	struct scenario s;
	char path[] = "/tmp/schedtop-panels-XXXXXX";
	const struct analysis_options part = {.to_ns = INT64_MAX, .task = {.trace_id = "4bf92f3577"}};
	scenario_service(&s);
	int fd = mkstemp(path);
	assert_true(fd >= 0);
	assert_int_equal(write(fd, s.b.data, s.b.n), s.b.n);
	close(fd);
	struct browser *browser = open_part(path, &part);
	char *task = draw_settled(browser, 120, 40, false);
	fixture_shows(task, "Tasks › request › 5");
	fixture_shows(task, "took 630 µs");
	fixture_shows(task, "otel: " SCENARIO_TRACE_ID);
	free(task);
	/* And back as if one had gone there. */
	press(browser, "Tasks", "\x1b");
	char *type = draw_settled(browser, 120, 40, false);
	fixture_shows(type, "Durations");
	free(type);
	browser_destroy(browser);
	unlink(path);
}

/* The longest wait, and a line of a task, lie somewhere: there the Timeline goes. */
static void what_is_long_is_shown_in_the_timeline(void **state)
{
	(void)state;
	static const struct {
		const char *view, *first, *then;
	} ways[] = {{"Latency", "j", "\n"}, {"Tasks", "\nGk\n", "jjjj\n"}};
	for (size_t i = 0; i < sizeof ways / sizeof *ways; i++) {
		struct browser *browser = open_service();
		press(browser, ways[i].view, ways[i].first);
		char *before = draw_settled(browser, 120, 40, false);
		press(browser, ways[i].view, ways[i].then);
		char *after = draw(browser, 120, 40, false);
		fixture_shows(after, "goroutines › G");
		assert_null(strstr(before, "goroutines › G"));
		free(before);
		free(after);
		browser_destroy(browser);
	}
}

static void collector_is_shown_as_the_scenario_has_it(void **state)
{
	(void)state;
	struct browser *browser = open_scenario();
	shows(browser, "GC", "",
	      (const char *[]){"cycles 1", "heap at most 4.00 MiB", "goal at most 8.00 MiB",
	                       "GC mark termination", "30.0 µs", "50.0 µs", "200 µs", NULL});
	browser_destroy(browser);
}

static void the_axis_of_the_summary_is_of_the_part_that_is_counted(void **state)
{
	(void)state;
	const char *root = getenv("srcdir");
	char path[512];
	snprintf(path, sizeof path, "%s/tests/data/service.trace.gz", root ? root : ".");
	const struct analysis_options part = {.from_ns = 50 * 1000 * 1000, .to_ns = 90 * 1000 * 1000};
	struct browser *browser = open_part(path, &part);
	press(browser, "Summary", "");
	char *text = draw(browser, 120, 40, false);
	const char *axis = strstr(text, "Over time");
	assert_non_null(axis);
	*strchr(axis, '\n') = '\0';
	assert_non_null(strstr(axis, "50.0 ms"));
	assert_non_null(strstr(axis, "90.0 ms"));
	free(text);
	browser_destroy(browser);
}

/* While a trace is read rows overtake each other between a picture and the key that follows it. */
static void key_is_for_the_row_that_was_drawn_as_selected(void **state)
{
	(void)state;
	struct goroutine_kind group[] = {
		{.function = 1, .goroutines = 1, .state_ns = {[GO_RUNNING] = 100}},
		{.function = 2, .goroutines = 1, .state_ns = {[GO_RUNNING] = 50}},
	};
	static struct analysis analysis;
	const struct assists assists = {0};
	const struct trace_data data = {.analysis = &analysis, .assists = &assists};
	struct view_place place = {.rows = 2, .page = 2, .anchored = true, .selected_id = 2};
	struct leaders_wanted wanted;
	analysis.goroutines.group = group;
	analysis.goroutines.groups = 2;
	assert_true(goroutines_selected_group(&data, &place, &wanted));
	assert_int_equal(wanted.function, 2);
	/* He moved on since then: by rows. */
	place.anchored = false;
	assert_true(goroutines_selected_group(&data, &place, &wanted));
	assert_int_equal(wanted.function, 1);
}

static void others_are_no_leaders_where_one_is_asked_for(void **state)
{
	(void)state;
	struct leaders leaders = {0};
	struct goroutine_time slot[] = {{.id = 1, .state = GO_RUNNING}, {.id = 2, .state = GO_RUNNING}};
	const struct goroutines all = {.slot = slot, .slots = 2}, one = {2, .slot = slot, .slots = 2};
	const struct leaders_wanted any = {NAME_ERROR, NAME_ERROR};
	size_t n;
	struct goroutine_time *found = leaders_choose(&leaders, &all, &any, 1000, &n);
	assert_int_equal(n, 2);
	free(found);
	found = leaders_choose(&leaders, &one, &any, 1000, &n);
	assert_int_equal(n, 1);
	assert_int_equal(found[0].id, 2);
	free(found);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_axis_of_the_summary_is_of_the_part_that_is_counted),
		cmocka_unit_test(others_are_no_leaders_where_one_is_asked_for),
		cmocka_unit_test(key_is_for_the_row_that_was_drawn_as_selected),
		cmocka_unit_test(screens_look_as_they_did),
		cmocka_unit_test(every_size_shows_every_screen_without_drawing_twice),
		cmocka_unit_test(latency_shows_what_the_scenario_waits),
		cmocka_unit_test(blocking_shows_each_kind_of_the_scenario),
		cmocka_unit_test(tasks_lead_to_one_task),
		cmocka_unit_test(hostile_names_show_as_harmless_text),
		cmocka_unit_test(what_samples_do_not_tell_is_unknown),
		cmocka_unit_test(heap_beyond_all_bounds_is_not_less_than_nothing),
		cmocka_unit_test(task_that_was_asked_for_is_shown_at_once),
		cmocka_unit_test(what_is_long_is_shown_in_the_timeline),
		cmocka_unit_test(collector_is_shown_as_the_scenario_has_it),
	};
	setlocale(LC_CTYPE, "C.UTF-8");
	return cmocka_run_group_tests(tests, NULL, NULL);
}
