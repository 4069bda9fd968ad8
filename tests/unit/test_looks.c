/*
 * What holds for every view, live or of a trace, in every theme, on terminals of every number of
 * colours, in Unicode and in ASCII: what is drawn can be read, a state has its own glyph and accent
 * wherever it is drawn, nothing is said by colour alone, and while values change only values do.
 */
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <setjmp.h>

#include <cmocka.h>

#include <locale.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <wctype.h>

#include "browse/browser.h"
#include "browse/view.h"
#include "tests/unit/contrast.h"
#include "tests/unit/tui_fixture.h"
#include "tui/app.h"
#include "tui/state.h"
#include "util/clock.h"

#define COUNT_OF(array) (sizeof(array) / sizeof *(array))

static const int sizes[][2] = {{80, 24}, {120, 40}, {250, 70}};

/* --- what is drawn ---------------------------------------------------------------------------- */

static void add_second(struct app *app, int second)
{
	app_add(app, fixture_snapshot(&fixture_busy, second));
	const struct snapshot *newest = history_get(app->history, 0);
	app_tell_time(app, newest->monotonic_ns + NS_PER_MS, newest->wall_ns + NS_PER_MS);
}

/* A process that has been watched for so long. */
static struct app *watch(int seconds)
{
	struct error error = {0};
	struct app *app = malloc(sizeof *app);
	assert_non_null(app);
	assert_int_equal(app_init(app, NULL, NS_PER_S, &error), STATUS_OK);
	for (int second = 1; second <= seconds; second++)
		add_second(app, second);
	return app;
}

static void forget(struct app *app)
{
	app_finish(app);
	free(app);
}

static void ignore_news(void *arg)
{
	(void)arg;
}

