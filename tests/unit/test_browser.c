/*
 * The frame of the trace browser, its Summary and its Goroutines: a file and keys go in, pictures
 * come out. service.trace.gz is the one of test_browse_panels.c.
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
#include <sys/stat.h>
#include <unistd.h>

#include "browse/browser.h"
#include "tests/unit/trace_scenario.h"
#include "tests/unit/tui_fixture.h"
#include "util/clock.h"

enum { PATIENCE_MS = 60000, WIDTH = 120, HEIGHT = 40 };

static void ignore_news(void *arg)
{
	(void)arg;
}

/* --- opening -------------------------------------------------------------------------------- */

static const struct analysis_options whole = {.to_ns = INT64_MAX};

static struct browser *create(const char *path, const struct analysis_options *part)
{
	struct browser *browser;
	struct error error = {0};
	const struct browser_options options = {.path = path, .analysis = *part, .wake = ignore_news};
	if (browser_create(&browser, &options, &error) != STATUS_OK)
		fail_msg("%s", error.text);
	browser_tell_time(browser, 0);
	return browser;
}

static void start(struct browser *browser)
{
	struct error error = {0};
	assert_int_equal(browser_start(browser, &error), STATUS_OK);
	for (int ms = 0; !browser_has_loaded(browser); ms++) {
		assert_true(ms < PATIENCE_MS);
		usleep(1000);
	}
}

static struct browser *open_service(const struct analysis_options *part)
{
	const char *root = getenv("srcdir");
	char path[512];
	snprintf(path, sizeof path, "%s/tests/data/service.trace.gz", root ? root : ".");
	struct browser *browser = create(path, part);
	start(browser);
	return browser;
}

/* A file with these bytes; free() and unlink() it. */
static char *keep(const void *data, size_t n)
{
	char *path = strdup("/tmp/schedtop-browser-XXXXXX");
	int fd = mkstemp(path);
	assert_true(fd >= 0);
	assert_int_equal(write(fd, data, n), n);
	close(fd);
	return path;
}

static void forget(char *path)
{
	unlink(path);
	free(path);
}

/* The small scenario, which is known to the microsecond, without its last bytes. */
static char *keep_scenario(size_t cut)
{
	struct scenario s;
	scenario_service(&s);
	return keep(s.b.data, s.b.n - cut);
}

/* --- looking -------------------------------------------------------------------------------- */

static char *draw(struct browser *browser, int width, int height, bool ascii)
{
	struct canvas *canvas = canvas_create(width, height, ascii);
	assert_non_null(canvas);
	browser_draw(browser, canvas);
	if (canvas->overdrawn)
		print_error("%dx%d: %d cells drawn twice\n%s", width, height, canvas->overdrawn,
		            fixture_text(canvas));
	assert_int_equal(canvas->overdrawn, 0);
	char *text = fixture_text(canvas);
	canvas_destroy(canvas);
	return text;
}

/* When what is read beside has been read. */
static char *draw_settled(struct browser *browser, int width, int height, bool ascii)
{
	for (int ms = 0; ms < PATIENCE_MS; ms++) {
		char *text = draw(browser, width, height, ascii);
		if (!strstr(text, "reading on") && !strstr(text, "looking for it"))
			return text;
		free(text);
		usleep(1000);
	}
	fail_msg("it is never read to its end");
	return NULL;
}

static void assert_shows(struct browser *browser, const char *part)
{
	char *text = draw_settled(browser, WIDTH, HEIGHT, false);
	fixture_shows(text, part);
	free(text);
}

static enum loop_next press(struct browser *browser, int key)
{
	const struct tui_input input = {.key = key};
	enum loop_next next = browser_input(browser, &input);
	free(draw(browser, WIDTH, HEIGHT, false)); /* a list is known once it was drawn */
	return next;
}

static void type(struct browser *browser, const char *keys)
{
	for (; *keys; keys++)
		press(browser, *keys == '\n' ? KEYMAP_ENTER : *keys == '\x1b' ? KEYMAP_ESCAPE : *keys);
}

/* --- reading -------------------------------------------------------------------------------- */

static void there_is_a_picture_before_anything_is_read(void **state)
{
	(void)state;
	char *path = keep_scenario(0);
	struct browser *browser = create(path, &whole);
	assert_shows(browser, "reading the first events");
	assert_false(browser_has_loaded(browser));
	start(browser);
	assert_shows(browser, "1.00 ms · 31 events");
	browser_destroy(browser);
	forget(path);
}

