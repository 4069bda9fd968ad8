/*
 * The Timeline of a real trace: keys go in, pictures come out, once all that was wanted has been
 * read. service.trace.gz was made by `workload -n 2 -for 250ms http gc tasks leaks files` of
 * tests/trace.
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

#include "browse/browser.h"
#include "browse/timeline_source.h"
#include "tests/unit/tui_fixture.h"

enum { PATIENCE_MS = 60000 };

static void ignore_news(void *arg)
{
	(void)arg;
}

static struct browser *open_service_with(const struct analysis_options *part,
                                         const struct means *means)
{
	const char *root = getenv("srcdir");
	struct browser *browser;
	struct error error = {0};
	char path[512];
	snprintf(path, sizeof path, "%s/tests/data/service.trace.gz", root ? root : ".");
	const struct browser_options options = {.path = path,
	                                        .analysis = *part,
	                                        .means = means,
	                                        .wake = ignore_news};
	if (browser_create(&browser, &options, &error) != STATUS_OK ||
	    browser_start(browser, &error) != STATUS_OK)
		fail_msg("%s", error.text);
	browser_tell_time(browser, 0);
	for (int ms = 0; !browser_has_loaded(browser); ms++) {
		assert_true(ms < PATIENCE_MS);
		usleep(1000);
	}
	browser_command(browser, COMMAND_VIEW, "Timeline");
	return browser;
}

static struct browser *open_service(const struct analysis_options *part)
{
	return open_service_with(part, NULL);
}

static const struct analysis_options everything = {.to_ns = INT64_MAX};

/* The picture when there is nothing better to come: no lane is marked, nothing is sought, and what
   came while it was drawn is in it as well. */
static char *settled(struct browser *browser, struct canvas *canvas)
{
	char *before = NULL;
	for (int ms = 0; ms < PATIENCE_MS; ms++) {
		canvas_clear(canvas);
		browser_draw(browser, canvas);
		char *text = fixture_text(canvas);
		/* In ASCII the mark is the ellipsis, too. */
		bool marked = strstr(text, "~ reading") || strstr(text, "searching") ||
		              (!canvas->ascii && strchr(text, '~'));
		bool same = before && strcmp(before, text) == 0;
		free(before);
		before = text;
		if (same && !marked)
			return text;
		usleep(1000);
	}
	fail_msg("%s", before);
	return before;
}

/* Presses each key when the picture before it is whole. Enter, Escape and arrows are \n, \e and
   <>^v. */
static char *press(struct browser *browser, struct canvas *canvas, const char *keys)
{
	static const struct {
		char letter;
		int key;
	} special[] = {{'\n', KEYMAP_ENTER}, {'\x1b', KEYMAP_ESCAPE}, {'<', KEYMAP_LEFT},
	               {'>', KEYMAP_RIGHT},  {'^', KEYMAP_UP},        {'v', KEYMAP_DOWN}};
	char *text = settled(browser, canvas);
	for (; *keys; keys++) {
		struct tui_input input = {.key = *keys};
		for (size_t i = 0; i < sizeof special / sizeof *special; i++)
			if (special[i].letter == *keys)
				input.key = special[i].key;
		browser_input(browser, &input);
		free(text);
		text = settled(browser, canvas);
	}
	return text;
}

/* --- pictures --------------------------------------------------------------------------------- */

static const struct {
	const char *name, *keys;
} scenes[] = {
	{"whole", ""},
	{"goroutines", "bb"},
	{"threads", "b"},
	{"zoomed", "wwwww\n"},
	{"spans", "bbwwwwwwwwww\nvv>"},
	{"marks", "wwww\nm>>>>>>>>m"},
	{"woken", "bbwwwwwwww\nu"},
};
static const struct {
	int width, height;
	bool ascii, blocks;
} sizes[] = {{80, 24, false, false},
             {80, 24, true, false},
             {120, 40, false, false},
             {160, 50, false, true}};

static void compare(const char *scene, size_t size, const char *text, int overdrawn)
{
	char name[96];
	snprintf(name, sizeof name, "timeline-%s-%dx%d%s%s", scene, sizes[size].width,
	         sizes[size].height, sizes[size].ascii ? "-ascii" : "",
	         sizes[size].blocks ? "-blocks" : "");
	if (!fixture_is_golden(name, text) || overdrawn)
		fail_msg("%s: %d cells drawn twice\n%s", name, overdrawn, text);
}