static struct browser *browse(void)
{
	enum { PATIENCE_MS = 60000 };
	const char *root = getenv("srcdir");
	struct browser *browser;
	struct error error = {0};
	char path[512];
	snprintf(path, sizeof path, "%s/tests/data/service.trace.gz", root ? root : ".");
	const struct browser_options options = {.path = path,
	                                        .analysis = {.to_ns = INT64_MAX},
	                                        .wake = ignore_news};
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

typedef void look_fn(const char *name, const struct canvas *canvas);

/* Each view in each size and charset, and what a key opens over or in it. */
static void look_at_live_views(look_fn *check)
{
	static const int keys[] = {0, KEYMAP_ENTER, '?', ':', '/'};
	struct app *app = watch(40);
	for (size_t view = 0; view < views_count; view++)
		for (size_t i = 0; i < 2 * COUNT_OF(sizes) * COUNT_OF(keys); i++) {
			const int *size = sizes[i / 2 % COUNT_OF(sizes)], key = keys[i / 2 / COUNT_OF(sizes)];
			app->view = view;
			if (key)
				app_input(app, &(struct tui_input){.key = key});
			struct canvas *canvas = canvas_create(size[0], size[1], i % 2);
			assert_non_null(canvas);
			app_draw(app, canvas);
			check(views[view]->name, canvas);
			canvas_destroy(canvas);
			if (key)
				app_input(app, &(struct tui_input){.key = key == '?' ? '?' : KEYMAP_ESCAPE});
		}
	forget(app);
}

static void look_at_trace_views(look_fn *check)
{
	struct browser *browser = browse();
	for (size_t view = 0; view < trace_views_count; view++)
		for (size_t i = 0; i < 2 * COUNT_OF(sizes); i++) {
			const int *size = sizes[i / 2];
			struct canvas *canvas = canvas_create(size[0], size[1], i % 2);
			assert_non_null(canvas);
			browser_command(browser, COMMAND_VIEW, trace_views[view]->name);
			browser_draw(browser, canvas);
			check(trace_views[view]->name, canvas);
			canvas_destroy(canvas);
		}
	browser_destroy(browser);
}

static void look_at_everything(look_fn *check)
{
	look_at_live_views(check);
	look_at_trace_views(check);
}

static void complain(const char *name, const struct canvas *canvas, int x, int y, const char *what)
{
	char glyph[5];
	const struct cell *cell = canvas_at(canvas, x, y);
	glyph_encode(cell->glyph, glyph);
	fail_msg("%s at %dx%d%s: '%s' as %s in column %d of row %d: %s\n%s", name, canvas->width,
	         canvas->height, canvas->ascii ? " in ASCII" : "", glyph, style_name[cell->style], x, y,
	         what, fixture_text(canvas));
}

/* --- can it be read? -------------------------------------------------------------------------- */

static const char *const theme_names[] = {"dark", "light", "colour-blind-safe", "high-contrast",
                                          "mono"};
enum { THEMES = COUNT_OF(theme_names) };
static struct theme theme[THEMES];
/* Colours of the terminals; of the first two the colours are known, whoever uses them. */
static const int depths[] = {CONTRAST_TRUE_COLOR, 256, 16, 8, 0};
enum { DEPTHS = COUNT_OF(depths), KNOWN = 2 };
/* Of what is drawn with a role to what is below it; 0: nothing is seen at all. */
static double seen[THEMES][DEPTHS][STYLE_COUNT];

static void measure(void)
{
	const char *root = getenv("srcdir");
	struct error error = {0};
	for (size_t t = 0; t < THEMES; t++) {
		char path[512];
		snprintf(path, sizeof path, "%s/themes/%s.theme", root ? root : ".", theme_names[t]);
		if (theme_read(&theme[t], path, NULL, &error) != STATUS_OK)
			fail_msg("%s", error.text);
		for (size_t d = 0; d < DEPTHS; d++)
			for (enum style style = 0; style < STYLE_COUNT; style++)
				seen[t][d][style] = contrast_of(&theme[t], style, depths[d]);
	}
}

static void assert_readable(const char *name, const struct canvas *canvas)
{
	for (int y = 0; y < canvas->height; y++)
		for (int x = 0; x < canvas->width; x++) {
			const struct cell *cell = canvas_at(canvas, x, y);
			bool text = iswalnum((wint_t)cell->glyph);
			/* In ASCII a letter can be a graph. */
			text = text && !(canvas->ascii && contrast_is_area(cell->style));
			if (cell->glyph == ' ')
				continue;
			for (size_t t = 0; t < THEMES; t++)
				for (size_t d = 0; d < DEPTHS; d++) {
					double least = d >= KNOWN ? 1.5 : text ? 4.5 : 3;
					if (seen[t][d][cell->style] < least) {
						print_error("%s with %d colours has %.2f\n", theme_names[t], depths[d],
						            seen[t][d][cell->style]);
						complain(name, canvas, x, y, "it can't be read");
					}
				}
		}
}

static void everything_can_be_read_in_every_theme(void **state)
{
	(void)state;
	measure();
	look_at_everything(assert_readable);
}

/* --- is it said without colour? --------------------------------------------------------------- */

/* The shades are of one state each, in every view: who has no colours reads them. */
static void assert_states(const char *name, const struct canvas *canvas)
{
	static const enum state shaded[] = {STATE_GC, STATE_SYSCALL, STATE_RUNNABLE};
	for (int y = 0; y < canvas->height && !canvas->ascii; y++)
		for (int x = 0; x < canvas->width; x++) {
			const struct cell *cell = canvas_at(canvas, x, y);
			for (size_t i = 0; i < COUNT_OF(shaded); i++) {
				const struct state_look *look = &state_look[shaded[i]];
				bool own = cell->style == look->style || cell->style == look->weak ||
				           cell->style == STYLE_SELECTED || cell->style == STYLE_DIM;
				if (cell->glyph == look->glyph && !own)
					complain(name, canvas, x, y, "that shade is of another state");
			}
		}
}

static void a_shade_has_the_accent_of_its_state_in_every_view(void **state)
{
	(void)state;
	look_at_everything(assert_states);
}

static bool is_reversed(const struct theme_look *look)
{
	return look->attributes & STYLE_REVERSE;
}

/* An alarm is a mark or a word; what is selected is turned around, or has a ground. */
static void what_is_selected_and_what_is_wrong_is_seen_without_colours(void **state)
{
	(void)state;
	measure();
	for (size_t t = 0; t < THEMES; t++)
		for (size_t d = 0; d < DEPTHS; d++) {
			struct theme_look look =
				theme_look(&theme[t], STYLE_SELECTED, depths[d], depths[d] == CONTRAST_TRUE_COLOR);
			assert_true(is_reversed(&look) || look.back != THEME_OWN);
		}
	struct theme_look alarm = theme_look(&theme_dark, STYLE_ALARM, 0, false);
	assert_true(is_reversed(&alarm));
}

/* --- ASCII ------------------------------------------------------------------------------------ */

/* Each of our own characters has a form in ASCII: a question mark would be one that has none. */
static void assert_ascii(const char *name, const struct canvas *canvas)
{
	for (int y = 0; y < canvas->height && canvas->ascii; y++)
		for (int x = 0; x < canvas->width; x++) {
			const struct cell *cell = canvas_at(canvas, x, y);
			if (cell->glyph < ' ' || cell->glyph > '~')
				complain(name, canvas, x, y, "that is not ASCII");
			/* The key of the help is one. */
			if (cell->glyph == '?' && cell->style != STYLE_KEY)
				complain(name, canvas, x, y, "that character has no form in ASCII");
		}
}

static void every_character_has_a_form_in_ascii(void **state)
{
	(void)state;
	look_at_everything(assert_ascii);
}

/* --- does it stand still? --------------------------------------------------------------------- */

/* What a view says of itself and not of the program: labels, and headings of columns. */
static void skeleton_of(const struct canvas *canvas, char *to)
{
	for (int y = 0; y < canvas->height; y++)
		for (int x = 0; x < canvas->width; x++) {
			const struct cell *cell = canvas_at(canvas, x, y);
			bool label = cell->style == STYLE_LABEL && iswalpha((wint_t)cell->glyph);
			*to++ = label ? (char)cell->glyph : ' ';
		}
	*to = '\0';
}

/* Rows of headings: capitals that stand where they stood. */
static void headings_of(const struct canvas *canvas, int row, char *to)
{
	for (int x = 0; x < canvas->width; x++) {
		uint32_t glyph = canvas_at(canvas, x, row)->glyph;
		*to++ = glyph < 0x80 ? (char)glyph : '~';
	}
	*to = '\0';
}

static void columns_stand_still_while_values_change(void **state)
{
	(void)state;
	enum { CELLS = 250 * 70 + 1 };
	for (size_t view = 0; view < views_count; view++)
		for (size_t i = 0; i < COUNT_OF(sizes); i++) {
			static char before[CELLS], now[CELLS], heading[251], headings[251];
			/* Once there is enough to know rates, and the list has its rows. */
			struct app *app = watch(12);
			app->view = view;
			for (int second = 13; second < 40; second++) {
				add_second(app, second);
				struct canvas *canvas = canvas_create(sizes[i][0], sizes[i][1], false);
				app_draw(app, canvas);
				int row = app->place[view].heading_y;
				skeleton_of(canvas, now);
				headings_of(canvas, row, headings);
				if (second > 13 && strcmp(before, now) != 0)
					fail_msg("%s at %d columns: labels moved in second %d", views[view]->name,
					         canvas->width, second);
				if (second > 13 && row > 0 && strcmp(heading, headings) != 0)
					fail_msg("%s at %d columns: '%s' became '%s'", views[view]->name, canvas->width,
					         heading, headings);
				memcpy(before, now, sizeof before);
				memcpy(heading, headings, sizeof heading);
				canvas_destroy(canvas);
			}
			forget(app);
		}
}

/* The text of the row that is selected, from where its name stands. */
static void selected_text(const struct canvas *canvas, const struct view_place *place, char *to,
                          size_t size)
{
	int y = place->list_y + place->selected - place->top;
	size_t n = 0;
	for (int x = 0; x < canvas->width && n + 1 < size; x++) {
		uint32_t glyph = canvas_at(canvas, x, y)->glyph;
		to[n++] = glyph < 0x80 ? (char)glyph : '~';
	}
	to[n] = '\0';
}

/* Threads are named by their TID in columns 8 to 16, whatever they do and however they are sorted.
 */
static void the_selected_thread_stays_selected_while_the_list_is_sorted_anew(void **state)
{
	(void)state;
	struct app *app = watch(12);
	const size_t view = 2;
	struct canvas *canvas = canvas_create(120, 40, false);
	char row[256], tid[16] = "";
	assert_ptr_equal(views[view], &view_threads);
	app->view = view;
	app_draw(app, canvas);
	for (int i = 0; i < 5; i++) {
		app_input(app, &(struct tui_input){.key = KEYMAP_DOWN});
		canvas_clear(canvas);
		app_draw(app, canvas);
	}
	int moved = 0, at = app->place[view].selected;
	for (int second = 13; second < 40; second++) {
		add_second(app, second);
		app->place[view].sort = second % 4;
		app->place[view].reversed = second % 3 == 0;
		canvas_clear(canvas);
		app_draw(app, canvas);
		selected_text(canvas, &app->place[view], row, sizeof row);
		moved += app->place[view].selected != at;
		if (tid[0] && strncmp(row + 8, tid, 8) != 0)
			fail_msg("second %d: '%s' is selected, not thread %s", second, row, tid);
		snprintf(tid, sizeof tid, "%.8s", row + 8);
	}
	assert_true(moved > 5); /* or nothing was tried */
	canvas_destroy(canvas);
	forget(app);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(everything_can_be_read_in_every_theme),
		cmocka_unit_test(a_shade_has_the_accent_of_its_state_in_every_view),
		cmocka_unit_test(what_is_selected_and_what_is_wrong_is_seen_without_colours),
		cmocka_unit_test(every_character_has_a_form_in_ascii),
		cmocka_unit_test(columns_stand_still_while_values_change),
		cmocka_unit_test(the_selected_thread_stays_selected_while_the_list_is_sorted_anew),
	};
	setlocale(LC_CTYPE, "C.UTF-8");
	return cmocka_run_group_tests_name("looks", tests, NULL, NULL);
}