static void what_is_no_trace_is_refused_with_a_sentence(void **state)
{
	(void)state;
	char *text = keep("this is no trace, is it?", 24), *empty = keep("", 0);
	char directory[] = "/tmp/schedtop-browser-XXXXXX", fifo[64];
	assert_non_null(mkdtemp(directory));
	snprintf(fifo, sizeof fifo, "%s/fifo", directory);
	assert_int_equal(mkfifo(fifo, 0600), 0);
	const struct {
		const char *path;
		enum status status;
		const char *part;
	} table[] = {
		{text, STATUS_DAMAGED, "not a Go execution trace"},
		{empty, STATUS_DAMAGED, "the file is empty"},
		{"/nowhere/x.trace", STATUS_NO_TARGET, "can't be opened"},
		{"/tmp", STATUS_NO_TARGET, "is a directory"},
		{fifo, STATUS_USAGE, "can be read but once"},
		{"-", STATUS_USAGE, "standard input can't be browsed"},
	};
	for (size_t i = 0; i < sizeof table / sizeof *table; i++) {
		struct browser *browser;
		struct error error = {0};
		const struct browser_options options = {.path = table[i].path,
		                                        .analysis = whole,
		                                        .wake = ignore_news};
		assert_int_equal(browser_create(&browser, &options, &error), table[i].status);
		assert_null(browser);
		fixture_shows(error.text, table[i].part);
	}
	unlink(fifo);
	rmdir(directory);
	forget(text);
	forget(empty);
}

static void damage_is_told_and_what_is_whole_is_shown(void **state)
{
	(void)state;
	struct scenario s;
	struct error error = {0};
	scenario_service(&s);
	/* A second generation that breaks off in a batch. */
	build_batch(&s.b, 2, 7, 5000);
	build_event(&s.b, EV_PROC_STATUS, 0, PROC_RUNNING, 0, 0);
	build_end(&s.b);
	char *path = keep(s.b.data, s.b.n - 1);
	struct browser *browser = create(path, &whole);
	start(browser);
	assert_shows(browser, "damaged");
	assert_shows(browser, "! trace-truncated");
	assert_shows(browser, "1.00 ms");
	assert_int_equal(browser_verdict(browser, &error), STATUS_DAMAGED);
	fixture_shows(error.text, path);
	browser_destroy(browser);
	forget(path);
}

static void leaving_does_not_wait_for_the_end(void **state)
{
	(void)state;
	const char *root = getenv("srcdir");
	char path[512];
	struct error error = {0};
	snprintf(path, sizeof path, "%s/tests/data/service.trace.gz", root ? root : ".");
	for (int i = 0; i < 20; i++) {
		struct browser *browser = create(path, &whole);
		assert_int_equal(browser_start(browser, &error), STATUS_OK);
		usleep((useconds_t)i * 500);
		free(draw(browser, 80, 24, false));
		assert_int_equal(browser_verdict(browser, &error), STATUS_OK);
		browser_destroy(browser);
	}
}

/* --- keys ----------------------------------------------------------------------------------- */

static void keys_and_the_mouse_choose_views(void **state)
{
	(void)state;
	struct browser *browser = open_service(&whole);
	assert_shows(browser, "Wait to run");
	assert_int_equal(press(browser, '2'), LOOP_DRAW);
	assert_shows(browser, "START FUNCTION");
	press(browser, KEYMAP_SHIFT_TAB);
	assert_shows(browser, "Wait to run");
	press(browser, KEYMAP_TAB);
	assert_shows(browser, "START FUNCTION");
	const struct tui_input click = {KEYMAP_CLICK, 1, HEIGHT - 1};
	assert_int_equal(browser_input(browser, &click), LOOP_DRAW);
	assert_shows(browser, "Wait to run");
	assert_int_equal(press(browser, '9'), LOOP_GO_ON);
	press(browser, '?');
	assert_shows(browser, "Keys of Summary");
	assert_shows(browser, "Show Timeline.");
	press(browser, 'q');
	assert_shows(browser, "Wait to run");
	assert_int_equal(press(browser, 'q'), LOOP_END);
	assert_int_equal(press(browser, KEYMAP_ESCAPE), LOOP_END);
	browser_destroy(browser);
}

static void a_line_names_what_keys_do(void **state)
{
	(void)state;
	struct browser *browser = open_service(&whole);
	type(browser, ":view gor\n");
	assert_shows(browser, "START FUNCTION");
	type(browser, ":sort name\n");
	assert_shows(browser, "sorted by name");
	type(browser, ":group creator\n");
	assert_shows(browser, "CREATED BY");
	type(browser, ":nonsense\n");
	assert_shows(browser, "there is no command \"nonsense\"");
	type(browser, ":follow 12\n"); /* of a process, not of a trace */
	assert_shows(browser, "there is no command \"follow\"");
	type(browser, ":so");
	assert_shows(browser, "Sort by this column");
	press(browser, KEYMAP_TAB);
	press(browser, KEYMAP_ENTER);
	assert_shows(browser, "sorted by");
	type(browser, ":view summary\n:sort\n");
	assert_shows(browser, "this view is no list");
	browser_destroy(browser);
}

