/*
 * What holds for every view at every size, from the smallest terminal to a wall, for 1 to 256 Ps:
 * nothing overlaps, nothing leaves the screen, and the header and the way out are there.
 */
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

static const size_t procs[] = {1, 2, 3, 8, 17, 64, 256};
static const int widths[] = {40, 41, 57, 60, 79, 80, 99, 100, 119, 120, 163, 200, 237, 300};
static const int heights[] = {10, 11, 12, 15, 24, 33, 50, 100};
#define COUNT_OF(array) (sizeof(array) / sizeof *(array))

/* What the screen is like: one of these at each size, in turn. */
enum look {
	LOOK_LIVE,
	LOOK_ASCII,
	LOOK_PAUSED,
	LOOK_SILENT,
	LOOK_EXITED,
	LOOK_FILTERED,
	LOOK_NARROW_TIME,
	LOOK_WIDE_TIME,
	LOOK_COUNT,
};

static void take_look(struct app *app, enum look look, size_t view)
{
	static const int64_t silence_ns = 45 * NS_PER_S;
	const struct snapshot *newest = history_get(app->history, 0);
	int64_t late_ns = look == LOOK_SILENT || look == LOOK_EXITED ? silence_ns : NS_PER_MS;
	app_tell_time(app, newest->monotonic_ns + late_ns, newest->wall_ns + late_ns);
	app->view = view;
	app->state = look == LOOK_EXITED ? TARGET_EXITED : TARGET_LIVE;
	app->span_ns = look == LOOK_NARROW_TIME ? 15 * NS_PER_S
	               : look == LOOK_WIDE_TIME ? 600 * NS_PER_S
	                                        : VIEW_SPAN_NS;
	snprintf(app->place[view].filter, sizeof app->place[view].filter, "%s",
	         look == LOOK_FILTERED ? "1" : "");
	app_pause(app, false);
	if (look == LOOK_PAUSED)
		app_jump(app, -7 * NS_PER_S);
}

/* What a terminal would act on is not a character to be drawn. */
static bool is_drawable(const struct canvas *canvas, const struct cell *cell)
{
	return cell->glyph >= 0x20 && (cell->glyph < 0x7f || cell->glyph >= 0xa0) &&
	       cell->style < STYLE_COUNT && cell->width <= 2 && (!canvas->ascii || cell->glyph < 0x7f);
}

static void assert_right(const struct canvas *canvas, size_t view, size_t n, enum look look)
{
	char *text = fixture_text(canvas), *last = text;
	for (int y = 0; y < canvas->height - 1; y++)
		last = strchr(last, '\n') + 1;
	bool sound = true;
	for (int y = 0; y < canvas->height; y++)
		for (int x = 0; x < canvas->width; x++)
			sound = sound && is_drawable(canvas, canvas_at(canvas, x, y));
	/* The header names the process, the bottom line the way out. */
	if (!sound || canvas->overdrawn || text[0] != ' ' || text[1] == ' ' || text[1] == '\n' ||
	    !strstr(last, "q quit")) {
		print_error("%s at %dx%d with %zu Ps, look %d: %d cells overdrawn\n%s", views[view]->name,
		            canvas->width, canvas->height, n, look, canvas->overdrawn, text);
		fail();
	}
	free(text);
}

static void nothing_overlaps_or_leaves_the_screen(void **state)
{
	(void)state;
	unsigned turn = 0;
	for (size_t n = 0; n < COUNT_OF(procs); n++) {
		struct error error = {0};
		struct app app;
		assert_int_equal(app_init(&app, NULL, NS_PER_S, &error), STATUS_OK);
		struct fixture f = fixture_busy;
		f.procs = procs[n];
		f.hz = 5;
		f.hostile = n % 2;
		f.program = n % 2 ? "\x1b[2J日本\xff語\x07程序" : "orders-api";
		f.agent = n % 3 != 2;
		f.trouble = n % 3 == 1 ? "there is something in the way, and that takes a few words" : NULL;
		for (int second = 1; second <= 30; second++)
			app_add(&app, fixture_snapshot(&f, second));
		for (size_t view = 0; view < views_count; view++)
			for (size_t w = 0; w < COUNT_OF(widths); w++)
				for (size_t h = 0; h < COUNT_OF(heights); h++) {
					enum look look = (enum look)(turn++ % LOOK_COUNT);
					take_look(&app, look, view);
					struct canvas *canvas =
						canvas_create(widths[w], heights[h], look == LOOK_ASCII);
					assert_non_null(canvas);
					app_draw(&app, canvas);
					assert_right(canvas, view, procs[n], look);
					canvas_destroy(canvas);
				}
		app_finish(&app);
	}
}

/* Help, lines and notices take their place whole. */
static void what_opens_over_a_view_hides_it(void **state)
{
	(void)state;
	struct error error = {0};
	struct app app;
	assert_int_equal(app_init(&app, NULL, NS_PER_S, &error), STATUS_OK);
	for (int second = 1; second <= 10; second++)
		app_add(&app, fixture_snapshot(&fixture_busy, second));
	for (size_t w = 0; w < COUNT_OF(widths); w++)
		for (size_t h = 0; h < COUNT_OF(heights); h++) {
			take_look(&app, LOOK_LIVE, 0);
			struct canvas *canvas = canvas_create(widths[w], heights[h], false);
			app_command(&app, COMMAND_HELP, NULL);
			app_draw(&app, canvas);
			assert_int_equal(canvas->overdrawn, 0);
			app.help = false;
			canvas_clear(canvas);
			app_command(&app, COMMAND_LINE, "a line that is as long as lines ever are, or longer");
			app_draw(&app, canvas);
			assert_int_equal(canvas->overdrawn, 0);
			app.prompt.lead = 0;
			canvas_clear(canvas);
			app_line(&app, "follow 1");
			app_draw(&app, canvas);
			assert_int_equal(canvas->overdrawn, 0);
			app.notice[0] = '\0';
			canvas_destroy(canvas);
		}
	app_finish(&app);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(nothing_overlaps_or_leaves_the_screen),
		cmocka_unit_test(what_opens_over_a_view_hides_it),
	};
	setlocale(LC_CTYPE, "C.UTF-8");
	return cmocka_run_group_tests_name("layouts", tests, NULL, NULL);
}