static void pictures_are_as_they_were_reviewed(void **state)
{
	(void)state;
	for (size_t size = 0; size < sizeof sizes / sizeof *sizes; size++)
		for (size_t i = 0; i < sizeof scenes / sizeof *scenes; i++) {
			struct browser *browser = open_service(&everything);
			struct canvas *canvas =
				canvas_create(sizes[size].width, sizes[size].height, sizes[size].ascii);
			assert_non_null(canvas);
			canvas->blocks = sizes[size].blocks;
			char *text = press(browser, canvas, scenes[i].keys);
			compare(scenes[i].name, size, text, canvas->overdrawn);
			free(text);
			canvas_destroy(canvas);
			browser_destroy(browser);
		}
}

/* --- what is done ----------------------------------------------------------------------------- */

static void a_line_after_the_slash_is_searched_for(void **state)
{
	(void)state;
	struct browser *browser = open_service(&everything);
	struct canvas *canvas = canvas_create(120, 40, false);
	char *text = press(browser, canvas, "bb/readLoop\n");
	fixture_shows(text, "persistConn).readLoop");
	fixture_shows(text, " when ");
	free(text);
	text = press(browser, canvas, "/no such thing\n");
	fixture_shows(text, "no later span has no such thing");
	free(text);
	canvas_destroy(canvas);
	browser_destroy(browser);
}

static void a_span_leads_to_its_goroutine_and_back(void **state)
{
	(void)state;
	struct browser *browser = open_service(&everything);
	struct canvas *canvas = canvas_create(120, 40, false);
	char *text = press(browser, canvas, "wwwwwwwwww\no");
	fixture_shows(text, "2 Goroutines");
	free(text);
	text = press(browser, canvas, "\n");
	fixture_shows(text, "goroutines › G");
	free(text);
	canvas_destroy(canvas);
	browser_destroy(browser);
}

static void the_first_line_says_where_the_selection_is(void **state)
{
	(void)state;
	struct browser *browser = open_service(&everything);
	struct canvas *canvas = canvas_create(120, 40, false);
	char *text = press(browser, canvas, "");
	fixture_shows(text, "lanes Ps\n");
	free(text);
	text = press(browser, canvas, "\n");
	fixture_shows(text, "Ps › P0 › G");
	free(text);
	text = press(browser, canvas, "\x1b");
	fixture_shows(text, "lanes Ps\n");
	free(text);
	canvas_destroy(canvas);
	browser_destroy(browser);
}

static void sentences_name_the_keys_that_the_user_has_given(void **state)
{
	(void)state;
	static const struct keymap_origin file = {"config", 1};
	struct error error = {0};
	struct keymap keys = keymap_default;
	struct means means = means_default;
	assert_int_equal(keymap_bind(&keys, "expand", "F7", &file, &error), STATUS_OK);
	means.keys = &keys;
	struct browser *browser = open_service_with(&everything, &means);
	struct canvas *canvas = canvas_create(120, 40, false);
	char *text = press(browser, canvas, "");
	fixture_shows(text, "F7 or a click selects a span");
	free(text);
	canvas_destroy(canvas);
	browser_destroy(browser);
}

static void the_part_that_was_asked_for_is_shown_first(void **state)
{
	(void)state;
	struct analysis_options part = everything;
	part.goroutine = 33;
	part.from_ns = INT64_C(100000000);
	part.to_ns = INT64_C(150000000);
	struct browser *browser = open_service(&part);
	struct canvas *canvas = canvas_create(120, 40, false);
	char *text = press(browser, canvas, "");
	fixture_shows(text, "0.1000 – 0.1500 s");
	fixture_shows(text, "goroutines › G33");
	fixture_shows(text, "G33 main.collect.func1");
	free(text);
	text = press(browser, canvas, "0");
	fixture_shows(text, "window 275 ms");
	free(text);
	canvas_destroy(canvas);
	browser_destroy(browser);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(pictures_are_as_they_were_reviewed),
		cmocka_unit_test(a_line_after_the_slash_is_searched_for),
		cmocka_unit_test(a_span_leads_to_its_goroutine_and_back),
		cmocka_unit_test(the_first_line_says_where_the_selection_is),
		cmocka_unit_test(sentences_name_the_keys_that_the_user_has_given),
		cmocka_unit_test(the_part_that_was_asked_for_is_shown_first),
	};
	setlocale(LC_CTYPE, "C.UTF-8");
	return cmocka_run_group_tests_name("timeline_screens", tests, NULL, NULL);
}