static void enter_leads_to_one_goroutine_and_escape_back(void **state)
{
	(void)state;
	char *path = keep_scenario(0);
	struct browser *browser = create(path, &whole);
	start(browser);
	type(browser, "2/worker\n");
	assert_shows(browser, "worker.(*Pool).run              2");
	type(browser, "\n");
	assert_shows(browser, "Goroutines › worker.(*Pool).run  2 goroutines");
	assert_shows(browser, "G50");
	type(browser, "\n");
	assert_shows(browser, "Goroutines › worker.(*Pool).run › G2  created by http.(*conn).serve");
	/* It waited for a P for 140 and 460 us, and sat in a system call for 50. */
	assert_shows(browser, "created at 10.0 µs, ended after 980 µs");
	assert_shows(browser, "ran 2 times  waits for a P:  p50 140 µs");
	assert_shows(browser, "system call");
	type(browser, "\n");
	assert_shows(browser, "window"); /* the timeline */
	type(browser, "2\x1b");
	assert_shows(browser, "Goroutines › worker.(*Pool).run  2 goroutines");
	type(browser, "\x1b");
	assert_shows(browser, "START FUNCTION");
	type(browser, "\x1b"); /* the filter */
	assert_shows(browser, "main.main");
	assert_int_equal(press(browser, KEYMAP_ESCAPE), LOOP_END);
	browser_destroy(browser);
	forget(path);
}

/* Goroutine 1 assists the collector from 710 to 760 us. */
static void groups_tell_how_long_they_assisted_the_collector(void **state)
{
	(void)state;
	char *path = keep_scenario(0);
	const struct analysis_options later = {.from_ns = 730000, .to_ns = INT64_MAX};
	const struct {
		const struct analysis_options *part;
		const char *assist;
	} table[] = {{&whole, " 50.0 µs "}, {&later, " 30.0 µs "}};
	for (size_t i = 0; i < sizeof table / sizeof *table; i++) {
		struct browser *browser = create(path, table[i].part);
		start(browser);
		type(browser, "2/main.main\n");
		char *text = draw(browser, 160, 50, false);
		fixture_shows(text, "ASSIST");
		fixture_shows(text, table[i].assist);
		free(text);
		browser_destroy(browser);
	}
	forget(path);
}

static void a_goroutine_that_was_asked_for_is_shown_first(void **state)
{
	(void)state;
	char *path = keep_scenario(0);
	const struct analysis_options one = {.to_ns = INT64_MAX, .goroutine = 2};
	struct browser *browser = create(path, &one);
	start(browser);
	assert_shows(browser, "· goroutine 2");
	assert_shows(browser, "G2  worker.(*Pool).run");
	type(browser, "1");
	assert_shows(browser, "one alone was asked for");
	browser_destroy(browser);

	const struct analysis_options none = {.to_ns = INT64_MAX, .goroutine = 777};
	browser = create(path, &none);
	start(browser);
	assert_shows(browser, "this part of the trace doesn't name it");
	browser_destroy(browser);

	const struct analysis_options task = {.to_ns = INT64_MAX, .task = {.id = 5}};
	browser = create(path, &task);
	start(browser);
	assert_shows(browser, "request");
	browser_destroy(browser);
	forget(path);
}

static void the_header_names_the_screen_that_escape_leads_back_to(void **state)
{
	(void)state;
	char *path = keep_scenario(0), trail[128];
	struct browser *browser;
	struct error error = {0};
	const struct browser_options options = {.path = path,
	                                        .analysis = whole,
	                                        .inside = "live",
	                                        .wake = ignore_news};
	assert_int_equal(browser_create(&browser, &options, &error), STATUS_OK);
	browser_tell_time(browser, 0);
	start(browser);
	snprintf(trail, sizeof trail, " live › %s", strrchr(path, '/') + 1);
	assert_shows(browser, trail);
	assert_int_equal(press(browser, KEYMAP_ESCAPE), LOOP_END);
	browser_destroy(browser);
	forget(path);
}

static void a_part_alone_is_counted(void **state)
{
	(void)state;
	char *path = keep_scenario(0);
	/* Goroutine 2 makes its system call from 250 to 300 us, and runs up to 500. */
	const struct analysis_options part = {.from_ns = 200000, .to_ns = 450000};
	struct browser *browser = create(path, &part);
	start(browser);
	assert_shows(browser, "from 200 µs, to 450 µs");
	type(browser, "2/worker\n\n"); /* it ran, made its call, and ran on */
	assert_shows(browser, "G2  http.(*conn).serve     250 µs   200 µs");
	browser_destroy(browser);

	/* It had ended before this one began, and goroutine 50 alone is left. */
	const struct analysis_options late = {.from_ns = 995000, .to_ns = INT64_MAX};
	browser = create(path, &late);
	start(browser);
	type(browser, "2/worker\n\n");
	assert_shows(browser, "run  1 goroutine\n");
	browser_destroy(browser);
	forget(path);
}

static void what_is_searched_for_reaches_the_timeline(void **state)
{
	(void)state;
	struct browser *browser = open_service(&whole);
	type(browser, "7/");
	assert_shows(browser, "a goroutine (G12)");
	type(browser, "no such thing anywhere\n");
	for (int ms = 0; ms < PATIENCE_MS; ms++) {
		char *text = draw(browser, WIDTH, HEIGHT, false);
		bool told = strstr(text, "no such thing anywhere") != NULL;
		free(text);
		if (told) {
			browser_destroy(browser);
			return;
		}
		usleep(1000);
	}
	fail_msg("the timeline says nothing of it");
}

/* --- pictures ------------------------------------------------------------------------------- */

static void no_view_draws_a_cell_twice_or_lets_names_act(void **state)
{
	(void)state;
	static const int sizes[][2] = {{40, 10}, {57, 12}, {80, 24}, {99, 15}, {120, 40}, {300, 100}};
	struct scenario s;
	scenario_service(&s);
	char *path = keep(s.b.data, s.b.n);
	struct browser *browser = create(path, &whole);
	start(browser);
	for (size_t view = 0; view < trace_views_count; view++)
		for (size_t i = 0; i < sizeof sizes / sizeof *sizes; i++)
			for (int help = 0; help < 2; help++) {
				press(browser, '1' + (int)view);
				char *text = draw(browser, sizes[i][0], sizes[i][1], i % 2), tab[32];
				snprintf(tab, sizeof tab, " %zu %.3s", view + 1, trace_views[view]->name);
				assert_null(strpbrk(text, "\x1b\x07\r"));
				fixture_shows(text, tab);
				free(text);
			}
	browser_destroy(browser);
	forget(path);
}

static void pictures_equal_their_goldens(void **state)
{
	(void)state;
	static const struct {
		const char *name, *keys;
	} pictures[] = {{"summary", "1"},
	                {"goroutines", "2"},
	                {"group", "2\n"},
	                {"goroutine", "2\n\n"}};
	static const struct {
		const char *size;
		int width, height;
		bool ascii;
	} table[] = {{"80x24", 80, 24, false},
	             {"80x24-ascii", 80, 24, true},
	             {"120x40", 120, 40, false},
	             {"160x50", 160, 50, false}};
	for (size_t p = 0; p < sizeof pictures / sizeof *pictures; p++) {
		struct browser *browser = open_service(&whole);
		type(browser, pictures[p].keys);
		for (size_t i = 0; i < sizeof table / sizeof *table; i++) {
			char name[64];
			snprintf(name, sizeof name, "browser-%s-%s", pictures[p].name, table[i].size);
			free(draw_settled(browser, table[i].width, table[i].height, table[i].ascii));
			char *text = draw(browser, table[i].width, table[i].height, table[i].ascii);
			assert_true(fixture_is_golden(name, text));
			free(text);
		}
		browser_destroy(browser);
	}
}

int main(void)
{
	setlocale(LC_ALL, "C.UTF-8");
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(there_is_a_picture_before_anything_is_read),
		cmocka_unit_test(what_is_no_trace_is_refused_with_a_sentence),
		cmocka_unit_test(damage_is_told_and_what_is_whole_is_shown),
		cmocka_unit_test(leaving_does_not_wait_for_the_end),
		cmocka_unit_test(keys_and_the_mouse_choose_views),
		cmocka_unit_test(a_line_names_what_keys_do),
		cmocka_unit_test(enter_leads_to_one_goroutine_and_escape_back),
		cmocka_unit_test(groups_tell_how_long_they_assisted_the_collector),
		cmocka_unit_test(a_goroutine_that_was_asked_for_is_shown_first),
		cmocka_unit_test(the_header_names_the_screen_that_escape_leads_back_to),
		cmocka_unit_test(a_part_alone_is_counted),
		cmocka_unit_test(what_is_searched_for_reaches_the_timeline),
		cmocka_unit_test(no_view_draws_a_cell_twice_or_lets_names_act),
		cmocka_unit_test(pictures_equal_their_goldens),
	};
	return cmocka_run_group_tests_name("browser", tests, NULL, NULL);
}
